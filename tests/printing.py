"""Printing a PDF form, as programs do it: the fields become part of their pages, and pages are scaled and moved."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from pikepdf import Array, Dictionary, Name, Page, Pdf

from puljeport.pages.engine import library
from puljeport.readers import pdfium

_PRINTED = 1


def flattened(data: bytes) -> bytes:
    """The form as Chrome and other programs on PDFium print it: every field drawn, and none left."""
    engine = library()
    with pdfium.loaded(engine, data) as document, pdfium.filling(engine, document) as form:
        pages = [engine.FPDF_LoadPage(document, number) for number in range(engine.FPDF_GetPageCount(document))]
        for page in pages:
            engine.FORM_OnAfterLoadPage(page, form)
            engine.FPDFPage_Flatten(page, _PRINTED)
        for page in pages:
            engine.FORM_OnBeforeClosePage(page, form)
            engine.FPDF_ClosePage(page)
        return without_form(pdfium.written(engine, document))


def without_form(data: bytes) -> bytes:
    """The document without what it says of itself and of a form."""
    with Pdf.open(BytesIO(data)) as document:
        for name in ("/AcroForm", "/Metadata", "/StructTreeRoot"):
            if name in document.Root:
                del document.Root[name]
        del document.docinfo
        return saved(document)


def saved(document: Pdf) -> bytes:
    """The document as a file."""
    buffer = BytesIO()
    document.save(buffer, deterministic_id=True)
    return buffer.getvalue()


def placed(data: bytes, matrix: Sequence[float], size: tuple[float, float] = (595, 842), turn: int = 0) -> bytes:
    """The document with each page drawn on one of another size, moved by a matrix, and turned as a whole."""
    with Pdf.open(BytesIO(data)) as source, Pdf.new() as target:
        for page in source.pages:
            _sheet(target, size, turn, [(page, matrix)])
        return saved(target)


def side_by_side(data: bytes) -> bytes:
    """The document with two pages on each sheet, as a saver of paper prints it."""
    with Pdf.open(BytesIO(data)) as source, Pdf.new() as target:
        pages = list(source.pages)
        for first in range(0, len(pages), 2):
            pair = zip(pages[first : first + 2], (0, 421), strict=False)
            _sheet(target, (842, 595), 0, [(page, (0.7, 0, 0, 0.7, left, 3)) for page, left in pair])
        return saved(target)


def _sheet(target: Pdf, size: tuple[float, float], turn: int, drawn: Sequence[tuple[Page, Sequence[float]]]) -> None:
    target.add_blank_page(page_size=size)
    sheet = target.pages[-1]
    sheet.obj.Resources = Dictionary(XObject=Dictionary())
    content = b""
    for number, (page, matrix) in enumerate(drawn):
        name = Name(f"/P{number}")
        sheet.obj.Resources.XObject[name] = target.copy_foreign(page.as_form_xobject())
        content += b"q %s cm /P%d Do Q\n" % (" ".join(f"{each:.4f}" for each in matrix).encode(), number)
    sheet.obj.Contents = target.make_stream(content)
    sheet.obj.Rotate = turn
    sheet.obj.MediaBox = Array([0, 0, *size])
