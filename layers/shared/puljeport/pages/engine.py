"""PDFium, as far as pages are looked at: where each letter stands, which form fields a blank has, and where ink is.

The engine of Chrome, by its C interface (pypdfium2's raw bindings; fpdfview.h, fpdf_text.h, fpdf_annot.h).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

MAX_LETTERS = 100_000
"""Of one document; a page of small print has some 4,000."""
MAX_ANNOTATIONS = 20_000
MAX_TEXT = 2_000
"""Characters of a name or a label."""
MAX_PIXELS = 4_000_000
DARK = 160
"""Grey values (of 255) below this are ink. The blank's fields are 243, their edges 138, its letters about 33."""

_WIDGET = 20
_CHECK_BOX, _RADIO, _LIST, _OPEN_LIST = 2, 3, 4, 5
_MULTILINE = 1 << 12
_RIGHT = 2
_INVISIBLE = 3
_GREY, _WHITE, _DRAW_NOTES = 1, 0xFFFFFFFF, 1
_HYPHENS = {"\x02", "\ufffe"}
"""What the engine makes of a hyphen at the end of a line."""
_INK = bytes(value < DARK for value in range(256))

type Rectangle = tuple[float, float, float, float]
"""Left, bottom, right, top in points; the origin is the page's lower left corner."""


class TooMuch(Exception):
    """A document has more on its pages than is looked at."""


class Letter(NamedTuple):
    """One character: where its base line begins, and its box. `run` and `font` are equal for letters that were drawn in
    one go, and with one font; `cut` says that part of that run is drawn outside of what is shown; `sure` that the file
    says which character it is."""

    text: str
    origin: complex
    box: Rectangle
    run: int
    font: int
    cut: bool
    sure: bool


class Widget(NamedTuple):
    """A form field of a blank. `on` is the state of a button when it is pressed; `lines`: has several of them;
    `listed`: has an arrow at its right; `right`: is filled in from the right."""

    name: str
    label: str
    button: bool
    radio: bool
    on: str
    lines: bool
    listed: bool
    right: bool
    box: Rectangle


@cache
def library() -> Any:
    """The engine's own functions, set up so that it looks for nothing outside a file."""
    # Imported when first needed: 0.05 s that only the first PDF should pay.
    import pypdfium2_raw as engine  # noqa: PLC0415

    # No folders to look for fonts in: nothing outside the file is to be opened.
    nowhere = (ctypes.POINTER(ctypes.c_char) * 1)()
    settings = engine.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=nowhere)
    engine.FPDF_InitLibraryWithConfig(ctypes.byref(settings))
    return engine


class Document:
    """A document with its form, open until it is closed."""

    def __init__(self, data: bytes) -> None:
        self._engine = engine = library()
        self._data = data  # the engine reads from it as long as the document is open
        self._document = engine.FPDF_LoadMemDocument64(data, len(data), None)
        self.count = engine.FPDF_GetPageCount(self._document) if self._document else 0

    @contextmanager
    def page(self, number: int) -> Iterator[Page]:
        """A page (from 0), laid out."""
        handle = self._engine.FPDF_LoadPage(self._document, number)
        try:
            yield Page(self._engine, handle)
        finally:
            if handle:
                self._engine.FPDF_ClosePage(handle)

    def widgets(self) -> list[list[Widget]]:
        """The form fields of each page, in the order of the page."""
        engine = self._engine
        callbacks = engine.FPDF_FORMFILLINFO(version=1)
        form = engine.FPDFDOC_InitFormFillEnvironment(self._document, ctypes.byref(callbacks))
        try:
            found = []
            for number in range(self.count):
                with self.page(number) as page:
                    found.append(list(page.widgets(form)))
            return found
        finally:
            engine.FPDFDOC_ExitFormFillEnvironment(form)


