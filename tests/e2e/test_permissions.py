"""S15 on the local cloud with IAM enforced: each action of each role is needed, and nothing else works.

The functions are invoked directly while their triggers are paused, so that an answer tells of one permission alone.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

import boto3
import pytest
from botocore.exceptions import ClientError

from builders import a_call, a_form, a_submission, http_event, s3_event, s3_record, ses_event, sqs_event, stream_event
from printing import flattened
from puljeport import items, municipalities
from puljeport.blanks import docx, pdf
from puljeport.calls import Event
from puljeport.documents import FORM_NAMES, folder
from puljeport.eraser import Erased
from puljeport.eraser import work as work_on
from puljeport.notices import APPLICANT, Gathering, Notice, Status, for_submission
from puljeport.submissions import submission_id
from puljeport.uploads import arrivals
from puljeport_cli.fill import Answers, fill_docx
from puljeport_cli.fillpdf import fill_pdf
from puljeport_cli.stack import Stack, now
from roles import SHOWN
from sendforms import send_form

pytestmark = [pytest.mark.slow, pytest.mark.cloud]

CALL = "rettigheder-2018"


class Desk:
    """The stack's functions and roles, and how a test works them."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.iam, self.functions, self.s3 = (stack.client(name) for name in ("iam", "lambda", "s3"))
        resources = stack.client("cloudformation").describe_stack_resources(StackName="puljeport-local")
        self.physical = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources["StackResources"]}
        self.fresh = iter([municipality.code for municipality in municipalities.everything()])
        stack.store.publish_call(a_call(id=CALL, opens="2018-02-27T00:00:00", deadline="2048-04-09T23:59:59"), now())

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
        answer = self.functions.invoke(FunctionName=self.physical[function], Payload=json.dumps(event).encode())
        body: dict[str, Any] = json.loads(answer["Payload"].read())
        return None if "FunctionError" in answer else body

    def put(self, data: bytes | None = None, **changes: Any) -> dict[str, Any]:
        """Upload a form under a new name, a valid one unless it is given, and give its event record."""
        key = f"incoming/{CALL}/{uuid.uuid4()}.json"
        bucket = self.stack.output("UploadsBucketName")
        data = data or a_form(**{"call": CALL, "municipality": next(self.fresh)} | changes)
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
        call = self.stack.store.current_call(CALL)
        assert call
        record = self.put(fill_docx(docx.make(call.call, call.version, "da"), {"municipality": next(self.fresh)}))
        return lambda: self.take(record)

    def take_a_print(self) -> Callable[[], bool]:
        """A form that was printed, which is read by the blank."""
        call = self.stack.store.current_call(CALL)
        assert call
        blank, bucket = pdf.make(call.call, call.version, "da"), self.stack.output("DocumentsBucketName")
        for name in FORM_NAMES.values():
            self.s3.put_object(Bucket=bucket, Key=f"{folder(CALL, call.version)}{name}.pdf", Body=blank)
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
        event = http_event(f"/puljer/{CALL}/indsend", "POST", accept="application/json")
        event |= {"body": "name=skema.json"}

        def work() -> bool:
            answer = self.functions.invoke(
                FunctionName=self.physical["PortalFunction"], Payload=json.dumps(event).encode()
            )
            answered = json.loads(answer["Payload"].read())
            if answered.get("statusCode") != 200:
                return False
            asked = json.loads(answered["body"])
            return send_form(self.stack, asked, a_form(call=CALL)) == 201

        return work

    def show(self, path: str) -> Callable[[], bool]:
        """A page of the portal, or a document that the call has."""
        documents = self.stack.output("DocumentsBucketName")
        self.s3.put_object(Bucket=documents, Key=f"calls/{CALL}/v1/ansoegningsskema.docx", Body=b"x")
        return lambda: self.invoke("PortalFunction", http_event(path))

    def tell(self) -> Callable[[], bool]:
        """A notice that waits."""
        assert self.take(self.put())
        waiting = self.stack.client("dynamodb").scan(TableName=self.stack.output("TableName"))["Items"]
        pk, sk = next(
            (item["PK"]["S"], item["SK"]["S"]) for item in waiting
            if item["item"]["S"] == "notice" and item["status"]["S"] == "pending" and item["call"]["S"] == CALL
            and item["audience"]["S"] != APPLICANT
        )  # fmt: skip
        return lambda: self.invoke("NotifyFunction", stream_event((pk, sk)))

    def reconcile(self) -> Callable[[], bool]:
        """Notices that wait, to a contact and the applicant; a file never concluded, and one without a record."""
        long_ago = now() - timedelta(hours=2)
        record = self.put(municipality=next(self.fresh), contact_email="ansoeger@example.dk")
        (arrival,) = arrivals(json.dumps(s3_event(record)))
        identity = submission_id(arrival.bucket, arrival.key, arrival.version_id or "")
        stuck = a_submission(
            id=identity, reference=f"SAM-{identity[:8]}", call=CALL, call_version=1, bucket=arrival.bucket,
            key=arrival.key, version_id=arrival.version_id, received_at=long_ago, recorded_at=long_ago,
            email="ansoeger@example.dk", attempts=1,
        )  # fmt: skip
        assert self.stack.store.receive(stuck, long_ago)
        published = self.stack.store.current_call(CALL)
        assert published
        told = for_submission(published.call, Event.ACCEPTED, stuck, long_ago)
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
        submission = next(one for one in self.stack.store.list_submissions(CALL) if one.key == decoded(newer))
        why = {"call": CALL, "reason": "a test", "by": "test", "at": now()}
        line = Erased(id=submission.id, work=work_on(submission), **why)
        gathering = Gathering(
            call=CALL, contact=submission.id, event=Event.SUMMARY, writes=1,
            listed=({"reference": submission.reference, "organisation": "x", "event": "accepted"},),
        )  # fmt: skip
        item = items.wire(items.gathering_item(gathering))
        self.stack.client("dynamodb").put_item(TableName=self.stack.output("TableName"), Item=item)
        eraser = self.stack.erasure.eraser
        eraser.begin(submission, line)

        def work() -> bool:
            answered = self.answer("EraseFunction", {})
            known = eraser.erased(submission.id)
            return answered is not None and answered["held"] == 0 and known is not None and known.done_at is not None

        return work

    def tick(self) -> Callable[[], bool]:
        """A call that has opened, closed and is distributed, with an application to decide."""
        call = f"fordelt-{uuid.uuid4().hex[:8]}"
        given = a_call(id=call, opens="2018-02-27T00:00:00", deadline="2048-04-09T23:59:59")
        self.stack.store.publish_call(given, now())
        key = f"incoming/{call}/1.json"
        bucket = self.stack.output("UploadsBucketName")
        version = self.s3.put_object(Bucket=bucket, Key=key, Body=a_form(call))["VersionId"]
        assert self.take(s3_record(key, version, bucket=bucket))
        over = {"deadline": "2018-04-09T23:59:59", "distributed": {"date": "2018-05-14", "awards": []}}
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
    "dynamodb:GetItem": f"/puljer/{CALL}/frist.ics",
    "s3:ListBucket": f"/puljer/{CALL}",
    "s3:GetObject": f"/puljer/{CALL}/dokumenter/ansoegningsskema.docx",
}
"""What the portal shows by way of each of its permissions."""

