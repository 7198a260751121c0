"""Forms as OpenDocument texts (ODT): what LibreOffice and others make of a DOCX blank that is saved as .odt.

LibreOffice 7.4 keeps no tag of a control, so that bookmarks, hidden ids and labels serve; later ones keep the tags too.
odfpy was considered: it builds whole trees, reads no controls, and takes six times as long.
"""

from __future__ import annotations

from puljeport import marks
from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.rawforms import TICKED, UNTICKED, RawForm, Way
from puljeport.readers import odf
from puljeport.readers.bounds import too_much_text
from puljeport.readers.odf import LIBREOFFICE, OFFICE, STYLE, TABLE, TEXT, Inline, whole
from puljeport.readers.package import Package
from puljeport.readers.pageform import PageForm
from puljeport.readers.slots import MAX_KEYS, Piece, Slot
from puljeport.readers.wordtext import MAX_ELEMENTS, MAX_KEPT, Paragraph, Row, Table

MAX_SPAN = 64
MAX_STYLES = 20_000

_DROPPED = frozenset({f"{TEXT} tracked-changes", f"{OFFICE} annotation", f"{OFFICE} annotation-end", f"{TEXT} note"})
_PARAGRAPHS = frozenset({f"{TEXT} p", f"{TEXT} h"})
_CONTROL = f"{LIBREOFFICE} content-control"


def sniff(data: bytes) -> bool:
    """Whether the file is a zip that begins by saying that it is an OpenDocument text."""
    return data.startswith(b"PK\x03\x04") and b"opendocument.text" in data[:200]


def read(data: bytes) -> RawForm:
    """The form in an ODT file. Raises Unreadable."""
    package = odf.opened(data, "bad_odt")
    text = OdtText(_hidden_styles(package))
    package.parse("content.xml", text.start, text.end, text.chars)
    form = PageForm()
    for block in text.blocks:
        form.add(block)
    about = odf.properties(package)
    return RawForm("odt", about.call, about.version, tuple(form.fields), tuple(form.tables))


def _hidden_styles(package: Package) -> frozenset[str]:
    styles = _Styles()
    for part in ("styles.xml", "content.xml"):
        package.parse(part, styles.start, styles.end, styles.chars)
    return frozenset(styles.hidden)


class _Styles:
    """The styles of text that is not shown."""

    def __init__(self) -> None:
        self.hidden: set[str] = set()
        self._style = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == f"{STYLE} style":
            self._style = attributes.get(f"{STYLE} name", "")
        elif attributes.get(f"{TEXT} display") == "none" and len(self.hidden) < MAX_STYLES:
            self.hidden.add(self._style)

    def end(self, _name: str) -> None:
        """Nothing ends that matters here."""

    def chars(self, _text: str) -> None:
        """Nothing in styles is text."""


