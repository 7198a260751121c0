"""Forms as grids (XLSX, ODS, CSV): from texts in cells to fields and tables with their names and places.

A grid has an id (hidden), a label, and an answer in each row:

    [[cvr]]      | CVR-nummer *         | 12345678
    [[topics.a]] | Emne A               | x
                 |                      | [[partners.name.0]] | [[partners.kind.0]]     the id row of a table
                 | Samarbejdspartnere * | Navn *              | Slags                   its header
    [[partners]] | Række 1              | Boldklubben         | Idrætsforening
                 | I alt                |                     |                         a sum of the blank's own

Answers and header cells have defined names too. Each survives where the other is lost: sheets renamed or doubled, rows
inserted, the id column or the id row deleted. Where both are gone, labels and `Række 1` still tell.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from puljeport import marks
from puljeport.rawforms import Name, RawCell, RawField, RawForm, RawTable, Way
from puljeport.readers.bounds import MAX_CELLS, too_much_text
from puljeport.readers.grid import Area, Grid, Sheet
from puljeport.readers.labels import clip, label_names
from puljeport.readers.parts import Properties, told
from puljeport.texts import Text

MAX_COLUMNS = 64
MAX_RANGES = 8
"""Ranges of one table on one sheet: a name can be given once for the file and once for each sheet."""

_WAYS = tuple(Way)
_ABOUT = (marks.CALL_PROPERTY, marks.VERSION_PROPERTY)
_ROW = re.compile(rf"(?:{'|'.join(marks.ROW_WORDS.values())})\s+\d{{1,5}}", re.IGNORECASE)
_SUMS = frozenset(word.casefold() for word in marks.SUM_WORDS.values())


def grid_form(kind: str, grid: Grid, about: Properties) -> RawForm:
    """The form in a grid. `about` is what the file says of itself elsewhere; a sheet may say it instead."""
    # Names of sheets are unique. Where they are not, the first has the named cells: each of many cannot have them all.
    areas = _by_sheet(grid.areas)
    sheets = [_SheetForm(grid, sheet, areas.pop(sheet.name, [])) for sheet in grid.sheets]
    marked = any(sheet.marked for sheet in sheets)
    fields: list[RawField] = []
    tables: list[RawTable] = []
    for sheet in sheets:
        if about.call is None:
            about = sheet.about()
        if sheet.marked or not (marked or sheet.is_about()):
            sheet.read()
        elif not sheet.is_about():
            sheet.mention()
        fields += sheet.fields
        tables += sheet.tables
    return RawForm(kind, about.call, about.version, tuple(fields), tuple(tables))


def _by_sheet(areas: Iterable[Area]) -> dict[str, list[Area]]:
    found: dict[str, list[Area]] = {}
    for area in areas:
        found.setdefault(area.sheet, []).append(area)
    return found


@dataclass(slots=True)
class _Spot:
    """A table on a sheet: the row of its header, and its columns' names by column."""

    header: int
    ids: dict[str, None] = field(default_factory=dict)
    names: dict[Name, None] = field(default_factory=dict)
    columns: dict[int, dict[Name, None]] = field(default_factory=dict)

    def add(self, way: Way, key: str, column: int) -> None:
        table, of, _ = marks.parts(key)
        self.ids[table] = None
        self.names[Name(way, table)] = None
        self.columns.setdefault(column, {})[Name(way, of)] = None
        if len(self.ids) > MAX_COLUMNS or len(self.columns) > MAX_COLUMNS:
            raise too_much_text()


