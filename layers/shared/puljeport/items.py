"""The items of the table: their keys, their attributes, and how they travel on DynamoDB's wire."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from puljeport.calls import Call, Role
from puljeport.extensions import Extension, extended
from puljeport.models import PUBLISHED
from puljeport.moments import Record
from puljeport.notices import Gathering, Notice, Status
from puljeport.submissions import HistoryEvent, State, Submission
from puljeport.tickets import KEPT, Attachment, Ticket

SHARDS = 8
"""How many partitions of the index one call is spread over. More than the workers that may write at once need."""

type Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PublishedCall:
    """One version of a call: its definition as it was published, and what its deadline was put off by since.

    `former` are the contacts that earlier versions had and this one has not, with their roles.
    """

    definition: Call
    version: int
    published_at: datetime
    extensions: tuple[Extension, ...] = ()
    former: tuple[tuple[str, Role], ...] = ()

    @property
    def call(self) -> Call:
        """The call as it is in force: with its deadline as it was last extended."""
        return extended(self.definition, self.extensions)


def call_key(call: str, sort: str) -> Item:
    """One version of a call; `CURRENT` is the one new submissions are read with."""
    return {"PK": f"CALL#{call}", "SK": sort}


def submission_key(identity: str) -> Item:
    """The record of a submission. Its history and outbox rows share its partition."""
    return {"PK": f"SUB#{identity}", "SK": "SUB"}


def reference_key(label: str) -> str:
    """The partition of all submissions with one reference."""
    return f"REFERENCE#{label}"


def pointer_key(call: str, applicant: str, period: str | None = None) -> Item:
    """What points to the submission that counts for an applicant, in each round of a call that has rounds.

    A partition of its own: a rush has no hot key.
    """
    return {"PK": f"APPLICANT#{call}#{applicant}", "SK": f"PERIOD#{period}" if period else "CURRENT"}


def waiver_key(call: str, applicant: str) -> Item:
    """What lets one applicant send after the deadline."""
    return {"PK": f"APPLICANT#{call}#{applicant}", "SK": "WAIVER"}


def link_key(identity: str) -> Item:
    """The secret of the link by which an applicant follows a submission."""
    return {"PK": f"SUB#{identity}", "SK": "LINK"}


def ticket_key(identity: str) -> Item:
    """The ticket of a submission: in its partition, so that it goes where that goes."""
    return {"PK": f"SUB#{identity}", "SK": "TICKET"}


def attachment_key(identity: str, field: str, number: str) -> Item:
    """A document beside a submission's form."""
    return {"PK": f"SUB#{identity}", "SK": f"ATTACHMENT#{field}#{number}"}


def again_key(identity: str, version: str) -> Item:
    """A file that came once more with the same ticket."""
    return {"PK": f"SUB#{identity}", "SK": f"AGAIN#{version}"}


def draft_key(identity: str) -> Item:
    """An application that is being filled in online; its id is that of the ticket it is sent with."""
    return {"PK": f"DRAFT#{identity}", "SK": "DRAFT"}


def allowance_key(what: str, window: int) -> Item:
    """How often something was done in one span of time."""
    return {"PK": f"ALLOWANCE#{what}", "SK": f"{window:012d}"}


def erased_key(identity: str) -> Item:
    """What says that a submission was erased."""
    return {"PK": f"ERASED#{identity}", "SK": "ERASED"}


def address_key(endpoint: str) -> Item:
    """What is known of a mailbox, by its hash."""
    return {"PK": f"ADDRESS#{endpoint}", "SK": "ADDRESS"}


def notice_key(notice: Notice) -> Item:
    """One outbox row."""
    return {"PK": notice.partition, "SK": notice.sort_key}


def outbox_place(notice: Notice) -> Item:
    """Where a row stands in the index while something is still to be done about it."""
    created = stamp(notice.created_at)
    if notice.status is Status.PENDING:
        return {"GSI1PK": f"OUTBOX#{shard(notice.partition)}", "GSI1SK": created}
    if notice.status is Status.HELD:
        return {"GSI1PK": f"HELD#{notice.call}#{notice.audience}", "GSI1SK": created}
    if notice.status in {Status.FAILED, Status.NOT_CONFIGURED}:
        return {"GSI1PK": "UNSENT", "GSI1SK": created}
    return {}


def gathering_item(gathering: Gathering) -> Item:
    """What is being gathered for a contact."""
    key = call_key(gathering.call, f"GATHERING#{gathering.event}#{gathering.contact}")
    return key | {"item": "gathering"} | gathering.model_dump(mode="json")


