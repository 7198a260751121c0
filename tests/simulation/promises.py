"""The promises of docs/architecture.md, asked of a universe: at every moment, and once everything has come to rest."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

from puljeport import moments
from puljeport.calls import Event
from puljeport.contacts import GATHERINGS
from puljeport.notices import APPLICANT, Notice, Status
from puljeport.submissions import State, Submission
from simulation.universe import CALL, Universe

FINAL = {State.REPLACED, State.WITHDRAWN, State.AWARDED, State.DECLINED}


def hold_at_every_moment(universe: Universe) -> None:
    """What may never be false, not even for a moment between two steps."""
    versions = universe.versions()
    records = universe.world.submissions()
    assert set(records) <= set(versions), "a record without its upload"
    in_flight = len(versions) - sum(not record.pending or record.replay for record in records.values())
    states = Counter(record.state for record in records.values() if record.state is not State.RECEIVED)
    assert len(versions) == sum(states.values()) + in_flight, "promise 1: the counts do not add up"
    for record in records.values():
        _history_only_grows(universe, record)
    _who_counts(universe, list(records.values()))


def hold_at_rest(universe: Universe) -> None:
    """What must be true once every worker has had its turn and nothing fails any more."""
    hold_at_every_moment(universe)
    records = universe.world.submissions()
    assert set(records) == set(universe.versions()), "promise 1: an upload without a record"
    waiting = [record.id for record in records.values() if record.pending]
    assert not waiting, "promise 1: received and never concluded"
    _decided(universe, list(records.values()))
    for record in records.values():
        _on_time(universe, record)
    rows = universe.world.rows()
    _everybody_is_told(universe, rows)
    _told_once(universe, rows)
    _gathered_once(rows)
    _moments_once(rows)


def _history_only_grows(universe: Universe, record: Submission) -> None:
    events = universe.world.store.history(record.id)
    assert [event.number for event in events] == list(range(1, record.events + 1)), "a gap in the history"
    told = [event.event for event in events]
    assert told[0] == State.RECEIVED, "a history that does not begin with the receipt"
    assert State.RECEIVED not in told[1:], "something went back to received"
    last = [name for name in told if name in set(State)][-1]
    assert last == record.state, "the history ends in another state than the record's"
    final = [index for index, name in enumerate(told) if name in FINAL - {State.REPLACED}]
    assert all(index == len(told) - 1 for index in final), "something happened after the end"


def _who_counts(universe: Universe, records: list[Submission]) -> None:
    """Promise 2: of an applicant's accepted submissions only the latest counts; the others are replaced."""
    accepted = defaultdict(list)
    for record in records:
        if record.state is State.ACCEPTED and record.applicant:
            accepted[record.applicant].append(record)
    for applicant, theirs in accepted.items():
        assert len(theirs) == 1, f"two submissions of {applicant} count"
        counting = universe.world.store.counting(CALL, applicant)
        assert counting is not None, f"nothing counts for {applicant}"
        assert counting.id == theirs[0].id, f"another submission of {applicant} counts than the accepted one"
        replaced = [record for record in records if record.state is State.REPLACED and record.applicant == applicant]
        for record in replaced:
            assert record.replaced_by, "replaced by nothing"
            assert theirs[0].is_after(record), f"an earlier submission of {applicant} counts than one it replaced"


def _decided(universe: Universe, records: list[Submission]) -> None:
    """A distributed pool leaves nothing that counts undecided, and who was decided on counts still."""
    now = universe.world.clock()
    if any(moment.event is Event.DISTRIBUTED for moment in moments.due(universe.current, (), (), now)):
        assert not [record for record in records if record.state is State.ACCEPTED], "accepted and never decided"
    for record in records:
        if record.state in {State.AWARDED, State.DECLINED} and record.applicant:
            counting = universe.world.store.counting(CALL, record.applicant)
            assert counting is not None
            assert counting.id == record.id, "another submission counts than the one that was decided on"


