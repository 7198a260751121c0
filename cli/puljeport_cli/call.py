"""`puljeport call …`: checking and publishing definitions, and making blanks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from puljeport import definitions, drafts
from puljeport.blanks import csvform, docx, jsonschema, pdf, xlsx
from puljeport.calls import Call
from puljeport.errors import DefinitionError, Unreadable
from puljeport.items import PublishedCall
from puljeport.publish import Plan, Publication
from puljeport.subscriptions import Change
from puljeport_cli import contacts, moments, screen
from puljeport_cli import stack as stacks
from puljeport_cli.failures import Code, Failure
from puljeport_cli.options import AsJson, InLanguage
from puljeport_cli.stack import Stack

app = typer.Typer(help="Call definitions: check, make blanks, publish.", no_args_is_help=True)

CallPath = Annotated[Path, typer.Argument(metavar="PATH", help="The call's folder, or its call.yaml.")]


class Format(StrEnum):
    """File formats that a blank can be made in."""

    DOCX = "docx"
    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON_SCHEMA = "json-schema"


MAKERS = {
    Format.DOCX: docx.make,
    Format.PDF: pdf.make,
    Format.XLSX: xlsx.make,
    Format.CSV: csvform.make,
    Format.JSON_SCHEMA: jsonschema.make,
}


@app.command()
def check(path: CallPath, as_json: AsJson = False) -> None:
    """Say whether a call definition is valid, and all that is wrong with it: file, line, path, what to do."""
    try:
        call = definitions.load(path).call
    except DefinitionError as error:
        _show_findings(error, as_json=as_json)
        raise typer.Exit(Code.ERRORS) from None
    if as_json:
        screen.as_json({"call": call.id, "findings": []})
        return
    fields = len(call.form.fields)
    screen.say(f"[green]✓[/] {screen.quote(call.id)}: {screen.quote(call.title.da)}")
    screen.say(f"  {fields} fields in {len(call.form.sections)} sections, {len(call.rules)} rules")
    screen.say(f"  {call.stage(stacks.now())}; opens {call.opens}, deadline {call.deadline} ({call.time_zone})")


def _show_findings(error: DefinitionError, *, as_json: bool) -> None:
    if as_json:
        found = [{"file": f.file, "line": f.line, "path": f.path, "message": f.message} for f in error.findings]
        screen.as_json({"call": None, "findings": found})
        return
    for finding in error.findings:
        screen.say(screen.quote(finding))
    screen.error(f"{len(error.findings)} faults in the definition.")


@app.command()
def blank(
    path: CallPath,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write the form.")],
    file_format: Annotated[Format, typer.Option("--format", help="The form's file format.")] = Format.DOCX,
    lang: InLanguage = "da",
    version: Annotated[int, typer.Option(min=1, help="The version of the call that the form names.")] = 1,
) -> None:
    """Make the call's application form for people to fill in."""
    output.write_bytes(MAKERS[file_format](definitions.load(path).call, version, lang))
    screen.say(f"[green]✓[/] {screen.quote(output)}")


