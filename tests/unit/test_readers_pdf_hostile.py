"""S3 to S6 for PDF: hostile and broken files end with the right reason, in bounded work, touching nothing."""

from __future__ import annotations

import builtins
import io
import os
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pikepdf import Array, Dictionary, Encryption, Name, Pdf, String

from formfiles import sample_call
from puljeport.blanks import pdf
from puljeport.errors import Unreadable
from puljeport.readers import pdfbounds, pdfium, read

BLANK = pdf.make(sample_call(), 3, "da")


def changed(change: Callable[[Pdf], object], **save: Any) -> bytes:
    """The blank with something done to it."""
    with Pdf.open(BytesIO(BLANK)) as document:
        change(document)
        buffer = BytesIO()
        document.save(buffer, **save)
        return buffer.getvalue()


def empty(content: bytes = b"", **save: Any) -> Callable[[], bytes]:
    """A document of one page with this content and no field, as a print or a scan is."""

    def make() -> bytes:
        document = Pdf.new()
        document.add_blank_page()
        document.pages[0].Contents = document.make_stream(content)
        buffer = BytesIO()
        document.save(buffer, **save)
        return buffer.getvalue()

    return make


def raw(body: bytes, head: bytes = b"") -> bytes:
    """A document whose catalogue refers to `body`."""
    return (
        b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/X 5 0 R>>\nendobj\n"
        b"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
        b"5 0 obj\n" + head + body + b"\nendobj\ntrailer<</Root 1 0 R/Size 6>>\n%%EOF"
    )


def deflated(data: bytes, times: int = 1, filters: bytes = b"/FlateDecode") -> bytes:
    """A document with `data` in a stream, deflated `times` times."""
    for _ in range(times):
        data = zlib.compress(data, 9)
    return raw(b"stream\n" + data + b"\nendstream", b"<</Filter[" + filters * times + b"]/Length %d>>" % len(data))


def drawings_in_drawings() -> bytes:
    """A page that shows a drawing that shows ten drawings that show ten drawings, twelve times over."""
    document = Pdf.new()
    document.add_blank_page()
    drawing = document.make_stream(b"0 0 m 1 1 l S")
    for _ in range(12):
        outer = document.make_stream(b"/X Do\n" * 10, Resources=Dictionary(XObject=Dictionary(X=drawing)))
        for each in (drawing, outer):
            each.Type, each.Subtype, each.BBox = Name.XObject, Name.Form, Array([0, 0, 1, 1])
        drawing = outer
    document.pages[0].Resources = Dictionary(XObject=Dictionary(X=drawing))
    document.pages[0].Contents = document.make_stream(b"/X Do")
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def many_fields(document: Pdf) -> None:
    """20,001 fields on the first page."""
    field = document.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("x"), Rect=Array([0, 0, 1, 1]))
    )
    document.Root.AcroForm.Fields.append(field)
    document.pages[0].obj.Annots = Array([field] * 20_001)


def many_pages(document: Pdf) -> None:
    """501 pages and more."""
    for _ in range(501):
        document.add_blank_page()


def endless_fields(document: Pdf) -> None:
    """A field that is its own child, on a tree of pages that is its own branch."""
    field = document.Root.AcroForm.Fields[0]
    field.Kids = Array([field])
    field.Parent = field
    document.Root.Pages.Kids.append(document.Root.Pages)


def long_answer(document: Pdf) -> None:
    """An answer of 500 kB."""
    document.Root.AcroForm.Fields[2].V = String("x" * 500_000)


def as_xfa(document: Pdf) -> None:
    """An XFA form over the fields."""
    document.Root.AcroForm.XFA = document.make_stream(b"<xdp/>")


def streamed_answer(document: Pdf) -> None:
    """An answer that is kept as a stream."""
    document.Root.AcroForm.Fields[2].V = document.make_stream("Åse".encode("utf-16"))


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a password to open": (
        "encrypted",
        lambda: changed(lambda _: None, encryption=Encryption(owner="a", user="b")),
    ),
    "a password to change": ("encrypted", lambda: changed(lambda _: None, encryption=Encryption(owner="a", user=""))),
    "encrypted in other letters": (
        "encrypted",
        lambda: changed(lambda _: None, encryption=Encryption(owner="a", user="")).replace(b"/Encrypt", b"/#45ncrypt"),
    ),
    "an answer that is a stream": ("bad_pdf", lambda: changed(streamed_answer)),
    "an XFA form": ("pdf_xfa", lambda: changed(as_xfa)),
    "a print": ("pdf_no_fields", empty(b"BT ET")),
    "no document": ("bad_pdf", lambda: b"%PDF-1.7\n" + b"x" * 1_000),
    "100,000 arrays deep": ("bad_pdf", lambda: b"%PDF-1.7\n1 0 obj\n" + b"[" * 100_000 + b"\ntrailer<</Root 1 0 R>>"),
    "a bomb": ("zip_bomb", lambda: deflated(b"x" * (65 << 20))),
    "a bomb in a bomb": ("zip_bomb", lambda: deflated(b"x" * (65 << 20), 2)),
    "a picture that is a bomb": (
        "zip_bomb",
        lambda: raw(
            b"stream\n" + zlib.compress(bytes(65 << 20), 9) + b"\nendstream",
            b"<</Type/XObject/Subtype/Image/Width 9/Height 9/Filter/FlateDecode>>",
        ),
    ),
    "deflated six times": ("zip_bomb", lambda: deflated(b"x", 6)),
    "another filter": ("bad_pdf", lambda: deflated(b"x", filters=b"/ASCIIHexDecode/FlateDecode")),
    "another filter in other letters": ("bad_pdf", lambda: deflated(b"x", filters=b"/LZ#57Decode")),
    "another filter by its short name": ("bad_pdf", lambda: raw(b"<</Filter [ /LZW ] >>")),
    "two million numbers": ("too_many_parts", lambda: raw(b"[" + b"1 " * 2_000_000 + b"]")),
    "two million numbers deflated": ("too_many_parts", lambda: deflated(b"[" + b"1 " * 2_000_000 + b"]")),
    "two million numbers in what looks like a picture": (
        "too_many_parts",
        lambda: raw(
            b"stream\n" + zlib.compress(b"1 " * 2_000_000) + b"\nendstream",
            b"<</Subtype/Image/Type/ObjStm/N 1/First 4/Filter/FlateDecode>>",
        ),
    ),
    "300,001 objects": ("too_many_parts", lambda: b"%PDF-1.7\n" + b"0 obj-" * 300_001),
    "20,001 fields": ("too_many_parts", lambda: changed(many_fields)),
    "501 pages": ("too_many_parts", lambda: changed(many_pages)),
    "500 kB in an answer": ("too_much_text", lambda: changed(long_answer)),
    "drawings in drawings": ("pdf_no_fields", drawings_in_drawings),
    "half a million lines drawn": ("pdf_no_fields", empty(b"0 0 m 1 1 l S\n" * 150_000)),
}


