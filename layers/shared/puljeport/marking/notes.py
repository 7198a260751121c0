"""Notes: which problem is written at which spot of a file, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from puljeport.problems import Problem, Severity
from puljeport.rawforms import Name, RawForm, Spot
from puljeport.texts import Language, Text

AUTHOR = "Puljeport"
"""Who the marks are by; what is by this author is taken out before a file is marked again."""

MAX_NOTES = 200
MAX_NOTE = 1_500

_SEVERITY = {
    Severity.ERROR: Text(da="Skal rettes", en="To be corrected"),
    Severity.WARNING: Text(da="Se efter", en="Please check"),
}


class Note(NamedTuple):
    """All that is said at one spot (None: at the top of the file). `errors`: whether anything there must be corrected.

    `empty`: whether nothing is filled in there.
    """

    spot: Spot | None
    text: str
    errors: bool
    empty: bool = False


class _Found(NamedTuple):
    keys: frozenset[str]
    spot: Spot
    empty: bool


def notes(raw: RawForm, problems: Sequence[Problem], language: Language) -> list[Note]:
    """The notes for a file's problems, those at the top first; several problems of one spot are one note."""
    known = _places(raw)
    by_spot: dict[Spot | None, list[tuple[Problem, bool]]] = {None: []}
    for problem in problems[:MAX_NOTES]:
        found = _nearest(problem, known)
        by_spot.setdefault(found.spot if found else None, []).append((problem, bool(found and found.empty)))
    return [_note(spot, said, language) for spot, said in by_spot.items() if said]


def _note(spot: Spot | None, said: list[tuple[Problem, bool]], language: Language) -> Note:
    lines = dict.fromkeys(_line(problem, language, named=spot is None) for problem, _ in said)
    return Note(
        spot,
        "\n".join(lines)[:MAX_NOTE],
        any(problem.severity is Severity.ERROR for problem, _ in said),
        all(empty for _, empty in said),
    )


def _line(problem: Problem, language: Language, *, named: bool) -> str:
    label = f"{problem.label.get(language)}: " if named and problem.label else ""
    text = f"{_SEVERITY[problem.severity].get(language)}: {label}{problem.message.get(language)}"
    # XML and PDF strings have no control characters.
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _places(raw: RawForm) -> dict[str, list[_Found]]:
    """What stands at each place, by the place's Danish words. Two tables of a section may share theirs."""
    found: dict[str, list[_Found]] = {}
    for keys, place, spot, text in _cells(raw):
        if spot is not None:
            found.setdefault(place.da, []).append(_Found(keys, spot, not text))
    return found


def _cells(raw: RawForm) -> Iterator[tuple[frozenset[str], Text, Spot | None, str]]:
    for field in raw.fields:
        yield _keys(field.names), field.cell.place, field.cell.spot, field.cell.text
    for table in raw.tables:
        keys = _keys(table.names)
        yield keys, table.place, table.spot, "table"
        for row in table.rows:
            for cell in row:
                yield keys, cell.place, cell.spot, cell.text


def _keys(names: Iterable[Name]) -> frozenset[str]:
    return frozenset(name.key.partition(".")[0] for name in names)


def _nearest(problem: Problem, known: dict[str, list[_Found]]) -> _Found | None:
    if problem.place is None:
        return None
    there = known.get(problem.place.da, [])
    field = (problem.field or "").partition("[")[0].partition(".")[0]
    return next((found for found in there if field in found.keys), there[0] if there else None)
