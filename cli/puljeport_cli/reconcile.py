"""`puljeport reconcile`: what was lost on the way, and whether everything that came in is accounted for."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from puljeport.reconcile import Findings, LooseEnd, Remedy, Tally
from puljeport.submissions import State
from puljeport_cli import screen
from puljeport_cli import stack as stacks
from puljeport_cli.failures import Code
from puljeport_cli.options import AsJson

REMEDIES = {
    Remedy.PUT_BACK: "put back through intake",
    Remedy.WAITS: "was put back in the last hours",
    Remedy.NONE: "",
}


def reconcile(
    ctx: typer.Context,
    call: Annotated[str | None, typer.Option(metavar="ID", help="Look through this call's folder only.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Also hold every object against the records.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair/--dry-run", help="Send and put back what is found, or only show it.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Send what waits, put back what was lost, and count. Exit code 1 when something is not as it must be."""
    work = stacks.find(ctx.obj).reconcile(repair=repair)
    findings = Findings() if call else work.light(lambda: True)
    if full or call:
        findings = findings.plus(work.full(call))
    if as_json:
        screen.as_json(to_json(findings))
    else:
        show(findings)
    if findings.loose_ends:
        raise typer.Exit(Code.ERRORS)


def to_json(findings: Findings) -> dict[str, Any]:
    """What was found, for programs."""
    return {
        "sent": findings.sent,
        "loose_ends": [
            {
                "kind": end.kind.value,
                "call": end.call,
                "submission": end.submission,
                "reference": end.reference,
                "since": end.since.isoformat(),
                "remedy": end.remedy.value,
            }
            for end in findings.loose_ends
        ],
        "counts": {folder: counts(tally) for folder, tally in findings.tallies.items()},
    }


def counts(tally: Tally) -> dict[str, Any]:
    """The counts of one folder: `objects` are its states and what is in flight, unless it does not add up."""
    states = {state.value: tally.states[state] for state in State if tally.states[state]}
    return {
        "objects": tally.objects,
        **states,
        "documents": tally.documents,
        "in_flight": tally.in_flight,
        "adds_up": tally.adds_up,
        "never_there": tally.never_there,
        "delete_markers": tally.markers,
        "folders": tally.folders,
    }


def show(findings: Findings) -> None:
    """Print the counts by folder, then the loose ends."""
    if findings.tallies:
        rows = [_counted(folder, tally) for folder, tally in findings.tallies.items()]
        screen.table("Objects and records", ("call", "objects", "", "records and in flight", "beside"), rows)
    if findings.sent:
        screen.say(f"[green]✓[/] {findings.sent} notices that waited were sent")
    rows = [_loose(end) for end in findings.loose_ends]
    screen.table("Loose ends", ("what", "call", "submission", "since", "done about it"), rows, empty="none")


def _counted(folder: str, tally: Tally) -> tuple[object, ...]:
    parts = [f"{tally.states[state]} {state.value}" for state in State if tally.states[state]]
    parts += [f"{tally.documents} documents beside a form"] if tally.documents else []
    parts += [f"{tally.in_flight} in flight"] if tally.in_flight else []
    beside = [
        f"{number} {what}"
        for number, what in (
            (tally.never_there, "gone before they were read"),
            (tally.markers, "delete markers"),
            (tally.folders, "folders"),
        )
        if number
    ]
    return folder or "(none)", tally.objects, "=" if tally.adds_up else "≠", " + ".join(parts) or 0, ", ".join(beside)


def _loose(end: LooseEnd) -> tuple[object, ...]:
    what = end.kind.value.replace("_", " ")
    return what, end.call, end.reference or end.submission, screen.when(end.since), REMEDIES[end.remedy]
