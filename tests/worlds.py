"""A world in one process: moto as AWS, a clock that only the test moves, and workers that can be made to die."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.ses.models import ses_backends

import feedback.app
import intake.app
import notify.app
import reconcile.app
import tick.app
from builders import BUCKET, MIDWAY, a_call, s3_event, s3_record, sqs_event, stream_event
from portal.web import Portal
from puljeport import aws
from puljeport.calendar import Calendar
from puljeport.calls import Call
from puljeport.delivery import Delivery
from puljeport.documents import Documents
from puljeport.drawer import Drawer
from puljeport.feedback import Feedback
from puljeport.intake import Intake
from puljeport.items import plain
from puljeport.ledger import Ledger
from puljeport.letters import Links
from puljeport.mail import Mail
from puljeport.marking import mark
from puljeport.notices import Notice
from puljeport.objects import Objects
from puljeport.outbox import Outbox
from puljeport.queues import Queue
from puljeport.readers import printed, read
from puljeport.reconcile import Reconcile
from puljeport.settings import PortalSettings
from puljeport.store import Store
from puljeport.submissions import Submission
from puljeport.topic import Topic
from puljeport.uploads import Copies, Posts, Uploads
from puljeport.webdrafts import WebDrafts

TABLE = "puljeport-test"
DOCUMENTS = "puljeport-test-documents"
ACCOUNT = "123456789012"
SENDER = "puljer@example.dk"


class Crash(BaseException):
    """A worker dies: not an Exception, so that no `except Exception` of ours can act as if it were alive."""


@dataclass
class Clock:
    """Time that stands still until the test moves it."""

    moment: datetime = MIDWAY + timedelta(minutes=1)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Faults:
    """Sees every call to AWS and can end the worker just before it (not committed) or just after it (committed)."""

    calls: list[str] = field(default_factory=list)
    strike: Callable[[int, str], BaseException | None] = lambda _index, _phase: None

    def fail(self, operation: str, error: BaseException, *, phase: str = "before", nth: int | None = None) -> None:
        """Raise `error` at the nth call of an operation from now (counted from 1), or at every one of them."""
        base = len(self.calls)

        def strike(index: int, at: str) -> BaseException | None:
            hit = self.calls[index].endswith(":" + operation) and at == phase
            count = sum(one.endswith(":" + operation) for one in self.calls[base : index + 1])
            return error if hit and nth in (None, count) else None

        self.strike = strike

    def heal(self) -> None:
        """Let every call through again."""
        self.strike = lambda _index, _phase: None

    def before(self, model: Any, **_: Any) -> None:
        """A call is about to be made."""
        self.calls.append(f"{model.service_model.service_name}:{model.name}")
        self._maybe("before")

    def after(self, **_: Any) -> None:
        """A call was made."""
        self._maybe("after")

    def _maybe(self, phase: str) -> None:
        if error := self.strike(len(self.calls) - 1, phase):
            raise error


@cache
def own_client(service: Any) -> Any:
    """The test's own client. Clients are slow to make, so that all worlds share them; moto behind them starts anew."""
    return boto3.client(service, region_name="eu-north-1")


@cache
def worker_client(service: Any) -> Any:
    """A client as the functions make theirs."""
    config = aws.s3_config() if service == "s3" else aws.CONFIG
    return boto3.client(service, region_name="eu-north-1", config=config)


@dataclass
class Context:
    """What Lambda tells a handler of its invocation."""

    function_name: str = "test"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = f"arn:aws:lambda:eu-north-1:{ACCOUNT}:function:test"
    aws_request_id: str = "request"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass
