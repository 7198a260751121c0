"""The table as erasing uses it: the only place that deletes.

What is erased leaves one item, `ERASED#<id>`: that it was, when, why and by whose hand. While erasing is under way the
item also holds what is still to be looked for; at the end nothing of that is left in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from puljeport import items
from puljeport.items import Item
from puljeport.notices import endpoint
from puljeport.submissions import Submission
from puljeport.table import Table

UNDER_WAY, DONE = "ERASING", "ERASED"
"""Where an erasure stands in the index."""

KEYS = ("PK", "SK")


class Work(BaseModel):
    """What is still to be looked for, kept until it is gone: the file, the label, the applicant and its mailbox."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    bucket: str
    key: str
    version_id: str
    reference: str
    applicant: str | None = None
    organisation: str | None = None
    mailbox: str | None = None


class Erased(BaseModel):
    """One line of the log of erasures, which holds no personal data. `counts`: what the run that finished it deleted.

    `forced` is why it was erased although somebody had not yet been told of it. `work` is there until it is done.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    call: str
    reason: str
    by: str
    at: AwareDatetime
    forced: str | None = None
    done_at: AwareDatetime | None = None
    counts: dict[str, int] = {}
    work: Work | None = None


class Eraser(Table):
    """Taking a submission out of the table, and what is known of those that were."""

    def begin(self, submission: Submission, line: Erased) -> None:
        """Write that a submission is erased and take its record away, in one transaction.

        From then on nothing that knew the record can change it, and whatever tells of its file again finds this item.
        Raises Contention when the submission, or who counts for its applicant, changed meanwhile, or it was begun.
        """
        key = items.submission_key(submission.id)
        seen = {":events": submission.events, ":attempts": submission.attempts}
        writes = [
            self._put(_item(line)),
            self._delete(key, "events = :events AND attempts = :attempts", seen),
        ]
        if submission.applicant is not None:
            pointer = items.pointer_key(submission.call, submission.applicant, submission.period)
            counts = self._get(pointer)
            if counts and counts["submission"] == submission.id:
                writes.append(self._delete(pointer, "submission = :id", {":id": submission.id}))
        self._transact(writes)

    def finish(self, line: Erased) -> None:
        """Note that nothing is left, and forget what there was to look for."""
        self._client.put_item(TableName=self._table, Item=items.wire(_item(line)))

    def erased(self, identity: str) -> Erased | None:
        """The line of one erasure."""
        item = self._get(items.erased_key(identity))
        return Erased.model_validate(item) if item else None

    def under_way(self) -> list[Erased]:
        """The erasures that are not done yet, oldest first."""
        return self._lines(UNDER_WAY)

    def log(self) -> list[Erased]:
        """The erasures that are done, oldest first."""
        return self._lines(DONE)

    def done_since(self, moment: datetime) -> list[Erased]:
        """The erasures that were begun after a moment and are done."""
        values = {":pk": DONE, ":from": items.stamp(moment)}
        found = self._query("GSI1PK = :pk AND GSI1SK > :from", values, index=True)
        return [Erased.model_validate(item) for item in found]

    def _lines(self, state: str) -> list[Erased]:
        return [Erased.model_validate(item) for item in self._query("GSI1PK = :pk", {":pk": state}, index=True)]

    # -- what there is to delete -------------------------------------------------------------------------------------

    def sweep(self, identity: str) -> int:
        """Delete what lies in a submission's partition: history, notices, link. Gives how many items it was."""
        return self._empty(items.submission_key(identity)["PK"])

    def forget_applicant(self, call: str, applicant: str) -> int:
        """Delete what a call knows of an applicant that has nothing left in it: waivers, and that nobody counts."""
        waived = self._partition(items.call_key(call, "")["PK"], "WAIVER#")
        found = [item for item in waived if item.get("applicant") == applicant]
        for item in found:
            # Nobody may delete in a call's partition, where the definition lies: it is emptied, and TTL takes the rest.
            self._client.update_item(
                TableName=self._table,
                Key=items.wire(_key(item)),
                UpdateExpression="SET expires_at = :past REMOVE applicant, reason, approved_by",
                ExpressionAttributeValues=items.wire({":past": int(datetime.fromisoformat(item["at"]).timestamp())}),
            )
        own = list(self._query("PK = :pk", {":pk": items.waiver_key(call, applicant)["PK"]}))
        # Should the applicant send something at this very moment, what points to it stays.
        return len(found) + sum(self._remove(_key(item)) for item in own if not item.get("submission"))

    def forget_label(self, reference: str, identity: str) -> int:
        """Delete what finds a submission by its reference. Gives how many items it was."""
        return self._remove({"PK": items.reference_key(reference), "SK": identity})

    def forget_draft(self, ticket: str) -> int:
        """Delete what an application was written in, where that was online. Gives how many items it was."""
        return self._remove(items.draft_key(ticket))

    def forget_mailbox(self, mailbox: str) -> int:
        """Delete what is known of an applicant's mailbox (its hash): that mail did not arrive there."""
        return self._empty(f"ADDRESS#{mailbox}")

    def forget_mentions(self, call: str, reference: str) -> int:
        """Take a reference out of what is, or was, gathered for the call's contacts. Gives in how many items it stood.

        Raises Contention when one of them changed meanwhile.
        """
        pk = items.call_key(call, "")["PK"]
        found = 0
        for kind, part in (("GATHERING#", "listed"), ("NOTICE#", "facts")):
            for item in self._partition(pk, kind):
                left = without(item.get(part), reference)
                if left != item.get(part):
                    found += 1
                    self._rewrite(item, part, left)
        return found

    def _rewrite(self, item: Item, part: str, left: Any) -> None:
        # A gathering is compared by its count of writes; a message is written once, and then only marked.
        counted = {"writes": item["writes"] + 1} if "writes" in item else {}
        condition, seen = ("writes = :seen", item["writes"]) if counted else ("#0 = :seen", item[part])
        update = self._change(_key(item), {part: left} | counted, [], condition, {":seen": seen})
        self._transact([{"Update": update}])

    def _empty(self, pk: str) -> int:
        return sum(self._remove(key) for key in list(self._query("PK = :pk", {":pk": pk}, names=KEYS)))

    def _remove(self, key: Item) -> int:
        """Delete one item: how many that were, 0 or 1."""
        gone = self._client.delete_item(TableName=self._table, Key=items.wire(key), ReturnValues="ALL_OLD")
        return int("Attributes" in gone)

    def _delete(self, key: Item, condition: str, values: Item) -> Item:
        return {
            "Delete": {
                "TableName": self._table,
                "Key": items.wire(key),
                "ConditionExpression": condition,
                "ExpressionAttributeValues": items.wire(values),
            }
        }


def work(submission: Submission) -> Work:
    """What is to be looked for when a submission is erased."""
    return Work(
        bucket=submission.bucket,
        key=submission.key,
        version_id=submission.version_id,
        reference=submission.reference,
        applicant=submission.applicant,
        organisation=submission.applicant_name,
        mailbox=endpoint(submission.email) if submission.email else None,
    )


def without(value: Any, reference: str) -> Any:
    """A JSON value without the parts of lists that name a reference."""
    if isinstance(value, list):
        return [without(part, reference) for part in value if not _names(part, reference)]
    if isinstance(value, dict):
        return {name: without(part, reference) for name, part in value.items()}
    return value


def _names(part: Any, reference: str) -> bool:
    return part == reference or (isinstance(part, dict) and reference in part.values())


def _item(line: Erased) -> Item:
    place = {"GSI1PK": DONE if line.done_at else UNDER_WAY, "GSI1SK": items.stamp(line.at)}
    return items.erased_key(line.id) | {"item": "erased"} | place | line.model_dump(mode="json", exclude_none=True)


def _key(item: Item) -> Item:
    return {name: item[name] for name in KEYS}
