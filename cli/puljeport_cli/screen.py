"""What commands print: tables and steps for people, JSON for programs. Works with and without a terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

COPENHAGEN = ZoneInfo("Europe/Copenhagen")

PLAIN_WIDTH = 160
"""Columns when nobody is watching: wide enough that a table in a build log is not folded."""


def console(*, error: bool = False) -> Console:
    """The console of this moment (not of the import), so that output redirected meanwhile is found."""
    stream = sys.stderr if error else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else PLAIN_WIDTH, highlight=False, soft_wrap=False)


def say(text: str, style: str = "") -> None:
    """Print one line or more. `text` may hold Rich markup: escape what comes from outside (`quote`)."""
    console().print(text, style=style, soft_wrap=True)


def error(text: str) -> None:
    """Print a failure on the error output."""
    console(error=True).print(f"[bold red]Error:[/] {escape(text)}", soft_wrap=True)


def note(text: str) -> None:
    """Print a remark on the error output, so that it never gets into a program's JSON."""
    console(error=True).print(text, style="dim", soft_wrap=True)


def quote(text: object) -> str:
    """Text from outside, made safe for the terminal: no markup, no control characters."""
    clean = "".join(character if character.isprintable() or character == "\n" else "�" for character in str(text))
    return escape(clean)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "nothing") -> None:
    """Print rows as a table, or `empty` when there are none."""
    shown = [[quote(cell) for cell in row] for row in rows]
    if not shown:
        say(f"[bold]{escape(title)}[/]: {escape(empty)}")
        return
    headed = any(columns)
    grid = Table(title=escape(title), title_justify="left", title_style="bold", header_style="bold", show_header=headed)
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in shown:
        grid.add_row(*row)
    console().print(grid)


def as_json(value: Any) -> None:
    """Print a value as JSON, Danish letters as they are."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))  # the one output that is not for people


def when(moment: datetime | None) -> str:
    """A moment in Danish time, to the second; empty for none."""
    return moment.astimezone(COPENHAGEN).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Show that something is being done, then that it is done and how many seconds it took."""
    shown, began = console(), time.monotonic()
    if not shown.is_terminal:
        shown.print(f"… {escape(doing)}", soft_wrap=True)
    with shown.status(escape(doing)):
        try:
            yield
        except BaseException:
            shown.print(f"[red]✗[/] {escape(doing)} [dim]({time.monotonic() - began:.1f} s)[/]", soft_wrap=True)
            raise
    shown.print(f"[green]✓[/] {escape(doing)} [dim]({time.monotonic() - began:.1f} s)[/]", soft_wrap=True)
