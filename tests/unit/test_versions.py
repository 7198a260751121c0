"""A form of an earlier version of its call is read by that version and carried over to the one in force."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import DEFINITION, a_call
from puljeport.applications import Reading, read_application
from puljeport.blanks import docx
from puljeport.calls import Call
from puljeport.readers import read
from puljeport.versions import carry_over
from puljeport_cli.fill import Answers, fill_docx

ANSWERS: Answers = {"municipality": "Aarhus", "contact_name": "Prøve Person", "background": "Kort."}


def edited(*changes: tuple[str, dict[str, Any] | None]) -> Call:
    """The small call with fields changed (by id), taken out (None) or, where there is no such field, added."""
    definition = copy.deepcopy(DEFINITION)
    fields = definition["form"]["sections"][0]["fields"]
    for name, change in changes:
        index = next((i for i, field in enumerate(fields) if field["id"] == name), None)
        if change is None:
            assert index is not None
            del fields[index]
        elif index is None:
            fields.append({"id": name, "label": {"da": name.title(), "en": f"The {name}"}} | change)
        else:
            fields[index] = fields[index] | change
    return Call.model_validate(definition)


def carried(current: Call, earlier: Call, **answers: str) -> Reading:
    """What a form of version 1 (`earlier`), filled in, is as an application to version 2 (`current`)."""
    raw = read(fill_docx(docx.make(earlier, 1, "da"), ANSWERS | answers), "")
    return carry_over(current, 2, earlier, raw)


def codes(reading: Reading) -> list[tuple[str, str | None]]:
    """The problems' codes, with their fields."""
    return [(found.code, found.field) for found in reading.problems]


def test_what_has_not_changed_is_carried_over_in_silence() -> None:
    """Texts around the form, contacts, dates and the wording of a question may change: the answers stand."""
    current = edited(("background", {"label": {"da": "Hvorfor søger I?"}, "help": {"da": "Kort."}}))
    found = carried(current, a_call())
    assert found.problems == ()
    assert found.values == {"municipality": "751", "contact_name": "Prøve Person", "background": "Kort."}


def test_a_question_with_another_limit_is_read_anew_and_said_to_have_changed() -> None:
    """The answer still fits: it counts, with a warning at its place."""
    found = carried(edited(("background", {"max_length": 100})), a_call())
    assert codes(found) == [("older_version", None), ("field_changed", "background")]
    assert found.values["background"] == "Kort."
    assert found.problems[1].place is not None


def test_an_answer_that_no_longer_fits_is_an_error() -> None:
    """What is asked now decides."""
    found = carried(edited(("background", {"max_length": 10})), a_call(), background="Det er alt for langt nu")
    assert codes(found) == [("older_version", None), ("too_long", "background"), ("field_changed", "background")]
    assert "background" not in found.values


def test_a_new_question_says_where_the_new_form_is() -> None:
    """Nobody could answer it: it is not merely missing. One that need not be answered is not mentioned."""
    current = edited(("budget", {"type": "amount", "required": True}), ("note", {"type": "text"}))
    assert codes(carried(current, a_call())) == [("older_version", None), ("field_new", "budget")]


def test_a_question_that_is_gone_is_said_to_be_left_out() -> None:
    """The answer is named as not being part of the application; an empty one is not mentioned."""
    current = edited(("background", None), ("contact_email", None))
    found = carried(current, a_call())
    assert codes(found) == [("older_version", None), ("field_removed", None)]
    assert "background" not in found.values


def test_a_choice_is_meant_as_it_was_when_its_words_have_changed() -> None:
    """The file says what the option was called then; its id is the same."""
    options = [{"id": "a", "label": {"da": "Sport"}}, {"id": "b", "label": {"da": "Kultur"}}]
    renamed = [{"id": "a", "label": {"da": "Kultur"}}, {"id": "b", "label": {"da": "Sport"}}]
    earlier = edited(("theme", {"type": "choice", "choices": options}))
    current = edited(("theme", {"type": "choice", "choices": renamed}))
    found = carried(current, earlier, theme="Sport")
    assert (found.values["theme"], found.problems) == ("a", ())


def test_an_empty_form_of_an_earlier_version_is_empty() -> None:
    """It says that, and nothing of versions."""
    raw = read(docx.make(a_call(), 1, "da"), "")
    assert codes(carry_over(edited(("note", {"type": "text"})), 2, a_call(), raw)) == [("empty_form", None)]


CHANGES = st.sampled_from([
    ("background", {"max_length": 3000}), ("background", {"required": True}), ("background", None),
    ("contact_name", {"max_length": 150}), ("contact_email", None), ("contact_email", {"required": True}),
    ("note", {"type": "text"}), ("budget", {"type": "amount", "required": True}),
])  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(changes=st.lists(CHANGES, max_size=4, unique_by=lambda change: change[0]))
def test_carrying_over_never_says_less_than_reading_by_the_new_version(
    changes: list[tuple[str, dict[str, Any] | None]],
) -> None:
    """After any edits every value is what the version in force makes of the file, and what it needs is asked for."""
    current = edited(*changes)
    found = carried(current, a_call())
    raw = read(fill_docx(docx.make(a_call(), 1, "da"), ANSWERS), "")
    plain = read_application(current, raw)
    assert found.values == plain.values
    assert {problem.field for problem in plain.errors} == {problem.field for problem in found.errors}
    assert (found.problems == ()) == (not changes or changes == [("contact_email", None)])


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_language_of_a_form_is_that_of_its_questions(language: Any) -> None:
    """What the applicant is told is in the language of the blank that was filled in."""
    raw = read(fill_docx(docx.make(a_call(), 1, language), ANSWERS), "")
    assert read_application(a_call(), raw).language == language
