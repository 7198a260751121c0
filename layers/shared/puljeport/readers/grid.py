"""Grids: what the cells of a spreadsheet say, whatever its format, within bounds. Only cells with text are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from puljeport import marks
from puljeport.readers.bounds import MAX_TEXT, too_much_text
from puljeport.texts import Text

MAX_CELLS = 500_000
"""Cells in a file, empty ones included."""
MAX_KEPT = 100_000
"""Cells with text, labels included."""
MAX_CHARACTERS = 2 * MAX_TEXT
"""Of all cells together: the answers, the labels and what explains them."""
MAX_AREAS = 10_000
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384

_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_REMEMBERED = 1_024
"""Columns whose letters and numbers are kept: few sheets have more, and none of a form."""


class Area(NamedTuple):
    """Cells that have a defined name: the key it stands for, and sheet, rows and columns, from 1, ends included."""

    key: str
    sheet: str
    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Sheet:
    """One sheet: its name, and its texts by row and column, from 1."""

    name: str
    rows: dict[int, dict[int, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Grid:
    """The sheets of a file and the names it gives to cells. `place` says where a cell is (sheet, row, column)."""

    place: Callable[[str, int, int], Text]
    sheets: list[Sheet] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    _kept: int = 0
    _characters: int = 0

    def put(self, row: int, column: int, text: str) -> None:
        """Keep the text of a cell of the last sheet. Raises Unreadable for more than a form can hold."""
        if not text.strip():
            return
        self._kept += 1
        self._characters += len(text)
        if self._kept > MAX_KEPT or self._characters > MAX_CHARACTERS:
            raise too_much_text()
        self.sheets[-1].rows.setdefault(row, {})[column] = text

    def name(self, name: str, sheet: str, start: str, end: str) -> None:
        """Keep a defined name, if it is of a blank's making. `start` and `end` are addresses such as `C14`."""
        key, first, last = marks.from_defined_name(name), cell_at(start), cell_at(end or start)
        if key is None or first is None or last is None:
            return
        if len(self.areas) >= MAX_AREAS:
            raise too_much_text()
        self.areas.append(Area(key, sheet, *first, *last))


def sheet_place(sheet: str, row: int, column: int) -> Text:
    """Where a cell is, as people say it."""
    cell, name = f"{letters(column)}{row}", sheet[:80]
    return Text(da=f"Ark »{name}«, celle {cell}", en=f"Sheet “{name}”, cell {cell}")


@lru_cache(_REMEMBERED)
def letters(column: int) -> str:
    """The letters of a column: 1 is A, 27 is AA."""
    found = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


@lru_cache(_REMEMBERED)
def number_of(column: str) -> int:
    """The number of a column given by its letters."""
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def cell_at(address: str) -> tuple[int, int] | None:
    """Row and column of an address such as `C14` or `$C$14`; None for anything else."""
    if (match := _ADDRESS.fullmatch(address)) is None:
        return None
    row, column = int(match[2]), number_of(match[1])
    return (row, column) if 1 <= row <= LAST_ROW and column <= LAST_COLUMN else None
