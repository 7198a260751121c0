"""The elements of WordprocessingML that a blank is made of (ISO/IEC 29500-1, and [MS-DOCX] for the check box)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from lxml import etree

from puljeport import marks
from puljeport.blanks.wordstyles import TINT
from puljeport.rawforms import UNTICKED

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACES = {"w": W, "w14": W14, "mc": MC, "r": R}

SPACE = "{http://www.w3.org/XML/1998/namespace}space"
NOTHING = "\u00a0" * 3
"""The placeholder of a cell in a table of rows: words in every cell would drown the form."""

type Element = etree._Element


def make(namespace: str, tag: str, children: Iterable[Element | None], attributes: dict[str, str | int]) -> Element:
    """An element whose attributes stand in its own namespace, as Word's do. None among the children is left out."""
    element = etree.Element(f"{{{namespace}}}{tag}", nsmap=NAMESPACES)
    for name, value in attributes.items():
        element.set(f"{{{namespace}}}{name}", str(value))
    element.extend(child for child in children if child is not None)
    return element


def w(tag: str, *children: Element | None, **attributes: str | int) -> Element:
    """An element of the main namespace."""
    return make(W, tag, children, attributes)


def w14(tag: str, *children: Element | None, **attributes: str | int) -> Element:
    """An element of Word 2010's namespace."""
    return make(W14, tag, children, attributes)


def run(text: str, style: str | None = None, *, hidden: bool = False) -> Element:
    """A run of text, in a character style if one is named; a tab character becomes a tab."""
    properties = w("rPr", w("rStyle", val=style) if style else None, w("vanish") if hidden else None)
    result = w("r", properties if len(properties) else None)
    for index, piece in enumerate(text.split("\t")):
        if index:
            result.append(w("tab"))
        if piece:
            content = w("t")
            content.text = piece
            content.set(SPACE, "preserve")
            result.append(content)
    return result


def paragraph(style: str, *children: Element | None) -> Element:
    """A paragraph in a paragraph style."""
    return w("p", w("pPr", w("pStyle", val=style)), *children)


def kept(paragraphs: list[Element]) -> list[Element]:
    """The paragraphs, each kept on the page of what follows it."""
    for item in paragraphs:
        item[0].insert(1, w("keepNext"))
    return paragraphs


def field(code: str) -> list[Element]:
    """A field that Word computes, such as PAGE."""
    instruction = w("instrText")
    instruction.text = f" {code} "
    instruction.set(SPACE, "preserve")
    return [
        w("r", w("fldChar", fldCharType="begin")),
        w("r", instruction),
        w("r", w("fldChar", fldCharType="separate")),
        run("1"),
        w("r", w("fldChar", fldCharType="end")),
    ]


def cell(width: int, *content: Element, span: int = 1, tint: bool = False, check: bool = False) -> Element:
    """A cell of `width` twentieths of a point, tinted where an answer is to be written. It must hold a paragraph."""
    return w(
        "tc",
        w(
            "tcPr",
            w("tcW", w=width, type="dxa"),
            w("gridSpan", val=span) if span > 1 else None,
            w("shd", val="clear", color="auto", fill=TINT) if tint else None,
            w("vAlign", val="center") if check else None,
        ),
        *content,
    )


def row(*cells: Element, height: int = 0, header: bool = False, may_break: bool = False) -> Element:
    """A row at least `height` high. A header row is repeated on every page and known as one to screen readers."""
    return w(
        "tr",
        w(
            "trPr",
            None if may_break else w("cantSplit"),
            w("trHeight", val=height, hRule="atLeast") if height else None,
            w("tblHeader") if header else None,
        ),
        *cells,
    )


def table(style: str, widths: list[int], rows: list[Element], title: str) -> Element:
    """A table of fixed layout; `title` is read out by screen readers."""
    return w(
        "tbl",
        w(
            "tblPr",
            w("tblStyle", val=style),
            w("tblW", w=sum(widths), type="dxa"),
            w("tblLayout", type="fixed"),
            w("tblLook", val="0020", firstRow=1),
            w("tblCaption", val=title),
        ),
        w("tblGrid", *(w("gridCol", w=width) for width in widths)),
        *rows,
    )


def named(key: str, *content: Element) -> list[Element]:
    """The content with a hidden `[[key]]` before it and a bookmark around it, where its name is short enough."""
    name = marks.bookmark(key)
    number = identity(f"bookmark {key}")
    if name is None:
        return [run(marks.hidden(key), hidden=True), *content]
    return [
        run(marks.hidden(key), hidden=True),
        w("bookmarkStart", id=number, name=name),
        *content,
        w("bookmarkEnd", id=number),
    ]


def bookmarked(key: str, *content: Element) -> list[Element]:
    """The content with a bookmark around it, for a place whose header already carries the hidden id."""
    return named(key, *content)[1:]


def control(key: str, title: str, kind: Element, shown: str, *, locked: bool = True) -> Element:
    """An empty content control. `locked`: it cannot be deleted by mistake, only filled in (rows of a table can be)."""
    lock = w("lock", val="sdtLocked") if locked else None
    return _control(key, title, [lock, w("showingPlcHdr"), kind], run(shown, "PlaceholderText"))


def check_box(key: str, title: str) -> Element:
    """An unticked check box."""
    kind = w14(
        "checkbox",
        w14("checked", val=0),
        w14("checkedState", val="2612", font="MS Gothic"),
        w14("uncheckedState", val="2610", font="MS Gothic"),
    )
    return _control(key, title, [w("lock", val="sdtLocked"), kind], run(UNTICKED, "CheckBox"))


def _control(key: str, title: str, properties: list[Element | None], shown: Element) -> Element:
    described = w(
        "sdtPr",
        w("alias", val=title if len(title) <= marks.TAG_LIMIT else title[: marks.TAG_LIMIT - 1] + "…"),
        w("tag", val=key) if len(key) <= marks.TAG_LIMIT else None,
        w("id", val=identity(key)),
        *properties,
    )
    return w("sdt", described, w("sdtContent", shown))


def identity(key: str) -> int:
    """A number for `key` that is the same every time; Word wants one of 31 bits that is not 0."""
    return zlib.crc32(key.encode()) & 0x7FFFFFFF or 1


def text_kind(*, lines: bool = False) -> Element:
    """Plain text, of several lines where `lines`."""
    return w("text", multiLine=1) if lines else w("text")


def date_kind(locale: str) -> Element:
    """A date with a calendar to pick from, written as in `9. april 2018`."""
    return w(
        "date",
        w("dateFormat", val="d. MMMM yyyy" if locale == "da-DK" else "d MMMM yyyy"),
        w("lid", val=locale),
        w("storeMappedDataAs", val="dateTime"),
        w("calendar", val="gregorian"),
    )


def list_kind(items: Iterable[tuple[str, str]], *, open_ended: bool = False) -> Element:
    """A drop-down list of (value, shown text); `open_ended` also takes what is typed."""
    choices = (w("listItem", displayText=shown, value=value) for value, shown in items)
    return w("comboBox" if open_ended else "dropDownList", *choices)