class _SheetForm:
    """Finds the fields and tables of one sheet."""

    def __init__(self, grid: Grid, sheet: Sheet, areas: list[Area]) -> None:
        self.fields: list[RawField] = []
        self.tables: list[RawTable] = []
        self._sheet, self._place, self._alone = sheet, grid.place, len(grid.sheets) == 1
        self._rows = sorted(sheet.rows)
        self._areas = areas
        self._ids = {
            row: found
            for row, cells in sheet.rows.items()
            if (found := {column: key for column, text in cells.items() if (key := _key(text)) is not None})
        }
        self._spots: dict[int, _Spot] = {}
        self._answers: dict[int, dict[int, dict[Name, None]]] = {}
        self._ranges: dict[str, list[Area]] = {}
        self._apart: set[int] = set()
        """Rows that hold nothing of the applicant's: id rows and sums."""
        self._cells = 0

    @property
    def marked(self) -> bool:
        """Whether the sheet still has ids or defined names."""
        return bool(self._ids or self._areas)

    def is_about(self) -> bool:
        """Whether the sheet only says which call it is of, and holds the lists of its drop-downs."""
        return not self._alone and not self.marked and any(self._about_row(row) for row in self._sheet.rows)

    def about(self) -> Properties:
        """The call and version that rows of the sheet name."""
        said = {}
        for row in self._sheet.rows:
            if name := self._about_row(row):
                said[name] = next((text for _, text in sorted(self._sheet.rows[row].items())[1:]), "")
        return told(said.get(_ABOUT[0], ""), said.get(_ABOUT[1], ""))

    def _about_row(self, row: int) -> str:
        cells = self._sheet.rows[row]
        first = cells[min(cells)]
        return first if first in _ABOUT else ""

    def mention(self) -> None:
        """Note that there is text on a sheet that is not of the form: it is said once, not cell by cell."""
        for row in self._rows[:1]:
            column = min(self._sheet.rows[row])
            sheet = self._sheet.name
            cell = RawCell(self._sheet.rows[row][column], self._place(sheet, row, column), (sheet, row, column))
            self.fields.append(RawField((Name(Way.LABEL, f"Ark »{sheet}«"),), cell))

    def read(self) -> None:
        """Find everything on the sheet."""
        self._find_headers()
        self._find_answers()
        self._find_unmarked_tables()
        bodies = {header: self._body(spot) for header, spot in self._spots.items()}
        taken = self._apart.union(self._spots, *bodies.values())
        for row in sorted({*self._sheet.rows, *self._answers, *self._spots}):
            if row in self._spots:
                self._add_table(self._spots[row], bodies[row])
            elif row not in taken and not (row in self._sheet.rows and self._about_row(row)):
                self._add_row(row)

    # -- what is where --

    def _find_headers(self) -> None:
        for area in self._areas:
            self._find_header(area.key, Way.BOOKMARK, area.top, area.left)
        for row, ids in self._ids.items():
            header = row if self._is_numbered(row + 1) else row + 1  # somebody deleted the header
            for column, key in ids.items():
                summed = marks.parts(key)[2:] == (marks.SUM,)
                if self._find_header(key, Way.HIDDEN, row if summed else header, column):
                    self._apart.add(row)

    def _find_header(self, key: str, way: Way, row: int, column: int) -> bool:
        last = marks.parts(key)[2:]
        if last == (marks.HEADER,):
            self._spots.setdefault(row, _Spot(row)).add(way, key, column)
        elif last == (marks.SUM,):
            self._apart.add(row)
        return last == (marks.HEADER,)

    def _find_answers(self) -> None:
        tables = {table for spot in self._spots.values() for table in spot.ids}
        for area in self._areas:
            if area.key in tables:
                self._ranges.setdefault(area.key, []).append(area)
            elif len(marks.parts(area.key)) < 3:
                self._answer(area.top, area.left, Name(Way.BOOKMARK, area.key))
        for row, ids in self._ids.items():
            for column, key in ids.items():
                if key not in tables and len(marks.parts(key)) < 3:
                    self._answer(row, column + 2, Name(Way.HIDDEN, key))

    def _answer(self, row: int, column: int, name: Name) -> None:
        self._answers.setdefault(row, {}).setdefault(column, {})[name] = None

    def _find_unmarked_tables(self) -> None:
        """Tables that have lost their marks: the row above each first `Række 1` is a header."""
        taken = set(self._spots).union(*(self._body(spot) for spot in self._spots.values()))
        for row in sorted(self._sheet.rows.keys() - taken):
            label, above = self._label_column(row), self._sheet.rows.get(row - 1, {})
            if label is None or not self._is_numbered(row):
                continue
            if row - 1 in taken or row - 1 in self._answers:
                taken.add(row)
            elif columns := [column for column in above if column > label]:
                spot = _Spot(row - 1, columns={column: {} for column in columns})
                self._spots[row - 1] = spot
                taken |= {row - 1, *self._body(spot)}

    def _label_column(self, row: int) -> int | None:
        cells, ids = self._sheet.rows.get(row, {}), self._ids.get(row, {})
        return min((column for column in cells if column not in ids), default=None)

    def _is_numbered(self, row: int) -> bool:
        label = self._label_column(row)
        return label is not None and _ROW.fullmatch(self._text(row, label).strip()) is not None

    def _text(self, row: int, column: int) -> str:
        return self._sheet.rows.get(row, {}).get(column, "")

    # -- tables --

    def _body(self, spot: _Spot) -> list[int]:
        """The rows of a table that hold anything: below its header, until something else begins."""
        rows: list[int] = []
        label = min(spot.columns) - 1
        for row in self._rows[bisect(self._rows, spot.header) :]:
            if not self._is_body(spot, row, self._text(row, label).strip()):
                break
            rows.append(row)
        return rows

    def _is_body(self, spot: _Spot, row: int, label: str) -> bool:
        if row in self._apart or row in self._spots or row in self._answers:
            return False
        ranges = (area for table in spot.ids for area in self._ranges.get(table, [])[:MAX_RANGES])
        if any(area.top <= row <= area.bottom for area in ranges):
            return True
        if ids := self._ids.get(row):
            return set(ids.values()) <= spot.ids.keys()
        if label.casefold() in _SUMS:
            self._apart.add(row)
            return False
        return not label or _ROW.fullmatch(label) is not None

    def _add_table(self, spot: _Spot, body: list[int]) -> None:
        left = min(spot.columns)
        used = {column for row in body for column in self._sheet.rows[row] if column >= left}
        beside = {column for column in self._sheet.rows.get(spot.header, {}) if column >= left}
        columns = sorted(spot.columns.keys() | used | beside)
        self._cells += len(columns) * len(body)
        if self._cells > MAX_CELLS or len(columns) > MAX_COLUMNS:
            raise too_much_text()
        rows = tuple(tuple(self._cell(row, column) for column in columns) for row in body)
        filled = tuple(cells for cells in rows if any(cell.text for cell in cells))
        named = tuple(
            (*_strongest_first(spot.columns.get(column, {})), *_label(self._text(spot.header, column)))
            or (Name(Way.LABEL, ""),)
            for column in columns
        )
        names = (*_strongest_first(spot.names), *_label(self._text(spot.header, left - 1))) or (Name(Way.LABEL, ""),)
        at = (self._sheet.name, spot.header, left)
        self.tables.append(RawTable(names, named, filled, self._at(spot.header, left), at))

    def _cell(self, row: int, column: int) -> RawCell:
        return RawCell(_tidy(self._text(row, column)), self._at(row, column), (self._sheet.name, row, column))

    def _at(self, row: int, column: int) -> Text:
        return self._place(self._sheet.name, row, column)

    # -- single answers --

    def _add_row(self, row: int) -> None:
        cells = self._sheet.rows.get(row, {})
        free = sorted(column for column in cells if column not in self._ids.get(row, {}))
        answers = self._answers.get(row, {})
        if not answers:
            if free:
                names = _label(cells[free[0]]) or (Name(Way.LABEL, ""),)
                self._add(row, free[0] + 1, names, [column for column in free[1:] if column != free[0] + 1])
            return
        first = min(answers)
        labels = _label(next((cells[column] for column in reversed(free) if column < first), ""))
        for column, found in answers.items():
            beyond = [each for each in free if each > first and each not in answers] if column == first else []
            self._add(row, column, (*_strongest_first(found), *(labels if column == first else ())), beyond)

    def _add(self, row: int, column: int, names: tuple[Name, ...], beyond: Iterable[int]) -> None:
        # What stands further right is an answer to the same field, so that it is not lost in silence.
        self._cells += 1
        if self._cells > MAX_CELLS:
            raise too_much_text()
        self.fields += [RawField(names, self._cell(row, each)) for each in (column, *beyond)]


def _key(text: str) -> str | None:
    match = marks.HIDDEN.fullmatch(text.strip()) if "[[" in text else None
    return match[1] if match else None


def _strongest_first(names: Iterable[Name]) -> Iterator[Name]:
    return iter(sorted(names, key=lambda name: _WAYS.index(name.way)))


def _label(text: str) -> tuple[Name, ...]:
    """The first line of a label's cell as a name; what follows it is guidance."""
    return label_names(clip(text.strip().partition("\n")[0]))


def _tidy(text: str) -> str:
    text = text.strip()
    if "\n" in text or "\r" in text:
        text = "\n".join([line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")])
    return text
