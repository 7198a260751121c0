"""What a PDF would become, found out before the engine opens it: encrypted, too many objects, too much when inflated.

The engine bounds depth and recursion itself, but inflates up to a gigabyte for one stream. Here every stream is
inflated piece by piece, also one inside another, and thrown away; what is counted is bounded whatever the file says of
itself. Filters other than Flate that can hide such a stream are refused: no program writes them into a form today.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from puljeport.errors import Unreadable
from puljeport.problems import problem

MAX_INFLATED = 64 << 20
MAX_TOKENS = 1_500_000
"""Spaces, brackets and slashes in the file and in what it inflates to, pictures left out: each can be an object, which
takes the engine some 150 bytes."""
MAX_OBJECTS = 300_000
MAX_NESTED = 4
_CHUNK = 1 << 16

# What these ask of the bytes before comes last, so that they are looked for as plain words: many times as fast.
_OBJECT = re.compile(rb"obj(?<=[\s\0]obj)\b")
_WITHIN = bytes(sorted(set(range(256)) - set(b"\0\t\n\f\r ()<>[]{}/")))
_STREAM = re.compile(rb"stream(?<!endstream)")
_LINE_END = re.compile(rb"\r\n?|\n")
_PLAIN = re.compile(rb"/Encrypt(?![^\s\0/<>\[\](){}%])")
_ESCAPED = re.compile(rb"/[^\s\0/<>\[\](){}%#]{0,60}#[^\s\0/<>\[\](){}%]{1,60}")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_REFUSED = frozenset({b"/LZWDecode", b"/RunLengthDecode", b"/ASCIIHexDecode", b"/ASCII85Decode"})
_SHORT = re.compile(rb"/Filter[\s\0]*+(?:\[[\s\0]*+)?/(?:LZW|RL|AHx|A85)\b")
_LONGEST_HEAD = 2_000
_PICTURE = re.compile(rb"/Subtype[\s\0]*/Image\b")
_OTHER_TYPE = re.compile(rb"/Type\b(?![\s\0]*/XObject\b)")
_DATA = re.compile(rb"stream\r\n(?<!endstream\r\n)")
_DATA_END = b"\r\nendstream"
_VALUE = re.compile(rb"/V (\d+) \d+ R\b")
WRITTEN = re.compile(rb"\r\n(\d+) \d+ obj\r\n")
"""How an object begins in a document as PDFium writes it."""
_ENCRYPT = re.compile(rb"[\s\0]*(?:<<|\d+[\s\0]+\d+[\s\0]+R)")


def check(data: bytes) -> None:
    """Raises Unreadable for a file that is encrypted, or would cost more than a form may."""
    budget = _Budget()
    budget.see(data)
    names = _names(data)
    if any(_ENCRYPT.match(data, end) for end in names[b"/Encrypt"]):
        raise Unreadable(problem("encrypted"))
    if _refused(data) or any(names[name] for name in _REFUSED):
        raise Unreadable(problem("bad_pdf"))
    if sum(1 for _ in _OBJECT.finditer(data)) > MAX_OBJECTS:
        raise Unreadable(problem("too_many_parts"))
    for number, (keyword, start) in enumerate(_streams(data)):
        if number > MAX_OBJECTS:
            raise Unreadable(problem("too_many_parts"))
        _inflate(data, start, _Stage(budget, depth=1, picture=_is_picture(data, keyword)))


def _streams(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the word `stream` stands, and where the data after its line begins; the first of each line."""
    at = 0
    # Not one pattern: it would look for the end of one long line anew from each `stream` in it.
    while (keyword := _STREAM.search(data, at)) and (end := _LINE_END.search(data, keyword.end())):
        yield keyword.start(), end.end()
        at = end.end()


def _names(data: bytes) -> dict[bytes, list[int]]:
    """Where each name that matters here ends, also where its letters are written as numbers (`/#45ncrypt`)."""
    found: dict[bytes, list[int]] = {name: [] for name in (b"/Encrypt", *_REFUSED)}
    for match in _PLAIN.finditer(data):
        found[b"/Encrypt"].append(match.end())
    for match in _ESCAPED.finditer(data):
        name = _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), match[0])
        if name in found:
            found[name].append(match.end())
    return found