@app.command("import")
def import_form(
    file: Annotated[Path, typer.Argument(metavar="FORM.docx", help="The agency's own form, as a Word file.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="The new call's folder, such as calls/ID.")
    ],
) -> None:
    """Draft a call's definition from a form that exists already. Later uploads of that form are read by its labels."""
    if output.exists() and any(output.iterdir()):
        raise Failure(f"{output} is not empty. Name a folder that is not there yet.", Code.UNREADABLE)
    try:
        found = drafts.draft(file.read_bytes())
    except Unreadable as error:
        raise Failure(error.problem.message.get("en"), Code.UNREADABLE) from None
    output.mkdir(parents=True, exist_ok=True)
    (output / definitions.FILE).write_text(drafts.definition(found, output.resolve().name), encoding="utf-8")
    (output / "guide.md").write_text(drafts.guide(found), encoding="utf-8")
    rows = [(guess.label, guess.id, guess.type, guess.why) for guess in found.fields]
    screen.table("Drafted fields", ("label", "id", "type", "guessed from"), rows)
    screen.say(f"[green]✓[/] {screen.quote(output)}: now fill in what `puljeport call check` asks for.")


@app.command()
def publish(  # noqa: PLR0913, PLR0917 - one argument for each option
    ctx: typer.Context,
    path: CallPath,
    opens: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Open then instead: `now`, `+2d`, or an ISO date or time.")
    ] = None,
    deadline: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Close then instead: `+30d`, or an ISO date or time.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    mailboxes: Annotated[int, typer.Option(min=1, help="How many mailboxes SNS filters for in your account.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Publish a call: its documents, its version, its contacts' subscriptions. Twice changes nothing."""
    stack = stacks.find(ctx.obj)
    publisher, definition = stack.publisher(mailboxes), definitions.load(path)
    plan = publisher.plan(_rescheduled(stack, definition.call, opens, deadline))
    if not as_json:
        show_plan(plan)
    if dry_run:
        if as_json:
            screen.as_json(_plan(plan))
        return
    publication = publisher.publish(plan, definition.guide or None)
    contacts.take_up_locally(stack)
    if as_json:
        screen.as_json(_publication(publication))
    else:
        show(stack, publication)


def publish_path(stack: Stack, path: Path, opens: str | None = None, deadline: str | None = None) -> Publication:
    """Publish the definition at `path`, with other dates where they are given, and show nothing."""
    publisher, definition = stack.publisher(), definitions.load(path)
    plan = publisher.plan(_rescheduled(stack, definition.call, opens, deadline))
    publication = publisher.publish(plan, definition.guide or None)
    contacts.take_up_locally(stack)
    return publication


def _rescheduled(stack: Stack, call: Call, opens: str | None, deadline: str | None) -> Call:
    current = stack.store.current_call(call.id)
    return moments.rescheduled(call, opens, deadline, stacks.now(), current.call if current else None)


def show_plan(plan: Plan) -> None:
    """Say what publishing is going to change."""
    what = "a new version" if plan.new else "no change: it is published already as version"
    screen.say(f"{screen.quote(plan.call.id)}: {what} {plan.version}")
    rows = [(each.kind, each.address, ", ".join(each.contacts) or "nobody's contact any more") for each in plan.changes]
    screen.table("Subscriptions to be changed", ("", "email", "contact"), rows, empty="none")


def show(stack: Stack, publication: Publication) -> None:
    """Say what a publication came to."""
    call, version = publication.published.call, publication.published.version
    what = "published as" if publication.new else "unchanged since"
    screen.say(f"[green]✓[/] {screen.quote(call.id)} {what} version {version} ({call.stage(stacks.now())})")
    screen.say(f"  opens {call.opens}, deadline {call.deadline} ({call.time_zone})")
    bucket = stack.output("DocumentsBucketName")
    for key in publication.documents:
        screen.say(f"  s3://{bucket}/{key}", style="dim")
    contacts.show(publication.recipients)
    for change in publication.kept:
        screen.say(
            f"[yellow]![/] {screen.quote(change.address)} is nobody's contact any more, but a message to it still "
            "waits: publish again when it has been sent, and the subscription is removed."
        )


def _publication(publication: Publication) -> dict[str, Any]:
    return _row(publication.published) | {
        "new": publication.new,
        "documents": list(publication.documents),
        "contacts": [contacts.row(recipient) for recipient in publication.recipients],
        "changes": [_change(change) for change in publication.changes],
        "kept": [change.address for change in publication.kept],
    }


def _plan(plan: Plan) -> dict[str, Any]:
    changes = [_change(change) for change in plan.changes]
    return {"id": plan.call.id, "version": plan.version, "new": plan.new, "changes": changes}


def _change(change: Change) -> dict[str, Any]:
    return {"change": change.kind.value, "email": change.address, "contacts": list(change.contacts)}


@app.command("list")
def list_calls(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the published calls with their stage and deadline."""
    rows = [_row(published) for published in stacks.find(ctx.obj).store.calls()]
    if as_json:
        screen.as_json(rows)
        return
    columns = ("id", "title", "stage", "version", "opens", "deadline")
    screen.table("Published calls", columns, [_shown(row, columns) for row in rows], empty="none yet")


def _shown(row: dict[str, Any], columns: tuple[str, ...]) -> list[object]:
    times = ("opens", "deadline")
    return [
        screen.when(datetime.fromisoformat(row[name])) if name in times and row[name] else row[name] or "none"
        for name in columns
    ]


def _row(published: PublishedCall) -> dict[str, Any]:
    call: Call = published.call
    return {
        "id": call.id,
        "title": call.title.da,
        "stage": call.stage(stacks.now()).value,
        "version": published.version,
        "opens": call.opens_at.isoformat(),
        "deadline": call.deadline_at.isoformat() if call.deadline_at else None,
        "published_at": published.published_at.isoformat(),
    }
