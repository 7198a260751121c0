"""Processes: ours are ended with their children, and nobody else's are ever touched."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from threading import Barrier

import pytest

from puljeport_cli import cloud, processes
from puljeport_cli.failures import Failure
from puljeport_cli.local import Home, Ports, State, isolated_environment
from puljeport_cli.processes import Process

SHELL = shutil.which("sh") or "/bin/sh"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Process]:
    """A shell with a child of its own, and what it says in a log."""
    process = processes.start([SHELL, "-c", "sleep 300 & echo $!; wait"], dict(os.environ), tmp_path / "shell.log")
    yield process
    processes.stop(process)


def child_of(process: Process) -> int:
    """The id of the shell's child, once it has said so."""
    deadline = time.monotonic() + 10
    while not (said := processes.tail(process.log)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return int(said)


def test_stopping_ends_the_process_and_its_children(shell: Process) -> None:
    """Nothing of a stopped process is left, and stopping again finds nothing to stop."""
    child = child_of(shell)
    assert shell.alive
    assert processes.stop(shell)
    assert not shell.alive
    deadline = time.monotonic() + 5
    while processes.start_mark(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes.start_mark(child) is None
    assert not processes.stop(shell)


def test_a_process_that_only_has_the_same_id_is_left_alone(shell: Process) -> None:
    """An id that was given to another process since is recognised by the start time, and nothing is ended."""
    stranger = shell.model_copy(update={"started": "1"})
    assert not stranger.alive
    assert not processes.stop(stranger)
    assert shell.alive


def test_down_ends_what_the_state_names_and_can_be_repeated(shell: Process, tmp_path: Path) -> None:
    """`down` reads the state of its own folder, ends those processes, and finds none the second time."""
    home = Home(tmp_path / "cloud")
    home.save(State(ports=Ports(cloud=1, smtp=2, mail=3, bridge=4), processes={"cloud": shell}, deployed="x"))
    assert home.running() is not None
    assert cloud.down(home) == ["cloud"]
    assert home.running() is None
    assert cloud.down(home) == []


def test_a_port_in_use_is_not_taken() -> None:
    """Where the preferred port is taken another one is found; a port that was asked for by name is a failure."""
    with socket.create_server((processes.LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert processes.free_port(port) != port
        with pytest.raises(Failure, match=str(port)):
            cloud._choose_ports(port)


def test_two_clouds_that_start_at_one_moment_choose_different_ports() -> None:
    """Each finds a port and listens on it before the next may look."""
    both = Barrier(2)

    def choose() -> socket.socket:
        both.wait(10)
        with processes.alone():
            found = processes.free_port(preferred)
            time.sleep(0.2)
            return socket.create_server((processes.LOOPBACK, found))

    preferred = processes.free_port()
    with ThreadPoolExecutor(2) as pool:
        servers = [each.result(20) for each in (pool.submit(choose), pool.submit(choose))]
    ports = {server.getsockname()[1] for server in servers}
    for server in servers:
        server.close()
    assert len(ports) == 2


def test_a_cloud_is_not_begun_while_another_one_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`up` looks for ports only once the other's processes listen on theirs."""
    looked: list[float] = []

    def planned(*_: object, **__: object) -> State:
        looked.append(time.monotonic())
        raise Failure("enough")

    monkeypatch.setattr(cloud, "_planned", planned)
    with ThreadPoolExecutor(1) as pool:
        with processes.alone():
            begun = pool.submit(cloud.up, Home(tmp_path), lambda _: nullcontext())
            time.sleep(0.3)
            released = time.monotonic()
        with pytest.raises(Failure, match="enough"):
            begun.result(20)
    assert looked[0] >= released


def test_a_state_of_another_version_is_no_state(tmp_path: Path) -> None:
    """A file that cannot be read as a state is passed over instead of breaking every command."""
    home = Home(tmp_path)
    home.state_file.write_text('{"ports": "old"}', encoding="utf-8")
    assert home.state() is None


def test_the_operators_own_aws_settings_never_reach_the_local_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """No profile, key or endpoint of the operator's environment is handed on."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "PULJEPORT_STAGE"):
        monkeypatch.setenv(name, "mine")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    assert "mine" not in isolated_environment().values()
