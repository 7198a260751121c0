"""Forms as OpenDocument texts (ODT): what LibreOffice and others make of a DOCX blank that is saved as .odt.

LibreOffice 7.4 keeps no tag of a control, so that bookmarks, hidden ids and labels serve; later ones keep the tags too.
odfpy was considered: it builds whole trees, reads no controls, and takes six times as long.
"""

from __future__ import annotations

from puljeport import marks
from puljeport.rawforms import TICKED, UNTICKED, RawForm, Way
from puljeport.readers import odf
from puljeport.readers.bounds import too_much_text
from puljeport.readers.odf import LIBREOFFICE, OFFICE, STYLE, TABLE, TEXT, Inline, whole
from puljeport.readers.pageform import PageForm
from puljeport.readers.slots import MAX_KEYS, Piece, Slot
from puljeport.readers.walk import Begin, End, Walk
from puljeport.readers.wordtext import MAX_ELEMENTS, MAX_KEPT, Paragraph, Row, Table

MAX_SPAN = 64
MAX_STYLES = 20_000

_DROPPED = (f"{TEXT} tracked-changes", f"{OFFICE} annotation", f"{OFFICE} annotation-end", f"{TEXT} note")
_CONTROL = f"{LIBREOFFICE} content-control"
_NAME, _STYLE_NAME, _SPANNED = f"{TEXT} name", f"{TEXT} style-name", f"{TABLE} number-columns-spanned"


def sniff(data: bytes) -> bool:
    """Whether the file is a zip that begins by saying that it is an OpenDocument text."""
    return data.startswith(b"PK\x03\x04") and b"opendocument.text" in data[:200]


def read(data: bytes) -> RawForm:
    """The form in an ODT file. Raises Unreadable."""
    package = odf.opened(data, "bad_odt", MAX_ELEMENTS)
    text = OdtText()
    package.parse("styles.xml", text.styles.get, lambda _: None)
    package.parse("content.xml", text.begins.get, text.ends.get, text.chars, text.started)
    form = PageForm()
    for block in text.blocks:
        form.add(block)
    about = odf.properties(package)
    return RawForm("odt", about.call, about.version, tuple(form.fields), tuple(form.tables))


