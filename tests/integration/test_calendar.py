"""The calendar over moto: who hears what when time passes, once, whatever the ticks do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import DEFINITION, MIDWAY, a_call, a_form, s3_event, with_documents
from puljeport import moments
from puljeport.calls import Call
from puljeport.extensions import Extension
from puljeport.items import plain
from puljeport.notices import APPLICANT, Notice, Status, endpoint
from puljeport.outbox import HANDFUL
from puljeport.submissions import State, Submission
from puljeport.tickets import Attachment, Found
from worlds import TABLE, Crash, World

FOLDER = "incoming/samvaer-2018/"
OFFICE = {
    "id": "office", "role": "administrative", "email": "kontor@example.dk",
    "notify": ["opened", "reminder", "extended", "closed", "distributed", "expiring"],
}  # fmt: skip
READER = {
    "id": "reader", "role": "professional", "email": "laeser@example.dk", "language": "en",
    "notify": ["closed"], "digest": {"at": "08:00", "events": ["accepted", "needs_correction"]},
}  # fmt: skip
AARHUS, KOBENHAVN, ODENSE, HERNING = "751", "101", "461", "657"


def a_watched_call(**changes: Any) -> Call:
    """The small call with contacts that hear all of its calendar, and reminders."""
    given = {"contacts": [OFFICE, READER], "reminders": {"contacts": [7], "applicants": [3]}}
    return a_call(**given | changes)


@pytest.fixture
def watched(worlds: Callable[[], World]) -> World:
    """A world with that call published."""
    return watching(worlds())


def watching(world: World) -> World:
    """The world with the watched call, its opening told."""
    world.publish(a_watched_call())
    world.run_tick()
    return world


def sends(world: World, applicant: str, at: datetime = MIDWAY, *, wrong: bool = False, **values: Any) -> Submission:
    """An applicant sends a form, one with a mistake where `wrong`."""
    given = {"municipality": applicant, "contact_email": f"{applicant}@example.dk"} | values
    if wrong:
        given["contact_name"] = None
    return world.take(f"{FOLDER}{applicant}-{at:%d%H%M%S}.json", a_form(**given), at)


def told(world: World, event: str) -> list[Notice]:
    """The rows of one event, by audience."""
    found = [Notice.model_validate(plain(item)) for item in world.items("notice") if item["event"]["S"] == event]
    return sorted(found, key=lambda notice: (notice.audience, notice.reference))


def audiences(world: World, event: str) -> list[str]:
    """Who was told of an event."""
    return [notice.audience for notice in told(world, event)]


# -- moments ---------------------------------------------------------------------------------------------------------


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


# -- closing ---------------------------------------------------------------------------------------------------------


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


def extend(world: World, until: str) -> None:
    """The officer puts the deadline off."""
    given = {
        "until": until, "reason": {"da": "Portalen var nede", "en": "The portal was down"}, "cause": "outage",
        "approved_by": "kontorchef", "at": world.clock(),
    }  # fmt: skip
    world.store.extend("samvaer-2018", Extension.model_validate(given))


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


# -- distribution ----------------------------------------------------------------------------------------------------


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


# -- digests and summaries -------------------------------------------------------------------------------------------


def test_a_digest_comes_at_its_hour_with_what_came_before_it(watched: World) -> None:
    """What arrives after the hour waits for the next day; an empty day gives no message."""
    early = datetime(2018, 3, 21, 6, 30, tzinfo=UTC)
    watched.clock.moment = early
    first = sends(watched, AARHUS, early)
    watched.run_tick("2018-03-21T06:55")
    assert told(watched, "digest") == []
    watched.clock.moment = datetime(2018, 3, 21, 7, 30, tzinfo=UTC)
    sends(watched, KOBENHAVN, watched.clock.moment, wrong=True)
    for at in ("2018-03-21T07:35", "2018-03-21T12:00", "2018-03-22T07:05", "2018-03-23T07:05"):
        watched.run_tick(at)
    one, two = told(watched, "digest")
    assert one.facts["counts"] == {"accepted": 1}
    assert one.facts["listed"] == [{"reference": first.reference, "organisation": "Aarhus", "event": "accepted"}]
    assert two.facts["counts"] == {"needs_correction": 1}
    assert {notice.status for notice in told(watched, "accepted") if notice.audience == "reader"} == {Status.GATHERED}


def test_what_is_too_much_at_once_becomes_one_summary(watched: World) -> None:
    """A handful is told one by one; the rest is held, and the next tick makes one message of it."""
    eager = READER | {"digest": None, "notify": ["accepted"]}
    watched.publish(a_watched_call(contacts=[OFFICE, eager]))
    codes = ["101", "147", "151", "153", "155", "157", "159", "161", "163"]
    for code in codes:
        sends(watched, code)
    watched.notify_all()
    assert Counter(notice.status for notice in told(watched, "accepted") if notice.audience == "reader") == {
        Status.SENT: HANDFUL, Status.HELD: len(codes) - HANDFUL,
    }  # fmt: skip
    assert watched.run_tick()["gathered"] == 1
    assert watched.run_tick() == {}
    watched.notify_all()
    (summary,) = told(watched, "summary")
    assert (summary.facts["counts"], summary.status) == ({"accepted": len(codes) - HANDFUL}, Status.SENT)


def test_what_is_held_for_a_contact_that_is_gone_is_told_to_whoever_took_over(watched: World) -> None:
    """Its digest is told at once, to the mailbox of another contact of its role; nothing waits for it any more."""
    sends(watched, AARHUS)
    expert = READER | {"id": "expert", "email": "expert@example.dk", "notify": ["late"], "digest": None}
    silent: dict[str, Any] = READER | {"id": "silent", "email": "silent@example.dk", "notify": [], "digest": None}
    watched.publish(a_watched_call(contacts=[OFFICE, silent, expert]))
    watched.publish(a_watched_call(contacts=[OFFICE, silent, expert], places=7))
    assert watched.run_tick()["gathered"] == 1
    watched.notify_all()
    (summary,) = told(watched, "summary")
    assert (summary.audience, summary.facts["counts"], summary.status) == ("reader", {"accepted": 1}, Status.SENT)
    heard = [one["MessageAttributes"] for one in watched.received_messages()]
    mailboxes = [one["mailbox"]["Value"] for one in heard if one["contact"]["Value"] == "reader"]
    assert mailboxes == [endpoint("expert@example.dk")]
    assert watched.notices.held("samvaer-2018", "reader") == []
    assert watched.run_tick() == {}


def test_a_digest_that_was_begun_is_told_although_nobody_wants_it_any_more(watched: World) -> None:
    """A worker died between gathering and telling, and then the contact was taken out: what it had gathered is told."""
    watched.clock.moment = datetime(2018, 3, 21, 6, 30, tzinfo=UTC)
    sends(watched, AARHUS, watched.clock.moment)
    watched.faults.fail("TransactWriteItems", Crash(), nth=2)
    with pytest.raises(Crash):
        watched.run_tick("2018-03-21T07:05")
    watched.faults.heal()
    assert told(watched, "digest") == []
    watched.publish(a_watched_call(contacts=[OFFICE]))
    watched.run_tick("2018-03-21T07:10")
    (digest,) = told(watched, "digest")
    assert (digest.audience, digest.endpoint) == ("reader", endpoint(str(OFFICE["email"])))
    (row,) = [row for row in told(watched, "accepted") if row.audience == "reader"]
    assert row.gathered_in == digest.sort_key


def test_what_a_whole_call_has_to_say_is_never_one_line_of_a_summary(watched: World) -> None:
    """A mailbox that has its handful already still gets the closing counts as a message of their own."""
    eager = OFFICE | {"notify": [*OFFICE["notify"], "accepted"]}
    watched.publish(a_watched_call(contacts=[eager]))
    watched.clock.moment = datetime(2018, 4, 9, 22, 10, tzinfo=UTC)
    for code in ["101", "147", "151", "153", "155", "157"]:
        sends(watched, code)
    watched.notify_all()
    watched.run_tick()
    watched.notify_all()
    assert [notice.status for notice in told(watched, "closed")] == [Status.SENT]


# -- faults ----------------------------------------------------------------------------------------------------------


def test_a_call_that_goes_wrong_does_not_stop_the_others(watched: World) -> None:
    """One call's moments cannot be read: it is named in the log and counted, and the other's reminder goes out."""
    watched.publish(a_watched_call(id="andet-2018"))
    watched.clock.moment = datetime(2018, 4, 2, 6, tzinfo=UTC)
    watched.faults.fail("Query", RuntimeError("down"), nth=2)
    done = watched.run_tick()
    watched.faults.heal()
    assert (done["failed"], watched.wrong) == (1, ["andet-2018"])
    assert audiences(watched, "reminder") == ["office"]
    watched.run_tick("2018-04-02T06:05")
    assert audiences(watched, "reminder") == ["office", "office"]


def test_a_tick_that_cannot_list_the_calls_fails_as_a_whole(watched: World) -> None:
    """Without the calls there is nothing to go on with: the function fails, and its alarm tells."""
    watched.faults.fail("Query", RuntimeError("down"), nth=1)
    with pytest.raises(RuntimeError):
        watched.run_tick()


def test_an_extension_that_the_list_does_not_show_yet_is_not_missed(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index is a little behind: what is due is looked at again in the call's own record before anybody is told."""
    stale = watched.store.calls()
    extend(watched, "2018-04-16T12:00:00")
    monkeypatch.setattr(type(watched.store), "calls", lambda _store: stale)
    watched.run_tick("2018-04-09T22:10")
    assert told(watched, "closed") == []
    assert audiences(watched, "extended") == ["office"]


