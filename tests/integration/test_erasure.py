"""Erasing: of a submission, of an applicant, by a call's own rule. Nothing is left but a line that names nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from builders import BUCKET, MIDWAY, a_call, a_form, s3_event
from care import Care
from puljeport import items, moments
from puljeport.blanks import docx
from puljeport.calls import Call, Event
from puljeport.conclusions import decide
from puljeport.contacts import Contact
from puljeport.erasure import Why
from puljeport.errors import Contention, Undelivered
from puljeport.extensions import Waiver
from puljeport.notices import Gathering, Status, endpoint, for_call
from puljeport.reconcile import Kind
from puljeport.submissions import Slot, State, Submission, submission_id
from puljeport.tickets import Ticket
from puljeport_cli.fill import fill_docx
from worlds import DOCUMENTS, TABLE, Crash, World

FOLDER = "incoming/samvaer-2018/"
WHY = Why("the applicant asked for it", "operator")
CANARIES = ("Ansøgersen", "ansoegersen@example.dk", "Hemmelig baggrund", "Ansøgning fra A")
FORM = {"contact_name": "Anna Ansøgersen", "contact_email": "ansoegersen@example.dk", "background": "Hemmelig baggrund"}


@pytest.fixture
def care(world: World) -> Care:
    """Erasing over a fresh world."""
    return Care(world)


def taken(world: World, name: str = "Ansøgning fra A.json", **changes: Any) -> Submission:
    """A submission of the applicant whose traces are looked for, everybody told."""
    at = changes.pop("at", MIDWAY)
    submission = world.take(FOLDER + name, a_form(**(FORM | changes)), at)
    world.notify_all()
    return submission


def faulty(world: World) -> Submission:
    """A Word form of the same applicant that was returned with marks."""
    blank = docx.make(a_call(), 1, "da")
    answers: dict[str, Any] = {"municipality": "751"} | {name: FORM[name] for name in ("contact_email", "background")}
    submission = world.take(FOLDER + "Ansøgning fra A.docx", fill_docx(blank, answers))
    world.notify_all()
    assert submission.returned
    return submission


def mention(care: Care, submission: Submission) -> None:
    """What is gathered for a contact names the submission, and so does a message that told of it and of another."""
    world, call = care.world, a_call()
    listed = [
        {"reference": reference, "organisation": name, "event": "accepted"}
        for reference, name in ((submission.reference, "Ansøgersen ApS"), ("SAM-OTHER", "En anden"))
    ]
    gathering = Gathering(call=call.id, contact="professional-1", event=Event.SUMMARY, writes=1, listed=tuple(listed))
    told = for_call(call.model_copy(update={"contacts": (_hearer(call),)}), Event.DIGEST, world.clock(), "7")
    world.notices.add([row.model_copy(update={"facts": {"listed": listed, "counts": {"accepted": 2}}}) for row in told])
    world.store._transact([world.store._put(items.gathering_item(gathering))])


def _hearer(call: Call) -> Contact:
    return call.contacts[0].model_copy(update={"notify": (Event.DIGEST,)})


def nothing_left(care: Care, *submissions: Submission) -> None:
    """No canary, reference, version, link or address is anywhere in the table or the buckets."""
    left = care.everything()
    for canary in CANARIES:
        assert canary not in left, canary
    for submission in submissions:
        traces = (
            submission.reference,
            submission.version_id,
            f"returned/{submission.id}",
            endpoint(FORM["contact_email"]),
        )
        for word in traces:
            assert word not in left, word


# -- S17 -------------------------------------------------------------------------------------------------------------


def test_s17_after_erasing_an_applicant_nothing_is_left_of_it(
    world: World, care: Care, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """S17: records, history, notices, files, returned copies, waivers, mentions, exports: gone, and in no log line."""
    first = taken(world)
    second = taken(world, at=MIDWAY + timedelta(hours=1))
    third = faulty(world)
    world.s3.delete_object(Bucket=BUCKET, Key=third.key)
    world.s3.put_object(Bucket=DOCUMENTS, Key="exports/samvaer-2018/alle.csv", Body="Ansøgersen".encode())
    mailbox = items.wire({"PK": f"ADDRESS#{endpoint(FORM['contact_email'])}", "SK": "ADDRESS", "item": "address"})
    world.dynamodb.put_item(TableName=TABLE, Item=mailbox)
    mention(care, first)
    reason = "Anna Ansøgersen var syg"
    until = datetime.fromisoformat("2018-04-20T12:00:00")
    waiver = Waiver(applicant="751", until=until, reason=reason, approved_by="chef", at=world.clock())
    world.store.waive("samvaer-2018", waiver)
    assert all(canary in care.everything() for canary in CANARIES)
    found = care.erasure.of_applicant("samvaer-2018", "751")
    assert {one.id for one in found} == {first.id, second.id, third.id}
    lines = [care.erasure.erase(one.id, WHY) for one in found]
    nothing_left(care, first, second, third)
    assert world.states() == {}
    assert world.store.waivers("samvaer-2018") == []
    assert world.store.waiver("samvaer-2018", "751") is None
    assert "SAM-OTHER" in care.everything(), "what names others stays"
    assert [line.model_dump(exclude={"id", "at", "done_at", "counts"}) for line in lines if line] == [
        {"call": "samvaer-2018", "reason": WHY.reason, "by": "operator", "forced": None, "work": None}
    ] * 3
    assert {line.id for line in care.erasure.eraser.log()} == {first.id, second.id, third.id}
    assert caplog.records
    printed = capsys.readouterr().out + "".join(str(vars(record)) for record in caplog.records)
    assert not [canary for canary in CANARIES if canary in printed]


def test_exactly_one_version_goes_and_the_others_of_its_key_stay(world: World, care: Care) -> None:
    """Two applicants used one file name: only the erased one's version goes, its marker stays."""
    mine, other = taken(world), taken(world, municipality="101", contact_name="En anden")
    world.s3.delete_object(Bucket=BUCKET, Key=mine.key)
    care.erasure.erase(mine.id, WHY)
    stored = list(care.erasure.uploads.versions(FOLDER))
    assert {version.version_id for version in stored if not version.marker} == {other.version_id}
    assert sum(version.marker for version in stored) == 1
    assert world.only().id == other.id


