"""Choices: which of a field's options a text names.

An option is named by its label in either language or by its id, whatever the case and spacing. The beginning of a label
(`Model 1` for `Model 1: Netværk`) is taken too when only one label begins so, and said.
"""

from __future__ import annotations

import re

from pydantic import JsonValue

from puljeport.calls import Choice, ChoiceField, MultiChoiceField
from puljeport.characters import fold, quote
from puljeport.problems import Note
from puljeport.rawforms import TICKED, UNTICKED
from puljeport.texts import Language, Text

LONGEST_ONE = 500
LONGEST_LIST = 5000
LISTED = 12
"""How many options an error names before it stops."""
JOINED = 12
"""How many pieces of a list are tried as one label: labels hold commas themselves."""
MOST_PIECES = 300

type Answer = tuple[JsonValue, tuple[Note, ...]]

_SEPARATORS = re.compile(r"([,;\n]|\b(?:og|and)\b|&)", re.IGNORECASE)
_BULLETS = "-•*·–" + TICKED


class _Options:
    """A field's options by each of their names."""

    def __init__(self, options: tuple[Choice, ...]) -> None:
        self.exact: dict[str, set[str]] = {}
        for option in options:
            for name in {fold(option.id), fold(option.label.da), fold(option.label.get("en"))}:
                self.exact.setdefault(name, set()).add(option.id)

    def named(self, text: str) -> str | None:
        """The option that `text` names in full."""
        found = self.exact.get(fold(text), set())
        return next(iter(found)) if len(found) == 1 else None

    def begun(self, text: str) -> str | None:
        """The one option with a label that begins with the words of `text`."""
        words = fold(text)
        if len(words) < 3:
            return None
        found = {
            option
            for name, options in self.exact.items()
            if name.startswith(words) and not name[len(words) :][:1].isalnum()
            for option in options
        }
        return next(iter(found)) if len(found) == 1 else None


def _labels(options: tuple[Choice, ...]) -> Text:
    more = " …" if len(options) > LISTED else ""
    shown = options[:LISTED]
    return Text(
        da="; ".join(option.label.da for option in shown) + more,
        en="; ".join(option.label.get("en") for option in shown) + more,
    )


def _unknown(field: ChoiceField | MultiChoiceField) -> Note:
    return Note("choice_unknown", {"choices": _labels(field.choices)})


def _read_as(field: ChoiceField | MultiChoiceField, text: str, option: str) -> Note:
    label = next(each.label for each in field.choices if each.id == option)
    return Note("choice_read_as", {"text": quote(text), "reading": label})


def _one(field: ChoiceField | MultiChoiceField, options: _Options, text: str) -> tuple[str | None, tuple[Note, ...]]:
    if (found := options.named(text)) is not None:
        return found, ()
    if (found := options.begun(text)) is not None:
        return found, (_read_as(field, text, found),)
    return None, (_unknown(field),)


def read_choice(field: ChoiceField, text: str) -> Answer:
    """The id of the option that `text` names; None with the note that lists the options."""
    if len(text) > LONGEST_ONE:
        return None, (_unknown(field),)
    return _one(field, _Options(field.choices), text.removeprefix(TICKED))


def read_multi_choice(field: MultiChoiceField, text: str) -> Answer:
    """The ids of the options in a list (commas, semicolons, line breaks, `og`), with bullets or ticks before."""
    if len(text) > LONGEST_LIST or len(_SEPARATORS.findall(text)) > MOST_PIECES:
        return None, (_unknown(field),)
    options = _Options(field.choices)
    chosen: set[str] = set()
    notes: list[Note] = []
    for item in _items(options, text):
        found, said = _one(field, options, item)
        notes += said
        if found is None:
            return None, (_unknown(field),)
        chosen.add(found)
    return in_order(field, chosen, tuple(notes))


def _items(options: _Options, text: str) -> list[str]:
    """The list's items: of the pieces between separators, as many together as name an option, else each for itself."""
    pieces = _SEPARATORS.split(text)
    items = []
    start = 0
    while start < len(pieces):
        end = next(
            (
                stop
                for stop in range(min(len(pieces), start + 2 * JOINED - 1), start, -2)
                if options.named(_bare("".join(pieces[start:stop]))) is not None
            ),
            start + 1,
        )
        piece = "".join(pieces[start:end]).strip()
        if _bare(piece) and not piece.startswith(UNTICKED):
            items.append(_bare(piece))
        start = end + 1
    return items


def _bare(piece: str) -> str:
    return piece.strip().lstrip(_BULLETS).strip()


def in_order(field: ChoiceField | MultiChoiceField, chosen: set[str], notes: tuple[Note, ...] = ()) -> Answer:
    """The chosen options in the definition's order, or for a field of one answer that answer; None if too many."""
    ids: list[JsonValue] = [option.id for option in field.choices if option.id in chosen]
    if not ids:
        return None, notes
    if isinstance(field, ChoiceField):
        return (ids[0], notes) if len(ids) == 1 else (None, (*notes, Note("choice_one_only", {"count": len(ids)})))
    if field.max_choices is not None and len(ids) > field.max_choices:
        return None, (*notes, Note("choices_too_many", {"count": len(ids), "maximum": field.max_choices}))
    return ids, notes


def show(field: ChoiceField | MultiChoiceField, value: list[str], language: Language) -> str:
    """The labels of the options in `value`, with `; ` between; an id that the field does not know stays as it is."""
    labels = {option.id: option.label.get(language) for option in field.choices}
    return "; ".join(labels.get(option, option) for option in value)
