"""The table (DynamoDB): calls, submissions, their history, who counts, and the outbox.

Correctness rests on natural keys and on comparing `events`, never on request tokens. A conditional write that was
committed but whose answer was lost comes back as refused on our own write: every method here then reads back and counts
its own write as success.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from puljeport import items
from puljeport.aws import cancellations, code
from puljeport.calls import Call, to_json
from puljeport.conclusions import Conclusion
from puljeport.errors import Contention, UnknownSubmission
from puljeport.items import Item, PublishedCall
from puljeport.notices import Notice, Status
from puljeport.submissions import HistoryEvent, State, Submission

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX = "ByCall"
RACES = {"ConditionalCheckFailed", "TransactionConflict"}
LOST_RACE = {"ConditionalCheckFailedException", "TransactionConflictException", "TransactionInProgressException"}


class Store:
    """All that is kept in the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    # -- calls -------------------------------------------------------------------------------------------------------

    def current_call(self, call: str) -> PublishedCall | None:
        """The version of a call that new submissions are read with, None when none was published."""
        return self._call(items.call_key(call, "CURRENT"))

    def call_version(self, call: str, version: int) -> PublishedCall | None:
        """One published version of a call."""
        return self._call(items.call_key(call, f"VERSION#{version}"))

    def calls(self) -> list[PublishedCall]:
        """The current version of every published call, by id."""
        found = self._query("GSI1PK = :pk", {":pk": "CALLS"}, index=True)
        return [items.published(item) for item in found]

    def call_versions(self, call: str) -> list[PublishedCall]:
        """Every version of a call that was published, the oldest first."""
        found = self._query(
            "PK = :pk AND begins_with(SK, :sk)", {":pk": items.call_key(call, "")["PK"], ":sk": "VERSION#"}
        )
        return sorted(map(items.published, found), key=lambda published: published.version)

    def publish_call(self, call: Call, now: datetime) -> PublishedCall:
        """Make a definition the current version of its call. The same definition again changes nothing.

        Raises Contention when somebody else publishes at the same moment.
        """
        definition = json.dumps(to_json(call), ensure_ascii=False, sort_keys=True)
        digest = hashlib.sha256(definition.encode()).hexdigest()
        current = self._get(items.call_key(call.id, "CURRENT"))
        if current and current["digest"] == digest:
            return items.published(current)
        version = int(current["version"]) + 1 if current else 1
        body = {
            "item": "call", "call": call.id, "version": version, "definition": definition, "digest": digest,
            "published_at": items.stamp(now),
        }  # fmt: skip
        unchanged = ("version = :was", {":was": version - 1}) if current else ("attribute_not_exists(PK)", {})
        listed = {"GSI1PK": "CALLS", "GSI1SK": call.id}
        try:
            self._transact(
                [
                    self._put(items.call_key(call.id, f"VERSION#{version}") | body),
                    self._put(items.call_key(call.id, "CURRENT") | listed | body, *unchanged),
                ]
            )
        except Contention:
            current = self._get(items.call_key(call.id, "CURRENT"))
            if not current or current["digest"] != digest:
                raise
        return PublishedCall(call, version, now)

    def _call(self, key: Item) -> PublishedCall | None:
        item = self._get(key)
        return items.published(item) if item else None

    # -- submissions -------------------------------------------------------------------------------------------------

    def submission(self, identity: str) -> Submission | None:
        """The submission with that id."""
        item = self._get(items.submission_key(identity))
        return Submission.model_validate(item) if item else None

    def find(self, label: str) -> Submission:
        """The submission with that id or reference.

        Raises UnknownSubmission when there is none, or when two share the reference and only the id can tell.
        """
        if found := self.submission(label.strip().lower()):
            return found
        labelled = list(self._query("PK = :pk", {":pk": items.reference_key(label.strip().upper())}))
        found = self.submission(labelled[0]["submission"]) if len(labelled) == 1 else None
        if found is None:
            raise UnknownSubmission(label)
        return found

    def list_submissions(self, call: str | None = None, state: State | None = None) -> list[Submission]:
        """The submissions of one call; or of all published calls and those that name none of them. Oldest first."""
        wanted = [call] if call else [*(published.call.id for published in self.calls()), ""]
        found = [
            Submission.model_validate(item)
            for name in wanted
            for shard in range(items.SHARDS)
            for item in self._shard(name, shard, state)
        ]
        return sorted(found, key=lambda submission: (submission.received_at, submission.id))

    def _shard(self, call: str, shard: int, state: State | None) -> Iterator[Item]:
        values = {":pk": f"CALL#{call}#{shard}"}
        if state is None:
            return self._query("GSI1PK = :pk", values, index=True)
        return self._query("GSI1PK = :pk AND begins_with(GSI1SK, :state)", values | {":state": f"{state}#"}, index=True)

    def history(self, identity: str) -> list[HistoryEvent]:
        """All that happened to a submission, oldest first."""
        found = self._query(
            "PK = :pk AND begins_with(SK, :sk)", {":pk": items.submission_key(identity)["PK"], ":sk": "EVENT#"}
        )
        return [HistoryEvent.model_validate(item) for item in found]

    def receive(self, submission: Submission, now: datetime) -> Submission:
        """Record a submission as received, or give the record that is already there (it, or its twin, came before)."""
        record = submission.model_copy(update={"events": 1})
        event = HistoryEvent(number=1, event=State.RECEIVED.value, at=now, by="intake")
        try:
            self._transact(
                [
                    self._put(items.record(record)),
                    self._put(items.event_item(record.id, event)),
                    self._put(items.reference_item(record)),
                ]
            )
        except Contention:
            known = self.submission(record.id)
            if known is None:
                raise
            return known
        return record

    def begin_attempt(self, seen: Submission, attempt: Submission) -> Submission:
        """Record that a worker is about to open the file. Raises Contention when another got there first."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=items.wire(items.submission_key(seen.id)),
                UpdateExpression="SET attempts = :attempts, attempt_until = :until, attempt_by = :by",
                ConditionExpression="attempts = :seen AND events = :events",
                ExpressionAttributeValues=items.wire({
                    ":attempts": attempt.attempts, ":until": items.moment(attempt.attempt_until),
                    ":by": attempt.attempt_by,
                    ":seen": seen.attempts, ":events": seen.events,
                }),
            )  # fmt: skip
        except ClientError as error:
            if code(error) not in LOST_RACE:
                raise
            known = self.submission(seen.id)
            if known is None or known.attempt_by != attempt.attempt_by:
                raise Contention("another worker has the file") from error
        return attempt

    def release_attempt(self, attempt: Submission) -> None:
        """Take back an attempt that failed for a reason that was not the file's, so that it is not held against it."""
        self._client.update_item(
            TableName=self._table,
            Key=items.wire(items.submission_key(attempt.id)),
            UpdateExpression="SET attempts = :before REMOVE attempt_until, attempt_by",
            ConditionExpression="attempts = :attempts AND events = :events",
            ExpressionAttributeValues=items.wire({
                ":before": attempt.attempts - 1, ":attempts": attempt.attempts, ":events": attempt.events,
            }),
        )  # fmt: skip

    def counting(self, call: str, applicant: str) -> Submission | None:
        """The submission that counts for an applicant of a call at this moment."""
        pointer = self._get(items.pointer_key(call, applicant))
        return self.submission(pointer["submission"]) if pointer else None

    def conclude(self, before: Submission, conclusion: Conclusion, now: datetime) -> Submission:
        """Write a conclusion in one transaction: outcome, history, who counts, and one outbox row per notice.

        `before` is the record it was decided on. Raises Contention when it, or the applicant's other submissions,
        changed since they were read, or this very conclusion was committed and its answer lost: read again.
        """
        after = conclusion.submission.model_copy(update={"events": before.events + 1})
        writes = [
            self._update_record(before, after),
            self._put(items.event_item(after.id, items.concluded(after, now))),
            *self._pointer_writes(conclusion, after),
            *self._replaced_writes(conclusion, now),
            *(self._put(items.notice_item(notice)) for notice in conclusion.notices),
        ]
        self._transact(writes)
        return after

    def reopen(self, submission: Submission, now: datetime, by: str) -> Submission:
        """Put an unreadable submission back to be read again; the state stays until that is concluded.

        Raises ValueError for a submission in another state, Contention when it changed meanwhile.
        """
        if submission.state is not State.UNREADABLE:
            raise ValueError(f"{submission.reference} is {submission.state}, and only an unreadable one is read again")
        after = submission.model_copy(
            update={
                "replay": True, "attempts": 0, "attempt_until": None, "attempt_by": None,
                "rounds": submission.rounds + 1,
                "events": submission.events + 1,
            }
        )  # fmt: skip
        event = HistoryEvent(number=after.events, event="replayed", at=now, by=by)
        try:
            self._transact([self._update_record(submission, after), self._put(items.event_item(after.id, event))])
        except Contention:
            known = self.submission(submission.id)
            if known is None or (known.rounds, known.replay) != (after.rounds, True):
                raise
            return known
        return after

    def _update_record(self, before: Submission, after: Submission) -> Item:
        # Only what changed is written, so that attributes of a newer version of the code survive an older one.
        old, new = items.record(before), items.record(after)
        changed = {name: value for name, value in new.items() if old.get(name) != value}
        gone = sorted(set(old) - set(new))
        names = {f"#{index}": name for index, name in enumerate([*changed, *gone])}
        slots = dict(zip(changed, names, strict=False))
        values = {f":{slot[1:]}": changed[name] for name, slot in slots.items()}
        expression = "SET " + ", ".join(f"{slot} = :{slot[1:]}" for slot in slots.values())
        if gone:
            expression += " REMOVE " + ", ".join(slot for slot, name in names.items() if name in gone)
        return {
            "Update": {
                "TableName": self._table,
                "Key": items.wire(items.submission_key(before.id)),
                "UpdateExpression": expression,
                "ConditionExpression": "events = :before",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": items.wire(values | {":before": before.events}),
            }
        }

    def _pointer_writes(self, conclusion: Conclusion, after: Submission) -> list[Item]:
        if after.applicant is None or not (conclusion.counts or conclusion.incumbent):
            return []
        key = items.pointer_key(after.call, after.applicant)
        unchanged: tuple[str, Item] = ("attribute_not_exists(PK)", {})
        if conclusion.incumbent:
            unchanged = ("submission = :incumbent", {":incumbent": conclusion.incumbent.id})
        if conclusion.counts:
            return [self._put(key | {"item": "pointer", "submission": after.id}, *unchanged)]
        return [
            {
                "ConditionCheck": {
                    "TableName": self._table,
                    "Key": items.wire(key),
                    "ConditionExpression": unchanged[0],
                    "ExpressionAttributeValues": items.wire(unchanged[1]),
                }
            }
        ]

    def _replaced_writes(self, conclusion: Conclusion, now: datetime) -> list[Item]:
        before, after = conclusion.incumbent, conclusion.replaced
        if before is None or after is None:
            return []
        after = after.model_copy(update={"events": before.events + 1})
        return [self._update_record(before, after), self._put(items.event_item(after.id, items.concluded(after, now)))]

    # -- the outbox --------------------------------------------------------------------------------------------------

    def notice(self, pk: str, sk: str) -> Notice | None:
        """One outbox row, as it is now."""
        item = self._get({"PK": pk, "SK": sk})
        return Notice.model_validate(item) if item and item.get("item") == "notice" else None

    def notices(self, submission: str) -> list[Notice]:
        """The outbox rows of one submission."""
        found = self._query(
            "PK = :pk AND begins_with(SK, :sk)", {":pk": items.submission_key(submission)["PK"], ":sk": "NOTICE#"}
        )
        return [Notice.model_validate(item) for item in found]

    def mark_sent(self, notice: Notice, message_id: str, now: datetime) -> bool:
        """Record that a notice was sent. False when it had been marked before."""
        return self._mark(notice, {"status": Status.SENT.value, "message_id": message_id, "sent_at": items.stamp(now)})

    def mark_failed(self, notice: Notice, why: str) -> bool:
        """Record that a notice can never be sent, and why. False when it had been marked before."""
        return self._mark(notice, {"status": Status.FAILED.value, "why": why})

    def _mark(self, notice: Notice, changes: dict[str, str]) -> bool:
        names = {f"#{name}": name for name in changes}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=items.wire(items.notice_key(notice)),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
                ConditionExpression="#status = :pending",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=items.wire(
                    {f":{name}": value for name, value in changes.items()} | {":pending": Status.PENDING.value}
                ),
            )
        except ClientError as error:
            if code(error) not in LOST_RACE:
                raise
            return False
        return True

    # -- the wire ----------------------------------------------------------------------------------------------------

    def _get(self, key: Item) -> Item | None:
        answer = self._client.get_item(TableName=self._table, Key=items.wire(key), ConsistentRead=True)
        return items.plain(answer["Item"]) if "Item" in answer else None

    def _query(self, condition: str, values: Item, *, index: bool = False) -> Iterator[Item]:
        arguments: Item = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": items.wire(values),
        }
        arguments |= {"IndexName": INDEX} if index else {"ConsistentRead": True}
        for page in self._client.get_paginator("query").paginate(**arguments):
            yield from (items.plain(item) for item in page["Items"])

    def _put(self, item: Item, condition: str = "attribute_not_exists(PK)", values: Item | None = None) -> Item:
        put: Item = {"TableName": self._table, "Item": items.wire(item), "ConditionExpression": condition}
        if values:
            put["ExpressionAttributeValues"] = items.wire(values)
        return {"Put": put}

    def _transact(self, writes: list[Item]) -> None:
        try:
            self._client.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]
        except ClientError as error:
            if code(error) == "TransactionCanceledException" and RACES & set(cancellations(error)):
                raise Contention("a record changed meanwhile") from error
            if code(error) in LOST_RACE:
                raise Contention("a transaction is under way") from error
            raise
