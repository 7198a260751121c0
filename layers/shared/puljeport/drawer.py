"""The part of the table that the portal keeps for applicants: tickets, documents beside a form, and allowances."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from puljeport import items
from puljeport.aws import code
from puljeport.errors import Contention
from puljeport.items import Item
from puljeport.store import new_secret
from puljeport.submissions import Submission, shown_name
from puljeport.table import LOST_RACE, PAUSES, Table
from puljeport.tickets import KEPT, Attachment, Ticket


class Drawer(Table):
    """Tickets, and what comes of them beside the submissions themselves."""

    def issue(self, ticket: Ticket) -> Ticket:
        """Keep a ticket, with the secret of the link that its submission will have; the one that is there already where
        it was asked for before.

        Raises Contention when it is being asked for at this moment, and still is after a while; and for one whose
        submission was erased: what came with it once more would stay in the bucket, and nobody would know of it.
        """
        link = items.link_item(ticket.submission, new_secret())
        link["expires_at"] = items.epoch(ticket.created_at + KEPT)
        for pause in PAUSES:
            try:
                return self._issued(ticket, link)
            except Contention:
                # A doubled click: the other one has not written it yet.
                time.sleep(pause)
        return self._issued(ticket, link)

    def _issued(self, ticket: Ticket, link: Item) -> Ticket:
        try:
            self._transact(
                [
                    self._put(items.ticket_item(ticket)),
                    self._put(link),
                    self._check(items.erased_key(ticket.submission), "attribute_not_exists(PK)"),
                ]
            )
        except Contention:
            known = self.ticket(ticket.submission)
            if known is None:
                raise
            return known
        return ticket

    def ticket(self, submission: str) -> Ticket | None:
        """The ticket that a submission comes with, where it comes with one."""
        item = self._get(items.ticket_key(submission))
        return Ticket.model_validate(item) if item else None

    # -- what came again, and what came beside ------------------------------------------------------------------------

    def came_again(self, known: Submission, later: Submission, now: datetime) -> None:
        """Note that another file came with the ticket of a submission, which stays as it is. Twice is once."""
        same = later.sha256 is not None and later.sha256 == known.sha256
        body = {"item": "again", "version_id": later.version_id, "at": items.stamp(now), "same": same}
        self._client.put_item(
            TableName=self._table, Item=items.wire(items.again_key(known.id, later.version_id) | body)
        )

    def others(self, submission: str) -> int:
        """How many files with other content came with the ticket of a submission; the submission is not them."""
        return sum(not item["same"] for item in self._partition(f"SUB#{submission}", "AGAIN#"))

    def expect(self, submission: str, attachment: Attachment) -> None:
        """Note that a document is about to be sent."""
        self._client.put_item(TableName=self._table, Item=items.wire(items.attachment_item(submission, attachment)))

    def attachments(self, submission: str) -> list[Attachment]:
        """The documents beside a form, sent or about to be, oldest first."""
        found = self._partition(f"SUB#{submission}", "ATTACHMENT#")
        return sorted((Attachment.model_validate(item) for item in found), key=lambda one: (one.asked_at, one.number))

    def attachment(self, submission: str, field: str, number: str, now: datetime) -> Attachment:
        """One document as it is expected; one that nobody noted (its note is gone) is new."""
        item = self._get(items.attachment_key(submission, field, number))
        if item:
            return Attachment.model_validate(item)
        return Attachment(field=field, number=number, asked_at=now)

    def arrived(self, submission: str, attachment: Attachment) -> None:
        """Keep what arrived as a document. The first file that came there stays; a later one changes nothing."""
        item = items.attachment_item(submission, attachment)
        try:
            self._client.put_item(
                TableName=self._table, Item=items.wire(item), ConditionExpression="attribute_not_exists(version_id)"
            )
        except ClientError as error:
            if code(error) not in LOST_RACE:
                raise

    # -- allowances --------------------------------------------------------------------------------------------------

    def count(self, what: str, span: timedelta, now: datetime) -> int:
        """How often this was done in the span of time that `now` is in, with this time."""
        seconds = int(span.total_seconds())
        window = int(now.timestamp()) // seconds
        answer = self._client.update_item(
            TableName=self._table,
            Key=items.wire(items.allowance_key(what, window)),
            UpdateExpression="ADD times :one SET expires_at = :gone, #item = :item",
            ExpressionAttributeNames={"#item": "item"},
            ExpressionAttributeValues=items.wire({":one": 1, ":gone": (window + 2) * seconds, ":item": "allowance"}),
            ReturnValues="UPDATED_NEW",
        )
        return int(items.plain(answer["Attributes"])["times"])


def named(ticket: Ticket | None, told: str) -> str:
    """What the applicant called a file: as its ticket says, or else as the browser said when it sent it."""
    return (ticket.file_name if ticket else "") or shown_name(told)
