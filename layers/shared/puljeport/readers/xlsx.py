"""Forms as Excel workbooks (XLSX), filled in with Excel, LibreOffice or whatever an applicant has.

Follows ISO/IEC 29500-1 (transitional and strict): sheets, shared and inline strings, what formulas came to, and names
of cells. What a workbook says of its own size is not looked at; comments, links and formulas themselves are not read.
openpyxl was considered: it takes four times as long and trusts the file; python-calamine ends the whole process on a
cell in the last row and column, and reads no names.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.rawforms import TICKED, UNTICKED, RawForm
from puljeport.readers.grid import LAST_COLUMN, LAST_ROW, MAX_CELLS, Grid, Sheet, cell_at, sheet_place
from puljeport.readers.gridform import grid_form
from puljeport.readers.numbers import day_text, is_day_format, number_text
from puljeport.readers.package import Package
from puljeport.readers.parts import Leaf, content_types, leaves, main_part, properties
from puljeport.readers.walk import Walk

MAX_FORMATS = 100_000
MAX_STRINGS = 500_000

_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_ADDRESS = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Z]{1,3}\$?[0-9]{1,7})(?::(\$?[A-Z]{1,3}\$?[0-9]{1,7}))?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _named[T](locals_: dict[str, T]) -> dict[str, T]:
    """What is given by local names, by names in either namespace of SpreadsheetML."""
    return {f"{namespace} {local}": each for namespace in _NAMESPACES for local, each in locals_.items()}


_TEXTS = frozenset(_named({"t": True}))
_VALUES = frozenset(_named({"t": True, "v": True}))


def sniff(data: bytes) -> bool:
    """Whether the file is a zip with the parts of a workbook in it, whole or not, and not inside a Word document."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06")) and data.rfind(b"xl/workbook") > data.rfind(b"word/")


def read(data: bytes) -> RawForm:
    """The form in an XLSX file. Raises Unreadable."""
    package = Package(data, broken="bad_sheet")
    types = content_types(package)
    main = main_part(package, "xl/workbook.xml")
    if not any("spreadsheetml" in kind for kind in types) or main not in package:
        raise Unreadable(problem("bad_sheet"))
    grid = Grid(sheet_place)
    _Workbook(package, main).fill(grid)
    return grid_form("xlsx", grid, properties(package))


class _Workbook:
    """The parts of a workbook, found by its relationships."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self._leaves = leaves(package, main)
        folder, name = posixpath.split(main)
        self._parts: dict[str, tuple[str, str]] = {}
        for leaf in leaves(package, f"{folder}/_rels/{name}.rels"):
            if leaf.name == "Relationship" and leaf.attributes.get("TargetMode") != "External":
                part = posixpath.normpath(posixpath.join("/", folder, leaf.attributes.get("Target", ""))).lstrip("/")
                kind = leaf.attributes.get("Type", "").rpartition("/")[2]
                self._parts[leaf.attributes.get("Id", "")] = (kind, part)

    def fill(self, grid: Grid) -> None:
        """Read all sheets and names into `grid`."""
        styles, strings = _Styles(), _Strings()
        self._package.parse(self._first("styles"), styles.begins.get, styles.ends.get)
        self._package.parse(
            self._first("sharedStrings"), strings.begins.get, strings.ends.get, strings.chars, strings.started
        )
        from_1904 = any(
            leaf.name == "workbookPr" and leaf.attributes.get("date1904") in ("1", "true") for leaf in self._leaves
        )
        cells = _Cells(grid, strings.found, styles.days, from_1904=from_1904)
        sheets = [leaf for leaf in self._leaves if leaf.name == "sheet"]
        for leaf in sheets:
            kind, part = self._parts.get(leaf.attributes.get("id", ""), ("", ""))
            if kind == "worksheet":
                grid.sheets.append(Sheet(leaf.attributes.get("name", "")))
                self._package.parse(part, cells.begins.get, cells.ends.get, cells.chars, cells.started)
        for leaf in self._leaves:
            if leaf.name == "definedName":
                _name(grid, leaf)

    def _first(self, kind: str) -> str:
        """The first part of a kind; no name where there is none."""
        return next((part for found, part in self._parts.values() if found == kind), "")


def _name(grid: Grid, leaf: Leaf) -> None:
    if address := _ADDRESS.fullmatch(leaf.text):
        sheet = (address[1] or address[2]).replace("''", "'")
        grid.name(leaf.attributes.get("name", ""), sheet, address[3], address[4])


class _Styles:
    """Which cell formats show a day."""

    def __init__(self) -> None:
        self.days: list[bool] = []
        self.begins = _named({"numFmt": self._code, "cellXfs": self._begin_formats, "xf": self._format})
        self.ends = _named({"cellXfs": self._end_formats})
        self._codes: dict[str, str] = {}
        self._inside = False

    def _code(self, attributes: dict[str, str]) -> None:
        if len(self._codes) < MAX_FORMATS:
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:500]

    def _begin_formats(self, _attributes: dict[str, str]) -> None:
        self._inside = True

    def _end_formats(self) -> None:
        self._inside = False

    def _format(self, attributes: dict[str, str]) -> None:
        if self._inside and len(self.days) < MAX_FORMATS:
            number = attributes.get("numFmtId", "")
            known = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 0
            self.days.append(is_day_format(known, self._codes.get(number)))


class _Strings:
    """The shared strings, without their phonetic guides."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.begins = _named({"si": self._begin_string, "rPh": self._drop})
        self.ends = _named({"si": self._end_string})
        self._text: list[str] = []

    def started(self, walk: Walk) -> None:
        self._walk = walk

    def chars(self, text: str) -> None:
        if self._walk.open[-1] in _TEXTS:
            self._text.append(text)

    def _drop(self, _attributes: dict[str, str]) -> None:
        self._walk.skip()

    def _begin_string(self, _attributes: dict[str, str]) -> None:
        self._text = []
        if len(self.found) >= MAX_STRINGS:
            raise Unreadable(problem("zip_bomb"))

    def _end_string(self) -> None:
        self.found.append(_unescaped("".join(self._text)))


