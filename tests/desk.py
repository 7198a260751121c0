"""The deployed functions, worked one at a time: their triggers wait, and each gets one piece of work.

Each piece says whether it was done: a test can take away a permission, or make AWS fail, and see the difference.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from builders import (
    a_call,
    a_form,
    a_submission,
    http_event,
    s3_event,
    s3_record,
    ses_event,
    sqs_event,
    stream_event,
)
from printing import flattened
from puljeport import items, municipalities
from puljeport.blanks import docx, pdf
from puljeport.calls import Event
from puljeport.documents import FORM_NAMES, folder
from puljeport.eraser import Erased
from puljeport.eraser import work as work_on
from puljeport.extensions import Waiver
from puljeport.notices import APPLICANT, Gathering, Notice, Status, for_submission
from puljeport.submissions import Submission, submission_id
from puljeport.uploads import arrivals
from puljeport_cli.fill import Answers, fill_docx
from puljeport_cli.fillpdf import fill_pdf
from puljeport_cli.stack import Stack, now
from sendforms import send_form

CALL = "rettigheder-2018"


@dataclass(frozen=True)
class Invocation:
    """One invocation of a function: what it answered, None when it failed, and the end of its log."""

    function: str
    body: dict[str, Any] | None
    log: str

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics that its log counts, by name."""
        found: dict[str, float] = {}
        for line in self.log.splitlines():
            counted = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
            for directive in counted.get("_aws", {}).get("CloudWatchMetrics", []):
                for metric in directive["Metrics"]:
                    found[metric["Name"]] = sum(counted[metric["Name"]])
        return found