def test_after_erasing_the_one_that_counts_nobody_counts(world: World, care: Care) -> None:
    """The pointer goes with it; the earlier one stays replaced, and a later one is accepted without replacing any."""
    first, second = taken(world), taken(world, at=MIDWAY + timedelta(hours=1))
    care.erasure.erase(second.id, WHY)
    assert world.store.counting("samvaer-2018", "751") is None
    assert world.states() == {"replaced": 1}
    third = taken(world, at=MIDWAY + timedelta(hours=2))
    assert (third.state, third.replaces) == (State.ACCEPTED, None)
    assert world.store.counting("samvaer-2018", "751") == third
    assert world.store.submission(first.id)


# -- what comes meanwhile, and after ---------------------------------------------------------------------------------


def test_r12_what_announces_an_erased_file_again_makes_no_record(world: World, care: Care) -> None:
    """A message redelivered after the erasure, and one while the file is still there, are acknowledged."""
    record = world.put(FOLDER + "a.json", a_form())
    assert world.run_intake(s3_event(record)) == []
    world.notify_all()
    world.faults.fail("DeleteObject", Crash())
    with pytest.raises(Crash):
        care.erasure.erase(world.only().id, WHY)
    world.faults.heal()
    assert world.run_intake(s3_event(record)) == []
    assert world.states() == {}
    (end,) = care.reconcile.full("samvaer-2018").loose_ends
    assert end.kind is Kind.HALF_ERASED
    assert care.night() == {"erased": 1, "held": 0}
    assert world.run_intake(s3_event(record)) == []
    assert world.states() == {}
    assert care.reconcile.full("samvaer-2018").loose_ends == ()


