"""The process that looks at pages: `python child.py LIBRARIES…`, a printed form and its blanks in, answers out.

In: a line with the sizes of the documents, then the documents, the printed one first. Out: JSON. It ends by itself when
it takes too much of anything, and whoever started it takes that for "cannot be read".
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    # Before anything else of ours is imported: isolated, it finds only the standard library.
    sys.path[:0] = sys.argv[1:]

import codecs
import json
import re
import resource
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from puljeport.pages.answers import PIXELS, Answer, Printed, answers
from puljeport.pages.engine import MAX_LETTERS, Document, Letter, TooMuch, library
from puljeport.pages.fit import Fit, Words, fit, spelled, words

CPU_SECONDS = 3
"""A form takes a fifth of one. With a function's share of a processor, ten hostile files end within its time."""
MEMORY = 512 << 20
"""Bytes of address space."""
MAX_PAGES = 60
READABLE = 0.7
"""Share of a document's letters that must say which they are; with fewer, it has no text but pictures of it."""
_STAMP = re.compile(r"(?<!\S)([a-z0-9][a-z0-9-]{0,99}), version ([1-9][0-9]{0,8})(?!\S)")


@dataclass(slots=True)
class Found:
    """What there is on the pages of a document.

    `letters`: whether it has text at all; `call` and `version`: what the feet of its pages say; `missing`: the blank's
    pages with fields (from 1) that were not found, where any was; `answers`: the fields of those that were.
    """

    letters: bool = False
    call: str | None = None
    version: int | None = None
    missing: list[int] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


class _Place(NamedTuple):
    """Where a page of the blank was found."""

    blank: int
    printed: int
    fit: Fit


def limit() -> None:
    """Take no more than a form may cost, and open nothing from now on. What a system does not know is left out."""
    limits = {
        "RLIMIT_CPU": CPU_SECONDS, "RLIMIT_AS": MEMORY, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0, "RLIMIT_NOFILE": 3
    }  # fmt: skip
    for name, most in limits.items():
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (most, most))


def look(data: bytes, blanks: Sequence[bytes]) -> Found:
    """What the document says as a print of the blank that fits it best."""
    document = Document(data)
    if not 0 < document.count <= MAX_PAGES:
        return Found()
    pages = _letters(document)
    found = Found(letters=_readable(pages))
    if not found.letters:
        return found
    found.call, found.version = _stamp(pages)
    printed = [words(page) for page in pages]
    best: tuple[Document, list[_Place]] | None = None
    for blank in map(Document, blanks):
        places = _places([words(page) for page in _letters(blank)], printed)
        if places and (best is None or len(places) > len(best[1])):
            best = blank, places
        if len(places) == blank.count:
            break
    if best is not None:
        _read(found, document, pages, *best)
    return found


def _readable(pages: Sequence[Sequence[Letter]]) -> bool:
    drawn = [letter.sure for page in pages for letter in page if not letter.text.isspace()]
    return bool(drawn) and sum(drawn) >= READABLE * len(drawn)


def _letters(document: Document) -> list[list[Letter]]:
    left, pages = MAX_LETTERS, []
    for number in range(min(document.count, MAX_PAGES)):
        with document.page(number) as page:
            pages.append(page.letters(left))
        left -= len(pages[-1])
    return pages


def _stamp(pages: Sequence[Sequence[Letter]]) -> tuple[str | None, int | None]:
    """Call and version as most pages have them at their feet."""
    said: Counter[tuple[str, str]] = Counter()
    for page in pages:
        said.update(set(_STAMP.findall(" ".join(word for word, _ in spelled(page)))))
    if not said:
        return None, None
    call, version = max(said, key=lambda stamp: said[stamp])
    return call, int(version)


def _places(blank: Sequence[Words], printed: Sequence[Words]) -> list[_Place]:
    """Where each page of the blank is, the surest first; no page is taken twice from the blank or from one place."""
    tried = [
        _Place(number, other, found)
        for number, known in enumerate(blank)
        for other, there in enumerate(printed)
        if (found := fit(known, there)) is not None
    ]
    tried.sort(key=lambda place: -place.fit.share)
    places: list[_Place] = []
    for place in tried:
        if all(place.blank != other.blank and not _same(place, other) for other in places):
            places.append(place)
    return sorted(places)


def _same(one: _Place, other: _Place) -> bool:
    """Whether two pages of the blank would lie on each other; side by side on one sheet they may."""
    return one.printed == other.printed and abs(one.fit.shift - other.fit.shift) < 50


def _read(
    found: Found, document: Document, pages: Sequence[Sequence[Letter]], blank: Document, places: Sequence[_Place]
) -> None:
    widgets = blank.widgets()
    there = {place.blank for place in places}
    found.missing = [number + 1 for number, own in enumerate(widgets) if own and number not in there]
    for place in places:
        with document.page(place.printed) as page, blank.page(place.blank) as empty:
            printed = Printed(
                place.printed + 1,
                pages[place.printed],
                place.fit,
                page.picture(PIXELS / abs(place.fit.scale)),
                empty.picture(PIXELS),
            )
        found.answers += answers(widgets[place.blank], printed)


def _documents() -> list[bytes]:
    sizes = [int(size) for size in sys.stdin.buffer.readline().split()]
    return [sys.stdin.buffer.read(size) for size in sizes]


def main() -> None:
    """Read the documents, look at them and say what was found."""
    library()
    codecs.lookup("utf-16-le")  # in a file, which cannot be opened later
    limit()
    data, *blanks = _documents()
    found = look(data, blanks)
    json.dump(asdict(found) | {"answers": [answer._asdict() for answer in found.answers]}, sys.stdout)


if __name__ == "__main__":
    with suppress(TooMuch, MemoryError):
        main()
