"""Who counts, over moto: withdrawals, rounds, waivers, extensions and decisions, as they are read and written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import MIDWAY, a_call, a_form, s3_event
from puljeport import items
from puljeport.conclusions import Conclusion, decide, decide_by_hand, withdraw
from puljeport.errors import Contention, UnknownCall
from puljeport.extensions import Extension, Waiver
from puljeport.submissions import State, Submission
from worlds import TABLE, Crash, World, worker_client

KEY = "incoming/samvaer-2018/skema.json"
AFTER = datetime(2018, 4, 10, 12, tzinfo=UTC)
PERIODS = [{"id": "spring", "until": "2018-04-01T12:00:00"}, {"id": "summer", "until": "2018-06-01T12:00:00"}]
ROUNDS = a_call(deadline=None, periods=PERIODS)


def later(**by: float) -> datetime:
    """A time after most uploads."""
    return MIDWAY + timedelta(**by)


def put_off(moment: str) -> Extension:
    """An extension of the deadline for everybody."""
    given: dict[str, Any] = {"until": moment, "reason": {"da": "Nedbrud."}, "approved_by": "kontorchefen", "at": MIDWAY}
    return Extension.model_validate(given)


def waived(applicant: str = "751", until: str = "2018-04-20T12:00:00", at: datetime = MIDWAY) -> Waiver:
    """Leave for one applicant."""
    given = {"applicant": applicant, "until": until, "reason": "Sygdom", "approved_by": "kontorchefen", "at": at}
    return Waiver.model_validate(given)


def taken_back(world: World, submission: Submission) -> Submission:
    """A submission after its applicant withdrew it."""
    return world.store.conclude(
        submission, withdraw(submission, a_call(), world.clock()), world.clock(), by="applicant"
    )


def counting(world: World, period: str | None = None) -> str | None:
    """The id of the submission that counts for Aarhus."""
    found = world.store.counting("samvaer-2018", "751", period)
    return found.id if found else None


# -- withdrawals -----------------------------------------------------------------------------------------------------


def test_nobody_counts_for_an_applicant_who_withdrew_until_a_new_one_comes(world: World) -> None:
    """The pointer is freed with the withdrawal, and the next good form counts without replacing anything."""
    first = world.take(KEY, a_form())
    assert counting(world) == first.id
    gone = taken_back(world, first)
    assert (gone.state, counting(world)) == (State.WITHDRAWN, None)
    assert [(event.event, event.by) for event in world.store.history(first.id)][-1] == ("withdrawn", "applicant")
    again = world.take(KEY, a_form(), at=later(hours=1))
    assert (again.state, again.replaces, counting(world)) == (State.ACCEPTED, None, again.id)
    assert world.states() == {"withdrawn": 1, "accepted": 1}


def test_withdrawing_a_form_with_mistakes_leaves_the_one_that_counts(world: World) -> None:
    """What never counted gives up no place."""
    first = world.take(KEY, a_form())
    wrong = world.take(KEY, a_form(contact_name=None), at=later(hours=1))
    assert taken_back(world, wrong).state is State.WITHDRAWN
    assert counting(world) == first.id


def test_a_withdrawal_that_another_upload_overtook_is_decided_again(world: World) -> None:
    """The page was read before a later form replaced it: nothing of the withdrawal is written."""
    first = world.take(KEY, a_form())
    second = world.take(KEY, a_form(), at=later(hours=1))
    with pytest.raises(Contention):
        taken_back(world, first)
    assert world.states() == {"replaced": 1, "accepted": 1}
    assert counting(world) == second.id


@pytest.mark.parametrize("hours", [1, -1])
def test_of_a_withdrawal_and_another_upload_at_once_both_are_seen(world: World, hours: int) -> None:
    """An upload decided on while the one that counted was withdrawn is decided again: it counts, earlier or later."""
    first = world.take(KEY, a_form())
    seen = world.put(KEY, a_form(), at=later(hours=hours))
    conclude, once = world.intake.store.conclude, [True]

    def meanwhile(before: Submission, conclusion: Conclusion, *rest: Any, **more: Any) -> Submission:
        if once and once.pop():
            taken_back(world, first)
        return conclude(before, conclusion, *rest, **more)

    world.monkeypatch.setattr(world.intake.store, "conclude", meanwhile)
    assert world.run_intake(s3_event(seen)) == []
    assert world.states() == {"withdrawn": 1, "accepted": 1}
    counts = world.store.counting("samvaer-2018", "751")
    assert counts
    assert (counts.version_id, counts.replaces) == (seen["s3"]["object"]["versionId"], None)


def test_a_withdrawal_whose_answer_was_lost_is_there_once(world: World) -> None:
    """The worker that dies after the write has written it all; trying again is refused, and nobody hears twice."""
    first = world.take(KEY, a_form())
    world.faults.fail("TransactWriteItems", Crash(), phase="after")
    with pytest.raises(Crash):
        world.intake.store.conclude(first, withdraw(first, a_call(), world.clock()), world.clock())
    world.faults.heal()
    with pytest.raises(Contention):
        taken_back(world, first)
    assert [event.event for event in world.store.history(first.id)] == ["received", "accepted", "withdrawn"]


# -- rounds ----------------------------------------------------------------------------------------------------------


def test_each_round_of_a_call_without_deadline_has_its_own_that_counts(world: World) -> None:
    """A form of the next round replaces none of the round before; within a round it does."""
    world.publish(ROUNDS)
    spring = world.take(KEY, a_form())
    summer = world.take(KEY, a_form(), at=later(days=30))
    corrected = world.take(KEY, a_form(), at=later(days=31))
    assert [s.period for s in (spring, summer, corrected)] == ["spring", "summer", "summer"]
    assert counting(world, "spring") == spring.id
    assert counting(world, "summer") == corrected.id == world.store.submission(summer.id).replaced_by  # type: ignore[union-attr]
    assert counting(world) is None
    assert world.states() == {"accepted": 2, "replaced": 1}


def test_withdrawing_from_one_round_leaves_the_others(world: World) -> None:
    """The pointer that is freed is that of the submission's own round."""
    world.publish(ROUNDS)
    spring, summer = world.take(KEY, a_form()), world.take(KEY, a_form(), at=later(days=30))
    taken_back(world, summer)
    assert (counting(world, "spring"), counting(world, "summer")) == (spring.id, None)


