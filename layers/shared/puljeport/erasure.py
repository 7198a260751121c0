"""Erasing: nothing is left of a submission but the line that says so. Read it top to bottom.

First, in one transaction, the record goes and the line comes: from then on no worker can bring it back, and an upload
that is announced once more is known to be erased. Then goes all that hangs on it, each part safely twice, and at last
the line forgets what it was about. Whoever dies in between leaves a line that the next run goes on with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from puljeport import eraser, moments
from puljeport.calls import Call, Event
from puljeport.eraser import Erased, Eraser, Work
from puljeport.errors import Contention, Undelivered
from puljeport.objects import Objects
from puljeport.outbox import Outbox
from puljeport.store import Store
from puljeport.submissions import State, Submission, slot
from puljeport.uploads import RETURNED

SCHEDULE = "retention"
"""Who erases, and why, when it is the call's own rule."""

EXPORTS = "exports/"
"""Where in the documents bucket exports lie, by call. One that names an erased application goes whole: it can be made
again from what is left."""

LATE_WRITERS = timedelta(days=2)
"""How long what was erased is swept again, for what a worker that had read the record before wrote after."""

TRIES = 3
"""How often erasing begins anew when the submission, or what mentions it, changes meanwhile."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why something is erased, and by whose hand; `forced`: why although somebody was not told yet. Names nobody."""

    reason: str
    by: str
    forced: str | None = None


