"""Changing a PDF by what is appended to it: an incremental update (ISO 32000-2, 7.5.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from puljeport.errors import Unreadable
from puljeport.problems import problem

_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_TRAILER = re.compile(rb"trailer\s*<<(.*)>>\s*startxref", re.DOTALL)
_SIZE = re.compile(rb"/Size (\d+)")


def appended(document: bytes, objects: Mapping[int, bytes]) -> bytes:
    """The document with `objects` in place of those with their numbers, or added.

    It has a table of its objects, as PDFium and pikepdf write one. Raises Unreadable for one that has none.
    """
    start, trailer = _START.search(document), _TRAILER.search(document)
    size = _SIZE.search(trailer[1]) if trailer else None
    if start is None or trailer is None or size is None:
        raise Unreadable(problem("bad_pdf"))
    pieces, at, table = [document], len(document), []
    for number, content in sorted(objects.items()):
        piece = b"\r\n%d 0 obj\r\n%s\r\nendobj" % (number, content)
        table.append(b"%d 1\r\n%010d 00000 n\r\n" % (number, at + 2))
        pieces.append(piece)
        at += len(piece)
    count = max(int(size[1]), max(objects, default=0) + 1)
    kept = re.sub(rb"/(?:Size|Prev) \d+", b"", trailer[1])
    pieces.append(
        b"\r\nxref\r\n%strailer\r\n<</Size %d/Prev %s%s>>\r\nstartxref\r\n%d\r\n%%%%EOF\r\n"
        % (b"".join(table), count, start[1], kept, at + 2)
    )
    return b"".join(pieces)
