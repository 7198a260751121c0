"""Delivery: from an outbox row to a message. The row is the truth, the stream that wakes us only a hint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from puljeport.mail import Refused, Topic
from puljeport.notices import Status, message
from puljeport.store import Store


class Delivered(StrEnum):
    """What became of one wake-up."""

    SENT = "sent"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What delivery works with."""

    store: Store
    topic: Topic
    now: Callable[[], datetime]

    def deliver(self, pk: str, sk: str) -> Delivered:
        """Send the notice of one outbox row, unless it was sent before, and mark it.

        Publishing and marking are two calls: a crash between them means that the message goes out once more. Raises
        the error of AWS when it could not be sent now: deliver it again.
        """
        notice = self.store.notice(pk, sk)
        if notice is None or notice.status is not Status.PENDING:
            return Delivered.SKIPPED
        try:
            sent = self.topic.publish(message(notice))
        except Refused as refusal:
            self.store.mark_failed(notice, refusal.code)
            return Delivered.REFUSED
        self.store.mark_sent(notice, sent, self.now())
        return Delivered.SENT