class Page:
    """A page that is laid out."""

    def __init__(self, engine: Any, handle: Any) -> None:
        self._engine, self._handle = engine, handle

    def letters(self, limit: int) -> list[Letter]:
        """The characters in the order in which they are drawn; what is drawn invisibly is left out.

        Raises TooMuch where there are more than `limit`.
        """
        engine = self._engine
        text = engine.FPDFText_LoadPage(self._handle) if self._handle else None
        if not text:
            return []
        try:
            count = engine.FPDFText_CountChars(text)
            if count > limit:
                raise TooMuch
            runs = _Runs(engine)
            return [letter for index in range(count) if (letter := _letter(engine, text, index, runs))]
        finally:
            engine.FPDFText_ClosePage(text)

    def widgets(self, form: Any) -> Iterator[Widget]:
        """The form fields."""
        engine = self._engine
        # Without this the engine does not know what a button is when it is pressed.
        engine.FORM_OnAfterLoadPage(self._handle, form)
        for index in range(min(engine.FPDFPage_GetAnnotCount(self._handle), MAX_ANNOTATIONS)):
            annotation = engine.FPDFPage_GetAnnot(self._handle, index)
            box = engine.FS_RECTF()
            shown = engine.FPDFAnnot_GetRect(annotation, ctypes.byref(box)) and box.right > box.left
            if shown and engine.FPDFAnnot_GetSubtype(annotation) == _WIDGET:
                yield _widget(engine, form, annotation, (box.left, box.bottom, box.right, box.top))
            engine.FPDFPage_CloseAnnot(annotation)
        engine.FORM_OnBeforeClosePage(self._handle, form)

    def picture(self, scale: float) -> Picture:
        """How the page looks with `scale` pixels to a point, or somewhat fewer where it is large.

        Raises TooMuch for a page that is so large that nothing could be made out.
        """
        engine = self._engine
        width, height = engine.FPDF_GetPageWidthF(self._handle), engine.FPDF_GetPageHeightF(self._handle)
        fitting = min(scale, (MAX_PIXELS / max(width * height, 1)) ** 0.5)
        across, down = int(width * fitting), int(height * fitting)
        if fitting < scale / 2 or not 0 < across * down <= MAX_PIXELS:
            raise TooMuch
        pixels = ctypes.create_string_buffer(across * down)
        bitmap = engine.FPDFBitmap_CreateEx(across, down, _GREY, pixels, across)
        engine.FPDFBitmap_FillRect(bitmap, 0, 0, across, down, _WHITE)
        engine.FPDF_RenderPageBitmap(bitmap, self._handle, 0, 0, across, down, 0, _DRAW_NOTES)
        engine.FPDFBitmap_Destroy(bitmap)

        def device(x: float, y: float) -> complex:
            """In thousandths of a pixel, since the engine gives whole numbers."""
            across_, down_, fine = ctypes.c_int(), ctypes.c_int(), 1000
            engine.FPDF_PageToDevice(self._handle, 0, 0, across * fine, down * fine, 0, x, y, across_, down_)
            return complex(across_.value, down_.value) / fine

        corner = device(0, 0)
        steps = (device(100, 0) - corner) / 100, (device(0, 100) - corner) / 100
        return Picture(pixels.raw.translate(_INK), across, down, corner, *steps)


class Picture(NamedTuple):
    """Which pixels of a page are ink (1) and which are not (0).

    `corner` is the pixel of the page's origin (real: from the left, imaginary: from the top), `right` and `up` how far
    it is from there to a point one further.
    """

    ink: bytes
    across: int
    down: int
    corner: complex
    right: complex
    up: complex

    def share(self, one: complex, other: complex) -> float:
        """The share of ink (0 to 1) in the rectangle between two points of the page; 0 outside of the page."""
        first, second = (self.corner + point.real * self.right + point.imag * self.up for point in (one, other))
        left, right = _between(first.real, second.real, self.across)
        top, bottom = _between(first.imag, second.imag, self.down)
        area = (right - left) * (bottom - top)
        rows = range(top * self.across, bottom * self.across, self.across)
        return sum(self.ink.count(1, row + left, row + right) for row in rows) / area if area else 0.0