def _is_picture(data: bytes, end: int) -> bool:
    """Whether the stream is certainly no container of objects: whatever it may be besides, its type says XObject."""
    first = max(end - _LONGEST_HEAD, 0)
    about = data[max(data.rfind(b"obj", first, end), first) : end]
    return b"#" not in about and _PICTURE.search(about) is not None and _OTHER_TYPE.search(about) is None


def emptied(plain: bytes) -> bytes:
    """A document as PDFium writes it (no line breaks but those it makes, nothing packed), with its streams blanked.

    The first bytes are what counts: deflated data without them cannot be inflated, and the engine deflates whatever
    came without a filter. Nothing is moved, so that the table of where things are stays right.
    """
    if _refused(plain) or _answered_by_streams(plain):
        raise Unreadable(problem("bad_pdf"))
    pieces, at = [], 0
    while (begun := _DATA.search(plain, at)) and (end := plain.find(_DATA_END, begun.end())) >= 0:
        pieces += [plain[at : begun.end()], b" " * (end - begun.end())]
        at = end
    return b"".join([*pieces, plain[at:]])


def _answered_by_streams(plain: bytes) -> bool:
    """Whether a field's value is a stream, which the standard allows: blanking it would lose an answer unseen."""
    wanted = {match[1] for match in _VALUE.finditer(plain)}
    objects = WRITTEN.finditer(plain) if wanted else ()
    return any(
        found[1] in wanted and b"stream\r\n" in plain[found.end() : plain.find(b"endobj", found.end())]
        for found in objects
    )


def _refused(data: bytes) -> bool:
    return any(name in data for name in _REFUSED) or _SHORT.search(data) is not None


class _Budget:
    """What has been inflated of a file, and read for it."""

    def __init__(self) -> None:
        self._inflated = self._read = self._tokens = 0

    def take(self, inflated: int = 0, read: int = 0) -> None:
        """Count bytes; raises Unreadable when there were too many."""
        self._inflated += inflated
        self._read += read
        if self._inflated > MAX_INFLATED or self._read > MAX_INFLATED:
            raise Unreadable(problem("zip_bomb"))

    def see(self, data: bytes) -> None:
        """Count what may be objects; raises Unreadable when there were too many."""
        self._tokens += len(data.translate(None, _WITHIN))
        if self._tokens > MAX_TOKENS:
            raise Unreadable(problem("too_many_parts"))


class _Stage:
    """One decompressor, and the next one where its output is deflated again."""

    def __init__(self, budget: _Budget, depth: int, *, picture: bool) -> None:
        if depth > MAX_NESTED:
            raise Unreadable(problem("zip_bomb"))
        self._inflater = zlib.decompressobj()
        self.budget = budget
        self._depth = depth
        self._picture = picture
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
            self.budget.take(inflated=len(out))
            self._pass_on(out)
            piece = self._inflater.unconsumed_tail
            self.done = self._inflater.eof

    def _pass_on(self, out: bytes) -> None:
        if not self._picture:
            self.budget.see(out)
        if not self._begun and out:
            self._begun = True
            nested = _is_zlib(out[:2])
            self._next = _Stage(self.budget, self._depth + 1, picture=self._picture) if nested else None
        if self._next is not None:
            self._next.feed(out)


def _inflate(data: bytes, start: int, stage: _Stage) -> None:
    if not _is_zlib(data[start : start + 2]):
        return
    for at in range(start, len(data), _CHUNK):
        piece = data[at : at + _CHUNK]
        stage.budget.take(read=len(piece))
        stage.feed(piece)
        if stage.done:
            return


def _is_zlib(head: bytes) -> bool:
    return len(head) == 2 and head[0] & 15 == 8 and int.from_bytes(head) % 31 == 0
