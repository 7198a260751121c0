"""From WordprocessingML to paragraphs and tables whose texts know which marks stand around them.

Follows ISO/IEC 29500-1 (transitional and strict) and the checkbox of [MS-DOCX] 2.6.1. What an applicant sees counts:
insertions are read and deletions are not, a text box is read once, a placeholder is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from puljeport import marks
from puljeport.rawforms import TICKED, UNTICKED, Way
from puljeport.readers.bounds import too_much_text
from puljeport.readers.slots import MAX_KEYS, Piece, Slot
from puljeport.readers.walk import Begin, End, Walk

MAX_ELEMENTS = 400_000
"""Of all parts of a document that are walked."""
MAX_KEPT = 100_000
"""Cells, rows and pieces of text held in memory at once."""

_MAIN = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_WORD_2010 = "http://schemas.microsoft.com/office/word/2010/wordml"
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_NAMES = {
    local: tuple(f"{namespace} {local}" for namespace in (*_MAIN, _WORD_2010))
    for local in ("char", "id", "name", "styleId", "val")
}
_SPAN = re.compile("[1-9][0-9]?")
_OFF = frozenset({"0", "false", "off"})
# Check boxes drawn with the symbol fonts Wingdings and Wingdings 2.
_SYMBOLS = dict.fromkeys(("f051", "f052", "f054", "f078", "f0fd", "f0fe"), TICKED) | dict.fromkeys(
    ("f02a", "f06f", "f0a3", "f0a8"), UNTICKED
)


def named[T](locals_: dict[str, T]) -> dict[str, T]:
    """What is given by local names, by names in either namespace of WordprocessingML."""
    return {f"{namespace} {local}": each for namespace in _MAIN for local, each in locals_.items()}


_TEXTS = frozenset(named({"t": True}))
_PLACES = named({local: local for local in ("pPr", "r", "rPr", "sdtPr", "tcPr", "trPr")})


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
        self._headings = headings
        self._kept = 0
        self._table: Table | None = None
        self._row: Row | None = None
        self._slot: Slot | None = None
        self._nested = self._rows = self._cells = self._paragraphs = self._muted = 0
        self._heading = self._hidden = False
        self._controls: list[_Control] = []
        self._bookmarks: dict[str, str] = {}
        self._pending: list[tuple[str, Way]] = []
        self.begins: dict[str, Begin] = named(
            {
                "bookmarkEnd": self._end_bookmark, "bookmarkStart": self._begin_bookmark, "br": self._break,
                "cr": self._break, "del": self._delete, "gridSpan": self._span, "moveFrom": self._pass_over,
                "noBreakHyphen": self._hyphen, "outlineLvl": self._outline, "p": self._begin_paragraph,
                "pStyle": self._style, "sdt": self._begin_control, "sdtContent": self._begin_content,
                "showingPlcHdr": self._placeholder, "sym": self._symbol, "tab": self._tab,
                "tag": self._tag, "tbl": self._begin_table, "tblHeader": self._header, "tc": self._begin_cell,
                "tr": self._begin_row, "vanish": self._vanish,
            }
        )  # fmt: skip
        self.begins |= {f"{_WORD_2010} checked": self._checked, _FALLBACK: self._pass_over}
        self.ends: dict[str, End] = named(
            {
                "p": self._end_paragraph, "r": self._end_run, "sdt": self._end_control,
                "sdtContent": self._end_content, "tbl": self._end_table, "tc": self._end_cell,
                "tr": self._end_row,
            }
        )  # fmt: skip

    def started(self, walk: Walk) -> None:
        """The walk begins."""
        self._walk = walk

    def chars(self, text: str) -> None:
        """Text, of which only that of `w:t` counts."""
        if self._walk.open[-1] in _TEXTS:
            self._emit(text)

    def _within(self, *around: str) -> bool:
        """Whether the current element stands in these, the innermost last."""
        names = self._walk.open[-len(around) - 1 : -1]
        return tuple(map(_PLACES.get, names)) == around

    def _keep(self) -> None:
        self._kept += 1
        if self._kept > MAX_KEPT:
            raise too_much_text()

    def _pass_over(self, _attributes: dict[str, str]) -> None:
        self._walk.skip()

    def _delete(self, _attributes: dict[str, str]) -> None:
        if self._row is not None and self._within("trPr"):
            self._row.deleted = True
        self._walk.skip()

    # -- text --

    def _emit(self, text: str) -> None:
        slot = self._slot
        if slot is None or self._muted or not text:
            return
        self._keep()
        slot.pieces.append(Piece(text, self._around(slot.names) if slot.names else (), self._hidden))

    def _around(self, names: Collection[str]) -> tuple[str, ...]:
        """Those of the names that stand around the text, each once."""
        keys = [control.key for control in self._controls if control.key and control.key in names]
        if self._bookmarks:
            keys += [key for key in self._bookmarks.values() if key in names]
        return tuple(keys) if len(keys) < 2 else tuple(dict.fromkeys(keys))

    def _tab(self, _attributes: dict[str, str]) -> None:
        if self._within("r"):  # elsewhere it is a tab stop of the layout
            self._emit(" ")

    def _break(self, _attributes: dict[str, str]) -> None:
        self._emit("\n")

    def _hyphen(self, _attributes: dict[str, str]) -> None:
        self._emit("-")

    def _symbol(self, attributes: dict[str, str]) -> None:
        self._emit(_SYMBOLS.get((value(attributes, "char") or "").lower(), ""))

    def _end_run(self) -> None:
        self._hidden = False

    def _vanish(self, attributes: dict[str, str]) -> None:
        if self._within("r", "rPr"):
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

    def _begin_control(self, _attributes: dict[str, str]) -> None:
        self._controls.append(_Control())

    def _tag(self, attributes: dict[str, str]) -> None:
        key = value(attributes, "val") or ""
        if self._controls and marks.is_key(key) and self._within("sdtPr"):
            self._controls[-1].key = key

    def _placeholder(self, attributes: dict[str, str]) -> None:
        if self._within("sdtPr") and self._controls:
            self._controls[-1].placeholder = _on(attributes)

    def _checked(self, attributes: dict[str, str]) -> None:
        if self._controls:
            self._controls[-1].box = TICKED if _on(attributes) else UNTICKED

    def _begin_content(self, _attributes: dict[str, str]) -> None:
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

    def _end_content(self) -> None:
        if self._controls:
            control = self._controls[-1]
            self._muted = max(0, self._muted - (control.placeholder or control.box is not None))

    def _end_control(self) -> None:
        control = self._controls.pop()
        if self._cells == 0 and self._paragraphs == 0 and control.slot is not None and control.slot is self._slot:
            self._close_paragraph()

    def _begin_bookmark(self, attributes: dict[str, str]) -> None:
        key = marks.from_bookmark(value(attributes, "name") or "")
        if key and len(self._bookmarks) < MAX_KEYS:
            self._bookmarks[value(attributes, "id") or ""] = key
            self._name(key, Way.BOOKMARK)

    def _end_bookmark(self, attributes: dict[str, str]) -> None:
        self._bookmarks.pop(value(attributes, "id") or "", None)

    # -- paragraphs --

    def _begin_paragraph(self, _attributes: dict[str, str]) -> None:
        self._paragraphs += 1
        if self._paragraphs == 1 and self._table is None and self._slot is None:
            self._slot, self._heading = Slot(), False
            self._claim(self._slot)
        if self._slot is not None and self._slot.at is None:
            self._slot.at = self._walk.position()

    def _end_paragraph(self) -> None:
        self._paragraphs -= 1
        if self._cells or self._paragraphs or self._is_held():
            self._emit("\n")
        elif self._table is None:
            self._close_paragraph()

    def _is_held(self) -> bool:
        """Whether a control that has the text begun is still open: its next paragraph belongs to the same answer."""
        return any(control.slot is self._slot and control.key for control in self._controls)

    def _close_paragraph(self) -> None:
        if self._slot is not None and (self._slot.pieces or self._slot.names):
            self._keep()
            self._slot.find_hidden()
            self.blocks.append(Paragraph(self._slot, self._heading))
        self._slot = None
        self._bookmarks.clear()

    def _style(self, attributes: dict[str, str]) -> None:
        self._heading |= value(attributes, "val") in self._headings and self._within("pPr")

    def _outline(self, attributes: dict[str, str]) -> None:
        self._heading |= value(attributes, "val") == "0" and self._within("pPr")

    # -- tables --

    def _begin_table(self, _attributes: dict[str, str]) -> None:
        if self._paragraphs == self._cells == 0 and self._table is None:
            self._close_paragraph()
            self._pending.clear()
        if self._table is not None or self._slot is not None:
            self._nested += 1
        else:
            self._table = Table()

    def _end_table(self) -> None:
        if self._nested:
            self._nested -= 1
        elif self._table is not None:
            self.blocks.append(self._table)
            self._table = None

    def _begin_row(self, _attributes: dict[str, str]) -> None:
        self._rows += 1
        if self._rows == 1 and self._table is not None:
            self._keep()
            self._row = Row()
            self._table.rows.append(self._row)

    def _end_row(self) -> None:
        self._rows -= 1
        if self._rows == 0:
            self._row = None
            self._pending.clear()

    def _begin_cell(self, _attributes: dict[str, str]) -> None:
        self._cells += 1
        if self._cells == 1 and self._row is not None:
            self._keep()
            self._slot = Slot()
            self._row.cells.append(self._slot)
            self._bookmarks.clear()
            self._claim(self._slot)

    def _end_cell(self) -> None:
        self._cells -= 1
        if self._cells == 0 and self._row is not None and self._slot is not None:
            self._slot.find_hidden()
            self._slot = None

    def _span(self, attributes: dict[str, str]) -> None:
        span = value(attributes, "val") or ""
        if self._cells == 1 and self._slot is not None and _SPAN.fullmatch(span) and self._within("tcPr"):
            self._slot.span = int(span)

    def _header(self, attributes: dict[str, str]) -> None:
        if self._within("trPr") and self._rows == 1 and self._row is not None:
            self._row.header = _on(attributes)


def value(attributes: dict[str, str], local: str) -> str | None:
    """The attribute of that local name, in a namespace of Word's; None if there is none."""
    for name in _NAMES[local]:
        if (value := attributes.get(name)) is not None:
            return value
    return None


def _on(attributes: dict[str, str]) -> bool:
    return value(attributes, "val") not in _OFF