WORK: dict[tuple[str, str], Callable[[Desk], Callable[[], bool]]] = {
    ("IntakeRole", "s3:GetObject"): Desk.take_the_current,
    ("IntakeRole", "s3:PutObject"): Desk.take_a_faulty_one,
    ("IntakeRole", "dynamodb:ConditionCheckItem"): Desk.take_an_older_one,
    ("NotifyRole", "ses:SendEmail"): Desk.write,
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


@pytest.fixture(scope="module")
def desk(guarded: Stack) -> Iterator[Desk]:
    """The desk, with triggers paused while it is used."""
    made = Desk(guarded)
    with made.paused():
        time.sleep(1)
        yield made


@pytest.mark.parametrize(
    ("role", "action"), sorted((role, action) for role, shown in SHOWN.items() for action in shown)
)
def test_s15_each_action_is_needed(desk: Desk, role: str, action: str) -> None:
    """Without the action the function cannot do the work that needs it; with it, the same work is done."""
    if role == "PortalRole":
        work = desk.show(PAGES[action]) if action in PAGES else desk.ask()
    else:
        work = WORK.get((role, action), ORDINARY[role])(desk)
    with desk.without(role, action):
        assert not work(), f"{role} does not need {action}"
    # A file that was being read when a permission went is given free again; one that was not, waits for its lease.
    assert work() or (role, action) == ("IntakeRole", "dynamodb:UpdateItem")


def test_s15_a_print_needs_the_blank(desk: Desk) -> None:
    """Reading uploads is not enough for a form that was printed; with the blanks as well, it is taken."""
    work = desk.take_a_print()
    with desk.without("IntakeRole", "s3:GetObject", "ReadBlanks"):
        assert not work()
    assert work()


def attempts(stack: Stack) -> dict[str, list[Callable[[Callable[[str], Any]], Any]]]:
    """What no function has any business doing, by role.

    Which keys and attributes a role may touch is a condition that the local cloud passes over; tests/template holds it.
    """
    bucket, table = stack.output("UploadsBucketName"), stack.output("TableName")
    documents = stack.output("DocumentsBucketName")
    topic, queue = stack.output("NoticesTopicArn"), stack.output("UploadsDeadLetterQueueUrl")
    key = {"PK": {"S": f"CALL#{CALL}"}, "SK": {"S": "CURRENT"}}

    def query(client: Callable[[str], Any]) -> Any:
        named = {":pk": key["PK"]}
        return client("dynamodb").query(
            TableName=table, KeyConditionExpression="PK = :pk", ExpressionAttributeValues=named
        )

    def plant(client: Callable[[str], Any]) -> Any:
        return client("s3").put_object(Bucket=bucket, Key="incoming/x/y", Body=b"")

    every: list[Callable[[Callable[[str], Any]], Any]] = [
        lambda client: client("s3").delete_object(Bucket=bucket, Key="incoming/x/y"),
        lambda client: client("dynamodb").delete_item(TableName=table, Key=key),
        lambda client: client("dynamodb").scan(TableName=table),
        lambda client: client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="x@example.dk"),
        lambda client: client("sqs").purge_queue(QueueUrl=queue),
        lambda client: client("iam").list_roles(),
        lambda client: client("lambda").list_functions(),
    ]
    return {
        "PortalRole": [
            *every,
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("s3").put_object(Bucket=bucket, Key="other/y", Body=b""),
            lambda client: client("s3").get_object(Bucket=documents, Key="exports/y"),
            lambda client: client("s3").put_object(Bucket=documents, Key="calls/x/v1/y", Body=b""),
            lambda client: client("s3").put_object(Bucket=documents, Key="returned/y", Body=b""),
            lambda client: client("sns").publish(TopicArn=topic, Message="x"),
        ],
        "IntakeRole": [
            *every,
            plant,
            query,
            lambda client: client("s3").get_object(Bucket=bucket, Key="other/y"),
            lambda client: client("s3").put_object(Bucket=documents, Key="calls/x/v1/y", Body=b""),
            lambda client: client("s3").get_object(Bucket=documents, Key="returned/y"),
            lambda client: client("s3").get_object(Bucket=documents, Key="calls/x/v1/guide.md"),
            lambda client: client("sns").publish(TopicArn=topic, Message="x"),
        ],
        "ReconcileRole": [
            *every,
            plant,
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("s3").list_object_versions(Bucket=documents),
        ],
        "EraseRole": [
            lambda client: client("s3").put_object(Bucket=bucket, Key="incoming/x/y", Body=b""),
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("s3").delete_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("s3").delete_object(Bucket=documents, Key="calls/x/v1/y", VersionId="null"),
            lambda client: client("dynamodb").scan(TableName=table),
            lambda client: client("sns").publish(TopicArn=topic, Message="x"),
            lambda client: client("sqs").send_message(QueueUrl=queue, MessageBody="x"),
            lambda client: client("iam").list_roles(),
        ],
        "NotifyRole": [
            *every,
            plant,
            query,
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("dynamodb").put_item(TableName=table, Item=key),
            lambda client: client("sesv2").create_email_identity(EmailIdentity="other@example.dk"),
        ],
        "FeedbackRole": [
            *every,
            plant,
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("sns").publish(TopicArn=topic, Message="x"),
            lambda client: client("sesv2").send_email(
                FromEmailAddress="puljer@example.dk",
                Destination={"ToAddresses": ["x@example.dk"]},
                Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
            ),
        ],
        "TickRole": [
            *every,
            plant,
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("sns").publish(TopicArn=topic, Message="x"),
            lambda client: client("sqs").send_message(QueueUrl=queue, MessageBody="x"),
        ],
    }


