"""The local cloud: an emulated AWS, a mail catcher, and the bridge that makes e-mail subscriptions arrive in it."""

from __future__ import annotations

import json
import shutil
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from puljeport_cli import deployment, processes
from puljeport_cli.failures import Failure
from puljeport_cli.local import REGION, STAGE, Home, Ports, State, checkout, isolated_environment, trusting
from puljeport_cli.processes import LOOPBACK, Process, free_port
from puljeport_cli.stack import stack_name

PREFERRED = Ports(cloud=4566, smtp=1025, mail=1080, bridge=4567)
"""Ports that people expect; others are taken where these are in use."""

HEALTH_SECONDS = 90

type Step = Callable[[str], AbstractContextManager[None]]


def tool(environment: str, name: str) -> str:
    """The program `name` of one of the checkout's environments, else the one on the path.

    Raises Failure when there is neither.
    """
    own = checkout() / environment / "bin" / name
    found = str(own) if own.is_file() else shutil.which(name)
    if found is None:
        raise Failure(f"The program `{name}` is missing (looked in {own} and on the path). Run `make setup`.")
    return found


def up(home: Home, step: Step, *, enforce_iam: bool | None = None, port: int | None = None) -> State:
    """Start what does not run yet and deploy what is not deployed yet. Doing it twice changes nothing.

    `enforce_iam`: the local cloud refuses what a role's policy does not allow; None takes a running cloud as it is, and
    another value than its own starts it anew, and empty. Raises Failure with what went wrong and where its log is.
    """
    # Until a port that was found free is listened on, nobody else who starts a cloud may find it free too.
    with processes.alone():
        state = _started(home, step, _planned(home, enforce_iam=enforce_iam, port=port))
    fingerprint = deployment.fingerprint(checkout())
    if state.deployed != fingerprint:
        deployment.deploy(home, state, tool(".venv-sam", "sam"), step)
        _verify_sender(state)
        state = state.model_copy(update={"deployed": fingerprint})
        home.save(state)
    sync_mail(state)
    return state


def _started(home: Home, step: Step, state: State) -> State:
    """The state with each of its processes running and answering."""
    for name, command in _commands(state).items():
        known = state.processes.get(name)
        if known and known.alive:
            continue
        with step(f"Start {_TITLES[name]}"):
            if name == "cloud":
                # Everything the emulated AWS held is gone with its process.
                state = state.model_copy(update={"deployed": None})
            process = processes.start(command, _environment(home, state), home.log(name))
            state = state.model_copy(update={"processes": state.processes | {name: process}})
            home.save(state)
            _await_health(state, name, process)
    return state


def down(home: Home) -> list[str]:
    """End the processes of this local cloud, and only those. Gives the names of what was ended."""
    state = home.state()
    if state is None:
        return []
    ended = [name for name, process in reversed(state.processes.items()) if processes.stop(process)]
    home.save(state.model_copy(update={"processes": {}, "deployed": None}))
    shutil.rmtree(home.temporary, ignore_errors=True)
    return ended


def sync_mail(state: State) -> None:
    """Have the bridge take up new e-mail subscriptions now, so that the next message to them arrives."""
    with _open(f"{state.bridge}/sync", data=b"") as answer:
        answer.read()


def _verify_sender(state: State) -> None:
    """Have the local cloud's SES know the sender of mail. On AWS somebody follows a link, or sets DNS records."""
    client, stacks = state.client("sesv2"), state.client("cloudformation")
    (stack,) = stacks.describe_stacks(StackName=stack_name(STAGE))["Stacks"]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    known = {each["IdentityName"] for each in client.list_email_identities()["EmailIdentities"]}
    if (sender := given.get("SenderEmail")) and sender not in known:
        client.create_email_identity(EmailIdentity=sender)


_TITLES = {
    "mail": "the mail catcher (maildump)",
    "cloud": "the local cloud (ministack)",
    "bridge": "the bridge from SNS to the mail catcher",
}


def _planned(home: Home, *, enforce_iam: bool | None, port: int | None) -> State:
    state = home.state()
    if state and _cloud_differs(state, enforce_iam=enforce_iam, port=port):
        down(home)
        state = None
    if state is None or not any(process.alive for process in state.processes.values()):
        # Policies refuse what does not come over TLS, so where they are enforced the cloud has to speak it. It makes
        # its certificate itself.
        certificate = home.temporary / "ministack-tls" / "server.crt" if enforce_iam else None
        state = State(ports=_choose_ports(port), enforce_iam=bool(enforce_iam), certificate=certificate)
    home.save(state)
    return state


