"""Fills a blank in as Word would leave it: for the demonstration and for tests."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from copy import deepcopy
from io import BytesIO

from lxml import etree

from puljeport import marks
from puljeport.rawforms import TICKED

type Element = etree._Element
type Answers = dict[str, str | list[str] | list[dict[str, str]]]

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
_NS = {"w": _W, "w14": _W14}
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_DOCUMENT = "word/document.xml"
YES = frozenset({"ja", "yes", "true", "x", TICKED})


def fill_docx(blank: bytes, answers: Answers) -> bytes:
    """The blank with answers by field id: a text, the ids of ticked choices, or rows of texts by column id.

    The answer to a drop-down may be the choice's id or what it shows; a declaration is ticked by "ja" or "yes". Rows
    beyond those of the blank are copies of its last. Raises KeyError for a field that the blank does not have.
    """
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(blank)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry, _filled(content, answers) if entry.filename == _DOCUMENT else content)
    return buffer.getvalue()


def _filled(xml: bytes, answers: Answers) -> bytes:
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    for field, answer in answers.items():
        if isinstance(answer, str):
            _write(_control(root, field), answer)
        elif _is_table(root, field):
            _fill_rows(root, field, [row for row in answer if isinstance(row, dict)])
        else:
            for choice in answer:
                _write(_control(root, f"{field}.{choice}"), TICKED)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _controls(root: Element) -> Iterator[tuple[str, Element]]:
    for control in root.iter(f"{{{_W}}}sdt"):
        tag = control.find("w:sdtPr/w:tag", _NS)
        if tag is not None:
            yield tag.get(f"{{{_W}}}val", ""), control


def _is_table(root: Element, field: str) -> bool:
    return any(tag.startswith(f"{field}.") and len(marks.parts(tag)) == 3 for tag, _ in _controls(root))


def _control(root: Element, key: str) -> Element:
    for tag, control in _controls(root):
        if tag == key:
            return control
    raise KeyError(f"the blank has no field {key!r}")


def _write(control: Element, answer: str) -> None:
    checked = control.find("w:sdtPr/w14:checkbox/w14:checked", _NS)
    content = control[-1]
    if checked is not None:
        ticked = answer.strip().casefold() in YES
        checked.set(f"{{{_W14}}}val", "1" if ticked else "0")
        for text in content.iter(f"{{{_W}}}t"):
            text.text = TICKED if ticked else text.text
        return
    for placeholder in control.findall("w:sdtPr/w:showingPlcHdr", _NS):
        if answer:
            placeholder.getparent().remove(placeholder)  # type: ignore[union-attr]
    if answer:
        content[:] = [_run(_shown(control, answer))]


def _shown(control: Element, answer: str) -> str:
    for item in control.iterfind("w:sdtPr//w:listItem", _NS):
        if item.get(f"{{{_W}}}value") == answer:
            return item.get(f"{{{_W}}}displayText", answer)
    return answer


def _run(text: str) -> Element:
    run = etree.Element(f"{{{_W}}}r")
    for index, line in enumerate(text.split("\n")):
        if index:
            etree.SubElement(run, f"{{{_W}}}br")
        content = etree.SubElement(run, f"{{{_W}}}t")
        content.text = line
        content.set(_SPACE, "preserve")
    return run


def _fill_rows(root: Element, field: str, answers: list[dict[str, str]]) -> None:
    first = next(control for tag, control in _controls(root) if tag.startswith(f"{field}."))
    table = next(first.iterancestors(f"{{{_W}}}tbl"))
    rows = [row for row in table.findall("w:tr", _NS) if row.find("w:trPr/w:tblHeader", _NS) is None]
    empty = deepcopy(rows[-1])
    # As Word does, a copied row keeps the tags of its controls but not the bookmarks, which must be unique.
    for mark in [*empty.iter(f"{{{_W}}}bookmarkStart", f"{{{_W}}}bookmarkEnd")]:
        mark.getparent().remove(mark)  # type: ignore[union-attr]
    while len(rows) < len(answers):
        rows.append(deepcopy(empty))
        table.append(rows[-1])
    for row, answer in zip(rows, answers, strict=False):
        by_column = {marks.parts(tag)[1]: control for tag, control in _controls(row)}
        for column, text in answer.items():
            _write(by_column[column], text)