# -- waivers and extensions ------------------------------------------------------------------------------------------


def test_a_late_file_of_an_applicant_with_a_waiver_is_on_time(world: World) -> None:
    """The waiver lets its own applicant send until its end, and nobody else; the file counts like any other."""
    world.store.waive("samvaer-2018", waived())
    in_time = world.take(KEY, a_form(), at=AFTER)
    other = world.take(KEY, a_form(municipality="101"), at=AFTER)
    too_late = world.take(KEY, a_form(), at=datetime(2018, 4, 20, 10, 0, 1, tzinfo=UTC))
    assert [s.state for s in (in_time, other, too_late)] == [State.ACCEPTED, State.LATE, State.LATE]
    assert counting(world) == in_time.id


def test_a_later_waiver_takes_the_place_of_an_earlier_and_all_are_remembered(world: World) -> None:
    """The last word counts, whichever way it goes; the history of the call has every one."""
    first, second = waived(), waived(until="2018-04-15T12:00:00", at=later(hours=1))
    for each in (first, second, second):
        world.store.waive("samvaer-2018", each)
    assert world.store.waiver("samvaer-2018", "751") == second
    assert world.store.waivers("samvaer-2018") == [first, second]
    assert world.store.waiver("samvaer-2018", "101") is None


def test_an_extended_call_takes_what_would_have_been_late(world: World) -> None:
    """The extension moves the deadline of the current version; the definition stays as it was published."""
    published = world.store.extend("samvaer-2018", put_off("2018-04-10T23:59:59"))
    assert published.definition == a_call()
    assert world.take(KEY, a_form(), at=AFTER).state is State.ACCEPTED
    assert world.take(KEY, a_form(municipality="101"), at=AFTER + timedelta(days=1)).state is State.LATE


def test_an_extension_outlives_a_new_version_of_the_call(world: World) -> None:
    """Publishing an edited definition gives no time back; the new version has the extension too."""
    world.store.extend("samvaer-2018", put_off("2018-04-10T23:59:59"))
    assert world.publish(a_call(places=9)).deadline == datetime.fromisoformat("2018-04-10T23:59:59")
    current = world.store.current_call("samvaer-2018")
    assert current
    assert (current.version, current.call.places, len(current.extensions)) == (2, 9, 1)


def test_a_version_of_before_the_extension_keeps_the_deadline_it_had(world: World) -> None:
    """Only the call in force is put off: history shows what was published."""
    world.store.extend("samvaer-2018", put_off("2018-04-10T23:59:59"))
    (version,) = world.store.call_versions("samvaer-2018")
    assert version.call == a_call()


def test_what_cannot_be_extended_is_refused(world: World) -> None:
    """An unknown call, one without a deadline, and an extension that takes time away."""
    with pytest.raises(UnknownCall):
        world.store.extend("nothing-2018", put_off("2018-04-10T23:59:59"))
    with pytest.raises(ValueError, match="not after the deadline"):
        world.store.extend("samvaer-2018", put_off("2018-04-09T12:00:00"))
    world.store.extend("samvaer-2018", put_off("2018-04-11T12:00:00"))
    with pytest.raises(ValueError, match="not after the deadline"):
        world.store.extend("samvaer-2018", put_off("2018-04-10T12:00:00"))
    world.publish(ROUNDS)
    with pytest.raises(ValueError, match="no deadline"):
        world.store.extend("samvaer-2018", put_off("2019-01-01T12:00:00"))


