"""Options of the whole suite."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A machine that is busy with other things is no fault of what is tested. What is chosen by chance is the same in every
# run, so that a change is judged by what it changes; --hypothesis-profile=search looks for what nobody has seen yet.
settings.register_profile("puljeport", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("puljeport")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--seed N` repeats a run of the tests that use chance."""
    parser.addoption("--seed", type=int, default=None, help="seed of the tests that use chance")
