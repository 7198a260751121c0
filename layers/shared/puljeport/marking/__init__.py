"""Marking: the applicant's own file, returned with every problem marked where it stands.

A copy of the uploaded file with comments (Word), comments and fill (Excel) or notes (PDF). Nothing else in it changes,
and readers do not see the marks: corrected and sent again, it reads like any other. Marking a file that holds marks
already replaces them. What stands nowhere in the file is said at its top.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from puljeport import readers
from puljeport.marking import pdfmarks, sheetmarks, wordmarks
from puljeport.marking.notes import Note, notes
from puljeport.problems import Problem
from puljeport.texts import Language

MAX_COPY = 20 * 1024 * 1024
"""Bytes of a copy; an upload may have 10 MB."""

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_MARKERS: dict[str, tuple[Callable[[bytes, list[Note], Language], bytes], str]] = {
    "docx": (wordmarks.marked, DOCX),
    "xlsx": (sheetmarks.marked, XLSX),
    "pdf": (pdfmarks.marked, "application/pdf"),
}
FORMATS = tuple(_MARKERS)
"""Formats whose files can be returned with marks. ODT and ODS are told of by text: their programs open the others."""


class Copy(NamedTuple):
    """A marked copy: its content, its format (also the ending of its name), and its content type."""

    data: bytes
    format: str
    content_type: str


def mark(data: bytes, problems: Sequence[Problem], language: Language) -> Copy | None:
    """A copy of the file with `problems` marked in it, in `language`; None where there is nothing to mark, or the
    format has no marks. Raises Unreadable for a file that cannot be read, or not be marked within bounds."""
    if not problems:
        return None
    raw = readers.read(data, "")
    if raw.format not in _MARKERS:
        return None
    marked, content_type = _MARKERS[raw.format]
    copy = marked(data, notes(raw, problems, language), language)
    return Copy(copy, raw.format, content_type) if len(copy) <= MAX_COPY else None