def test_the_same_extension_again_changes_nothing(world: World) -> None:
    """Whoever died after it, or is not sure, gives the command again: it stands there once, with its first time."""
    first = world.store.extend("samvaer-2018", put_off("2018-04-11T12:00:00"))
    again = put_off("2018-04-11T12:00:00").model_copy(update={"at": world.clock() + timedelta(days=1)})
    assert world.store.extend("samvaer-2018", again) == first
    assert len(first.extensions) == 1


def test_r02_an_extension_whose_answer_was_lost_is_there_once(world: World) -> None:
    """R2: the SDK asks again and meets its own write: that is success, and the deadline is put off once."""
    lost: list[str] = []

    def lose(attempts: int, **_: object) -> int | None:
        lost.append("answer")
        return 0 if attempts == 1 else None

    client = worker_client("dynamodb")
    client.meta.events.register_first("needs-retry.dynamodb.TransactWriteItems", lose)
    published = world.intake.store.extend("samvaer-2018", put_off("2018-04-10T23:59:59"))
    client.meta.events.unregister("needs-retry.dynamodb.TransactWriteItems", lose)
    assert len(lost) > 1
    assert published == world.store.current_call("samvaer-2018")
    assert len(published.extensions) == 1


def test_an_extension_and_a_new_version_at_once_lose_neither(world: World) -> None:
    """Whoever comes second is told to read again."""
    stale = world.store.current_call("samvaer-2018")
    assert stale
    get = world.store._get

    def first_somebody_extends(key: dict[str, Any]) -> dict[str, Any] | None:
        found = get(key)
        world.monkeypatch.setattr(world.store, "_get", get)
        world.store.extend("samvaer-2018", put_off("2018-04-10T23:59:59"))
        return found

    world.monkeypatch.setattr(world.store, "_get", first_somebody_extends)
    with pytest.raises(Contention):
        world.publish(a_call(places=9))
    assert world.publish(a_call(places=9)).deadline == datetime.fromisoformat("2018-04-10T23:59:59")


# -- decisions, erasure ----------------------------------------------------------------------------------------------


def test_a_decision_is_written_once_and_told(world: World) -> None:
    """The award stands in record and history; deciding what is decided already is refused."""
    first = world.take(KEY, a_form(contact_email="ane@example.dk"))
    call = a_call(distributed={"date": "2018-05-14", "awards": [{"applicant": "751"}]})
    world.store.conclude(first, decide(first, call, AFTER), AFTER, by="calendar")
    with pytest.raises(Contention):
        world.store.conclude(first, decide(first, call, AFTER), AFTER, by="calendar")
    awarded = world.store.submission(first.id)
    assert awarded
    assert awarded.state is State.AWARDED
    assert counting(world) == first.id
    told = [n for n in world.notices.of_submission(first.id) if n.event == "decided"]
    assert [n.audience for n in told] == ["@applicant"]


DISTRIBUTED = a_call(distributed={"date": "2018-05-14", "awards": [{"applicant": "751"}]})


def decided(world: World) -> Submission:
    """The application of Aarhus, awarded in the distribution of its call, weeks ago."""
    first = world.take(KEY, a_form(contact_email="ane@example.dk"))
    world.publish(DISTRIBUTED)
    for at in ("2018-05-14T06:00", "2018-05-14T06:05"):
        world.run_tick(at)
    world.clock.advance(days=20)
    awarded = world.store.submission(first.id)
    assert awarded
    assert awarded.state is State.AWARDED
    return awarded


def told_of(world: World, submission: Submission) -> set[tuple[str, str]]:
    """Who is told what of a submission."""
    return {(row.audience, row.event.value) for row in world.notices.of_submission(submission.id)}


def test_a_file_in_time_that_is_read_after_the_distribution_replaces_nothing(world: World) -> None:
    """What was decided stands and counts; the file is kept and read, and contacts, operations and applicant hear."""
    awarded = decided(world)
    read = world.take(KEY, a_form(contact_email="ane@example.dk"), at=later(hours=1))
    assert (read.state, read.replaces, read.values["municipality"]) == (State.UNCONSIDERED, None, "751")
    assert [problem.code for problem in read.problems] == ["unconsidered"]
    assert world.store.submission(awarded.id) == awarded
    assert counting(world) == awarded.id
    assert told_of(world, read) == {(who, "unconsidered") for who in ("administration", "@operations", "@applicant")}
    assert world.store.list_submissions("samvaer-2018", State.UNCONSIDERED) == [read]
    assert world.run_tick("2018-06-20T06:00") == {}
    assert world.states() == {"awarded": 1, "unconsidered": 1}