@pytest.mark.parametrize("role", sorted(SHOWN))
def test_s15_nothing_else_works(guarded: Stack, desk: Desk, role: str) -> None:
    """With a role's own policy, everything that a function has no business doing is refused."""
    policy = desk.statements(role)
    account = guarded.client("sts").get_caller_identity()["Account"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    twin = f"twin-{role}-{uuid.uuid4().hex[:8]}"
    arn = desk.iam.create_role(RoleName=twin, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    desk.iam.put_role_policy(RoleName=twin, PolicyName="twin", PolicyDocument=json.dumps(policy["PolicyDocument"]))
    given = guarded.client("sts").assume_role(RoleArn=arn, RoleSessionName="twin")["Credentials"]

    def client(service: Any) -> Any:
        ours = guarded.client(service)
        return boto3.client(
            service,
            endpoint_url=ours.meta.endpoint_url,
            region_name=ours.meta.region_name,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            verify=str(guarded.local.certificate) if guarded.local and guarded.local.certificate else None,
        )

    allowed = client("dynamodb").get_item(
        TableName=guarded.output("TableName"), Key={"PK": {"S": "SUB#x"}, "SK": {"S": "SUB"}}
    )
    assert "Item" not in allowed, "what the role may do is not refused"
    for number, attempt in enumerate(attempts(guarded)[role]):
        with pytest.raises(ClientError) as refused:
            attempt(client)
        code = refused.value.response["Error"]["Code"]
        assert "AccessDenied" in code or "AuthorizationError" in code, f"attempt {number}: {code}"
