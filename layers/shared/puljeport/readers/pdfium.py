"""PDFium, as far as a reader of forms needs it: the form fields of a document, without looking at a page.

The engine of Chrome, by its C interface (pypdfium2's raw bindings; fpdfview.h, fpdf_save.h, fpdf_annot.h). It is built
without JavaScript and XFA, is given no way to reach outside, and never told to run a document's actions.

It gives the fields of a page only after laying the page out, and a file of 2 kB whose drawings contain each other can
keep it busy for ever. So a document is opened twice: first to be written out anew, every object plainly, and then from
that copy with all streams emptied. What was drawn is gone; fields, names and values are no streams.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from puljeport.errors import Unreadable
from puljeport.pages.engine import library
from puljeport.problems import problem
from puljeport.readers import pdfbounds
from puljeport.readers.bounds import MAX_TEXT, too_much_text

MAX_PAGES = 500
MAX_FIELDS = 20_000
MAX_SECONDS = 10
"""After which no further page is begun."""
MAX_NAME = 1_000
MAX_WRITTEN = 64 << 20
"""Bytes of a document written out plainly."""

_USUAL = 256
"""Characters of a text that is had at the first asking."""
_PASSWORD = 4
_ANEW = 2
_WIDGET = 20
_CHECK_BOX, _RADIO, _LIST, _OPEN_LIST, _TEXT = 2, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Widget:
    """One form field on a page (from 1). The value of buttons is the state of the one that is pressed, or `Off`."""

    page: int
    name: str
    label: str
    button: bool
    radio: bool
    value: str


class Document:
    """An open document with its form."""

    def __init__(self, engine: Any, document: Any, form: Any) -> None:
        self._engine, self._document, self._form = engine, document, form

    @property
    def is_xfa(self) -> bool:
        """Whether it is an XFA form, whole or in part."""
        return self._engine.FPDF_GetFormType(self._document) in (2, 3)

    def about(self, name: str) -> str:
        """The text of an entry of the document's information, empty if there is none."""

        def get(buffer: Any, size: int) -> int:
            return int(self._engine.FPDF_GetMetaText(self._document, name.encode(), buffer, size))

        return text(get, MAX_NAME)

    def widgets(self) -> Iterator[Widget]:
        """The form fields, page by page. Raises Unreadable where there are too many, or it takes too long."""
        began, count = time.monotonic(), 0
        pages = self._engine.FPDF_GetPageCount(self._document)
        if pages > MAX_PAGES:
            raise Unreadable(problem("too_many_parts"))
        for number in range(pages):
            if time.monotonic() - began > MAX_SECONDS:
                raise Unreadable(problem("zip_bomb"))
            for widget in self._on_page(number):
                count += 1
                if count > MAX_FIELDS:
                    raise Unreadable(problem("too_many_parts"))
                yield widget

    def _on_page(self, number: int) -> Iterator[Widget]:
        engine = self._engine
        page = engine.FPDF_LoadPage(self._document, number)
        if not page:
            return
        try:
            for index in range(min(engine.FPDFPage_GetAnnotCount(page), MAX_FIELDS + 1)):
                annotation = engine.FPDFPage_GetAnnot(page, index)
                if not annotation:
                    continue
                try:
                    if engine.FPDFAnnot_GetSubtype(annotation) == _WIDGET:
                        widget = self._widget(annotation, number + 1)
                        if widget is not None:
                            yield widget
                finally:
                    engine.FPDFPage_CloseAnnot(annotation)
        finally:
            engine.FPDF_ClosePage(page)

    def _widget(self, annotation: Any, page: int) -> Widget | None:
        engine, form = self._engine, self._form

        def ask(question: Any, limit: int) -> str:
            return text(lambda buffer, size: int(question(form, annotation, buffer, size)), limit)

        kind = engine.FPDFAnnot_GetFormFieldType(form, annotation)
        if kind not in (_CHECK_BOX, _RADIO, _LIST, _OPEN_LIST, _TEXT):
            return None
        name = ask(engine.FPDFAnnot_GetFormFieldName, MAX_NAME)
        label = ask(engine.FPDFAnnot_GetFormFieldAlternateName, MAX_NAME)
        value = ask(engine.FPDFAnnot_GetFormFieldValue, MAX_TEXT)
        return Widget(page, name, label, kind in (_CHECK_BOX, _RADIO), kind == _RADIO, value)


def text(get: Callable[[Any, int], int], limit: int) -> str:
    """A text of the engine's, which tells the size of one that the buffer is too small for, and leaves it alone then.

    Raises Unreadable for a text beyond `limit`.
    """
    buffer = (ctypes.c_ushort * _USUAL)()
    size = get(buffer, 2 * _USUAL)
    if size > 2 * limit + 2:
        raise too_much_text()
    if size <= 2:
        return ""
    if size > 2 * _USUAL:
        buffer = (ctypes.c_ushort * (size // 2 + 1))()
        get(buffer, size)
    text = bytes(buffer)[:size].decode("utf-16-le", "replace").rstrip("\0")
    return text.replace("\r\n", "\n").replace("\r", "\n")


@contextmanager
def opened(data: bytes) -> Iterator[Document]:
    """The document in `data`. Raises Unreadable for one that needs a password or is damaged beyond reading."""
    engine = library()
    with loaded(engine, data) as document:
        if engine.FPDF_GetSecurityHandlerRevision(document) >= 0:
            raise Unreadable(problem("encrypted"))
        plain = written(engine, document)
    with loaded(engine, pdfbounds.emptied(plain)) as document, filling(engine, document) as form:
        yield Document(engine, document, form)


@contextmanager
def filling(engine: Any, document: Any) -> Iterator[Any]:
    """The engine's handle of a document's form. Raises Unreadable where there is none to be had."""
    # The engine keeps a pointer to these as long as the form is open.
    callbacks = engine.FPDF_FORMFILLINFO(version=1)
    form = engine.FPDFDOC_InitFormFillEnvironment(document, ctypes.byref(callbacks))
    if not form:
        raise Unreadable(problem("bad_pdf"))
    try:
        yield form
    finally:
        engine.FPDFDOC_ExitFormFillEnvironment(form)


@contextmanager
def loaded(engine: Any, data: bytes) -> Iterator[Any]:
    """The engine's handle of a document. Raises Unreadable where it cannot be opened."""
    document = engine.FPDF_LoadMemDocument64(data, len(data), None)
    if not document:
        code = "encrypted" if engine.FPDF_GetLastError() == _PASSWORD else "bad_pdf"
        raise Unreadable(problem(code))
    try:
        yield document
    finally:
        engine.FPDF_CloseDocument(document)


def written(engine: Any, document: Any) -> bytes:
    """A document written out anew, every object plainly. Raises Unreadable beyond `MAX_WRITTEN`."""
    parts: list[bytes] = []
    size = 0

    def take(_: Any, address: int, length: int) -> int:
        nonlocal size
        size += length
        parts.append(ctypes.string_at(address, length))
        return int(size <= MAX_WRITTEN)

    block = dict(engine.FPDF_FILEWRITE._fields_)["WriteBlock"](take)
    done = engine.FPDF_SaveAsCopy(document, engine.FPDF_FILEWRITE(version=1, WriteBlock=block), _ANEW)
    if size > MAX_WRITTEN:
        raise Unreadable(problem("zip_bomb"))
    if not done:
        raise Unreadable(problem("bad_pdf"))
    return b"".join(parts)
