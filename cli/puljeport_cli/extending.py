"""`puljeport call extend` and `call history`: deadlines that are put off, and all that happened to a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from puljeport import municipalities
from puljeport.calls import Call
from puljeport.errors import UnknownCall
from puljeport.extensions import Cause, Extension, Waiver
from puljeport.items import PublishedCall
from puljeport.submissions import State, Submission
from puljeport.texts import Text
from puljeport_cli import moments, screen
from puljeport_cli import stack as stacks
from puljeport_cli.failures import Code, Failure
from puljeport_cli.moments import DAY_ENDS
from puljeport_cli.options import AsJson
from puljeport_cli.stack import Stack
from puljeport_cli.submissions import send_again

CallId = Annotated[str, typer.Argument(metavar="CALL", help="The call's id.")]


def extend(  # noqa: PLR0913, PLR0917 - one for each option
    ctx: typer.Context,
    call: CallId,
    until: Annotated[
        str,
        typer.Option(metavar="WHEN", help="The new deadline: `+7d`, or an ISO date or time (the call's local time)."),
    ],
    reason: Annotated[str, typer.Option(help="Why, in Danish. For all applicants, it stands on the public page.")],
    approved_by: Annotated[str, typer.Option(metavar="WHO", help="Who approved it.")],
    reason_en: Annotated[str | None, typer.Option(help="Why, in English.")] = None,
    outage: Annotated[bool, typer.Option("--outage", help="It makes good for an outage of ours.")] = False,
    applicant: Annotated[
        str | None, typer.Option(metavar="KEY", help="Only for this applicant: a municipality or a CVR number.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put off a call's deadline, for everybody or for one applicant. The same again changes nothing."""
    stack = stacks.find(ctx.obj)
    published = current(stack, call)
    deadline = _deadline(published.call)
    ends = moments.local_time(until, _here(published.call), DAY_ENDS)
    if applicant is None:
        text = Text(da=reason, en=reason_en)
        cause = Cause.OUTAGE if outage else Cause.DECISION
        given = Extension(until=ends, reason=text, cause=cause, approved_by=approved_by, at=stacks.now())
        plan: _ForAll | _ForOne = _ForAll(stack, published, given)
    else:
        if outage or reason_en:
            raise Failure("--outage and --reason-en are for all applicants; leave out --applicant.", Code.UNREADABLE)
        key = applicant_key(published.call, applicant)
        waiver = Waiver(applicant=key, until=ends, reason=reason, approved_by=approved_by, at=stacks.now())
        plan = _ForOne(stack, published, waiver)
    if ends <= deadline and not plan.is_known:
        raise Failure(f"{ends} is not after the deadline, {deadline}: a deadline can only be put off.", Code.UNREADABLE)
    if dry_run or not as_json:
        _show(published.call, deadline, plan, as_json=as_json)
    if dry_run:
        return
    documents = plan.make()
    again = [(submission.reference, send_again(stack, submission)) for submission in plan.in_time()]
    _report(plan, documents, again, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _ForAll:
    """A deadline that is put off for everybody."""

    stack: Stack
    published: PublishedCall
    given: Extension

    @property
    def who(self) -> str:
        return "all applicants"

    def make(self) -> tuple[str, ...]:
        """Put it off, and make the documents anew."""
        _, documents = self.stack.publisher().extend(self.published.call.id, self.given)
        return documents

    @property
    def is_known(self) -> bool:
        """Whether it was put off just so before: doing it again finishes what was left undone."""
        extensions = self.published.extensions
        return bool(extensions) and extensions[-1].says_the_same(self.given)

    def in_time(self) -> list[Submission]:
        """The late submissions that are in time by the new deadline."""
        call = self.published.call.model_copy(update={"deadline": self.given.until})
        late = self.stack.store.list_submissions(call.id, State.LATE)
        return [submission for submission in late if not call.is_late(submission.received_at)]


@dataclass(frozen=True, slots=True)
class _ForOne:
    """Leave for one applicant to send later than the others."""

    stack: Stack
    published: PublishedCall
    given: Waiver

    @property
    def who(self) -> str:
        return f"the applicant {self.given.applicant}"

    @property
    def is_known(self) -> bool:
        """A leave must always be later than everybody's deadline."""
        return False

    def make(self) -> tuple[str, ...]:
        """Give the leave. It changes no document."""
        self.stack.store.waive(self.published.call.id, self.given)
        return ()

    def in_time(self) -> list[Submission]:
        """The applicant's late submissions that are in time by it."""
        after = self.given.ends_at(self.published.call) + timedelta(seconds=1)
        late = self.stack.store.list_submissions(self.published.call.id, State.LATE)
        return [each for each in late if each.applicant == self.given.applicant and each.received_at < after]


def current(stack: Stack, call: str) -> PublishedCall:
    """The call as it is now. Raises UnknownCall."""
    published = stack.store.current_call(call)
    if published is None:
        raise UnknownCall(call)
    return published


def applicant_key(call: Call, text: str) -> str:
    """The key of the applicant that `text` names: a municipality by code or name, else as it is written.

    Raises Failure for a municipality that there is none of.
    """
    if call.form.fields[call.one_per].type != "municipality":
        return text.replace(" ", "")
    if (found := municipalities.find(text)) is None:
        near = ", ".join(f"{each.code} {each.name}" for each in municipalities.suggest(text))
        raise Failure(f"'{text}' is no municipality.{f' Is it {near}?' if near else ''}", Code.UNREADABLE)
    return found.code


def _deadline(call: Call) -> datetime:
    if call.deadline is None:
        raise Failure(
            f"{call.id} has no deadline but rounds: change `periods` in its definition and publish it again.",
            Code.UNREADABLE,
        )
    return call.deadline


def _here(call: Call) -> datetime:
    return stacks.now().astimezone(call.zone).replace(tzinfo=None, microsecond=0)


def _show(call: Call, deadline: datetime, plan: _ForAll | _ForOne, *, as_json: bool) -> None:
    given = plan.given
    if as_json:
        screen.as_json({
            "call": call.id, "deadline": deadline.isoformat(), **given.model_dump(mode="json", exclude_none=True),
            "in_time": [submission.reference for submission in plan.in_time()],
        })  # fmt: skip
        return
    reason = given.reason if isinstance(given.reason, str) else given.reason.da
    rows = [
        ("for", plan.who),
        ("deadline now", f"{deadline} ({call.time_zone})"),
        ("deadline then", f"{given.until} ({call.time_zone})"),
        ("why", reason),
        ("approved by", given.approved_by),
        ("late submissions read again", len(plan.in_time())),
    ]
    screen.table(f"What changes for {call.id}", ("", ""), rows)


def _report(
    plan: _ForAll | _ForOne, documents: tuple[str, ...], again: list[tuple[str, str]], *, as_json: bool
) -> None:
    if as_json:
        sent = [{"reference": reference, "outcome": outcome} for reference, outcome in again]
        given = plan.given.model_dump(mode="json", exclude_none=True)
        screen.as_json({"call": plan.published.call.id} | given | {"documents": list(documents), "again": sent})
        return
    screen.say(f"[green]✓[/] Put off for {screen.quote(plan.who)} until {plan.given.until}")
    if documents:
        screen.say(f"  {len(documents)} documents show it; contacts and applicants hear of it with the next tick")
    if again:
        screen.table("Read again", ("reference", "outcome"), again)


def history(ctx: typer.Context, call: CallId, as_json: AsJson = False) -> None:
    """Show all that happened to a call: its versions, extensions, waivers, and the moments of its calendar."""
    stack = stacks.find(ctx.obj)
    published = current(stack, call)
    lines = sorted(_lines(stack, published), key=lambda line: str(line["at"]))
    if as_json:
        screen.as_json(lines)
        return
    rows = [(screen.when(datetime.fromisoformat(line["at"])), line["what"], line["detail"]) for line in lines]
    screen.table(f"What happened to {call}", ("when", "what", "details"), rows)


def _lines(stack: Stack, published: PublishedCall) -> Iterator[dict[str, Any]]:
    call = published.call.id
    for version in stack.store.call_versions(call):
        ends = version.call.deadline or "in rounds"
        yield _line(version.published_at, "published", f"version {version.version}, deadline {ends}")
    for extension in published.extensions:
        why = f"until {extension.until} ({extension.cause}): {extension.reason.da}; approved by {extension.approved_by}"
        yield _line(extension.at, "extended", why)
    for waiver in stack.store.waivers(call):
        why = f"{waiver.applicant} until {waiver.until}: {waiver.reason}; approved by {waiver.approved_by}"
        yield _line(waiver.at, "waived", why)
    for record in stack.store.moments(call):
        yield _line(record.at, record.outcome.value, f"{record.name}, {record.notices} notices")


def _line(at: datetime, what: str, detail: str) -> dict[str, Any]:
    return {"at": at.isoformat(), "what": what, "detail": detail}
