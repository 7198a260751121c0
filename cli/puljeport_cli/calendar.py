"""`puljeport calendar` and `puljeport tick`: what is due when, what was told, and one tick by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from puljeport import moments
from puljeport.aws import describe
from puljeport.calendar import Calendar, Did
from puljeport.errors import UnknownCall
from puljeport.items import PublishedCall
from puljeport.moments import Moment, Record
from puljeport_cli import screen
from puljeport_cli import stack as stacks
from puljeport_cli.failures import Code
from puljeport_cli.options import AsJson
from puljeport_cli.stack import Stack

DUE, AHEAD = "due", "ahead"
"""What a moment is that is not done yet: its time has come, or has not."""


def calendar(
    ctx: typer.Context,
    call: Annotated[str | None, typer.Option(metavar="ID", help="Only the calendar of this call.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is due when in the calls' calendars, and what was told already."""
    stack = stacks.find(ctx.obj)
    published = [entry for entry in stack.store.calls() if call in {None, entry.call.id}]
    if call is not None and not published:
        raise UnknownCall(call)
    rows = [row for entry in published for row in rows_of(entry, stack.store.moments(entry.call.id), stacks.now())]
    if as_json:
        screen.as_json(rows)
        return
    shown = [
        (row["call"], row["moment"], _when(row["due"]), row["state"], _when(row["at"]), row["notices"]) for row in rows
    ]
    screen.table("Calendar", ("call", "moment", "due", "state", "done", "notices"), shown, empty="no call is published")


def _when(text: str | None) -> str:
    return screen.when(datetime.fromisoformat(text)) if text else ""


def rows_of(published: PublishedCall, records: list[Record], now: datetime) -> list[dict[str, Any]]:
    """A call's moments in the order they are due, done ones among them though the call has changed since."""
    done = {record.name: record for record in records}
    coming = {moment.name: moment for moment in moments.of_call(published.call, published.extensions)}
    rows = [_done(published, record) for record in done.values()]
    rows += [_coming(published, moment, now) for name, moment in coming.items() if name not in done]
    return sorted(rows, key=lambda row: (row["due"], row["moment"]))


def _done(published: PublishedCall, record: Record) -> dict[str, Any]:
    found = {"state": record.outcome.value, "at": record.at.isoformat(), "notices": record.notices}
    return {"call": published.call.id, "moment": record.name, "due": record.due.isoformat()} | found


def _coming(published: PublishedCall, moment: Moment, now: datetime) -> dict[str, Any]:
    found = {"state": DUE if moment.due <= now else AHEAD, "at": None, "notices": None}
    return {"call": published.call.id, "moment": moment.name, "due": moment.due.isoformat()} | found


def tick(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Run one tick of the calendar now, as the clock does every five minutes. Once more does nothing."""
    stack = stacks.find(ctx.obj)
    wrong: list[str] = []
    done = of(stack, wrong).tick(stacks.now())
    if as_json:
        screen.as_json({each.value: done[each] for each in Did})
    else:
        screen.table("Tick", ("", ""), [(each.value.replace("_", " "), done[each]) for each in Did if done[each]])
    for line in wrong:
        screen.error(line)
    if wrong:
        raise typer.Exit(Code.ERRORS)


def of(stack: Stack, wrong: list[str]) -> Calendar:
    """The calendar of an installation. `wrong` gets a line for each call that something went wrong with."""
    return Calendar(
        stack.store,
        stack.outbox,
        stack.drawer,
        stack.topic,
        log=lambda call, error: wrong.append(f"{call}: {describe(error)}"),
    )