def test_nor_does_one_of_an_applicant_that_nothing_was_decided_of(world: World) -> None:
    """Neither who never was in the pool, nor who had withdrawn, comes to count in it afterwards; nothing is declined
    that nobody has considered, and mistakes that nobody can correct any more are told with it."""
    gone = world.take(KEY, a_form(municipality="101"))
    taken_back(world, gone)
    world.publish(DISTRIBUTED)
    world.run_tick("2018-05-14T06:00")
    again = world.take(KEY, a_form(municipality="101"), at=later(hours=1))
    never = world.take(KEY, a_form(municipality="147"), at=later(hours=1))
    wrong = world.take(KEY, a_form(municipality="461", contact_name=None), at=later(hours=1))
    late = world.take(KEY, a_form(municipality="851"), at=AFTER)
    assert [one.state for one in (again, never, wrong, late)] == [State.UNCONSIDERED] * 3 + [State.LATE]
    assert wrong.error_count == 1
    assert world.store.counting("samvaer-2018", "101") is None
    assert world.store.counting("samvaer-2018", "147") is None


def test_one_that_a_later_application_replaced_anyway_needs_nobody(world: World) -> None:
    """The earlier of two files, read after the later one was decided on, is replaced as it would have been."""
    awarded = decided(world)
    read = world.take(KEY, a_form(), at=later(hours=-1))
    assert (read.state, read.replaced_by, counting(world)) == (State.REPLACED, awarded.id, awarded.id)


def test_what_was_decided_stands_when_the_day_is_moved(world: World) -> None:
    """With the distribution put off again, others are taken in; whoever has been decided on is left to a person."""
    awarded = decided(world)
    world.publish(a_call(distributed={"date": "2018-08-01", "awards": []}))
    own = world.take(KEY, a_form(), at=later(hours=1))
    other = world.take(KEY, a_form(municipality="101"), at=later(hours=1))
    assert (own.state, other.state, counting(world)) == (State.UNCONSIDERED, State.ACCEPTED, awarded.id)


def test_a_waiver_after_the_distribution_leaves_it_to_a_person(world: World) -> None:
    """Leave to send late makes a file one in time, and no more: nothing is accepted that nobody would decide."""
    decided(world)
    late = world.take(KEY, a_form(municipality="101"), at=AFTER)
    assert late.state is State.LATE
    world.store.waive("samvaer-2018", waived("101"))
    world.store.reopen(late, world.clock(), "operator")
    found = world.intake.take(late.arrival)
    assert found
    assert found.state is State.UNCONSIDERED


@pytest.mark.parametrize(("awarded", "state"), [(True, State.AWARDED), (False, State.DECLINED)])
def test_a_person_decides_of_what_was_not_considered_and_the_applicant_hears(
    world: World, awarded: bool, state: State
) -> None:
    """The decision stands in record and history, once; who counts stays, and nothing else can be decided by hand."""
    first = decided(world)
    read = world.take(KEY, a_form(contact_email="ane@example.dk"), at=later(hours=1))
    conclusion = decide_by_hand(read, DISTRIBUTED, awarded, world.clock())
    after = world.store.conclude(read, conclusion, world.clock(), by="KM", detail="considered")
    assert (after.state, counting(world)) == (state, first.id)
    assert ("@applicant", "decided") in told_of(world, read)
    last = world.store.history(read.id)[-1]
    assert (last.event, last.by, last.detail) == (state.value, "KM", "considered")
    for other in (first, after):
        with pytest.raises(ValueError, match="only an unconsidered one"):
            decide_by_hand(other, DISTRIBUTED, awarded, world.clock())


def test_the_upload_of_an_erased_submission_that_is_announced_again_is_nothing(world: World) -> None:
    """Record and object are gone and a late event still tells of it: no new record, and the event is done with."""
    record = world.put(KEY, a_form())
    world.run_intake(s3_event(record))
    erased = world.only()
    world.s3.delete_object(Bucket=erased.bucket, Key=erased.key, VersionId=erased.version_id)
    for item in world.dynamodb.scan(TableName=TABLE)["Items"]:
        if item["PK"]["S"] == f"SUB#{erased.id}":
            world.dynamodb.delete_item(TableName=TABLE, Key={name: item[name] for name in ("PK", "SK")})
    mark = items.erased_key(erased.id) | {"item": "erased"}
    world.dynamodb.put_item(TableName=TABLE, Item=items.wire(mark))
    assert world.run_intake(s3_event(record)) == []
    assert world.states() == {}
    assert world.outbox() == []
