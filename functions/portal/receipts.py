"""Receipts as PDF: a template that was laid out beforehand, with the facts of one submission in its fields.

`make assets` writes the templates and what is known of them (`puljeport.blanks.receipt`). What is filled in is appended
to a template: the fields' values, how they look, and the title. A value is kept as it is, in hexadecimal, and what is
drawn is glyphs by number, so that nothing in a text can ever be an instruction.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from puljeport.characters import clean
from puljeport.pdfupdates import appended
from puljeport.statuspage import StatusPage
from puljeport.texts import Language

FOLDER = Path(__file__).parent / "receipts"
SIZES = [size / 2 for size in range(21, 11, -1)]
"""Points, 10.5 to 6: the largest that a text fits in is used."""
LACKING = "\N{REPLACEMENT CHARACTER}"
"""An empty box: drawn for each character that the font does not have."""
CUT = " […]"
"""Ends what does not fit in the smallest size either. The field's value goes on."""
MOST = 2_000
"""Characters of a text that are drawn at all; a field has room for a quarter of them."""

_LINE = 1.3
"""From one line to the next, in sizes of the font."""
_AROUND = 2
"""Points around the lines; programs that draw a field as one of their own take as much."""
_CAPITALS = 0.698
_READ_ONLY, _MULTILINE = 1, 1 << 12
_INK = "0.106 0.122 0.137 rg"
_PIECE = re.compile(r"[^ _.]+[ _.]*|[ _.]+")
"""What is not taken apart at the end of a line, unless it is longer than one. A hyphen there would be taken for one of
the line's, by people as by programs."""

type Glyphs = dict[str, tuple[int, int]]
"""Number and width (thousandths of a size) of each character's glyph."""


class Drawn(NamedTuple):
    """The lines of a text and the size that they are drawn in, in points."""

    lines: list[str]
    size: float

    @property
    def height(self) -> float:
        """Points from above the first line to below the last."""
        return len(self.lines) * self.size * _LINE


def receipt(page: StatusPage, owner: str, language: Language) -> bytes:
    """The receipt of a submission, which `owner` received, as PDF."""
    untranslated = page.call is not None and language == "en" and page.call.title.en is None
    return filled(facts(page, owner, language), language, danish=("call",) if untranslated else ())


def facts(page: StatusPage, owner: str, language: Language) -> dict[str, str]:
    """What a receipt says, by field; `owner` is who received the file."""
    zone = f" ({page.call.time_zone})" if page.call else ""
    told = {
        "reference": page.reference, "owner": owner, "received": page.received + zone,
        "call": page.call.title.get(language) if page.call else "", "applicant": page.applicant, "file": page.file_name,
        "size": page.size, "sha256": page.sha256,
    }  # fmt: skip
    unknown = "ikke oplyst" if language == "da" else "not given"
    return {key: clean(text)[0].replace("\n", " ") or unknown for key, text in told.items()}


def filled(told: Mapping[str, str], language: Language, danish: Collection[str] = ()) -> bytes:
    """The receipt as PDF, with what is `told` by field (see `facts`). The same input gives the same bytes.

    `danish` are fields whose value is Danish where the receipt is not, for a screen reader to say it right.
    """
    template = known()[language]
    objects = dict(_title(template, told["reference"]))
    for key, field in template["fields"].items():
        objects |= _field(field, told[key], template["font"])
        if key in danish:
            number, kept = field["element"]
            objects[number] = f"<<{kept}/Lang(da-DK)>>".encode("latin-1")
    return appended(template["data"], objects)


def fitted(text: str, glyphs: Glyphs, across: float, down: float) -> Drawn:
    """A text as it is drawn in so many points: as large as it fits whole. Where it never does, it ends in `CUT`."""
    for size in SIZES:
        drawn = Drawn(_lines(text[:MOST], glyphs, across * 1000 / size), size)
        if drawn.height <= down:
            return drawn
    *before, last = drawn.lines[: int(down / (drawn.size * _LINE))]
    while width(last + CUT, glyphs) > across * 1000 / drawn.size:
        last = last[:-1]
    return Drawn([*before, last + CUT], drawn.size)


def width(text: str, glyphs: Glyphs) -> int:
    """How wide a text is, in thousandths of the font's size."""
    return sum(glyphs.get(sign, glyphs[LACKING])[1] for sign in text)


