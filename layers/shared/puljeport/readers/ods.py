"""Forms as OpenDocument spreadsheets (ODS): what LibreOffice makes of an XLSX blank, and what Excel saves as .ods."""

from __future__ import annotations

import re

from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.rawforms import TICKED, UNTICKED, RawForm
from puljeport.readers import odf
from puljeport.readers.bounds import too_much_text
from puljeport.readers.grid import LAST_COLUMN, LAST_ROW, MAX_CELLS, Grid, Sheet, sheet_place
from puljeport.readers.gridform import grid_form
from puljeport.readers.numbers import number_text
from puljeport.readers.odf import DRAWING, OFFICE, TABLE, TEXT, Inline, whole
from puljeport.readers.walk import Begin, End, Walk

MAX_REPEATS = 10_000
"""Copies of a row or cell with text in it; empty ones may be a million, and cost nothing."""

_SHAPES = (
    "a", "caption", "circle", "connector", "control", "custom-shape", "ellipse", "frame", "g", "line", "measure",
    "page-thumbnail", "path", "polygon", "polyline", "rect", "regular-polygon",
)  # fmt: skip
"""What is drawn over a cell (ODF 1.3, 10.3): its text is not the cell's."""
_DROPPED = (f"{OFFICE} annotation", *(f"{DRAWING} {shape}" for shape in _SHAPES))
_COLUMNS_REPEATED, _ROWS_REPEATED = f"{TABLE} number-columns-repeated", f"{TABLE} number-rows-repeated"
_VALUE_TYPE = f"{OFFICE} value-type"
_ADDRESS = re.compile(
    r"\$?(?:'((?:[^']|'')+)'|([^'.]+))\.(\$?[A-Z]{1,3}\$?[0-9]{1,7})(?::.*\.(\$?[A-Z]{1,3}\$?[0-9]{1,7}))?"
)


def sniff(data: bytes) -> bool:
    """Whether the file is a zip that begins by saying that it is an OpenDocument spreadsheet."""
    return data.startswith(b"PK\x03\x04") and b"opendocument.spreadsheet" in data[:200]


def read(data: bytes) -> RawForm:
    """The form in an ODS file. Raises Unreadable."""
    package = odf.opened(data, "bad_sheet")
    grid = Grid(sheet_place)
    cells = _Cells(grid)
    package.parse("content.xml", cells.begins.get, cells.ends.get, cells.chars, cells.started)
    for name, address in cells.names:
        if found := _ADDRESS.fullmatch(address):
            grid.name(name, (found[1] or found[2]).replace("''", "'"), found[3], found[4])
    return grid_form("ods", grid, odf.properties(package))


class _Cells:
    """Reads the sheets of a content part into a grid."""

    def __init__(self, grid: Grid) -> None:
        self.names: list[tuple[str, str]] = []
        self._grid = grid
        self._count = self._tables = 0
        self._row = self._column = 0
        self._repeated_rows = self._repeated = 1
        self._attributes: dict[str, str] | None = None
        self._texts: list[tuple[int, int, str]] = []
        self._pieces: list[str] = []
        self._open = 0
        self._inline = Inline(self._pieces.append, spaced=True)
        self.begins: dict[str, Begin] = {
            **dict.fromkeys(_DROPPED, self._drop), f"{TABLE} table": self._begin_table,
            f"{TABLE} table-row": self._begin_row, f"{TABLE} table-cell": self._begin_cell,
            f"{TABLE} covered-table-cell": self._begin_cell, f"{TABLE} named-range": self._named_range,
            f"{TEXT} p": self._begin_paragraph, f"{TEXT} h": self._begin_paragraph, f"{TEXT} s": self._spaces,
            f"{TEXT} tab": self._tab, f"{TEXT} line-break": self._break,
        }  # fmt: skip
        self.ends: dict[str, End] = {
            f"{TABLE} table": self._end_table, f"{TABLE} table-row": self._end_row,
            f"{TABLE} table-cell": self._end_cell, f"{TABLE} covered-table-cell": self._end_cell,
            f"{TEXT} p": self._end_paragraph, f"{TEXT} h": self._end_paragraph,
        }  # fmt: skip

    def started(self, walk: Walk) -> None:
        """The walk begins."""
        self._walk = walk

    def chars(self, text: str) -> None:
        """Text, of which only that of paragraphs counts."""
        if self._open:
            self._inline.chars(text)

    def _drop(self, _attributes: dict[str, str]) -> None:
        self._walk.skip()

    # -- text --

    def _begin_paragraph(self, _attributes: dict[str, str]) -> None:
        if self._pieces:
            self._pieces.append("\n")
        self._open += 1
        self._inline.begin()

    def _end_paragraph(self) -> None:
        self._open -= 1

    def _spaces(self, attributes: dict[str, str]) -> None:
        if self._open:
            self._inline.spaces(attributes)

    def _tab(self, _attributes: dict[str, str]) -> None:
        if self._open:
            self._inline.tab()

    def _break(self, _attributes: dict[str, str]) -> None:
        if self._open:
            self._inline.line_break()

    # -- sheets --

    def _named_range(self, attributes: dict[str, str]) -> None:
        if len(self.names) < 2 * MAX_REPEATS:
            self.names.append((attributes.get(f"{TABLE} name", ""), attributes.get(f"{TABLE} cell-range-address", "")))

    def _begin_table(self, attributes: dict[str, str]) -> None:
        self._tables += 1
        if self._tables == 1:
            self._grid.sheets.append(Sheet(attributes.get(f"{TABLE} name", "")))
            self._row = 0

    def _end_table(self) -> None:
        self._tables -= 1

    def _begin_row(self, attributes: dict[str, str]) -> None:
        if self._tables == 1 and not self._open:
            self._row += 1
            self._column, self._texts = 0, []
            self._repeated_rows = whole(attributes, _ROWS_REPEATED)

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        if self._tables != 1 or self._open:
            return
        self._count += 1
        if self._count > MAX_CELLS:
            raise Unreadable(problem("zip_bomb"))
        self._column += 1
        self._attributes = attributes
        self._pieces.clear()
        self._repeated = whole(attributes, _COLUMNS_REPEATED)

    def _end_cell(self) -> None:
        if self._tables != 1:
            return
        text = _shown(self._attributes or {}, "".join(self._pieces))
        if text.strip() and self._column <= LAST_COLUMN:
            if self._repeated > MAX_REPEATS:
                raise too_much_text()
            self._texts.append((self._column, self._repeated, text))
        self._column += self._repeated - 1
        self._attributes = None

    def _end_row(self) -> None:
        if self._tables != 1:
            return
        if self._texts and self._repeated_rows > MAX_REPEATS:
            raise too_much_text()
        for row in range(self._row, self._row + self._repeated_rows) if self._texts else ():
            for column, repeated, text in self._texts:
                for each in range(column, column + repeated):
                    if row <= LAST_ROW and each <= LAST_COLUMN:
                        self._grid.put(row, each, text)
        self._row += self._repeated_rows - 1


def _shown(attributes: dict[str, str], text: str) -> str:
    """The text of a cell: of numbers, days and ticks by their value, because what is shown depends on a country."""
    kind = attributes.get(_VALUE_TYPE)
    if kind in ("float", "currency", "percentage"):
        return number_text(attributes.get(f"{OFFICE} value", text))
    if kind == "date":
        return attributes.get(f"{OFFICE} date-value", text).removesuffix("T00:00:00").replace("T", " ")
    if kind == "boolean":
        return TICKED if attributes.get(f"{OFFICE} boolean-value") == "true" else UNTICKED
    return text or attributes.get(f"{OFFICE} string-value", "")