type Enough = Callable[[], bool]
"""Whether there is time for one more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What several came to. `held` are the submissions that wait: the contacts were not told in time, a notice was not
    delivered, a file is being read, or AWS failed. `finished`: there was time for all."""

    erased: tuple[Erased, ...]
    held: tuple[str, ...]
    finished: bool = True


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing works with. `now` gives aware times, `log` hears of errors by submission."""

    store: Store
    outbox: Outbox
    eraser: Eraser
    uploads: Objects
    documents: Objects
    now: Callable[[], datetime]
    log: Callable[[str, BaseException], None]

    # -- one submission ----------------------------------------------------------------------------------------------

    def erase(self, identity: str, why: Why) -> Erased | None:
        """Erase one submission and give its line in the log; None where there is, and was, none.

        Raises Undelivered while a notice of it waits (unless forced), Contention while its file is being read, or when
        it keeps changing, and ValueError for a reason that names whoever it is about.
        """
        line = self._begun(identity, why)
        return self._finish(line) if line and line.work else line

    def _begun(self, identity: str, why: Why) -> Erased | None:
        """The line of an erasure that has begun, now or before; None where there is nothing to erase."""
        for _ in range(TRIES):
            submission = self.store.submission(identity)
            if submission is None:
                return self.eraser.erased(identity)
            self._check(submission, why)
            line = Erased(
                id=identity, call=submission.call, reason=why.reason, by=why.by, at=self.now(),
                forced=why.forced, work=eraser.work(submission),
            )  # fmt: skip
            try:
                self.eraser.begin(submission, line)
            except Contention:
                continue
            return line
        raise Contention("the submission keeps changing")

    def _check(self, submission: Submission, why: Why) -> None:
        if submission.claimed(self.now()):
            raise Contention(f"the file of {submission.reference} is being read")
        for text in filter(None, (why.reason, why.forced)):
            if named := _named(submission, text):
                raise ValueError(f"the reason names {named}, and it stays in the log: say it without")
        waiting = [notice for notice in self.outbox.of_submission(submission.id) if notice.status.waits]
        if waiting and why.forced is None:
            raise Undelivered(submission.reference, len(waiting))

    def _finish(self, line: Erased) -> Erased:
        """Delete all that is left of a submission whose erasure has begun. Doing it twice deletes nothing more."""
        if line.work is None:
            return line
        work, counts = line.work, Counter[str]()
        counts["objects"] = self._upload(work)
        counts["copies"] = self._beside(line)
        counts["items"] = self.eraser.sweep(line.id) + self.eraser.forget_label(work.reference, line.id)
        if place := slot(work.key):
            counts["items"] += self.eraser.forget_draft(place.ticket)
        if work.mailbox:
            counts["items"] += self.eraser.forget_mailbox(work.mailbox)
        counts["mentions"] = self._mentions(line.call, work.reference)
        if work.applicant and not self._has_more(line.call, work.applicant):
            counts["items"] += self.eraser.forget_applicant(line.call, work.applicant)
        done = line.model_copy(update={"work": None, "done_at": self.now(), "counts": dict(counts)})
        self.eraser.finish(done)
        return done

    def _upload(self, work: Work) -> int:
        """Take the file away: just this version; and the key's delete markers when no other file has that key.

        Of what came with a ticket, everything: whatever else was sent with it, and the documents beside the form.
        """
        if slot(work.key):
            everything = list(self.uploads.versions(work.key.rpartition("/")[0] + "/"))
            for version in everything:
                self.uploads.delete(version)
            return len(everything)
        stored = [version for version in self.uploads.versions(work.key) if version.key == work.key]
        own = [version for version in stored if version.version_id == work.version_id]
        others = [version for version in stored if version not in own]
        gone = own if any(not version.marker for version in others) else stored
        for version in gone:
            self.uploads.delete(version)
        return len(gone)

    def _beside(self, line: Erased) -> int:
        """Take away what was made of the file: returned copies, and exports that it stands in, all their versions."""
        found = [
            version
            for prefix in (f"{RETURNED}{line.id}.", f"{EXPORTS}{line.call}/")
            for version in self.documents.versions(prefix)
        ]
        for version in found:
            self.documents.delete(version)
        return len(found)

    def _mentions(self, call: str, reference: str) -> int:
        for _ in range(TRIES):
            try:
                return self.eraser.forget_mentions(call, reference)
            except Contention:
                continue
        raise Contention("what is gathered for the contacts keeps changing")

    def _has_more(self, call: str, applicant: str) -> bool:
        """Whether the applicant has another submission in the call. The index may still list what was just erased."""
        listed = (one for one in self.store.list_submissions(call) if one.applicant == applicant)
        return any(self.store.submission(one.id) is not None for one in listed)

    # -- several -----------------------------------------------------------------------------------------------------

    def of_applicant(self, call: str, applicant: str) -> list[Submission]:
        """All submissions of one applicant of a call, by its key; what could not be read names no applicant."""
        return [one for one in self.store.list_submissions(call) if one.applicant == applicant]

    def go_on(self, enough: Enough) -> Outcome:
        """Finish the erasures that were begun, and sweep once more after those of the last days."""
        done, held = list[Erased](), list[str]()
        for line in self.eraser.under_way():
            if not enough():
                return Outcome(tuple(done), tuple(held), finished=False)
            finished = self._patiently(line.id, partial(self._finish, line))
            done += [finished] if finished else []
            held += [] if finished else [line.id]
        for line in self.eraser.done_since(self.now() - LATE_WRITERS):
            self.eraser.sweep(line.id)
        return Outcome(tuple(done), tuple(held))

    # -- by the calls' own rules -------------------------------------------------------------------------------------

    def retain(self, enough: Enough) -> Outcome:
        """Erase what the calls keep no longer, once their contacts were told in time. What is held stays, and is said.

        One that cannot be erased now does not keep the others.
        """
        done, held = list[Erased](), list[str]()
        for published in self.store.calls():
            for submission, told in self.due(published.call):
                if not enough():
                    return Outcome(tuple(done), tuple(held), finished=False)
                line = self.by_rule(submission) if told else None
                done += [line] if line else []
                held += [] if line else [submission.id]
        return Outcome(tuple(done), tuple(held))

    def undecided(self) -> list[str]:
        """The calls that closed so long ago that they would be erased by now, had anybody said how they were
        distributed. Nobody has decided of their applications what decides how long they are kept: they stay."""
        return [published.call.id for published in self.store.calls() if self._undecided(published.call)]

    def by_rule(self, submission: Submission) -> Erased | None:
        """Erase what a call keeps no longer; None, and a line in the log of errors, where it cannot be done now."""
        return self._patiently(submission.id, partial(self.erase, submission.id, Why(SCHEDULE, SCHEDULE)))

    def _patiently(self, identity: str, work: Callable[[], Erased | None]) -> Erased | None:
        try:
            return work()
        except Exception as error:  # noqa: BLE001
            self.log(identity, error)
            return None

    def due(self, call: Call) -> Iterator[tuple[Submission, bool]]:
        """The submissions of a call that are past their day, and whether its contacts had been told in time."""
        today = self.now().astimezone(call.zone).date()
        days = {state: moments.erased_on(call, state) for state in State}
        if not any(day and day <= today for day in days.values()):
            return
        told = {state: self._told(call, state) for state in (State.AWARDED, State.DECLINED)}
        for submission in self.store.list_submissions(call.id):
            day = days[submission.state]
            if day and day <= today:
                yield submission, told[State.AWARDED if submission.state is State.AWARDED else State.DECLINED]

    def _told(self, call: Call, state: State) -> bool:
        """Whether the contacts heard, as long ago as the call says, of the very day that is due now."""
        notice = timedelta(days=call.retention.remind_days_before)
        names = {
            moment.name for moment in moments.of_call(call) if (moment.event, moment.state) == (Event.EXPIRING, state)
        }
        return any(
            record.name in names and record.outcome is moments.Outcome.TOLD and record.at + notice <= self.now()
            for record in self.store.moments(call.id)
        )

    def _undecided(self, call: Call) -> bool:
        """Whether a call closed so long ago that it would be erased by now, had anybody said how it was distributed."""
        if call.distributed is not None or call.closes_at is None:
            return False
        return call.closes_at + timedelta(days=call.retention.declined_days) <= self.now()


def _named(submission: Submission, text: str) -> str:
    """What a text tells of whoever sent the submission, "" for nothing. Short answers (a number, yes) stand in any."""
    said = text.casefold()
    return next((name for name, value in _personal(submission) if len(value) > 3 and value.casefold() in said), "")


def _personal(submission: Submission) -> Iterator[tuple[str, str]]:
    yield from (
        ("the organisation", submission.applicant_name or ""),
        ("the mailbox", submission.email or ""),
        ("the reference", submission.reference),
        ("the file", submission.file_name),
    )
    yield from (("an answer", value) for value in _texts(submission.values.values()))


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _texts(value.values())
        elif isinstance(value, list):
            yield from _texts(value)
