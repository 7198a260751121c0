"""Fills the blanks for spreadsheets in, as Excel and people would: for the demonstration and for tests."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable
from copy import deepcopy
from io import BytesIO, StringIO
from typing import NamedTuple

from lxml import etree

from puljeport import marks
from puljeport_cli.fill import Answers, Element

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_NS = {"m": _MAIN}
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_SHEET, _BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
_REFERENCE = re.compile(r"(\$?[A-Z]{1,3}\$?)(\d+)")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_AREA = re.compile(r".*!\$([A-Z]+)\$(\d+)(?::\$[A-Z]+\$(\d+))?")


def fill_xlsx(blank: bytes, answers: Answers) -> bytes:
    """The blank with answers by field id: a text, the ids of ticked choices, or rows of texts by column id.

    Where a table has too few rows, rows are inserted above its last, as the blank asks people to. Raises KeyError for a
    field that the blank does not have.
    """
    with zipfile.ZipFile(BytesIO(blank)) as old:
        parts = {entry: old.read(entry) for entry in old.infolist()}
    trees = {entry.filename: _tree(content) for entry, content in parts.items() if entry.filename in (_SHEET, _BOOK)}
    filling = _Filling(trees[_SHEET], trees[_BOOK])
    for field, answer in answers.items():
        filling.answer(field, answer)
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry, content in parts.items():
            tree = trees.get(entry.filename)
            whole = content if tree is None else etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
            new.writestr(entry.filename, whole)
    return buffer.getvalue()


def _tree(content: bytes) -> Element:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))


class _Area(NamedTuple):
    column: str
    top: int
    bottom: int


class _Filling:
    """The sheet and the workbook's names while answers are written."""

    def __init__(self, sheet: Element, book: Element) -> None:
        self._sheet, self._book = sheet, book

    def answer(self, field: str, answer: str | list[str] | list[dict[str, str]]) -> None:
        """Write the answer to one field."""
        if isinstance(answer, str):
            self._write(self._area(field), answer)
        elif self._has_columns(field):
            self._write_rows(field, [row for row in answer if isinstance(row, dict)])
        else:
            for choice in answer:
                self._write(self._area(f"{field}.{choice}"), "x")

    def _names(self) -> dict[str, str]:
        found = self._book.iterfind("m:definedNames/m:definedName", _NS)
        return {marks.from_defined_name(name.get("name", "")) or "": name.text or "" for name in found}

    def _has_columns(self, field: str) -> bool:
        return any(key.startswith(f"{field}.") and key.endswith(f".{marks.HEADER}") for key in self._names())

    def _area(self, key: str) -> _Area:
        found = _AREA.fullmatch(self._names()[key])
        if found is None:
            raise KeyError(f"the name of {key!r} is no place on a sheet")
        return _Area(found[1], int(found[2]), int(found[3] or found[2]))

    def _write(self, area: _Area, text: str, row: int | None = None) -> None:
        address = f"{area.column}{row or area.top}"
        cell = self._sheet.find(f"m:sheetData/m:row/m:c[@r='{address}']", _NS)
        if cell is None:
            raise KeyError(f"the blank has no cell {address}")
        cell[:] = []
        if text:
            cell.set("t", "inlineStr")
            held = etree.SubElement(etree.SubElement(cell, f"{{{_MAIN}}}is"), f"{{{_MAIN}}}t")
            held.text = _ESCAPE.sub("_x005F_", text)
            held.set(_SPACE, "preserve")

    def _write_rows(self, field: str, answers: list[dict[str, str]]) -> None:
        body = self._area(field)
        missing = len(answers) - (body.bottom - body.top + 1)
        if missing > 0:
            self._insert(body.bottom, missing)
        for row, answer in enumerate(answers, body.top):
            for column, text in answer.items():
                self._write(self._area(f"{field}.{column}.{marks.HEADER}"), text, row)

    def _insert(self, at: int, count: int) -> None:
        """Insert rows above row `at`, formatted as it is, with nothing in them."""
        like = self._row(at)
        inserted = [deepcopy(like) for _ in range(count)]
        self._shift(at, count)
        for number, row in enumerate(inserted, at):
            row.set("r", str(number))
            for cell in row:
                cell.set("r", _REFERENCE.sub(lambda match: f"{match[1]}{number}", cell.get("r", "")))  # noqa: B023
                cell[:] = []
                cell.attrib.pop("t", "")
            like.addprevious(row)

    def _row(self, number: int) -> Element:
        found = self._sheet.find(f"m:sheetData/m:row[@r='{number}']", _NS)
        if found is None:
            raise KeyError(f"the blank has no row {number}")
        return found

    def _shift(self, at: int, count: int) -> None:
        def moved(text: str) -> str:
            return _REFERENCE.sub(
                lambda match: f"{match[1]}{int(match[2]) + count}" if int(match[2]) >= at else match[0], text
            )

        for row in self._sheet.iterfind("m:sheetData/m:row", _NS):
            row.set("r", moved(f"A{row.get('r')}")[1:])
        for path, name in (("m:c", "r"), ("m:mergeCell", "ref"), ("m:dataValidation", "sqref")):
            _each_attribute(self._sheet, path, name, moved)
        for formula in self._sheet.iter(f"{{{_MAIN}}}f"):
            formula.text = moved(formula.text or "")
        for defined in self._book.iterfind("m:definedNames/m:definedName", _NS):
            defined.text = moved(defined.text or "")


def _each_attribute(root: Element, path: str, name: str, change: Callable[[str], str]) -> None:
    for element in root.iterfind(f".//{path}", _NS):
        element.set(name, change(element.get(name, "")))


def fill_csv(blank: bytes, answers: Answers, *, delimiter: str = ";") -> bytes:
    """The CSV blank with answers, given as for `fill_xlsx`. Rows beyond those of the blank follow its last.

    Raises KeyError for a field that the blank does not have.
    """
    rows = list(csv.reader(StringIO(blank.decode("utf-8-sig"), newline=""), delimiter=";"))
    for field, answer in answers.items():
        if isinstance(answer, str):
            _csv_row(rows, field)[2] = answer
        elif any(marks.hidden(f"{field}.{column}.{marks.HEADER}") in row for row in rows for column in _columns(row)):
            _fill_csv_rows(rows, field, [row for row in answer if isinstance(row, dict)])
        else:
            for choice in answer:
                _csv_row(rows, f"{field}.{choice}")[2] = "x"
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _columns(row: list[str]) -> list[str]:
    keys = [match[1] for cell in row if (match := marks.HIDDEN.fullmatch(cell))]
    return [marks.parts(key)[1] for key in keys if len(marks.parts(key)) == 3]


def _csv_row(rows: list[list[str]], key: str) -> list[str]:
    for row in rows:
        if row[0] == key:
            return row
    raise KeyError(f"the blank has no field {key!r}")


def _fill_csv_rows(rows: list[list[str]], field: str, answers: list[dict[str, str]]) -> None:
    ids = next(row for row in rows if any(cell.startswith(f"[[{field}.") for cell in row))
    columns = _columns(ids)
    first = rows.index(ids) + 2
    last = first + sum(row[0] == field for row in rows)
    rows[first:last] = [
        [field, f"{marks.ROW_WORDS['da']} {number}", *(answer.get(column, "") for column in columns)]
        for number, answer in enumerate(answers, 1)
    ]
