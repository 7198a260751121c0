"""A local cloud of the tests' own, with IAM enforced, beside whatever runs in the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from puljeport_cli import cloud, local, screen, stack
from puljeport_cli.local import STAGE, Home
from puljeport_cli.stack import Stack, Target


@pytest.fixture(scope="session")
def cloud_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The folder of a local cloud that is deployed and running; its processes end with the tests."""
    patch = pytest.MonkeyPatch()
    home = Home(tmp_path_factory.mktemp("cloud"))
    # Commands that tests call find this cloud, and nothing of the operator's own.
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "PULJEPORT_STAGE"):
        patch.delenv(name, raising=False)
    patch.setenv(local.ROOT_VARIABLE, str(home.root))
    try:
        cloud.up(home, screen.step, enforce_iam=True)
        yield home
    finally:
        cloud.down(home)
        patch.undo()


@pytest.fixture(scope="session")
def installation(cloud_home: Home) -> Stack:
    """The installation in that cloud."""
    return stack.find(Target(STAGE, cloud_home.root), quiet=True)


@pytest.fixture(scope="session")
def calls_folder() -> Path:
    """The call definitions of the checkout."""
    return local.checkout() / "calls"
