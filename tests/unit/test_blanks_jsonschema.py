"""The JSON Schema takes every valid application, and what it takes is read as what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from anyapplication import APPLICATIONS, CALL, kept
from puljeport.applications import Reading, read_application
from puljeport.blanks import jsonschema
from puljeport.readers import read

SCHEMA = json.loads(jsonschema.make(CALL, 3, "da"))
GOOD: dict[str, Any] = {
    "municipality": "751", "cvr": "55133018", "contact_name": "Ane", "contact_email": "a@example.dk",
    "model": "model-1", "background": "Kort.", "budget": "1234.50", "hours": 12, "starts": "2018-06-01",
    "partners": [{"name": "A", "email": "b@example.dk"}], "no_money": True, "signed_by": "Ane",
    "signed_on": "2018-04-09", "decided": False, "topics": ["sport"],
}  # fmt: skip


def document(values: dict[str, Any]) -> dict[str, Any]:
    """An application as a system sends it."""
    return {"call": CALL.id, "version": 3, "values": values}


def reading(values: dict[str, Any]) -> Reading:
    """What the reader makes of it."""
    return read_application(CALL, read(json.dumps(document(values)).encode(), ""))


def is_valid(values: dict[str, Any]) -> bool:
    """Whether the schema takes it."""
    return Draft202012Validator(SCHEMA).is_valid(document(values))


def test_the_schema_is_one() -> None:
    """It is a schema of its dialect, names the call and the version, and says everything in both languages."""
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["call"] == {"const": CALL.id}
    english = json.loads(jsonschema.make(CALL, 3, "en"))
    assert english["properties"]["values"]["properties"]["municipality"]["title"] == "Municipality"


def test_what_the_schema_takes_is_read_as_it_stands() -> None:
    """Every type of field: taken by both, and the values come back as they were sent."""
    assert is_valid(GOOD)
    found = reading(GOOD)
    assert (found.problems, found.values) == ((), GOOD)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(application=APPLICATIONS)
def test_whatever_was_read_is_valid(application: dict[str, Any]) -> None:
    """The values of any application without an error, sent again as JSON, fit the schema."""
    fields = CALL.form.fields
    answered = {key: kept(fields[key], value) for key, value in application.items()}
    values = GOOD | {key: value for key, value in answered.items() if value is not None}
    found = reading(values)
    if not found.has_errors:
        assert is_valid(found.values), list(Draft202012Validator(SCHEMA).iter_errors(document(found.values)))[:1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"municipality": "Aarhus"}, {"cvr": "123"}, {"model": "model-9"}, {"hours": "mange"}, {"no_money": False},
        {"topics": ["sport", "sport"]}, {"starts": "1. juni"}, {"unknown": 1}, {"budget": "12,345"}, {"signed_by": ""},
    ],
    ids=str,
)  # fmt: skip
def test_what_means_nothing_certain_is_refused_by_the_schema(wrong: dict[str, Any]) -> None:
    """A wrong type, an id that there is not, a field that there is not: found before anything is sent."""
    assert not is_valid(GOOD | wrong)
    assert not is_valid({key: value for key, value in GOOD.items() if key != "municipality"})
