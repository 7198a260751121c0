"""The outbox: notices that wait, were sent, or were gathered into another; and how fast a mailbox is written to.

A row that waits stands in the index, so that it is found without its submission and without the stream; what became of
it takes it out of there. Every change is conditional on the row's status: two workers cannot both have changed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from puljeport import items
from puljeport.errors import Contention
from puljeport.items import Item
from puljeport.notices import Gathering, Notice, Status
from puljeport.table import Table

WINDOW = timedelta(minutes=5)
"""The time over which messages to one mailbox are counted."""
HANDFUL = 5
"""How many single messages a mailbox gets within one window; what is more is gathered into a summary."""
SUMMARIES = 60
"""How many gathered messages, and messages of whole calls, a mailbox gets within one window."""
SECOND = timedelta(seconds=1)
BURST = 5
"""How many messages of all kinds a mailbox gets within one second of the clock, and so at most ten within any second:
above that SNS suspends an e-mail endpoint (AWS General Reference, SNS quotas)."""

CLAIM = timedelta(minutes=2)
"""How long a row belongs to whoever sends it: longer than a call of AWS can take with all its retries, and less than a
row waits before it is looked after."""

FREE = "(attribute_not_exists(claimed_until) OR claimed_by = :by OR claimed_until <= :now)"
"""The condition under which a row is nobody else's."""

WRITES = 90
"""Of the hundred items that a transaction of DynamoDB may write, so that what goes with them has room."""


