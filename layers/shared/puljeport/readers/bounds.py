"""Bounds on what any form may hold, whatever its format."""

from __future__ import annotations

from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.rawforms import RawForm

MAX_FILE = 10 * 1024 * 1024
MAX_TEXT = 400_000
"""Bytes of UTF-8 in all answers together."""
MAX_CELLS = 50_000
"""Answers in all, empty ones in tables included: each costs memory of its own."""


def too_much_text() -> Unreadable:
    """The error for a form with more text, or more answers, than is taken."""
    return Unreadable(problem("too_much_text", limit_kb=MAX_TEXT // 1000))


def check_volume(form: RawForm) -> RawForm:
    """The form itself, if its answers together are within bounds; raises Unreadable otherwise."""
    cells = [field.cell for field in form.fields]
    cells += [cell for table in form.tables for row in table.rows for cell in row]
    if len(cells) > MAX_CELLS or sum(len(cell.text.encode()) for cell in cells) > MAX_TEXT:
        raise too_much_text()
    return form
