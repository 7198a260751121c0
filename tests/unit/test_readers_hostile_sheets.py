"""S3 to S6 for spreadsheets, CSV and OpenDocument: hostile files are refused in bounded work, touching nothing."""

from __future__ import annotations

import builtins
import io
import os
import random
import re
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formfiles import rewrite, sample_call, without_names
from puljeport.blanks import csvform, xlsx
from puljeport.errors import Unreadable
from puljeport.readers import grid, ods, read

BLANK, CSV = xlsx.make(sample_call(), 3, "da"), csvform.make(sample_call(), 3, "da")
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
ODF = "urn:oasis:names:tc:opendocument:xmlns"
ODF_NAMES = " ".join(f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("office", "table", "text", "style"))


def packed(*parts: tuple[str, str | bytes]) -> bytes:
    """A package of these parts."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    """The workbook with a part added at its end."""
    with zipfile.ZipFile(BytesIO(BLANK)) as old:
        return packed(*((entry.filename, old.read(entry)) for entry in old.infolist()), (name, content))


def rows(content: str) -> bytes:
    """The workbook with these rows in its sheet, and no names."""
    sheet = f"<worksheet {MAIN}><sheetData>{content}</sheetData></worksheet>"
    return rewrite(BLANK, sheet1=lambda _: sheet, workbook=without_names)


def odf(kind: str, body: str, *more: tuple[str, str]) -> bytes:
    """An OpenDocument file with this in its body."""
    content = f"<office:document-content {ODF_NAMES}><office:body>{body}</office:body></office:document-content>"
    return packed(("mimetype", f"application/vnd.oasis.opendocument.{kind}"), ("content.xml", content), *more)


def table(content: str) -> bytes:
    """An ODS file with this in its only table."""
    return odf(
        "spreadsheet", f'<office:spreadsheet><table:table table:name="A">{content}</table:table></office:spreadsheet>'
    )


def cell(text: str, more: str = "") -> str:
    """A cell of an ODS file."""
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"


ENCRYPTED = '<m:manifest xmlns:m="urn:x"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'

HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a macro project": ("macros", lambda: with_part("xl/vbaProject.bin", b"x")),
    "an xlsm renamed": (
        "macros",
        lambda: rewrite(
            BLANK,
            **{
                "[Content_Types]": lambda xml: xml.replace(
                    "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                    "vnd.ms-excel.sheet.macroEnabled.main+xml",
                )
            },
        ),
    ),
    "a bomb in the sheet": ("zip_bomb", lambda: rewrite(BLANK, sheet1=lambda _: " " * (31 << 20))),
    "a bomb in the strings": ("zip_bomb", lambda: rewrite(BLANK, sharedStrings=lambda _: " " * (31 << 20))),
    "one small sheet 15,000 times": (
        "too_much_text",
        lambda: rewrite(
            BLANK,
            workbook=lambda xml: xml.replace(
                "<sheets>", "<sheets>" + '<sheet name="A" sheetId="9" r:id="rId1"/>' * 15_000
            ),
        ),
    ),
    "600,000 cells": ("zip_bomb", lambda: rows("<row>" + "<c/>" * 600_000 + "</row>")),
    "600,000 strings": (
        "zip_bomb",
        lambda: rewrite(BLANK, sharedStrings=lambda _: f"<sst {MAIN}>{'<si/>' * 600_000}</sst>"),
    ),
    "150,000 cells with text": ("too_much_text", lambda: rows(("<row>" + "<c><v>1</v></c>" * 1_000 + "</row>") * 150)),
    "one long string in 1,000 cells": (
        "too_much_text",
        lambda: rewrite(
            rows("<row>" + '<c t="s"><v>0</v></c>' * 1_000 + "</row>"),
            sharedStrings=lambda _: f"<sst {MAIN}><si><t>{'x' * 1_000_000}</t></si></sst>",
        ),
    ),
    "rows times columns": (
        "too_much_text",
        lambda: rows(
            '<row r="1"><c r="B1" t="str"><v>T</v></c><c r="C1" t="str"><v>a</v></c></row>'
            + "".join(
                f'<row r="{n}"><c r="B{n}" t="str"><v>Række {n}</v></c>'
                f'<c r="{grid.letters(3 + n % 60)}{n}"><v>1</v></c></row>'
                for n in range(2, 3_000)
            )
        ),
    ),
    "a string that is not there": ("bad_sheet", lambda: rows('<row><c t="s"><v>99999</v></c></row>')),
    "a string of -1": ("bad_sheet", lambda: rows('<row><c t="s"><v>-1</v></c></row>')),
    "half a workbook": ("bad_sheet", lambda: BLANK[: len(BLANK) // 2] + b"xl/workbook"),
    "no workbook": ("bad_sheet", lambda: packed(("xl/workbook.bin", b"x"), ("[Content_Types].xml", "<Types/>"))),
    "half a sheet": ("bad_sheet", lambda: rewrite(BLANK, sheet1=lambda xml: xml[:-50])),
    "a DTD in the sheet": ("dtd_refused", lambda: rewrite(BLANK, sheet1=lambda _: "<!DOCTYPE x><x/>")),
    "an entity in the strings": (
        "dtd_refused",
        lambda: rewrite(BLANK, sharedStrings=lambda _: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
    ),
    "257 elements deep": ("too_deep", lambda: rewrite(BLANK, sheet1=lambda _: "<x>" * 257 + "</x>" * 257)),
    "ODS: a password": ("encrypted", lambda: odf("spreadsheet", "", ("META-INF/manifest.xml", ENCRYPTED))),
    "ODT: a password": ("encrypted", lambda: odf("text", "", ("META-INF/manifest.xml", ENCRYPTED))),
    "ODS: macros": ("macros", lambda: odf("spreadsheet", "", ("Basic/Standard/Module1.xml", "<x/>"))),
    "ODT: macros in Python": ("macros", lambda: odf("text", "", ("Scripts/python/a.py", "x"))),
    "ODS: no content": (
        "bad_sheet",
        lambda: packed(("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("a.xml", "<a/>")),
    ),
    "ODT: no content": ("bad_odt", lambda: packed(("mimetype", "application/vnd.oasis.opendocument.text"))),
    "ODS: a row with text a million times": (
        "too_much_text",
        lambda: table(f'<table:table-row table:number-rows-repeated="1048576">{cell("x")}</table:table-row>'),
    ),
    "ODS: a cell with text 16,384 times": (
        "too_much_text",
        lambda: table(f"<table:table-row>{cell('x', 'table:number-columns-repeated="16384"')}</table:table-row>"),
    ),
    "ODS: repeats times repeats": (
        "too_much_text",
        lambda: table(
            '<table:table-row table:number-rows-repeated="9999">'
            + cell("x", 'table:number-columns-repeated="9999"')
            + "</table:table-row>"
        ),
    ),
    "ODS: 600,000 cells": (
        "zip_bomb",
        lambda: table("<table:table-row>" + "<table:table-cell/>" * 600_000 + "</table:table-row>"),
    ),
    "ODS: a thousand million spaces": (
        "too_much_text",
        lambda: table(f"<table:table-row>{cell('x' + '<text:s text:c="999999999"/>' * 1_000)}</table:table-row>"),
    ),
    "ODS: a DTD": ("dtd_refused", lambda: packed(
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<!DOCTYPE x><x/>")
    )),
    "ODT: half a million elements": ("zip_bomb", lambda: odf("text", "<text:p/>" * 500_000)),
    "ODT: 150,000 pieces of text": (
        "too_much_text",
        lambda: odf("text", "<text:p>" + "a<text:tab/>" * 100_000 + "</text:p>"),
    ),
    "ODT: 200,000 cells": (
        "too_much_text",
        lambda: odf("text", "<table:table><table:table-row>" + "<table:table-cell/>" * 200_000
                    + "</table:table-row></table:table>"),
    ),
    "ODT: a bomb": ("zip_bomb", lambda: odf("text", " " * (31 << 20))),
    "CSV with NUL": ("bad_csv", lambda: CSV.replace(b"cvr", b"c\0vr", 1)),
    "CSV in UTF-16": ("not_utf8", lambda: CSV.decode("utf-8-sig").encode("utf-16")),
    "CSV in no encoding of ours": ("not_utf8", lambda: b"id;a;b\ncvr;\x81;\x8d\n"),
    "CSV of 5 MB": ("too_large", lambda: b"id;a;b\n" + b"cvr;a;1\n" * 700_000),
    "CSV with 700,000 cells": ("too_much_text", lambda: b"a;b\n" + b";;;;;;;;;;;;;;;\n" * 50_000),
    "CSV with 1,000 columns": ("too_much_text", lambda: b"a" + b";b" * 1_000),
    "CSV with a field of 200 kB": ("too_much_text", lambda: b"a;b\nc;" + b"x" * 200_000),
    "CSV with an open quotation mark": ("bad_csv", lambda: CSV + b'"a;b\n'),
    "CSV with 60,000 answers": ("too_much_text", lambda: b"a;b\n" * 60_000),
}  # fmt: skip


def code_of(data: bytes) -> str:
    """The code of the problem that `data` ends as."""
    with pytest.raises(Unreadable) as caught:
        read(data, "skema")
    return caught.value.problem.code


@pytest.mark.parametrize("kind", HOSTILE)
def test_s04_a_hostile_file_is_refused_with_its_reason(kind: str) -> None:
    """Each hostile file ends as the problem that tells its sender what to do, within seconds."""
    code, make = HOSTILE[kind]
    data = make()
    started = time.process_time()
    assert code_of(data) == code
    assert time.process_time() - started < 8


@pytest.mark.parametrize("kind", ["an entity in the strings", "CSV with NUL", "ODS: a DTD"])
def test_s05_reading_touches_neither_files_nor_the_network(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a hostile file nor a good one makes reading open a file or a socket."""
    data = HOSTILE[kind][1]()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("reading a form opened something")

    for module, name in ((builtins, "open"), (io, "open"), (os, "open"), (socket, "socket"), (socket, "getaddrinfo")):
        monkeypatch.setattr(module, name, refuse)
    code_of(data)
    assert read(BLANK, "").call == read(CSV, "").call == "samvaer-2018"