class Outbox(Table):
    """The rows of notices."""

    def notice(self, pk: str, sk: str) -> Notice | None:
        """One row, as it is now."""
        item = self._get({"PK": pk, "SK": sk})
        return Notice.model_validate(item) if item and item.get("item") == "notice" else None

    def of_submission(self, submission: str) -> list[Notice]:
        """The rows of one submission."""
        return self._rows(items.submission_key(submission)["PK"])

    def of_call(self, call: str) -> list[Notice]:
        """The rows of what happened to a whole call."""
        return self._rows(items.call_key(call, "")["PK"])

    def _rows(self, pk: str) -> list[Notice]:
        return [Notice.model_validate(item) for item in self._partition(pk, "NOTICE#")]

    # -- what waits --------------------------------------------------------------------------------------------------

    def pending(self, before: datetime, first: int = 0) -> Iterator[Notice]:
        """The rows created before a moment that are still to be sent, oldest first in each of the index's shards.

        `first` is the shard to begin with: whoever has time for some only, does not begin with the same ones each time.
        """
        for shard in range(first, first + items.SHARDS):
            values = {":pk": f"OUTBOX#{shard % items.SHARDS}", ":before": items.stamp(before)}
            yield from self._indexed("GSI1PK = :pk AND GSI1SK < :before", values)

    def held(self, call: str, contact: str) -> list[Notice]:
        """The rows that wait to be gathered for a contact, oldest first."""
        return list(self._indexed("GSI1PK = :pk", {":pk": f"HELD#{call}#{contact}"}))

    def unsent(self) -> list[Notice]:
        """The rows that nobody will send without help: failed, or this installation has no sender for them."""
        return list(self._indexed("GSI1PK = :pk", {":pk": "UNSENT"}))

    def _indexed(self, condition: str, values: Item) -> Iterator[Notice]:
        # The index is a little behind the table; whoever acts on a row is held to the row's own status.
        return (Notice.model_validate(item) for item in self._query(condition, values, index=True))

    def add(self, rows: Iterable[Notice], guard: Item | None = None) -> bool:
        """Record notices, those that are there already staying as they are. False when there was nothing to record.

        `guard` is an item that is there once all of the notices are: with it, nothing is recorded a second time. What
        is more than one transaction can write is written before it, so that whoever dies in between leaves rows that
        the next one meets. Raises Contention when another is at it: try again.
        """
        chunks = [list(chunk) for chunk in batched(rows, WRITES, strict=False)]
        last = chunks.pop() if chunks else []
        if chunks and guard and self._get(_key(guard)):
            return False
        new = [self._add(chunk, None) for chunk in chunks]
        return self._add(last, guard) or any(new)

    def _add(self, rows: list[Notice], guard: Item | None) -> bool:
        writes = [self._put(items.notice_item(notice)) for notice in rows]
        if guard:
            writes.append(self._put(guard))
        if not writes:
            return False
        try:
            self._transact(writes)
        except Contention:
            if guard and self._get(_key(guard)):
                return False
            missing = [row for row in rows if self.notice(row.partition, row.sort_key) is None]
            if len(missing) == len(rows):
                raise
            return self._add(missing, guard)
        return True

    # -- what becomes of a row ---------------------------------------------------------------------------------------

    def claim(self, notice: Notice, by: str, now: datetime) -> bool:
        """Have a notice to oneself while it is sent. False when another has it, or it waits no longer.

        `by` is the claimant's own, so that an answer which was lost on its way and asked for again is still a yes.
        """
        values = {":pending": Status.PENDING.value, ":by": by, ":now": items.stamp(now)}
        return self._claimed(notice, by, now + CLAIM, f"#2 = :pending AND {FREE}", values)

    def release(self, notice: Notice, by: str, now: datetime) -> bool:
        """Let others send a notice that could not be sent. False when it was not the claimant's."""
        return self._claimed(
            notice, by, now, "#2 = :pending AND #1 = :by", {":pending": Status.PENDING.value, ":by": by}
        )

    def _claimed(self, notice: Notice, by: str, until: datetime, condition: str, values: Item) -> bool:
        changes = {"claimed_until": items.stamp(until), "claimed_by": by, "status": Status.PENDING.value}
        return self._applied(self._change(items.notice_key(notice), changes, [], condition, values))

    def mark_sent(self, notice: Notice, message_id: str, now: datetime) -> bool:
        """Record that a notice was sent. False when it had been marked before."""
        changes = {"status": Status.SENT.value, "message_id": message_id, "sent_at": items.stamp(now)}
        return self._mark(notice, changes, Status.PENDING)

    def mark_failed(self, notice: Notice, why: str) -> bool:
        """Record that a notice can never be sent, and why. False when it had been marked before."""
        return self._mark(notice, {"status": Status.FAILED.value, "why": why}, Status.PENDING)

    def mark_not_configured(self, notice: Notice) -> bool:
        """Record that this installation has no sender for a notice. False when it had been marked before."""
        return self._mark(notice, {"status": Status.NOT_CONFIGURED.value}, Status.PENDING)

    def hold(self, notice: Notice, by: str, now: datetime) -> bool:
        """Keep a notice to be gathered with its like. False when it had been marked before, or another is sending it:
        what goes out by itself must not stand in the summary too."""
        others = {":by": by, ":now": items.stamp(now)}
        return self._mark(notice, {"status": Status.HELD.value}, Status.PENDING, f" AND {FREE}", others)

    def retry(self, notice: Notice) -> bool:
        """Put a notice that failed or had no sender back to be sent. False when it is neither."""
        if notice.status not in {Status.FAILED, Status.NOT_CONFIGURED}:
            return False
        return self._mark(notice, {"status": Status.PENDING.value}, notice.status)

    def _mark(self, notice: Notice, changes: Item, was: Status, besides: str = "", values: Item | None = None) -> bool:
        place = items.outbox_place(notice.model_copy(update={"status": Status(changes["status"])}))
        gone = [] if place else ["GSI1PK", "GSI1SK"]
        named = {":was": was.value} | (values or {})
        return self._applied(
            self._change(items.notice_key(notice), changes | place, gone, f"#0 = :was{besides}", named)
        )

    # -- how fast ----------------------------------------------------------------------------------------------------

    def take_slot(self, notice: Notice, now: datetime) -> bool:
        """Count one more message to a notice's mailbox. False when this window's are used up."""
        kind, limit = ("single", HANDFUL) if notice.can_be_gathered else ("gathered", SUMMARIES)
        return self._counted(notice, f"WINDOW#{int(now.timestamp() // WINDOW.total_seconds())}", kind, limit, now)

    def take_turn(self, notice: Notice, now: datetime) -> bool:
        """Count one more message to a notice's mailbox in this second. False when the second is full."""
        return self._counted(notice, f"SECOND#{int(now.timestamp() // SECOND.total_seconds())}", "every", BURST, now)

    def _counted(self, notice: Notice, span: str, kind: str, limit: int, now: datetime) -> bool:
        if not notice.endpoint:
            return True
        update: dict[str, Any] = {
            "TableName": self._table,
            "Key": items.wire({"PK": f"PACE#{notice.endpoint}", "SK": span}),
            "UpdateExpression": "SET #kind = if_not_exists(#kind, :none) + :one, expires_at = :expires, #item = :pace",
            "ConditionExpression": "attribute_not_exists(#kind) OR #kind < :limit",
            "ExpressionAttributeNames": {"#kind": kind, "#item": "item"},
            "ExpressionAttributeValues": items.wire({
                ":pace": "pace", ":none": 0, ":one": 1, ":limit": limit,
                ":expires": int((now + timedelta(days=1)).timestamp()),
            }),
        }  # fmt: skip
        return self._applied(update)

    # -- gathering ---------------------------------------------------------------------------------------------------

    def gatherings(self, call: str) -> list[Gathering]:
        """What is being gathered, or was last gathered, for each contact of a call."""
        found = self._partition(items.call_key(call, "")["PK"], "GATHERING#")
        return [Gathering.model_validate(item) for item in found]

    def gather(self, gathering: Gathering, rows: Iterable[Notice]) -> Gathering:
        """Take held rows into a gathering, as many at a time as one transaction can write, and give what it then is.

        A worker that dies in between leaves a gathering that has some of them and rows that still wait: the next one
        goes on. Raises Contention when another worker took any of them meanwhile: read again.
        """
        for chunk in batched(rows, WRITES, strict=False):
            more = gathering.plus(chunk)
            self._transact([self._kept(gathering, more), *(self._gathered(row, gathering) for row in chunk)])
            gathering = more
        return gathering

    def close(self, gathering: Gathering, message: Notice) -> None:
        """Record the message that tells of a gathering, and begin the next. Raises Contention when another did."""
        self._transact([self._kept(gathering, gathering.next()), self._put(items.notice_item(message))])

    def _kept(self, before: Gathering, after: Gathering) -> Item:
        if before.writes == 0:
            return self._put(items.gathering_item(after))
        return self._put(items.gathering_item(after), "writes = :writes", {":writes": before.writes})

    def _gathered(self, row: Notice, gathering: Gathering) -> Item:
        changes = {"status": Status.GATHERED.value, "gathered_in": gathering.message_key}
        gone = ["GSI1PK", "GSI1SK"]
        return {"Update": self._change(items.notice_key(row), changes, gone, "#0 = :was", {":was": Status.HELD.value})}


def _key(item: Item) -> Item:
    return {name: item[name] for name in ("PK", "SK")}
