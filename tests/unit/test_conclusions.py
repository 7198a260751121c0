"""What is decided of a file, apart from the reading before it and the writing after it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import JsonValue

from builders import DEFINITION, MIDWAY, a_call, a_submission
from puljeport import items
from puljeport.applications import MAX_VALUES_KB, Reading
from puljeport.calls import Event
from puljeport.conclusions import STORED_PROBLEMS, Conclusion, Standing, conclude, decide, withdraw
from puljeport.notices import APPLICANT
from puljeport.problems import problem
from puljeport.submissions import UNDECIDED, State
from puljeport.texts import Text

MOST = 400 * 1024
"""Bytes of an item in DynamoDB."""


def test_a_record_with_all_that_may_be_in_it_fits_in_the_table() -> None:
    """The most values beside a hundred long problems are a record that DynamoDB takes, and the count is told."""
    values: dict[str, JsonValue] = {"background": "æ" * (MAX_VALUES_KB * 500 - 20)}
    choices = Text(da="; ".join(["Et langt svar med mange ord " * 5] * 12), en="; ".join(["A long answer " * 10] * 12))
    wrong = tuple(
        problem("choice_unknown", field=f"partners[{row}].kind", label=Text(da="Slags"), choices=choices)
        for row in range(1, 151)
    )
    settled = conclude(a_submission(), a_call(), Reading(values, wrong), Standing(), MIDWAY).submission
    assert settled.problem_count == 150
    assert 10 < len(settled.problems) < STORED_PROBLEMS
    assert settled.problems == wrong[: len(settled.problems)]
    assert len(json.dumps(items.record(settled), ensure_ascii=False).encode()) < MOST


def test_a_hundred_short_problems_are_kept() -> None:
    """The bound on bytes takes nothing from an ordinary list of mistakes."""
    wrong = tuple(problem("missing", field=f"field_{number}", label=Text(da="Navn")) for number in range(150))
    settled = conclude(a_submission(), a_call(), Reading({}, wrong), Standing(), MIDWAY).submission
    assert settled.problems == wrong[:STORED_PROBLEMS]


def test_errors_are_kept_before_warnings_and_all_are_counted() -> None:
    """After a hundred warnings, what must be corrected is still said, and contacts hear how much that is."""
    doubts = tuple(problem("hidden_characters", field=f"field_{number}", count=1) for number in range(120))
    wrong = tuple(problem("missing", field=f"field_{number}") for number in range(120, 123))
    concluded = conclude(a_submission(), a_call(), Reading({}, (*doubts, *wrong)), Standing(), MIDWAY)
    assert concluded.submission.problems == (*doubts[: STORED_PROBLEMS - 3], *wrong)
    assert [(notice.errors, notice.warnings) for notice in concluded.notices] == [(3, 120)]


AFTER = datetime(2018, 4, 10, 12, tzinfo=UTC)
GOOD = Reading({"municipality": "751", "contact_email": "ane@example.dk"}, (), "751", "Aarhus")


def late(**standing: Any) -> Conclusion:
    """What becomes of a good form that came after the deadline."""
    return conclude(a_submission(received_at=AFTER), a_call(), GOOD, Standing(**standing), AFTER)


def test_a_waiver_makes_a_late_file_of_its_applicant_on_time() -> None:
    """Until the waiver's last second, that second included; a moment after it the file is late again."""
    assert late().submission.state is State.LATE
    assert late(waiver=AFTER).submission.state is State.ACCEPTED
    assert late(waiver=AFTER - timedelta(microseconds=999_999)).submission.state is State.ACCEPTED
    assert late(waiver=AFTER - timedelta(seconds=1)).submission.state is State.LATE


def test_a_waiver_forgives_no_mistakes() -> None:
    """A late form with mistakes needs correction as any other, and does not count."""
    wrong = replace(GOOD, problems=(problem("missing", field="contact_name"),))
    concluded = conclude(a_submission(received_at=AFTER), a_call(), wrong, Standing(waiver=AFTER), AFTER)
    assert (concluded.submission.state, concluded.counts) == (State.NEEDS_CORRECTION, False)


def test_the_round_and_the_address_stand_in_the_record() -> None:
    """What the form says of them is kept; an address that was known before stays where the form gives none."""
    call = a_call(deadline=None, periods=[{"id": "spring", "until": "2018-05-01T12:00:00"}])
    settled = conclude(a_submission(), call, GOOD, Standing(), MIDWAY).submission
    assert (settled.period, settled.email) == ("spring", "ane@example.dk")
    silent = replace(GOOD, values={"municipality": "751"})
    known = conclude(a_submission(email="portal@example.dk"), call, silent, Standing(), MIDWAY).submission
    assert known.email == "portal@example.dk"


def test_contacts_and_the_applicant_are_told_in_one_conclusion() -> None:
    """Each contact that asked, and the applicant in the form's language, where an address is known."""
    told = conclude(a_submission(language="en"), a_call(), GOOD, Standing(), MIDWAY).notices
    assert [notice.audience for notice in told] == ["professional-1", "professional-2", APPLICANT]
    assert told[-1].language == "en"
    assert "ane@example.dk" not in told[-1].model_dump_json()
    silent = replace(GOOD, values={})
    assert APPLICANT not in [n.audience for n in conclude(a_submission(), a_call(), silent, Standing(), MIDWAY).notices]


@pytest.mark.parametrize("state", sorted(UNDECIDED))
def test_what_is_not_decided_can_be_withdrawn(state: State) -> None:
    """It is withdrawn and told of; only an accepted one gives up its place as the one that counts."""
    before = a_submission(state=state, email="ane@example.dk")
    call = a_call(contacts=[DEFINITION["contacts"][0] | {"notify": ["withdrawn"]}])
    taken_back = withdraw(before, call, MIDWAY)
    assert taken_back.submission.state is State.WITHDRAWN
    assert taken_back.incumbent == (before if state is State.ACCEPTED else None)
    assert not taken_back.counts
    assert [(n.event, n.audience) for n in taken_back.notices] == [
        (Event.WITHDRAWN, "administration"),
        (Event.WITHDRAWN, APPLICANT),
    ]


@pytest.mark.parametrize(
    "before",
    [
        *(
            {"state": state}
            for state in (State.RECEIVED, State.REPLACED, State.WITHDRAWN, State.AWARDED, State.DECLINED)
        ),
        {"state": State.LATE, "replay": True},
    ],
    ids=lambda before: "-".join(map(str, before.values())),
)
def test_what_is_decided_or_not_yet_read_cannot_be_withdrawn(before: dict[str, Any]) -> None:
    """Nor what is replaced or withdrawn already, or is just being read again."""
    with pytest.raises(ValueError, match="cannot be withdrawn"):
        withdraw(a_submission(**before), a_call(), MIDWAY)


def test_the_distribution_decides_each_accepted_submission() -> None:
    """Who stands in the list of awards is awarded, everybody else declined, and both are told."""
    call = a_call(distributed={"date": "2018-05-14", "awards": [{"applicant": "751"}]})
    given = {key: decide(a_submission(applicant=key, email="a@b.dk"), call, AFTER) for key in ("751", "101")}
    assert {key: each.submission.state for key, each in given.items()} == {"751": State.AWARDED, "101": State.DECLINED}
    assert [[n.event for n in each.notices] for each in given.values()] == [[Event.DECIDED]] * 2
