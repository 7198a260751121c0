"""Problems as notes in a PDF: a note beside each field, and a frame around it that is printed too.

Laying a page out is what a hostile file can keep the engine busy with for ever, so notes are added as forms are read:
to a copy whose streams are blank (`readers.pdfium`). What the engine changed and added there, which are no streams, is
then appended to the plain document.
"""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

from puljeport.errors import Unreadable
from puljeport.marking.notes import AUTHOR, Note
from puljeport.pages.engine import library
from puljeport.pdfupdates import appended
from puljeport.problems import problem
from puljeport.readers import pdfbounds, pdfium
from puljeport.texts import Language

_TEXT, _SQUARE, _WIDGET = 1, 5, 20
_PRINTED = 4
_COLOURS = {True: (196, 30, 58), False: (138, 90, 0)}
_ICON = 20
"""Points: the side of a note's icon; some programs draw it larger than they are told."""
_MARGIN, _BESIDE = 2, 8
_MAX_ANNOTATIONS = 20_000


class _Rectangle(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float


def marked(data: bytes, notes: list[Note], language: Language) -> bytes:  # noqa: ARG001 - one shape for all formats
    """The file with a note for each note. Raises Unreadable."""
    pdfbounds.check(data)
    engine = library()
    with pdfium.loaded(engine, data) as document:
        if engine.FPDF_GetSecurityHandlerRevision(document) >= 0:
            raise Unreadable(problem("encrypted"))
        plain = pdfium.written(engine, document)
    bare = pdfbounds.emptied(plain)
    with pdfium.loaded(engine, bare) as document:
        before = _objects(pdfium.written(engine, document))
    with pdfium.loaded(engine, bare) as document:
        with pdfium.filling(engine, document) as form:
            _annotate(engine, document, form, notes)
        after = _objects(pdfium.written(engine, document))
    changed = {
        number: content
        for number, content in after.items()
        if content != before.get(number) and b"stream\r\n" not in content and b"/Subtype/Widget" not in content
    }
    return appended(plain, changed)


def _objects(written: bytes) -> dict[int, bytes]:
    """The objects of a document as the engine writes it, by number."""
    return {
        int(found[1]): written[found.end() : written.find(b"\r\nendobj", found.end())]
        for found in pdfbounds.WRITTEN.finditer(written)
    }


def _annotate(engine: Any, document: Any, form: Any, notes: list[Note]) -> None:
    by_page: dict[int, list[Note]] = {}
    for note in notes:
        by_page.setdefault(int(note.spot[0]) if note.spot else 1, []).append(note)
    for number in range(1, min(engine.FPDF_GetPageCount(document), pdfium.MAX_PAGES) + 1):
        page = engine.FPDF_LoadPage(document, number - 1)
        if not page:
            continue
        try:
            _on_page(engine, page, form, by_page.get(number, []))
        finally:
            engine.FPDF_ClosePage(page)


def _on_page(engine: Any, page: Any, form: Any, notes: list[Note]) -> None:
    _take_out(engine, page)
    known = _rectangles(engine, page, form) if notes else {}
    top = engine.FPDF_GetPageHeightF(page) - 2 * _ICON
    for note in notes:
        where = known.get(str(note.spot[1])) if note.spot else None
        if where is None:
            _add(engine, page, note, _Rectangle(_ICON, top, 2 * _ICON, top + _ICON))
            top -= 1.5 * _ICON
            continue
        left = max(where.left - _ICON - _BESIDE, 0)
        _add(engine, page, note, _Rectangle(left, where.top - _ICON, left + _ICON, where.top))
        _frame(engine, page, note, where)


def _take_out(engine: Any, page: Any) -> None:
    for index in reversed(range(min(engine.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS))):
        annotation = engine.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        ours = engine.FPDFAnnot_GetSubtype(annotation) in (_TEXT, _SQUARE) and _author(engine, annotation) == AUTHOR
        engine.FPDFPage_CloseAnnot(annotation)
        if ours:
            engine.FPDFPage_RemoveAnnot(page, index)


def _author(engine: Any, annotation: Any) -> str:
    return pdfium.text(lambda buffer, size: int(engine.FPDFAnnot_GetStringValue(annotation, b"T", buffer, size)), 1_000)


def _rectangles(engine: Any, page: Any, form: Any) -> dict[str, _Rectangle]:
    """Where each field stands on the page; the first of several with one name."""
    found: dict[str, _Rectangle] = {}
    for index in range(min(engine.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        annotation = engine.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        if engine.FPDFAnnot_GetSubtype(annotation) == _WIDGET:
            name = pdfium.text(
                lambda buffer, size, widget=annotation: int(  # type: ignore[misc]
                    engine.FPDFAnnot_GetFormFieldName(form, widget, buffer, size)
                ),
                pdfium.MAX_NAME,
            )
            box = engine.FS_RECTF()
            if engine.FPDFAnnot_GetRect(annotation, ctypes.byref(box)):
                found.setdefault(name, _Rectangle(box.left, box.bottom, box.right, box.top))
        engine.FPDFPage_CloseAnnot(annotation)
    return found


def _add(engine: Any, page: Any, note: Note, where: _Rectangle) -> None:
    annotation = _created(engine, page, _TEXT, where, note)
    _say(engine, annotation, b"Contents", note.text)
    engine.FPDFPage_CloseAnnot(annotation)


def _frame(engine: Any, page: Any, note: Note, where: _Rectangle) -> None:
    wider = _Rectangle(where.left - _MARGIN, where.bottom - _MARGIN, where.right + _MARGIN, where.top + _MARGIN)
    annotation = _created(engine, page, _SQUARE, wider, note)
    engine.FPDFAnnot_SetBorder(annotation, 0.0, 0.0, 1.5)
    # Read out where the frame is met, and shown where somebody points at it.
    _say(engine, annotation, b"Contents", note.text)
    engine.FPDFPage_CloseAnnot(annotation)


def _created(engine: Any, page: Any, kind: int, where: _Rectangle, note: Note) -> Any:
    annotation = engine.FPDFPage_CreateAnnot(page, kind)
    box = engine.FS_RECTF(left=where.left, top=where.top, right=where.right, bottom=where.bottom)
    engine.FPDFAnnot_SetRect(annotation, ctypes.byref(box))
    engine.FPDFAnnot_SetColor(annotation, 0, *_COLOURS[note.errors], 255)
    engine.FPDFAnnot_SetFlags(annotation, _PRINTED)
    _say(engine, annotation, b"T", AUTHOR)
    return annotation


def _say(engine: Any, annotation: Any, key: bytes, text: str) -> None:
    encoded = (text + "\0").encode("utf-16-le")
    buffer = (ctypes.c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded)
    engine.FPDFAnnot_SetStringValue(annotation, key, buffer)
