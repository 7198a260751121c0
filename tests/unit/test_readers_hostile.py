"""S3 to S6: hostile and broken files end as Unreadable with the right reason, in bounded work, touching nothing."""

from __future__ import annotations

import builtins
import io
import os
import random
import socket
import struct
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

from formfiles import rewrite, sample_call
from puljeport.blanks import docx
from puljeport.errors import Unreadable
from puljeport.readers import bounds, package, read, walk, wordtext

BLANK = docx.make(sample_call(), 3, "da")
JSON = b'{"call": "samvaer-2018", "version": 3, "values": {"cvr": "12345678", "hours": 3, "partners": [{"name": "A"}]}}'
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def code_of(data: bytes) -> str:
    """The code of the problem that `data` ends as."""
    with pytest.raises(Unreadable) as caught:
        read(data, "skema.docx")
    return caught.value.problem.code


def with_parts(*parts: tuple[str, bytes], base: bytes = BLANK, drop: str = "") -> bytes:
    """The package with parts added at its end, and without the part `drop`."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(base)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != drop:
                new.writestr(entry.filename, old.read(entry))
        for name, content in parts:
            new.writestr(name, content)
    return buffer.getvalue()


def with_document(xml: str) -> bytes:
    """The package with this main document."""
    return rewrite(BLANK, document=lambda _: xml)


def body(content: str) -> bytes:
    """The package with this in its body."""
    return with_document(f"<w:document {W}><w:body>{content}</w:body></w:document>")


def forged_sizes(data: bytes) -> bytes:
    """The package with every stated size set to 10 bytes, in both kinds of header."""
    forged = bytearray(data)
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = 0
        while (start := forged.find(signature, start)) >= 0:
            forged[start + offset : start + offset + 4] = struct.pack("<I", 10)
            start += 4
    return bytes(forged)


def doubled_name() -> bytes:
    """The package with its document in it twice."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        return with_parts(("word/document.xml", b"<x/>"))


