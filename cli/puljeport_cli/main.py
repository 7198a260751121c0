"""The operator's command `puljeport`: its groups, its options for all commands, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from puljeport_cli import (
    calendar,
    call,
    contacts,
    demo,
    dlq,
    downloads,
    erase,
    extending,
    form,
    logs,
    notice,
    reconcile,
    running,
    submissions,
    untold,
)
from puljeport_cli.failures import Commands
from puljeport_cli.local import ROOT_VARIABLE
from puljeport_cli.stack import Target

app = typer.Typer(
    cls=Commands,
    help="Puljeport: applications for grant pools, taken in and told of.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def options(
    ctx: typer.Context,
    stage: Annotated[
        str | None,
        typer.Option(
            envvar="PULJEPORT_STAGE", help="The installation to work on; the running local cloud if not given."
        ),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            envvar=ROOT_VARIABLE, help="The folder of the local cloud; `.local` in the checkout if not given."
        ),
    ] = None,
) -> None:
    """Puljeport: applications for grant pools, taken in and told of."""
    ctx.obj = Target(stage or None, root)


submissions.app.command("fetch")(downloads.fetch)
submissions.app.command("returned")(downloads.returned)
call.app.command("extend")(extending.extend)
call.app.command("history")(extending.history)
app.add_typer(call.app, name="call")
app.add_typer(form.app, name="form")
app.add_typer(submissions.app, name="submissions")
notice.app.command("list")(untold.list_notices)
notice.app.command("retry")(untold.retry)
app.add_typer(notice.app, name="notice")
app.add_typer(dlq.app, name="dlq")
app.command("reconcile")(reconcile.reconcile)
app.command("erase")(erase.erase)
app.command("contacts")(contacts.contacts)
app.command("calendar")(calendar.calendar)
app.command("tick")(calendar.tick)
app.command("up")(running.up)
app.command("down")(running.down)
app.command("status")(running.status)
app.command("logs")(logs.logs)
app.command("demo")(demo.demo)
