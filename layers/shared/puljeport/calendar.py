"""The calendar: what has come is told, once. Read it top to bottom.

One tick looks at every published call. Each moment that is due becomes outbox rows and an item that says so, under the
moment's own name: a tick that is missed, doubled, late or dead half-way changes nothing in what anybody hears. What one
call cannot do now does not keep another from its moments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from puljeport import counts, items, moments, notices
from puljeport.calls import AttachmentField, Call, Event, Stage
from puljeport.conclusions import decide
from puljeport.contacts import stands_in_for
from puljeport.digests import Digests
from puljeport.drawer import Drawer
from puljeport.errors import Contention
from puljeport.items import PublishedCall
from puljeport.moments import PATIENCE, Audience, Moment, Outcome
from puljeport.notices import Notice
from puljeport.outbox import Outbox
from puljeport.store import Store
from puljeport.submissions import State, Submission
from puljeport.texts import Language
from puljeport.tickets import lacking
from puljeport.topic import Topic

DECISIONS = 500
"""How many applications of one call are decided in one tick, so that a large pool leaves time for the others."""

TRIES = 3
"""How often a decision is made anew when the submission changes meanwhile."""


class Did(StrEnum):
    """What a tick did. WAITING: moments that are due and wait (files still being read, decisions still to be made).

    PUT_OFF: parts of a call that another worker was at; FAILED: parts that went wrong. The next tick tries both again.
    """

    TOLD = "told"
    PASSED_OVER = "passed_over"
    WAITING = "waiting"
    DECIDED = "decided"
    GATHERED = "gathered"
    PUT_OFF = "put_off"
    FAILED = "failed"


type Done = Counter[Did]
type Rows = list[Notice]
type Facts = Callable[[Language], dict[str, JsonValue]]


@dataclass(frozen=True, slots=True)
class Unreached:
    """A contact of a call that asked to be told of something, and whose mailbox has confirmed no subscription."""

    call: str
    contact: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the calendar works with. `log` hears of what went wrong for a call, by its id."""

    store: Store
    outbox: Outbox
    drawer: Drawer
    topic: Topic
    log: Callable[[str, BaseException], None]

    def tick(self, now: datetime) -> Done:
        """Do all that has come by `now` (aware), for every published call, and count what was done.

        Raises the error of AWS only when the calls themselves cannot be listed.
        """
        done: Done = Counter()
        for published in self.store.calls():
            for part in (self._tell, self._gather):
                try:
                    part(published, now, done)
                except Contention:
                    done[Did.PUT_OFF] += 1
                except Exception as error:  # noqa: BLE001 - the other calls go on
                    self.log(published.call.id, error)
                    done[Did.FAILED] += 1
        return done

    def unreached(self, now: datetime) -> tuple[Unreached, ...]:
        """The contacts that nothing reaches, of every call that is not distributed yet."""
        confirmed = self.topic.confirmed()
        calls = [entry.call for entry in self.store.calls() if entry.call.stage(now) is not Stage.DISTRIBUTED]
        return tuple(
            Unreached(call.id, contact.id)
            for call in calls
            for contact in call.contacts
            if stands_in_for(call.contacts, contact) and contact.email not in confirmed
        )

    # -- moments -----------------------------------------------------------------------------------------------------

    def _tell(self, published: PublishedCall, now: datetime, done: Done) -> None:
        """Tell of each moment of a call that is due, and pass over those that were overtaken."""
        if not self._due(published, now):
            return
        # The list of calls is a little behind the table: an extension of this minute must not be missed.
        current = self.store.current_call(published.call.id) or published
        for moment in self._due(current, now):
            rows: Rows | None = []
            if not moment.is_overtaken(now):
                rows = self._rows(current.call, moment, now, done)
            done[Did.WAITING if rows is None else self._record(current.call, moment, rows, now)] += 1

    def _due(self, published: PublishedCall, now: datetime) -> tuple[Moment, ...]:
        come = moments.due(published.call, published.extensions, (), now)
        if not come:
            return ()
        known = {record.name for record in self.store.moments(published.call.id)}
        return tuple(moment for moment in come if moment.name not in known)

    def _record(self, call: Call, moment: Moment, rows: Rows, now: datetime) -> Did:
        record = moment.record(now, len(rows))
        if not self.outbox.add(rows, items.moment_item(call.id, record)):
            return Did.PUT_OFF
        return Did.TOLD if record.outcome is Outcome.TOLD else Did.PASSED_OVER

    def _rows(self, call: Call, moment: Moment, now: datetime, done: Done) -> Rows | None:
        """Whom a moment is told to, and what; None while it has to wait."""
        if moment.audience is Audience.APPLICANTS:
            return self._to_applicants(call, moment, now)
        match moment.event:
            case Event.CLOSED:
                facts = self._closing(call, moment, now)
            case Event.DISTRIBUTED:
                facts = self._distribution(call, now, done)
            case Event.EXPIRING:
                facts = self._expiring(call, moment)
            case _:
                facts = _said(call, moment, now)
        return None if facts is None else _to_contacts(call, moment, facts, now)

    def _to_applicants(self, call: Call, moment: Moment, now: datetime) -> Rows:
        """One row to each applicant who still has something to do."""
        facts, rows = _said(call, moment, now), []
        for submission, missing in self._unfinished(call, moment):
            for row in notices.for_applicant(call, moment.event, submission, now, moment.key):
                labels: list[JsonValue] = [field.label.get(row.language) for field in missing]
                told = facts(row.language) | ({"missing": labels} if labels else {})
                rows.append(row.model_copy(update={"facts": told}))
        return rows

    def _unfinished(self, call: Call, moment: Moment) -> Iterator[tuple[Submission, tuple[AttachmentField, ...]]]:
        """The submissions that need correction and that nothing has followed; and those that count and lack documents,
        with what they lack. A form that is corrected becomes another submission, with documents of its own.

        Only of what came before the moment: who has sent since has just heard. So a worker that goes on where another
        died writes the same rows, less those that are no longer needed.
        """
        found = self.store.list_submissions(call.id)
        accepted = [each for each in found if each.state is State.ACCEPTED] if lacking(call, ()) else []
        for submission in (*counts.to_correct(found), *accepted):
            if submission.received_at >= moment.due or moment.period not in {None, call.period(submission.received_at)}:
                continue
            counting = submission.state is State.ACCEPTED
            missing = lacking(call, self.drawer.attachments(submission.id)) if counting else ()
            if missing or not counting:
                yield submission, missing

    def _closing(self, call: Call, moment: Moment, now: datetime) -> Facts | None:
        """The counts of a call, or of one of its rounds, once all that came in is read; or has had its time."""
        found = [
            submission
            for submission in self.store.list_submissions(call.id)
            if moment.period in {None, call.period(submission.received_at)}
        ]
        if any(submission.pending for submission in found) and now < moment.due + PATIENCE:
            return None
        return lambda language: counts.closing(call, found, language)

    def _expiring(self, call: Call, moment: Moment) -> Facts:
        awarded = moment.state is State.AWARDED
        found = self.store.list_submissions(call.id)
        count = sum((submission.state is State.AWARDED) is awarded for submission in found)
        return lambda _language: {"erased_on": str(moment.day), "count": count}

    # -- distribution ------------------------------------------------------------------------------------------------

    def _distribution(self, call: Call, now: datetime, done: Done) -> Facts | None:
        """Decide every application that counts, and count how it went; None while any was still to be decided.

        The tick that decides is never the one that counts: what intake accepted meanwhile is found by the next.
        """
        found = self.store.list_submissions(call.id)
        accepted = [submission for submission in found if submission.state is State.ACCEPTED]
        for submission in accepted[:DECISIONS]:
            self._decide(call, submission, now)
            done[Did.DECIDED] += 1
        if accepted:
            return None
        told = Counter(submission.state for submission in found)
        return lambda _language: {"awarded": told[State.AWARDED], "declined": told[State.DECLINED]}

    def _decide(self, call: Call, submission: Submission, now: datetime) -> None:
        """Write what the distribution means for one application."""
        for _ in range(TRIES):
            if submission.state is not State.ACCEPTED:
                return
            try:
                self.store.conclude(submission, decide(submission, call, now), now, by="calendar")
            except Contention:
                # It was withdrawn or decided meanwhile, or the list was behind.
                submission = self.store.submission(submission.id) or submission
            else:
                return
        raise Contention("a submission keeps changing")

    # -- digests -----------------------------------------------------------------------------------------------------

    def _gather(self, published: PublishedCall, now: datetime, done: Done) -> None:
        done[Did.GATHERED] += Digests(self.outbox).gather(published, now)


def _to_contacts(call: Call, moment: Moment, facts: Facts, now: datetime) -> Rows:
    return [
        row.model_copy(update={"facts": facts(row.language)})
        for row in notices.for_call(call, moment.event, now, moment.key)
    ]


def _said(call: Call, moment: Moment, now: datetime) -> Facts:
    """What a moment says that needs no look at the submissions."""

    def told(language: Language) -> Iterator[tuple[str, JsonValue]]:
        if moment.event is Event.REMINDER and moment.until:
            # As many days as are left when it is told, which a late tick has fewer of than the call says.
            yield "days", (moment.until.date() - notices.day(call, now).date()).days
            yield "deadline", moment.until.isoformat()
        if moment.extension:
            yield "until", moment.extension.until.isoformat()
            yield "reason", moment.extension.reason.get(language)
            yield "cause", moment.extension.cause.value

    return lambda language: dict(told(language))
