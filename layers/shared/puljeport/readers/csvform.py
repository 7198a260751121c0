"""Forms as CSV: `id;question;answer`, one line for each field, and a line for each row of a table.

    id;Spørgsmål;Svar
    ;puljeport-call;samvaer-2018
    cvr;CVR-nummer *;12345678
    topics.sport;Idræt;x
    ;;[[partners.name.0]];[[partners.kind.0]]
    ;Samarbejdspartnere *;Navn *;Slags
    partners;Række 1;Boldklubben;Idrætsforening

The first line says that the first column holds ids. A workbook's sheet that is saved as CSV has `[[cvr]]` there and is
read the same. Without ids, labels tell. csv.Sniffer was considered: it takes the commas of Danish decimals for
delimiters; chardet and its like call Danish cp1252 Windows-1256.
"""

from __future__ import annotations

import csv
import re
from io import StringIO

from puljeport import marks
from puljeport.errors import Unreadable
from puljeport.problems import Problem, problem
from puljeport.rawforms import RawForm
from puljeport.readers.bounds import too_much_text
from puljeport.readers.grid import MAX_CELLS, Grid, Sheet
from puljeport.readers.gridform import grid_form
from puljeport.readers.parts import Properties
from puljeport.texts import Text

MAX_SIZE = 4 * 1024 * 1024
MAX_COLUMNS = 500
DELIMITERS = ";,\t"
ID_HEADING = "id"

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SOMETHING_ELSE = (b"{", b"[", b"<", b"%PDF", b"PK\x03\x04", b"PK\x05\x06")
_BINARY = re.compile(rb"[\x01-\x08\x0b\x0e-\x1f\x7f]")
_SEPARATOR_LINE = re.compile(r"sep=([;,\t])\r?\n?", re.IGNORECASE)
_HEAD = 4_096


def sniff(data: bytes) -> bool:
    """Whether the file is text with one of the delimiters in it, rather than anything that begins in a known way."""
    head = data[:_HEAD]
    if head.startswith(_UTF16):
        head = head[: _HEAD // 2 * 2].decode("utf-16", "ignore").encode("utf-8", "ignore")
    text = head.removeprefix(_BOM).lstrip()
    return not text.startswith(_SOMETHING_ELSE) and not _BINARY.search(head) and re.search(rb"[;,\t]", text) is not None


def read(data: bytes) -> RawForm:
    """The form in a CSV file. Raises Unreadable."""
    if len(data) > MAX_SIZE:
        size = f"{len(data) / 1024 / 1024:.1f}"
        raise Unreadable(problem("too_large", size_mb=Text(da=size.replace(".", ","), en=size), limit_mb=4))
    text = _decoded(data)
    grid = Grid(_place, [Sheet("")])
    rows = _rows(text)
    with_ids = _begins_with_id(rows)
    for number, row in enumerate(rows, 1):
        if with_ids and number == 1:
            continue
        for column, cell in enumerate(row, 1):
            bare = with_ids and column == 1 and marks.is_key(cell.strip())
            grid.put(number, column, marks.hidden(cell.strip()) if bare else cell)
    return grid_form("csv", grid, Properties(None, None))


def _place(_sheet: str, row: int, column: int) -> Text:
    return Text(da=f"Række {row}, kolonne {column}", en=f"Row {row}, column {column}")


def _decoded(data: bytes) -> str:
    if data.startswith(_UTF16):
        raise Unreadable(problem("not_utf8"))
    if b"\0" in data:
        raise Unreadable(_bad(data.count(b"\n", 0, data.index(b"\0")) + 1))
    try:
        return data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:
        pass  # Excel saves CSV in the code page of a country: in Western Europe cp1252
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise Unreadable(problem("not_utf8")) from error


def _rows(text: str) -> list[list[str]]:
    """The rows by the delimiter that Excel named, or else by the one that finds most of a form."""
    if said := _SEPARATOR_LINE.match(text):
        return [[], *_split(text[said.end() :], said[1], strict=True)]
    delimiter = max(DELIMITERS, key=lambda each: _score(_split(text, each, strict=False)))
    return _split(text, delimiter, strict=True)


def _split(text: str, delimiter: str, *, strict: bool) -> list[list[str]]:
    """The cells of each row. `strict`: a quotation mark that is not closed is wrong: it would swallow the rest."""
    rows: list[list[str]] = []
    cells = 0
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    try:
        for row in reader:
            cells += max(1, len(row))
            if cells > MAX_CELLS or len(row) > MAX_COLUMNS:
                raise too_much_text()
            rows.append(row)
    except csv.Error as error:
        if "limit" in str(error):
            raise too_much_text() from error
        raise Unreadable(_bad(reader.line_num)) from error
    return rows


def _bad(line: int) -> Problem:
    return problem("bad_csv", line=line)


def _begins_with_id(rows: list[list[str]]) -> bool:
    return bool(rows and rows[0]) and rows[0][0].strip().casefold() == ID_HEADING


def _score(rows: list[list[str]]) -> tuple[bool, int, int]:
    """How much of a form a delimiter finds: the heading of the ids, marks of ours, and lines of two cells and more."""
    known = sum(marks.HIDDEN.fullmatch(cell.strip()) is not None for row in rows for cell in row[:8])
    return _begins_with_id(rows) and len(rows[0]) > 1, known, sum(len(row) > 1 for row in rows)
