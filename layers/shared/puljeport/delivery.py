"""Delivery: from an outbox row to a message. The row is the truth, the stream that wakes us only a hint.

Contacts hear by the topic, and more than a handful at once are held for a summary. Applicants hear by mail, whose
address is read from the record at this moment: an erased one is written to no more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from puljeport import letters
from puljeport.contacts import heir
from puljeport.errors import Refused
from puljeport.letters import Links
from puljeport.mail import Mail
from puljeport.notices import APPLICANT, Notice, Status, endpoint
from puljeport.outbox import Outbox
from puljeport.settings import NotifySettings
from puljeport.store import Store
from puljeport.topic import Topic

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient


TURNS = 3
"""In how many seconds, one after the other, a message may try to have its turn."""


FRESH = timedelta(minutes=5)
"""How long a row's mailbox is taken for the one its contact has: publishing a call is no matter of seconds."""


class Delivered(StrEnum):
    """What became of one wake-up. DELAYED: the mailbox gets too much just now, or another sends it; the row waits."""

    SENT = "sent"
    SKIPPED = "skipped"
    REFUSED = "refused"
    HELD = "held"
    DELAYED = "delayed"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What delivery works with. `mail` is None where this installation has no sender for mail to applicants; `wait`
    lets so many seconds pass. `by` is who delivers: rows are claimed under this name. Only workers that are never at a
    row at the same time may share one, so that the next goes on at once where one died."""

    store: Store
    outbox: Outbox
    topic: Topic
    mail: Mail | None
    links: Links
    now: Callable[[], datetime]
    by: str
    wait: Callable[[float], None] = time.sleep

    def deliver(self, pk: str, sk: str) -> Delivered:
        """Send the notice of one outbox row, unless it was sent before, and mark it.

        Whoever sends has the row claimed meanwhile, so that the stream and a reconciling at the same moment do not both
        send it. Sending and marking are two calls: a crash between them means that the message goes out once more.
        Raises the error of AWS when it could not be sent now: deliver it again; and Blocked while no mail can be sent
        at all: the row stays pending, and whoever comes again later tries the first few and not all.
        """
        notice = self.outbox.notice(pk, sk)
        if notice is None or notice.status is not Status.PENDING:
            return Delivered.SKIPPED
        try:
            return self._to_applicant(notice) if notice.audience == APPLICANT else self._to_contact(notice)
        except Refused as refusal:
            self.outbox.mark_failed(notice, refusal.code)
            return Delivered.REFUSED

    def _to_contact(self, notice: Notice) -> Delivered:
        notice = self._to_whom(notice)
        if not self.outbox.take_slot(notice, self.now()):
            held = notice.can_be_gathered and self.outbox.hold(notice, self.by, self.now())
            return Delivered.HELD if held else Delivered.DELAYED
        if not self._has_its_turn(notice):
            return Delivered.DELAYED
        message = letters.to_contact(notice, self.links)
        return self._sent(notice, lambda: self.topic.publish(message, notice.endpoint))

    def _to_whom(self, notice: Notice) -> Notice:
        """The row with the mailbox that it goes to now. One that has waited may be for a contact whose address was
        changed meanwhile, or who is no longer one: then it goes to whoever took over. What is fresh is right."""
        published = None
        if notice.endpoint and self.now() - notice.created_at > FRESH:
            published = self.store.current_call(notice.call)
        if published is None:
            return notice
        contacts = published.call.contacts
        contact = next((each for each in contacts if each.id == notice.audience), None) or heir(contacts, notice.role)
        return notice.model_copy(update={"endpoint": endpoint(contact.email)})

    def _has_its_turn(self, notice: Notice) -> bool:
        """Wait for a second in which the mailbox can get one more; not for long, since others wait behind it."""
        for _ in range(TURNS):
            now = self.now()
            if self.outbox.take_turn(notice, now):
                return True
            self.wait(1 - now.microsecond / 1_000_000)
        return False

    def _to_applicant(self, notice: Notice) -> Delivered:
        if self.mail is None:
            self.outbox.mark_not_configured(notice)
            return Delivered.NOT_CONFIGURED
        submission = self.store.submission(notice.submission)
        if submission is None or submission.email is None:
            raise Refused("no_address")
        published = self.store.current_call(notice.call)
        letter = letters.to_applicant(
            notice, submission, published.call if published else None, self.links, self.store.link(submission.id)
        )
        return self._sent(notice, partial(self.mail.send, submission.email, letter, notice))

    def _sent(self, notice: Notice, send: Callable[[], str]) -> Delivered:
        if not self.outbox.claim(notice, self.by, self.now()):
            return Delivered.DELAYED
        try:
            message_id = send()
        except Exception:
            # Best effort, since AWS is failing: without it the row is free after a while.
            with suppress(Exception):
                self.outbox.release(notice, self.by, self.now())
            raise
        self.outbox.mark_sent(notice, message_id, self.now())
        return Delivered.SENT


def wired(given: NotifySettings, dynamodb: DynamoDBClient, sns: SNSClient, ses: SESV2Client, by: str) -> Delivery:
    """Delivery as an installation is set up, for whoever has to send: `notify`, reconciling, an operator."""
    return Delivery(
        store=Store(dynamodb, given.table),
        outbox=Outbox(dynamodb, given.table),
        topic=Topic(sns, given.notices_topic_arn),
        mail=Mail(ses, given.mail_sender, given.mail_set) if given.mail_sender else None,
        links=Links(given.portal_url or None),
        now=lambda: datetime.now(UTC),
        by=by,
    )
