"""From WordprocessingML to paragraphs and tables whose texts know which marks stand around them.

Follows ISO/IEC 29500-1 (transitional and strict) and the checkbox of [MS-DOCX] 2.6.1. What an applicant sees counts:
insertions are read and deletions are not, a text box is read once, a placeholder is nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from puljeport import marks
from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.rawforms import TICKED, UNTICKED, Way
from puljeport.readers.bounds import too_much_text
from puljeport.readers.package import Position
from puljeport.readers.slots import MAX_KEYS, Piece, Slot, with_key

MAX_ELEMENTS = 400_000
MAX_KEPT = 100_000
"""Cells, rows and pieces of text held in memory at once."""

_MAIN = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_WORD_2010 = "http://schemas.microsoft.com/office/word/2010/wordml"
_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"

_LOCALS = (
    "bookmarkEnd", "bookmarkStart", "br", "cr", "del", "gridSpan", "moveFrom", "noBreakHyphen", "outlineLvl", "p",
    "pPr", "pStyle", "r", "rPr", "sdt", "sdtContent", "sdtPr", "showingPlcHdr", "sym", "t", "tab", "tag", "tbl",
    "tblHeader", "tc", "tcPr", "tr", "trPr", "vanish",
)  # fmt: skip
_KINDS = {f"{namespace} {local}": local for namespace in _MAIN for local in _LOCALS}
_KINDS |= {f"{_WORD_2010} checked": "checked", f"{_COMPATIBILITY} Fallback": "Fallback"}
_NAMES = {
    local: tuple(f"{namespace} {local}" for namespace in (*_MAIN, _WORD_2010))
    for local in ("char", "id", "name", "val")
}
_DROPPED = frozenset({"del", "moveFrom", "Fallback"})
_OFF = frozenset({"0", "false", "off"})
# Check boxes drawn with the symbol fonts Wingdings and Wingdings 2.
_SYMBOLS = dict.fromkeys(("f051", "f052", "f054", "f078", "f0fd", "f0fe"), TICKED) | dict.fromkeys(
    ("f02a", "f06f", "f0a3", "f0a8"), UNTICKED
)


@dataclass(slots=True)
class Paragraph:
    """A paragraph outside tables. `heading`: it begins a section."""

    slot: Slot
    heading: bool


@dataclass(slots=True)
class Row:
    """A row of a table. `header`: marked to be repeated on every page."""

    cells: list[Slot] = field(default_factory=list)
    header: bool = False
    deleted: bool = False


@dataclass(slots=True)
class Table:
    """A table that stands in no other; what a cell holds of further tables is part of its text."""

    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Control:
    key: str | None = None
    placeholder: bool = False
    box: str | None = None
    slot: Slot | None = None


class WordText:
    """Builds `blocks` in one pass over a main document part. `headings`: ids of the section heading styles."""

    def __init__(self, headings: frozenset[str]) -> None:
        self.blocks: list[Paragraph | Table] = []
        self._position: Position | None = None
        self._headings = headings
        self._elements = self._kept = self._skipped = 0
        self._path: list[str] = []
        self._table: Table | None = None
        self._row: Row | None = None
        self._slot: Slot | None = None
        self._nested = self._rows = self._cells = self._paragraphs = self._muted = 0
        self._heading = self._hidden = False
        self._text: list[str] | None = None
        self._controls: list[_Control] = []
        self._bookmarks: dict[str, str] = {}
        self._pending: list[tuple[str, Way]] = []
        self._known = {
            name: (kind, getattr(self, f"_start_{kind}", None), getattr(self, f"_end_{kind}", None))
            for name, kind in _KINDS.items()
        }

    def located(self, position: Position) -> None:
        """Note where slots begin, by asking `position`."""
        self._position = position

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Unreadable(problem("zip_bomb"))
        # Most elements of a document say how things look: nothing is known of them, and nothing done.
        known = self._known.get(name)
        if known is None:
            return
        kind, begin, _ = known
        if self._skipped or kind in _DROPPED:
            self._skip(kind)
            return
        if begin is not None:
            begin(attributes)
        self._path.append(kind)

    def _skip(self, kind: str) -> None:
        if not self._skipped and kind == "del" and self._parent() == "trPr" and self._row is not None:
            self._row.deleted = True
        self._skipped += 1

    def end(self, name: str) -> None:
        """An element ends."""
        known = self._known.get(name)
        if known is None:
            return
        if self._skipped:
            self._skipped -= 1
            return
        self._path.pop()
        if known[2] is not None:
            known[2]()

    def chars(self, text: str) -> None:
        """Text, of which only that of `w:t` counts."""
        if self._text is not None and not self._skipped:
            self._text.append(text)

    def _parent(self) -> str:
        return self._path[-1] if self._path else ""

    def _keep(self) -> None:
        self._kept += 1
        if self._kept > MAX_KEPT:
            raise too_much_text()

    # -- text --

    def _emit(self, text: str, *, own: str | None = None) -> None:
        if self._slot is None or self._muted or not text:
            return
        self._keep()
        around = (*(control.key for control in self._controls if control.key), *self._bookmarks.values())
        keys = tuple(dict.fromkeys(key for key in around if key in self._slot.names))
        self._slot.pieces.append(Piece(text, with_key(keys, own), self._hidden))

    def _start_t(self, _attributes: dict[str, str]) -> None:
        self._text = []

    def _end_t(self) -> None:
        text, self._text = "".join(self._text or ()), None
        self._emit(text)

    def _start_tab(self, _attributes: dict[str, str]) -> None:
        if self._parent() == "r":  # elsewhere it is a tab stop of the layout
            self._emit(" ")

    def _start_br(self, _attributes: dict[str, str]) -> None:
        self._emit("\n")

    _start_cr = _start_br

    def _start_noBreakHyphen(self, _attributes: dict[str, str]) -> None:  # noqa: N802 - named as the element
        self._emit("-")

    def _start_sym(self, attributes: dict[str, str]) -> None:
        self._emit(_SYMBOLS.get((_value(attributes, "char") or "").lower(), ""))

    def _start_r(self, _attributes: dict[str, str]) -> None:
        self._hidden = False

    def _end_r(self) -> None:
        self._hidden = False

    def _start_vanish(self, attributes: dict[str, str]) -> None:
        if self._path[-2:] == ["r", "rPr"]:
            self._hidden = _on(attributes)

    # -- marks --

    def _name(self, key: str, way: Way) -> None:
        if self._slot is not None:
            self._slot.name(key, way)
        elif len(self._pending) < MAX_KEYS:  # a control around whole cells or paragraphs
            self._pending.append((key, way))

    def _claim(self, slot: Slot) -> None:
        for key, way in self._pending:
            slot.name(key, way)
        self._pending.clear()
        for control in self._controls:
            control.slot = control.slot or slot

    def _start_sdt(self, _attributes: dict[str, str]) -> None:
        self._controls.append(_Control())

    def _start_tag(self, attributes: dict[str, str]) -> None:
        value = _value(attributes, "val") or ""
        if self._parent() == "sdtPr" and self._controls and marks.is_key(value):
            self._controls[-1].key = value

    def _start_showingPlcHdr(self, attributes: dict[str, str]) -> None:  # noqa: N802 - named as the element
        if self._parent() == "sdtPr" and self._controls:
            self._controls[-1].placeholder = _on(attributes)

    def _start_checked(self, attributes: dict[str, str]) -> None:
        if self._controls:
            self._controls[-1].box = TICKED if _on(attributes) else UNTICKED

    def _start_sdtContent(self, _attributes: dict[str, str]) -> None:  # noqa: N802 - named as the element
        if not self._controls:
            return
        control = self._controls[-1]
        control.slot = self._slot
        if control.key:
            self._name(control.key, Way.TAG)
        if control.box and self._slot is not None:
            if control.key:
                self._slot.boxes[control.key] = control.box
            self._emit(control.box)
        self._muted += control.placeholder or control.box is not None

    def _end_sdtContent(self) -> None:  # noqa: N802 - named as the element
        if self._controls:
            control = self._controls[-1]
            self._muted = max(0, self._muted - (control.placeholder or control.box is not None))

    def _end_sdt(self) -> None:
        control = self._controls.pop()
        if self._cells == 0 and self._paragraphs == 0 and control.slot is not None and control.slot is self._slot:
            self._close_paragraph()

    def _start_bookmarkStart(self, attributes: dict[str, str]) -> None:  # noqa: N802 - named as the element
        key = marks.from_bookmark(_value(attributes, "name") or "")
        if key and len(self._bookmarks) < MAX_KEYS:
            self._bookmarks[_value(attributes, "id") or ""] = key
            self._name(key, Way.BOOKMARK)

    def _start_bookmarkEnd(self, attributes: dict[str, str]) -> None:  # noqa: N802 - named as the element
        self._bookmarks.pop(_value(attributes, "id") or "", None)

    # -- paragraphs --

    def _start_p(self, _attributes: dict[str, str]) -> None:
        self._paragraphs += 1
        if self._paragraphs == 1 and self._table is None and self._slot is None:
            self._slot, self._heading = Slot(), False
            self._claim(self._slot)
        if self._position is not None and self._slot is not None and self._slot.at is None:
            self._slot.at = self._position()

    def _end_p(self) -> None:
        self._paragraphs -= 1
        held = any(control.slot is self._slot and control.key for control in self._controls)
        if self._cells or self._paragraphs or held:
            self._emit("\n")
        elif self._table is None:
            self._close_paragraph()

    def _close_paragraph(self) -> None:
        if self._slot is not None and (self._slot.pieces or self._slot.names):
            self._keep()
            self._slot.find_hidden()
            self.blocks.append(Paragraph(self._slot, self._heading))
        self._slot = None
        self._bookmarks.clear()

    def _start_pStyle(self, attributes: dict[str, str]) -> None:  # noqa: N802 - named as the element
        self._heading |= self._parent() == "pPr" and _value(attributes, "val") in self._headings

    def _start_outlineLvl(self, attributes: dict[str, str]) -> None:  # noqa: N802 - named as the element
        self._heading |= self._parent() == "pPr" and _value(attributes, "val") == "0"

    # -- tables --

    def _start_tbl(self, _attributes: dict[str, str]) -> None:
        if self._paragraphs == self._cells == 0 and self._table is None:
            self._close_paragraph()
            self._pending.clear()
        if self._table is not None or self._slot is not None:
            self._nested += 1
        else:
            self._table = Table()

    def _end_tbl(self) -> None:
        if self._nested:
            self._nested -= 1
        elif self._table is not None:
            self.blocks.append(self._table)
            self._table = None

    def _start_tr(self, _attributes: dict[str, str]) -> None:
        self._rows += 1
        if self._rows == 1 and self._table is not None:
            self._keep()
            self._row = Row()
            self._table.rows.append(self._row)

    def _end_tr(self) -> None:
        self._rows -= 1
        if self._rows == 0:
            self._row = None
            self._pending.clear()

    def _start_tc(self, _attributes: dict[str, str]) -> None:
        self._cells += 1
        if self._cells == 1 and self._row is not None:
            self._keep()
            self._slot = Slot()
            self._row.cells.append(self._slot)
            self._bookmarks.clear()
            self._claim(self._slot)

    def _end_tc(self) -> None:
        self._cells -= 1
        if self._cells == 0 and self._row is not None and self._slot is not None:
            self._slot.find_hidden()
            self._slot = None

    def _start_gridSpan(self, attributes: dict[str, str]) -> None:  # noqa: N802 - named as the element
        value = _value(attributes, "val") or ""
        if (
            self._parent() == "tcPr"
            and self._cells == 1
            and self._slot is not None
            and re.fullmatch("[1-9][0-9]?", value)
        ):
            self._slot.span = int(value)

    def _start_tblHeader(self, attributes: dict[str, str]) -> None:  # noqa: N802 - named as the element
        if self._parent() == "trPr" and self._rows == 1 and self._row is not None:
            self._row.header = _on(attributes)


def _value(attributes: dict[str, str], local: str) -> str | None:
    for name in _NAMES[local]:
        if (value := attributes.get(name)) is not None:
            return value
    return None


def _on(attributes: dict[str, str]) -> bool:
    return _value(attributes, "val") not in _OFF
