"""Real office programs: what they save is read. Left out, and said so, where there is none."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = "soffice"
NO_OFFICE = pytest.StashKey[int]()

type Convert = Callable[[bytes, str, str], bytes]


@pytest.fixture(scope="session")
def convert(tmp_path_factory: pytest.TempPathFactory) -> Convert:
    """Opens a file in LibreOffice and saves it: the bytes, what kind they are, and the kind to save as."""
    home = tmp_path_factory.mktemp("office")

    def run(data: bytes, kind: str, to: str) -> bytes:
        source, target = home / f"skema.{kind}", home / "saved"
        source.write_bytes(data)
        profile = f"-env:UserInstallation={(home / 'profile').as_uri()}"
        command = [PROGRAM, profile, "--headless", "--convert-to", to, "--outdir", str(target), str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        saved: Path = target / f"skema.{to.partition(':')[0]}"
        return saved.read_bytes()

    return run


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs LibreOffice where it is not installed."""
    needing = [item for item in items if item.get_closest_marker("office")]
    if needing and shutil.which(PROGRAM) is None:
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]
        config.stash[NO_OFFICE] = len(needing)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how much was left out, so that nobody takes it for passed."""
    if left_out := config.stash.get(NO_OFFICE, 0):
        terminalreporter.write_line(f"LibreOffice ({PROGRAM}) is not installed: {left_out} tests with it were left out")
