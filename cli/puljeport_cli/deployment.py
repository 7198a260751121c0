"""Building and deploying to the local cloud, with the same `sam build` and `sam deploy` as to AWS."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from puljeport_cli import processes
from puljeport_cli.failures import Failure
from puljeport_cli.local import Home, State, checkout, isolated_environment, trusting

SOURCES = ("template.yaml", "samconfig.toml", "functions", "layers")
LEFT_OUT = {"__pycache__", ".mypy_cache", ".ruff_cache"}

TIME_LIMIT = 900
"""Seconds for a build or a deployment, before we think that it hangs."""


def fingerprint(folder: Path) -> str:
    """A hash over all that `sam build` reads from the checkout: another value means that a deployment is due."""
    digest = hashlib.sha256()
    for path in _source_files(folder):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _source_files(folder: Path) -> Iterator[Path]:
    for name in SOURCES:
        source = folder / name
        found = sorted(source.rglob("*")) if source.is_dir() else [source]
        yield from (path for path in found if path.is_file() and not LEFT_OUT & set(path.parts))


def deploy(home: Home, state: State, sam: str, step: Callable[[str], AbstractContextManager[None]]) -> None:
    """Run `sam build` and `sam deploy` as samconfig.toml says for `local`. Raises Failure with the end of the log."""
    # Named, since sam looks for the file beside the template, which for `deploy` is the built one.
    section = ["--config-file", str(checkout() / "samconfig.toml"), "--config-env", "local"]
    commands = {
        "build": [sam, "build", *section, "--build-dir", str(home.build)],
        "deploy": [sam, "deploy", *section, "--template-file", str(home.build / "template.yaml")],
    }
    for name, command in commands.items():
        with step(f"sam {name}"):
            _run(command, _environment(home, state, sam), home.log(f"sam-{name}"))


def _environment(home: Home, state: State, sam: str) -> dict[str, str]:
    # Functions run on this very machine, so the layer has to be built for it.
    architecture = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"
    environment = isolated_environment() | trusting(state)
    # The build looks on the path for the functions' version of Python, and sam's own environment has it.
    path = os.pathsep.join([str(Path(sam).parent), environment.get("PATH", os.defpath)])
    pinned_uv = checkout() / ".tools" / "uv" / "bin" / "uv"
    layer_tools = {"UV": str(pinned_uv)} if pinned_uv.is_file() else {}
    return (
        environment
        | layer_tools
        | {
            "PATH": path,
            "AWS_ENDPOINT_URL": state.endpoint,
            "PULJEPORT_ARCHITECTURE": architecture,
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_CHECK_UPDATES": "0",
            "TMPDIR": str(home.temporary),
        }
    )


def _run(command: list[str], environment: dict[str, str], log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        try:
            answer = subprocess.run(
                command, cwd=checkout(), env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, timeout=TIME_LIMIT, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Failure(f"`{command[0]} {command[1]}` took more than {TIME_LIMIT} s. Its log: {log}") from None
    if answer.returncode != 0:
        raise Failure(
            f"`sam {command[1]}` ended with exit code {answer.returncode}. The log, {log}, ends with:\n"
            f"{processes.tail(log)}"
        )
