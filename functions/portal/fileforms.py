"""The file in a form that was sent to the portal itself (multipart/form-data): never kept, and never on disk."""

from __future__ import annotations

import io
from dataclasses import dataclass

from multipart import MultipartError, MultipartParser, parse_options_header

from puljeport.submissions import shown_name

HEADERS = 20_000
"""Bytes of one part's headers: a name of 10 kB is shown cut short, not refused."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file: its name to be shown, and its bytes; None when there are too many."""

    name: str
    data: bytes | None


def file(content_type: str, body: bytes, limit: int) -> Sent | None:
    """The first file that was chosen in a form; None where there is none, or no form."""
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data" or "boundary" not in options:
        return None
    parser = MultipartParser(
        io.BytesIO(body), options["boundary"], content_length=len(body), headersize_limit=HEADERS, part_limit=8,
        memory_limit=len(body) + 1, spool_limit=len(body) + 1,
    )  # fmt: skip
    try:
        for part in parser:
            if part.filename:
                return Sent(shown_name(part.filename), part.raw if part.size <= limit else None)
    except (MultipartError, UnicodeError):
        return None
    return None