class OdtText:
    """Builds `blocks` in one pass over a content part, after one over the styles that it shares with others."""

    def __init__(self) -> None:
        self.blocks: list[Paragraph | Table] = []
        self._hidden_styles: set[str] = set()
        self._named = ""
        self._kept = self._tables = self._paragraphs = self._header = self._covered = 0
        self._table: Table | None = None
        self._row: Row | None = None
        self._slot: Slot | None = None
        self._cell = False
        self._heading = False
        self._spans: list[bool] = []
        self._bookmarks: dict[str, None] = {}
        self._controls: list[tuple[str | None, bool]] = []
        self._inline = Inline(self._emit)
        self.styles: dict[str, Begin] = {f"{STYLE} style": self._style, f"{STYLE} text-properties": self._properties}
        self.begins: dict[str, Begin] = {
            **self.styles, **dict.fromkeys(_DROPPED, self._drop), f"{TEXT} p": self._begin_paragraph,
            f"{TEXT} h": self._begin_heading, f"{TEXT} span": self._begin_span,
            f"{TEXT} bookmark-start": self._begin_bookmark, f"{TEXT} bookmark": self._bookmark,
            f"{TEXT} bookmark-end": self._end_bookmark, _CONTROL: self._begin_control, f"{TEXT} s": self._spaces,
            f"{TEXT} tab": self._tab, f"{TEXT} line-break": self._break, f"{TABLE} table": self._begin_table,
            f"{TABLE} table-header-rows": self._begin_header, f"{TABLE} table-row": self._begin_row,
            f"{TABLE} table-cell": self._begin_cell, f"{TABLE} covered-table-cell": self._cover,
        }  # fmt: skip
        self.ends: dict[str, End] = {
            f"{TEXT} p": self._end_paragraph, f"{TEXT} h": self._end_paragraph, f"{TEXT} span": self._end_span,
            _CONTROL: self._end_control, f"{TABLE} table": self._end_table,
            f"{TABLE} table-header-rows": self._end_header, f"{TABLE} table-row": self._end_row,
            f"{TABLE} table-cell": self._end_cell,
        }  # fmt: skip

    def started(self, walk: Walk) -> None:
        """The walk over the content begins."""
        self._walk = walk

    def chars(self, text: str) -> None:
        """Text, of which only that of paragraphs counts."""
        if self._paragraphs:
            self._inline.chars(text)

    def _drop(self, _attributes: dict[str, str]) -> None:
        self._walk.skip()

    # -- styles of text that is not shown --

    def _style(self, attributes: dict[str, str]) -> None:
        self._named = attributes.get(f"{STYLE} name", "")

    def _properties(self, attributes: dict[str, str]) -> None:
        if attributes.get(f"{TEXT} display") == "none" and len(self._hidden_styles) < MAX_STYLES:
            self._hidden_styles.add(self._named)

    def _keep(self) -> None:
        self._kept += 1
        if self._kept > MAX_KEPT:
            raise too_much_text()

    # -- text --

    def _emit(self, text: str) -> None:
        slot = self._slot
        if slot is None or any([muted for _, muted in self._controls[-MAX_KEYS:]]):  # noqa: C419 - quicker than one by one
            return
        self._keep()
        around = [key for key, _ in self._controls[-MAX_KEYS:] if key in slot.names]
        around += [key for key in self._bookmarks if key in slot.names]
        slot.pieces.append(Piece(text, tuple(dict.fromkeys(around)), True in self._spans[-MAX_KEYS:]))

    def _begin_paragraph(self, _attributes: dict[str, str], *, heading: bool = False) -> None:
        self._paragraphs += 1
        self._inline.begin()
        if self._slot is None:
            self._slot, self._heading = Slot(), heading

    def _begin_heading(self, attributes: dict[str, str]) -> None:
        self._begin_paragraph(attributes, heading=attributes.get(f"{TEXT} outline-level", "1") == "1")

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

    def _spaces(self, attributes: dict[str, str]) -> None:
        if self._paragraphs:
            self._inline.spaces(attributes)

    def _tab(self, _attributes: dict[str, str]) -> None:
        if self._paragraphs:
            self._inline.tab()

    def _break(self, _attributes: dict[str, str]) -> None:
        if self._paragraphs:
            self._inline.line_break()

    # -- marks --

    def _begin_span(self, attributes: dict[str, str]) -> None:
        if self._slot is not None:
            self._spans.append(attributes.get(_STYLE_NAME, "") in self._hidden_styles)

    def _end_span(self) -> None:
        if self._spans:
            self._spans.pop()

    def _bookmark(self, attributes: dict[str, str]) -> str | None:
        """Note a bookmark of ours, and give its key."""
        key = marks.from_bookmark(attributes.get(_NAME, ""))
        if key is None or self._slot is None or len(self._bookmarks) >= MAX_KEYS:
            return None
        self._slot.name(key, Way.BOOKMARK)
        return key

    def _begin_bookmark(self, attributes: dict[str, str]) -> None:
        if (key := self._bookmark(attributes)) is not None:
            self._bookmarks[key] = None

    def _end_bookmark(self, attributes: dict[str, str]) -> None:
        self._bookmarks.pop(marks.from_bookmark(attributes.get(_NAME, "")) or "", None)

    def _begin_control(self, prefixed: dict[str, str]) -> None:
        if self._slot is None:
            return
        attributes = {key.rpartition(" ")[2]: value for key, value in prefixed.items()}
        tag = attributes.get("tag", "")
        key = tag if marks.is_key(tag) else None
        if key:
            self._slot.name(key, Way.TAG)
            if attributes.get("checkbox") == "true":
                self._slot.boxes[key] = TICKED if attributes.get("checked") == "true" else UNTICKED
        self._controls.append((key, attributes.get("showing-place-holder") == "true"))

    def _end_control(self) -> None:
        if self._controls:
            self._controls.pop()

    # -- tables --

    def _begin_table(self, _attributes: dict[str, str]) -> None:
        self._tables += 1
        if self._tables == 1 and self._slot is None:
            self._table = Table()

    def _end_table(self) -> None:
        self._tables -= 1
        if self._tables == 0 and self._table is not None:
            self.blocks.append(self._table)
            self._table = None

    def _is_outer(self) -> bool:
        """Whether the current element is of a table that stands in no other; of others only the text counts."""
        return self._tables == 1 and self._table is not None

    def _begin_header(self, _attributes: dict[str, str]) -> None:
        self._header += self._is_outer()

    def _end_header(self) -> None:
        self._header -= self._is_outer()

    def _begin_row(self, _attributes: dict[str, str]) -> None:
        if self._tables == 1 and self._table is not None:
            self._keep()
            self._row, self._covered = Row(header=self._header > 0), 0
            self._table.rows.append(self._row)

    def _end_row(self) -> None:
        if self._is_outer():
            self._row = None

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        if self._row is not None and self._is_outer():
            self._keep()
            self._slot, self._cell = Slot(), True
            self._slot.span = min(whole(attributes, _SPANNED), MAX_SPAN) or 1
            self._row.cells.append(self._slot)
            self._covered = self._slot.span - 1

    def _end_cell(self) -> None:
        if self._slot is not None and self._is_outer():
            self._slot.find_hidden()
            self._cell = False
            self._forget()

    def _cover(self, attributes: dict[str, str]) -> None:
        """Cells under a merged one: one to the left has them in its span, one above leaves empty cells in its row."""
        if self._row is None or not self._is_outer():
            return
        count = whole(attributes, f"{TABLE} number-columns-repeated")
        beside = min(count, self._covered)
        self._covered -= beside
        for _ in range(min(count - beside, MAX_SPAN)):
            self._keep()
            self._row.cells.append(Slot())
