"""Contacts: who answers for what in a call, what each is told of, when, and who stands in for whom.

Routing is data of the call. A message goes to every contact that asked for its event and whose topics it touches; where
no topic fits, to all that asked, since nothing may slip between two topics. A contact that is away is stood in for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from puljeport import soundness
from puljeport.models import Day, FieldId, Model, Slug
from puljeport.soundness import Fault
from puljeport.texts import Language, Text


class Event(StrEnum):
    """What somebody can be told. The first nine are of one submission, the others of a call or of several."""

    ACCEPTED = "accepted"
    NEEDS_CORRECTION = "needs_correction"
    UNREADABLE = "unreadable"
    LATE = "late"
    UNCONSIDERED = "unconsidered"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    DECIDED = "decided"
    BOUNCED = "bounced"
    OPENED = "opened"
    REMINDER = "reminder"
    EXTENDED = "extended"
    CLOSED = "closed"
    DISTRIBUTED = "distributed"
    EXPIRING = "expiring"
    DIGEST = "digest"
    SUMMARY = "summary"


OF_A_SUBMISSION = frozenset(
    {
        Event.ACCEPTED,
        Event.NEEDS_CORRECTION,
        Event.UNREADABLE,
        Event.LATE,
        Event.UNCONSIDERED,
        Event.REPLACED,
        Event.WITHDRAWN,
        Event.DECIDED,
        Event.BOUNCED,
    }
)
"""The events that happen to one submission, and that a digest can gather."""

GATHERINGS = (Event.DIGEST, Event.SUMMARY)
"""What a contact hears instead of single messages: by its own wish, or since there would be too many at once."""


class Role(StrEnum):
    """Which kind of question a contact answers."""

    ADMINISTRATIVE = "administrative"
    PROFESSIONAL = "professional"
    OPERATIONS = "operations"


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _clock(value: object) -> object:
    """Only hour and minute in quotes: YAML reads an unquoted 08:00 in several ways."""
    if isinstance(value, time) or (isinstance(value, str) and len(value) == 5 and value[2] == ":"):
        return value
    raise PydanticCustomError("unsound", 'write the time of day as hour and minute in quotes, for example "08:00"')


ClockTime = Annotated[
    time,
    BeforeValidator(_clock),
    PlainSerializer(lambda at: at.strftime("%H:%M"), return_type=str, when_used="json"),
]
"""A time of day to the minute, local to the call; written and stored as `"08:00"`."""


class Digest(Model):
    """When a contact wants the events in `events` gathered into one message: each day or each week, at a local hour."""

    every: Literal["day", "week"] = "day"
    at: ClockTime = time(8)
    day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] | None = None
    events: tuple[Event, ...] = Field(min_length=1)

    def faults(self) -> Iterable[Fault]:
        """A weekday where there is none, an event listed twice, or one that cannot be gathered."""
        if self.every == "day" and self.day is not None:
            yield ("day",), "a digest of each day has no `day`; leave it out, or write `every: week`"
        yield from soundness.doubled("events", self.events)
        for position, event in enumerate(self.events):
            if event not in OF_A_SUBMISSION:
                yield ("events", position), f"`{event}` happens once for the whole call; put it under `notify`"

    def latest(self, now: datetime) -> datetime:
        """The last moment at or before `now` (aware, in the call's zone) at which this digest is due; to the minute.

        An hour that the clocks skip is due an hour later, one that they repeat the first time.
        """
        back = 0 if self.every == "day" else (now.weekday() - WEEKDAYS.index(self.day or "monday")) % 7
        due = datetime.combine(now.date() - timedelta(days=back), self.at, now.tzinfo)
        # In UTC: times of one zone are compared by what its clocks show, whatever these did in between.
        if due.astimezone(UTC) > now.astimezone(UTC):
            due -= timedelta(days=1 if self.every == "day" else 7)
        return due


class Topics(Model):
    """Which submissions a contact hears of: those with one of `answers` (choice ids) in the choice field `field`."""

    field: FieldId
    answers: tuple[str, ...] = Field(min_length=1)

    def touch(self, values: Mapping[str, Any]) -> bool:
        """Whether an application with these values is among them."""
        given = values.get(self.field)
        return bool(set(self.answers) & set(given if isinstance(given, list) else [given]))


class Absence(Model):
    """The days, both included, on which a contact is away and its deputy hears instead."""

    first: Day
    last: Day

    def faults(self) -> Iterable[Fault]:
        """An end before the beginning."""
        if self.last < self.first:
            yield ("last",), f"the last day away ({self.last}) is before the first ({self.first}); correct one of them"


class Contact(Model):
    """A person or mailbox that answers one kind of question.

    `notify` lists what it is told of at once, `digest` what is gathered for it; nothing else reaches it. `deputy` hears
    in its place on the days of `away`.
    """

    id: Slug
    role: Role
    unit: Text | None = None
    title: Text | None = None
    email: str
    phone: str | None = None
    language: Language = "da"
    notify: tuple[Event, ...] = ()
    digest: Digest | None = None
    topics: Topics | None = None
    deputy: Slug | None = None
    away: tuple[Absence, ...] = ()

    def faults(self) -> Iterable[Fault]:
        """An address that cannot be written to, an event asked for twice, an absence without a deputy."""
        yield from soundness.contact(self)
        for position, event in enumerate(self.notify):
            if event in GATHERINGS:
                yield ("notify", position), f"`{event}` is no event; write when under the key `digest` of the contact"
        gathered = self.digest.events if self.digest else ()
        for position, event in enumerate(gathered):
            if event in self.notify:
                what = f"`{event}` stands under `notify` too; a contact hears of it at once or in its digest"
                yield ("digest", "events", position), what
        if self.away and self.deputy is None:
            yield ("away",), "nobody stands in: name a contact of the call as `deputy`"

    @property
    def hears(self) -> frozenset[Event]:
        """All events it asked for, at once or gathered."""
        return frozenset(self.notify) | frozenset(self.digest.events if self.digest else ())

    def gathers(self, event: Event) -> bool:
        """Whether it wants the event in its digest."""
        return self.digest is not None and event in self.digest.events

    def is_away(self, day: date) -> bool:
        """Whether it is away on a day, local to the call."""
        return any(absence.first <= day <= absence.last for absence in self.away)


def listeners(
    contacts: tuple[Contact, ...], event: Event, day: date, values: Mapping[str, Any] | None = None
) -> tuple[Contact, ...]:
    """Who hears of `event` on a day (local to the call): each once, deputies in the place of those who are away.

    What somebody has to decide on is told to the administrative contacts when nobody asked for it.

    `values` are the application's answers by field id, for the contacts' topics; None for an event of the whole call,
    which has no topic.
    """
    asked = [contact for contact in contacts if event in contact.hears] or _answering(contacts, event)
    if values is not None:
        asked = [c for c in asked if c.topics is None or c.topics.touch(values)] or asked
    return tuple(dict.fromkeys(_present(contacts, contact, day) for contact in asked))


def _answering(contacts: tuple[Contact, ...], event: Event) -> list[Contact]:
    return [each for each in contacts if event is Event.UNCONSIDERED and each.role is Role.ADMINISTRATIVE]


def stands_in_for(contacts: tuple[Contact, ...], contact: Contact) -> frozenset[Event]:
    """All events that may reach a contact: its own, and those of everybody it is a deputy of, directly or not."""
    events, seen, queue = set(contact.hears), {contact.id}, [contact.id]
    while queue:
        name = queue.pop()
        for other in contacts:
            if other.deputy == name and other.id not in seen:
                seen.add(other.id)
                queue.append(other.id)
                events |= other.hears
    return frozenset(events)


def heir(contacts: tuple[Contact, ...], role: Role | None) -> Contact:
    """Who takes over what a contact that is gone was still to be told: the first that hears anything, of its role where
    there is one."""
    return max(contacts, key=lambda each: (bool(stands_in_for(contacts, each)), each.role is role))


def _present(contacts: tuple[Contact, ...], contact: Contact, day: date) -> Contact:
    """The contact, or whoever stands in; the contact itself when all who could are away too."""
    by_id = {each.id: each for each in contacts}
    seen: set[str] = set()
    here = contact
    while here.is_away(day):
        seen.add(here.id)
        if here.deputy is None or here.deputy in seen or here.deputy not in by_id:
            return contact
        here = by_id[here.deputy]
    return here
