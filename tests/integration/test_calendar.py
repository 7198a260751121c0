"""The calendar over moto: who hears what when time passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from builders import MIDWAY, with_documents
from puljeport.calls import Call
from puljeport.notices import APPLICANT
from puljeport.submissions import State, Submission
from puljeport.tickets import Attachment, Found
from watched import (
    AARHUS,
    HERNING,
    KOBENHAVN,
    ODENSE,
    a_watched_call,
    audiences,
    extend,
    sends,
    told,
)
from worlds import Crash, World

# -- moments -----------------------------------------------------------------------------------------------------------


def test_contacts_hear_that_the_call_opened_and_are_reminded(watched: World) -> None:
    """Each event reaches the contact that asked for it, with as many days as are left."""
    assert audiences(watched, "opened") == ["office"]
    assert watched.run_tick("2018-04-02T05:55") == {}
    assert watched.run_tick("2018-04-02T06:00") == {"told": 1}
    (notice,) = told(watched, "reminder")
    assert (notice.audience, notice.key) == ("office", "7")
    assert notice.facts == {"days": 7, "deadline": "2018-04-09T23:59:59"}


def test_a_late_tick_says_how_many_days_are_left(watched: World) -> None:
    """Nobody looked for two days: the reminder of seven days says five."""
    watched.run_tick("2018-04-04T10:00")
    (notice,) = told(watched, "reminder")
    assert notice.facts["days"] == 5


def test_applicants_are_reminded_whose_last_form_needs_correction(watched: World) -> None:
    """One row below that submission, in its language and without its answers; who has sent a good one hears nothing."""
    wrong = sends(watched, AARHUS, wrong=True)
    sends(watched, KOBENHAVN, wrong=True)
    sends(watched, KOBENHAVN, MIDWAY + timedelta(hours=1))
    sends(watched, ODENSE)
    watched.run_tick("2018-04-06T06:00")
    (notice,) = [each for each in told(watched, "reminder") if each.audience == APPLICANT]
    assert (notice.submission, notice.key) == (wrong.id, "3")
    assert notice.facts == {"days": 3, "deadline": "2018-04-09T23:59:59"}


def test_applicants_are_reminded_of_a_document_that_their_application_lacks(worlds: Callable[[], World]) -> None:
    """Who is accepted and has sent no statutes, or only some that were refused, is told which document is missing, in
    its language; who has sent them, or has a form to correct, hears nothing of them. The document is asked for by the
    call alone: nobody is asked for one that is not required."""
    world = worlds()
    world.publish(a_watched_call(form=with_documents(statutes=True, drawing=False)))
    lacking, refused, complete = (sends(world, each, statutes="v.pdf") for each in (AARHUS, KOBENHAVN, ODENSE))
    wrong = sends(world, HERNING, statutes="v.pdf", wrong=True)
    beside(world, refused, Found.REFUSED)
    beside(world, complete, Found.FINE)
    world.run_tick("2018-04-06T06:00")
    reminded = {each.submission: each.facts for each in told(world, "reminder") if each.audience == APPLICANT}
    said = {"days": 3, "deadline": "2018-04-09T23:59:59"}
    assert reminded == {
        lacking.id: said | {"missing": ["Vedtægter"]}, refused.id: said | {"missing": ["Vedtægter"]}, wrong.id: said
    }  # fmt: skip


def beside(world: World, submission: Submission, found: Found) -> None:
    """A document arrives beside a form."""
    one = Attachment(field="statutes", number="0" * 32, asked_at=MIDWAY, version_id="1", found=found)
    world.intake.drawer.arrived(submission.id, one)


def test_who_has_sent_since_the_reminder_was_due_has_just_heard(watched: World) -> None:
    """The tick comes hours late: a form with mistakes that came meanwhile has its own list of them already."""
    sends(watched, AARHUS, datetime(2018, 4, 6, 7, tzinfo=UTC), wrong=True)
    watched.run_tick("2018-04-06T12:00")
    assert APPLICANT not in audiences(watched, "reminder")


def test_r18_ticks_twice_late_and_after_an_edit_remind_once(watched: World) -> None:
    """R18: the tick runs again and again, a day late, the deadline is edited and extended: one reminder each."""
    sends(watched, AARHUS, wrong=True)
    for at in ("2018-04-02T06:00", "2018-04-02T06:00", "2018-04-07T12:00"):
        watched.run_tick(at)
    watched.publish(a_watched_call(deadline="2018-04-16T23:59:59"))
    watched.run_tick("2018-04-09T06:00")
    extend(watched, "2018-04-20T12:00:00")
    watched.run_tick("2018-04-13T06:00")
    watched.run_tick("2018-04-17T06:00")
    assert Counter(audiences(watched, "reminder")) == {"office": 1, APPLICANT: 1}


def test_r18_more_applicants_than_one_transaction_takes_are_reminded_once_though_the_worker_dies(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R18: the worker dies after the first part of the rows, and the next goes on where it stopped."""
    monkeypatch.setattr("puljeport.outbox.WRITES", 4)
    first = sends(watched, AARHUS, wrong=True)
    for number in range(1, 10):
        twin = {"id": f"s{number}", "reference": f"SAM-{number}", "applicant": f"{number}", "email": f"{number}@a.dk"}
        watched.store.receive(first.model_copy(update=twin), watched.clock())
    watched.clock.moment = datetime(2018, 4, 6, 6, tzinfo=UTC)
    watched.faults.fail("TransactWriteItems", Crash(), phase="after", nth=2)
    with pytest.raises(Crash):
        watched.run_tick()
    watched.faults.heal()
    assert audiences(watched, "reminder").count(APPLICANT) == 4
    watched.run_tick("2018-04-06T06:05")
    watched.run_tick("2018-04-06T06:10")
    assert audiences(watched, "reminder").count(APPLICANT) == 10


