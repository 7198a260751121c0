"""Any valid application to the sample call, by hypothesis, from the definition itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import strategies as st
from pydantic import JsonValue

from formfiles import sample_call
from puljeport import municipalities
from puljeport.calls import AnyField, TableField
from puljeport.fields import format_value, parse
from puljeport.rawforms import RawCell
from puljeport.texts import Text
from puljeport_cli.fill import Answers

CALL = sample_call()
NOWHERE = Text(da="-")

_CHARACTERS = st.one_of(
    st.sampled_from("æøåÆØÅ<>&\"';,\n\t=+-@#😀👩‍👧_x005F_ [](*:"),
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufffe\uffff"),
)
_PEOPLE = st.sampled_from(["a@example.dk", "søren@kommune.example.dk".replace("ø", "oe"), "x.y+z@example.com"])


def texts(longest: int) -> st.SearchStrategy[str]:
    """Texts that a field may hold, as they are kept; one that looks like an id of ours is no answer."""
    return st.text(_CHARACTERS, max_size=longest).filter(lambda text: not text.strip().startswith("[["))


_TYPES: dict[str, Callable[[Any], st.SearchStrategy[Any]]] = {
    "text": lambda field: texts(min(field.max_length, 80)),
    "long_text": lambda field: st.one_of(texts(120), st.just("æ" * field.max_length)),
    "integer": lambda field: st.integers(
        -(10**9) if field.minimum is None else field.minimum, 10**9 if field.maximum is None else field.maximum
    ),
    "amount": lambda field: st.decimals(0, field.maximum or 10**9, places=2).map(str),
    "date": lambda field: st.dates(field.earliest or date(1900, 3, 1), date(2199, 12, 31)).map(date.isoformat),
    "choice": lambda field: st.sampled_from([choice.id for choice in field.choices]),
    "yes_no": lambda _: st.booleans(),
    "declaration": lambda _: st.just(True),
    "email": lambda _: _PEOPLE,
    "phone": lambda _: st.sampled_from(["+4512345678", "+46701234567"]),
    "cvr": lambda _: st.sampled_from(["12345674", "10150817"]),
    "municipality": lambda _: st.sampled_from([each.code for each in municipalities.everything()]),
    "url": lambda _: st.sampled_from(["https://example.dk", "https://www.example.dk/side?a=1"]),
    "attachment": lambda _: st.sampled_from(["Tidsplan æøå.pdf", "bilag 1.docx"]),
}


def values(field: AnyField) -> st.SearchStrategy[Any]:
    """Valid answers to a field of any type, from its own definition; None is no answer."""
    if isinstance(field, TableField):
        row = st.fixed_dictionaries({column.id: values(column) for column in field.columns})
        return st.lists(row, max_size=50)
    if field.type == "multi_choice":
        return st.lists(st.sampled_from([choice.id for choice in field.choices]), unique=True, max_size=2)
    return st.none() | _TYPES[field.type](field)


APPLICATIONS = st.fixed_dictionaries({field.id: values(field) for field in CALL.form.fields.values()})


def written(field: AnyField, value: Any) -> Any:
    """The answer as a person writes it."""
    if isinstance(field, TableField):
        return [{column.id: str(written(column, row[column.id])) for column in field.columns} for row in value]
    return value if isinstance(value, list) else format_value(field, value, "da")


def kept(field: AnyField, value: Any) -> JsonValue:
    """What is left of the answer: texts in one spelling, and nothing where nothing can be seen."""
    if isinstance(field, TableField):
        rows: list[dict[str, JsonValue]] = [
            {column.id: found for column in field.columns if (found := kept(column, row[column.id])) is not None}
            for row in value
        ]
        filled: list[JsonValue] = [row for row in rows if row]
        return filled or None
    if isinstance(value, list):
        return [choice.id for choice in field.choices if choice.id in value] or None  # type: ignore[union-attr]
    return parse(field, RawCell(format_value(field, value, "da"), NOWHERE)).value


def answers_of(application: dict[str, Any]) -> Answers:
    """The application as the fill helpers take it."""
    return {key: written(CALL.form.fields[key], value) for key, value in application.items()}
