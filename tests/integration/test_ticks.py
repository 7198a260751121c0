"""Ticks over moto: whatever they do, fail at, or come too late for, each thing is told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from builders import DEFINITION, a_form, s3_event
from puljeport import moments
from puljeport.items import plain
from watched import (
    AARHUS,
    FOLDER,
    KOBENHAVN,
    ODENSE,
    OFFICE,
    READER,
    a_watched_call,
    audiences,
    extend,
    sends,
    told,
    watching,
)
from worlds import TABLE, Crash, World


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