# -- closing -----------------------------------------------------------------------------------------------------------


def test_the_closing_tells_the_counts_to_each_contact(watched: World) -> None:
    """Ten minutes after the last second, by state and by region, once."""
    sends(watched, AARHUS)
    sends(watched, KOBENHAVN, datetime(2018, 4, 9, 21, 59, 59, tzinfo=UTC))
    sends(watched, ODENSE, wrong=True)
    sends(watched, "147", datetime(2018, 4, 9, 22, tzinfo=UTC))
    assert "told" not in watched.run_tick("2018-04-09T22:05")
    assert watched.run_tick("2018-04-09T22:10")["told"] == 1
    assert watched.run_tick("2018-04-09T22:15") == {}
    office, reader = told(watched, "closed")
    assert office.facts == reader.facts == {
        "total": 4, "in_flight": 0,
        "by_state": {"accepted": 2, "needs_correction": 1, "late": 1},
        "by_choice": {}, "by_region": {"Midtjylland": 1, "Hovedstaden": 1},
    }  # fmt: skip


def test_the_closing_waits_for_files_that_are_still_being_read_but_not_for_ever(watched: World) -> None:
    """A file that no worker concludes holds the summary up for an hour; then it is told, with the file in flight."""
    stuck = sends(watched, AARHUS).model_copy(update={"id": "stuck", "state": State.RECEIVED, "events": 0})
    watched.store.receive(stuck, watched.clock())
    assert watched.run_tick("2018-04-09T22:10")["waiting"] == 1
    assert told(watched, "closed") == []
    watched.run_tick("2018-04-09T23:10")
    assert [notice.facts["in_flight"] for notice in told(watched, "closed")] == [1, 1]


def test_r18_a_call_extended_after_it_closed_closes_again_with_the_final_counts(watched: World) -> None:
    """R18: the first summary has one application, the second both; nobody gets either twice."""
    sends(watched, AARHUS)
    watched.run_tick("2018-04-09T22:10")
    extend(watched, "2018-04-11T12:00:00")
    sends(watched, KOBENHAVN, datetime(2018, 4, 11, 9, tzinfo=UTC))
    for at in ("2018-04-10T06:00", "2018-04-11T10:11", "2018-04-11T10:16"):
        watched.run_tick(at)
    found = [(notice.key, notice.facts["total"]) for notice in told(watched, "closed") if notice.audience == "office"]
    assert sorted(found) == [("2018-04-09T235959", 1), ("2018-04-11T120000", 2)]


def test_an_extension_is_told_to_contacts_and_to_who_has_to_correct(watched: World) -> None:
    """With the new deadline, why, and whether it was an outage of ours, each in its own language."""
    wrong = sends(watched, AARHUS, wrong=True)
    sends(watched, KOBENHAVN)
    extend(watched, "2018-04-16T12:00:00")
    watched.run_tick()
    watched.run_tick()
    applicant, office = told(watched, "extended")
    assert (applicant.audience, applicant.submission, office.audience) == (APPLICANT, wrong.id, "office")
    expected = {"until": "2018-04-16T12:00:00", "reason": "Portalen var nede", "cause": "outage"}
    assert applicant.facts == office.facts == expected


