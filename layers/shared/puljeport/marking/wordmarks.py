"""Problems as comments in a Word file (DOCX).

Comments stand in a part of their own (ISO/IEC 29500-1, 17.13.4); the document only says where each begins and ends.
"""

from __future__ import annotations

import posixpath
from datetime import UTC, datetime

from puljeport.marking import relations, surgery
from puljeport.marking.notes import AUTHOR, Note
from puljeport.marking.relations import Changes
from puljeport.marking.surgery import Edits, Element, escaped
from puljeport.readers.package import Package
from puljeport.readers.parts import main_part
from puljeport.texts import Language

COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
_ANCHORS = ("commentRangeStart", "commentRangeEnd")


def marked(data: bytes, notes: list[Note], language: Language) -> bytes:  # noqa: ARG001 - one shape for all formats
    """The file with a comment for each note. Raises Unreadable."""
    package = Package(data, broken="bad_docx")
    main = main_part(package, "word/document.xml")
    text = surgery.content(package, main)
    found = surgery.elements(package, main, text, "document", "p", "pPr", "r", "commentReference", *_ANCHORS)
    namespace = found[0].name.rpartition(" ")[0]
    changes = Changes(package)
    first, old = _comments(changes, main, namespace, notes)
    edits = Edits(text)
    _take_out(found, old, edits)
    _anchor(found, notes, first, namespace, edits)
    changes.parts[main] = edits.done()
    return Package(data, broken="bad_docx").rewritten(changes.parts)


def _comments(changes: Changes, main: str, namespace: str, notes: list[Note]) -> tuple[int, set[str]]:
    """Write the comments. Gives the number of the first, and the numbers of those that were taken out."""
    package = changes.package
    known = next((one.part for one in relations.related(package, main) if one.kind == "comments"), None)
    if known is None or known not in package:
        part = posixpath.join(posixpath.dirname(main), "puljeport-comments.xml")
        changes.parts[part] = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<w:comments xmlns:w="{namespace}">{_written(notes, 0, namespace)}</w:comments>'
        ).encode()
        changes.relate(main, "comments", part, "rIdPuljeport")
        changes.declare(part, COMMENTS_TYPE)
        return 0, set()
    text = surgery.content(package, known)
    there = surgery.elements(package, known, text, "comment")
    numbers = [_number(element) for element in there]
    first = max((int(number) for number in numbers if number.isdecimal() and len(number) < 9), default=-1) + 1
    ours = [element for element in there if element.attributes.get(f"{namespace} author") == AUTHOR]
    edits = Edits(text)
    for element in ours:
        edits.remove(element)
    changes.parts[known] = surgery.into(edits.done(), "comments", _written(notes, first, namespace))
    return first, {_number(element) for element in ours}


def _number(element: Element) -> str:
    return next((value for name, value in element.attributes.items() if name.endswith(" id")), "")


def _written(notes: list[Note], first: int, namespace: str) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return "".join(
        f'<w:comment xmlns:w="{namespace}" w:id="{number}" w:author="{AUTHOR}" w:initials="P" w:date="{now}">'
        + "".join(
            f'<w:p><w:r><w:t xml:space="preserve">{escaped(line)}</w:t></w:r></w:p>'
            for line in surgery.lines(note.text)
        )
        + "</w:comment>"
        for number, note in enumerate(notes, first)
    )


def _take_out(found: list[Element], old: set[str], edits: Edits) -> None:
    """The anchors of earlier comments of ours, and the runs that refer to them."""
    runs = {element.start: element for element in found if element.local == "r"}
    for element in found:
        if element.local in _ANCHORS and _number(element) in old:
            edits.remove(element)
        elif element.local == "commentReference" and _number(element) in old:
            edits.remove(runs.get(element.parent, element))


def _anchor(found: list[Element], notes: list[Note], first: int, namespace: str, edits: Edits) -> None:
    paragraphs = {element.start: element for element in found if element.local == "p"}
    properties = {element.parent: element for element in found if element.local == "pPr"}
    top = min(paragraphs, default=None)
    for number, note in enumerate(notes, first):
        at = note.spot[0] if note.spot else top
        paragraph = paragraphs.get(at, paragraphs.get(top)) if isinstance(at, int) and top is not None else None
        if paragraph is None:
            continue
        begin, end = _ends(number, namespace)
        if paragraph.empty:
            _fill(paragraph, begin + end, namespace, edits)
            continue
        before = properties.get(paragraph.start)
        edits.insert(before.end if before else paragraph.inner, begin)
        edits.insert(paragraph.close, end)


def _ends(number: int, namespace: str) -> tuple[str, str]:
    name = f'xmlns:w="{namespace}" w:id="{number}"'
    reference = f'<w:r xmlns:w="{namespace}"><w:commentReference w:id="{number}"/></w:r>'
    return f"<w:commentRangeStart {name}/>", f"<w:commentRangeEnd {name}/>{reference}"


def _fill(paragraph: Element, content: str, namespace: str, edits: Edits) -> None:
    attributes = "".join(
        f" w:{name.rpartition(' ')[2]}={surgery.attribute(value)}"
        for name, value in paragraph.attributes.items()
        if name.startswith(f"{namespace} ")
    )
    edits.replace(paragraph.start, paragraph.end, f'<w:p xmlns:w="{namespace}"{attributes}>{content}</w:p>')
