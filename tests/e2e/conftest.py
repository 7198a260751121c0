"""Local clouds of the tests' own, beside whatever runs in the checkout. Each is started when the first test asks."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from puljeport_cli import cloud, local, screen
from puljeport_cli.local import STAGE, Home
from puljeport_cli.processes import LOOPBACK
from puljeport_cli.stack import Stack, Target, find
from wires import Wire, strung

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NO_ENGINE = pytest.StashKey[int]()


@contextmanager
def running(root: Path, *, enforce_iam: bool) -> Iterator[Home]:
    """A local cloud that is deployed and running in `root`. Its processes end, whatever happens."""
    home = Home(root)
    try:
        cloud.up(home, screen.step, enforce_iam=enforce_iam)
        yield home
    finally:
        cloud.down(home)


@pytest.fixture(scope="session")
def cloud_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The folder of a local cloud that lets everybody do everything."""
    with running(tmp_path_factory.mktemp("cloud"), enforce_iam=False) as home:
        yield home


@pytest.fixture(scope="session")
def stack(cloud_home: Home) -> Stack:
    """The installation in the local cloud that lets everybody do everything."""
    return find(Target(STAGE, cloud_home.root), quiet=True)


@pytest.fixture(scope="module")
def wire(stack: Stack) -> Iterator[Wire]:
    """A wire to the local cloud that lets everybody do everything."""
    assert stack.local
    with strung(stack.local.ports.cloud) as wire:
        yield wire


@pytest.fixture(scope="module")
def wired(stack: Stack, browser: Browser, wire: Wire) -> Iterator[Browser]:
    """A Chromium that reaches the buckets by that wire alone, and the portal, which has a name, without it."""
    assert stack.local
    rule = f"--host-resolver-rules=MAP {LOOPBACK}:{stack.local.ports.cloud} {LOOPBACK}:{wire.port}"
    started = browser.browser_type.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", rule])
    yield started
    started.close()


@pytest.fixture(scope="session")
def guarded_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The folder of a local cloud that enforces IAM."""
    with running(tmp_path_factory.mktemp("guarded"), enforce_iam=True) as home:
        yield home


@pytest.fixture(scope="session")
def guarded(guarded_home: Home) -> Stack:
    """The installation in the local cloud that enforces IAM."""
    return find(Target(STAGE, guarded_home.root), quiet=True)


@pytest.fixture(scope="session")
def calls_folder() -> Path:
    """The call definitions of the checkout."""
    return local.checkout() / "calls"


def docker_answers() -> bool:
    """Whether a Docker engine answers."""
    program = shutil.which("docker")
    return bool(program) and subprocess.run([str(program), "info"], capture_output=True, check=False).returncode == 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a Docker engine where none answers."""
    needing = [item for item in items if item.get_closest_marker("sam_local")]
    if needing and not docker_answers():
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]
        config.stash[NO_ENGINE] = len(needing)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how much was left out, so that nobody takes it for passed."""
    if left_out := config.stash.get(NO_ENGINE, 0):
        terminalreporter.write_line(f"no Docker engine answers: {left_out} tests of `sam local invoke` were left out")