class Desk:
    """The stack's functions and roles, and how a test works them."""

    def __init__(self, stack: Stack, call: str = CALL, **changes: Any) -> None:
        """A desk with one call, open for long; `changes` are made to its definition."""
        self.stack, self.call = stack, call
        self.iam, self.functions, self.s3 = (stack.client(name) for name in ("iam", "lambda", "s3"))
        resources = stack.client("cloudformation").describe_stack_resources(StackName="puljeport-local")
        self.physical = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources["StackResources"]}
        self.last: Invocation | None = None
        self.fresh = iter([municipality.code for municipality in municipalities.everything()])
        dates = {"opens": "2018-02-27T00:00:00", "deadline": "2048-04-09T23:59:59"}
        stack.store.publish_call(a_call(**{"id": call} | dates | changes), now())

    def statements(self, role: str) -> dict[str, Any]:
        """The role's one inline policy."""
        name = self.physical[role]
        (policy,) = self.iam.list_role_policies(RoleName=name)["PolicyNames"]
        document = self.iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        return {"RoleName": name, "PolicyName": policy, "PolicyDocument": document}

    @contextmanager
    def without(self, role: str, action: str, sid: str | None = None) -> Iterator[None]:
        """The role without one action: in all of its statements, or in the one that is named."""
        policy = self.statements(role)
        reduced = json.loads(json.dumps(policy["PolicyDocument"]))
        for statement in reduced["Statement"]:
            if sid not in (None, statement["Sid"]):
                continue
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            statement["Action"] = [one for one in actions if one != action] or ["none:Nothing"]
        assert reduced != policy["PolicyDocument"], f"{role} has no {action}"
        self.iam.put_role_policy(**policy | {"PolicyDocument": json.dumps(reduced)})
        try:
            yield
        finally:
            self.iam.put_role_policy(**policy | {"PolicyDocument": json.dumps(policy["PolicyDocument"])})

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The functions' triggers wait."""
        mappings = self.functions.list_event_source_mappings()["EventSourceMappings"]
        rules = self.stack.client("events")
        clocks = [rule["Name"] for rule in rules.list_rules()["Rules"]]
        for mapping in mappings:
            self.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        for clock in clocks:
            rules.disable_rule(Name=clock)
        try:
            yield
        finally:
            for clock in clocks:
                rules.enable_rule(Name=clock)
            for mapping in mappings:
                self.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def invoke(self, function: str, event: dict[str, Any]) -> bool:
        """Invoke a function: whether it did all that was asked of it."""
        body = self.answer(function, event)
        if body is None:
            return False
        return body.get("statusCode", 200) == 200 and not body.get("batchItemFailures") and "failed" not in body

    def answer(self, function: str, event: dict[str, Any]) -> dict[str, Any] | None:
        """Invoke a function: what it answered, None when it failed."""
        name = self.physical[function]
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(event).encode(), LogType="Tail")
        body = json.loads(answer["Payload"].read())
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        self.last = Invocation(name, None if "FunctionError" in answer else body, log)
        return self.last.body

    def put(self, data: bytes | None = None, **changes: Any) -> dict[str, Any]:
        """Upload a form under a new name, a valid one unless it is given, and give its event record."""
        key = f"incoming/{self.call}/{uuid.uuid4()}.json"
        bucket = self.stack.output("UploadsBucketName")
        data = data or a_form(**{"call": self.call, "municipality": next(self.fresh)} | changes)
        version = self.s3.put_object(Bucket=bucket, Key=key, Body=data)["VersionId"]
        return s3_record(key, version, bucket=bucket)

    # -- one piece of work for each permission: True when it was done

    def take(self, *records: dict[str, Any]) -> bool:
        """Let intake take objects."""
        return self.invoke("IntakeFunction", sqs_event(s3_event(*records)))

    def take_a_version(self) -> Callable[[], bool]:
        """An event with a version id."""
        record = self.put()
        return lambda: self.take(record)

    def take_the_current(self) -> Callable[[], bool]:
        """An event without one."""
        record = self.put()
        del record["s3"]["object"]["versionId"]
        return lambda: self.take(record)

    def take_a_faulty_one(self) -> Callable[[], bool]:
        """A file that is returned with marks."""
        call = self.stack.store.current_call(self.call)
        assert call
        record = self.put(fill_docx(docx.make(call.call, call.version, "da"), {"municipality": next(self.fresh)}))
        return lambda: self.take(record)

    def take_a_print(self) -> Callable[[], bool]:
        """A form that was printed, which is read by the blank."""
        call = self.stack.store.current_call(self.call)
        assert call
        blank, bucket = pdf.make(call.call, call.version, "da"), self.stack.output("DocumentsBucketName")
        for name in FORM_NAMES.values():
            self.s3.put_object(Bucket=bucket, Key=f"{folder(self.call, call.version)}{name}.pdf", Body=blank)
        answers: Answers = {"municipality": next(self.fresh), "contact_name": "Ane"}
        record = self.put(flattened(fill_pdf(blank, answers)))
        return lambda: self.take(record)

    def take_an_older_one(self) -> Callable[[], bool]:
        """A file that is older than the one that counts already."""
        municipality = next(self.fresh)
        older, newer = (self.put(municipality=municipality) for _ in range(2))
        older["s3"]["object"]["sequencer"], newer["s3"]["object"]["sequencer"] = "01", "02"
        assert self.take(newer)
        return lambda: self.take(older)

    def ask(self) -> Callable[[], bool]:
        """A ticket of the portal's, with which the bucket takes a file."""
        event = http_event(f"/puljer/{self.call}/indsend", "POST", accept="application/json")
        event |= {"body": "name=skema.json"}

        def work() -> bool:
            answered = self.answer("PortalFunction", event)
            if answered is None or answered.get("statusCode") != 200:
                return False
            return send_form(self.stack, json.loads(answered["body"]), a_form(call=self.call)) == 201

        return work

    def show(self, path: str) -> Callable[[], bool]:
        """A page of the portal, or a document that the call has."""
        documents = self.stack.output("DocumentsBucketName")
        self.s3.put_object(Bucket=documents, Key=f"calls/{self.call}/v1/ansoegningsskema.docx", Body=b"x")
        return lambda: self.invoke("PortalFunction", http_event(path))

    def tell(self) -> Callable[[], bool]:
        """A notice that waits, to a mailbox that has got nothing yet, or its pace would hold what is sent."""
        record = self.put()
        assert self.take(record)
        rows = self.stack.outbox.of_submission(self.taken(record).id)
        row = next(row for row in rows if row.audience != APPLICANT)
        key = {"PK": row.partition, "SK": row.sort_key}
        self.stack.client("dynamodb").update_item(
            TableName=self.stack.output("TableName"), Key=items.wire(key), UpdateExpression="SET endpoint = :fresh",
            ExpressionAttributeValues=items.wire({":fresh": uuid.uuid4().hex}),
        )  # fmt: skip
        return lambda: self.invoke("NotifyFunction", stream_event((row.partition, row.sort_key)))

    def reconcile(self) -> Callable[[], bool]:
        """Notices that wait, to a contact and the applicant; a file never concluded, and one without a record."""
        long_ago = now() - timedelta(hours=2)
        record = self.put(municipality=next(self.fresh), contact_email="ansoeger@example.dk")
        (arrival,) = arrivals(json.dumps(s3_event(record)))
        identity = submission_id(arrival.bucket, arrival.key, arrival.version_id or "")
        stuck = a_submission(
            id=identity, reference=f"SAM-{identity[:8]}", call=self.call, call_version=1, bucket=arrival.bucket,
            key=arrival.key, version_id=arrival.version_id, received_at=long_ago, recorded_at=long_ago,
            email="ansoeger@example.dk", attempts=1,
        )  # fmt: skip
        assert self.stack.store.receive(stuck, long_ago)
        published = self.stack.store.current_call(self.call)
        assert published
        # Under a name of their own: those of its conclusion are written together with it.
        told = for_submission(published.call, Event.ACCEPTED, stuck, long_ago, "before")
        # Without a mailbox, or the pace of one would hold what the next test sends.
        assert self.stack.outbox.add([row.model_copy(update={"endpoint": ""}) for row in told])
        self.put()

        def work() -> bool:
            answered = self.answer("ReconcileFunction", {"pass": "full"})
            rows = self.stack.outbox.of_submission(identity)
            return answered is not None and {row.status for row in rows} == {Status.SENT}

        return work

    def erase(self) -> Callable[[], bool]:
        """An erasure that has begun, of a file that is there, whose applicant has another, and that is mentioned."""
        municipality = next(self.fresh)
        older, newer = (self.put(municipality=municipality) for _ in range(2))
        assert self.take(older)
        assert self.take(newer)
        submission = self.taken(newer)
        gathering = Gathering(
            call=self.call, contact=submission.id, event=Event.SUMMARY, writes=1,
            listed=({"reference": submission.reference, "organisation": "x", "event": "accepted"},),
        )  # fmt: skip
        item = items.wire(items.gathering_item(gathering))
        self.stack.client("dynamodb").put_item(TableName=self.stack.output("TableName"), Item=item)
        return self.erasing(submission)

    def erase_the_last(self) -> Callable[[], bool]:
        """An erasure that has begun, of all that an applicant has, who had leave to be late."""
        municipality = municipalities.everything()[-1].code
        record = self.put(municipality=municipality)
        assert self.take(record)
        given = {"reason": "a test", "approved_by": "test", "at": now()}
        self.stack.store.waive(self.call, Waiver(applicant=municipality, until=datetime(2048, 5, 1), **given))  # noqa: DTZ001
        return self.erasing(self.taken(record))

    def erasing(self, submission: Submission) -> Callable[[], bool]:
        """The erasure of a submission, begun; called, it goes on with it."""
        why = {"call": self.call, "reason": "a test", "by": "test", "at": now()}
        eraser = self.stack.erasure.eraser
        eraser.begin(submission, Erased(id=submission.id, work=work_on(submission), **why))

        def work() -> bool:
            answered = self.answer("EraseFunction", {})
            known = eraser.erased(submission.id)
            return answered is not None and answered["held"] == 0 and known is not None and known.done_at is not None

        return work

    def taken(self, record: dict[str, Any]) -> Submission:
        """The submission of an event record that intake took."""
        return next(one for one in self.stack.store.list_submissions(self.call) if one.key == decoded(record))

    def tick(self) -> Callable[[], bool]:
        """A call that has opened, closed and is distributed, with an application to decide."""
        call = f"fordelt-{uuid.uuid4().hex[:8]}"
        given = a_call(id=call, opens="2018-02-27T00:00:00", deadline="2048-04-09T23:59:59")
        self.stack.store.publish_call(given, now())
        key = f"incoming/{call}/1.json"
        bucket = self.stack.output("UploadsBucketName")
        version = self.s3.put_object(Bucket=bucket, Key=key, Body=a_form(call))["VersionId"]
        assert self.take(s3_record(key, version, bucket=bucket))
        # Not so long ago that it would have to be erased already.
        day = (now() - timedelta(days=2)).date().isoformat()
        over = {"deadline": "2018-04-09T23:59:59", "distributed": {"date": day, "awards": []}}
        self.stack.store.publish_call(a_call(id=call, opens="2018-02-27T00:00:00", **over), now())
        return lambda: self.invoke("TickFunction", {})

    def look_after_contacts(self) -> Callable[[], bool]:
        """The daily look at who confirmed."""
        return lambda: self.invoke("TickFunction", {"task": "contacts"})

    def receipt(self) -> Notice:
        """The row of a receipt that waits."""
        record = self.put(contact_email="kontakt@example.dk")
        assert self.take(record)
        bucket, thing = self.stack.output("UploadsBucketName"), record["s3"]["object"]
        identity = submission_id(bucket, unquote_plus(thing["key"]), thing["versionId"])
        return next(row for row in self.stack.outbox.of_submission(identity) if row.audience == APPLICANT)

    def write(self) -> Callable[[], bool]:
        """A receipt to an applicant."""
        row = self.receipt()
        return lambda: self.invoke("NotifyFunction", stream_event((row.partition, row.sort_key)))

    def hear(self) -> Callable[[], bool]:
        """A mail that SES says came back."""
        row = self.receipt()
        assert self.invoke("NotifyFunction", stream_event((row.partition, row.sort_key)))
        sent = self.stack.outbox.notice(row.partition, row.sort_key)
        assert sent
        return lambda: self.invoke("FeedbackFunction", sqs_event(ses_event(sent)))


