"""Digests and summaries over moto: what is held for a contact, and when it is told."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from puljeport.notices import Status, endpoint
from puljeport.outbox import HANDFUL
from watched import (
    AARHUS,
    KOBENHAVN,
    OFFICE,
    READER,
    a_watched_call,
    sends,
    told,
)
from worlds import Crash, World


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
