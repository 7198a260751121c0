"""Forms as pages of paragraphs and tables (DOCX, ODT): from what stands on them to fields with their names and places.

A cell that holds one answer is read whole, so that text beside its control is not lost; its names are all that still
stand in it: the control's tag, the bookmark, the hidden `[[id]]`, and the label in the cell before. Rows of a table are
read by position under their header, so that rows added or copied by hand count like the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from puljeport import marks
from puljeport.rawforms import TICKED, UNTICKED, Name, RawCell, RawField, RawTable, Spot, Way
from puljeport.readers.bounds import MAX_CELLS, too_much_text
from puljeport.readers.labels import clip, label_names, show
from puljeport.readers.slots import Slot
from puljeport.readers.wordtext import Paragraph, Row, Table
from puljeport.texts import Text

MAX_COLUMNS = 64
MAX_CAPTIONS = 4
"""Paragraphs above a table that may be its label: the label itself, a line of help, the section's introduction."""

_NUMBERED = re.compile(r"(\d{1,3})\.?\s+(.+)", re.DOTALL)
_TICKED = re.compile("[☒☑✓✔✗✘\U0001f5f9]|^[xX](?![^\\W\\d_])")
_BOX_LINE = re.compile("[☐☒☑]\\s*(.*)")
_NEXT_BOX = re.compile("(?<![ \\t])[ \\t]++(?=[☐☒☑])")
_WAYS = tuple(Way)


class PageForm:
    """Collects fields and tables in the order of the document, with the section they stand in."""

    def __init__(self) -> None:
        self.fields: list[RawField] = []
        self.tables: list[RawTable] = []
        self._section: Text | None = None
        self._captions: list[str] = []
        self._cells = 0

    def add(self, block: Paragraph | Table) -> None:
        """Take the next paragraph or table."""
        if isinstance(block, Table):
            rows = [row for row in block.rows if row.cells and not row.deleted]
            if _repeats(rows):
                self._add_table(rows)
            else:
                self._add_pairs(rows)
            self._captions = []
        elif block.slot.names:
            self._add_field(block.slot, None, whole=False)
        elif block.heading:
            self._section, self._captions = _section(block.slot.text()), []
        elif text := block.slot.text():
            self._captions = [*self._captions[-MAX_CAPTIONS + 1 :], text]

    # -- single fields --

    def _add_pairs(self, rows: list[Row]) -> None:
        above: Slot | None = None  # the label of an answer that has the next row for itself
        for row in rows:
            if len(row.cells) == 1:
                above = self._add_stacked(row.cells[0], above)
                continue
            above = None
            for index, slot in enumerate(row.cells):
                if slot.names or index % 2:
                    self._add_field(slot, _label(row.cells[index - 1]) if index else None, whole=index > 0)

    def _add_stacked(self, slot: Slot, above: Slot | None) -> Slot | None:
        if above is None and not slot.names:
            return slot
        self._add_field(slot, _label(above) if above else None, whole=above is not None)
        return None

    def _add_field(self, slot: Slot, label: str | None, *, whole: bool) -> None:
        keys = [key for key in slot.names if len(marks.parts(key)) < 3]
        labels = label_names(label)
        if not keys:
            if labels:
                self._append(labels, _ticked_lines(slot.text()), label, slot)
            return
        for key in keys:
            names = tuple(Name(way, key) for way in _WAYS if way in slot.names[key])
            if len(marks.parts(key)) == 2:
                self._append(names, _tick(slot.text(key)), label, slot)
            else:
                text = slot.text() if whole and len(keys) == 1 else slot.text(key)
                self._append(names + labels, _box(slot, key, text), label or key, slot)
                labels = ()

    def _append(self, names: tuple[Name, ...], text: str, shown: str | None, slot: Slot) -> None:
        place = self._place(f"felt »{show(shown)}«", f"field “{show(shown)}”")
        self.fields.append(RawField(names, RawCell(text, place, slot.spot)))

    def _place(self, da: str, en: str) -> Text:
        if self._section is None:
            return Text(da=da[0].upper() + da[1:], en=en[0].upper() + en[1:])
        return Text(da=f"{self._section.da}, {da}", en=f"{self._section.get('en')}, {en}")

    # -- tables --

    def _add_table(self, rows: list[Row]) -> None:
        header = rows[0] if _is_header(rows[0]) else None
        body = rows[1:] if header else rows
        columns = _columns(header, body)
        self._cells += len(columns) * len(body)
        if self._cells > MAX_CELLS:
            raise too_much_text()
        shown = [show(next((name.key for name in reversed(names)), "")) for names in columns]
        texts = ((number, row, _texts(row, len(columns))) for number, row in enumerate(body, 1))
        filled = tuple(
            tuple(
                RawCell(
                    text,
                    self._place(f"tabel række {number}, kolonne »{column}«", f"table row {number}, column “{column}”"),
                    spot,
                )
                for text, column, spot in zip(said, shown, _spots(row, len(columns)), strict=True)
            )
            for number, row, said in texts
            if any(said)
        )
        place = self._place("tabel", "table")
        self.tables.append(RawTable(self._table_names(rows), columns, filled, place, rows[0].cells[0].spot))

    def _table_names(self, rows: list[Row]) -> tuple[Name, ...]:
        found = dict.fromkeys(
            Name(way, marks.parts(key)[0])
            for slot in chain.from_iterable(row.cells for row in rows)
            for key, ways in slot.names.items()
            if len(marks.parts(key)) == 3
            for way in ways
        )
        labels = dict.fromkeys(chain.from_iterable(label_names(clip(text)) for text in reversed(self._captions)))
        names = (*sorted(found, key=lambda name: _WAYS.index(name.way)), *labels)
        return names[:MAX_COLUMNS] or (Name(Way.LABEL, ""),)


