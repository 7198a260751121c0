"""Marks: how a blank names its answers inside a file, so that a reader finds them again.

A key is `field`, `field.choice` for one check box of a multiple choice, or `table.column.row` for a cell of a table
(row 0 is the header). In a spreadsheet a key of one part also names the rows of a table, and `table.column.sum` the
cell that adds a column up. Blanks write keys, readers read them; neither knows the other, both know this module.
"""

from __future__ import annotations

import re
from functools import lru_cache

CALL_PROPERTY = "puljeport-call"
VERSION_PROPERTY = "puljeport-version"
GUIDE_PROPERTY = "puljeport-guide"
REQUIRED_MARK = "*"
HEADER, SUM = "0", "sum"
"""The third part of the keys of a table's header cells, and of the cells below it that the blank calculates itself."""
ROW_WORDS = {"da": "Række", "en": "Row"}
SUM_WORDS = {"da": "I alt", "en": "Total"}
"""What stands before a table's rows in a spreadsheet, with the row's number, and before their sums."""
HINT = "\u2002·\u2002"
"""Stands between a field's label and its hint, where one text has to hold both (the tooltip of a PDF's field)."""

TAG_LIMIT = 64
"""Characters that Word allows in the tag and in the title of a content control."""
BOOKMARK_LIMIT = 40
"""Characters that Word allows in the name of a bookmark."""
BOOKMARK_PREFIX = "pp_"
DEFINED_NAME_LIMIT = 255
"""Characters that spreadsheets allow in a defined name."""

KEY = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9][a-z0-9_-]*){0,2}")
HIDDEN = re.compile(rf"\[\[({KEY.pattern})\]\]")

PLACEHOLDERS = {
    "da": {
        "text": "Skriv her",
        "choice": "Vælg",
        "date": "Vælg eller skriv en dato",
        "municipality": "Vælg eller skriv kommunens navn",
    },
    "en": {
        "text": "Write here",
        "choice": "Choose",
        "date": "Choose or write a date",
        "municipality": "Choose or write the municipality's name",
    },
}
"""What stands where nothing is filled in yet, by language and kind of control."""

EMPTY_TEXTS = frozenset(text for texts in PLACEHOLDERS.values() for text in texts.values()) | {
    # What Word itself puts back into a control that was emptied.
    "Klik eller tryk her for at skrive tekst.",
    "Klik her for at skrive tekst.",
    "Vælg et element.",
    "Klik eller tryk for at angive en dato.",
    "Click or tap here to enter text.",
    "Click here to enter text.",
    "Choose an item.",
    "Click or tap to enter a date.",
}
"""Texts that mean that nothing was filled in, for files from programs that lose the control around them."""

_ESCAPE = re.compile(r"\.|-|_(?![a-z])")
_ESCAPED = {".": "__", "-": "_0", "_": "_1"}
_UNESCAPE = re.compile(r"_([_01])")
_UNESCAPED = {"_": ".", "0": "-", "1": "_"}


def parts(key: str) -> tuple[str, ...]:
    """The key's parts: one for a field, two for a choice, three for a cell."""
    return tuple(key.split("."))


def is_key(text: str) -> bool:
    """Whether `text` is a key."""
    return KEY.fullmatch(text) is not None


def hidden(key: str) -> str:
    """The text of the hidden run that names `key`."""
    return f"[[{key}]]"


def bookmark(key: str) -> str | None:
    """The bookmark's name for `key`, or None where it would be longer than Word allows.

    Bookmarks know letters, digits and `_` only: `.` becomes `__`, `-` becomes `_0`, and a `_` that could be
    mistaken for one of these becomes `_1`.
    """
    name = defined_name(key)
    return name if len(name) <= BOOKMARK_LIMIT else None


def defined_name(key: str) -> str:
    """The name of a spreadsheet's cell for `key`: the bookmark's, whose length spreadsheets do not mind."""
    return BOOKMARK_PREFIX + flat(key)


def from_bookmark(name: str) -> str | None:
    """The key that a bookmark names, or None for a bookmark that is not of a blank's making."""
    return from_defined_name(name) if len(name) <= BOOKMARK_LIMIT else None


def from_defined_name(name: str) -> str | None:
    """The key that a spreadsheet's defined name stands for, or None for one that is not of a blank's making."""
    if not name.startswith(BOOKMARK_PREFIX) or len(name) > DEFINED_NAME_LIMIT:
        return None
    return from_flat(name.removeprefix(BOOKMARK_PREFIX))


def flat(key: str) -> str:
    """The key without `.` and `-`, for names that know letters, digits and `_` only (form fields of a PDF)."""
    return _ESCAPE.sub(lambda match: _ESCAPED[match[0]], key)


@lru_cache(2_048)  # one form names its fields in the same way a thousand times
def from_flat(name: str) -> str | None:
    """The key that `flat` made `name` of, or None where it did not."""
    key = _UNESCAPE.sub(lambda match: _UNESCAPED[match[1]], name)
    return key if is_key(key) and flat(key) == name else None
