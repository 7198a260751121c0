"""How the blank for spreadsheets looks: the colours of the Word blank, one font, and how high its rows must be."""

from __future__ import annotations

import math
from typing import Any

from puljeport.blanks.wordstyles import ACCENT, ALERT, HINT, INK, LINE, QUIET, TINT
from puljeport.calls import AnyField

FONT = "Calibri"
LABEL_WIDTH, ANSWERS_WIDTH, FEWEST_COLUMNS = 36.0, 68.0, 4
NARROWEST = 11.0
LINE_HEIGHT, SMALL_LINE_HEIGHT, PADDING = 14.5, 12.5, 6.0
PER_NOUGHT = 1.12
HIGHEST = 400.0
"""A row of Excel has at most 409 points."""
_WIDTHS = {"integer": 9.0, "amount": 14.0, "date": 12.0, "yes_no": 9.0, "phone": 14.0, "cvr": 11.0}
_WIDTH = 19.0

_BASE = {"font_name": FONT, "font_size": 10.5, "font_color": f"#{INK}", "valign": "vcenter"}
_UNDER = {"bottom": 1, "bottom_color": f"#{LINE}"}
_ALL_ROUND = {"border": 1, "border_color": f"#{LINE}"}
_WRAPPED = {"text_wrap": True}
_ACCENT = {"bold": True, "font_color": f"#{ACCENT}"}
_ANSWER = {"locked": False, "bg_color": f"#{TINT}", "text_wrap": True, **_ALL_ROUND}

STYLES: dict[str, dict[str, Any]] = {
    "band": {"bold": True, "font_size": 17, "font_color": "#FFFFFF", "bg_color": f"#{ACCENT}", "indent": 1,
             "text_wrap": True},
    "agency": {**_ACCENT, "valign": "bottom"},
    "subtitle": {"font_size": 14, "font_color": f"#{QUIET}", "valign": "top", "bottom": 2,
                 "bottom_color": f"#{ACCENT}"},
    "text": _WRAPPED,
    "heading": {**_ACCENT, "font_size": 11.5, "valign": "bottom"},
    "step": {**_WRAPPED, "left": 5, "left_color": f"#{ACCENT}", "indent": 2},
    "section": {**_ACCENT, "font_size": 15, "valign": "bottom", "bottom": 1, "bottom_color": f"#{ACCENT}"},
    "quiet": {**_WRAPPED, "font_size": 9, "font_color": f"#{QUIET}"},
    "label": {**_WRAPPED, **_UNDER},
    "long_label": {**_WRAPPED, **_UNDER, "valign": "top"},
    "option": {**_UNDER, "indent": 1, "text_wrap": True},
    "number": {**_UNDER, "font_color": f"#{QUIET}", "font_size": 9, "align": "right", "indent": 1},
    "answer": _ANSWER,
    "long": {**_ANSWER, "valign": "top"},
    "tick": {**_ANSWER, "align": "center", "bold": True},
    "column": {"bold": True, "font_size": 9.5, "font_color": "#FFFFFF", "bg_color": f"#{ACCENT}", "text_wrap": True,
               "border": 1, "border_color": "#FFFFFF"},
    "sum_label": {**_ACCENT, "align": "right", "indent": 1},
    "sum": {**_ACCENT, "top": 1, "bottom": 6, "top_color": f"#{ACCENT}", "bottom_color": f"#{ACCENT}"},
    "id": {"font_color": f"#{HINT}"},
    "strong": {"bold": True},
    "fact": _ACCENT,
    "help": {"font_size": 9, "font_color": f"#{QUIET}"},
    "required": {"bold": True, "font_color": f"#{ALERT}"},
}  # fmt: skip
for _each in STYLES.values():
    _each.update({key: value for key, value in _BASE.items() if key not in _each})

NUMBER_FORMATS = {"integer": "#,##0", "amount": "#,##0.00", "date": "dd-mm-yyyy"}
"""By type of field; everything else is text, so that no spreadsheet takes a telephone number for a number."""
TEXT_FORMAT = "@"


def number_format(item: AnyField) -> str:
    """The number format of the answers to a field."""
    return NUMBER_FORMATS.get(item.type, TEXT_FORMAT)


def column_widths(tables: list[list[str]]) -> list[float]:
    """The widths of the columns for answers, in which the tables (their columns' types) share the place."""
    count = max([FEWEST_COLUMNS, *map(len, tables)])
    wanted = [
        max((_WIDTHS.get(types[index], _WIDTH) for types in tables if index < len(types)), default=_WIDTH)
        for index in range(count)
    ]
    scale = ANSWERS_WIDTH / sum(wanted)
    return [max(NARROWEST, width * scale) for width in wanted]


def lines(text: str, width: float) -> int:
    """How many lines a text takes in a column of that width, which counts in noughts: letters are narrower."""
    room = width * PER_NOUGHT
    return sum(max(1, math.ceil(len(line) / room)) for line in text.split("\n")) if text else 0


def height(*heights: float) -> float:
    """The height of a row with lines of these heights in it."""
    return min(HIGHEST, sum(heights) + PADDING)