def _lines(text: str, glyphs: Glyphs, room: float) -> list[str]:
    lines, line, used = [], "", 0
    for piece in _pieces(text, glyphs, room):
        if line and used + width(piece.rstrip(" "), glyphs) > room:
            lines.append(line.rstrip(" "))
            line, used = "", 0
        line += piece
        used += width(piece, glyphs)
    return [*lines, line.rstrip(" ")]


def _pieces(text: str, glyphs: Glyphs, room: float) -> Iterator[str]:
    """The parts of a text that are not taken apart. What is wider than a line is cut into parts of much the same width:
    a fingerprint is in two halves."""
    for piece in _PIECE.findall(text):
        whole = width(piece.rstrip(" "), glyphs)
        share = whole / max(math.ceil(whole / room), 1)
        part, used = "", 0
        for sign in piece:
            wide = width(sign, glyphs)
            if part and sign != " " and (used >= share or used + wide > room):
                yield part
                part, used = "", 0
            part += sign
            used += wide
        yield part


def _field(field: Mapping[str, Any], value: str, font: int) -> dict[int, bytes]:
    """The two objects of a field: the widget, as high as its lines and in the middle of its room, and how it looks."""
    glyphs = known()["glyphs"]
    left, bottom, right, top = field["box"]
    drawn = fitted(value, glyphs, right - left - 2 * _AROUND, top - bottom - 2 * _AROUND)
    height = drawn.height + 2 * _AROUND
    low = (bottom + top - height) / 2
    flags = _READ_ONLY | (_MULTILINE if len(drawn.lines) > 1 else 0)
    style = f"/Plex {drawn.size:g} Tf {_INK}"
    number, kept = field["widget"]
    widget = (
        f"<<{kept}/Rect[{left:g} {low:.2f} {right:g} {low + height:.2f}]/Ff {flags}/DA({style})"
        f"/V{_hexadecimal(value)}>>"
    )
    about = (
        f"/Type/XObject/Subtype/Form/BBox[0 0 {right - left:.2f} {height:.2f}]/Resources<</Font<</Plex {font} 0 R>>>>"
    )
    drawing = _stream(about, "\n".join(_drawing(drawn, glyphs, style)).encode())
    return {number: widget.encode("latin-1"), field["drawing"]: drawing}


def _drawing(drawn: Drawn, glyphs: Glyphs, style: str) -> Iterator[str]:
    leading = drawn.size * _LINE
    box = f"{glyphs[LACKING][0]:04X}"
    first = drawn.height + _AROUND - leading / 2 - drawn.size * _CAPITALS / 2
    yield f"/Tx BMC q BT {style} {leading:.2f} TL {_AROUND} {first:.2f} Td"
    for line in drawn.lines:
        for there, signs in groupby(line, glyphs.__contains__):
            run = "".join(signs)
            if there:
                yield f"<{''.join(f'{glyphs[sign][0]:04X}' for sign in run)}> Tj"
            else:  # empty boxes that say which characters they stand for (ISO 32000-1, 14.9.4)
                yield f"/Span <</ActualText {_hexadecimal(run)}>> BDC <{box * len(run)}> Tj EMC"
        yield "T*"
    yield "ET Q EMC"


def _title(template: Mapping[str, Any], reference: str) -> Iterator[tuple[int, bytes]]:
    """The document's title, which holds the reference, where programs look for it and where screen readers do."""
    number, content = template["info"]
    yield number, f"<<{content}>>".replace("{reference}", reference).encode("latin-1")
    number, content = template["metadata"]
    yield number, _stream("/Type/Metadata/Subtype/XML", content.replace("{reference}", reference).encode())


def _stream(about: str, content: bytes) -> bytes:
    return f"<<{about}/Length {len(content)}>>\nstream\n".encode("latin-1") + content + b"\nendstream"


def _hexadecimal(text: str) -> str:
    """A text string as PDF writes it, in UTF-16."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


@cache
def known() -> dict[str, Any]:
    """The templates by language (`data`, `fields`, numbers of objects), and `glyphs`, which are the same in both."""
    found: dict[str, Any] = json.loads((FOLDER / "receipt.json").read_text("utf-8"))
    for language in ("da", "en"):
        found[language]["data"] = (FOLDER / f"receipt-{language}.pdf").read_bytes()
    return found
