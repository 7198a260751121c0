"""What a PDF would become, found out before the engine opens it: encrypted, too many objects, too much when inflated.

The engine bounds depth and recursion itself, but inflates up to a gigabyte for one stream. Here every stream is
inflated piece by piece, also one inside another, and thrown away; what is counted is bounded whatever the file says of
itself. Filters other than Flate that can hide such a stream are refused: no program writes them into a form today.
"""

from __future__ import annotations

import re
import zlib

from puljeport.errors import Unreadable
from puljeport.problems import problem

MAX_INFLATED = 64 << 20
MAX_OBJECTS = 300_000
MAX_NESTED = 4
_CHUNK = 1 << 16

_OBJECT = re.compile(rb"\d[\s\0]+obj\b")
_STREAM = re.compile(rb"(?<!end)stream[^\r\n]*+(?:\r\n?|\n)")
_NAME = re.compile(rb"/[^\s\0/<>\[\](){}%]{1,60}")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_REFUSED = frozenset({b"/LZWDecode", b"/RunLengthDecode", b"/ASCIIHexDecode", b"/ASCII85Decode"})
_SHORT = re.compile(rb"/Filter[\s\0]*\[?[\s\0]*/(?:LZW|RL|AHx|A85)\b")
_ENCRYPT = re.compile(rb"[\s\0]*(?:<<|\d+[\s\0]+\d+[\s\0]+R)")


def check(data: bytes) -> None:
    """Raises Unreadable for a file that is encrypted, or would cost more than a form may."""
    for match in _NAME.finditer(data):
        name = match[0]
        if b"#" in name:
            name = _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), name)
        if name == b"/Encrypt" and _ENCRYPT.match(data, match.end()):
            raise Unreadable(problem("encrypted"))
        if name in _REFUSED:
            raise Unreadable(problem("bad_pdf"))
    if _SHORT.search(data):
        raise Unreadable(problem("bad_pdf"))
    if sum(1 for _ in _OBJECT.finditer(data)) > MAX_OBJECTS:
        raise Unreadable(problem("too_many_parts"))
    budget = _Budget()
    for match in _STREAM.finditer(data):
        _inflate(data, match.end(), budget)


class _Budget:
    """How much may still be inflated, and read for it, in the whole file."""

    def __init__(self) -> None:
        self._left = self._input = MAX_INFLATED

    def take(self, out: int = 0, read: int = 0) -> None:
        """Count bytes; raises Unreadable when there were too many."""
        self._left -= out
        self._input -= read
        if self._left < 0 or self._input < 0:
            raise Unreadable(problem("zip_bomb"))


def _inflate(data: bytes, start: int, budget: _Budget) -> None:
    if not _is_zlib(data[start : start + 2]):
        return
    stage = _Stage(budget, depth=1)
    for at in range(start, len(data), _CHUNK):
        piece = data[at : at + _CHUNK]
        budget.take(read=len(piece))
        stage.feed(piece)
        if stage.done:
            return


class _Stage:
    """One decompressor, and the next one where its output is deflated again."""

    def __init__(self, budget: _Budget, depth: int) -> None:
        if depth > MAX_NESTED:
            raise Unreadable(problem("zip_bomb"))
        self._inflater = zlib.decompressobj()
        self._budget = budget
        self._depth = depth
        self._next: _Stage | None = None
        self._begun = False
        self.done = False

    def feed(self, piece: bytes) -> None:
        """Inflate `piece`, a bounded part at a time; `done` when there cannot be more."""
        while piece and not self.done:
            try:
                out = self._inflater.decompress(piece, _CHUNK * 16)
            except zlib.error:
                self.done = True
                return
            self._budget.take(out=len(out))
            self._pass_on(out)
            piece = self._inflater.unconsumed_tail
            self.done = self._inflater.eof

    def _pass_on(self, out: bytes) -> None:
        if not self._begun and out:
            self._begun = True
            self._next = _Stage(self._budget, self._depth + 1) if _is_zlib(out[:2]) else None
        if self._next is not None:
            self._next.feed(out)


def _is_zlib(head: bytes) -> bool:
    return len(head) == 2 and head[0] & 15 == 8 and int.from_bytes(head) % 31 == 0
