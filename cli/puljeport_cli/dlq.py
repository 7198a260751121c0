"""`puljeport dlq …`: messages that a function gave up, and sending them through again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from puljeport.queues import Letter, Queue
from puljeport.reconcile import Kind
from puljeport.submissions import submission_id
from puljeport.uploads import arrivals
from puljeport_cli import screen
from puljeport_cli import stack as stacks
from puljeport_cli.failures import Failure
from puljeport_cli.options import AsJson
from puljeport_cli.stack import Stack

app = typer.Typer(help="Messages that were given up: list, send through again.", no_args_is_help=True)


class Name(StrEnum):
    """The queues that messages end in when they are given up."""

    UPLOADS = "uploads"
    FEEDBACK = "feedback"
    NOTIFY = "notify"


DEAD = {
    Name.UPLOADS: "UploadsDeadLetterQueueUrl",
    Name.FEEDBACK: "FeedbackDeadLetterQueueUrl",
    Name.NOTIFY: "NotifyFailuresQueueUrl",
}
LIVE = {Name.UPLOADS: "UploadsQueueUrl", Name.FEEDBACK: "FeedbackQueueUrl"}
"""Where messages came from. What `notify` gave up came from the table's stream, and can only be sent from the table."""

LOOKED_AT = timedelta(seconds=30)
"""How long a message is hidden while it is looked at; it is let go at the end in any case."""
HELD = timedelta(minutes=2)
"""How long a message is hidden while it is sent through again."""
SHOWN = 50

Which = Annotated[Name | None, typer.Option("--queue", help="Only this queue.")]


@app.command("list")
def list_messages(ctx: typer.Context, queue: Which = None, as_json: AsJson = False) -> None:
    """List what was given up, and what became of it meanwhile. Looking takes nothing out."""
    stack = stacks.find(ctx.obj)
    found = [row for name in _names(stack, queue) for row in _rows(stack, name)]
    if as_json:
        screen.as_json(found)
        return
    columns = ("queue", "sent", "receives", "about", "now")
    rows = [[screen.when(row["sent"]) if name == "sent" else row[name] for name in columns] for row in found]
    screen.table("Given up", columns, rows, empty="none")
    if len(found) >= SHOWN:
        screen.note(f"The first {SHOWN} of each queue are shown.")


def _names(stack: Stack, queue: Name | None) -> list[Name]:
    return [queue] if queue else [name for name, output in DEAD.items() if output in stack.outputs]


def _rows(stack: Stack, name: Name) -> Iterator[dict[str, Any]]:
    dead = stack.queue(DEAD[name])
    letters = list(dead.take(min(dead.count(), SHOWN), int(LOOKED_AT.total_seconds())))
    try:
        for letter in letters:
            for about, now in _told(stack, name, letter):
                yield {"queue": name.value, "sent": letter.sent_at, "receives": letter.receives,
                       "about": about, "now": now}  # fmt: skip
    finally:
        for letter in letters:
            dead.give_back(letter)


def _told(stack: Stack, name: Name, letter: Letter) -> list[tuple[str, str]]:
    """What a message is about, and how that stands now. A file's key is its sender's own, and not shown."""
    if name is not Name.UPLOADS:
        return [(_why(letter.body), "see `puljeport notice list`")]
    told = []
    for arrival in arrivals(letter.body):
        identity = submission_id(arrival.bucket, arrival.key, arrival.version_id or "null")
        record = stack.store.submission(identity)
        told.append((record.reference if record else identity, record.state.value if record else "no record"))
    return told or [("no file", "can be dropped")]


def _why(body: str) -> str:
    """Why Lambda gave a batch of stream records up: its own word for it, such as `RetryAttemptsExhausted`."""
    try:
        return str(json.loads(body)["requestContext"]["condition"])
    except (ValueError, KeyError, TypeError):
        return "?"


@app.command()
def redrive(
    ctx: typer.Context,
    queue: Annotated[Name, typer.Option("--queue", help="Which queue.")] = Name.UPLOADS,
    most: Annotated[int | None, typer.Option("--max", metavar="N", min=1, help="No more than so many.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send what was given up through again. What was done meanwhile is done once: redriving is always safe."""
    stack = stacks.find(ctx.obj)
    dead = stack.queue(DEAD[queue])
    waiting = dead.count()
    if queue is Name.NOTIFY:
        moved = from_the_table(stack, dead, min(waiting, most or waiting))
    else:
        moved = move(dead, stack.queue(LIVE[queue]), waiting, most)
    if as_json:
        screen.as_json({"queue": queue.value, "moved": moved, "left": max(0, waiting - moved)})
    else:
        screen.say(f"[green]✓[/] {moved} of about {waiting} messages of {queue.value}")


def move(dead: Queue, live: Queue, waiting: int, most: int | None) -> int:
    """Move messages back to the queue that they came from: by SQS itself where it can and all are meant."""
    if not waiting:
        return 0
    if most is None and dead.move_all():
        return waiting
    moved = 0
    for letter in dead.take(min(waiting, most or waiting), int(HELD.total_seconds())):
        # Sent first: a crash in between leaves one message twice, which changes nothing, and not none.
        live.send(letter.body)
        dead.drop(letter)
        moved += 1
    return moved


def from_the_table(stack: Stack, dead: Queue, most: int) -> int:
    """Send every notice that still waits, and only then drop what told that some were given up."""
    findings = stack.reconcile(repair=True).light(lambda: True)
    left = [end for end in findings.loose_ends if end.kind is Kind.UNSENT]
    if left:
        raise Failure(f"{len(left)} notices still cannot be sent; the messages stay. `puljeport logs` says why.")
    letters = list(dead.take(most, int(HELD.total_seconds())))
    for letter in letters:
        dead.drop(letter)
    return len(letters)
