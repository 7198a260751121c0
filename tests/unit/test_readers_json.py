"""How a form as JSON is read."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puljeport.errors import Unreadable
from puljeport.rawforms import TICKED, UNTICKED, Name, RawForm, Way
from puljeport.readers import read


def read_values(values: dict[str, Any]) -> RawForm:
    """The form with these values."""
    return read(json.dumps({"call": "samvaer-2018", "version": 3, "values": values}).encode(), "skema.json")


def test_each_kind_of_value_becomes_its_text() -> None:
    """Texts stay, numbers keep their digits, true and false are boxes, null is nothing, lists are ticked choices."""
    form = read_values(
        {"name": " Ærø\n", "hours": 12, "agreed": True, "decided": False, "note": None, "topics": ["sport", "x-y"]}
    )
    assert (form.format, form.call, form.version) == ("json", "samvaer-2018", 3)
    assert [(field.names, field.cell.text, field.cell.place.da) for field in form.fields] == [
        ((Name(Way.TAG, "name"),), " Ærø\n", "$.values.name"),
        ((Name(Way.TAG, "hours"),), "12", "$.values.hours"),
        ((Name(Way.TAG, "agreed"),), TICKED, "$.values.agreed"),
        ((Name(Way.TAG, "decided"),), UNTICKED, "$.values.decided"),
        ((Name(Way.TAG, "note"),), "", "$.values.note"),
        ((Name(Way.TAG, "topics.sport"),), TICKED, "$.values.topics[0]"),
        ((Name(Way.TAG, "topics.x-y"),), TICKED, "$.values.topics[1]"),
    ]


def test_rows_are_a_table_with_the_columns_of_all_rows() -> None:
    """Rows may leave columns out; a row with nothing in it is left out, and places count from 0 as paths do."""
    form = read_values(
        {"partners": [{"name": "A"}, {"name": "", "email": None}, {"email": "b@example.dk", "hours": 2}]}
    )
    (table,) = form.tables
    assert (table.names, table.place.en) == ((Name(Way.TAG, "partners"),), "$.values.partners")
    assert table.columns == tuple((Name(Way.TAG, key),) for key in ("name", "email", "hours"))
    assert [[cell.text for cell in row] for row in table.rows] == [["A", "", ""], ["", "b@example.dk", "2"]]
    assert table.rows[1][1].place.da == "$.values.partners[2].email"


def test_an_empty_list_is_a_field_left_open_at_its_place() -> None:
    """A list with nothing in it is an answer that is not filled in, so that what is missing can be pointed at."""
    form = read_values({"partners": [], "topics": []})
    assert [(field.names[0].key, field.cell.text, field.cell.place.da) for field in form.fields] == [
        ("partners", "", "$.values.partners"),
        ("topics", "", "$.values.topics"),
    ]
    assert form.tables == ()


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        ("1.234", "1,234"),
        ("-0.50", "-0,50"),
        ("1e3", "1000"),
        ("12.5E-1", "1,25"),
        ("1234", "1234"),
        ("-7", "-7"),
        ("0.0", "0"),
    ],
)
def test_a_number_can_be_read_in_one_way_only(digits: str, text: str) -> None:
    """JSON's decimal point becomes a comma: to a Dane `1.234` would be a thousand and more."""
    (field,) = read(f'{{"values": {{"a": {digits}}}}}'.encode(), "").fields
    assert field.cell.text == text


def test_call_and_version_may_be_left_out() -> None:
    """A form that does not say its call is read; what call it is for is decided elsewhere."""
    form = read(b'\xef\xbb\xbf {"values": {}}', "")
    assert (form.call, form.version, form.fields) == (None, None, ())


def test_a_name_that_is_no_word_is_quoted_in_its_place() -> None:
    """A place stays a JSON path whatever the name."""
    (field,) = read_values({"a b.c": "x"}).fields
    assert field.cell.place.da == '$.values["a b.c"]'


@pytest.mark.parametrize(
    ("data", "da", "en"),
    [
        ('{"values": {"a": 1,}}', "fejlen er i linje 1, tegn 19", "the fault is in line 1, column 19"),
        ('{"values": {"a": 1, "a": 2}}', "navnet »a« står to gange", "the name “a” occurs twice"),
        ('{"values": {"a": NaN}}', "NaN er ikke et tal", "NaN is not a number"),
        ('{"values": {"a": {}}}', "i $.values.a kan der kun stå", "$.values.a can only hold"),
        ('{"value": {}}', "»value« ikke et navn, vi kender", "“value” is not a name we know"),
    ],
)
def test_a_fault_is_said_where_it_is(data: str, da: str, en: str) -> None:
    """Whoever sends JSON is told what is wrong and where, in both languages."""
    with pytest.raises(Unreadable) as caught:
        read(data.encode(), "")
    message = caught.value.problem.message
    assert da in message.da
    assert en in message.get("en")


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.dictionaries(st.text(), _SCALARS | st.lists(st.text()) | st.lists(st.dictionaries(st.text(), _SCALARS))))
def test_whatever_a_program_writes_is_read_or_refused(values: dict[str, Any]) -> None:
    """What Python's own json writes is read with its texts unchanged, or refused for what RFC 8259 leaves out."""
    data = json.dumps({"values": values}, ensure_ascii=True).encode()
    flat = [item for value in values.values() for item in ([value] if not isinstance(value, list) else value)]
    scalars = [item for value in flat for item in (value.values() if isinstance(value, dict) else [value])]
    keys = [key for value in [values, *flat] if isinstance(value, dict) for key in value]
    texts = [item for item in [*scalars, *keys] if isinstance(item, str)]
    numbers = [item for item in scalars if isinstance(item, float)]
    if any("\0" in text or _half(text) for text in texts) or not all(map(math.isfinite, numbers)):
        with pytest.raises(Unreadable):
            read(data, "")
        return
    form = read(data, "")
    found = {field.names[0].key: field.cell.text for field in form.fields}
    assert all(found[key] == value for key, value in values.items() if isinstance(value, str))


def _half(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