def test_a_record_that_changes_between_the_look_and_the_deed_is_looked_at_anew(world: World, care: Care) -> None:
    """The applicant's newer file replaces it just then: it is erased as it then is, unless somebody is to be told."""
    first = taken(world)
    begin = care.erasure.eraser.begin
    rushed: list[str] = []

    def hurried(submission: Submission, line: Any) -> None:
        if not rushed:
            rushed.append(taken(world, "b.json", at=MIDWAY + timedelta(hours=1)).id)
        begin(submission, line)

    world.monkeypatch.setattr(care.erasure.eraser, "begin", hurried)
    assert care.erasure.erase(first.id, WHY)
    assert world.only().id == rushed[0]
    assert world.store.counting("samvaer-2018", "751") == world.only()


def test_a_file_that_is_being_read_is_not_erased(world: World, care: Care) -> None:
    """A worker may be at it: what it writes would outlive the erasure. A minute and a half later it may be erased."""
    record = world.put(FOLDER + "a.json", a_form())
    world.faults.fail("TransactWriteItems", Crash(), nth=2)
    with pytest.raises(Crash):
        world.run_intake(s3_event(record))
    world.faults.heal()
    with pytest.raises(Contention):
        care.erasure.erase(world.only().id, WHY)
    world.clock.advance(minutes=2)
    assert care.erasure.erase(world.only().id, WHY)
    assert world.run_intake(s3_event(record)) == []
    assert world.states() == {}


def test_what_a_slow_worker_writes_afterwards_is_swept_the_next_night(world: World, care: Care) -> None:
    """A reminder that was being written while the record went lies alone, with a name in it: not for long."""
    submission = taken(world)
    care.erasure.erase(submission.id, WHY)
    late = {"PK": f"SUB#{submission.id}", "SK": "NOTICE#reminder#@applicant", "item": "notice"}
    world.dynamodb.put_item(TableName=TABLE, Item=items.wire(late | {"organisation": "Ansøgersen ApS"}))
    world.clock.advance(hours=10)
    care.night()
    nothing_left(care, submission)


@pytest.mark.parametrize("phase", ["before", "after"])
def test_s17_killed_at_any_call_the_next_night_ends_clean(worlds: Callable[[], World], phase: str) -> None:
    """S17: a worker that dies at each call in turn leaves a line that is gone on with; the end is always the same."""
    target, struck = 0, True
    while struck:
        world = worlds()
        care = Care(world)
        submission = taken(world)
        mention(care, submission)
        base, struck = len(world.faults.calls), False

        def strike(index: int, at: str, target: int = base + target) -> BaseException | None:
            return Crash() if index == target and at == phase else None

        world.faults.strike = strike
        try:
            care.erasure.erase(submission.id, WHY)
        except Crash:
            struck = True
        world.faults.heal()
        care.night()
        if world.states():
            care.erasure.erase(submission.id, WHY)
        nothing_left(care, submission)
        assert len(care.erasure.eraser.log()) == 1
        target += 1
    assert target > 10


def test_erasing_twice_is_erasing_once(world: World, care: Care) -> None:
    """The second time says what the first did, and one that never was is none."""
    submission = taken(world)
    first = care.erasure.erase(submission.id, WHY)
    world.clock.advance(days=1)
    assert care.erasure.erase(submission.id, Why("again", "somebody else")) == first
    assert care.erasure.erase("x" * 26, WHY) is None


# -- what it refuses -------------------------------------------------------------------------------------------------


def test_it_refuses_while_somebody_is_to_be_told_unless_forced(world: World, care: Care) -> None:
    """With notices that wait nothing is touched; forced, it is erased, and the log says why."""
    submission = world.take(FOLDER + "a.json", a_form(**FORM))
    before = care.everything()
    with pytest.raises(Undelivered) as refused:
        care.erasure.erase(submission.id, WHY)
    assert refused.value.waiting == 3
    assert care.everything() == before
    line = care.erasure.erase(submission.id, Why(WHY.reason, "operator", forced="the mailbox is closed"))
    assert line
    assert line.forced == "the mailbox is closed"
    nothing_left(care, submission)