def test_each_round_of_a_continuous_call_closes_with_its_own_counts(watched: World) -> None:
    """What came after the first round's end is in the second round's summary alone."""
    rounds = [{"id": "spring", "until": "2018-03-31T12:00:00"}, {"id": "autumn", "until": "2018-10-31T12:00:00"}]
    watched.publish(a_watched_call(deadline=None, periods=rounds))
    sends(watched, AARHUS)
    sends(watched, AARHUS, datetime(2018, 4, 20, tzinfo=UTC))
    sends(watched, KOBENHAVN, datetime(2018, 4, 21, tzinfo=UTC))
    watched.run_tick("2018-03-31T10:11")
    watched.run_tick("2018-10-31T11:11")
    found = {notice.key: notice.facts["total"] for notice in told(watched, "closed") if notice.audience == "office"}
    assert found == {"spring-2018-03-31T120000": 1, "autumn-2018-10-31T120000": 2}


# -- distribution ------------------------------------------------------------------------------------------------------


def distributed_call() -> Call:
    """The watched call with Aarhus awarded."""
    return a_watched_call(distributed={"date": "2018-05-14", "awards": [{"applicant": AARHUS}]})


def test_the_distribution_decides_what_counts_and_tells_everybody(watched: World) -> None:
    """Accepted ones become awarded or declined and their applicants hear; replaced and faulty ones stay as they are."""
    sends(watched, AARHUS, MIDWAY - timedelta(hours=1))
    sends(watched, AARHUS)
    sends(watched, KOBENHAVN)
    sends(watched, ODENSE, wrong=True)
    watched.publish(distributed_call())
    assert "decided" not in watched.run_tick("2018-05-14T05:55")
    assert watched.run_tick("2018-05-14T06:00")["decided"] == 2
    assert told(watched, "distributed") == []
    assert watched.run_tick("2018-05-14T06:05") == {"told": 1}
    assert watched.run_tick("2018-05-14T06:10") == {}
    assert watched.states() == {"replaced": 1, "awarded": 1, "declined": 1, "needs_correction": 1}
    (notice,) = told(watched, "distributed")
    assert (notice.audience, notice.facts) == ("office", {"awarded": 1, "declined": 1})
    decided = {notice.organisation: notice.state for notice in told(watched, "decided")}
    assert decided == {"Aarhus": State.AWARDED, "København": State.DECLINED}
    awarded = next(each for each in watched.submissions().values() if each.state is State.AWARDED)
    assert [(event.event, event.by) for event in watched.store.history(awarded.id)][-1] == ("awarded", "calendar")


def test_a_large_pool_is_decided_in_several_ticks(watched: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No tick decides more than it has time for, and the contacts hear when all is decided."""
    monkeypatch.setattr("puljeport.calendar.DECISIONS", 2)
    for applicant in (AARHUS, KOBENHAVN, ODENSE):
        sends(watched, applicant)
    watched.publish(distributed_call())
    assert watched.run_tick("2018-05-14T06:00")["waiting"] == 1
    assert told(watched, "distributed") == []
    for at in ("2018-05-14T06:05", "2018-05-14T06:10"):
        watched.run_tick(at)
    assert [notice.facts for notice in told(watched, "distributed")] == [{"awarded": 1, "declined": 2}]


def test_what_was_accepted_while_others_were_decided_is_decided_too(watched: World) -> None:
    """A worker that began before the day writes after the tick looked: the next tick finds it, and then counts."""
    sends(watched, AARHUS)
    watched.publish(distributed_call())
    watched.run_tick("2018-05-14T06:00")
    # Decided on before the day, and written now.
    watched.clock.moment = datetime(2018, 5, 13, 12, tzinfo=UTC)
    sends(watched, KOBENHAVN)
    watched.run_tick("2018-05-14T06:05")
    watched.run_tick("2018-05-14T06:10")
    assert watched.states() == {"awarded": 1, "declined": 1}
    assert [notice.facts for notice in told(watched, "distributed")] == [{"awarded": 1, "declined": 1}]


def test_contacts_hear_beforehand_of_what_is_to_be_erased(watched: World) -> None:
    """Declined and everything that never counted goes first, awarded applications years later."""
    sends(watched, AARHUS)
    sends(watched, KOBENHAVN)
    sends(watched, ODENSE, wrong=True)
    watched.publish(distributed_call())
    for at in ("2018-05-14T06:00", "2019-04-14T06:00", "2023-04-13T06:00"):
        watched.run_tick(at)
    found = {notice.facts["erased_on"]: notice.facts["count"] for notice in told(watched, "expiring")}
    assert found == {"2019-05-14": 2, "2023-05-13": 1}
