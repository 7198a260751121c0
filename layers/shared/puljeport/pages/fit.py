"""Where a blank's page lies on a printed one: programs scale, shift and turn pages when they print.

A similarity takes a point of the blank to the printed page: `p = scale * b + shift`, with points as complex numbers,
so that `scale` turns as well. It is found from words that stand once on both, as one that most of them agree with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from puljeport.pages.engine import Letter

AGREED = 0.8
"""Share of a page's words that must stand where the blank has them. Answers can hide some by repeating them."""
FEWEST = 6
"""Words that must agree, on a page with little text."""
NEAR = 1.5
"""Points on the blank between a word and where it should be; a version with another layout is further off."""
_APART = 60
_SMALLEST, _LARGEST = 0.3, 3.0
_TRIES, _PARTNERS = 12, 40
_LONGEST_WORD = 60

type Words = dict[str, complex]
"""Where each word begins that stands once on a page."""


class Fit(NamedTuple):
    """How a blank's page was printed, and the share of its words that agree (0 to 1)."""

    scale: complex
    shift: complex
    share: float

    def there(self, point: complex) -> complex:
        """Where a point of the blank is on the printed page."""
        return self.scale * point + self.shift

    def back(self, point: complex) -> complex:
        """Where a point of the printed page is on the blank."""
        return (point - self.shift) / self.scale


def words(letters: Iterable[Letter]) -> Words:
    """The words that stand once among `letters`, and where."""
    found = list(_words(letters))
    counts = Counter(word for word, _ in found)
    return {word: origin for word, origin in found if counts[word] == 1}


def _words(letters: Iterable[Letter]) -> Iterable[tuple[str, complex]]:
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
    pairs = [(there, printed[word]) for word, there in blank.items() if word in printed]
    needed = max(FEWEST, AGREED * len(blank))
    if len(pairs) < needed:
        return None
    best: list[tuple[complex, complex]] = []
    for guess in _guesses(pairs):
        agreeing = [pair for pair in pairs if abs(guess.back(pair[1]) - pair[0]) < NEAR]
        best = max(best, agreeing, key=len)
        if len(best) > 0.95 * len(pairs):
            break
    if len(best) < needed:
        return None
    found = _least_squares(best)
    return found._replace(share=len(best) / len(blank))


def _guesses(pairs: Sequence[tuple[complex, complex]]) -> Iterable[Fit]:
    """Similarities by two pairs of points each, far enough from each other to tell scale and turn well."""
    for blank, printed in pairs[:: max(len(pairs) // _TRIES, 1)]:
        far = (pair for pair in pairs if abs(pair[0] - blank) > _APART)
        for other_blank, other_printed in islice(far, _PARTNERS):
            scale = (other_printed - printed) / (other_blank - blank)
            if _SMALLEST < abs(scale) < _LARGEST and _upright(scale):
                yield Fit(scale, printed - scale * blank, 0)


def _upright(scale: complex) -> bool:
    """Whether a page is turned by nothing but whole quarters: letters are looked for in upright boxes."""
    turn = scale / abs(scale)
    return min(abs(turn.real), abs(turn.imag)) < 0.02


def _least_squares(pairs: Sequence[tuple[complex, complex]]) -> Fit:
    count = len(pairs)
    middle = sum(pair[0] for pair in pairs) / count
    printed_middle = sum(pair[1] for pair in pairs) / count
    product = sum((pair[1] - printed_middle) * (pair[0] - middle).conjugate() for pair in pairs)
    spread = sum(abs(pair[0] - middle) ** 2 for pair in pairs)
    scale = product / spread
    return Fit(scale, printed_middle - scale * middle, 0)
