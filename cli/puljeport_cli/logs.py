"""`puljeport logs`: what the functions said."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from puljeport_cli import screen
from puljeport_cli import stack as stacks
from puljeport_cli.failures import Code, Failure
from puljeport_cli.options import AsJson
from puljeport_cli.stack import Stack

SPAN = re.compile(r"(\d{1,4})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
PLATFORM = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")
LEFT_OUT = {"level", "message", "timestamp", "location", "service", "cold_start", "xray_trace_id"}
"""What a line for people leaves out, beside all that begins with `function_`."""
POLL_SECONDS = 2.0


class Function(StrEnum):
    """The functions that log."""

    INTAKE = "intake"
    NOTIFY = "notify"
    FEEDBACK = "feedback"
    RECONCILE = "reconcile"
    ERASE = "erase"
    TICK = "tick"


def logs(
    ctx: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
    function: Annotated[Function | None, typer.Option(help="Only this function.")] = None,
    since: Annotated[str, typer.Option(metavar="SPAN", help="How far back: `90s`, `10m`, `2h`, `1d`.")] = "1h",
    as_json: AsJson = False,
) -> None:
    """Show the functions' log lines, oldest first. With --json also metrics and Lambda's own lines."""
    stack = stacks.find(ctx.obj)
    start = stacks.now() - _span(since)
    names = [function] if function else list(Function)
    seen: set[object] = set()
    while True:
        for name, entry in _entries(stack, names, start):
            # Not every cloud numbers its events.
            identity = entry.get("eventId") or (entry["logStreamName"], entry["timestamp"], entry["message"])
            if identity not in seen:
                seen.add(identity)
                _show(name, entry, as_json=as_json)
        if not follow:
            return
        time.sleep(POLL_SECONDS)


def _span(text: str) -> timedelta:
    found = SPAN.fullmatch(text)
    if not found:
        raise Failure(f"'{text}' is no span of time: write for example `90s`, `10m`, `2h` or `1d`.", Code.UNREADABLE)
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _entries(stack: Stack, names: list[Function], start: datetime) -> Iterator[tuple[Function, dict[str, Any]]]:
    client = stack.client("logs")
    found = [
        (name, entry)
        for name in names
        for page in client.get_paginator("filter_log_events").paginate(
            logGroupName=f"/puljeport/{stack.stage}/{name}", startTime=int(start.timestamp() * 1000)
        )
        for entry in page["events"]
    ]
    yield from sorted(found, key=lambda each: each[1]["timestamp"])


def _show(name: Function, entry: dict[str, Any], *, as_json: bool) -> None:
    text = entry["message"].rstrip()
    said = _object(text)
    moment = datetime.fromtimestamp(entry["timestamp"] / 1000, UTC)
    if as_json:
        shown = said if said is not None else {"message": text}
        print(json.dumps({"function": name.value, "at": moment.isoformat()} | shown, ensure_ascii=False))
        return
    if _is_platform(text, said):
        return
    line = text
    if said is not None and "message" in said:
        rest = " ".join(f"{key}={value}" for key, value in said.items() if _is_told(key))
        line = f"{said.get('level', ''):<7} {said['message']} {rest}"
    screen.say(f"[dim]{screen.when(moment)}[/] [cyan]{name.value:<6}[/] {screen.quote(line)}")


def _is_told(key: str) -> bool:
    return key not in LEFT_OUT and not key.startswith("function_")


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _is_platform(text: str, said: dict[str, Any] | None) -> bool:
    if said is None:
        return text.startswith(PLATFORM)
    return "_aws" in said or str(said.get("type", "")).startswith("platform.")
