"""Background processes that outlive the command: started, recognised again, and ended without touching anyone else's.

A process is known by its id together with the moment it started, since ids are used again.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 8.0
"""How long a process may take to end by itself before it is killed."""


class Process(BaseModel):
    """One process of ours: its id, when it started (the operating system's own word for it), and where it logs."""

    model_config = ConfigDict(frozen=True)

    pid: int
    started: str
    log: Path

    @property
    def alive(self) -> bool:
        """Whether this very process still runs (not another one that got its id later)."""
        return start_mark(self.pid) == self.started


def start(command: list[str], environment: Mapping[str, str], log: Path) -> Process:
    """Start `command` in a session of its own, with nothing on its input and all its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    null, output = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        pid = os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, null, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(null)
        os.close(output)
    return Process(pid=pid, started=start_mark(pid) or "", log=log)


def stop(process: Process) -> bool:
    """End the process and its children, first politely. False when it was not running any more."""
    if not process.alive:
        return False
    # Asked alone first: it knows best how to end its children. Whatever is then left of its session is ended hard.
    os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while process.alive and time.monotonic() < deadline:
        time.sleep(0.05)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(process.pid, 0)
    return True


def start_mark(pid: int) -> str | None:
    """When process `pid` started, in the operating system's own words; None when no such process runs."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    table = Path("/proc/self/stat")
    return _mark_from_proc(pid) if table.exists() else _mark_from_ps(pid)


def _mark_from_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # proc(5): the name stands in brackets and may hold anything; after it come the state and, 20th, the start time.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _mark_from_ps(pid: int) -> str | None:
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def free_port(preferred: int | None = None) -> int:
    """The preferred TCP port where it is free on the loopback address, else one that the system picks."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            # Without SO_REUSEADDR, which the mail catcher does not set either: a port that it cannot have is not free.
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other command of this user is in here, and keep them out. Whoever dies lets go (flock(2))."""
    name = Path(tempfile.gettempdir()) / f"puljeport-{os.getuid()}.lock"
    lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def listens(port: int) -> bool:
    """Whether something takes connections on `port` of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, empty when there is none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