def moment_item(call: str, record: Record) -> Item:
    """What says that a moment of a call is done."""
    body = {"item": "moment", "call": call} | record.model_dump(mode="json")
    return call_key(call, f"MOMENT#{record.name}") | body


def shard(identity: str) -> int:
    """Which of the index's partitions something is spread to."""
    return int(hashlib.sha256(identity.encode()).hexdigest(), 16) % SHARDS


def record(submission: Submission) -> Item:
    """The item of a submission, with its place in the index."""
    # What names no known call is listed together under no call, so that it is found at all.
    listed = submission.call if submission.call_version else ""
    # What an operator put back stands among what was just received: both are still to be concluded, and looked after.
    place = State.RECEIVED if submission.pending else submission.state
    index = {
        "GSI1PK": f"CALL#{listed}#{shard(submission.id)}",
        "GSI1SK": f"{place}#{stamp(submission.received_at)}",
    }
    body = submission.model_dump(mode="json", exclude_none=True)
    return submission_key(submission.id) | {"item": "submission"} | index | body


def event_item(identity: str, event: HistoryEvent) -> Item:
    """One line of a submission's history."""
    key = {"PK": submission_key(identity)["PK"], "SK": f"EVENT#{event.number:06d}"}
    return key | {"item": "event"} | event.model_dump(mode="json")


def reference_item(submission: Submission) -> Item:
    """What finds a submission by its reference."""
    # The id is part of the key: should two submissions ever share a reference, neither is refused for it.
    key = {"PK": reference_key(submission.reference), "SK": submission.id}
    return key | {"item": "reference", "submission": submission.id}


def link_item(identity: str, secret: str) -> Item:
    """The secret of an applicant's link."""
    return link_key(identity) | {"item": "link", "secret": secret}


def ticket_item(ticket: Ticket) -> Item:
    """A ticket; nobody misses one that was not used."""
    kept = {"expires_at": epoch(ticket.created_at + KEPT)}
    return ticket_key(ticket.submission) | {"item": "ticket"} | ticket.model_dump(mode="json", exclude_none=True) | kept


def attachment_item(identity: str, attachment: Attachment) -> Item:
    """A document beside a form; one that never arrived is missed by nobody."""
    kept = {} if attachment.version_id else {"expires_at": epoch(attachment.asked_at + KEPT)}
    body = attachment.model_dump(mode="json", exclude_none=True)
    key = attachment_key(identity, attachment.field, attachment.number)
    return key | {"item": "attachment"} | body | kept


def notice_item(notice: Notice) -> Item:
    """The item of an outbox row."""
    body = notice.model_dump(mode="json", exclude_none=True)
    return notice_key(notice) | {"item": "notice"} | outbox_place(notice) | body


def concluded(after: Submission, now: datetime, by: str = "intake", detail: str = "") -> HistoryEvent:
    """The line of history that tells of a submission's new state."""
    detail = detail or after.replaced_by or after.replaces or ""
    return HistoryEvent(number=after.events, event=after.state.value, at=now, by=by, detail=detail)


def published(item: Item) -> PublishedCall:
    """A call version, from its item."""
    # What a later release knew more of is no fault: its definitions may be here before its functions are.
    call = Call.model_validate_json(item["definition"], context=PUBLISHED, extra="ignore")
    extensions = tuple(Extension.model_validate(each) for each in item.get("extensions", []))
    former = tuple((name, Role(role)) for name, role in sorted(item.get("former", {}).items()))
    return PublishedCall(call, int(item["version"]), datetime.fromisoformat(item["published_at"]), extensions, former)


def former(before: PublishedCall, after: Call) -> dict[str, str]:
    """The contacts that a call once had and has no longer, once it is published as `after`, with their roles."""
    known = dict(before.former) | {contact.id: contact.role for contact in before.definition.contacts}
    return {name: role.value for name, role in known.items() if name not in {each.id for each in after.contacts}}


def stamp(at: datetime) -> str:
    """A time as it is stored and sorted: UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def epoch(at: datetime) -> int:
    """A time as DynamoDB's time to live wants it: seconds since 1970."""
    return int(at.timestamp())


def moment(at: datetime | None) -> str | None:
    """A time to the microsecond, as pydantic writes it in a record."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def wire(item: Item) -> Item:
    """An item in DynamoDB's own notation."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


def plain(item: Any) -> Item:
    """An item out of DynamoDB's own notation."""
    deserialize = TypeDeserializer().deserialize
    return {name: _number(deserialize(value)) for name, value in item.items()}


def _number(value: Any) -> Any:
    """DynamoDB's Decimal back to what was stored: every number in a record is whole, amounts are texts."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: _number(inner) for name, inner in value.items()}
    return [_number(inner) for inner in value] if isinstance(value, list) else value
