"""Fixtures of the unit tests."""

from __future__ import annotations

import pytest

import portal.web
from portals import Remembered


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Remembered:
    """What the portal is made from, with the small call published; nothing of AWS is there."""
    for name, value in {"POWERTOOLS_SERVICE_NAME": "portal", "POWERTOOLS_TRACE_DISABLED": "1"}.items():
        monkeypatch.setenv(name, value)
    world = Remembered()
    world.publish()
    made = world.portal()
    monkeypatch.setattr(portal.web, "_made", lambda: made)
    return world
