"""`puljeport notice …`: what people will read, before anybody does."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from puljeport import definitions
from puljeport.calls import Call, Event
from puljeport.notices import FOR_APPLICANTS, FOR_OPERATIONS, OPERATIONS
from puljeport.texts import Language
from puljeport_cli import screen, specimens
from puljeport_cli.failures import Code, Failure
from puljeport_cli.options import InLanguage

app = typer.Typer(help="Messages: what people read, who was not told yet, trying again.", no_args_is_help=True)


class Audience(StrEnum):
    """Who reads a message."""

    CONTACT = "contact"
    APPLICANT = "applicant"
    OPERATIONS = "operations"


HEARS = {Audience.CONTACT: frozenset(Event), Audience.APPLICANT: FOR_APPLICANTS, Audience.OPERATIONS: FOR_OPERATIONS}


@app.command()
def preview(
    event: Annotated[Event, typer.Argument(metavar="EVENT", help="What happened, such as `accepted`.")],
    call: Annotated[Path, typer.Option(metavar="PATH", help="The call's folder, or its call.yaml.")],
    audience: Annotated[
        Audience | None, typer.Option(help="Who reads it; the applicant if not given, where applicants hear of it.")
    ] = None,
    lang: InLanguage = "da",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a letter to an applicant there, as its HTML.")
    ] = None,
) -> None:
    """Show a message about a call, with an invented submission. Nothing is sent, and no AWS is needed."""
    chosen = audience or (Audience.APPLICANT if event in FOR_APPLICANTS else Audience.CONTACT)
    if event not in HEARS[chosen]:
        heard = ", ".join(sorted(HEARS[chosen]))
        raise Failure(f"No {chosen} hears of `{event}`. These they hear of: {heard}.", Code.UNREADABLE)
    definition = definitions.load(call).call
    if html is None:
        screen.say(screen.quote(text(definition, event, chosen, lang)))
    elif chosen is Audience.APPLICANT:
        html.write_text(specimens.letter(definition, event, lang).html, encoding="utf-8")
        screen.say(f"[green]✓[/] {screen.quote(html)}")
    else:
        what = "Only letters to applicants have HTML: contacts are told by SNS, which sends text."
        raise Failure(what, Code.UNREADABLE)


def text(call: Call, event: Event, audience: Audience, language: Language) -> str:
    """A message as text, with the header lines that its reader sees."""
    if audience is Audience.APPLICANT:
        letter = specimens.letter(call, event, language)
        head = f"From: {letter.sender}\nReply-To: {letter.reply_to}\nSubject: {letter.subject}"
        return f"{head}\n\n{letter.text}"
    message = specimens.message(call, event, language, OPERATIONS if audience is Audience.OPERATIONS else "")
    return f"Subject: {message.subject}\n\n{message.text}"