class OdtText:
    """Builds `blocks` in one pass over a content part. `hidden`: names of the styles of text that is not shown."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self.blocks: list[Paragraph | Table] = []
        self._hidden_styles = hidden
        self._elements = self._kept = self._skipped = 0
        self._tables = self._paragraphs = self._header = self._covered = 0
        self._table: Table | None = None
        self._row: Row | None = None
        self._slot: Slot | None = None
        self._cell = False
        self._heading = False
        self._spans: list[bool] = []
        self._bookmarks: dict[str, None] = {}
        self._controls: list[tuple[str | None, bool]] = []
        self._inline = Inline(self._emit)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Unreadable(problem("zip_bomb"))
        if self._skipped or name in _DROPPED:
            self._skipped += 1
        elif name in _PARAGRAPHS:
            self._begin_paragraph(name, attributes)
        elif name.startswith(TABLE):
            self._begin_in_table(name.removeprefix(f"{TABLE} "), attributes)
        elif self._slot is not None:
            self._begin_inside(name, attributes)

    def end(self, name: str) -> None:
        """An element ends."""
        if self._skipped:
            self._skipped -= 1
        elif name in _PARAGRAPHS:
            self._end_paragraph()
        elif name.startswith(TABLE):
            self._end_in_table(name.removeprefix(f"{TABLE} "))
        elif name == f"{TEXT} span" and self._spans:
            self._spans.pop()
        elif name == _CONTROL and self._controls:
            self._controls.pop()

    def chars(self, text: str) -> None:
        """Text, of which only that of paragraphs counts."""
        if self._paragraphs and not self._skipped:
            self._inline.chars(text)

    def _keep(self) -> None:
        self._kept += 1
        if self._kept > MAX_KEPT:
            raise too_much_text()

    # -- text --

    def _emit(self, text: str) -> None:
        if self._slot is None or any(muted for _, muted in self._controls[-MAX_KEYS:]):
            return
        self._keep()
        around = (*(key for key, _ in self._controls[-MAX_KEYS:] if key), *self._bookmarks)
        keys = tuple(dict.fromkeys(key for key in around if key in self._slot.names))
        self._slot.pieces.append(Piece(text, keys, any(self._spans[-MAX_KEYS:])))

    def _begin_paragraph(self, name: str, attributes: dict[str, str]) -> None:
        self._paragraphs += 1
        self._inline.begin()
        if self._slot is None:
            self._slot = Slot()
            self._heading = name == f"{TEXT} h" and attributes.get(f"{TEXT} outline-level", "1") == "1"

    def _end_paragraph(self) -> None:
        self._paragraphs -= 1
        if self._cell or self._paragraphs:
            self._emit("\n")
            return
        if self._slot is not None and (self._slot.pieces or self._slot.names):
            self._keep()
            self._slot.find_hidden()
            self.blocks.append(Paragraph(self._slot, self._heading))
        self._forget()

    def _forget(self) -> None:
        self._slot = None
        self._bookmarks.clear()
        self._controls.clear()
        self._spans.clear()

    def _begin_inside(self, name: str, attributes: dict[str, str]) -> None:
        if name == f"{TEXT} span":
            self._spans.append(attributes.get(f"{TEXT} style-name", "") in self._hidden_styles)
        elif name in (f"{TEXT} bookmark-start", f"{TEXT} bookmark"):
            self._begin_bookmark(attributes.get(f"{TEXT} name", ""), open_=name.endswith("start"))
        elif name == f"{TEXT} bookmark-end":
            self._bookmarks.pop(marks.from_bookmark(attributes.get(f"{TEXT} name", "")) or "", None)
        elif name == _CONTROL:
            self._begin_control({key.rpartition(" ")[2]: value for key, value in attributes.items()})
        elif self._paragraphs:
            self._inline.element(name, attributes)

    def _begin_bookmark(self, name: str, *, open_: bool) -> None:
        key = marks.from_bookmark(name)
        if key and self._slot is not None and len(self._bookmarks) < MAX_KEYS:
            self._slot.name(key, Way.BOOKMARK)
            if open_:
                self._bookmarks[key] = None

    def _begin_control(self, attributes: dict[str, str]) -> None:
        tag = attributes.get("tag", "")
        key = tag if marks.is_key(tag) else None
        if key and self._slot is not None:
            self._slot.name(key, Way.TAG)
            if attributes.get("checkbox") == "true":
                self._slot.boxes[key] = TICKED if attributes.get("checked") == "true" else UNTICKED
        self._controls.append((key, attributes.get("showing-place-holder") == "true"))

    # -- tables --

    def _begin_in_table(self, kind: str, attributes: dict[str, str]) -> None:
        if kind == "table":
            self._tables += 1
            if self._tables == 1 and self._slot is None:
                self._table = Table()
        elif self._tables != 1 or self._table is None:
            return
        elif kind == "table-header-rows":
            self._header += 1
        elif kind == "table-row":
            self._keep()
            self._row, self._covered = Row(header=self._header > 0), 0
            self._table.rows.append(self._row)
        elif kind == "table-cell" and self._row is not None:
            self._keep()
            self._slot, self._cell = Slot(), True
            self._slot.span = min(whole(attributes, f"{TABLE} number-columns-spanned"), MAX_SPAN) or 1
            self._row.cells.append(self._slot)
            self._covered = self._slot.span - 1
        elif kind == "covered-table-cell" and self._row is not None:
            self._cover(self._row, whole(attributes, f"{TABLE} number-columns-repeated"))

    def _cover(self, row: Row, count: int) -> None:
        """Cells under a merged one: one to the left has them in its span, one above leaves empty cells in its row."""
        beside = min(count, self._covered)
        self._covered -= beside
        for _ in range(min(count - beside, MAX_SPAN)):
            self._keep()
            row.cells.append(Slot())

    def _end_in_table(self, kind: str) -> None:
        if kind == "table":
            self._tables -= 1
            if self._tables == 0 and self._table is not None:
                self.blocks.append(self._table)
                self._table = None
        elif self._tables != 1 or self._table is None:
            return
        elif kind == "table-header-rows":
            self._header -= 1
        elif kind == "table-row":
            self._row = None
        elif kind == "table-cell" and self._slot is not None:
            self._slot.find_hidden()
            self._cell = False
            self._forget()