class World:
    """All of AWS that Puljeport touches, and the functions over it."""

    monkeypatch: pytest.MonkeyPatch
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    read: Callable[[bytes, str], Any] = read
    mark: Callable[..., Any] = mark
    messages: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.s3, self.dynamodb, self.sns, self.sqs = map(own_client, ("s3", "dynamodb", "sns", "sqs"))
        where = {"LocationConstraint": "eu-north-1"}
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        self.s3.create_bucket(Bucket=DOCUMENTS, CreateBucketConfiguration=where)
        for bucket in (BUCKET, DOCUMENTS):
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        _create_table(self.dynamodb)
        topic = self.sns.create_topic(Name="notices")["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName="machine")["QueueUrl"]
        arn = f"arn:aws:sqs:eu-north-1:{ACCOUNT}:machine"
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        workers = {name: worker_client(name) for name in ("s3", "dynamodb", "sns", "sqs", "sesv2")}
        for client in workers.values():
            # One id for all worlds: the newest takes the place of the one before.
            for event, see in (("before-call", self.faults.before), ("after-call", self.faults.after)):
                client.meta.events.unregister(f"{event}.*.*", unique_id=event)
                client.meta.events.register(f"{event}.*.*", see, unique_id=event)
        self.store, self.notices = Store(self.dynamodb, TABLE), Outbox(self.dynamodb, TABLE)
        store, outbox = Store(workers["dynamodb"], TABLE), Outbox(workers["dynamodb"], TABLE)
        own_client("sesv2").create_email_identity(EmailIdentity=SENDER)
        self.mail = Mail(workers["sesv2"], SENDER, "puljeport-test")
        self.intake = Intake(
            store=store,
            drawer=Drawer(workers["dynamodb"], TABLE),
            uploads=Uploads(workers["s3"]),
            copies=Copies(workers["s3"], DOCUMENTS),
            documents=Documents(workers["s3"], DOCUMENTS),
            mark=lambda data, problems, language: self.mark(data, problems, language),  # noqa: PLW0108 - likewise
            read=lambda data, name: self.read(data, name),  # noqa: PLW0108 - a test may change it later
            read_printed=printed.read,
            now=self.clock,
            log=lambda _submission, _error: None,
            max_upload_bytes=100_000,
            lease=timedelta(seconds=90),
        )
        self.topic = Topic(workers["sns"], topic)
        self.delivery = Delivery(
            store, outbox, self.topic, self.mail, Links("https://puljer.example.dk"), now=self.clock, by="notify",
            wait=lambda seconds: self.clock.advance(seconds=seconds),
        )  # fmt: skip
        self.calendar = Calendar(
            store, outbox, self.intake.drawer, self.topic, log=lambda call, _error: self.wrong.append(call)
        )
        self.monkeypatch.setattr(tick.app, "_calendar", lambda: self.calendar)
        self.monkeypatch.setattr(tick.app, "_now", self.clock)
        self.feedback = Feedback(store, outbox, now=self.clock)
        uploads_queue = self.sqs.create_queue(QueueName="uploads")["QueueUrl"]
        self.uploads_queue = Queue(self.sqs, uploads_queue)
        self.reconcile = Reconcile(
            store=store,
            outbox=outbox,
            ledger=Ledger(workers["dynamodb"], TABLE),
            uploads=Objects(workers["s3"], BUCKET),
            queue=Queue(workers["sqs"], uploads_queue),
            delivery=replace(self.delivery, by="reconcile"),
            now=self.clock,
            log=lambda submission, _error: self.wrong.append(submission),
        )
        self.monkeypatch.setattr(reconcile.app, "_reconcile", lambda: self.reconcile)
        self.monkeypatch.setattr(intake.app, "_intake", lambda: self.intake)
        self.monkeypatch.setattr(feedback.app, "_feedback", lambda: self.feedback)
        self.monkeypatch.setattr(notify.app, "_delivery", lambda: self.delivery)

    def publish(self, call: Call | None = None) -> Call:
        """Publish a call, the small one unless another is given."""
        return self.store.publish_call(call or a_call(), self.clock()).call

    def put(self, key: str, data: bytes, at: datetime = MIDWAY) -> dict[str, Any]:
        """Put an object that S3 took at `at`, and give its event record."""
        version = self.s3.put_object(Bucket=BUCKET, Key=key, Body=data)["VersionId"]
        stored = s3_backends[ACCOUNT]["aws"].buckets[BUCKET].keys.getlist(key)
        next(one for one in stored if one.version_id == version).last_modified = at.replace(tzinfo=None)
        return s3_record(key, version, eventTime=at.isoformat().replace("+00:00", ".123Z"))

    def run_intake(self, *bodies: object) -> list[str]:
        """One invocation of `intake` with these messages: the ids of those that come back."""
        answer = intake.app.handler(sqs_event(*bodies), Context())
        return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]

    def run_notify(self, *keys: tuple[str, str], **changes: Any) -> list[str]:
        """One invocation of `notify` for these rows: the sequence numbers that come back."""
        answer = notify.app.handler(stream_event(*keys, **changes), Context())
        return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]

    def run_tick(self, at: str | None = None, task: str = "") -> dict[str, int]:
        """One invocation of `tick`, at a time in UTC where it is given: what it did, by name."""
        if at is not None:
            self.clock.moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
        answer: dict[str, int] = tick.app.handler({"task": task} if task else {}, Context())
        return answer

    def run_feedback(self, *bodies: object) -> list[str]:
        """One invocation of `feedback` with these messages: the ids of those that come back."""
        answer = feedback.app.handler(sqs_event(*bodies), Context())
        return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]

    def mails(self) -> list[Any]:
        """The mails to applicants that SES took, oldest first."""
        return list(ses_backends[ACCOUNT]["eu-north-1"].sent_messages)

    def take(self, key: str, data: bytes, at: datetime = MIDWAY) -> Submission:
        """Put an object, take it in, and give its record."""
        record = self.put(key, data, at)
        assert self.run_intake(s3_event(record)) == []
        return self.submissions()[record["s3"]["object"]["versionId"]]

    def run_reconcile(self, *, full: bool = False) -> dict[str, int]:
        """One invocation of `reconcile`, a light one or the one that begins the nightly pass: what it counted."""
        answer: dict[str, int] = reconcile.app.handler({"pass": "full" if full else "light"}, Context())
        return answer

    def sent_to_queue(self) -> list[str]:
        """The messages that were put into the queue before intake, which it then has no longer."""
        taken = list(self.uploads_queue.take(self.uploads_queue.count(), 60))
        for letter in taken:
            self.uploads_queue.drop(letter)
        return [letter.body for letter in taken]

    def portal(self) -> Portal:
        """The portal over this world."""
        s3 = worker_client("s3")
        given = PortalSettings(table=TABLE, documents_bucket=DOCUMENTS, uploads_bucket=BUCKET)
        return Portal(
            self.intake.store, self.intake.drawer, Documents(s3, DOCUMENTS), Copies(s3, DOCUMENTS), Posts(s3, BUCKET),
            WebDrafts(worker_client("dynamodb"), TABLE), given, self.clock,
        )  # fmt: skip

    def notify_all(self) -> None:
        """Wake `notify` for every outbox row there is."""
        if keys := self.outbox():
            assert self.run_notify(*keys) == []

    def items(self, kind: str) -> list[dict[str, Any]]:
        """All items of one kind, in DynamoDB's own shape: out of moto's own memory, since a scan takes it very long."""
        table = dynamodb_backends[ACCOUNT]["eu-north-1"].tables[TABLE]
        stored = (item.attrs for partition in table.items.values() for item in partition.values())
        return [
            {name: value.to_regular_json() for name, value in attributes.items()}
            for attributes in stored
            if attributes["item"].value == kind
        ]

    def outbox(self) -> list[tuple[str, str]]:
        """The keys of every outbox row."""
        return [(item["PK"]["S"], item["SK"]["S"]) for item in self.items("notice")]

    def rows(self) -> list[Notice]:
        """Every outbox row."""
        return [Notice.model_validate(plain(item)) for item in self.items("notice")]

    def submissions(self) -> dict[str, Submission]:
        """Every submission by its object version."""
        found = [Submission.model_validate(plain(item)) for item in self.items("submission")]
        return {submission.version_id: submission for submission in found}

    def only(self) -> Submission:
        """The one submission there is."""
        (submission,) = self.submissions().values()
        return submission

    def states(self) -> Counter[str]:
        """How many submissions there are in each state."""
        return Counter(item["state"]["S"] for item in self.items("submission"))

    def received_messages(self) -> list[dict[str, Any]]:
        """What machine subscribers got so far: SNS's envelopes, their Message parsed."""
        while batch := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                envelope = json.loads(message["Body"])
                self.messages.append(envelope | {"Message": json.loads(envelope["Message"])})
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return self.messages


def _create_table(client: Any) -> None:
    keys = [("PK", "HASH"), ("SK", "RANGE")]
    index = [("GSI1PK", "HASH"), ("GSI1SK", "RANGE")]
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys + index],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "ByCall",
                "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in index],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
