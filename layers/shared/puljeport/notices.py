"""Notices: who is to be told of what. The words are in `puljeport.letters`.

One notice is one message to one audience about one event; its natural key (subject, event, audience) is what makes
telling somebody twice impossible to record. A row for a contact carries the organisation's name and a reference, never
an answer; a row for an applicant carries not even the address, which is read from the record when the mail is sent.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

from puljeport.calls import Call, Contact, Event, Role
from puljeport.contacts import OF_A_SUBMISSION, listeners
from puljeport.submissions import State, Submission
from puljeport.texts import Language, Text

OPERATIONS = "@operations"
"""The audience that hears of a file nobody could read or that was read too late, and of a mail that did not arrive,
when no contact of its call answers for operations. Like `APPLICANT`, it is no id that a contact can have."""
APPLICANT = "@applicant"
"""The audience of a receipt and of all that follows: whoever sent the application."""

FOR_APPLICANTS = OF_A_SUBMISSION - {Event.BOUNCED} | {Event.REMINDER, Event.EXTENDED}
"""What an applicant is told of a submission, where an address is known."""


FOR_OPERATIONS = frozenset({Event.UNREADABLE, Event.UNCONSIDERED, Event.BOUNCED})
"""What operations is told of whoever else hears it."""

LISTED = 50
"""How many submissions a gathered message names; the counts are of all."""


class Status(StrEnum):
    """What became of a notice. PENDING and HELD wait: the one to be sent now, the other to be gathered with its like.

    GATHERED: told as part of another message. NOT_CONFIGURED: this installation has no sender for mail to applicants.
    """

    PENDING = "pending"
    HELD = "held"
    SENT = "sent"
    GATHERED = "gathered"
    FAILED = "failed"
    NOT_CONFIGURED = "not_configured"

    @property
    def waits(self) -> bool:
        """Whether somebody is still to hear of it without anyone's help."""
        return self in {Status.PENDING, Status.HELD}


class Notice(BaseModel):
    """One row of the outbox.

    It belongs to a submission, or (`submission` empty) to a call. `key` tells apart what may happen to a call several
    times: a reminder's days, a digest's day. `endpoint` is the mailbox without its address, so that messages to it can
    be counted. `facts` is what an event of a call has to tell (counts, references). `gathered_in`: the sort key of the
    message that told of it. `bounced`: what became of the mail after it was sent, where it did not arrive
    (`feedback.Kind`).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    submission: str = ""
    event: Event
    audience: str
    role: Role | None = None
    language: Language = "da"
    round: int = 0
    key: str = ""
    call: str
    call_title: Text
    reference: str = ""
    organisation: str = ""
    state: State | None = None
    received_at: AwareDatetime | None = None
    errors: int = 0
    warnings: int = 0
    facts: dict[str, JsonValue] = {}
    endpoint: str = ""
    created_at: AwareDatetime
    status: Status = Status.PENDING
    sent_at: AwareDatetime | None = None
    message_id: str | None = None
    why: str | None = None
    gathered_in: str | None = None
    bounced: str | None = None
    bounced_at: AwareDatetime | None = None

    @property
    def partition(self) -> str:
        """The partition that the row lies in: its submission's, or its call's."""
        return f"SUB#{self.submission}" if self.submission else f"CALL#{self.call}"

    @property
    def sort_key(self) -> str:
        """The row's natural key in its partition. A replay by an operator is an event of its own."""
        which = f"#{self.key}" if self.key else ""
        again = f"#{self.round}" if self.round else ""
        return f"NOTICE#{self.event}#{self.audience}{which}{again}"

    @property
    def can_be_gathered(self) -> bool:
        """Whether one line among others can tell it: what happened to one submission. What a whole call has to say, and
        what tells of several others already, is a message of its own."""
        return bool(self.submission)


def for_submission(
    call: Call | None,
    event: Event,
    submission: Submission,
    now: datetime,
    key: str = "",
) -> tuple[Notice, ...]:
    """The notices that `event` of a submission gives: one per contact that hears of it, the applicant, and operations
    for what needs a person."""
    heard = listeners(call.contacts, event, day(call, now).date(), submission.values) if call else ()
    found = [_of_submission(call, event, submission, now, contact) for contact in heard]
    if event in FOR_OPERATIONS and not any(notice.role is Role.OPERATIONS for notice in found):
        found.append(_of_submission(call, event, submission, now, OPERATIONS))
    if submission.email and event in FOR_APPLICANTS:
        found.append(_of_submission(call, event, submission, now, APPLICANT))
    return tuple(notice.model_copy(update={"key": key}) for notice in found)


