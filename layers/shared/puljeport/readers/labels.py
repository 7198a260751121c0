"""Labels as they stand in a file: cut to what a label can be, and without the mark of a required field."""

from __future__ import annotations

from puljeport import marks
from puljeport.rawforms import Name, Way

MAX_NAME = 300
MAX_SHOWN = 80


def clip(text: str) -> str:
    """The text on one line, as long as a label may be."""
    return " ".join(text[: MAX_NAME * 4].split())[:MAX_NAME]


def show(text: str | None) -> str:
    """The label as it is cited in a place."""
    text = _unstarred(text or "")
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def _unstarred(text: str) -> str:
    return text.removesuffix(marks.REQUIRED_MARK).rstrip()


def label_names(label: str | None) -> tuple[Name, ...]:
    """The label as a name, without the mark of a required field first."""
    if not label:
        return ()
    return tuple(dict.fromkeys(Name(Way.LABEL, text) for text in (_unstarred(label), label) if text))
