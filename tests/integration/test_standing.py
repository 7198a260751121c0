"""Who counts, over moto: withdrawals, rounds, waivers, extensions and decisions, as they are read and written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import MIDWAY, a_call, a_form, s3_event
from puljeport import items
from puljeport.conclusions import Conclusion, decide, withdraw
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