@pytest.mark.parametrize("reason", ["Anna Ansøgersen bad om det", "see ANSOEGERSEN@example.dk", "Aarhus asked"])
def test_a_reason_that_names_somebody_is_refused(world: World, care: Care, reason: str) -> None:
    """The log must not keep what is erased."""
    submission = taken(world)
    with pytest.raises(ValueError, match="stays in the log"):
        care.erasure.erase(submission.id, Why(reason, "operator"))
    assert world.states() == {"accepted": 1}


# -- by the call's own rule ------------------------------------------------------------------------------------------

POOL: dict[str, Any] = {
    "distributed": {"date": "2018-06-01", "awards": [{"applicant": "751", "amount": "10000"}]},
    "retention": {"declined_days": 100, "after_distribution_days": 300, "remind_days_before": 30},
}


def distributed(care: Care) -> tuple[Submission, Submission]:
    """An awarded and a declined submission of a call whose rule is short."""
    world = care.world
    awarded = taken(world)
    declined = taken(world, "b.json", municipality="101")
    call = world.publish(a_call(**POOL))
    world.clock.moment = datetime.fromisoformat("2018-06-01T12:00:00+00:00")
    for state, submission in ((State.AWARDED, awarded), (State.DECLINED, declined)):
        known = world.store.submission(submission.id)
        assert known

        concluded = world.store.conclude(known, decide(known, call, world.clock()), world.clock(), by="calendar")
        assert concluded.state is state
    world.notify_all()
    return awarded, declined


def tell(care: Care, state: State, at: str, **changes: Any) -> None:
    """The calendar told the contacts which submissions are erased on which day."""
    call = a_call(**POOL)
    (moment,) = (one for one in moments.of_call(call) if (one.event, one.state) == (Event.EXPIRING, state))
    record = moment.record(datetime.fromisoformat(at), 1).model_copy(update=changes)
    assert care.world.notices.add([], items.moment_item(call.id, record))


def at(care: Care, day: str) -> dict[str, int]:
    """The nightly run of a day."""
    care.world.clock.moment = datetime.fromisoformat(f"{day}T01:30:00+00:00")
    return care.night()


def test_each_is_erased_on_its_day_and_not_before(world: World, care: Care) -> None:
    """Declined after 100 days, awarded after 300, counted from the distribution, once their contacts were told."""
    awarded, declined = distributed(care)
    assert moments.erased_on(a_call(**POOL), State.DECLINED) == date(2018, 9, 9)
    tell(care, State.DECLINED, "2018-08-10T06:00:00+00:00")
    assert at(care, "2018-09-08") == {"erased": 0, "held": 0}
    assert at(care, "2018-09-09") == {"erased": 0, "held": 1}, "thirty days have not passed since they were told"
    assert at(care, "2018-09-10") == {"erased": 1, "held": 0}
    assert world.only().id == awarded.id
    tell(care, State.AWARDED, "2019-02-26T07:00:00+00:00")
    assert at(care, "2019-03-29") == {"erased": 1, "held": 0}
    nothing_left(care, awarded, declined)
    assert {(line.reason, line.by) for line in care.erasure.eraser.log()} == {("retention", "retention")}


def test_nothing_is_erased_by_rule_before_the_contacts_were_told(world: World, care: Care) -> None:
    """Neither when nobody was told, nor when the moment was passed over: it is held, and said every night."""
    distributed(care)
    assert at(care, "2019-01-01") == {"erased": 0, "held": 1}
    tell(care, State.DECLINED, "2018-09-09T06:00:00+00:00", outcome=moments.Outcome.PASSED_OVER)
    assert at(care, "2019-01-02") == {"erased": 0, "held": 1}
    assert world.states() == {"awarded": 1, "declined": 1}


def test_a_day_that_was_moved_after_the_contacts_were_told_is_told_anew(world: World, care: Care) -> None:
    """The contacts heard of another day than the one that is due since the call was edited: it is held."""
    distributed(care)
    tell(care, State.DECLINED, "2018-08-10T06:00:00+00:00")
    world.publish(a_call(**POOL | {"retention": POOL["retention"] | {"declined_days": 120}}))
    assert at(care, "2018-12-01") == {"erased": 0, "held": 1}


