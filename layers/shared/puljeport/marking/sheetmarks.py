"""Problems as comments and fill in an Excel workbook (XLSX).

A comment stands in a part of its own with its box drawn in another (ISO/IEC 29500-1, 18.7, and the VML that programs
still ask for, ISO/IEC 29500-4, 19.4). The fill is a conditional format: it takes nothing of a cell's own look away,
and where the cell was empty it goes as soon as something is written there.
"""

from __future__ import annotations

import posixpath

from puljeport.errors import Unreadable
from puljeport.marking import relations, sheetfills, surgery
from puljeport.marking.notes import AUTHOR, Note
from puljeport.marking.relations import Changes
from puljeport.marking.surgery import Edits, Element, escaped
from puljeport.problems import problem
from puljeport.readers.grid import cell_at, letters
from puljeport.readers.package import Package
from puljeport.readers.parts import leaves, main_part
from puljeport.texts import Language

COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
# What follows these in a worksheet (ISO/IEC 29500-1, 18.3.1.99: the order of CT_Worksheet).
_AFTER_FORMATS = (
    "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks",
    "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing",
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
_AFTER_DRAWING = _AFTER_FORMATS[_AFTER_FORMATS.index("legacyDrawingHF") :]
_WIDEST = 3
"""Columns that a comment's box covers."""


def marked(data: bytes, notes: list[Note], language: Language) -> bytes:  # noqa: ARG001 - one shape for all formats
    """The file with a comment and a fill for each note. Raises Unreadable."""
    package = Package(data, broken="bad_sheet")
    main = main_part(package, "xl/workbook.xml")
    targets = {one.id: one.part for one in relations.related(package, main) if one.kind == "worksheet"}
    sheets = {
        leaf.attributes.get("name", ""): targets[leaf.attributes["id"]]
        for leaf in leaves(package, main)
        if leaf.name == "sheet" and leaf.attributes.get("id") in targets
    }
    if not sheets:
        raise Unreadable(problem("bad_sheet"))
    changes = Changes(package)
    fills = sheetfills.numbers(changes, main)
    shown = _by_sheet(notes, sheets)
    for number, (name, part) in enumerate(sheets.items(), 1):
        _Sheet(changes, part, number, shown.get(name, [])).mark(fills)
    return Package(data, broken="bad_sheet").rewritten(changes.parts)


def _by_sheet(notes: list[Note], sheets: dict[str, str]) -> dict[str, list[tuple[int, int, Note]]]:
    """The notes of each sheet by row and column. What has no cell is said at the first sheet's first."""
    first = next((note.spot[0] for note in notes if note.spot and note.spot[0] in sheets), next(iter(sheets)))
    found: dict[str, dict[tuple[int, int], Note]] = {}
    for note in notes:
        sheet, row, column = note.spot if note.spot and len(note.spot) == 3 else (first, 1, _FIRST_SHOWN)
        at = (int(row), int(column))
        before = found.setdefault(str(sheet), {}).get(at)
        found[str(sheet)][at] = note if before is None else _joined(before, note)
    return {sheet: [(*at, note) for at, note in sorted(cells.items())] for sheet, cells in found.items()}


def _joined(first: Note, second: Note) -> Note:
    return Note(first.spot, f"{first.text}\n{second.text}", first.errors or second.errors, empty=False)


_FIRST_SHOWN = 2
"""The first column holds the hidden ids."""


class _Sheet:
    """One sheet and what is to be said in it, by row and column."""

    def __init__(self, changes: Changes, part: str, number: int, notes: list[tuple[int, int, Note]]) -> None:
        self._changes, self._part, self._number, self._notes = changes, part, number, notes
        self._text = surgery.content(changes.package, part)
        wanted = {"worksheet", "conditionalFormatting", "formula", *_AFTER_FORMATS}
        self._found = surgery.elements(changes.package, part, self._text, *wanted)
        self._root = self._found[0]
        self._namespace = self._root.name.rpartition(" ")[0]
        self._edits = Edits(self._text)
        # The pictures of a sheet's header stand in another drawing of the same kind.
        drawn = {value for one in self._found if one.local == "legacyDrawing" for value in one.attributes.values()}
        self._has = {
            one.kind: one.part
            for one in relations.related(changes.package, part)
            if one.kind == "comments" or (one.kind == "vmlDrawing" and one.id in drawn)
        }

    def mark(self, fills: dict[bool, int]) -> None:
        """Take out what was said before, and say what is to be said now."""
        before = self._take_out_fills()
        if not self._notes and not before and "comments" not in self._has:
            return
        self._fill(fills)
        if cells := self._comment():
            self._draw(cells)
        self._changes.parts[self._part] = self._edits.done()

    def _take_out_fills(self) -> bool:
        formats = [one for one in self._found if one.local == "conditionalFormatting"]
        ours = {
            surgery.around(formats, one)
            for one in self._found
            if one.local == "formula" and sheetfills.is_ours(self._text[one.inner : one.close].decode())
        }
        for number in ours - {-1}:
            self._edits.remove(formats[number])
        return bool(ours - {-1})

    def _fill(self, fills: dict[bool, int]) -> None:
        # The first format that holds wins: ours before the sheet's own, whose numbers begin with 1 and may stand twice.
        new = [
            f'<conditionalFormatting xmlns="{self._namespace}" sqref="{letters(column)}{row}"><cfRule '
            f'type="expression" dxfId="{fills[note.errors]}" priority="1"><formula>'
            f"{escaped(sheetfills.condition(row, column, note))}</formula></cfRule></conditionalFormatting>"
            for row, column, note in self._notes
            if note.errors in fills
        ]
        self._edits.insert(self._before(_AFTER_FORMATS), "".join(new))

    def _before(self, after: tuple[str, ...]) -> int:
        there = (one.start for one in self._found if one.local in after and one.parent == self._root.start)
        return min(there, default=self._root.close)

    def _comment(self) -> list[tuple[int, int]]:
        """Write the sheet's comments: others' as they are, then ours. Gives the cells of all of them."""
        changes, known = self._changes, self._has.get("comments")
        part = known or _beside(self._part, f"../puljeport-comments{self._number}.xml")
        if known is None:
            changes.relate(self._part, "comments", part, "rIdPuljeportComments")
            changes.declare(part, COMMENTS_TYPE)
        own = {(row, column) for row, column, _ in self._notes}
        if part in changes.package:
            return sorted(own | self._among_others(part))
        changes.parts[part] = (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<comments xmlns="{self._namespace}">'
            f"<authors><author>{AUTHOR}</author></authors><commentList>{self._written(0, set())}</commentList>"
            "</comments>"
        ).encode()
        return sorted(own)

    def _among_others(self, part: str) -> set[tuple[int, int]]:
        """Write our comments in place of those of before, and leave others' as they are. Gives the cells of theirs."""
        package = self._changes.package
        text = surgery.content(package, part)
        found = surgery.elements(package, part, text, "author", "authors", "comment", "commentList")
        names = {one.local: one for one in found}
        if not {"authors", "commentList"} <= names.keys():
            raise Unreadable(problem("bad_sheet"))
        authors = [text[one.inner : one.close].decode() for one in found if one.local == "author"]
        edits, cells = Edits(text), set[tuple[int, int]]()
        for one in found:
            if one.local == "comment" and _author(one, authors) == AUTHOR:
                edits.remove(one)
            elif one.local == "comment" and (at := cell_at(one.attributes.get("ref", ""))):
                cells.add(at)
        if AUTHOR not in authors:
            authors.append(AUTHOR)
            edits.append(names["authors"], f'<author xmlns="{self._namespace}">{AUTHOR}</author>')
        edits.append(names["commentList"], self._written(authors.index(AUTHOR), cells))
        self._changes.parts[part] = edits.done()
        return cells

    def _written(self, author: int, taken: set[tuple[int, int]]) -> str:
        """Our comments, but for cells that hold another: a cell can have one."""
        return "".join(
            f'<comment xmlns="{self._namespace}" ref="{letters(column)}{row}" authorId="{author}"><text><r><rPr>'
            f'<sz val="10"/><rFont val="Calibri"/></rPr><t xml:space="preserve">{escaped(note.text)}</t></r></text>'
            "</comment>"
            for row, column, note in self._notes
            if (row, column) not in taken
        )

    def _draw(self, cells: list[tuple[int, int]]) -> None:
        """Draw a box for each comment, and have the sheet say where the drawing is."""
        known = self._has.get("vmlDrawing")
        part = known or _beside(self._part, f"../drawings/puljeport{self._number}.vml")
        self._changes.parts[part] = _vml(cells).encode()
        if known is not None:
            return
        self._changes.relate(self._part, "vmlDrawing", part, "rIdPuljeportDrawing")
        self._changes.declare_ending("vml", VML_TYPE)
        strict = "purl.oclc.org" in self._namespace
        self._edits.insert(
            self._before(_AFTER_DRAWING),
            f'<legacyDrawing xmlns="{self._namespace}" xmlns:r="{_RELATED[strict]}" r:id="rIdPuljeportDrawing"/>',
        )


_RELATED = {
    False: "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    True: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}


def _beside(part: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), path))


def _author(comment: Element, authors: list[str]) -> str:
    number = comment.attributes.get("authorId", "")
    return authors[int(number)] if number.isdecimal() and int(number[:9]) < len(authors) else ""


def _vml(cells: list[tuple[int, int]]) -> str:
    shapes = "".join(
        f'<v:shape id="_x0000_s{1025 + index}" type="#puljeport" style="position:absolute;visibility:hidden" '
        'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" obscured="t"/>'
        '<v:textbox style="mso-direction-alt:auto"/><x:ClientData ObjectType="Note"><x:MoveWithCells/>'
        f"<x:SizeWithCells/><x:Anchor>{column}, 15, {row - 1}, 2, {column + _WIDEST}, 15, {row + 4}, 4</x:Anchor>"
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column></x:ClientData>"
        "</v:shape>"
        for index, (row, column) in enumerate(cells)
    )
    return (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
        '</o:shapelayout><v:shapetype id="puljeport" coordsize="21600,21600" o:spt="202" '
        'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" '
        f'o:connecttype="rect"/></v:shapetype>{shapes}</xml>'
    )
