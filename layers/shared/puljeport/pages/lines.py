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
_OVERLAP = 0.35
"""Share of a letter's width that the next one never covers, unless they belong to different texts."""


class Line(NamedTuple):
    """One line: its text, where it begins, ends and stands, how high its letters are, whether a space ends it, and
    whether letters stand on each other."""

    text: str
    left: float
    right: float
    base: float
    height: float
    spaced: bool
    crowded: bool


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
        any(_covers(before, after) for before, after in pairwise(seen)),
    )


def _covers(before: Letter, after: Letter) -> bool:
    widths = before.box[2] - before.box[0], after.box[2] - after.box[0]
    return before.box[2] - after.box[0] > _OVERLAP * min(widths)


def joined(found: Sequence[Line], box: Rectangle) -> tuple[str, bool]:
    """What was written in a field of several lines, and whether a break in it is doubtful."""
    if not found:
        return "", False
    text, doubtful = found[0].text, False
    pitch = min((above.base - below.base for above, below in pairwise(found)), default=0)
    keeps = _keeps_spaces(found, box)
    for above, below in pairwise(found):
        skipped = round((above.base - below.base) / pitch) if pitch else 1
        between, unsure = ("\n" * skipped, False) if skipped > 1 else _between(above, below, box, keeps)
        text += between + below.text
        doubtful = doubtful or unsure
    return text, doubtful


def _keeps_spaces(found: Sequence[Line], box: Rectangle) -> bool | None:
    """Whether the program draws the space that a line was broken at; None where nothing tells."""
    full = [(above, below) for above, below in pairwise(found) if not _had_room(above, below, box)]
    if any(above.spaced for above, _ in full):
        return True
    return False if any(_two_words(above, below) for above, below in full) else None


def _had_room(above: Line, below: Line, box: Rectangle) -> bool:
    """Whether the first word of a line would have had room on the line above: then a person broke it."""
    word = below.text.split(maxsplit=1)[0]
    letter = (below.right - below.left) / len(below.text)
    return box[2] - PADDING - above.right > letter * (len(word) + 1) * 1.25 + letter


def _two_words(above: Line, below: Line) -> bool:
    """Whether a program would break here only between words: no sign stands there after which it breaks one."""
    return " " in above.text and above.text[-1].isalnum() and below.text[0].isalnum()


def _between(above: Line, below: Line, box: Rectangle, keeps: bool | None) -> tuple[str, bool]:
    """What stood between two lines, and whether that is doubtful."""
    if _had_room(above, below, box):
        return "\n", False
    if above.spaced:
        return " ", False
    if keeps or " " not in above.text:
        return "", True  # a word that was too long, or has a sign after which it may be broken
    return " ", not _two_words(above, below) and not (keeps is False and above.text[-1] in ".,:;!?)»")


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
