"""Characters: making one text of the many ways in which the same text can be typed, pasted or saved.

`clean` is for text that is kept: it changes nothing a reader would see. `plain` is for numbers, dates and single words:
other scripts' digits and typographic dashes become ASCII, so that the patterns that follow need to know only that.
NFKC is deliberately not used: it would make `5²` into `52` and `½` into `1⁄2`.
"""

from __future__ import annotations

import re
import unicodedata

_TIDY = str.maketrans(
    dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n")
    # Invisible, harmless, and left behind by copying from web pages: gone without a word.
    | dict.fromkeys("\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff", "")
)
# Control characters and halves of pairs, and what changes the order in which others are shown (embeddings, overrides,
# isolates); annotations, noncharacters (the last two of each plane among them) and tags.
_HIDDEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufdd0-\ufdef"
    + "".join(chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
    + "\U000e0000-\U000e007f]"
)
DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
QUOTE_LENGTH = 60
MOST_MARKS = 30
"""Combining marks in a row, as in the stream-safe format (Unicode, UAX #15, 13): no writing has more, and the time to
put them in order grows by the square of their number."""


def _stream_safe(text: str) -> str:
    if unicodedata.is_normalized("NFC", text):
        return text
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def clean(text: str) -> tuple[str, int]:
    """The text as it is kept, and how many hidden control characters had to be taken out of it.

    NFC, line breaks as `\\n`, no space at line ends, none around the whole.
    """
    if text.isascii() and text.isprintable():  # as most answers are: one line with nothing to take out
        return text.strip(), 0
    text = text.replace("\r\n", "\n").translate(_TIDY)
    kept = _stream_safe(_HIDDEN.sub("", text))
    lines = unicodedata.normalize("NFC", kept).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip(), len(text) - len(kept)


def _plain(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    return "-" if character in DASHES else character


def plain(text: str) -> str:
    """The text on one line with single spaces, ASCII digits, and `-` for every kind of dash."""
    joined = text if text.isascii() else "".join(map(_plain, text))
    return " ".join(joined.split())


def fold(text: str) -> str:
    """The text in the form in which labels and answers are compared: without case, spacing or hidden characters."""
    return unicodedata.normalize("NFC", plain(clean(text)[0]).casefold())


def quote(text: str) -> str:
    """The text as it is cited in a problem: one line, cleaned, cut to `QUOTE_LENGTH` characters."""
    line = " ".join(clean(text[: QUOTE_LENGTH * 4])[0].split())
    return line if len(line) <= QUOTE_LENGTH else line[: QUOTE_LENGTH - 1] + "…"