def test_one_that_cannot_be_erased_does_not_keep_the_others(world: World, care: Care) -> None:
    """A notice of one still waits: it is held and logged, the other goes."""
    awarded, declined = distributed(care)
    tell(care, State.DECLINED, "2018-08-10T06:00:00+00:00")
    tell(care, State.AWARDED, "2019-02-26T07:00:00+00:00")
    (row, *_) = world.notices.of_submission(declined.id)
    world.store._transact(
        [world.store._put(items.notice_item(row.model_copy(update={"key": "x", "status": Status.PENDING})))]
    )
    assert at(care, "2019-06-01") == {"erased": 1, "held": 1}
    assert world.only().id == declined.id
    assert [type(error) for error in care.errors] == [Undelivered]
    assert world.store.submission(awarded.id) is None


def test_a_night_without_time_leaves_the_rest_to_the_next(world: World, care: Care) -> None:
    """Nothing is begun that may not end in time."""
    distributed(care)
    tell(care, State.DECLINED, "2018-08-10T06:00:00+00:00")
    tell(care, State.AWARDED, "2019-02-26T07:00:00+00:00")
    world.clock.moment = datetime.fromisoformat("2019-06-01T01:30:00+00:00")
    assert care.night(steps=1)["erased"] == 1
    assert care.night()["erased"] == 1
    assert world.states() == {}


def test_a_call_that_was_never_distributed_keeps_its_applications_and_is_named(world: World, care: Care) -> None:
    """Nobody said how it ended, so no rule can tell what goes; after the time that declined ones have, it is said."""
    taken(world)
    world.clock.moment = datetime.fromisoformat("2019-04-09T12:00:00+00:00")
    assert care.erasure.undecided() == []
    world.clock.advance(days=1)
    assert care.erasure.undecided() == ["samvaer-2018"]
    assert care.night() == {"erased": 0, "held": 0}
    assert world.states() == {"accepted": 1}
    world.publish(a_call(distributed={"date": "2019-04-01"}))
    assert care.erasure.undecided() == []


def test_the_log_of_erasures_is_readable_json_without_a_name(world: World, care: Care) -> None:
    """Its items hold the call, why, by whom, when, and counts; the index has them under their own name."""
    submission = taken(world)
    care.erasure.erase(submission.id, WHY)
    (item,) = world.items("erased")
    plain = items.plain(item)
    assert plain.keys() == {
        "PK", "SK", "item", "GSI1PK", "GSI1SK", "id", "call", "reason", "by", "at", "done_at", "counts",
    }  # fmt: skip
    assert plain["counts"] == {"copies": 0, "items": 7, "mentions": 0, "objects": 1}


def test_s17_what_came_with_a_ticket_goes_with_it(care: Care) -> None:
    """S17: of a submission from the portal the ticket, its link, each file sent with it and each document go too."""
    world = care.world
    number = "0" * 31 + "1"
    place = Slot("samvaer-2018", number)
    ticket = Ticket(
        id=number, submission=submission_id(BUCKET, place.key, ""), call="samvaer-2018",
        file_name="Ansøgning fra A.json", email="ansoegersen@example.dk", created_at=MIDWAY,
        until=MIDWAY + timedelta(minutes=15),
    )  # fmt: skip
    world.intake.drawer.issue(ticket)
    submission = world.take(place.key, a_form(**FORM))
    world.run_intake(s3_event(world.put(place.key, a_form(**FORM | {"background": "Hemmelig baggrund igen"}))))
    beside = Slot("samvaer-2018", number, "statutes", "0" * 32)
    world.run_intake(s3_event(world.put(beside.key, b"%PDF-1.7 Hemmelig baggrund")))
    world.notify_all()
    assert care.erasure.erase(submission.id, WHY)
    assert "Contents" not in world.s3.list_objects_v2(Bucket=BUCKET)
    assert not world.s3.list_object_versions(Bucket=BUCKET).get("Versions")
    nothing_left(care, submission)
