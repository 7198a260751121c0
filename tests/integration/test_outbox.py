"""The outbox over moto: where rows wait, how fast a mailbox is written to, and many rows gathered into one."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import batched
from typing import Any

import pytest

from builders import DEFINITION, MIDWAY, a_call, a_form, a_submission
from puljeport import notices, outbox
from puljeport.contacts import Event
from puljeport.delivery import Delivered
from puljeport.errors import Contention
from puljeport.notices import Gathering, Notice, Status, endpoint
from puljeport.outbox import BURST, HANDFUL, SUMMARIES, WINDOW, WRITES
from worlds import Crash, World

KEY = "incoming/samvaer-2018/skema.json"
OFFICE = "administration"
DIGEST = {"every": "day", "at": "08:00", "events": ["accepted", "late"]}
CALL = a_call(contacts=[DEFINITION["contacts"][0] | {"notify": ["closed"], "digest": DIGEST}])
EMPTY = Gathering(call=CALL.id, contact=OFFICE, event=Event.DIGEST)


def rows(world: World, number: int, event: Event = Event.ACCEPTED) -> list[Notice]:
    """So many notices of submissions in the outbox, one a second."""
    made: list[Notice] = []
    for place in range(number):
        submission = a_submission(id=f"{event}-{place:03}", reference=f"SAM-{place:04}-0000", applicant_name="Aarhus")
        made += notices.for_submission(CALL, event, submission, MIDWAY + timedelta(seconds=place))
    assert len(made) == number
    assert all(world.notices.add(some) for some in batched(made, WRITES, strict=False))
    return made


def known(world: World, row: Notice) -> Notice:
    """A row as it is now."""
    found = world.notices.notice(row.partition, row.sort_key)
    assert found
    return found


def places(world: World, row: Notice) -> list[str]:
    """In which lists of what waits a row stands."""
    lists = {
        "pending": world.notices.pending(world.clock() + timedelta(days=1)),
        "held": world.notices.held(row.call, row.audience),
        "unsent": world.notices.unsent(),
    }
    return [name for name, found in lists.items() if (row.partition, row.sort_key) in keys(found)]


def keys(found: Any) -> set[tuple[str, str]]:
    """The keys of rows."""
    return {(row.partition, row.sort_key) for row in found}


def a_row(world: World) -> Notice:
    """One row that waits to be sent."""
    (row,) = notices.for_call(CALL, Event.CLOSED, MIDWAY)
    assert world.notices.add([row])
    return row


# -- where a row stands ----------------------------------------------------------------------------------------------


def test_a_row_stands_in_the_list_of_what_is_to_be_done_about_it_and_in_no_other(world: World) -> None:
    """Pending, held, unsent, back to pending, and sent: each change moves the row, and what is sent waits nowhere."""
    row = a_row(world)
    assert places(world, row) == ["pending"]
    assert world.notices.hold(row, "notify", world.clock())
    assert places(world, row) == ["held"]
    failed = rows(world, 1)[0]
    assert places(world, failed) == ["held"], "what a digest gathers is held from the beginning"
    other = notices.for_call(CALL, Event.CLOSED, MIDWAY, key="again")[0]
    assert world.notices.add([other])
    assert world.notices.mark_failed(other, "InvalidParameter")
    assert places(world, other) == ["unsent"]
    assert world.notices.retry(known(world, other))
    assert places(world, other) == ["pending"]
    assert world.notices.mark_sent(known(world, other), "m-1", world.clock())
    assert places(world, other) == []


def test_a_row_without_a_sender_is_kept_and_shown(world: World) -> None:
    """An installation that sends no mail keeps the row as such; it goes out when it is put back."""
    row = a_row(world)
    assert world.notices.mark_not_configured(row)
    assert places(world, row) == ["unsent"]
    assert world.notices.retry(known(world, row))
    assert known(world, row).status is Status.PENDING


def test_a_row_changes_only_from_the_status_it_is_in(world: World) -> None:
    """Of two workers with the same row one changes it; what was sent stays sent, and what is gone stays gone."""
    row = a_row(world)
    assert world.notices.mark_sent(row, "m-1", world.clock())
    assert not world.notices.mark_sent(row, "m-2", world.clock())
    assert not world.notices.mark_failed(row, "late")
    assert not world.notices.hold(row, "notify", world.clock())
    assert not world.notices.mark_not_configured(row)
    assert not world.notices.retry(known(world, row))
    assert known(world, row).message_id == "m-1"
    gone = row.model_copy(update={"key": "erased"})
    assert not world.notices.mark_sent(gone, "m-3", world.clock())
    assert world.notices.notice(gone.partition, gone.sort_key) is None


def test_rows_are_recorded_once_under_their_natural_keys(world: World) -> None:
    """The same notices again are recorded no second time, nor are some of them; a guard stands for them all."""
    told = notices.for_call(a_call(), Event.LATE, MIDWAY)
    assert world.notices.add(told)
    assert not world.notices.add(told)
    guard = {"PK": "CALL#samvaer-2018", "SK": "MOMENT#closed", "item": "moment"}
    assert world.notices.add([], guard)
    assert not world.notices.add(notices.for_call(CALL, Event.CLOSED, MIDWAY), guard)
    assert [row.event for row in world.notices.of_call(CALL.id)] == [Event.LATE]


def test_rows_that_are_there_already_keep_no_other_out(world: World) -> None:
    """A worker that died had written some: the next adds the rest and the guard, and what was sent stays sent."""
    first, second = (row.model_copy(update={"key": key}) for row in [a_row(world)] for key in ("1", "2"))
    assert world.notices.add([first])
    assert world.notices.mark_sent(first, "m", MIDWAY)
    guard = {"PK": "CALL#samvaer-2018", "SK": "MOMENT#x", "item": "moment"}
    assert world.notices.add([first, second], guard)
    assert not world.notices.add([first, second], guard)
    statuses = {row.key: row.status for row in world.notices.of_call("samvaer-2018") if row.key}
    assert statuses == {"1": Status.SENT, "2": Status.PENDING}


def test_what_waits_is_found_by_its_age(world: World) -> None:
    """Rows of all shards that are older than a moment, and no younger one."""
    written = notices.for_call(a_call(), Event.LATE, MIDWAY)
    for number in range(20):
        world.notices.add([row.model_copy(update={"submission": f"s{number}", "call": "c"}) for row in written])
    young = written[0].model_copy(update={"submission": "young", "created_at": MIDWAY + timedelta(hours=1)})
    world.notices.add([young])
    assert len(list(world.notices.pending(MIDWAY + timedelta(hours=1)))) == 20
    assert len(list(world.notices.pending(MIDWAY + timedelta(hours=2)))) == 21


# -- how fast --------------------------------------------------------------------------------------------------------


def test_a_mailbox_gets_a_handful_in_each_window(world: World) -> None:
    """What can be gathered and what cannot are counted apart, in each window anew, for each mailbox by itself."""
    whole = a_row(world)
    single = whole.model_copy(update={"submission": "id"})
    now = world.clock()
    assert [world.notices.take_slot(single, now) for _ in range(HANDFUL + 2)] == [True] * HANDFUL + [False] * 2
    assert [world.notices.take_slot(whole, now) for _ in range(SUMMARIES + 1)] == [True] * SUMMARIES + [False]
    assert world.notices.take_slot(single.model_copy(update={"endpoint": endpoint("other@example.dk")}), now)
    assert world.notices.take_slot(single, now + WINDOW)


def test_mailboxes_are_counted_without_their_address(world: World) -> None:
    """The same address in any spelling is one mailbox; what is stored of it cannot be read back, and expires."""
    row = a_row(world)
    assert endpoint("Administration@Example.dk ") == row.endpoint
    world.notices.take_slot(row, world.clock())
    (pace,) = world.items("pace")
    assert "administration" not in str(pace["PK"]["S"])
    assert int(pace["expires_at"]["N"]) > world.clock().timestamp()


def test_what_has_no_mailbox_is_not_held_back(world: World) -> None:
    """Operations hears through the topic alone: there is no address to count by."""
    nobody = a_row(world).model_copy(update={"endpoint": ""})
    assert all(world.notices.take_slot(nobody, world.clock()) for _ in range(HANDFUL * 3))


def test_r16_the_sixth_message_within_five_minutes_waits_for_a_summary(world: World) -> None:
    """R16: of a rush one mailbox gets a handful at once; the others are held, none is lost, and later ones go out."""
    for number in range(HANDFUL + 3):
        world.take(f"{KEY}-{number}", a_form(contact_name=None))
    world.notify_all()
    assert Counter(row["status"]["S"] for row in world.items("notice")) == {"sent": HANDFUL, "held": 3}
    assert len(world.notices.held("samvaer-2018", OFFICE)) == 3
    assert len(world.received_messages()) == HANDFUL
    world.clock.advance(seconds=WINDOW.total_seconds())
    world.take(f"{KEY}-later", a_form(contact_name=None))
    world.notify_all()
    assert len(world.received_messages()) == HANDFUL + 1


def test_r16_no_mailbox_gets_more_than_ten_messages_within_any_second(world: World) -> None:
    """R16: forty calls that close at one moment have one mailbox: all are told, five in each second of the clock."""
    whole = a_row(world)
    calls = [whole.model_copy(update={"key": str(number)}) for number in range(40)]
    world.notices.add(calls)
    sent: Counter[int] = Counter()
    for row in calls:
        assert world.delivery.deliver(row.partition, row.sort_key) is Delivered.SENT
        sent[int(world.clock().timestamp())] += 1
    assert set(sent.values()) == {BURST}
    assert max(one + sent[second + 1] for second, one in sent.items()) <= 10


def test_a_message_does_not_wait_for_its_turn_for_ever(world: World) -> None:
    """While others fill every second, it stays pending and comes later."""
    row = a_row(world)
    world.notices.add([row])
    for second in range(10):
        while world.notices.take_turn(row, world.clock() + timedelta(seconds=second)):
            pass
    assert world.delivery.deliver(row.partition, row.sort_key) is Delivered.DELAYED
    world.clock.advance(seconds=10)
    assert world.delivery.deliver(row.partition, row.sort_key) is Delivered.SENT


# -- gathering -------------------------------------------------------------------------------------------------------


def gather(world: World) -> Gathering:
    """What a tick does for one contact: go on with what is being gathered."""
    known = next(iter(world.notices.gatherings(CALL.id)), EMPTY)
    return world.delivery.outbox.gather(known, world.notices.held(CALL.id, OFFICE))


def test_more_rows_than_one_transaction_writes_are_gathered_into_one_message(world: World) -> None:
    """A hundred held rows, of two events: counted once each, the first named, none waiting any more."""
    made = [*rows(world, WRITES), *rows(world, 10, Event.LATE)]
    gathering = gather(world)
    assert gathering.counts == {"accepted": WRITES, "late": 10}
    assert gathering.total == WRITES + 10
    assert len(gathering.listed) == notices.LISTED
    assert gathering.listed[0] == {"reference": "SAM-0000-0000", "organisation": "Aarhus", "event": "accepted"}
    assert world.notices.held(CALL.id, OFFICE) == []
    assert {(row.status, row.gathered_in) for row in (known(world, row) for row in made)} == {
        (Status.GATHERED, gathering.message_key)
    }


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_worker_that_dies_between_two_transactions_loses_and_doubles_nothing(
    world: World, phase: str, nth: int
) -> None:
    """Whether it dies before or after writing any of them, the next one goes on, and each row is counted once."""
    world.monkeypatch.setattr(outbox, "WRITES", 4)
    rows(world, 10)
    world.faults.fail("TransactWriteItems", Crash(), phase=phase, nth=nth)
    with pytest.raises(Crash):
        gather(world)
    world.faults.heal()
    assert gather(world).counts == {"accepted": 10}


def test_of_two_workers_that_gather_at_once_one_does(world: World) -> None:
    """The other is told to read again, even where its rows are different ones, and no count is lost."""
    world.monkeypatch.setattr(outbox, "WRITES", 4)
    held = rows(world, 6)
    first = world.delivery.outbox.gather(EMPTY, held[:4])
    with pytest.raises(Contention):
        world.delivery.outbox.gather(EMPTY, held[4:])
    world.delivery.outbox.gather(first, held[4:5])
    with pytest.raises(Contention):
        world.delivery.outbox.gather(first, held[5:])
    assert gather(world).counts == {"accepted": 6}


def test_a_row_that_another_worker_took_meanwhile_is_not_counted(world: World) -> None:
    """The index lags behind the table: who still finds a gathered row in it is refused, with all that goes with it."""
    held = rows(world, 3)
    first = world.delivery.outbox.gather(EMPTY, held[:1])
    with pytest.raises(Contention):
        world.delivery.outbox.gather(first, held)
    assert gather(world).counts == {"accepted": 3}


def test_the_message_and_the_next_gathering_are_written_as_one(world: World) -> None:
    """Closing gives the message its row under the key that the gathered rows name, and begins anew; once."""
    rows(world, 3)
    full = gather(world)
    message = full.message(CALL, CALL.contacts[0], world.clock())
    assert message.sort_key == full.message_key
    world.notices.close(full, message)
    with pytest.raises(Contention):
        world.notices.close(full, message)
    (begun,) = world.notices.gatherings(CALL.id)
    assert (begun.number, begun.total, begun.listed) == (2, 0, ())
    told = known(world, message)
    assert (told.status, told.facts["counts"]) == (Status.PENDING, {"accepted": 3})
    rows(world, 2, Event.LATE)
    again = gather(world)
    assert (again.number, again.counts) == (2, {"late": 2})


def test_a_worker_that_dies_while_closing_leaves_one_message(world: World) -> None:
    """Before the write nothing happened and it is done again; after it, the message is there and the next has begun."""
    rows(world, 3)
    full = gather(world)
    message = full.message(CALL, CALL.contacts[0], world.clock())
    for phase in ("before", "after"):
        world.faults.fail("TransactWriteItems", Crash(), phase=phase)
        with pytest.raises(Crash):
            world.delivery.outbox.close(full, message)
        world.faults.heal()
    assert [row.key for row in world.notices.of_call(CALL.id)] == ["1"]
    assert world.notices.gatherings(CALL.id)[0].number == 2


def test_a_summary_that_is_too_much_at_once_waits_by_itself(world: World) -> None:
    """A gathered message is not gathered again: its row stays pending and is sent in a later window."""
    rows(world, 1)
    full = gather(world)
    message = full.message(CALL, CALL.contacts[0], world.clock())
    world.notices.close(full, message)
    while world.notices.take_slot(message, world.clock()):
        pass
    world.notify_all()
    assert known(world, message).status is Status.PENDING
    world.clock.advance(seconds=WINDOW.total_seconds())
    world.notify_all()
    assert known(world, message).status is Status.SENT
