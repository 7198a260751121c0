"""What becomes of a submission: the decision, apart from the reading before it and the writing after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from puljeport import notices, submissions
from puljeport.applications import Reading
from puljeport.calls import Call, Event
from puljeport.notices import Notice
from puljeport.problems import Problem, Severity, problem
from puljeport.submissions import State, Submission

STORED_PROBLEMS = 100
"""How many problems a record keeps; `problem_count` and `error_count` have them all."""
STORED_KB = 130
"""Of problems as JSON in UTF-8. A record may hold 400 kB (DynamoDB's item limit), of which the values may take 240; a
problem names up to twelve choices in two languages, so that a hundred can be more than is left."""


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


def conclude(
    submission: Submission, call: Call, reading: Reading, incumbent: Submission | None, now: datetime
) -> Conclusion:
    """Decide on a file that was read as a form of `call`.

    Before the call opens it has to come again; after the deadline it is late; with errors it needs correction; else it
    is accepted and counts, unless the applicant already has a later one.
    """
    read = submission.model_copy(
        update={"applicant": reading.applicant, "applicant_name": reading.applicant_name, "values": reading.values}
    )
    found = list(reading.problems)
    if submission.received_at < call.opens_at:
        opens = call.opens.strftime("%d-%m-%Y %H:%M")
        return _settle(
            read, State.NEEDS_CORRECTION, [problem("not_open_yet", call=call.title, opens=opens), *found], call, now
        )
    if call.is_late(submission.received_at):
        return _settle(read, State.LATE, [lateness(call, submission), *found], call, now)
    if reading.has_errors:
        return _settle(read, State.NEEDS_CORRECTION, found, call, now)
    return _accept(read, found, call, incumbent, now)


def cannot_read(submission: Submission, call: Call | None, why: Problem, now: datetime) -> Conclusion:
    """Decide on a file that could not be read, whether or not its call is known."""
    found = [why]
    if call and call.is_late(submission.received_at):
        found.append(lateness(call, submission))
    return _settle(submission, State.UNREADABLE, found, call, now)


def lateness(call: Call, submission: Submission) -> Problem:
    """The problem that says by how much the file was late, in the call's own time zone."""
    shown = "%d-%m-%Y %H:%M:%S"
    received = submission.received_at.astimezone(call.zone).strftime(shown)
    return problem("late", deadline=call.deadline.strftime(shown), received=received)


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
