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

MAX_REPEATS = 10_000
"""Copies of a row or cell with text in it; empty ones may be a million, and cost nothing."""

_CELLS = (f"{TABLE} table-cell", f"{TABLE} covered-table-cell")
_PARAGRAPHS = (f"{TEXT} p", f"{TEXT} h")
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
    package.parse("content.xml", cells.start, cells.end, cells.chars)
    for name, address in cells.names:
        if found := _ADDRESS.fullmatch(address):
            grid.name(name, (found[1] or found[2]).replace("''", "'"), found[3], found[4])
    return grid_form("ods", grid, odf.properties(package))


class _Cells:
    """Reads the sheets of a content part into a grid."""

    def __init__(self, grid: Grid) -> None:
        self.names: list[tuple[str, str]] = []
        self._grid = grid
        self._elements = self._count = self._skipped = self._tables = 0
        self._row = self._column = 0
        self._repeated_rows = self._repeated = 1
        self._attributes: dict[str, str] | None = None
        self._texts: list[tuple[int, int, str]] = []
        self._pieces: list[str] = []
        self._open = 0
        self._inline = Inline(self._pieces.append, spaced=True)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > odf.MAX_ELEMENTS:
            raise Unreadable(problem("zip_bomb"))
        if self._skipped or name == f"{OFFICE} annotation" or name.startswith(DRAWING):
            self._skipped += 1
        elif name == f"{TABLE} table":
            self._begin_table(attributes)
        elif name in _PARAGRAPHS:
            self._begin_paragraph()
        elif self._open:
            self._inline.element(name, attributes)
        elif name == f"{TABLE} named-range" and len(self.names) < 2 * MAX_REPEATS:
            self.names.append((attributes.get(f"{TABLE} name", ""), attributes.get(f"{TABLE} cell-range-address", "")))
        elif self._tables == 1:
            self._begin_in_table(name, attributes)

    def _begin_paragraph(self) -> None:
        if self._pieces:
            self._pieces.append("\n")
        self._open += 1
        self._inline.begin()

    def _begin_in_table(self, name: str, attributes: dict[str, str]) -> None:
        if name in _CELLS:
            self._begin_cell(attributes)
        elif name == f"{TABLE} table-row":
            self._row += 1
            self._column, self._texts = 0, []
            self._repeated_rows = whole(attributes, f"{TABLE} number-rows-repeated")

    def _begin_table(self, attributes: dict[str, str]) -> None:
        self._tables += 1
        if self._tables == 1:
            self._grid.sheets.append(Sheet(attributes.get(f"{TABLE} name", "")))
            self._row = 0

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_CELLS:
            raise Unreadable(problem("zip_bomb"))
        self._column += 1
        self._attributes = attributes
        self._pieces.clear()
        self._repeated = whole(attributes, f"{TABLE} number-columns-repeated")

    def chars(self, text: str) -> None:
        if self._open and not self._skipped:
            self._inline.chars(text)

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif name == f"{TABLE} table":
            self._tables -= 1
        elif name in _PARAGRAPHS:
            self._open -= 1
        elif name in _CELLS and self._tables == 1:
            self._end_cell()
        elif name == f"{TABLE} table-row" and self._tables == 1:
            self._end_row()

    def _end_cell(self) -> None:
        text = _shown(self._attributes or {}, "".join(self._pieces))
        if text.strip() and self._column <= LAST_COLUMN:
            if self._repeated > MAX_REPEATS:
                raise too_much_text()
            self._texts.append((self._column, self._repeated, text))
        self._column += self._repeated - 1
        self._attributes = None

    def _end_row(self) -> None:
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
    kind = attributes.get(f"{OFFICE} value-type")
    if kind in ("float", "currency", "percentage"):
        return number_text(attributes.get(f"{OFFICE} value", text))
    if kind == "date":
        return attributes.get(f"{OFFICE} date-value", text).removesuffix("T00:00:00").replace("T", " ")
    if kind == "boolean":
        return TICKED if attributes.get(f"{OFFICE} boolean-value") == "true" else UNTICKED
    return text or attributes.get(f"{OFFICE} string-value", "")
