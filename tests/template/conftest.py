"""The transformed template, once for all that is asked of it."""

from __future__ import annotations

from typing import Any

import pytest

from template.resources import Resource
from template.transformed import transformed


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """The transformed template."""
    return transformed()


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, Resource]:
    """Its resources by logical id."""
    return dict(template["Resources"])
