"""One pass over an XML document with expat: no DTD, no entity of its own, bounded depth and tag size.

Most elements of an office file say how things look. Whoever walks says by name which elements to hear of, so that
Python is asked once about each of the others and does nothing. A tree built in C (xml.etree) was measured and not
taken: with its depth known it saves a tenth of the time, and a hostile part becomes many times its size in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.parsers import expat

from puljeport.errors import Unreadable
from puljeport.problems import problem

MAX_DEPTH = 256
MAX_TOKEN = 2 * 1024 * 1024
"""Bytes of one tag with its attributes: expat keeps it whole in memory, several times over."""

_ENCODINGS = (None, "utf-8", "utf-16", "us-ascii")

type Begin = Callable[[dict[str, str]], object]
"""Called with an element's attributes when it begins."""
type End = Callable[[], object]
"""Called when an element ends."""
type Chars = Callable[[str], object]


class Walk:
    """A walk over one document. Raises Unreadable, with `broken` where no other code says it better.

    `begin` and `end` are asked with an element's name, as `namespace local`, for what is to be called, if anything.
    `open` holds the names of the elements around, that which begins or ends just now last.
    """

    def __init__(
        self, broken: str, begin: Callable[[str], Begin | None], end: Callable[[str], End | None], chars: Chars | None
    ) -> None:
        self.open: list[str] = []
        self._broken = broken
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        self._parser = parser
        self._opened, self._closed, self._chars = _opened(self.open, begin), _closed(self.open, end), chars
        self._passed = _opened(self.open, lambda _name: None)
        self._listen()

    def feed(self, chunks: Iterator[bytes]) -> None:
        """Walk the document that the chunks make up."""
        fed = 0
        try:
            for chunk in chunks:
                self._parser.Parse(chunk, False)
                fed += len(chunk)
                if fed - self._parser.CurrentByteIndex > MAX_TOKEN:
                    raise Unreadable(problem("zip_bomb"))
            self._parser.Parse(b"", True)
        except (expat.ExpatError, ValueError) as error:
            raise Unreadable(problem(self._broken)) from error

    def position(self) -> int:
        """The byte of the document at which the current element begins, or ends."""
        return self._parser.CurrentByteIndex

    def skip(self) -> None:
        """Pass over the element that begins just now: nothing in it is heard, nor its end."""
        depth = len(self.open)

        def closed(_name: str) -> None:
            self.open.pop()
            if len(self.open) < depth:
                self._listen()

        self._parser.StartElementHandler, self._parser.EndElementHandler = self._passed, closed
        self._parser.CharacterDataHandler = None

    def _listen(self) -> None:
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._opened, self._closed
        self._parser.CharacterDataHandler = self._chars

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        # Any other encoding would make Python load a codec from disk, and no office program writes one.
        if (encoding.lower() if encoding else None) not in _ENCODINGS:
            raise Unreadable(problem(self._broken))

    def _doctype(self, *_: object) -> None:
        raise Unreadable(problem("dtd_refused"))


# Closures, since they run for every element of a file.


def _opened(around: list[str], begin: Callable[[str], Begin | None]) -> Callable[[str, dict[str, str]], None]:
    push = around.append

    def opened(name: str, attributes: dict[str, str]) -> None:
        push(name)
        if len(around) > MAX_DEPTH:
            raise Unreadable(problem("too_deep"))
        if (heard := begin(name)) is not None:
            heard(attributes)

    return opened


def _closed(around: list[str], end: Callable[[str], End | None]) -> Callable[[str], None]:
    pop = around.pop

    def closed(name: str) -> None:
        if (heard := end(name)) is not None:
            heard()
        pop()

    return closed
