"""Any valid application written into a spreadsheet's blank is the application that is read, by each way alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from formfiles import rewrite, sample_call, without_ids, without_names
from puljeport import municipalities
from puljeport.applications import read_application
from puljeport.blanks import csvform, xlsx
from puljeport.calls import AnyField, TableField
from puljeport.fields import format_value, parse
from puljeport.rawforms import RawCell, Way
from puljeport.readers import read
from puljeport.texts import Text
from puljeport_cli.fill import Answers
from puljeport_cli.fill_sheets import fill_csv, fill_xlsx

CALL = sample_call()
NOWHERE = Text(da="-")
BLANK, CSV_BLANK = xlsx.make(CALL, 3, "da"), csvform.make(CALL, 3, "da")

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


def only_names(data: bytes) -> bytes:
    """What is left when a program keeps the defined names and drops what is hidden."""
    return rewrite(data, sharedStrings=without_ids)


def only_ids(data: bytes) -> bytes:
    """What is left when a program keeps the cells and drops the defined names."""
    return rewrite(data, workbook=without_names)


def only_labels(data: bytes) -> bytes:
    """What is left when a program keeps nothing but what can be seen."""
    return only_names(only_ids(data))


LOSSES: dict[str, tuple[Callable[[bytes], bytes], set[Way]]] = {
    "nothing lost": (lambda data: data, set(Way)),
    "defined names": (only_names, {Way.BOOKMARK, Way.LABEL}),
    "ids": (only_ids, {Way.HIDDEN, Way.LABEL}),
    "labels": (only_labels, {Way.LABEL}),
}
_MARKED = {"cvr", "background", "topics.sport", "no_money", "signed_on"}
KEYS = {Way.BOOKMARK: _MARKED, Way.HIDDEN: _MARKED, Way.LABEL: {"CVR-nummer", "Baggrund og behov", "Idræt"}}
_SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def assert_read(data: bytes, application: dict[str, Any]) -> None:
    """The file says exactly the application, and every problem is that an answer is missing."""
    expected = {key: kept(CALL.form.fields[key], value) for key, value in application.items()}
    expected = {key: value for key, value in expected.items() if value is not None}
    reading = read_application(CALL, read(data, "skema"))
    assert reading.values == expected
    missing = {"missing", "declaration_missing", "too_few_rows", "empty_form", "date_read_as", "hidden_characters"}
    assert {problem.code for problem in reading.problems} <= missing


@pytest.mark.parametrize("loss", LOSSES)
@_SETTINGS
@given(application=APPLICATIONS)
def test_any_application_comes_back_from_a_workbook_by_each_way(loss: str, application: dict[str, Any]) -> None:
    """Answers of every type, and 0 to 50 rows, are read unchanged when only one kind of mark survives."""
    lose, ways = LOSSES[loss]
    data = lose(fill_xlsx(BLANK, answers_of(application)))
    form = read(data, "")
    assert {name.way for field in form.fields for name in field.names} <= ways
    # Labels would serve for either of the others, if it were not looked at.
    strongest = min(ways - {Way.TAG}, key=list(Way).index)
    assert {name.key for field in form.fields for name in field.names if name.way is strongest} >= KEYS[strongest]
    assert form.tables[0].names[0].way is form.tables[0].columns[0][0].way is strongest
    assert_read(data, application)


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
@_SETTINGS
@given(application=APPLICATIONS)
def test_any_application_comes_back_from_csv(delimiter: str, encoding: str, application: dict[str, Any]) -> None:
    """Answers of every type, and 0 to 50 rows, are read unchanged from CSV with any of the delimiters."""
    data = fill_csv(CSV_BLANK, answers_of(application), delimiter=delimiter)
    assert_read(data.decode("utf-8-sig").encode(encoding), application)