def flagged_encrypted() -> bytes:
    """The package with its first part said to be encrypted."""
    data = bytearray(BLANK)
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.find(signature) + offset] |= 1
    return bytes(data)


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nothing": ("empty_file", lambda: b""),
    "only white space": ("empty_file", lambda: b" \r\n\t"),
    "11 MB": ("too_large", lambda: b"PK\x03\x04" + bytes(11 * 1024 * 1024)),
    "a picture": ("unknown_format", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "rich text": ("unknown_format", lambda: rb"{\rtf1\ansi Kommune}"),
    "a zip of something else": ("unknown_format", lambda: with_parts(("a.txt", b"a"), base=_zip(("b.txt", b"b")))),
    "an old Word file": ("old_office", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    "an encrypted Office file": (
        "encrypted",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
    ),
    "an encrypted zip": ("encrypted", flagged_encrypted),
    "a macro project": ("macros", lambda: with_parts(("word/vbaProject.bin", b"x"))),
    "a macro project by another case": ("macros", lambda: with_parts(("word/VBAPROJECT.BIN", b"x"))),
    "a docm renamed": (
        "macros",
        lambda: rewrite(
            BLANK,
            **{
                "[Content_Types]": lambda xml: xml.replace(
                    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
                    "application/vnd.ms-word.document.macroEnabled.main+xml",
                )
            },
        ),
    ),
    "a bomb in the document": ("zip_bomb", lambda: with_document(" " * (31 * 1024 * 1024))),
    "a bomb that states 10 bytes": ("bad_docx", lambda: forged_sizes(with_document(" " * (31 * 1024 * 1024)))),
    "a bomb in two parts": (
        "zip_bomb",
        lambda: rewrite(BLANK, styles=lambda x: x + " " * (29 << 20), document=lambda x: " " * (31 << 20) + x),
    ),
    "three parts of 29 MB": (
        "zip_bomb",
        lambda: rewrite(
            BLANK,
            styles=lambda xml: xml + " " * (29 << 20),
            document=lambda xml: xml + " " * (29 << 20),
            custom=lambda xml: xml + " " * (29 << 20),
        ),
    ),
    "half a million elements": ("zip_bomb", lambda: body("<w:p/>" * 500_000)),
    "half a million elements in a deletion": ("zip_bomb", lambda: body("<w:del>" + "<w:p/>" * 500_000 + "</w:del>")),
    "half a million elements in two parts": (
        "zip_bomb",
        lambda: rewrite(
            BLANK,
            styles=lambda xml: xml.replace("</w:styles>", "<w:x/>" * 250_000 + "</w:styles>"),
            document=lambda xml: xml.replace("</w:body>", "<w:x/>" * 250_000 + "</w:body>"),
        ),
    ),
    "a tag of 5 MB": ("zip_bomb", lambda: body("<w:p " + " ".join(f'a{n}=""' for n in range(700_000)) + "/>")),
    "200,000 cells": ("too_much_text", lambda: body("<w:tbl><w:tr>" + "<w:tc/>" * 200_000 + "</w:tr></w:tbl>")),
    "150,000 pieces of text": (
        "too_much_text",
        lambda: body("<w:tbl><w:tr><w:tc/><w:tc>" + "<w:r><w:t>a</w:t></w:r>" * 150_000 + "</w:tc></w:tr></w:tbl>"),
    ),
    "columns times rows": (
        "too_much_text",
        lambda: body(
            "<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>" + "<w:tc><w:p/></w:tc>" * 60 + "</w:tr>"
            "" + "<w:tr><w:tc><w:p/></w:tc></w:tr>" * 10_000 + "</w:tbl>"
        ),
    ),
    "500 kB in an answer": (
        "too_much_text",
        lambda: rewrite(
            BLANK, document=lambda xml: xml.replace("<w:showingPlcHdr/>", "").replace("Vælg<", "x" * 500_000 + "<")
        ),
    ),
    "2,001 parts": ("too_many_parts", lambda: with_parts(*((f"a/{n}", b"") for n in range(2_001)))),
    "20,000 parts": (
        "too_many_parts",
        lambda: _zip(("word/document.xml", b""), *((f"{n}", b"") for n in range(20_000))),
    ),
    "a part twice": ("duplicate_parts", doubled_name),
    "a part twice by another case": ("duplicate_parts", lambda: with_parts(("WORD/Document.xml", b"<x/>"))),
    "a DTD": ("dtd_refused", lambda: with_document("<!DOCTYPE x><x/>")),
    "billion laughs": ("dtd_refused", lambda: with_document(LAUGHS + "]><x>&i;</x>")),
    "an external entity": (
        "dtd_refused",
        lambda: with_document('<!DOCTYPE x [<!ENTITY e SYSTEM "http://169.254.169.254/latest/">]><x>&e;</x>'),
    ),
    "a DTD in the properties": ("dtd_refused", lambda: rewrite(BLANK, custom=lambda _: "<!DOCTYPE x><x/>")),
    "257 elements deep": ("too_deep", lambda: with_document("<x>" * 257 + "</x>" * 257)),
    "257 elements deep in a deletion": ("too_deep", lambda: body("<w:del>" + "<x>" * 257 + "</x>" * 257 + "</w:del>")),
    "100,000 tables deep": ("too_deep", lambda: body("<w:tbl><w:tr><w:tc>" * 100_000)),
    "half a file": ("bad_docx", lambda: BLANK[: len(BLANK) // 2]),
    "no end": ("bad_docx", lambda: BLANK[:-30]),
    "no document": ("bad_docx", lambda: with_parts(drop="word/document.xml")),
    "an empty document": ("bad_docx", lambda: with_document("")),
    "half a document": ("bad_docx", lambda: with_document(f"<w:document {W}><w:body>")),
    "a document in a rare encoding": (
        "bad_docx",
        lambda: with_document('<?xml version="1.0" encoding="cp1252"?><x/>'),
    ),
    "a name that climbs": ("bad_docx", lambda: with_parts(("word/../../etc/passwd", b"x"))),
    "a name from the root": ("bad_docx", lambda: with_parts(("/etc/passwd", b"x"))),
    "a compression that Office does not use": ("bad_docx", lambda: _zip(*_parts(BLANK), method=zipfile.ZIP_LZMA)),
    "JSON deep": ("too_deep", lambda: b'{"values": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "JSON of 3 MB": ("too_large", lambda: b'{"values": {"a": "' + b"x" * 3_000_000 + b'"}}'),
    "JSON with 500 kB of text": ("too_much_text", lambda: b'{"values": {"a": "' + b"x" * 500_000 + b'"}}'),
    "JSON columns times rows": (
        "too_much_text",
        lambda: b'{"values": {"t": [' + b",".join(b'{"c%d": 1}' % n for n in range(1_000)) + b"]}}",
    ),
    "JSON in latin-1": ("not_utf8", lambda: '{"values": {"a": "ø"}}'.encode("latin-1")),
    "JSON in UTF-16": ("not_utf8", lambda: '{"values": {}}'.encode("utf-16")),
    "JSON with NUL": ("not_utf8", lambda: b'{"values": {"a": "\0"}}'),
    "JSON with NUL escaped": ("bad_json", lambda: b'{"values": {"a": "\\u0000"}}'),
    "JSON with half a pair": ("bad_json", lambda: b'{"values": {"a": "\\ud83d"}}'),
    "JSON with half a pair in a name": ("bad_json", lambda: b'{"values": {"\\ud83d": "a"}}'),
    "JSON with NaN": ("bad_json", lambda: b'{"values": {"a": NaN}}'),
    "JSON with -Infinity": ("bad_json", lambda: b'{"values": {"a": -Infinity}}'),
    "JSON with 1e400": ("bad_json", lambda: b'{"values": {"a": 1e400}}'),
    "JSON with 1e-999999999": ("bad_json", lambda: b'{"values": {"a": 1e-999999999}}'),
    "JSON with 5,000 digits": ("bad_json", lambda: b'{"values": {"a": ' + b"9" * 5_000 + b"}}"),
    "JSON with a name twice": ("bad_json", lambda: b'{"values": {"a": 1, "a": 2}}'),
    "JSON cut off": ("bad_json", lambda: JSON[:-5]),
    "JSON that is a list": ("bad_json", lambda: b"[1, 2]"),
    "JSON without values": ("bad_json", lambda: b'{"call": "x"}'),
    "JSON with an unknown name": ("bad_json", lambda: b'{"values": {}, "value": {}}'),
    "JSON with an object as answer": ("bad_json", lambda: b'{"values": {"a": {"b": 1}}}'),
    "JSON with rows and texts mixed": ("bad_json", lambda: b'{"values": {"a": [{"b": 1}, "c"]}}'),
    "JSON with a version of text": ("bad_json", lambda: b'{"version": "3", "values": {}}'),
}


def _zip(*parts: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return buffer.getvalue()


def _parts(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return [(entry.filename, archive.read(entry)) for entry in archive.infolist()]


@pytest.mark.parametrize("kind", HOSTILE)
def test_s04_a_hostile_file_is_refused_with_its_reason(kind: str) -> None:
    """Each hostile file ends as the problem that tells its sender what to do, within seconds."""
    code, make = HOSTILE[kind]
    data = make()
    started = time.process_time()
    assert code_of(data) == code
    assert time.process_time() - started < 8


@pytest.mark.parametrize("kind", HOSTILE)
def test_s05_reading_touches_neither_files_nor_the_network(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of the corpus makes reading open a file or a socket; with entities resolved, one would."""
    data = HOSTILE[kind][1]()
    _forbid(monkeypatch)
    with pytest.raises(Unreadable):
        read(data, "skema.docx")


def test_s05_reading_a_good_form_touches_neither_files_nor_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form is read from its bytes alone, and a picture or template it refers to elsewhere is not fetched."""
    outside = (
        '<Relationship Id="rId9" TargetMode="External" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
        'Target="http://169.254.169.254/template.dotx"/></Relationships>'
    )
    data = rewrite(BLANK, **{"document.xml.rels": lambda xml: xml.replace("</Relationships>", outside)})
    first = read(data, "skema.docx")
    _forbid(monkeypatch)
    assert read(data, "skema.docx") == first
    assert read(JSON, "skema.json").call == "samvaer-2018"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["half a million elements", "a tag of 5 MB", "200,000 cells", "three parts of 29 MB"])
def test_s06_the_costliest_files_fit_in_a_small_function(kind: str, tmp_path: Path) -> None:
    """Reading the costliest files of the corpus stays within 512 MB of address space, as a function has."""
    file = tmp_path / "skema.docx"
    file.write_bytes(HOSTILE[kind][1]())
    limited = (
        "import pathlib, resource, sys; from puljeport.readers import read; from puljeport.errors import Unreadable\n"
        "resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))\n"
        "try: read(pathlib.Path(sys.argv[1]).read_bytes(), '')\n"
        "except Unreadable as refused: print(refused.problem.code)"
    )
    done = subprocess.run([sys.executable, "-c", limited, file], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == HOSTILE[kind][0], done.stderr


def test_s05_an_external_main_document_is_not_followed() -> None:
    """A relationship that puts the document outside the package is ignored; the document inside is read."""
    outside = (
        '<Relationships><Relationship Id="rId0" TargetMode="External" Target="http://169.254.169.254/document.xml" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>'
    )
    data = rewrite(BLANK, **{".rels": lambda xml: outside + xml.partition('relationships">')[2]})
    assert len(read(data, "skema.docx").fields) == len(read(BLANK, "skema.docx").fields)


def test_s03_the_name_does_not_decide() -> None:
    """A form is read by what is in it, whatever it is called; by its name, the second would be refused."""
    assert read(BLANK, "skema.docx").format == read(BLANK, "skema.exe\0.pdf").format == "docx"
    assert read(JSON, "skema.docx").format == "json"


def test_the_bounds_are_those_that_were_decided() -> None:
    """The limits stand as designed; a slip of the pen in one would not show in the tests above."""
    assert (bounds.MAX_FILE, bounds.MAX_TEXT) == (10 * 1024 * 1024, 400_000)
    assert (package.MAX_ENTRIES, package.MAX_PART, package.MAX_TOTAL) == (2_000, 30 << 20, 60 << 20)
    assert (walk.MAX_DEPTH, wordtext.MAX_ELEMENTS) == (256, 400_000)


@settings(max_examples=400, deadline=None)
@given(dice=st.randoms(use_true_random=False), good=st.sampled_from([BLANK, JSON]), inside=st.booleans())
def test_s06_any_bytes_end_as_a_form_or_as_unreadable(dice: random.Random, good: bytes, *, inside: bool) -> None:
    """Whatever is damaged, in the file or in the XML within it, reading raises nothing but Unreadable."""
    data = rewrite(good, document=lambda xml: _damaged(xml, dice)) if inside and good is BLANK else good
    with suppress(Unreadable):
        read(data if inside else bytes(_mutated(bytearray(data), dice)), "skema")


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"PK\x03\x04word/", b'{"values": ', b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]),
)
def test_s06_arbitrary_bytes_end_as_a_form_or_as_unreadable(data: bytes, head: bytes) -> None:
    """Bytes that were never a file raise nothing but Unreadable either, whatever their first bytes claim."""
    with suppress(Unreadable):
        read(head + data, "skema")


def _mutated(data: bytearray, dice: random.Random) -> bytearray:
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(data))
        match dice.randrange(4):
            case 0:
                data[at] = dice.randrange(256)
            case 1:
                del data[at : at + dice.randint(1, 60)]
            case 2:
                data[at:at] = data[at : at + dice.randint(1, 60)]
            case _:
                data[at : at + 4] = dice.randbytes(4)
        data = data or bytearray(b"x")
    return data


def _damaged(xml: str, dice: random.Random) -> str:
    """The document with elements dropped, doubled, swapped or moved: mostly still XML, no longer a Word file."""
    pieces = xml.split("<")
    for _ in range(dice.randint(1, 12)):
        one, other = dice.randrange(1, len(pieces)), dice.randrange(1, len(pieces))
        match dice.randrange(4):
            case 0:
                pieces[one], pieces[other] = pieces[other], pieces[one]
            case 1:
                pieces[one] = pieces[other]
            case 2:
                pieces[one] = pieces[one].replace("w:tc", "w:p").replace("w:sdt", "w:tbl")
            case _:
                tag = pieces[other].partition(">")[0].strip("/").partition(" ")[0]
                pieces[one] = f"{tag}>" + "<" + f"/{tag}>" + "<" + pieces[one]
    return "<".join(pieces)


def _forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("reading a form opened something")

    for module, name in ((builtins, "open"), (io, "open"), (os, "open"), (socket, "socket"), (socket, "getaddrinfo")):
        monkeypatch.setattr(module, name, refuse)
