"""S6: small files whose reading would take the square of their size are read, or refused, in a moment."""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

from formfiles import rewrite, sample_call
from puljeport.applications import read_application
from puljeport.blanks import docx, xlsx
from puljeport.characters import MOST_MARKS, clean
from puljeport.errors import Unreadable
from puljeport.readers import read
from puljeport.readers.grid import letters

CALL = sample_call()
DOCX, XLSX = docx.make(CALL, 3, "da"), xlsx.make(CALL, 3, "da")
SECONDS = 4
"""Of this machine's time; before they were bounded, each of the files took more than 20."""

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODF = "urn:oasis:names:tc:opendocument:xmlns"


def body(content: str) -> bytes:
    """A Word document with this in its body."""
    return rewrite(DOCX, document=lambda _: f"<w:document {W}><w:body>{content}</w:body></w:document>")


def spaces_in_a_cell() -> bytes:
    """An ODS file with 300,000 spaces in a cell."""
    cell = f"<table:table-cell><text:p>{' ' * 300_000}x</text:p></table:table-cell>"
    names = " ".join(f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("office", "table", "text"))
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        package.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet><table:table><table:table-row>{cell}"
            "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return buffer.getvalue()


def sheets_of_one_name() -> bytes:
    """A workbook that lists its sheet 200 times under one name, and names 5,000 cells of it."""

    def change(book: str) -> str:
        names = "".join(f'<definedName name="pp_x{row}">Ansøgning!$C${row}</definedName>' for row in range(100, 5100))
        listed = re.sub(r"<sheet [^>]*/>", lambda sheet: sheet[0] * 200, book, count=1)
        return listed.replace("<definedNames>", f"<definedNames>{names}", 1)

    return rewrite(XLSX, workbook=change)


def tables_side_by_side() -> bytes:
    """A sheet with a row of ids of 9,000 tables, and 60,000 rows below it."""
    ids = "".join(
        f'<c r="{letters(each)}1" t="inlineStr"><is><t>[[t{each}.c.0]]</t></is></c>' for each in range(3, 9_003)
    )
    rows = "".join(f'<row r="{row}"><c r="D{row}"><v>1</v></c></row>' for row in range(3, 60_003))
    content = f'<sheetData><row r="1">{ids}</row>{rows}</sheetData>'
    return rewrite(
        XLSX,
        sheet1=lambda sheet: re.sub(r"<sheetData>.*</sheetData>", content, sheet, flags=re.DOTALL),
        workbook=lambda book: re.sub(r"<definedNames>.*</definedNames>", "", book, flags=re.DOTALL),
    )


def merged_cells() -> bytes:
    """A document with a row of 40,000 cells that cover 99 columns each."""
    cells = '<w:tc><w:tcPr><w:gridSpan w:val="99"/></w:tcPr><w:p/></w:tc>' * 40_000
    return body(f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>")


def box_and_spaces() -> bytes:
    """A document in which a line begins with a box and has 60,000 spaces in it."""
    answer = f'<w:t xml:space="preserve">☐{" " * 60_000}x</w:t>'
    cells = "".join(f"<w:tc><w:p><w:r>{text}</w:r></w:p></w:tc>" for text in ("<w:t>Emner</w:t>", answer))
    return body(f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>")


FILES: dict[str, Callable[[], bytes]] = {
    "PDF: `stream` 60,000 times in a line": lambda: b"%PDF-1.7\n" + b"stream" * 60_000,
    "PDF: a filter after 200,000 spaces": lambda: b"%PDF-1.7\n1 0 obj<</Filter" + b" " * 200_000 + b">>endobj",
    "DOCX: a box and spaces": box_and_spaces,
    "DOCX: merged cells": merged_cells,
    "ODS: spaces": spaces_in_a_cell,
    "XLSX: sheets of one name": sheets_of_one_name,
    "XLSX: tables side by side": tables_side_by_side,
}


@pytest.mark.parametrize("kind", FILES)
def test_s06_reading_takes_no_longer_than_a_file_is_large(kind: str) -> None:
    """Each file ends as a form, or as Unreadable, within seconds."""
    data = FILES[kind]()
    started = time.process_time()
    try:
        read_application(CALL, read(data, ""))
    except Unreadable as error:
        assert error.problem.code in ("too_much_text", "bad_pdf", "pdf_no_fields")  # noqa: PT017 - either may be
    assert time.process_time() - started < SECONDS


def test_s06_heaps_of_combining_marks_are_cut_in_no_time() -> None:
    """Marks that no writing has are taken out and counted; those of real writing stay, in their order."""
    started = time.process_time()
    text, hidden = clean("a" + "\u0300" * 60_000 + "\u0316" * 60_000)
    assert time.process_time() - started < SECONDS
    assert (len(text), hidden) == (MOST_MARKS, 120_000 - MOST_MARKS)
    assert clean("e\u0301\u0316 o\u0308 a\u030a") == ("\u00e9\u0316 \u00f6 \u00e5", 0)