def _on_time(universe: Universe, record: Submission) -> None:
    """Promise 3: late is what S3 took after the call had closed, as it was when it was decided, or was waived."""
    if record.problems and any(problem.code == "reader_died" for problem in record.problems):
        return
    concluded = record.concluded_at
    assert concluded is not None
    closes = [closes for since, closes in universe.deadlines if since <= concluded][-1]
    waived = [until for since, who, until in universe.waivers if who == record.applicant and since <= concluded][-1:]
    late = record.received_at >= closes and not any(record.received_at < until + _SECOND for until in waived)
    if record.state is State.LATE:
        assert late, "promise 3: in time, and called late"
    if record.state in {State.ACCEPTED, State.NEEDS_CORRECTION, State.UNCONSIDERED}:
        assert not late, "promise 3: late, and taken for in time"


_SECOND = timedelta(seconds=1)


def _everybody_is_told(universe: Universe, rows: list[Notice]) -> None:
    """Promise 2: every row was sent, or is part of a message that was, or waits for its contact's digest."""
    for row in rows:
        held_for_digest = row.status is Status.HELD and row.event in {Event.ACCEPTED, Event.NEEDS_CORRECTION}
        assert row.status in {Status.SENT, Status.GATHERED} or held_for_digest, f"{row.sort_key} is {row.status}"
    told = Counter((row.submission, row.event, row.audience) for row in rows if row.submission)
    for record in universe.world.submissions().values():
        events = universe.world.store.history(record.id)
        for event in {Event(line.event) for line in events if line.event in {event.value for event in Event}}:
            if event is Event.UNREADABLE:
                assert told[record.id, event, "@operations"], "nobody was told of an unreadable file"
            if event is Event.UNCONSIDERED:
                assert told[record.id, event, "@operations"], (
                    "nobody was told of an application that was not considered"
                )
            if event is Event.ACCEPTED:
                consultants = sum(told[record.id, event, f"professional-{number}"] for number in (1, 2))
                assert consultants, "no consultant was told of an accepted application"
            if record.email and event in {
                Event.ACCEPTED,
                Event.LATE,
                Event.UNCONSIDERED,
                Event.WITHDRAWN,
                Event.REPLACED,
            }:
                assert told[record.id, event, APPLICANT], f"the applicant was not told: {event}"


def _told_once(universe: Universe, rows: list[Notice]) -> None:
    """Promise 2: as many messages as rows that were sent, and one more at most for each fault that was injected."""
    by_topic = [row for row in rows if row.status is Status.SENT and row.audience != APPLICANT]
    heard = len(universe.world.received_messages())
    assert len(by_topic) <= heard <= len(by_topic) + universe.struck, "messages to contacts"
    by_mail = [row for row in rows if row.status is Status.SENT and row.audience == APPLICANT]
    mailed = len(universe.world.mails())
    assert len(by_mail) <= mailed <= len(by_mail) + universe.struck, "mails to applicants"


def _gathered_once(rows: list[Notice]) -> None:
    """What was gathered is counted in just one message, which is there."""
    messages = {row.sort_key: row for row in rows if row.event in GATHERINGS}
    gathered = Counter(row.gathered_in for row in rows if row.status is Status.GATHERED)
    for name, count in gathered.items():
        assert name in messages, f"{name} tells of {count} notices and is not there"
        counts = messages[name].facts["counts"]
        assert isinstance(counts, dict)
        assert sum(int(str(each)) for each in counts.values()) == count, f"{name} counts wrongly"
    assert set(gathered) == set(messages), "a message that gathers nothing"


def _moments_once(rows: list[Notice]) -> None:
    """R18: each contact is reminded once of each kind, and told once that the call opened."""
    once = Counter(
        (row.event, row.audience, row.key)
        for row in rows
        if row.event in {Event.OPENED, Event.REMINDER} and not row.submission
    )
    assert not [what for what, count in once.items() if count > 1]
    opened = Counter(row.audience for row in rows if row.event is Event.OPENED)
    assert set(opened.values()) <= {1}