def _cloud_differs(state: State, *, enforce_iam: bool | None, port: int | None) -> bool:
    return enforce_iam not in {None, state.enforce_iam} or port not in {None, state.ports.cloud}


def _choose_ports(port: int | None) -> Ports:
    if port is not None and processes.listens(port):
        raise Failure(f"Port {port} is in use already. Choose another with --port, or leave the choice to the command.")
    return Ports(
        cloud=port or free_port(PREFERRED.cloud),
        smtp=free_port(PREFERRED.smtp),
        mail=free_port(PREFERRED.mail),
        bridge=free_port(PREFERRED.bridge),
    )


def _commands(state: State) -> dict[str, list[str]]:
    """The processes in the order they are started: each needs those before it."""
    ports = state.ports
    mail = [
        "--smtp-ip",
        LOOPBACK,
        "--smtp-port",
        str(ports.smtp),
        "--http-ip",
        LOOPBACK,
        "--http-port",
        str(ports.mail),
    ]
    bridge = ["--cloud", state.endpoint, "--port", str(ports.bridge), "--smtp-port", str(ports.smtp)]
    return {
        "mail": [tool(".venv-cloud", "maildump"), "--foreground", "--no-quit", *mail],
        "cloud": [tool(".venv-cloud", "ministack")],
        "bridge": [sys.executable, "-m", "puljeport_cli.bridge", *bridge],
    }


def _environment(home: Home, state: State) -> dict[str, str]:
    home.temporary.mkdir(parents=True, exist_ok=True)
    emulator = {
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(state.ports.cloud),
        "LAMBDA_EXECUTOR": "local",
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_REGION": REGION,
        "SMTP_HOST": f"{LOOPBACK}:{state.ports.smtp}",
        "AUTH": "true" if state.enforce_iam else "false",
        "USE_SSL": "1" if state.certificate else "0",
        # Python writes to a log here, not to a terminal: line by line, or the last ones would be missing.
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(home.temporary),
    }
    return isolated_environment() | trusting(state) | emulator


def _health(state: State) -> dict[str, str]:
    return {
        "mail": f"{state.mail_page}messages/",
        "cloud": f"{state.endpoint}/_ministack/ready",
        "bridge": f"{state.bridge}/health",
    }


def _await_health(state: State, name: str, process: Process) -> None:
    address = _health(state)[name]
    deadline = time.monotonic() + HEALTH_SECONDS
    while time.monotonic() < deadline:
        if not process.alive:
            raise Failure(
                f"{_TITLES[name]} ended at once. Its log, {process.log}, says:\n{processes.tail(process.log)}"
            )
        if answers(address, state.certificate) and (name != "mail" or processes.listens(state.ports.smtp)):
            return
        time.sleep(0.1)
    raise Failure(f"{_TITLES[name]} did not answer within {HEALTH_SECONDS} s. Its log: {process.log}")


def answers(address: str, certificate: Path | None = None) -> bool:
    """Whether a web address of this machine answers with success."""
    try:
        with _open(address, certificate=certificate):
            return True
    except (OSError, ValueError):
        return False


def _open(address: str, data: bytes | None = None, certificate: Path | None = None) -> Any:
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if certificate and certificate.is_file():
        trusted = ssl.create_default_context(cafile=str(certificate))
        # The cloud's certificate signs itself without being an authority, which the strict reading refuses.
        trusted.verify_flags &= ~ssl.VERIFY_X509_STRICT
        handlers.append(urllib.request.HTTPSHandler(context=trusted))
    direct = urllib.request.build_opener(*handlers)
    return direct.open(urllib.request.Request(address, data=data), timeout=20)  # noqa: S310


def read_json(address: str) -> object:
    """What a web address of this machine answers, as JSON."""
    with _open(address) as answer:
        return json.load(answer)


def read_text(address: str) -> str:
    """What a web address of this machine answers, as UTF-8 text."""
    with _open(address) as answer:
        return str(answer.read().decode())
