"""What becomes of a submission: the decision, apart from the reading before it and the writing after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from puljeport import notices, submissions
from puljeport.applications import Reading
from puljeport.calls import Call, Event, Stage
from puljeport.notices import Notice
from puljeport.problems import Problem, Severity, problem
from puljeport.submissions import State, Submission

STORED_PROBLEMS = 100
"""How many problems a record keeps; `problem_count` and `error_count` have them all."""
STORED_KB = 130
"""Of problems as JSON in UTF-8. A record may hold 400 kB (DynamoDB's item limit), of which the values may take 240; a
problem names up to twelve choices in two languages, so that a hundred can be more than is left."""


DECIDED = {State.AWARDED, State.DECLINED}
"""What the distribution made of an application. Nothing changes it."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Everything one transaction has to write.

    `incumbent` is the submission that counted for the applicant until now, as it was read. `counts`: the applicant's
    pointer moves to this submission. `replaced`: the incumbent as it is to be.
    """

    submission: Submission
    notices: tuple[Notice, ...]
    incumbent: Submission | None = None
    counts: bool = False
    replaced: Submission | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What else is known of an applicant: the submission that counts until now, and until when (aware, that second
    included) it may send although the call has closed."""

    incumbent: Submission | None = None
    waiver: datetime | None = None


def conclude(submission: Submission, call: Call, reading: Reading, standing: Standing, now: datetime) -> Conclusion:
    """Decide on a file that was read as a form of `call`.

    Before the call opens it has to come again; after the deadline it is late, unless a waiver lets this applicant send
    it still; with errors it needs correction; else it is accepted and counts, unless the applicant has a later one.
    What was decided stands: once the pool is distributed, what was in time is left to a person (`unconsidered`).
    """
    read = submission.model_copy(
        update={
            "applicant": reading.applicant,
            "applicant_name": reading.applicant_name,
            "values": reading.values,
            "email": address(call, reading) or submission.email,
            "period": call.period(submission.received_at),
        }
    )
    found = list(reading.problems)
    if submission.received_at < call.opens_at:
        opens = call.opens.strftime("%d-%m-%Y %H:%M")
        return _settle(
            read, State.NEEDS_CORRECTION, [problem("not_open_yet", call=call.title, opens=opens), *found], call, now
        )
    waived = standing.waiver is not None and submission.received_at < standing.waiver + timedelta(seconds=1)
    if call.is_late(submission.received_at) and not waived:
        return _settle(read, State.LATE, [*lateness(call, submission), *found], call, now)
    if _is_decided(call, read, standing.incumbent, now):
        return _settle(read, State.UNCONSIDERED, [problem("unconsidered"), *found], call, now)
    if reading.has_errors:
        return _settle(read, State.NEEDS_CORRECTION, found, call, now)
    return _accept(read, found, call, standing.incumbent, now)


def _is_decided(call: Call, submission: Submission, incumbent: Submission | None, now: datetime) -> bool:
    """Whether a file that was in time comes too late to be considered: the pool is distributed, or the applicant's
    earlier application was decided on (in a distribution that was since put off). What a later one has replaced anyway
    needs nobody's decision."""
    if incumbent is not None and incumbent.is_after(submission):
        return False
    return call.stage(now) is Stage.DISTRIBUTED or (incumbent is not None and incumbent.state in DECIDED)


def address(call: Call, reading: Reading) -> str | None:
    """The address that the form itself gives for receipts."""
    given = reading.values.get(call.receipt_field) if call.receipt_field else None
    return given if isinstance(given, str) else None


def cannot_read(submission: Submission, call: Call | None, why: Problem, now: datetime) -> Conclusion:
    """Decide on a file that could not be read, whether or not its call is known."""
    late = lateness(call, submission) if call and call.is_late(submission.received_at) else []
    return _settle(submission, State.UNREADABLE, [why, *late], call, now)


def withdraw(submission: Submission, call: Call | None, now: datetime) -> Conclusion:
    """The applicant takes a submission back: it counts no longer, and those concerned are told.

    Raises ValueError for one that is decided, replaced or withdrawn already, or not yet read.
    """
    if not submission.can_be_withdrawn or submission.pending:
        raise ValueError(f"{submission.reference} is {submission.state} and cannot be withdrawn")
    withdrawn = submission.model_copy(update={"state": State.WITHDRAWN})
    told = notices.for_submission(call, Event.WITHDRAWN, withdrawn, now)
    return Conclusion(withdrawn, told, incumbent=submission if submission.state is State.ACCEPTED else None)


def decide(submission: Submission, call: Call, now: datetime) -> Conclusion:
    """What the distribution of the pool means for an accepted submission: awarded, or declined."""
    awards = {award.applicant for award in call.distributed.awards} if call.distributed else set()
    state = State.AWARDED if submission.applicant in awards else State.DECLINED
    decided = submission.model_copy(update={"state": state})
    return Conclusion(decided, notices.for_submission(call, Event.DECIDED, decided, now))


def decide_by_hand(submission: Submission, call: Call, awarded: bool, now: datetime) -> Conclusion:
    """What a person decides of an application that its distribution did not consider. Who counts is not changed by it.

    Raises ValueError for a submission in another state, or one that is being read again.
    """
    if submission.state is not State.UNCONSIDERED or submission.pending:
        raise ValueError(f"{submission.reference} is {submission.state}; only an unconsidered one is decided by hand")
    decided = submission.model_copy(update={"state": State.AWARDED if awarded else State.DECLINED})
    return Conclusion(decided, notices.for_submission(call, Event.DECIDED, decided, now))


def lateness(call: Call, submission: Submission) -> list[Problem]:
    """The problem that says by how much the file was late, in the call's own time zone; none without a deadline."""
    if call.deadline is None:
        return []
    shown = "%d-%m-%Y %H:%M:%S"
    received = submission.received_at.astimezone(call.zone).strftime(shown)
    return [problem("late", deadline=call.deadline.strftime(shown), received=received)]


def _accept(
    submission: Submission, found: list[Problem], call: Call, incumbent: Submission | None, now: datetime
) -> Conclusion:
    if incumbent is None:
        settled = _settled(submission, State.ACCEPTED, found, now)
        return Conclusion(settled, notices.for_submission(call, Event.ACCEPTED, settled, now), counts=True)
    if incumbent.is_after(submission):
        settled = _settled(submission, State.REPLACED, found, now, replaced_by=incumbent.id)
        told = notices.for_submission(call, Event.REPLACED, settled, now)
        return Conclusion(settled, told, incumbent=incumbent)
    settled = _settled(submission, State.ACCEPTED, found, now, replaces=incumbent.id)
    replaced = incumbent.model_copy(update={"state": State.REPLACED, "replaced_by": submission.id})
    told = notices.for_submission(call, Event.ACCEPTED, settled, now)
    told += notices.for_submission(call, Event.REPLACED, replaced, now)
    return Conclusion(settled, told, incumbent=incumbent, counts=True, replaced=replaced)


def _settle(submission: Submission, state: State, found: list[Problem], call: Call | None, now: datetime) -> Conclusion:
    settled = _settled(submission, state, found, now)
    return Conclusion(settled, notices.for_submission(call, Event(state.value), settled, now))


def _stored(found: list[Problem]) -> tuple[Problem, ...]:
    """As many problems as a record has room for, errors before warnings, in the order they were found in."""
    ranked = sorted(range(len(found)), key=lambda number: found[number].severity is Severity.WARNING)[:STORED_PROBLEMS]
    sizes = accumulate(len(found[number].model_dump_json().encode()) for number in ranked)
    kept = [number for number, size in zip(ranked, sizes, strict=True) if size <= STORED_KB * 1000]
    return tuple(found[number] for number in sorted(kept))


def _settled(
    submission: Submission, state: State, found: list[Problem], now: datetime, **links: str
) -> submissions.Submission:
    return submission.model_copy(
        update={
            "state": state,
            "problems": _stored(found),
            "problem_count": len(found),
            "error_count": sum(each.severity is Severity.ERROR for each in found),
            "concluded_at": now,
            "attempt_until": None,
            "attempt_by": None,
            "replay": False,
            **links,
        }
    )