COSTLIEST = [
    "600,000 cells",
    "600,000 strings",
    "150,000 cells with text",
    "ODS: 600,000 cells",
    "CSV with 60,000 answers",
]


@pytest.mark.slow
@pytest.mark.parametrize("kind", COSTLIEST)
def test_s06_the_costliest_files_fit_in_a_small_function(kind: str, tmp_path: Path) -> None:
    """Reading the costliest files of the corpus stays within 512 MB of address space, as a function has."""
    file = tmp_path / "skema"
    file.write_bytes(HOSTILE[kind][1]())
    limited = (
        "import pathlib, resource, sys; from puljeport.readers import read; from puljeport.errors import Unreadable\n"
        "resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))\n"
        "try: read(pathlib.Path(sys.argv[1]).read_bytes(), '')\n"
        "except Unreadable as refused: print(refused.problem.code)"
    )
    done = subprocess.run([sys.executable, "-c", limited, file], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == HOSTILE[kind][0], done.stderr


def test_s06_a_cell_in_the_last_row_and_column_is_a_cell_like_any_other() -> None:
    """What ends other programs, a value at XFD1048576 and a forged size, is read as one cell."""
    forged = rewrite(
        rows('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row><row r="9999999"><c r="ZZZ1"><v>2</v></c></row>'),
        sharedStrings=lambda xml: re.sub(r'ount="[0-9]+"', 'ount="4294967295"', xml),
    )
    form = read(forged, "")
    assert [name.key for field in form.fields for name in field.names] == ["1"]


def test_the_bounds_are_those_that_were_decided() -> None:
    """The limits stand as designed; a slip of the pen in one would not show in the tests above."""
    assert (grid.MAX_CELLS, ods.MAX_REPEATS) == (500_000, 10_000)


GOOD = {
    "xlsx": BLANK,
    "csv": CSV,
    "ods": table(
        f"<table:table-row>{cell('[[cvr]]')}{cell('CVR-nummer')}{cell('12345674')}</table:table-row>"
        f"<table:table-row>{cell('')}{cell('Partnere')}{cell('Navn')}</table:table-row>"
        f"<table:table-row>{cell('')}{cell('Række 1')}{cell('A')}</table:table-row>"
    ),
    "odt": odf(
        "text",
        "<office:text><text:h>1. A</text:h><table:table><table:table-row><table:table-cell><text:p>CVR</text:p>"
        '</table:table-cell><table:table-cell><text:p><text:bookmark-start text:name="pp_cvr"/>1<text:bookmark-end '
        'text:name="pp_cvr"/></text:p></table:table-cell></table:table-row></table:table></office:text>',
    ),
}


@pytest.mark.parametrize("kind", GOOD)
def test_the_good_files_that_are_damaged_below_are_read(kind: str) -> None:
    """Each of them is a form with answers to damage."""
    form = read(GOOD[kind], "")
    assert form.format == kind
    assert form.fields


@settings(max_examples=300, deadline=None)
@given(dice=st.randoms(use_true_random=False), kind=st.sampled_from(sorted(GOOD)), inside=st.booleans())
def test_s06_any_bytes_end_as_a_form_or_as_unreadable(dice: random.Random, kind: str, *, inside: bool) -> None:
    """Whatever is damaged, in the file or in the XML within it, reading raises nothing but Unreadable."""
    data = GOOD[kind]
    if inside:
        parts = dict.fromkeys(("sheet1", "workbook", "sharedStrings", "content"), lambda xml: _damaged(xml, dice))
        data = rewrite(data, **parts) if kind != "csv" else _damaged(data.decode(), dice).encode()
    else:
        damaged = bytearray(data)
        for _ in range(dice.randint(1, 8)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        data = bytes(damaged)
    with suppress(Unreadable):
        read(data, "skema")


def _damaged(text: str, dice: random.Random) -> str:
    """The text with elements and numbers dropped, doubled, swapped or moved: mostly still XML."""
    pieces = text.split("<") if "<" in text else text.split(";")
    for _ in range(dice.randint(1, 12)):
        one, other = dice.randrange(1, len(pieces)), dice.randrange(1, len(pieces))
        match dice.randrange(4):
            case 0:
                pieces[one], pieces[other] = pieces[other], pieces[one]
            case 1:
                pieces[one] = pieces[other]
            case 2:
                pieces[one] = pieces[one].replace("1", str(dice.randrange(-5, 10**8)))
            case _:
                pieces[one] = pieces[one].replace("/>", ">").replace("c ", "row ").replace("table-cell", "table-row")
    return ("<" if "<" in text else ";").join(pieces)
