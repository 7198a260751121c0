"""What was answered on a printed page: for each field of the blank the letters or the ink where it stood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from puljeport.pages import lines
from puljeport.pages.engine import Letter, Picture, Rectangle, Widget
from puljeport.pages.fit import Fit
from puljeport.pages.owners import adjacent, owners, within

PIXELS = 2
"""To a point of the blank."""
_EDGE = 2.2
"""Points from the edge of a field that the edge itself may take."""
_INDENT = 6
"""Points from the edge of a field within which its texts begin."""
_ARROW = 18
"""Points at the right of a list that programs draw an arrow of their own in."""
_PRESSED, _CLEAR = 0.06, 0.01
"""Shares of ink in a button: from the first on it is pressed, up to the second it is not."""
_SPOT = 1.0
"""Square points of ink that are more than a speck."""


_MAC = frozenset("æøåÆØÅ".encode("cp1252").decode("mac-roman"))


type _Owned = tuple[Letter, int | None]
"""A letter and the number of the field it belongs to."""


class Doubt(StrEnum):
    """Why an answer may not be what was written."""

    CUT = "cut"
    UNREAD = "unread"
    UNSURE = "unsure"


class Answer(NamedTuple):
    """One field of the blank, from the printed page where it stands (from 1). `value` as the engine gives it for a
    field that is still one; `doubt` is empty where there is none."""

    page: int
    name: str
    label: str
    button: bool
    radio: bool
    value: str
    doubt: str


class Printed(NamedTuple):
    """A printed page and how the blank lies on it. `empty` is the picture of the blank's own page."""

    number: int
    letters: Sequence[Letter]
    fit: Fit
    picture: Picture
    empty: Picture


def answers(widgets: Sequence[Widget], printed: Printed) -> list[Answer]:
    """The answers to a page's fields."""
    letters = [_moved(letter, printed.fit) for letter in printed.letters]
    whose = owners(letters, widgets)
    found = [
        _button(widget, printed)
        if widget.button
        else _text(widget, number, list(zip(letters, whose, strict=True)), printed)
        for number, widget in enumerate(widgets)
    ]
    pressed = Counter(answer.name for answer in found if answer.radio and answer.value)
    return [_unsure(answer) if answer.radio and pressed[answer.name] > 1 else answer for answer in found]


def _unsure(answer: Answer) -> Answer:
    """A button of several that are pressed where only one can be."""
    return answer._replace(value="", doubt=Doubt.UNSURE)


def _moved(letter: Letter, fit: Fit) -> Letter:
    """The letter where it would stand on the blank."""
    left, bottom, right, top = letter.box
    one, other = fit.back(complex(left, bottom)), fit.back(complex(right, top))
    (left, right), (bottom, top) = sorted((one.real, other.real)), sorted((one.imag, other.imag))
    return letter._replace(origin=fit.back(letter.origin), box=(left, bottom, right, top))


def _text(widget: Widget, number: int, letters: Sequence[_Owned], printed: Printed) -> Answer:
    own = [letter for letter, owner in letters if owner == number]
    if all(letter.text.isspace() for letter in own):
        return _answer(widget, printed, "", Doubt.UNREAD if _written(widget, printed) else None)
    found = lines.lines(own)
    if widget.lines:
        value, doubtful = lines.joined(found, widget.box)
    else:
        value, doubtful = " ".join(line.text for line in found), len(found) > 1
    doubt = _doubt(widget, own, found)
    if doubt is None and (doubtful or _misread(value) or _strange(number, letters, widget)):
        doubt = Doubt.UNSURE
    return _answer(widget, printed, value, doubt)


def _doubt(widget: Widget, own: Sequence[Letter], found: Sequence[lines.Line]) -> Doubt | None:
    """What a field's own letters make doubtful."""
    seen = [letter for letter in own if not letter.text.isspace()]
    if not all(letter.sure for letter in seen):
        return Doubt.UNREAD
    full = lines.cut(found, widget.box, several=widget.lines, right=widget.right)
    if full or any(_lost(letter, widget.box) for letter in seen):
        return Doubt.CUT
    return Doubt.UNSURE if _mixed(own) or _astray(found, own, widget) else None


def _mixed(letters: Sequence[Letter]) -> bool:
    """Whether signs are drawn with another font than the rest, which is how PDFium shows ‡ as an exclamation mark."""
    return len({letter.font for letter in letters}) > 1


def _misread(value: str) -> bool:
    """Whether there are signs that æ, ø and å are taken for where a font does not say what its letters are."""
    return not _MAC.isdisjoint(value)


def _lost(letter: Letter, box: Rectangle) -> bool:
    """Whether a letter is drawn where it does not show, or only in part."""
    left, bottom, right, top = letter.box
    base = letter.origin.imag
    return letter.cut and not (left >= box[0] and base >= box[1] and right <= box[2] and top <= box[3] + (top - bottom))


def _astray(found: Sequence[lines.Line], own: Sequence[Letter], widget: Widget) -> bool:
    """Whether letters stand on each other, or something cut stands where no text of the field begins."""
    inside = not widget.right and any(line.left > widget.box[0] + _INDENT for line in found)
    return any(line.crowded for line in found) or (inside and any(letter.cut for letter in own))


def _strange(number: int, letters: Sequence[_Owned], widget: Widget) -> bool:
    """Whether something else is drawn in a field too: what another field has no room for, a text in two parts, or one
    that goes on from something cut that was taken for another field's."""
    parts, before, last, cut = 0, None, None, False
    for letter, owner in letters:
        if not letter.text.isspace():
            if owner == number and before != number:
                parts += 1
                if last is not None and cut and adjacent(last, letter):
                    return True
            if letter.cut and owner != number and within(letter.origin, widget.box):
                return True
            before, cut = owner, letter.cut and owner != number
        last = letter
    return parts > 1


def _button(widget: Widget, printed: Printed) -> Answer:
    share, _ = _ink(widget, printed)
    pressed = share >= _PRESSED
    return _answer(widget, printed, widget.on if pressed else "", None if pressed or share <= _CLEAR else Doubt.UNSURE)


def _written(widget: Widget, printed: Printed) -> bool:
    """Whether there is ink in a field that no letter tells of: a text drawn as shapes, or by hand."""
    share, area = _ink(widget, printed)
    return share * area > _SPOT


def _ink(widget: Widget, printed: Printed) -> tuple[float, float]:
    """The share of a field that has ink where the blank has none (0 to 1), and the square points it is a share of."""
    left, bottom, right, top = widget.box
    right -= _ARROW if widget.listed else 0
    corners = complex(left + _EDGE, bottom + _EDGE), complex(right - _EDGE, top - _EDGE)
    now, before = printed.picture.share(*map(printed.fit.there, corners)), printed.empty.share(*corners)
    return now - before, (right - left) * (top - bottom)


def _answer(widget: Widget, printed: Printed, value: str, doubt: Doubt | None) -> Answer:
    return Answer(printed.number, widget.name, widget.label, widget.button, widget.radio, value, doubt or "")
