"""Random histories of uploads, people, clocks and faults, and the promises that hold in each of them.

`make simulate N=5000` runs more; a history that breaks a promise is shortened by hypothesis and printed, with the line
that repeats it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, seed, settings
from moto import mock_aws

from simulation import promises, steps
from simulation.universe import Universe
from worlds import World

HISTORIES = int(os.environ.get("PULJEPORT_HISTORIES", "200"))
SEED = int(os.environ.get("PULJEPORT_SEED", "2018"))
PARTS = 4
ROUNDS = 12


@contextmanager
def universe() -> Iterator[Universe]:
    """A fresh one."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in {
            "AWS_DEFAULT_REGION": "eu-north-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "POWERTOOLS_SERVICE_NAME": "test",
        }.items():
            patch.setenv(name, value)
        yield Universe(World(patch))


def come_to_rest(one: Universe) -> None:
    """Let every worker have its turn, with nothing failing any more, until nobody has anything left to do.

    What was put back through intake is left alone for six hours, and a nightly pass begins once a day: so hours pass.
    """
    for hours in (0, 7, 24):
        one.world.clock.advance(hours=hours)
        one.apply(steps.Redrive())
        one.apply(steps.Reconcile(full=True))
        for _ in range(ROUNDS):
            one.world.clock.advance(minutes=11)
            for step in (steps.Receive(), steps.Tell(), steps.Reconcile()):
                one.apply(step)
            if one.is_idle():
                break
        one.apply(steps.Tick())
        one.apply(steps.Tell())


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_r22_every_promise_holds_in_random_histories(part: int) -> None:
    """R1, R2, R4, R7, R9, R12 to R14, R18 to R20, R22: whatever happens, nothing is lost and nobody is told twice."""

    @seed(SEED + part)
    @settings(
        max_examples=max(1, HISTORIES // PARTS), deadline=None, database=None,
        suppress_health_check=list(HealthCheck), print_blob=True,
    )  # fmt: skip
    @given(steps.histories)
    def holds(history: list[steps.Step]) -> None:
        with universe() as one:
            for step in history:
                one.apply(step)
                promises.hold_at_every_moment(one)
            come_to_rest(one)
            promises.hold_at_rest(one)

    holds()
