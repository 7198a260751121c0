"""Matching: which field of a call each text of a file answers, by the strongest name that the file still gives it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from puljeport.calls import AnyField, Call, ChoiceField, MultiChoiceField, TableField
from puljeport.characters import fold, quote
from puljeport.fields import is_empty
from puljeport.problems import Problem, problem
from puljeport.rawforms import Doubt, Name, RawCell, RawField, RawForm, RawTable, Way
from puljeport.texts import Language, Text

MOST_UNKNOWN = 50
"""How many texts outside the form are named; a file full of other things is no list of mistakes."""
LONGEST_LABEL = 500

STRENGTH = {way: rank for rank, way in enumerate(Way)}
_MARKS = ("*", ":", "(required)", "(mandatory)", "(skal udfyldes)", "(påkrævet)", "(obligatorisk)", "(nødvendig)")


class Target(NamedTuple):
    """What a name means: a field (or column), or one option of it."""

    id: str
    choice: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A text found for a field, how its name was found, and the option it is the box of, if it is one."""

    way: Way
    choice: str | None
    cell: RawCell


@dataclass(frozen=True, slots=True)
class TableHit:
    """A table found for a field: for each column of the file the id of the column it is, or None."""

    way: Way
    columns: tuple[str | None, ...]
    table: RawTable


@dataclass(frozen=True, slots=True)
class Matched:
    """All that a file holds for a call. `unknown` are the problems of the texts that belong to no field, `doubts` those
    of what the reader is not sure of; `language` is the one that its questions are written in."""

    hits: dict[str, list[Hit]] = field(default_factory=dict)
    tables: dict[str, list[TableHit]] = field(default_factory=dict)
    unknown: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    language: Language = "da"

    @property
    def recognised(self) -> bool:
        """Whether the file has anything of the call's form."""
        return bool(self.hits or self.tables)

    @property
    def blank(self) -> bool:
        """Whether nothing of the form is filled in."""
        return all(is_empty(hit.cell.text) for hits in self.hits.values() for hit in hits) and not any(
            filled_rows(hit.table) for hits in self.tables.values() for hit in hits
        )


class Names:
    """What the names in a file mean among `fields`: their ids, and their labels as far as these are unique."""

    def __init__(self, fields: Iterable[AnyField]) -> None:
        self._ids: dict[str, Target] = {}
        self._labels: dict[str, set[Target]] = {}
        boxes: dict[str, set[Target]] = {}
        for each in fields:
            self._add(self._labels, each.id, each.label, Target(each.id))
            for option in each.choices if isinstance(each, ChoiceField | MultiChoiceField) else ():
                self._add(boxes, f"{each.id}.{option.id}", option.label, Target(each.id, option.id))
        # The label of a field is stronger than that of one of its boxes.
        self._labels = boxes | self._labels

    def _add(self, labels: dict[str, set[Target]], key: str, label: Text, target: Target) -> None:
        self._ids[key] = target
        for text in {fold_label(label.da), fold_label(label.get("en"))}:
            labels.setdefault(text, set()).add(target)

    def find(self, names: Iterable[Name]) -> tuple[Way, Target] | None:
        """The field of the strongest name that names exactly one."""
        for name in sorted(names, key=lambda each: STRENGTH[each.way]):
            found = self._labelled(name.key) if name.way is Way.LABEL else self._ids.get(name.key)
            if found is not None:
                return name.way, found
        return None

    def _labelled(self, label: str) -> Target | None:
        found = self._labels.get(fold_label(label), set())
        return next(iter(found)) if len(found) == 1 else None


def fold_label(label: str) -> str:
    """A label without case, spacing, and the marks that follow it in some forms (`*`, `:`, `(skal udfyldes)`)."""
    folded = fold(label[:LONGEST_LABEL])
    bare = folded
    while bare.endswith(_MARKS):
        for mark in _MARKS:
            bare = bare.removesuffix(mark).rstrip()
    return bare or folded


def filled_rows(table: RawTable) -> list[tuple[RawCell, ...]]:
    """The rows in which anything is filled in."""
    return [row for row in table.rows if not all(is_empty(cell.text) for cell in row)]


def match(call: Call, raw: RawForm) -> Matched:
    """All that `raw` holds for `call`."""
    fields = call.form.fields
    names = Names(fields.values())
    columns = {each.id: Names(each.columns) for each in fields.values() if isinstance(each, TableField)}
    found = Matched(language=_language(fields.values(), raw))
    for single in raw.fields:
        if (hit := names.find(single.names)) is not None:
            found.hits.setdefault(hit[1].id, []).append(Hit(hit[0], hit[1].choice, single.cell))
        elif not is_empty(single.cell.text):
            _unknown(found, _shown(single), single.cell.place)
    for table in raw.tables:
        _match_table(found, names, columns, table)
    found.doubts.extend(_doubted(call, names, doubt) for doubt in raw.doubts)
    return found


def _doubted(call: Call, names: Names, doubt: Doubt) -> Problem:
    hit = names.find(doubt.names)
    asked = call.form.fields[hit[1].id] if hit else None
    code, facts = doubt.note
    return problem(
        code, field=asked.id if asked else None, label=asked.label if asked else None, place=doubt.place, **facts
    )


def _language(fields: Iterable[AnyField], raw: RawForm) -> Language:
    """English where more of the file's labels are English than Danish; a file without labels is Danish."""
    labels = {fold_label(name.key) for single in raw.fields for name in single.names if name.way is Way.LABEL}
    both = [(fold_label(each.label.da), fold_label(each.label.get("en"))) for each in fields]
    danish = sum(da in labels for da, en in both if da != en)
    english = sum(en in labels for da, en in both if da != en)
    return "en" if english > danish else "da"


def _match_table(found: Matched, names: Names, columns: dict[str, Names], table: RawTable) -> None:
    named = names.find(table.names)
    way, target = (named[0], named[1].id) if named else (Way.LABEL, _by_columns(columns, table))
    if target not in columns:
        if filled_rows(table):
            _unknown(found, quote(table.names[0].key if table.names else "?"), table.place)
        return
    ids = _columns(columns[target], table)
    found.tables.setdefault(target, []).append(TableHit(way, ids, table))
    for position, (column, given) in enumerate(zip(ids, table.columns, strict=True)):
        cells = [row[position] for row in table.rows if position < len(row)]
        lost = None if column else next((cell for cell in cells if not is_empty(cell.text)), None)
        if lost is not None:
            _unknown(found, quote(_label(given)), lost.place)


def _columns(names: Names, table: RawTable) -> tuple[str | None, ...]:
    found = [names.find(given) for given in table.columns]
    return tuple(each[1].id if each and each[1].choice is None else None for each in found)


def _by_columns(columns: dict[str, Names], table: RawTable) -> str:
    """The one table of the call that has all of this table's columns, for a file that lost the table's own name."""
    fitting = [table_id for table_id, names in columns.items() if table.columns and all(_columns(names, table))]
    return fitting[0] if len(fitting) == 1 else ""


def _label(names: tuple[Name, ...]) -> str:
    labels = [name.key for name in names if name.way is Way.LABEL]
    return (labels or [name.key for name in names] or ["?"])[0] or "?"


def _shown(single: RawField) -> str:
    return quote(_label(single.names)) or "?"


def _unknown(found: Matched, name: str, place: Text) -> None:
    if len(found.unknown) < MOST_UNKNOWN:
        found.unknown.append(problem("unknown_field", place=place, name=name))
