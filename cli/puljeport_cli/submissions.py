"""`puljeport submissions …`: what came in, what became of it, and sending it through again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from puljeport import conclusions
from puljeport.calls import Call
from puljeport.errors import UnknownCall
from puljeport.notices import Notice, Status
from puljeport.store import REOPENED, Store
from puljeport.submissions import State, Submission
from puljeport.texts import Language
from puljeport.tickets import Attachment, lacking
from puljeport.uploads import announcement
from puljeport_cli import answers, form, screen
from puljeport_cli import stack as stacks
from puljeport_cli.failures import Code, Failure
from puljeport_cli.options import AsJson, InLanguage, Label
from puljeport_cli.stack import Stack

app = typer.Typer(help="Submissions: list, show, send through again, withdraw, decide.", no_args_is_help=True)

OPERATOR = "operator"

CallOption = Annotated[str | None, typer.Option("--call", metavar="ID", help="Only those of this call.")]
StateOption = Annotated[State | None, typer.Option("--state", help="Only those in this state.")]


@app.command("list")
def list_submissions(
    ctx: typer.Context, call: CallOption = None, state: StateOption = None, as_json: AsJson = False
) -> None:
    """List submissions, oldest first."""
    found = stacks.find(ctx.obj).store.list_submissions(call, state)
    if as_json:
        screen.as_json([row(submission) for submission in found])
    else:
        show_table("Submissions", found)


def row(submission: Submission) -> dict[str, Any]:
    """One line of the list, for programs. `problems` is a count."""
    return {
        "id": submission.id,
        "reference": submission.reference,
        "call": submission.call,
        "call_version": submission.call_version,
        "state": submission.state.value,
        "received_at": submission.received_at.isoformat(),
        "applicant": submission.applicant,
        "applicant_name": submission.applicant_name,
        "problems": submission.problem_count,
        "bounced": submission.bounced,
    }


def show_table(title: str, found: Iterable[Submission]) -> None:
    """Print submissions as a table."""
    rows = [
        (
            submission.reference,
            submission.call,
            submission.state.value,
            screen.when(submission.received_at),
            submission.applicant_name or submission.applicant or "",
            submission.problem_count,
            f"bounced ({submission.bounced})" if submission.bounced else "",
        )
        for submission in found
    ]
    columns = ("reference", "call", "state", "received", "applicant", "problems", "mail")
    screen.table(title, columns, rows, empty="none")


@app.command()
def show(ctx: typer.Context, label: Label, lang: InLanguage = "da", as_json: AsJson = False) -> None:
    """Show one submission: the record, the answers, the documents beside it, all problems, and who was told."""
    stack = stacks.find(ctx.obj)
    store = stack.store
    submission = store.find(label)
    attachments = stack.drawer.attachments(submission.id)
    notices = stack.outbox.of_submission(submission.id)
    if as_json:
        record = submission.model_dump(mode="json", exclude={"problems"})
        screen.as_json(
            record
            | {
                "problems": [form.problem_json(problem) for problem in submission.problems],
                "documents": [attachment.model_dump(mode="json") for attachment in attachments],
                "notices": [notice.model_dump(mode="json") for notice in notices],
            }
        )
        return
    screen.table(f"Submission {submission.reference}", ("", ""), _facts(submission))
    version = submission.call_version
    published = store.call_version(submission.call, version) if version else None
    if published:
        screen.table("Answers", ("field", "value"), answers.rows(published.call, submission.values, lang), empty="none")
        _show_documents(published.call, attachments, lang)
    form.show_problems(_problems_title(submission), submission.problems, lang)
    told = [(n.audience, n.event.value, n.status.value, screen.when(n.sent_at), _why_not(n)) for n in notices]
    screen.table("Told", ("who", "event", "status", "sent", "why not"), told, empty="nobody")


def _show_documents(call: Call, attachments: list[Attachment], language: Language) -> None:
    """What was sent beside the form, and what is missing there."""
    labels = {field.id: field.label.get(language) for field in call.form.attachments}
    rows = [
        (labels.get(one.field, one.field), one.file_name, one.found.value, one.size or "", screen.when(one.received_at))
        for one in attachments
    ]
    rows += [(field.label.get(language), "", "missing", "", "") for field in lacking(call, attachments)]
    if rows:
        screen.table("Documents", ("for", "file", "state", "bytes", "received"), rows)


def _why_not(notice: Notice) -> str:
    """Why a message did not reach anybody, as far as it is known."""
    if notice.bounced:
        return f"bounced ({notice.bounced}) {screen.when(notice.bounced_at)}"
    return "no SenderEmail was deployed" if notice.status is Status.NOT_CONFIGURED else notice.why or ""


def _problems_title(submission: Submission) -> str:
    kept, found = len(submission.problems), submission.problem_count
    return "Problems" if kept == found else f"Problems (the first {kept} of {found})"


def _facts(submission: Submission) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        ("id", submission.id),
        ("state", submission.state.value),
        ("call", f"{submission.call or '?'} version {submission.call_version or '? (not published)'}"),
        ("applicant", f"{submission.applicant_name or ''} ({submission.applicant or '-'})"),
        ("received", screen.when(submission.received_at)),
        ("concluded", screen.when(submission.concluded_at)),
        ("object", f"s3://{submission.bucket}/{submission.key}"),
        ("version", submission.version_id),
        ("size", f"{submission.size} bytes"),
        ("sha256", submission.sha256 or ""),
        ("returned copy", submission.returned or ""),
        ("replaces", submission.replaces or ""),
        ("replaced by", submission.replaced_by or ""),
        ("written to", submission.email or ""),
        ("mail bounced", submission.bounced or ""),
    ]
    return [(name, value) for name, value in facts if value != ""]


@app.command()
def history(ctx: typer.Context, label: Label, as_json: AsJson = False) -> None:
    """Show all that happened to one submission, oldest first."""
    store = stacks.find(ctx.obj).store
    submission = store.find(label)
    events = store.history(submission.id)
    if as_json:
        screen.as_json([event.model_dump(mode="json") for event in events])
        return
    rows = [(event.number, screen.when(event.at), event.event, event.by, event.detail) for event in events]
    screen.table(f"History of {submission.reference}", ("", "when", "event", "by", "detail"), rows)


@app.command()
def replay(
    ctx: typer.Context,
    labels: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids or references.")] = None,
    call: CallOption = None,
    state: StateOption = None,
    as_json: AsJson = False,
) -> None:
    """Send stored files through intake again. What a person has to decide on is read anew; the rest stays as it is."""
    stack = stacks.find(ctx.obj)
    store = stack.store
    if bool(labels) == bool(call or state):
        raise Failure("Say which: either ids or references, or --call and --state.", Code.UNREADABLE)
    found = [store.find(label) for label in labels] if labels else store.list_submissions(call, state)
    rows = [(submission, send_again(stack, submission)) for submission in found]
    if as_json:
        screen.as_json([{"id": sent.id, "reference": sent.reference, "outcome": outcome} for sent, outcome in rows])
        return
    screen.table("Replayed", ("reference", "outcome"), [(sent.reference, outcome) for sent, outcome in rows])


@app.command()
def withdraw(
    ctx: typer.Context,
    label: Label,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it stands in the history.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who asked for it, or who does it.")] = OPERATOR,
) -> None:
    """Take a submission back for its applicant: it counts no longer, and everybody concerned is told."""
    store = stacks.find(ctx.obj).store
    submission = store.find(label)
    published = store.current_call(submission.call)
    call, now = published.call if published else None, stacks.now()
    _conclude(store, submission, lambda: conclusions.withdraw(submission, call, now), by, reason)


@app.command()
def decide(
    ctx: typer.Context,
    label: Label,
    awarded: Annotated[bool, typer.Option("--awarded/--declined", help="What was decided.", show_default=False)],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it stands in the history.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decided.")] = OPERATOR,
) -> None:
    """Decide on an application that was in time and read only after the distribution; its applicant is told."""
    store = stacks.find(ctx.obj).store
    submission = store.find(label)
    published = store.current_call(submission.call)
    if published is None:
        raise UnknownCall(submission.call)
    call, now = published.call, stacks.now()
    _conclude(store, submission, lambda: conclusions.decide_by_hand(submission, call, awarded, now), by, reason)


def _conclude(
    store: Store, submission: Submission, conclusion: Callable[[], conclusions.Conclusion], by: str, reason: str
) -> None:
    """Write what a person decided of a submission, and say what came of it. What cannot be decided so is refused."""
    try:
        made = conclusion()
    except ValueError as refusal:
        raise Failure(f"{refusal}.", Code.ERRORS) from None
    store.conclude(submission, made, stacks.now(), by=by, detail=reason)
    state, told = made.submission.state, len(made.notices)
    screen.say(f"[green]✓[/] {submission.reference} is {state}; {told} notices are on their way.")


def send_again(stack: Stack, submission: Submission) -> str:
    """Put a stored file on intake's queue once more, and say what that will come to."""
    if submission.was_gone:
        return "not sent: the file was deleted before it was read"
    outcome = "sent to be read"
    if submission.state in REOPENED and not submission.replay:
        stack.store.reopen(submission, stacks.now(), OPERATOR)
    elif not submission.pending:
        outcome = f"sent, but it stays {submission.state}: what was concluded so is not read anew"
    stack.client("sqs").send_message(
        QueueUrl=stack.output("UploadsQueueUrl"), MessageBody=announcement(submission.arrival)
    )
    return outcome
