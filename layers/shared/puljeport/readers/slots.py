"""Slots: the places of a document in which an answer can stand, with their text and the marks around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from puljeport import marks
from puljeport.rawforms import Spot, Way

MAX_KEYS = 64
"""Marks in one slot; a multiple choice has at most 30."""


class Piece(NamedTuple):
    """A run of text, the keys it stands under, and whether it is hidden."""

    text: str
    keys: tuple[str, ...]
    hidden: bool


@dataclass(slots=True)
class Slot:
    """A cell or a paragraph: its text in pieces, and the ways in which each key is named in it.

    `at`: where its first paragraph begins, in bytes of the part it stands in; None where nobody counted.
    """

    pieces: list[Piece] = field(default_factory=list)
    names: dict[str, list[Way]] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)
    span: int = 1
    at: int | None = None

    @property
    def spot(self) -> Spot | None:
        """Its place for whoever marks it."""
        return None if self.at is None else (self.at,)

    def name(self, key: str, way: Way) -> None:
        """Note that `key` is named here in this way."""
        if key in self.names or len(self.names) < MAX_KEYS:
            ways = self.names.setdefault(key, [])
            if way not in ways:
                ways.append(way)

    def find_hidden(self) -> None:
        """Turn the hidden `[[key]]` texts into names: each holds to the next one, or to the end."""
        # Lists, since any() over them is faster: this is asked of each cell of a document.
        if any([piece.hidden for piece in self.pieces]):  # noqa: C419
            self._name_hidden()
        if not self.names and any(["[" in piece.text for piece in self.pieces]):  # noqa: C419
            self._find_bare()

    def _name_hidden(self) -> None:
        pieces: list[Piece] = []
        current: str | None = None
        waiting = ""
        for piece in [*self.pieces, Piece("", (), hidden=False)]:
            if piece.hidden:
                waiting += piece.text  # programs split runs: `[[`, `key`, `]]`
                continue
            if waiting:
                rest, current = self._named(waiting, current)
                pieces.append(Piece(rest, with_key((), current), hidden=True))
                waiting = ""
            pieces.append(Piece(piece.text, with_key(piece.keys, current), hidden=False))
        self.pieces = pieces

    def _named(self, text: str, current: str | None) -> tuple[str, str | None]:
        for match in marks.HIDDEN.finditer(text):
            if match[1] in self.names or len(self.names) < MAX_KEYS:
                current = match[1]
                self.name(current, Way.HIDDEN)
        return marks.HIDDEN.sub("", text), current

    def _find_bare(self) -> None:
        text = self.text().lstrip()
        if match := marks.HIDDEN.match(text):  # a program that dropped the hiding
            self.name(match[1], Way.HIDDEN)
            self.pieces = [Piece(text[match.end() :], (match[1],), hidden=False)]

    def text(self, key: str | None = None) -> str:
        """The text, or what of it stands under `key`: without space at line ends and around the whole."""
        text = "".join([piece.text for piece in self.pieces if key is None or key in piece.keys]).strip()
        if "\n" in text:
            text = "\n".join([line.rstrip() for line in text.split("\n")])
        return "" if text in marks.EMPTY_TEXTS else text


def with_key(keys: tuple[str, ...], key: str | None) -> tuple[str, ...]:
    """The keys and `key`, which may be none or among them already."""
    return keys if key is None or key in keys else (*keys, key)