def for_applicant(call: Call, event: Event, submission: Submission, now: datetime, key: str = "") -> tuple[Notice, ...]:
    """The notice of `event` to the applicant alone, where an address is known."""
    told = _of_submission(call, event, submission, now, APPLICANT).model_copy(update={"key": key})
    return (told,) if submission.email else ()


def for_call(
    call: Call, event: Event, now: datetime, key: str = "", facts: dict[str, JsonValue] | None = None
) -> tuple[Notice, ...]:
    """The notices that an event of the whole call gives: one per contact that hears of it."""
    told = {"key": key, "facts": facts or {}}
    heard = listeners(call.contacts, event, day(call, now).date())
    return tuple(to_contact(call, event, contact, now).model_copy(update=told) for contact in heard)


def to_contact(call: Call, event: Event, contact: Contact, now: datetime) -> Notice:
    """The notice of an event of the whole call to one contact."""
    return Notice(
        event=event,
        audience=contact.id,
        role=contact.role,
        language=contact.language,
        call=call.id,
        call_title=call.title,
        endpoint=endpoint(contact.email),
        created_at=now,
    )


def day(call: Call, now: datetime) -> datetime:
    """The moment `now` (aware) where the call is."""
    return now.astimezone(call.zone)


def endpoint(address: str) -> str:
    """A mailbox without its address: the same for every call that names it, and not to be read."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()[:32]


def _of_submission(
    call: Call | None, event: Event, submission: Submission, now: datetime, audience: Contact | str
) -> Notice:
    contact = audience if isinstance(audience, Contact) else None
    role = Role.OPERATIONS if audience == OPERATIONS else None
    language: Language = "da" if audience == OPERATIONS else submission.language
    held = contact is not None and contact.gathers(event)
    return Notice(
        submission=submission.id,
        event=event,
        audience=contact.id if contact else str(audience),
        role=contact.role if contact else role,
        language=contact.language if contact else language,
        round=submission.rounds,
        call=submission.call,
        call_title=call.title if call else Text(da=submission.call or "?"),
        reference=submission.reference,
        organisation=submission.applicant_name or "",
        state=submission.state,
        received_at=submission.received_at,
        errors=submission.error_count,
        warnings=submission.problem_count - submission.error_count,
        endpoint=endpoint(contact.email) if contact else "",
        created_at=now,
        status=Status.HELD if held else Status.PENDING,
    )


class Bounce(NamedTuple):
    """A mail that did not arrive: how (`feedback.Kind`), when (aware), and the mailbox without its address."""

    kind: str
    at: datetime
    endpoint: str


class Gathering(BaseModel):
    """What is being gathered for one contact of a call: into its digest, or a summary of what was too much at once.

    `number` counts the messages made so far; `writes` is what conditional writes compare. `counts` are by event,
    `listed` the first `LISTED` of them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    call: str
    contact: str
    event: Event
    number: int = 1
    writes: int = 0
    counts: dict[str, int] = {}
    listed: tuple[dict[str, str], ...] = ()

    @property
    def message_key(self) -> str:
        """The sort key of the message that will tell of it."""
        return f"NOTICE#{self.event}#{self.contact}#{self.number}"

    @property
    def total(self) -> int:
        """How many notices it has."""
        return sum(self.counts.values())

    def plus(self, rows: Iterable[Notice]) -> Gathering:
        """The gathering with these too."""
        taken = list(rows)
        counts = Counter(self.counts) + Counter(row.event.value for row in taken)
        told = [
            {"reference": row.reference, "organisation": row.organisation, "event": row.event.value} for row in taken
        ]
        listed = (*self.listed, *told)[:LISTED]
        return self.model_copy(update={"writes": self.writes + 1, "counts": dict(counts), "listed": listed})

    def next(self) -> Gathering:
        """The empty one that follows."""
        return Gathering(
            call=self.call, contact=self.contact, event=self.event, number=self.number + 1, writes=self.writes + 1
        )

    def message(self, call: Call, contact: Contact, now: datetime) -> Notice:
        """The notice that tells the contact of it."""
        facts: dict[str, JsonValue] = {"counts": dict(self.counts), "listed": [dict(each) for each in self.listed]}
        told = {"key": str(self.number), "facts": facts}
        return to_contact(call, self.event, contact, now).model_copy(update=told)
