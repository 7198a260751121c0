"""Forms as PDF files with form fields (AcroForm), filled in with whatever program an applicant has.

A field is known by its name, which every program keeps; where another program made the form anew and gave its own
names, by its tooltip, which is the label. A form that was printed to a new PDF has no fields any more and is refused
here; `readers.printed` reads it, with the blank beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from puljeport import marks
from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.rawforms import TICKED, UNTICKED, Name, RawCell, RawField, RawForm, RawTable, Spot, Way
from puljeport.readers import pdfbounds, pdfium
from puljeport.readers.bounds import MAX_CELLS, too_much_text
from puljeport.readers.pdfium import Document, Widget
from puljeport.texts import Text

MAX_SHOWN = 80
_HEAD = 1024
_OFF = "Off"
_ROW = re.compile(r", \w+ \d+: ")
_CALL = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_STAMP = re.compile(r"([a-z0-9][a-z0-9-]{0,99})@([1-9][0-9]{0,8})")


def sniff(data: bytes) -> bool:
    """Whether the file begins as a PDF does; some programs write a few bytes of their own before it."""
    return b"%PDF-" in data[:_HEAD] and not data.startswith(b"PK\x03\x04")


def read(data: bytes) -> RawForm:
    """The form in a PDF file. Raises Unreadable."""
    pdfbounds.check(data)
    with pdfium.opened(data) as document:
        if document.is_xfa:
            raise Unreadable(problem("pdf_xfa"))
        if document.about(marks.GUIDE_PROPERTY):
            raise Unreadable(problem("guide_returned"))
        form = Form()
        for widget in document.widgets():
            form.add(widget)
        if not form.found:
            raise Unreadable(problem("pdf_no_fields"))
        call, version = about(document, form.said)
    return RawForm("pdf", call, version, form.fields(), form.tables())


def about(document: Document, said: dict[str, str]) -> tuple[str | None, int | None]:
    """Call and version from the hidden fields, the document's own entries, or its keywords."""
    for get in (said.get, document.about):
        call, version = (get(name) or "" for name in (marks.CALL_PROPERTY, marks.VERSION_PROPERTY))
        if _CALL.fullmatch(call):
            return call, int(version) if _VERSION.fullmatch(version) else None
    stamp = _STAMP.search(document.about("Keywords"))
    return (stamp[1], int(stamp[2])) if stamp else (None, None)


@dataclass(slots=True)
class _Rows:
    """The cells of one table by row and column, and where it stands."""

    page: int
    label: str
    spot: Spot
    columns: dict[str, None] = field(default_factory=dict)
    cells: dict[int, dict[str, RawCell]] = field(default_factory=dict)


class Form:
    """Collects fields by name, in the order of the pages."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.found = False
        self._fields: dict[str, RawField] = {}
        self._rows: dict[str, _Rows] = {}

    def add(self, widget: Widget) -> None:
        """Take a field in."""
        if widget.name in (marks.CALL_PROPERTY, marks.VERSION_PROPERTY):
            self.said[widget.name] = widget.value.strip()
            return
        self.found = True
        key = marks.from_flat(widget.name)
        parts = marks.parts(key) if key else ()
        label = _label(widget)
        cell = RawCell(_answer(widget), place(widget), (widget.page, widget.name))
        if len(parts) == 3 and parts[2].isdecimal() and len(parts[2]) < 6:
            first = _Rows(widget.page, _ROW.split(label)[0], (widget.page, widget.name))
            rows = self._rows.setdefault(parts[0], first)
            rows.columns[parts[1]] = None
            rows.cells.setdefault(int(parts[2]), {}).setdefault(parts[1], cell)
        else:
            self._add_field(widget, key, label, cell)

    def _add_field(self, widget: Widget, key: str | None, label: str, cell: RawCell) -> None:
        # One field may stand in several places, with one value; a group of buttons has a place for each.
        before = self._fields.get(widget.name)
        if before is not None and (before.cell.text not in ("", UNTICKED) or cell.text in ("", UNTICKED)):
            return
        names = [Name(Way.TAG, key)] if key else []
        names += [Name(Way.LABEL, label)] if label else []
        self._fields[widget.name] = RawField(tuple(names) or (Name(Way.LABEL, widget.name[:MAX_SHOWN]),), cell)

    def fields(self) -> tuple[RawField, ...]:
        """The single fields."""
        return tuple(self._fields.values())

    def tables(self) -> tuple[RawTable, ...]:
        """The tables."""
        return tuple(self._table(name, rows) for name, rows in self._rows.items())

    def _table(self, name: str, rows: _Rows) -> RawTable:
        if len(rows.columns) * len(rows.cells) > MAX_CELLS:
            raise too_much_text()
        place = _felt(rows.page, rows.label or name)
        filled = [cells for _, cells in sorted(rows.cells.items()) if any(cell.text for cell in cells.values())]
        empty = RawCell("", place)
        return RawTable(
            (Name(Way.TAG, name),),
            tuple((Name(Way.TAG, column),) for column in rows.columns),
            tuple(tuple(cells.get(column, empty) for column in rows.columns) for cells in filled),
            place,
            rows.spot,
        )


def _answer(widget: Widget) -> str:
    if widget.button:
        pressed = widget.value not in ("", _OFF)
        if widget.radio:
            return widget.value if pressed else ""
        return TICKED if pressed else UNTICKED
    return widget.value if widget.value.strip() else ""


def place(widget: Widget) -> Text:
    """Where a field is, as its page shows it."""
    return _felt(widget.page, _label(widget) or widget.name)


def _label(widget: Widget) -> str:
    return " ".join(widget.label.partition(marks.HINT)[0].split())


def _felt(page: int, label: str) -> Text:
    shown = label if len(label) <= MAX_SHOWN else label[: MAX_SHOWN - 1] + "…"
    return Text(da=f"side {page}, felt »{shown}«", en=f"page {page}, field “{shown}”")
