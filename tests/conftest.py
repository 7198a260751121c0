"""Options of the whole suite, and the real programs that its parts have in common.

What needs a program that is not here is left out, and said so.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MISSING = pytest.StashKey[dict[str, int]]()

# A machine that is busy with other things is no fault of what is tested. What is chosen by chance is the same in every
# run, so that a change is judged by what it changes; --hypothesis-profile=search looks for what nobody has seen yet.
settings.register_profile("puljeport", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("puljeport")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--seed N` repeats a run of the tests that use chance."""
    parser.addoption("--seed", type=int, default=None, help="seed of the tests that use chance")


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """LibreOffice in a profile of its own."""
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    # Imported here: most runs ask for no browser.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that a container does not give; all it opens is this machine's.
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield started
        started.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a program that is not installed.

    In Debian: chromium, ghostscript, libreoffice-writer, libreoffice-calc, npm, pdftk-java, poppler-utils, qpdf.
    """
    missing: dict[str, int] = {}
    left_out = []
    for item in items:
        needed = [mark.args[0] for mark in item.iter_markers("program") if not _is_there(mark.args[0])]
        if needed:
            left_out.append(item)
            missing[needed[0]] = missing.get(needed[0], 0) + 1
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    config.stash[MISSING] = missing


def _is_there(program: str) -> bool:
    # Debian packs LibreOffice's programs one by one: its spreadsheet may be missing where the others are.
    whole = program != "soffice" or not Path("/etc/debian_version").exists() or shutil.which("localc")
    return bool(whole and shutil.which(program))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how much was left out, so that nobody takes it for passed."""
    for program, count in config.stash.get(MISSING, {}).items():
        terminalreporter.write_line(f"{program} is not installed: {count} tests of real programs were left out")
