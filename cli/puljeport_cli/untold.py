"""`puljeport notice list` and `retry`: what nobody was told yet, and having it tried again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from puljeport.notices import Notice
from puljeport_cli import screen
from puljeport_cli import stack as stacks
from puljeport_cli.options import AsJson
from puljeport_cli.stack import Stack

CallOption = Annotated[str | None, typer.Option("--call", metavar="ID", help="Only those of this call.")]


class Kind(StrEnum):
    """Why somebody has not heard. BOUNCED: a mail was sent and did not arrive."""

    PENDING = "pending"
    HELD = "held"
    FAILED = "failed"
    NOT_CONFIGURED = "not_configured"
    BOUNCED = "bounced"


def list_notices(
    ctx: typer.Context,
    status: Annotated[list[Kind] | None, typer.Option("--status", help="Only these; may be given twice.")] = None,
    call: CallOption = None,
    as_json: AsJson = False,
) -> None:
    """List notices that have not been told, oldest first: waiting, held for a summary, failed, or come back."""
    stack = stacks.find(ctx.obj)
    kinds = set(status or Kind)
    found = [notice for notice in untold(stack, kinds, call) if call in {None, notice.call} and _kind(notice) in kinds]
    found.sort(key=lambda notice: notice.created_at)
    if as_json:
        screen.as_json([row(notice) for notice in found])
        return
    rows = [[*list(row(notice).values())[:-2], screen.when(notice.created_at), _why(notice)] for notice in found]
    screen.table("Not told", ("reference", "call", "event", "to", "status", "since", "why"), rows, empty="none")


def untold(stack: Stack, kinds: set[Kind], call: str | None) -> Iterator[Notice]:
    """The rows of these kinds; what bounced is found through the submissions, which takes its time."""
    calls = [published.call.id for published in stack.store.calls() if call in {None, published.call.id}]
    if Kind.PENDING in kinds:
        yield from stack.outbox.pending(stacks.now() + timedelta(minutes=1))
    if Kind.HELD in kinds:
        yield from (
            row for each in calls for contact in _contacts(stack, each) for row in stack.outbox.held(each, contact)
        )
    if kinds & {Kind.FAILED, Kind.NOT_CONFIGURED}:
        yield from stack.outbox.unsent()
    if Kind.BOUNCED in kinds:
        for submission in stack.store.list_submissions(call):
            yield from (row for row in stack.outbox.of_submission(submission.id) if row.bounced)


def _contacts(stack: Stack, call: str) -> set[str]:
    """Everybody who is, or ever was, a contact of a call: what was held for one who is gone must not be forgotten."""
    return {contact.id for version in stack.store.call_versions(call) for contact in version.call.contacts}


def _kind(notice: Notice) -> str:
    return Kind.BOUNCED if notice.bounced else notice.status.value


def row(notice: Notice) -> dict[str, Any]:
    """One notice for programs. `to` is a contact's id, `@applicant` or `@operations`."""
    return {
        "reference": notice.reference,
        "call": notice.call,
        "event": notice.event.value,
        "to": notice.audience,
        "status": str(_kind(notice)),
        "since": notice.created_at.isoformat(),
        "why": _why(notice),
    }


def _why(notice: Notice) -> str:
    return notice.bounced or notice.why or ""


def retry(
    ctx: typer.Context,
    labels: Annotated[list[str] | None, typer.Argument(metavar="[REFERENCE]...", help="Only of these.")] = None,
    call: CallOption = None,
    as_json: AsJson = False,
) -> None:
    """Have notices that failed, or had no sender, tried again. They go out within a quarter of an hour."""
    stack = stacks.find(ctx.obj)
    wanted = {label.upper() for label in labels or ()}
    found = [
        notice
        for notice in stack.outbox.unsent()
        if call in {None, notice.call} and (not wanted or notice.reference in wanted)
    ]
    again = [notice for notice in found if stack.outbox.retry(notice)]
    if as_json:
        screen.as_json([row(notice) for notice in again])
        return
    screen.say(f"[green]✓[/] {len(again)} notices are tried again")
