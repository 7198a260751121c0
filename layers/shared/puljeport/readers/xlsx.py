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

MAX_ELEMENTS = 2_000_000
MAX_FORMATS = 100_000
MAX_STRINGS = 500_000

_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_LOCALS = ("c", "cellXfs", "is", "numFmt", "r", "rPh", "row", "si", "t", "v", "xf")
_KINDS = {f"{namespace} {local}": local for namespace in _NAMESPACES for local in _LOCALS}
_ADDRESS = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Z]{1,3}\$?[0-9]{1,7})(?::(\$?[A-Z]{1,3}\$?[0-9]{1,7}))?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


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
        self._walk("styles", styles)
        self._walk("sharedStrings", strings)
        from_1904 = any(
            leaf.name == "workbookPr" and leaf.attributes.get("date1904") in ("1", "true") for leaf in self._leaves
        )
        cells = _Cells(grid, strings.found, styles.days, from_1904=from_1904)
        sheets = [leaf for leaf in self._leaves if leaf.name == "sheet"]
        for leaf in sheets:
            kind, part = self._parts.get(leaf.attributes.get("id", ""), ("", ""))
            if kind == "worksheet":
                grid.sheets.append(Sheet(leaf.attributes.get("name", "")))
                cells.begin()
                self._package.parse(part, cells.start, cells.end, cells.chars)
        for leaf in self._leaves:
            if leaf.name == "definedName":
                _name(grid, leaf)

    def _walk(self, kind: str, handler: _Styles | _Strings) -> None:
        for found, part in self._parts.values():
            if found == kind:
                self._package.parse(part, handler.start, handler.end, handler.chars)
                return


def _name(grid: Grid, leaf: Leaf) -> None:
    if address := _ADDRESS.fullmatch(leaf.text):
        sheet = (address[1] or address[2]).replace("''", "'")
        grid.name(leaf.attributes.get("name", ""), sheet, address[3], address[4])


class _Styles:
    """Which cell formats show a day."""

    def __init__(self) -> None:
        self.days: list[bool] = []
        self._codes: dict[str, str] = {}
        self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        kind = _KINDS.get(name)
        if kind == "numFmt" and len(self._codes) < MAX_FORMATS:
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:500]
        elif kind == "cellXfs":
            self._inside = True
        elif kind == "xf" and self._inside and len(self.days) < MAX_FORMATS:
            number = attributes.get("numFmtId", "")
            known = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 0
            self.days.append(is_day_format(known, self._codes.get(number)))

    def end(self, name: str) -> None:
        if _KINDS.get(name) == "cellXfs":
            self._inside = False

    def chars(self, _text: str) -> None:
        """Nothing in styles is text."""


class _Strings:
    """The shared strings, without their phonetic guides."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._text: list[str] = []
        self._open = False
        self._aside = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        kind = _KINDS.get(name)
        if kind == "si":
            self._text = []
            if len(self.found) >= MAX_STRINGS:
                raise Unreadable(problem("zip_bomb"))
        elif kind == "rPh":
            self._aside += 1
        self._open = kind == "t"

    def end(self, name: str) -> None:
        kind = _KINDS.get(name)
        if kind == "si":
            self.found.append(_unescaped("".join(self._text)))
        elif kind == "rPh":
            self._aside -= 1
        self._open = False

    def chars(self, text: str) -> None:
        if self._open and not self._aside:
            self._text.append(text)


class _Cells:
    """Reads the cells of one sheet after the other into a grid."""

    def __init__(self, grid: Grid, strings: list[str], days: list[bool], *, from_1904: bool) -> None:
        self._grid, self._strings, self._days, self._from_1904 = grid, strings, days, from_1904
        self._count = self._elements = 0
        self._shown: dict[str, Callable[[str], str]] = {
            "s": self._shared,
            "b": lambda text: TICKED if text.strip() in ("1", "true") else UNTICKED,
            "inlineStr": _unescaped,
            "str": _unescaped,
            "e": str.strip,
            "d": lambda text: text.strip().removesuffix("T00:00:00"),
        }
        self.begin()

    def begin(self) -> None:
        """The next sheet begins."""
        self._row = self._column = self._aside = 0
        self._kind = self._style = ""
        self._text: list[str] = []
        self._open = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Unreadable(problem("zip_bomb"))
        kind = _KINDS.get(name)
        if kind == "row":
            self._begin_row(attributes.get("r", ""))
        elif kind == "c":
            self._begin_cell(attributes)
        elif kind == "rPh":
            self._aside += 1
        self._open = kind in ("v", "t")

    def _begin_row(self, stated: str) -> None:
        at = cell_at(f"A{stated}")
        self._row, self._column = at[0] if at else self._row + 1, 0

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_CELLS:
            raise Unreadable(problem("zip_bomb"))
        at = cell_at(attributes.get("r", ""))
        self._row, self._column = at or (self._row, self._column + 1)
        self._kind, self._style, self._text = attributes.get("t", "n"), attributes.get("s", ""), []

    def end(self, name: str) -> None:
        self._open = False
        kind = _KINDS.get(name)
        if kind == "rPh":
            self._aside -= 1
        elif kind == "c" and self._text and 1 <= self._row <= LAST_ROW and 1 <= self._column <= LAST_COLUMN:
            shown = self._shown.get(self._kind, self._number)
            self._grid.put(self._row, self._column, shown("".join(self._text)))

    def chars(self, text: str) -> None:
        if self._open and not self._aside:
            self._text.append(text)

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
