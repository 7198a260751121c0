"""Zip packages of XML parts, read within bounds: nothing is trusted that the package says of itself.

Every bound is counted while inflating and parsing, whatever the headers claim. Only parts asked for by name are
inflated. Nothing is resolved, fetched or written: no DTD, no entities, no relationships to the outside.
defusedxml was considered: it refuses DTDs as this does, but builds whole trees and counts neither depth nor bytes.
"""

from __future__ import annotations

import encodings.cp437  # noqa: F401 - zipfile would have it read from disk at the first name that is not UTF-8
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO

from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.readers.walk import Begin, Chars, End, Walk

MAX_ENTRIES = 2_000
MAX_PART = 30 * 1024 * 1024
MAX_TOTAL = 60 * 1024 * 1024
MAX_ELEMENTS = 2_000_000
"""Of all parts that are walked. A form of text has fewer: its reader sets a bound of its own."""
CHUNK = 64 * 1024

_CENTRAL_HEADER = b"PK\x01\x02"
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # all that OPC allows (ISO/IEC 29500-2)
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, OverflowError, RuntimeError,
    ValueError,
)  # fmt: skip


class Package:
    """The parts of a zip package by name. Raises Unreadable, with `broken` where no other code says it better.

    `most`: elements that may be walked, in all parts together.
    """

    def __init__(self, data: bytes, broken: str, most: int = MAX_ELEMENTS) -> None:
        self._broken, self._most = broken, most
        self._inflated = self._elements = 0
        # Before zipfile makes an object of each: the count in the end record can be forged, the headers cannot.
        if data.count(_CENTRAL_HEADER) > MAX_ENTRIES:
            raise Unreadable(problem("too_many_parts"))
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except _ZIP_ERRORS as error:
            raise Unreadable(problem(broken)) from error
        self._entries = self._named(self._zip.infolist())

    def _named(self, entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        if len(entries) > MAX_ENTRIES:
            raise Unreadable(problem("too_many_parts"))
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise Unreadable(problem("encrypted"))
        named: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            if _leaves_the_package(entry.orig_filename):
                raise Unreadable(problem(self._broken))
            # Part names are equal without regard to case (ISO/IEC 29500-2, 6.2.2.3).
            name = entry.filename.casefold()
            if name in named:
                raise Unreadable(problem("duplicate_parts"))
            named[name] = entry
        if any(name.endswith("vbaproject.bin") for name in named):
            raise Unreadable(problem("macros"))
        return named

    def __contains__(self, name: str) -> bool:
        """Whether the package has a part of that name."""
        return name.casefold() in self._entries

    @property
    def names(self) -> Iterable[str]:
        """The names of all parts, in lower case."""
        return self._entries.keys()

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of the part `name`, inflated piece by piece; nothing for a part that is not there."""
        entry = self._entries.get(name.casefold())
        if entry is None:
            return
        if entry.compress_type not in _METHODS:
            raise Unreadable(problem(self._broken))
        size = 0
        try:
            with self._zip.open(entry) as stream:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    self._inflated += len(chunk)
                    if size > MAX_PART or self._inflated > MAX_TOTAL:
                        raise Unreadable(problem("zip_bomb"))
                    yield chunk
        except _ZIP_ERRORS as error:
            raise Unreadable(problem(self._broken)) from error

    def parse(
        self,
        name: str,
        begin: Callable[[str], Begin | None],
        end: Callable[[str], End | None],
        chars: Chars | None = None,
        started: Callable[[Walk], None] | None = None,
    ) -> None:
        """Walk the XML of the part `name`, as `Walk` does; one that is not there has no content.

        `started` is given the walk before it begins.
        """
        if name in self:
            walk = Walk(self._broken, begin, end, chars)
            if started is not None:
                started(walk)
            walk.feed(self._counted(self.chunks(name)))

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks, as long as not too many elements begin in them (in UTF-16, those that end count too)."""
        for chunk in chunks:
            self._elements += chunk.count(b"<") - chunk.count(b"</")
            if self._elements > self._most:
                raise Unreadable(problem("zip_bomb"))
            yield chunk

    def rewritten(self, parts: dict[str, bytes]) -> bytes:
        """The package with `parts` in place of those of the same name, or added; all others as they are, in order.

        Raises Unreadable where the package is more than may be inflated.
        """
        new = {name.casefold(): (name, content) for name, content in parts.items()}
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
            for name, entry in self._entries.items():
                content = new.pop(name)[1] if name in new else b"".join(self.chunks(name))
                package.writestr(_like(entry), content, entry.compress_type)
            for name, content in new.values():
                package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()


def _like(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(entry.orig_filename, entry.date_time)


def _leaves_the_package(name: str) -> bool:
    return "\0" in name or "\\" in name or name.startswith("/") or ".." in name.split("/")
