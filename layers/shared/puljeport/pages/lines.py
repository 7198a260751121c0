"""The text in one field of a printed form: from letters to lines, and from lines to what was written.

A program that fits a text into a field breaks its lines where the next word has no room; a break before a word that
would have had room was written by the applicant. So the breaks can be told apart, but for the ones that are doubtful.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from puljeport.pages.engine import Letter, Rectangle

PADDING = 3
"""Points that programs keep free inside a field's edge."""
_SAME_LINE = 0.4
"""Share of a letter's height by which letters of one line may stand higher or lower."""
_GAP = 0.22
"""Share of a letter's height that is a space where no space was drawn."""
_BREAKS_AFTER = ("-", "/")
"""Where a word may have been broken, or two words may have stood apart: nobody can tell from the print."""


class Line(NamedTuple):
    """One line: its text, where it begins, ends and stands, how high its letters are, and whether a space ends it."""

    text: str
    left: float
    right: float
    base: float
    height: float
    spaced: bool


def lines(letters: Sequence[Letter]) -> list[Line]:
    """The lines of some letters, from the top."""
    rows: list[list[Letter]] = []
    for letter in sorted(letters, key=lambda each: -each.origin.imag):
        height = letter.box[3] - letter.box[1]
        if rows and rows[-1][0].origin.imag - letter.origin.imag <= _SAME_LINE * height:
            rows[-1].append(letter)
        else:
            rows.append([letter])
    made = [_line(sorted(row, key=lambda each: each.origin.real)) for row in rows]
    return [line for line in made if line.text]


def _line(row: Sequence[Letter]) -> Line:
    text, end = "", None
    height = max(letter.box[3] - letter.box[1] for letter in row)
    for letter in row:
        space = letter.text.isspace()
        if end is not None and letter.box[0] - end > _GAP * height and not space and not text.endswith(" "):
            text += " "
        text += " " if space else letter.text
        end = max(letter.box[2], end or letter.box[2])
    seen = [letter for letter in row if not letter.text.isspace()] or list(row)
    return Line(
        text.strip(),
        min(letter.box[0] for letter in seen),
        max(letter.box[2] for letter in seen),
        row[0].origin.imag,
        height,
        text.endswith(" "),
    )


def joined(found: Sequence[Line], box: Rectangle) -> tuple[str, bool]:
    """What was written in a field of several lines, and whether a break in it is doubtful."""
    if not found:
        return "", False
    text, doubtful = found[0].text, False
    pitch = min((above.base - below.base for above, below in pairwise(found)), default=0)
    for above, below in pairwise(found):
        skipped = round((above.base - below.base) / pitch) if pitch else 1
        between, unsure = ("\n" * skipped, False) if skipped > 1 else _between(above, below, box)
        text += between + below.text
        doubtful = doubtful or unsure
    return text, doubtful


def _between(above: Line, below: Line, box: Rectangle) -> tuple[str, bool]:
    """What stood between two lines, and whether that is doubtful."""
    first = below.text.split(maxsplit=1)[0]
    letter = (below.right - below.left) / len(below.text)
    room = box[2] - PADDING - above.right
    if room > letter * (len(first) + 1) * 1.25 + letter:
        return "\n", False
    if above.spaced:
        return " ", False
    if above.text.endswith(_BREAKS_AFTER):
        return "", True
    if " " not in above.text and room < 2 * letter:
        return "", True
    return " ", False


def cut(found: Sequence[Line], box: Rectangle, *, several: bool, right: bool) -> bool:
    """Whether a text comes so near to the edge of its field that the rest of it may be missing.

    `several`: the field has several lines; `right`: what is written in it ends at its right edge by itself.
    """
    if not found:
        return False
    left, bottom, far, _ = box
    if several:
        last = found[-1]
        return last.base - last.height < bottom - 1 and len(found) > 1
    first = found[0]
    if right:
        return first.left < left + PADDING and first.right > far - PADDING
    return first.right > far - PADDING or first.left < left
