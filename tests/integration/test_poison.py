"""R3, R9, R10, R11: files that kill their reader, workers that die or meet each other, and outages of AWS."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from builders import a_form, s3_event
from puljeport.submissions import State
from worlds import Crash, World

KEY = "incoming/samvaer-2018/skema.json"


def poisoned(world: World, marker: bytes = b"POISON") -> list[int]:
    """Make the reader die on files that hold `marker`; the list counts its deaths."""
    deaths: list[int] = []
    healthy = world.read

    def read(data: bytes, name: str) -> Any:
        if marker in data:
            deaths.append(1)
            raise Crash
        return healthy(data, name)

    world.read = read
    return deaths


def deliver_until_done(world: World, bodies: list[object], rounds: int = 8) -> None:
    """Deliver as a queue does: what was not acknowledged comes back after the visibility timeout."""
    for _ in range(rounds):
        try:
            failed = world.run_intake(*bodies)
        except Crash:
            failed = [f"m{number}" for number in range(1, len(bodies) + 1)]
        bodies = [bodies[int(identity[1:]) - 1] for identity in failed]
        if not bodies:
            return
        world.clock.advance(seconds=360)
    pytest.fail(f"{len(bodies)} messages were still failing after {rounds} rounds: they would be dead letters")


def test_r09_a_poison_file_is_opened_at_most_twice_and_harms_no_neighbour(world: World) -> None:
    """R9: one file of ten kills its worker; nine succeed, it ends unreadable, and operations is told once."""
    deaths = poisoned(world)
    codes = ["751", "101", "147", "151", "153", "155", "157", "159", "161"]
    bodies: list[object] = [
        s3_event(world.put(f"incoming/samvaer-2018/{code}.json", a_form(municipality=code))) for code in codes
    ]
    bodies.insert(4, s3_event(world.put("incoming/samvaer-2018/gift.json", b"POISON")))
    deliver_until_done(world, bodies)
    assert len(deaths) == 2
    assert world.states() == {"accepted": 9, "unreadable": 1}
    (poison,) = (one for one in world.submissions().values() if one.state is State.UNREADABLE)
    assert [problem.code for problem in poison.problems] == ["reader_died"]
    assert [notice.audience for notice in world.notices.of_submission(poison.id)] == ["@operations"]


def test_r09_three_poison_files_in_one_batch_still_let_the_fourth_through(world: World) -> None:
    """R9: three killers, two deaths each, and all are done within the 8 receives that the queue allows."""
    poisoned(world)
    bodies: list[object] = [
        s3_event(world.put(f"incoming/samvaer-2018/gift-{number}.json", b"POISON")) for number in range(3)
    ]
    bodies.append(s3_event(world.put(KEY, a_form())))
    deliver_until_done(world, bodies)
    assert world.states() == {"accepted": 1, "unreadable": 3}


def test_r09_a_reader_that_raises_what_it_should_not_condemns_only_its_file(world: World) -> None:
    """R9: an exception of ours, which would be the same every time, is concluded at once."""

    def read(_data: bytes, _name: str) -> Any:
        raise RecursionError

    world.read = read
    submission = world.take(KEY, a_form())
    assert (submission.state, submission.attempts) == (State.UNREADABLE, 1)


def test_r10_when_all_fail_all_come_back(world: World) -> None:
    """R10: a batch in which every record fails names every one of them, and raises nothing."""
    world.faults.fail("GetObject", RuntimeError("down"))
    bodies = [s3_event(world.put(f"incoming/samvaer-2018/{number}.json", a_form())) for number in range(10)]
    assert world.run_intake(*bodies) == [f"m{number}" for number in range(1, 11)]
    assert world.states() == {}


def test_r11_a_worker_killed_at_its_time_limit_leaves_no_lock(world: World) -> None:
    """R11: killed after the file was opened, the message succeeds when it comes back, with the second attempt."""
    record = world.put(KEY, a_form())
    world.faults.fail("TransactWriteItems", Crash(), nth=2)
    with pytest.raises(Crash):
        world.run_intake(s3_event(record))
    assert world.states() == {"received": 1}
    world.faults.heal()
    world.clock.advance(seconds=360)
    assert world.run_intake(s3_event(record)) == []
    assert (world.only().state, world.only().attempts) == (State.ACCEPTED, 2)


def test_r11_while_somebody_may_still_be_reading_a_second_worker_waits(world: World) -> None:
    """R11: a message that comes back too early is not taken as a sign of poison; it is put back."""
    record = world.put(KEY, a_form())
    world.read = lambda _data, _name: (_ for _ in ()).throw(Crash())
    with pytest.raises(Crash):
        world.run_intake(s3_event(record))
    assert world.run_intake(s3_event(record)) == ["m1"]
    assert world.only().attempts == 1


def test_an_outage_of_aws_is_not_held_against_the_file(world: World) -> None:
    """A conclusion that AWS refused, time after time, leaves the file's attempts as they were."""
    record = world.put(KEY, a_form())
    for _ in range(4):
        # A delivery's first transaction records the file, its second concludes it.
        world.faults.fail("TransactWriteItems", RuntimeError("throttled"), nth=2)
        assert world.run_intake(s3_event(record)) == ["m1"]
        assert world.only().attempts == 0
    world.faults.heal()
    assert world.run_intake(s3_event(record)) == []
    assert (world.only().state, world.only().attempts) == (State.ACCEPTED, 1)


def test_r03_two_workers_on_one_event_at_once_give_one_record(world: World) -> None:
    """R3: one worker concludes while the other is between reading and concluding: one record, one set of notices."""
    record = world.put(KEY, a_form())
    inner = threading.local()
    healthy = world.read

    def read(data: bytes, name: str) -> Any:
        if not getattr(inner, "busy", False):
            inner.busy = True
            world.clock.advance(seconds=120)
            assert world.run_intake(s3_event(record)) == []
        return healthy(data, name)

    world.read = read
    assert world.run_intake(s3_event(record)) == []
    assert world.states() == {"accepted": 1}
    assert len(world.outbox()) == 2
    assert [event.event for event in world.store.history(world.only().id)] == ["received", "accepted"]
