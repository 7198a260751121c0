"""Where a blank's page lies on a printed one: programs scale, shift and turn pages when they print.

A similarity takes a point of the blank to the printed page: `p = scale * b + shift`, with points as complex numbers,
so that `scale` turns as well. It is found from words that stand once on the blank, as one that most of them agree with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple

from puljeport.pages.engine import Letter

AGREED = 0.85
"""Share of a page's words that must stand where the blank has them; programs may write a few of them differently."""
FEWEST = 6
"""Words that must agree, on a page with little text."""
NEAR = 1.5
"""Points on the blank between a word and where it should be; a version with another layout is further off."""
_APART = 60
_SMALLEST, _LARGEST = 0.3, 3.0
_TRIES, _PARTNERS, _GUESSES = 12, 40, 500
_LONGEST_WORD, _MOST_ALIKE = 60, 8

type Words = Mapping[str, Sequence[complex]]
"""Where each word of a page begins."""

type _Pairs = list[tuple[complex, Sequence[complex]]]
"""Where a word is on the blank, and where it may be on the printed page."""


class Fit(NamedTuple):
    """How a blank's page was printed, and the share of its words that agree (0 to 1)."""

    scale: complex
    shift: complex
    share: float = 0.0

    def there(self, point: complex) -> complex:
        """Where a point of the blank is on the printed page."""
        return self.scale * point + self.shift

    def back(self, point: complex) -> complex:
        """Where a point of the printed page is on the blank."""
        return (point - self.shift) / self.scale


def words(letters: Iterable[Letter]) -> Words:
    """The words among `letters`, and where; of those that stand often on a page, the first ones."""
    found: dict[str, list[complex]] = {}
    for word, origin in spelled(letters):
        there = found.setdefault(word, [])
        if len(there) < _MOST_ALIKE:
            there.append(origin)
    return found


def spelled(letters: Iterable[Letter]) -> Iterator[tuple[str, complex]]:
    """The words that letters make, in their order, and where each begins."""
    word, begun, last = "", 0j, None
    for letter in letters:
        if word and (letter.text.isspace() or last is None or _apart(last, letter)):
            yield word[:_LONGEST_WORD], begun
            word = ""
        if not letter.text.isspace():
            begun = begun if word else letter.origin
            word += letter.text
        last = letter
    if word:
        yield word[:_LONGEST_WORD], begun


def _apart(before: Letter, after: Letter) -> bool:
    """Whether a letter does not follow closely on the one before."""
    left, bottom, right, top = before.box
    width, height = right - left, top - bottom
    step = abs(after.origin - before.origin)
    return step > max(width, 0.1) + 0.2 * max(width, height)


def fit(blank: Words, printed: Words) -> Fit | None:
    """How `blank` lies on the printed page, or None where it does not."""
    once = [(word, there[0]) for word, there in blank.items() if len(there) == 1]
    pairs = [(there, printed[word]) for word, there in once if word in printed]
    needed = max(FEWEST, AGREED * len(once))
    if len(pairs) < needed:
        return None
    pairs.sort(key=lambda pair: len(pair[1]))
    best: list[tuple[complex, complex]] = []
    for guess in islice(_guesses(pairs), _GUESSES):
        best = max(best, _agreeing(guess, pairs), key=len)
        if len(best) > 0.95 * len(pairs):
            break
    if len(best) < needed:
        return None
    return _least_squares(best)._replace(share=len(best) / len(once))


def _agreeing(guess: Fit, pairs: _Pairs) -> list[tuple[complex, complex]]:
    """Where the words that agree with a guess are on the blank and on the page."""
    near = NEAR * abs(guess.scale)
    found = []
    for blank, printed in pairs:
        wanted = guess.there(blank)
        found += [(blank, there) for there in printed if abs(there - wanted) < near][:1]
    return found


def _guesses(pairs: _Pairs) -> Iterator[Fit]:
    """Similarities by two words each, far enough from each other to tell scale and turn well."""
    for blank, printed in pairs[:: max(len(pairs) // _TRIES, 1)]:
        far = [pair for pair in pairs if abs(pair[0] - blank) > _APART][:_PARTNERS]
        for (other_blank, other_printed), there in product(far, printed):
            for other_there in other_printed:
                scale = (other_there - there) / (other_blank - blank)
                if _SMALLEST < abs(scale) < _LARGEST and _upright(scale):
                    yield Fit(scale, there - scale * blank)


def _upright(scale: complex) -> bool:
    """Whether a page is turned by nothing but whole quarters: letters are looked for in upright boxes."""
    turn = scale / abs(scale)
    return min(abs(turn.real), abs(turn.imag)) < 0.02


def _least_squares(pairs: Sequence[tuple[complex, complex]]) -> Fit:
    count = len(pairs)
    middle = sum(pair[0] for pair in pairs) / count
    printed_middle = sum(pair[1] for pair in pairs) / count
    along = sum((pair[1] - printed_middle) * (pair[0] - middle).conjugate() for pair in pairs)
    spread = sum(abs(pair[0] - middle) ** 2 for pair in pairs)
    scale = along / spread
    return Fit(scale, printed_middle - scale * middle)
