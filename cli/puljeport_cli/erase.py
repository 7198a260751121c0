"""`puljeport erase`: taking away for good what is known of a submission, and the log of what was erased."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from puljeport.eraser import Erased
from puljeport.erasure import Erasure, Why
from puljeport.errors import Undelivered, UnknownCall, UnknownSubmission
from puljeport.submissions import Submission
from puljeport_cli import screen
from puljeport_cli import stack as stacks
from puljeport_cli.failures import Code, Failure
from puljeport_cli.options import AsJson
from puljeport_cli.stack import Stack
from puljeport_cli.submissions import OPERATOR


def erase(  # noqa: PLR0913, PLR0917 - each is an option of the command
    ctx: typer.Context,
    submission: Annotated[str | None, typer.Option(metavar="REFERENCE", help="This submission.")] = None,
    applicant: Annotated[
        str | None, typer.Option(metavar="KEY", help="All of this applicant in the call, by code or number.")
    ] = None,
    call: Annotated[str | None, typer.Option(metavar="ID", help="Which call.")] = None,
    due: Annotated[bool, typer.Option("--due", help="All of the call that are past their day, told or not.")] = False,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; stays in the log and names nobody.")] = None,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who does it; stays in the log.")] = OPERATOR,
    force: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why although somebody was not told of it yet.")
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="List what was erased instead.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase submissions: record, history, notices, every copy. Nothing brings them back."""
    stack = stacks.find(ctx.obj)
    if log:
        show(stack.erasure.eraser.log(), as_json=as_json)
        return
    if reason is None or [bool(submission), bool(applicant), due].count(True) != 1 or bool(call) == bool(submission):
        raise Failure(
            "Say what and why: --submission REFERENCE, or --applicant KEY --call ID, or --due --call ID; and --reason.",
            Code.UNREADABLE,
        )
    found = [submission] if submission else [one.id for one in _of_call(stack, call or "", applicant)]
    if found and not yes and not typer.confirm(f"Erase {len(found)} for good?"):
        raise Failure("Nothing was erased.")
    why = Why(reason, by, force)
    show([_erase(stack.erasure, _identity(stack, each), why) for each in found], as_json=as_json)


def _of_call(stack: Stack, call: str, applicant: str | None) -> list[Submission]:
    published = stack.store.current_call(call)
    if published is None:
        raise UnknownCall(call)
    if applicant:
        return stack.erasure.of_applicant(call, applicant)
    return [submission for submission, _ in stack.erasure.due(published.call)]


def _identity(stack: Stack, label: str) -> str:
    """The id of a submission, by id or reference. By id also of one whose erasure has only begun."""
    try:
        return stack.store.find(label).id
    except UnknownSubmission:
        if stack.store.erased(label):
            return label
        raise


def _erase(erasure: Erasure, identity: str, why: Why) -> Erased:
    try:
        line = erasure.erase(identity, why)
    except Undelivered as refusal:
        raise Failure(
            f"{refusal}. See `puljeport notice list`; or say with --force why it is erased all the same.", Code.ERRORS
        ) from None
    except ValueError as refusal:
        raise Failure(f"{refusal}.", Code.UNREADABLE) from None
    if line is None:
        raise UnknownSubmission(identity)
    return line


def show(lines: list[Erased], *, as_json: bool) -> None:
    """Print lines of the log of erasures."""
    if as_json:
        screen.as_json([to_json(line) for line in lines])
        return
    rows = [
        (line.id, line.call, screen.when(line.at), line.by, line.reason, line.forced or "", _counts(line))
        for line in lines
    ]
    screen.table("Erased", ("id", "call", "when", "by", "reason", "forced", "deleted"), rows, empty="none")


def to_json(line: Erased) -> dict[str, Any]:
    """One line for programs."""
    return line.model_dump(mode="json", exclude={"work"})


def _counts(line: Erased) -> str:
    return ", ".join(f"{number} {what}" for what, number in line.counts.items() if number)
