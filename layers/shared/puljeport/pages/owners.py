"""Which field each letter of a printed page belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from puljeport.pages.engine import Letter, Rectangle, Widget

_SLACK = 1.5
"""Points that a letter may stand outside of its field."""


def within(point: complex, box: Rectangle) -> bool:
    """Whether a letter that begins at a point stands in a field."""
    left, bottom, right, top = box
    return left - _SLACK <= point.real <= right + _SLACK and bottom - _SLACK <= point.imag <= top + _SLACK


def adjacent(one: Letter, other: Letter) -> bool:
    """Whether a letter begins where another ends."""
    return abs(other.origin - complex(one.box[2], one.origin.imag)) < one.box[3] - one.box[1]


def owners(letters: Sequence[Letter], widgets: Sequence[Widget]) -> list[int | None]:
    """For each letter the field it belongs to, by number.

    What is cut may stand anywhere, also where another field is. It was drawn in one go, and belongs as a whole to the
    field whose text it continues, or where it begins, or at last where any of it is.
    """
    found: list[int | None] = []
    for _, drawn in groupby(letters, key=lambda letter: letter.run):
        run = list(drawn)
        places = [_field_at(letter.origin, widgets) for letter in run]
        if run[0].cut:
            around = letters[max(len(found) - 1, 0)], letters[min(len(found) + len(run), len(letters) - 1)]
            places = [_owner_of_cut(run, places, around, found[-1] if found else None, widgets)] * len(run)
        found += places
    return found


def _owner_of_cut(
    run: Sequence[Letter],
    places: Sequence[int | None],
    around: tuple[Letter, Letter],
    before: int | None,
    widgets: Sequence[Widget],
) -> int | None:
    last, following = around
    if before is not None and _continues(run[0], last, widgets[before]):
        return before
    if adjacent(run[-1], following) and (after := _field_at(following.origin, widgets)) is not None:
        return after
    return next((place for place in places if place is not None), None)


def _field_at(point: complex, widgets: Sequence[Widget]) -> int | None:
    fields = (number for number, widget in enumerate(widgets) if not widget.button and within(point, widget.box))
    return next(fields, None)


def _continues(letter: Letter, last: Letter, widget: Widget) -> bool:
    """Whether a letter goes on where a field's last one was, or begins a line below that it has no room for."""
    if not widget.lines:
        return adjacent(last, letter)
    left, bottom, right, _ = widget.box
    return left <= letter.origin.real <= right and letter.origin.imag < bottom + letter.box[3] - letter.box[1]