def _repeats(rows: list[Row]) -> bool:
    """Whether a table holds rows of the same columns, rather than labels and answers."""
    if not rows:
        return False
    keys = chain.from_iterable(slot.names for row in rows for slot in row.cells)
    depths = {len(marks.parts(key)) for key in keys}
    if depths:
        return 3 in depths
    return rows[0].header or len(rows[0].cells) > 2


def _is_header(row: Row) -> bool:
    keys = list(chain.from_iterable(slot.names for slot in row.cells))
    return row.header or not keys or any(marks.parts(key)[2:] == ("0",) for key in keys)


def _columns(header: Row | None, body: list[Row]) -> tuple[tuple[Name, ...], ...]:
    widest = header or max(body, key=_width)
    if _width(widest) > MAX_COLUMNS:
        raise too_much_text()
    labels = [_label(slot) if header else None for slot in widest.cells for _ in range(slot.span)]
    found: list[dict[Name, None]] = [{} for _ in labels]
    for row in [header, *body] if header else body:
        for names, (slot, _) in zip(found, _positions(row), strict=False):
            for key, ways in slot.names.items():
                if len(parts := marks.parts(key)) == 3:
                    for way in ways:
                        names[Name(way, parts[1])] = None
    return tuple(
        (*sorted(names, key=lambda name: _WAYS.index(name.way)), *label_names(label)) or (Name(Way.LABEL, ""),)
        for names, label in zip(found, labels, strict=True)
    )


def _width(row: Row) -> int:
    return sum(slot.span for slot in row.cells)


def _positions(row: Row) -> Iterator[tuple[Slot, bool]]:
    """The row's cells by grid position; a merged cell again (with False) at each further position that it covers."""
    for slot in row.cells:
        for index in range(slot.span):
            yield slot, index == 0


def _texts(row: Row, count: int) -> list[str]:
    texts = [slot.text() if first else "" for slot, first in _positions(row)]
    beyond = [text for text in texts[count:] if text]
    texts = [*texts[:count], *[""] * (count - len(texts))]
    if beyond:
        texts[-1] = "\n".join([texts[-1], *beyond]).strip()
    return texts


def _spots(row: Row, count: int) -> list[Spot | None]:
    spots = [slot.spot for slot, _ in _positions(row)][:count]
    return [*spots, *[None] * (count - len(spots))]


# -- names and texts --


def _label(slot: Slot) -> str:
    """The first line of a label's cell; what follows it is guidance."""
    return clip(slot.text().partition("\n")[0])


def _section(text: str) -> Text | None:
    text = clip(text)
    if not text:
        return None
    if match := _NUMBERED.fullmatch(text):
        return Text(da=f"Afsnit {match[1]} »{show(match[2])}«", en=f"Section {match[1]} “{show(match[2])}”")
    return Text(da=f"Afsnit »{show(text)}«", en=f"Section “{show(text)}”")


def _tick(text: str) -> str:
    """The state of a check box from its own text or that of its line, where people may also have typed an x."""
    return TICKED if _TICKED.search(text) else UNTICKED


def _box(slot: Slot, key: str, text: str) -> str:
    """The state of a check box control, or what was written beside an unticked one."""
    if key not in slot.boxes:
        return text
    if slot.boxes[key] == TICKED:
        return TICKED
    return text.replace(UNTICKED, "", 1).strip() or UNTICKED


def _ticked_lines(text: str) -> str:
    """The labels of the ticked lines in a list of check boxes, without explanations; otherwise the text itself.

    Several boxes may stand in one line: `☐ Ja ☒ Nej`. A box that stands alone is ticked or it is not.
    """
    apart = _NEXT_BOX.sub("\n", text) if _BOX_LINE.match(text) else text
    boxes = [box for line in apart.split("\n") if (box := _BOX_LINE.match(line.strip()))]
    if len(boxes) == 1 and "\n" not in apart and boxes[0][0][0] == UNTICKED:
        return UNTICKED
    if len(boxes) < 2 or not _BOX_LINE.match(text):
        return text
    return "\n".join(box[1].strip() for box in boxes if box[0][0] != UNTICKED)
