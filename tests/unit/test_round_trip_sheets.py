"""Any valid application written into a spreadsheet's blank is the application that is read, by each way alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from anyapplication import APPLICATIONS, CALL, answers_of, kept
from formfiles import rewrite, without_ids, without_names
from puljeport.applications import read_application
from puljeport.blanks import csvform, xlsx
from puljeport.rawforms import Way
from puljeport.readers import read
from puljeport_cli.fill_sheets import fill_csv, fill_xlsx

BLANK, CSV_BLANK = xlsx.make(CALL, 3, "da"), csvform.make(CALL, 3, "da")


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
