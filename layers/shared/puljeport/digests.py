"""Digests and summaries: notices that were held for a contact, told in one message.

A digest is what a contact asked for, at its hour; a summary what came too fast to be told one by one. Rows are taken
into a gathering first, and the message is recorded together with the end of it: a worker that dies in between leaves a
gathering that the next one finishes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from puljeport.calls import Call, Contact, Event
from puljeport.contacts import heir
from puljeport.items import PublishedCall
from puljeport.notices import Gathering, Notice, day
from puljeport.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Digests:
    """What gathering works with."""

    outbox: Outbox

    def gather(self, published: PublishedCall, now: datetime) -> int:
        """Tell each contact of a call what was held for it and is due by `now` (aware). Gives the number of messages.

        What is held for a contact that the call has no longer is told, at once, to the mailbox of whoever took over.

        Raises Contention when another worker gathers for the same contact at this moment.
        """
        call = published.call
        gone = (heir(call.contacts, role).model_copy(update={"id": name}) for name, role in published.former)
        contacts = (*call.contacts, *(each.model_copy(update={"digest": None}) for each in gone))
        begun = {(gathering.contact, gathering.event): gathering for gathering in self.outbox.gatherings(call.id)}
        told = 0
        for contact in contacts:
            held = self.outbox.held(call.id, contact.id)
            for event, rows in _due(call, contact, held, now):
                gathering = begun.get((contact.id, event)) or Gathering(call=call.id, contact=contact.id, event=event)
                if rows:
                    gathering = self.outbox.gather(gathering, rows)
                if gathering.total:
                    self.outbox.close(gathering, gathering.message(call, contact, now))
                    told += 1
        return told


def _due(call: Call, contact: Contact, held: list[Notice], now: datetime) -> Iterator[tuple[Event, list[Notice]]]:
    """The rows that a contact is to hear of now, in its digest and in a summary of what was too much at once."""
    if contact.digest:
        hour = contact.digest.latest(day(call, now))
        yield Event.DIGEST, [row for row in held if contact.gathers(row.event) and row.created_at < hour]
    else:
        # Of a digest that is wanted no longer, what was begun is told.
        yield Event.DIGEST, []
    yield Event.SUMMARY, [row for row in held if not contact.gathers(row.event)]
