"""Feedback: what becomes of a mail after SES took it. One that did not arrive is marked and told of, once.

SES tells of it after minutes or days, at least once, and sometimes before our own row knows that the mail was sent:
such a callback comes back through its queue. Whoever does not hear by mail has to be reached in another way; so the
contacts who asked, and operations, hear of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from puljeport import notices
from puljeport.calls import Event
from puljeport.errors import Contention
from puljeport.mail import traced
from puljeport.notices import Bounce, Notice, Status
from puljeport.outbox import Outbox
from puljeport.store import Store

PATIENCE = 5
"""How often a callback is recorded anew when the submission changes meanwhile."""

_MOMENT = TypeAdapter[datetime](AwareDatetime)


class Kind(StrEnum):
    """Why a mail did not arrive, or was not wanted.

    Source: SES developer guide, "Contents of event data that Amazon SES publishes to Amazon SNS".
    """

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    UNDETERMINED = "undetermined"
    COMPLAINT = "complaint"
    REJECTED = "rejected"


class Outcome(StrEnum):
    """What became of one callback. UNKNOWN: no mail of ours, or one whose submission was erased."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Callback:
    """What SES says of one mail: its row (partition and sort key), its id, and what happened to it."""

    row: tuple[str, str] | None
    message_id: str
    bounce: Bounce


@dataclass(frozen=True, slots=True)
class Feedback:
    """What feedback works with. `now` gives aware times."""

    store: Store
    outbox: Outbox
    now: Callable[[], datetime]

    def take(self, body: str) -> Outcome:
        """Record what one callback of SES tells.

        Raises Contention when the mail is not marked as sent yet, or the submission keeps changing: deliver it again.
        """
        told = callback(body)
        if told is None:
            return Outcome.IGNORED
        for _ in range(PATIENCE):
            try:
                return self._record(told)
            except Contention:
                continue
        raise Contention("the mail is not marked as sent yet, or its submission keeps changing")

    def _record(self, told: Callback) -> Outcome:
        mail = self.outbox.notice(*told.row) if told.row else None
        submission = self.store.submission(mail.submission) if mail else None
        if mail is None or submission is None:
            return Outcome.UNKNOWN
        if mail.status is not Status.SENT:
            raise Contention("the mail is not marked as sent yet")
        if mail.message_id != told.message_id:
            # Of a mail that went out twice, the row knows one; what becomes of that one is told too.
            return Outcome.UNKNOWN
        if mail.bounced == told.bounce.kind:
            return Outcome.REPEATED
        published = self.store.current_call(submission.call) if submission.call else None
        call, key = published.call if published else None, _key(mail, told.bounce.kind)
        facts = {"kind": told.bounce.kind, "event": mail.event.value}
        rows = notices.for_submission(call, Event.BOUNCED, submission, self.now(), key)
        self.store.came_back(
            submission, mail, told.bounce, tuple(row.model_copy(update={"facts": facts}) for row in rows)
        )
        return Outcome.RECORDED


def callback(body: str) -> Callback | None:
    """What a message of SES's topic tells; None for anything else, such as its greeting or a mail that arrived."""
    try:
        event = json.loads(body)
        mail, what = event["mail"], _KINDS[event["eventType"]]
        kind, at = what(event)
        tags = {name: str(values[0]) for name, values in mail.get("tags", {}).items() if values}
        bounce = Bounce(kind.value, _MOMENT.validate_python(at), notices.endpoint(str(mail["destination"][0])))
        return Callback(traced(tags), str(mail["messageId"]), bounce)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, ValidationError):
        return None


def _bounce(event: dict[str, Any]) -> tuple[Kind, str]:
    kind = str(event["bounce"]["bounceType"]).lower()
    return Kind(kind) if kind in Kind else Kind.UNDETERMINED, event["bounce"]["timestamp"]


_KINDS: dict[str, Callable[[dict[str, Any]], tuple[Kind, str]]] = {
    "Bounce": _bounce,
    "Complaint": lambda event: (Kind.COMPLAINT, event["complaint"]["timestamp"]),
    "Reject": lambda event: (Kind.REJECTED, event["mail"]["timestamp"]),
}


def _key(mail: Notice, kind: str) -> str:
    """What tells this from other mails about the submission that did not arrive."""
    return "-".join(part for part in (mail.event.value, mail.key, str(mail.round or ""), kind) if part)
