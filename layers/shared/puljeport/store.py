"""The table (DynamoDB): calls, submissions, their history, who counts, and the outbox.

Correctness rests on natural keys and on comparing `events`, never on request tokens. A conditional write that was
committed but whose answer was lost comes back as refused on our own write: every method here then reads back and counts
its own write as success.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from datetime import datetime

from botocore.exceptions import ClientError

from puljeport import items
from puljeport.aws import code
from puljeport.calls import Call, to_json
from puljeport.conclusions import Conclusion
from puljeport.errors import Contention, UnknownCall, UnknownSubmission
from puljeport.extensions import Extension, Waiver
from puljeport.items import Item, PublishedCall
from puljeport.moments import Record
from puljeport.notices import Bounce, Notice
from puljeport.submissions import HistoryEvent, State, Submission
from puljeport.table import LOST_RACE, Table

SECRET_BYTES = 20
"""Of a status link: 160 random bits, above the 128 that OWASP ASVS 5.0 asks for (11.5.1)."""

REOPENED = {State.UNREADABLE, State.LATE, State.UNCONSIDERED}
"""The states in which an operator may have a submission read again."""


def new_secret() -> str:
    """A secret for a status link, fit for an address."""
    return secrets.token_urlsafe(SECRET_BYTES)


class Store(Table):
    """Calls and submissions. Notices are `puljeport.outbox`'s."""

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
        given = current.get("extensions", []) if current else []
        unchanged: tuple[str, Item] = ("attribute_not_exists(PK)", {})
        if current:
            unchanged = ("version = :was AND (attribute_not_exists(extensions) OR extensions = :given)",
                         {":was": version - 1, ":given": given})  # fmt: skip
        former = items.former(items.published(current), call) if current else {}
        listed = {"GSI1PK": "CALLS", "GSI1SK": call.id, "extensions": given, "former": former}
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
        return items.published(body | listed)

    def extend(self, call: str, extension: Extension) -> PublishedCall:
        """Put off a call's deadline for everybody. The same extension again changes nothing.

        Raises UnknownCall, Contention when somebody else changes the call at this moment, ValueError for a call that
        has no deadline or a later one.
        """
        current = self._get(items.call_key(call, "CURRENT"))
        if current is None:
            raise UnknownCall(call)
        before = items.published(current)
        if before.extensions and before.extensions[-1].says_the_same(extension):
            return before
        if before.call.deadline is None:
            raise ValueError(f"{call} has no deadline to extend")
        if extension.until <= before.call.deadline:
            raise ValueError(f"{extension.until} is not after the deadline, {before.call.deadline}")
        given = current.get("extensions", [])
        after = current | {"extensions": [*given, extension.model_dump(mode="json", exclude_none=True)]}
        condition = "version = :version AND (attribute_not_exists(extensions) OR extensions = :given)"
        try:
            self._transact([self._put(after, condition, {":version": before.version, ":given": given})])
        except Contention:
            if self._get(items.call_key(call, "CURRENT")) != after:
                raise
        return items.published(after)

    def waive(self, call: str, waiver: Waiver) -> None:
        """Let one applicant send after the deadline. A later one takes the place of an earlier."""
        body = {"item": "waiver", "call": call} | waiver.model_dump(mode="json")
        # The applicant stands in the item and not in its key, so that it can be taken out of it when it is erased.
        which = hashlib.sha256(waiver.applicant.encode()).hexdigest()[:16]
        listed = items.call_key(call, f"WAIVER#{items.stamp(waiver.at)}#{which}")
        always = "attribute_not_exists(PK) OR attribute_exists(PK)"
        current = items.waiver_key(call, waiver.applicant)
        self._transact([self._put(key | body, always) for key in (current, listed)])

    def waiver(self, call: str, applicant: str) -> Waiver | None:
        """What lets an applicant send after the deadline, where there is something."""
        item = self._get(items.waiver_key(call, applicant))
        return Waiver.model_validate(item) if item else None

    def waivers(self, call: str) -> list[Waiver]:
        """All that was ever waived for single applicants of a call, oldest first; not of those that were erased."""
        found = self._partition(items.call_key(call, "")["PK"], "WAIVER#")
        return [Waiver.model_validate(item) for item in found if "expires_at" not in item]

    def moments(self, call: str) -> list[Record]:
        """The moments of a call's calendar that are done, in the order they were due."""
        found = self._partition(items.call_key(call, "")["PK"], "MOMENT#")
        return sorted((Record.model_validate(item) for item in found), key=lambda record: (record.due, record.name))

    def call_versions(self, call: str) -> list[PublishedCall]:
        """Every version of a call that was published, oldest first."""
        found = self._partition(items.call_key(call, "")["PK"], "VERSION#")
        return sorted((items.published(item) for item in found), key=lambda published: published.version)

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
            yield from self._query("GSI1PK = :pk", values, index=True)
            return
        for place in {state, State.RECEIVED} if state in REOPENED else {state}:
            begins = values | {":state": f"{place}#"}
            found = self._query("GSI1PK = :pk AND begins_with(GSI1SK, :state)", begins, index=True)
            yield from (item for item in found if item["state"] == state)

    def unconcluded(self, before: datetime) -> list[Submission]:
        """The submissions of all calls that S3 took before a moment, and that are still to be concluded."""
        found: list[Item] = []
        for call in [*(published.call.id for published in self.calls()), ""]:
            for shard in range(items.SHARDS):
                values = {":pk": f"CALL#{call}#{shard}", ":from": f"{State.RECEIVED}#",
                          ":to": f"{State.RECEIVED}#{items.stamp(before)}"}  # fmt: skip
                found += self._query("GSI1PK = :pk AND GSI1SK BETWEEN :from AND :to", values, index=True)
        return [Submission.model_validate(item) for item in found]

    def history(self, identity: str) -> list[HistoryEvent]:
        """All that happened to a submission, oldest first."""
        found = self._partition(items.submission_key(identity)["PK"], "EVENT#")
        return [HistoryEvent.model_validate(item) for item in found]

    def link(self, identity: str) -> str | None:
        """The secret of the link by which an applicant follows a submission; None where it was taken away."""
        item = self._get(items.link_key(identity))
        return str(item["secret"]) if item and item.get("secret") else None

    def erased(self, identity: str) -> bool:
        """Whether a submission was erased: whatever still tells of its upload tells of nothing."""
        return self._get(items.erased_key(identity)) is not None

    def receive(self, submission: Submission, now: datetime) -> Submission | None:
        """Record a submission as received, or give the record that is already there (it, or its twin, came before).

        None for one that was erased: whatever announces its file again, it is never recorded anew.
        """
        record = submission.model_copy(update={"events": 1})
        event = HistoryEvent(number=1, event=State.RECEIVED.value, at=now, by="intake")
        try:
            self._transact(
                [
                    self._put(items.record(record)),
                    self._put(items.event_item(record.id, event)),
                    self._put(items.reference_item(record)),
                    self._link(record.id),
                    self._check(items.erased_key(record.id), "attribute_not_exists(PK)"),
                ]
            )
        except Contention:
            if self.erased(record.id):
                return None
            known = self.submission(record.id)
            if known is None:
                raise
            return known
        return record

    def _link(self, identity: str) -> Item:
        """A secret for the submission's link, unless its ticket brought one. From now on it stays."""
        return {
            "Update": {
                "TableName": self._table,
                "Key": items.wire(items.link_key(identity)),
                "UpdateExpression": "SET #item = :link, secret = if_not_exists(secret, :new) REMOVE expires_at",
                "ExpressionAttributeNames": {"#item": "item"},
                "ExpressionAttributeValues": items.wire({":link": "link", ":new": new_secret()}),
            }
        }

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

    def counting(self, call: str, applicant: str, period: str | None = None) -> Submission | None:
        """The submission that counts for an applicant of a call at this moment, in one round where it has rounds."""
        pointer = self._get(items.pointer_key(call, applicant, period))
        return self.submission(pointer["submission"]) if pointer and pointer["submission"] else None

    def conclude(
        self, before: Submission, conclusion: Conclusion, now: datetime, by: str = "intake", detail: str = ""
    ) -> Submission:
        """Write a conclusion in one transaction: outcome, history, who counts, and one outbox row per notice.

        `before` is the record it was decided on; `by` and `detail` stand in the history. Raises Contention when it, or
        the applicant's other submissions, changed since they were read, or this very conclusion was committed and its
        answer lost: read again.
        """
        after = conclusion.submission.model_copy(update={"events": before.events + 1})
        writes = [
            self._update_record(before, after),
            self._put(items.event_item(after.id, items.concluded(after, now, by, detail))),
            *self._pointer_writes(conclusion, after),
            *self._replaced_writes(conclusion, now),
            *(self._put(items.notice_item(notice)) for notice in conclusion.notices),
        ]
        self._transact(writes)
        return after

    def reopen(self, submission: Submission, now: datetime, by: str, detail: str = "") -> Submission:
        """Put a submission that a person has to decide on back to be read again; its state stays until that is done.

        Raises ValueError for a submission in another state, Contention when it changed meanwhile.
        """
        if submission.state not in REOPENED:
            states = ", ".join(sorted(REOPENED))
            why = f"{submission.reference} is {submission.state}; read again is only what is {states}"
            raise ValueError(why)
        after = submission.model_copy(
            update={
                "replay": True, "attempts": 0, "attempt_until": None, "attempt_by": None,
                "rounds": submission.rounds + 1,
                "events": submission.events + 1,
            }
        )  # fmt: skip
        event = HistoryEvent(number=after.events, event="replayed", at=now, by=by, detail=detail)
        try:
            self._transact([self._update_record(submission, after), self._put(items.event_item(after.id, event))])
        except Contention:
            known = self.submission(submission.id)
            if known is None or (known.rounds, known.replay) != (after.rounds, True):
                raise
            return known
        return after

    def came_back(self, before: Submission, mail: Notice, bounce: Bounce, told: tuple[Notice, ...]) -> None:
        """Record that a mail about a submission did not arrive: on its row, the submission, its history and the
        mailbox, together with the notices that tell of it.

        Raises Contention when the row is of another mail or says this already, or the submission changed meanwhile.
        """
        after = before.model_copy(update={"bounced": bounce.kind, "events": before.events + 1})
        detail = f"{bounce.kind} ({mail.event})"
        event = HistoryEvent(number=after.events, event="bounced", at=bounce.at, by="feedback", detail=detail)
        unmarked = "message_id = :id AND (attribute_not_exists(#0) OR #0 <> :0)"
        marks = {"bounced": bounce.kind, "bounced_at": items.stamp(bounce.at)}
        known = items.address_key(bounce.endpoint) | {"item": "address"} | marks
        self._transact(
            [
                {"Update": self._change(items.notice_key(mail), marks, [], unmarked, {":id": mail.message_id})},
                self._update_record(before, after),
                self._put(items.event_item(before.id, event)),
                self._put(known, "attribute_not_exists(PK) OR attribute_exists(PK)"),
                *(self._put(items.notice_item(notice)) for notice in told),
            ]
        )

    def bounce(self, endpoint: str) -> Bounce | None:
        """The last mail to a mailbox that did not arrive; None where all did."""
        item = self._get(items.address_key(endpoint))
        return Bounce(item["bounced"], datetime.fromisoformat(item["bounced_at"]), endpoint) if item else None

    def _update_record(self, before: Submission, after: Submission) -> Item:
        # Only what changed is written, so that attributes of a newer version of the code survive an older one.
        old, new = items.record(before), items.record(after)
        changed = {name: value for name, value in new.items() if old.get(name) != value}
        key, gone = items.submission_key(before.id), sorted(set(old) - set(new))
        return {"Update": self._change(key, changed, gone, "events = :before", {":before": before.events})}

    def _pointer_writes(self, conclusion: Conclusion, after: Submission) -> list[Item]:
        if after.applicant is None or not (conclusion.counts or conclusion.incumbent):
            return []
        key = items.pointer_key(after.call, after.applicant, after.period)
        unchanged: tuple[str, Item] = ("attribute_not_exists(PK) OR submission = :nobody", {":nobody": ""})
        if conclusion.incumbent:
            unchanged = ("submission = :incumbent", {":incumbent": conclusion.incumbent.id})
        if conclusion.counts or after.state is State.WITHDRAWN:
            # Nobody counts for an applicant who withdrew: the item stays, since nothing here deletes.
            counts = after.id if conclusion.counts else ""
            return [self._put(key | {"item": "pointer", "submission": counts}, *unchanged)]
        return [self._check(key, *unchanged)]

    def _replaced_writes(self, conclusion: Conclusion, now: datetime) -> list[Item]:
        before, after = conclusion.incumbent, conclusion.replaced
        if before is None or after is None:
            return []
        after = after.model_copy(update={"events": before.events + 1})
        return [self._update_record(before, after), self._put(items.event_item(after.id, items.concluded(after, now)))]
