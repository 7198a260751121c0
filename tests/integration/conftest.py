"""Fixtures of the tests over moto."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from moto import mock_aws
from moto.moto_api._internal.models import moto_api_backend

import portal.web
from watched import watching
from worlds import World


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """moto in place of AWS, with credentials that open nothing."""
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "POWERTOOLS_SERVICE_NAME": "test",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield monkeypatch


@pytest.fixture
def world(environment: pytest.MonkeyPatch) -> World:
    """A fresh world with the small call published."""
    fresh = World(environment)
    fresh.publish()
    return fresh


@pytest.fixture
def shown(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """That world with a portal over it."""
    monkeypatch.setattr(portal.web, "_made", world.portal)
    return world


@pytest.fixture
def worlds(environment: pytest.MonkeyPatch) -> Callable[[], World]:
    """A maker of fresh worlds, for tests that need many: each starts from nothing."""

    def fresh() -> World:
        moto_api_backend.reset()
        made = World(environment)
        made.publish()
        return made

    return fresh


@pytest.fixture
def watched(worlds: Callable[[], World]) -> World:
    """A world with a call whose calendar is watched, its opening told."""
    return watching(worlds())


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance with a seed that is printed when the test fails; `--seed N` repeats it."""
    seed = request.config.getoption("--seed") or random.SystemRandom().randrange(10**9)
    print(f"seed {seed}: repeat with --seed {seed}")
    return random.Random(seed)