def test_contacts_that_nothing_reaches_are_counted_every_day(watched: World, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody subscribed: both contacts are named by id and never by address; once confirmed, none is."""
    assert watched.run_tick(task="contacts") == {"unreached": 2}
    assert watched.run_tick(task="contacts") == {"unreached": 2}
    said = [vars(record) for record in caplog.records if "contact" in vars(record)]
    assert [(line["call"], line["contact"]) for line in said] == [
        ("samvaer-2018", name) for name in ("office", "reader")
    ] * 2
    assert "example.dk" not in str(said)
    topic = watched.sns.list_topics()["Topics"][0]["TopicArn"]
    for contact in (OFFICE, READER):
        watched.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=contact["email"])
    assert watched.run_tick(task="contacts") == {"unreached": 0}


def a_busy_day(world: World) -> World:
    """Everything at once: a distribution, a reminder, a closing of a second call, a digest and a summary are due."""
    watching(world)
    world.publish(a_watched_call(id="andet-2018", deadline="2018-05-13T12:00:00"))
    eager = READER | {"notify": ["accepted"], "digest": {"at": "08:00", "events": ["needs_correction"]}}
    world.publish(a_watched_call(contacts=[OFFICE, eager]))
    sends(world, AARHUS)
    sends(world, KOBENHAVN)
    sends(world, ODENSE, wrong=True)
    rush = ["147", "151", "153", "155", "157"]
    for code in rush:
        sends(world, code)
    world.notify_all()
    for at in ("2018-03-20T10:00", "2018-04-02T06:00"):
        world.clock.moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    world.publish(
        a_watched_call(contacts=[OFFICE, eager], distributed={"date": "2018-05-14", "awards": [{"applicant": AARHUS}]})
    )
    world.clock.moment = datetime(2018, 5, 14, 6, tzinfo=UTC)
    return world


def begin_again(world: World, kept: list[dict[str, Any]]) -> World:
    """A world with the items of another, at the moment when all of it is due."""
    for item in kept:
        world.dynamodb.put_item(TableName=TABLE, Item=item)
    world.clock.moment = datetime(2018, 5, 14, 6, tzinfo=UTC)
    return world


def calm_tick(world: World) -> tuple[list[dict[str, Any]], list[str], dict[str, Any]]:
    """What there was before a busy tick, the calls to AWS that it made, and what came of it when nothing went wrong."""
    a_busy_day(world)
    kept = world.dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"]
    begun = len(world.faults.calls)
    world.run_tick()
    calls = world.faults.calls[begun:]
    world.clock.advance(minutes=5)
    world.run_tick()
    return kept, calls, outcome(world)


def outcome(world: World) -> dict[str, Any]:
    """All that anybody could notice afterwards: what was told to whom, and what became of applications."""
    # One look at the whole table, since moto takes its time for each.
    found = [plain(item) for item in world.dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"]]
    rows = [item for item in found if item["item"] == "notice"]
    return {
        "told": Counter((row["event"], row["audience"], row["key"]) for row in rows),
        "gathered": sorted(str(row["facts"]["counts"]) for row in rows if row["event"] in {"digest", "summary"}),
        "waiting": sum(row["status"] == "held" for row in rows),
        "states": Counter(item["state"] for item in found if item["item"] == "submission"),
        "moments": sorted((item["call"], item["name"], item["outcome"]) for item in found if item["item"] == "moment"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["before", "after"])
def test_r18_a_tick_that_dies_at_any_call_ends_the_same(worlds: Callable[[], World], phase: str) -> None:
    """R18: for each call to AWS of a busy tick, a worker that dies before or after it; the next tick ends the same."""
    kept, calls, expected = calm_tick(worlds())
    assert len(calls) > 20
    for target in range(len(calls)):
        world = begin_again(worlds(), kept)
        base = len(world.faults.calls)

        def strike(index: int, at: str, base: int = base, target: int = target) -> BaseException | None:
            return Crash() if index - base == target and at == phase else None

        world.faults.strike = strike
        with pytest.raises(Crash):
            world.run_tick()
        world.faults.heal()
        for _ in range(2):
            world.clock.advance(minutes=5)
            world.run_tick()
        assert outcome(world) == expected, f"call {target}, {phase}"


@pytest.mark.slow
def test_r18_two_ticks_at_once_tell_everything_once(worlds: Callable[[], World]) -> None:
    """R18: a second tick runs whole in the middle of the first, at each of its writes: the same rows in the end."""
    kept, calls, expected = calm_tick(worlds())
    writes = [number for number, name in enumerate(calls) if name.endswith(":TransactWriteItems")]
    assert len(writes) > 5
    for target in writes:
        world = begin_again(worlds(), kept)
        base = len(world.faults.calls)

        def meet(index: int, at: str, world: World = world, base: int = base, target: int = target) -> None:
            if index - base == target and at == "before":
                world.faults.heal()
                world.run_tick()

        world.faults.strike = meet
        world.run_tick()
        world.run_tick()
        assert outcome(world) == expected, f"write {target}"


def test_what_was_done_is_kept_with_its_time(watched: World) -> None:
    """Each moment's record says when it was due, when it was done, and how many were told."""
    watched.run_tick("2018-04-10T12:00")
    found = {record.name: record for record in watched.store.moments("samvaer-2018")}
    assert found["reminder#contacts#7"].outcome is moments.Outcome.PASSED_OVER
    closed = found["closed#contacts#2018-04-09T235959"]
    assert (closed.outcome, closed.notices, closed.at) == (moments.Outcome.TOLD, 2, watched.clock())
    assert closed.due == datetime(2018, 4, 9, 22, 10, tzinfo=UTC)


def test_a_tick_with_nothing_to_do_writes_nothing(watched: World) -> None:
    """Between moments, a tick only reads."""
    before = len(watched.faults.calls)
    assert watched.run_tick() == {}
    assert set(watched.faults.calls[before:]) == {"dynamodb:Query"}


def test_the_small_call_of_other_tests_is_left_in_peace(world: World) -> None:
    """Contacts that asked for no event of the calendar hear none of it."""
    assert {contact["id"] for contact in DEFINITION["contacts"]}
    for at in ("2018-03-01T12:00", "2018-04-10T12:00"):
        world.run_tick(at)
    assert world.outbox() == []
    assert world.run_intake(s3_event(world.put(FOLDER + "1.json", a_form()))) == []
