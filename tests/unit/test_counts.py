"""Counts of a call's submissions, and whose last one needs correction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from builders import DEFINITION, MIDWAY, a_call, a_submission
from puljeport import counts
from puljeport.calls import Call
from puljeport.submissions import State, Submission

MODEL = {
    "id": "model", "type": "choice", "required": True, "label": {"da": "Model", "en": "Model"},
    "choices": [
        {"id": "one", "label": {"da": "Et samarbejde", "en": "A partnership"}},
        {"id": "two", "label": {"da": "To samarbejder"}},
    ],
}  # fmt: skip


def a_dividing_call(**contact: Any) -> Call:
    """The small call with two choices, the first of them not required."""
    (section,) = DEFINITION["form"]["sections"]
    loose = MODEL | {"id": "loose", "required": False}
    form = {"sections": [section | {"fields": [*section["fields"], loose, MODEL]}]}
    office = DEFINITION["contacts"][0] | contact
    return a_call(form=form, contacts=[office])


def sent(number: int, state: State, **changes: Any) -> Submission:
    """A submission; later numbers came later."""
    given = {"id": f"s{number}", "state": state, "received_at": MIDWAY + timedelta(minutes=number)}
    return a_submission(**given | changes)


def test_a_closing_counts_all_by_state_and_what_counts_by_choice_and_region() -> None:
    """Replaced and faulty ones are in the total; choices and regions are of those that count."""
    values = {"municipality": "751", "model": "one"}
    found = [
        sent(1, State.REPLACED, values=values),
        sent(2, State.ACCEPTED, values=values),
        sent(3, State.ACCEPTED, values={"municipality": "101", "model": "two"}),
        sent(4, State.NEEDS_CORRECTION, values={"model": "one"}),
        sent(5, State.RECEIVED),
        sent(6, State.LATE, replay=True),
    ]
    assert counts.closing(a_dividing_call(), found, "en") == {
        "total": 6,
        "in_flight": 2,
        "by_state": {"replaced": 1, "accepted": 2, "needs_correction": 1, "received": 1, "late": 1},
        "by_choice": {"A partnership": 1, "To samarbejder": 1},
        "by_region": {"Midtjylland": 1, "Hovedstaden": 1},
    }


def test_a_call_without_choices_or_submissions_has_empty_counts() -> None:
    """Nothing came in: zeros, and no invented choice."""
    found = counts.closing(a_call(), [], "da")
    assert found == {"total": 0, "in_flight": 0, "by_state": {}, "by_choice": {}, "by_region": {}}


def test_the_choice_that_divides_is_the_topics_and_else_a_required_one() -> None:
    """What the contacts share the work by is what they want counted."""
    required, topical = a_dividing_call(), a_dividing_call(topics={"field": "loose", "answers": ["one"]})
    assert [field.id for field in map(counts.dividing_field, (required, topical)) if field] == ["model", "loose"]
    assert counts.dividing_field(a_call()) is None


def to_correct(*submissions: Submission) -> list[str]:
    """The ids of those that are to be corrected, whatever order they are found in."""
    found = [submission.id for submission in counts.to_correct(submissions)]
    assert found == [submission.id for submission in counts.to_correct(submissions[::-1])]
    return found


def test_only_an_applicants_last_submission_is_to_be_corrected() -> None:
    """Two with mistakes: the later. One with mistakes and then a good one: none. The other way round: the later."""
    wrong, good = State.NEEDS_CORRECTION, State.ACCEPTED
    assert to_correct(sent(1, wrong, applicant="751"), sent(2, wrong, applicant="751")) == ["s2"]
    assert to_correct(sent(1, wrong, applicant="751"), sent(2, good, applicant="751")) == []
    assert to_correct(sent(1, good, applicant="751"), sent(2, wrong, applicant="751")) == ["s2"]
    assert to_correct(sent(1, wrong, applicant="751"), sent(2, State.WITHDRAWN, applicant="751")) == []


def test_an_address_stands_for_an_applicant_that_could_not_be_read() -> None:
    """Where the form names nobody, what comes later from the same address follows it, and it what was before."""
    wrong, good = State.NEEDS_CORRECTION, State.ACCEPTED
    assert to_correct(sent(1, wrong, email="a@b.dk"), sent(2, good, applicant="751", email="a@b.dk")) == []
    assert to_correct(sent(1, wrong, applicant="751", email="a@b.dk"), sent(2, wrong, email="a@b.dk")) == ["s2"]
    assert to_correct(sent(1, wrong)) == ["s1"]


def test_one_address_may_send_for_several_applicants() -> None:
    """A consultant's good form for one municipality does not silence the mistakes in another's."""
    one = sent(1, State.NEEDS_CORRECTION, applicant="751", email="a@b.dk")
    assert to_correct(one, sent(2, State.ACCEPTED, applicant="101", email="a@b.dk")) == ["s1"]
