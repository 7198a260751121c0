"""Changing a few bytes of an XML part, and nothing else of it: every other byte stays as it was written.

A library that reads and writes office files would write them anew, and lose what it does not know.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Iterator
from typing import NamedTuple
from xml.sax.saxutils import escape as _escape
from xml.sax.saxutils import quoteattr

from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.readers.package import Package
from puljeport.readers.walk import Begin, End, Walk

MAX_ELEMENTS = 200_000
"""Elements of one part that are kept at once."""
_QUOTE = {'"': "&quot;"}
_DECLARED = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*encoding=["']([A-Za-z0-9-]+)["']""")


class Element(NamedTuple):
    """An element of a part: its expanded name, attributes, and the bytes it begins, has its tag end, and ends at.

    `inner`: just after its start tag; `close`: where its end tag begins (`inner` of an empty element).
    """

    name: str
    attributes: dict[str, str]
    start: int
    inner: int
    close: int
    end: int
    depth: int
    parent: int
    empty: bool

    @property
    def local(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition(" ")[2]


class _Elements:
    """Collects the elements that are wanted, with where they stand."""

    def __init__(self, data: bytes, wanted: Callable[[str], bool]) -> None:
        self.found: list[Element] = []
        self._data, self._wanted = data, wanted
        self._open: list[tuple[str, dict[str, str], int]] = []
        self._name = ""
        self._position: Callable[[], int] = lambda: 0

    def started(self, walk: Walk) -> None:
        self._position = walk.position

    def begin(self, name: str) -> Begin:
        self._name = name
        return self._begin

    def _begin(self, attributes: dict[str, str]) -> None:
        self._open.append((self._name, attributes, self._position()))

    def end(self, _name: str) -> End:
        return self._end

    def _end(self) -> None:
        name, attributes, start = self._open.pop()
        if not self._wanted(name.rpartition(" ")[2]):
            return
        if len(self.found) >= MAX_ELEMENTS:
            raise Unreadable(problem("zip_bomb"))
        inner = _after_tag(self._data, start)
        empty = self._data[inner - 2 : inner] == b"/>"
        close = inner if empty else self._position()
        end = inner if empty else _after_tag(self._data, close)
        parent = self._open[-1][2] if self._open else -1
        self.found.append(Element(name, attributes, start, inner, close, end, len(self._open), parent, empty))


def content(package: Package, part: str) -> bytes:
    """The bytes of a part. Raises Unreadable for an encoding in which bytes cannot be counted (UTF-16)."""
    data = b"".join(package.chunks(part))
    declared = _DECLARED.match(data)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii")):
        raise Unreadable(problem("unknown_format"))
    return data


def elements(package: Package, part: str, data: bytes, *wanted: str) -> list[Element]:
    """The elements of a part (its bytes are `data`) with one of these local names, those that begin first first."""
    found = _Elements(data, lambda local: local in wanted)
    package.parse(part, found.begin, found.end, started=found.started)
    return sorted(found.found, key=lambda element: element.start)


def around(outer: list[Element], inner: Element) -> int:
    """Which of `outer` holds `inner`, -1 if none does. They stand in the order of the part, and none in another."""
    number = bisect(outer, inner.start, key=lambda element: element.start) - 1
    return number if number >= 0 and inner.start < outer[number].end else -1


def _after_tag(data: bytes, start: int) -> int:
    """The byte after the tag that begins at `start`; `>` may stand in an attribute's value."""
    quote = None
    for index in range(start, len(data)):
        sign = data[index]
        if quote is None and sign == 0x3E:
            return index + 1
        if quote is None and sign in (0x22, 0x27):
            quote = sign
        elif sign == quote:
            quote = None
    raise Unreadable(problem("unknown_format"))


class Edits:
    """Changes to one part, by byte; applied together."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._edits: list[tuple[int, int, int, bytes]] = []

    def insert(self, at: int, new: str) -> None:
        """Put text in at a byte; what is put in first stands first."""
        self._edits.append((at, at, len(self._edits), new.encode()))

    def replace(self, start: int, end: int, new: str) -> None:
        """Put text in place of some bytes."""
        self._edits.append((start, end, len(self._edits), new.encode()))

    def remove(self, element: Element) -> None:
        """Take an element out, whole."""
        self.replace(element.start, element.end, "")

    def append(self, element: Element, new: str) -> None:
        """Put text in at the end of an element, which may be an empty one."""
        if not element.empty:
            self.insert(element.close, new)
            return
        tag = self._data[element.start : element.inner - 2].decode()
        self.replace(element.start, element.end, f"{tag}>{new}</{tag[1:].split(None, 1)[0]}>")

    def done(self) -> bytes:
        """The part with all changes. What lies within bytes that are replaced anyway is passed over."""
        pieces, at = [], 0
        for start, end, _, new in sorted(self._edits):
            if start < at:
                continue
            pieces += [self._data[at:start], new]
            at = end
        return b"".join([*pieces, self._data[at:]])


def into(data: bytes, local: str, new: str) -> bytes:
    """The part with text added at the end of its outermost element, which has this local name."""
    closing = re.compile(rb"</(?:[\w.-]+:)?%s\s*>\s*$" % local.encode())
    if match := closing.search(data):
        return data[: match.start()] + new.encode() + data[match.start() :]
    empty = re.compile(rb"<((?:[\w.-]+:)?%s)([^>]*)/>\s*$" % local.encode())
    if match := empty.search(data):
        return data[: match.start()] + b"<%s%s>%s</%s>" % (match[1], match[2], new.encode(), match[1])
    raise Unreadable(problem("unknown_format"))


def escaped(text: str) -> str:
    """The text as it may stand in an element."""
    return _escape("".join(sign for sign in text if sign in "\n\t" or sign >= " "), _QUOTE)


def attribute(text: str) -> str:
    """The text as an attribute's value, with its quotes."""
    return quoteattr(text)


def lines(text: str) -> Iterator[str]:
    """The lines of a note."""
    return iter(text.split("\n"))
