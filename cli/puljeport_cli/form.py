"""`puljeport form …`: reading a filled-in form with no cloud at all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from puljeport import definitions, marking, readers
from puljeport.applications import Reading, read_application
from puljeport.blanks import pdf
from puljeport.calls import Call
from puljeport.errors import Unreadable
from puljeport.problems import Problem, Severity
from puljeport.rawforms import RawForm
from puljeport.readers import printed
from puljeport.texts import LANGUAGES, Language
from puljeport.versions import carry_over
from puljeport_cli import answers, screen
from puljeport_cli.failures import Code, Failure
from puljeport_cli.options import AsJson, InLanguage

app = typer.Typer(help="Filled-in forms on this machine.", no_args_is_help=True)

MARKS = {Severity.ERROR: "error", Severity.WARNING: "warning"}


@app.command()
def read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The filled-in form.")],
    call: Annotated[Path, typer.Option(metavar="PATH", help="The call's folder, or its call.yaml.")],
    earlier: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The version of the call that the form was made from.")
    ] = None,
    lang: InLanguage = "da",
    as_json: AsJson = False,
) -> None:
    """Read and check a form as intake would: values and problems. Exit 1: it has errors. Exit 2: it is unreadable."""
    definition = definitions.load(call).call
    version, reading, code = _read(file, definition, definitions.load(earlier).call if earlier else None)
    if as_json:
        screen.as_json(_as_json(definition, version, reading))
    else:
        _show(definition, reading, code, lang)
    raise typer.Exit(code)


@app.command()
def mark(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The filled-in form (.docx, .xlsx or .pdf).")],
    call: Annotated[Path, typer.Option(metavar="PATH", help="The call's folder, or its call.yaml.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where the copy goes.")] = None,
    lang: Annotated[Language | None, typer.Option(help="Language of the marks; the form's own if not given.")] = None,
) -> None:
    """Write a copy of a form with every problem marked where it stands, as the applicant gets it back."""
    _, reading, code = _read(file, definitions.load(call).call, None)
    if code is Code.UNREADABLE:
        raise Failure(reading.problems[0].message.get(lang or "en"), Code.UNREADABLE)
    if not reading.problems:
        screen.say("[green]✓[/] There is nothing to mark.")
        return
    try:
        copy = marking.mark(file.read_bytes(), reading.problems, lang or reading.language)
    except Unreadable as error:  # a print, which has nothing to correct
        raise Failure(error.problem.message.get(lang or "en"), Code.UNREADABLE) from error
    if copy is None:
        formats = ", ".join(f".{name}" for name in marking.FORMATS)
        raise Failure(f"Files of this kind have no marks; {formats} have. See the problems with `form read`.")
    target = output or file.with_name(f"{file.stem}-rettes{file.suffix}")
    target.write_bytes(copy.data)
    screen.say(f"[green]✓[/] {len(reading.problems)} problems marked in {screen.quote(str(target))}")


def _read(file: Path, call: Call, earlier: Call | None) -> tuple[int | None, Reading, Code]:
    """What a file is as an application: the version it says it is of, the reading, and how that ends the command."""
    try:
        raw = _raw(file, earlier or call)
    except Unreadable as error:
        return None, Reading({}, (error.problem,)), Code.UNREADABLE
    reading = carry_over(call, (raw.version or 0) + 1, earlier, raw) if earlier else read_application(call, raw)
    return raw.version, reading, Code.ERRORS if reading.has_errors else Code.OK


def _raw(file: Path, call: Call) -> RawForm:
    """The texts in a file. A PDF without fields is read as a print of the blank of `call`. Raises Unreadable."""
    data = file.read_bytes()
    try:
        return readers.read(data, file.name)
    except Unreadable as error:
        if error.problem.code != "pdf_no_fields":
            raise
    # The version is at the foot of the pages, and nothing is read by it.
    return printed.read(data, [pdf.make(call, 1, language) for language in LANGUAGES])


def _as_json(call: Call, version: int | None, reading: Reading) -> dict[str, Any]:
    return {
        "call": call.id,
        "version": version,
        "applicant": reading.applicant,
        "values": reading.values,
        "problems": [problem_json(problem) for problem in reading.problems],
    }


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem for programs: place in Danish and English, texts in both languages."""
    return {
        "field": problem.field,
        "label": _both(problem.label),
        "place": problem.place.da if problem.place else None,
        "place_en": problem.place.get("en") if problem.place else None,
        "code": problem.code,
        "severity": problem.severity.value,
        "message": _both(problem.message),
    }


def _both(text: Any) -> dict[str, str] | None:
    return {"da": text.da, "en": text.get("en")} if text else None


def _show(call: Call, reading: Reading, code: Code, language: Language) -> None:
    screen.table("Values", ("field", "value"), answers.rows(call, reading.values, language), empty="none")
    show_problems("Problems", reading.problems, language)
    verdict = {
        Code.OK: "[green]✓[/] The form can be accepted.",
        Code.ERRORS: "[red]✗[/] The form has to be corrected.",
        Code.UNREADABLE: "[red]✗[/] The file could not be read as a form.",
    }
    screen.say(verdict[code])


def show_problems(title: str, problems: tuple[Problem, ...], language: Language) -> None:
    """Print problems as a table: how grave, where, and what to write instead."""
    rows = [
        (
            MARKS[problem.severity],
            problem.label.get(language) if problem.label else (problem.field or ""),
            problem.place.get(language) if problem.place else "",
            problem.message.get(language),
        )
        for problem in problems
    ]
    screen.table(title, ("severity", "field", "place", "what to do"), rows, empty="none")
