"""Options of the whole suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--seed N` repeats a run of the tests that use chance."""
    parser.addoption("--seed", type=int, default=None, help="seed of the tests that use chance")