def _between(one: float, other: float, most: int) -> tuple[int, int]:
    first, second = sorted((one, other))
    return min(max(round(first), 0), most), min(max(round(second), 0), most)


_UNKNOWN = 0xFFFD
_MISDRAWN = frozenset(chr(ord(each) & 0xFF) for each in "†‡•‚„‹›")
"""What PDFium draws in a font of its own for signs that it misses in a field's: the lower half of their numbers."""


class _Runs:
    """What is known of the objects that letters are drawn by."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._known: dict[int, tuple[int, int, bool, bool, bool]] = {}

    def of(self, drawn: Any) -> tuple[int, int, bool, bool, bool]:
        """A number for the object and one for its font, whether that is in the file, whether the object is cut, and
        whether it is invisible."""
        address = _address(drawn)
        if address not in self._known:
            engine = self._engine
            # The engine drops a clip that contains the whole of what it clips.
            cut = engine.FPDFClipPath_CountPaths(engine.FPDFPageObj_GetClipPath(drawn)) > 0
            unseen = engine.FPDFTextObj_GetTextRenderMode(drawn) == _INVISIBLE
            font = engine.FPDFTextObj_GetFont(drawn)
            own = bool(font) and engine.FPDFFont_GetIsEmbedded(font) == 1
            self._known[address] = (len(self._known), _address(font), own, cut, unseen)
        return self._known[address]


def _address(handle: Any) -> int:
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


def _letter(engine: Any, text: Any, index: int, runs: _Runs) -> Letter | None:
    if engine.FPDFText_IsGenerated(text, index):
        return None
    drawn = engine.FPDFText_GetTextObject(text, index)
    code = engine.FPDFText_GetUnicode(text, index)
    if not drawn or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        return None
    run, font, own, cut, unseen = runs.of(drawn)
    if unseen:
        return None
    x, y, box = ctypes.c_double(), ctypes.c_double(), engine.FS_RECTF()
    engine.FPDFText_GetCharOrigin(text, index, x, y)
    engine.FPDFText_GetLooseCharBox(text, index, box)
    hyphen = chr(code) in _HYPHENS
    sign = "-" if hyphen else chr(code)
    told = code >= 32 and code != _UNKNOWN and not engine.FPDFText_HasUnicodeMapError(text, index)
    sure = hyphen or (told and (own or sign not in _MISDRAWN))
    where = (box.left, box.bottom, box.right, box.top)
    return Letter(sign, complex(x.value, y.value), where, run, font, cut, sure)


def _widget(engine: Any, form: Any, annotation: Any, box: Rectangle) -> Widget:
    def ask(question: Any) -> str:
        size = min(question(form, annotation, None, 0), 2 * MAX_TEXT)
        buffer = (ctypes.c_ushort * (size // 2 + 1))()
        question(form, annotation, buffer, size)
        return bytes(buffer)[:size].decode("utf-16-le", "replace").rstrip("\0")

    kind = engine.FPDFAnnot_GetFormFieldType(form, annotation)
    side = ctypes.c_float()
    engine.FPDFAnnot_GetNumberValue(annotation, b"Q", side)
    return Widget(
        name=ask(engine.FPDFAnnot_GetFormFieldName),
        label=ask(engine.FPDFAnnot_GetFormFieldAlternateName),
        button=kind in (_CHECK_BOX, _RADIO),
        radio=kind == _RADIO,
        on=ask(engine.FPDFAnnot_GetFormFieldExportValue) if kind in (_CHECK_BOX, _RADIO) else "",
        lines=bool(engine.FPDFAnnot_GetFormFieldFlags(form, annotation) & _MULTILINE),
        listed=kind in (_LIST, _OPEN_LIST),
        right=side.value == _RIGHT,
        box=box,
    )
