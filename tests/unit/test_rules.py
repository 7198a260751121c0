"""Rules: each kind finds what it is for, and is silent about what cannot be judged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from every_field import VALUES, a_call
from puljeport.problems import Severity
from puljeport.rules import check
from puljeport.texts import Text

MESSAGE = {"da": "Ret det her.", "en": "Correct this."}


def broken(rule: dict[str, Any], *wrong: str, **values: Any) -> list[tuple[str, str | None]]:
    """Code and field of what one rule finds in `values`."""
    call = a_call(rules=[{**rule, "message": MESSAGE}])
    return [(found.code, found.field) for found in check(call, values, frozenset(wrong))]


REQUIRED_IF = {"kind": "required_if", "field": "decided_on", "when": {"field": "decided", "equals": True}}
IF_MODEL = {"kind": "required_if", "field": "background", "when": {"field": "model", "equals": "other"}}
IF_HOURS = {"kind": "required_if", "field": "background", "when": {"field": "hours", "equals": 1}}
IF_TOPIC = {"kind": "required_if", "field": "background", "when": {"field": "topics", "equals": "health"}}
IF_ANSWERED = {"kind": "required_if", "field": "website", "when": {"field": "background", "answered": True}}
CONSENT_IF = {"kind": "required_if", "field": "no_double", "when": {"field": "background", "answered": True}}
DISTINCT = {"kind": "distinct", "fields": ["model", "second_model"]}
DISTINCT_ROWS = {"kind": "distinct", "table": "partners", "column": "name"}
BEFORE = {"kind": "before", "earlier": "start", "later": "end"}
NOT_AFTER = {**BEFORE, "or_same_day": True}
SUM = {"kind": "sum_equals", "table": "partners", "column": "budget", "total": "grant"}
SUM_FIELDS = {"kind": "sum_equals", "fields": ["grant", "cofinancing"], "total": "hours"}
AT_MOST = {"kind": "at_most", "field": "hours", "limit": "100"}
AT_MOST_HALF = {"kind": "at_most", "field": "cofinancing", "of": "grant", "percent": "50"}
WORDS = {"kind": "word_limit", "field": "background", "words": 3}

BROKEN: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (REQUIRED_IF, {"decided": True}, "decided_on"),
    (IF_MODEL, {"model": "other"}, "background"),
    (IF_HOURS, {"hours": 1}, "background"),
    (IF_TOPIC, {"topics": ["health", "unge"]}, "background"),
    (IF_ANSWERED, {"background": "ja"}, "website"),
    (CONSENT_IF, {"background": "ja", "no_double": False}, "no_double"),
    (DISTINCT, {"model": "other", "second_model": "other"}, "second_model"),
    (DISTINCT_ROWS, {"partners": [{"name": "A"}, {"name": "B"}, {"name": " a "}]}, "partners[3].name"),
    (BEFORE, {"start": "2018-05-01", "end": "2018-04-30"}, "end"),
    (BEFORE, {"start": "2018-05-01", "end": "2018-05-01"}, "end"),
    (NOT_AFTER, {"start": "2018-05-02", "end": "2018-05-01"}, "end"),
    (SUM, {"partners": [{"budget": "0.10"}, {"budget": "0.20"}], "grant": "0.31"}, "grant"),
    (SUM, {"partners": [{"budget": "5.00"}, {}], "grant": "6.00"}, "grant"),
    (SUM_FIELDS, {"grant": "5.00", "cofinancing": "6.00", "hours": 12}, "hours"),
    (SUM_FIELDS, {"grant": "5.00", "hours": 12}, "hours"),
    (AT_MOST, {"hours": 101}, "hours"),
    (AT_MOST_HALF, {"cofinancing": "50.01", "grant": "100.00"}, "cofinancing"),
    (WORDS, {"background": "en to\ntre  fire"}, "background"),
]


@pytest.mark.parametrize(("rule", "values", "field"), BROKEN)
def test_a_broken_rule_names_the_field_to_correct(rule: dict[str, Any], values: dict[str, Any], field: str) -> None:
    """Each kind of rule, when broken, gives one problem of its kind at the field that has to change."""
    assert broken(rule, **values) == [(f"rule_{rule['kind']}", field)]


KEPT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (REQUIRED_IF, {"decided": False}),
    (REQUIRED_IF, {}),
    (REQUIRED_IF, {"decided": True, "decided_on": "2018-01-01"}),
    (IF_HOURS, {"hours": 2}),
    (IF_TOPIC, {"topics": ["unge"]}),
    (IF_ANSWERED, {}),
    (CONSENT_IF, {"background": "ja", "no_double": True}),
    (DISTINCT, {"model": "other", "second_model": "model-1"}),
    (DISTINCT, {"model": "other"}),
    (DISTINCT_ROWS, {"partners": [{"name": "A"}, {"name": "B"}, {}, {}]}),
    (DISTINCT_ROWS, {}),
    (BEFORE, {"start": "2018-04-30", "end": "2018-05-01"}),
    (NOT_AFTER, {"start": "2018-05-01", "end": "2018-05-01"}),
    (BEFORE, {"start": "2018-05-01"}),
    (BEFORE, {"end": "2018-05-01"}),
    (SUM, {"partners": [{"budget": "0.10"}, {"budget": "0.20"}], "grant": "0.30"}),
    (SUM, {"partners": [{"budget": "5.00"}, {}], "grant": "5.00"}),
    (SUM, {"partners": [{"budget": "5.00"}]}),
    (SUM, {"grant": "5.00"}),
    (SUM_FIELDS, {"grant": "5.00", "cofinancing": "7.00", "hours": 12}),
    (AT_MOST, {"hours": 100}),
    (AT_MOST, {}),
    (AT_MOST_HALF, {"cofinancing": "50.00", "grant": "100.00"}),
    (AT_MOST_HALF, {"cofinancing": "50.00"}),
    (WORDS, {"background": "en to tre"}),
    (WORDS, {}),
]


@pytest.mark.parametrize(("rule", "values"), KEPT)
def test_a_kept_rule_and_a_rule_without_its_answers_are_silent(rule: dict[str, Any], values: dict[str, Any]) -> None:
    """Nothing is said of a rule that holds, nor of one whose answers are missing."""
    assert broken(rule, **values) == []


NOT_JUDGED: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    (REQUIRED_IF, "decided_on", {"decided": True}),
    (CONSENT_IF, "background", {"background": "ja"}),
    (DISTINCT, "model", {"model": "other", "second_model": "other"}),
    (DISTINCT_ROWS, "partners.name", {"partners": [{"name": "A"}, {"name": "A"}]}),
    (BEFORE, "start", {"start": "2018-05-02", "end": "2018-05-01"}),
    (SUM, "partners.budget", {"partners": [{"budget": "5.00"}, {}], "grant": "6.00"}),
    (SUM, "partners", {"grant": "6.00"}),
    (SUM, "grant", {"partners": [{"budget": "5.00"}], "grant": "6.00"}),
    (SUM_FIELDS, "cofinancing", {"grant": "5.00", "hours": 12}),
    (AT_MOST, "hours", {"hours": 101}),
    (AT_MOST_HALF, "grant", {"cofinancing": "50.01", "grant": "100.00"}),
    (WORDS, "background", {"background": "en to tre fire"}),
]


@pytest.mark.parametrize(("rule", "wrong", "values"), NOT_JUDGED)
def test_a_rule_says_nothing_about_an_answer_that_was_wrong(
    rule: dict[str, Any], wrong: str, values: dict[str, Any]
) -> None:
    """An answer that is already reported as wrong causes no second problem through a rule."""
    assert broken(rule, wrong, **values) == []


def test_true_is_not_the_number_one() -> None:
    """A condition on the number 1 does not hold for a yes, although Python finds them equal."""
    rule = {"kind": "required_if", "field": "background", "when": {"field": "hours", "equals": 1}}
    assert broken(rule, hours=True) == []


def test_a_required_part_of_a_sum_that_is_missing_is_not_taken_for_nothing() -> None:
    """A sum is not judged while a required part of it is missing, because that is reported already."""
    call = a_call(rules=[{**SUM_FIELDS, "message": MESSAGE}])
    section = call.form.sections[0]
    required = tuple(
        field.model_copy(update={"required": True}) if field.id == "cofinancing" else field for field in section.fields
    )
    form = call.form.model_copy(update={"sections": (section.model_copy(update={"fields": required}),)})
    # `fields` is kept from before the copy, so the form is made anew.
    call = call.model_copy(update={"form": type(form)(sections=form.sections)})
    assert check(call, {"grant": "5.00", "hours": 12}) == []


def test_a_problem_speaks_the_rules_own_words() -> None:
    """The call's message, in both languages, with the field's label, as an error without a place."""
    found = check(a_call(rules=[{**WORDS, "message": MESSAGE}]), {"background": "en to tre fire"})[0]
    assert found.message == Text(**MESSAGE)
    assert (found.severity, found.place) == (Severity.ERROR, None)
    assert found.label == Text(da="Baggrund", en="Background")


def test_all_rules_are_checked_in_their_order() -> None:
    """One broken rule does not hide the next."""
    values = {**VALUES, "second_model": "model-1", "end": "2018-01-01", "grant": "1.00", "cofinancing": "9.00"}
    assert [found.code for found in check(a_call(), values)] == [
        "rule_distinct",
        "rule_before",
        "rule_sum_equals",
        "rule_at_most",
    ]


@given(parts=st.lists(st.decimals(0, 10**9, places=2), min_size=1, max_size=20), off=st.sampled_from(["0.01", "-0.01"]))
def test_sums_are_exact_to_the_last_oere(parts: list[Any], off: str) -> None:
    """A total that equals its parts is silent, and one øre away from them is found, whatever the amounts."""
    rows = [{"name": str(number), "budget": f"{part:.2f}"} for number, part in enumerate(parts)]
    total = sum(parts)
    assert broken(SUM, partners=rows, grant=f"{total:.2f}") == []
    assert broken(SUM, partners=rows, grant=f"{total + type(total)(off):.2f}") == [("rule_sum_equals", "grant")]