def code_of(data: bytes) -> str:
    """The code of the problem that `data` ends as."""
    with pytest.raises(Unreadable) as caught:
        read(data, "skema.pdf")
    return caught.value.problem.code


@pytest.mark.parametrize("kind", HOSTILE)
def test_s06_a_hostile_pdf_is_refused_with_its_reason(kind: str) -> None:
    """Each hostile file ends as the problem that tells its sender what to do, within seconds."""
    code, make = HOSTILE[kind]
    data = make()
    started = time.process_time()
    assert code_of(data) == code
    assert time.process_time() - started < 8


@pytest.mark.parametrize(
    "kind", ["a picture that is a bomb", "two million numbers", "drawings in drawings", "20,001 fields"]
)
def test_s06_the_costliest_pdfs_fit_in_a_small_function(kind: str, tmp_path: Path) -> None:
    """Reading the costliest files of the corpus stays within 512 MB of address space."""
    file = tmp_path / "skema.pdf"
    file.write_bytes(HOSTILE[kind][1]())
    limited = (
        "import pathlib, resource, sys; from puljeport.readers import read; from puljeport.errors import Unreadable\n"
        "resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))\n"
        "try: read(pathlib.Path(sys.argv[1]).read_bytes(), '')\n"
        "except Unreadable as refused: print(refused.problem.code)"
    )
    done = subprocess.run([sys.executable, "-c", limited, file], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == HOSTILE[kind][0], done.stderr


def test_s06_trees_that_contain_themselves_end() -> None:
    """Fields and pages in a circle are read once and no further."""
    document = changed(endless_fields)
    started = time.process_time()
    assert read(document, "a").call == "samvaer-2018"
    assert time.process_time() - started < 5


def test_s05_scripts_and_files_inside_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form with a script on opening, a file inside and a link out is read; nothing is run, opened or fetched."""

    def arm(document: Pdf) -> None:
        script = Dictionary(S=Name.JavaScript, JS=String("app.launchURL('http://169.254.169.254/'); while (true) {}"))
        document.Root.OpenAction = script
        document.Root.AcroForm.Fields[0].AA = Dictionary(C=script, F=script, K=script, V=script)
        document.Root.AcroForm.CO = Array([document.Root.AcroForm.Fields[0]])
        document.attachments["virus.exe"] = b"MZ"
        document.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.Launch, F=String("/bin/sh")))

    data = changed(arm)
    assert read(BLANK, "a").fields

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("reading a form opened something")

    for module, name in ((builtins, "open"), (io, "open"), (os, "open"), (socket, "socket"), (socket, "getaddrinfo")):
        monkeypatch.setattr(module, name, refuse)
    assert read(data, "a") == read(BLANK, "a")


def test_s03_a_pdf_is_known_by_its_inside() -> None:
    """Bytes before the header, which some mail programs leave, and another name change nothing."""
    assert read(b"\r\n" + BLANK, "skema.docx").format == "pdf"


def test_what_is_written_as_a_picture_is_not_lost() -> None:
    """A form with a pasted picture of ten megapixels is read: a picture's bytes are not taken for objects."""

    def paste(document: Pdf) -> None:
        picture = document.make_stream(
            b" " * 10_000_000, Type=Name.XObject, Subtype=Name.Image, Width=5000, Height=2000
        )
        picture.ColorSpace, picture.BitsPerComponent = Name.DeviceGray, 8
        document.pages[0].obj.Resources.XObject = Dictionary(Im=document.make_indirect(picture))

    assert read(changed(paste, compress_streams=True, recompress_flate=True), "a").fields


def test_the_bounds_of_pdf_are_those_that_were_decided() -> None:
    """The limits stand as designed; a slip of the pen in one would not show in the tests above."""
    assert (pdfbounds.MAX_INFLATED, pdfbounds.MAX_OBJECTS, pdfbounds.MAX_NESTED) == (64 << 20, 300_000, 4)
    assert (pdfium.MAX_FIELDS, pdfium.MAX_PAGES, pdfium.MAX_SECONDS) == (20_000, 500, 10)
