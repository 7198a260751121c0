"""`puljeport up`, `down` and `status`: the local cloud, and how an installation is doing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from puljeport_cli import cloud, local, screen
from puljeport_cli import stack as stacks
from puljeport_cli.failures import Code, Failure
from puljeport_cli.local import STAGE, State
from puljeport_cli.options import AsJson
from puljeport_cli.stack import Stack, Target

QUEUES = {
    "uploads": "UploadsQueueUrl",
    "uploads dead": "UploadsDeadLetterQueueUrl",
    "notify failures": "NotifyFailuresQueueUrl",
    "feedback dead": "FeedbackDeadLetterQueueUrl",
}


def up(
    ctx: typer.Context,
    enforce_iam: Annotated[
        bool | None,
        typer.Option("--enforce-iam/--no-enforce-iam", help="Refuse what a role's policy does not allow, as AWS does."),
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of the local cloud; 4566 or a free one if not given.")] = None,
) -> None:
    """Start the local cloud and deploy to it. Doing it twice changes nothing; changed sources are deployed anew."""
    target: Target = ctx.obj
    home = local.home(target.root)
    cloud.up(home, screen.step, enforce_iam=enforce_iam, port=port)
    for name, value in addresses(stacks.find(Target(STAGE, home.root), quiet=True)).items():
        screen.say(f"  {name:<14} {value}")


def addresses(stack: Stack) -> dict[str, str]:
    """Where the parts of an installation are found."""
    if stack.local is None:
        return {"portal": stack.portal, "dashboard": stack.output("DashboardUrl")}
    return {"portal": stack.portal, "AWS": stack.local.endpoint, "mail catcher": stack.local.mail_page}


def down(ctx: typer.Context) -> None:
    """Stop the local cloud: the processes that `up` started, and no others. What it held is gone."""
    target: Target = ctx.obj
    ended = cloud.down(local.home(target.root))
    screen.say(f"[green]✓[/] Stopped: {', '.join(ended)}" if ended else "Nothing was running.")


def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show how an installation is: its stack, queues, alarms, and in the local cloud its addresses and processes."""
    target: Target = ctx.obj
    state = local.home(target.root).state() if target.stage in {None, STAGE} else None
    try:
        stack = stacks.find(target, quiet=True)
    except Failure:
        if state is None or as_json:
            raise
        _show_processes(state)
        raise
    found = _status(stack)
    if as_json:
        screen.as_json(found)
    else:
        _show(stack, found)
    if any(process["running"] is False for process in found["processes"]):
        raise typer.Exit(Code.ERRORS)


def _status(stack: Stack) -> dict[str, Any]:
    return {
        "stage": stack.stage,
        "stack": stack.status,
        "addresses": addresses(stack),
        "queues": dict(_queues(stack)),
        "alarms": dict(_alarms(stack)),
        "processes": _processes(stack.local) if stack.local else [],
    }


def _queues(stack: Stack) -> Iterator[tuple[str, int]]:
    client = stack.client("sqs")
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    for name, output in QUEUES.items():
        counts = client.get_queue_attributes(QueueUrl=stack.output(output), AttributeNames=wanted)["Attributes"]
        yield name, sum(int(counts[each]) for each in wanted)


def _alarms(stack: Stack) -> Iterator[tuple[str, str]]:
    prefix = f"{stacks.stack_name(stack.stage)}-"
    for page in stack.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix):
        yield from ((alarm["AlarmName"].removeprefix(prefix), alarm["StateValue"]) for alarm in page["MetricAlarms"])


def _processes(state: State) -> list[dict[str, Any]]:
    return [
        {"name": name, "pid": process.pid, "running": process.alive, "log": str(process.log)}
        for name, process in state.processes.items()
    ]


def _show(stack: Stack, found: dict[str, Any]) -> None:
    screen.say(f"[bold]{stacks.stack_name(stack.stage)}[/]: {found['stack']}")
    for name, value in found["addresses"].items():
        screen.say(f"  {name:<14} {value}")
    screen.table("Queues", ("queue", "messages"), found["queues"].items())
    raised = [name for name, value in found["alarms"].items() if value == "ALARM"]
    told = f"[red]raised: {', '.join(raised)}[/]" if raised else "none raised"
    screen.say(f"[bold]Alarms[/]: {told} (of {len(found['alarms'])})")
    if stack.local:
        _show_processes(stack.local)


def _show_processes(state: State) -> None:
    rows = [
        (process["name"], process["pid"], "running" if process["running"] else "ended", process["log"])
        for process in _processes(state)
    ]
    screen.table("Processes", ("process", "pid", "", "log"), rows, empty="none")