class _Cells:
    """Reads the cells of one sheet after the other into a grid."""

    def __init__(self, grid: Grid, strings: list[str], days: list[bool], *, from_1904: bool) -> None:
        self._grid, self._strings, self._days, self._from_1904 = grid, strings, days, from_1904
        self._count = 0
        self._shown: dict[str, Callable[[str], str]] = {
            "s": self._shared,
            "b": lambda text: TICKED if text.strip() in ("1", "true") else UNTICKED,
            "inlineStr": _unescaped,
            "str": _unescaped,
            "e": str.strip,
            "d": lambda text: text.strip().removesuffix("T00:00:00"),
        }
        self.begins = _named({"row": self._begin_row, "c": self._begin_cell, "rPh": self._drop})
        self.ends = _named({"c": self._end_cell})

    def started(self, walk: Walk) -> None:
        """The walk over the next sheet begins."""
        self._walk = walk
        self._row = self._column = 0
        self._kind = self._style = ""
        self._text: list[str] = []

    def chars(self, text: str) -> None:
        """Text, of which only that of values counts."""
        if self._walk.open[-1] in _VALUES:
            self._text.append(text)

    def _drop(self, _attributes: dict[str, str]) -> None:
        self._walk.skip()

    def _begin_row(self, attributes: dict[str, str]) -> None:
        at = cell_at(f"A{attributes.get('r', '')}")
        self._row, self._column = at[0] if at else self._row + 1, 0

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_CELLS:
            raise Unreadable(problem("zip_bomb"))
        at = cell_at(attributes.get("r", ""))
        self._row, self._column = at or (self._row, self._column + 1)
        self._kind, self._style, self._text = attributes.get("t", "n"), attributes.get("s", ""), []

    def _end_cell(self) -> None:
        if self._text and 1 <= self._row <= LAST_ROW and 1 <= self._column <= LAST_COLUMN:
            shown = self._shown.get(self._kind, self._number)
            self._grid.put(self._row, self._column, shown("".join(self._text)))

    def _shared(self, text: str) -> str:
        text = text.strip()
        index = int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else len(self._strings)
        if index >= len(self._strings):
            raise Unreadable(problem("bad_sheet"))
        return self._strings[index]

    def _number(self, text: str) -> str:
        text = text.strip()
        style = int(self._style) if self._style.isascii() and self._style.isdecimal() and len(self._style) < 7 else -1
        if 0 <= style < len(self._days) and self._days[style]:
            return day_text(text, from_1904=self._from_1904)
        return number_text(text)


def _unescaped(text: str) -> str:
    """The text without `_x000D_` and its like, by which characters are written that XML does not have."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