def decoded(record: dict[str, Any]) -> str:
    """The key of an event record."""
    return str(unquote_plus(record["s3"]["object"]["key"]))


PAGES = {
    "dynamodb:Query": "/",
    "dynamodb:GetItem": "/puljer/{call}/frist.ics",
    "s3:ListBucket": "/puljer/{call}",
    "s3:GetObject": "/puljer/{call}/dokumenter/ansoegningsskema.docx",
}
"""What the portal shows by way of each of its permissions."""

WORK: dict[tuple[str, str], Callable[[Desk], Callable[[], bool]]] = {
    ("IntakeRole", "s3:GetObject"): Desk.take_the_current,
    ("IntakeRole", "s3:PutObject"): Desk.take_a_faulty_one,
    ("IntakeRole", "dynamodb:ConditionCheckItem"): Desk.take_an_older_one,
    ("NotifyRole", "ses:SendEmail"): Desk.write,
    ("EraseRole", "dynamodb:UpdateItem"): Desk.erase_the_last,
    ("TickRole", "sns:ListSubscriptionsByTopic"): Desk.look_after_contacts,
}
"""The work that needs an action, where it is not the ordinary work of the role."""
ORDINARY = {
    "IntakeRole": Desk.take_a_version,
    "NotifyRole": Desk.tell,
    "TickRole": Desk.tick,
    "ReconcileRole": Desk.reconcile,
    "EraseRole": Desk.erase,
    "FeedbackRole": Desk.hear,
}


def kind_of_work(role: str, action: str) -> str | Callable[[Desk], Callable[[], bool]]:
    """What a role needs an action for: a page of the portal, or a piece of work."""
    return PAGES.get(action, Desk.ask) if role == "PortalRole" else WORK.get((role, action), ORDINARY[role])


def work_of(desk: Desk, role: str, action: str) -> Callable[[], bool]:
    """The work for which a role needs an action, prepared: called, it says whether it was done."""
    kind = kind_of_work(role, action)
    return desk.show(kind.format(call=desk.call)) if isinstance(kind, str) else kind(desk)
