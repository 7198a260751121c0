"""One installation of Puljeport: found by its CloudFormation stack, and what is in it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from puljeport import settings
from puljeport.aws import code
from puljeport.aws import describe as describe_error
from puljeport.delivery import Delivery, wired
from puljeport.drawer import Drawer
from puljeport.eraser import Eraser
from puljeport.erasure import Erasure
from puljeport.ledger import Ledger
from puljeport.objects import Objects
from puljeport.outbox import Outbox
from puljeport.publish import Publisher
from puljeport.queues import Queue
from puljeport.reconcile import Reconcile
from puljeport.settings import NotifySettings
from puljeport.store import Store
from puljeport.subscriptions import POLICIES
from puljeport.topic import Topic
from puljeport_cli import screen
from puljeport_cli.failures import Failure
from puljeport_cli.local import STAGE, State, home

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5})


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Target:
    """Which installation was asked for: `stage` and the local cloud's folder, each None where it was not said."""

    stage: str | None = None
    root: Path | None = None


@dataclass(frozen=True)
class Stack:
    """A deployed installation. `local` is the local cloud it lives in, None for AWS."""

    stage: str
    outputs: dict[str, str]
    status: str
    local: State | None = None

    def client(self, service: str) -> Any:
        """A client of one AWS service where this installation is."""
        return self.local.client(service) if self.local else _aws_client(service)

    def output(self, name: str) -> str:
        """One of the stack's outputs. Raises Failure when the stack has none of that name (an older template)."""
        try:
            return self.outputs[name]
        except KeyError:
            raise Failure(f"The stack {stack_name(self.stage)} has no output {name}. Deploy it anew.") from None

    @property
    def portal(self) -> str:
        """The address of the applicants' portal. In the local cloud it is a name of this very machine."""
        address = self.output("PortalUrl")
        if self.local is None:
            return address
        api = urlsplit(address).netloc.partition(".")[0]
        scheme, _, host = self.local.endpoint.partition("://")
        return f"{scheme}://{api}.execute-api.localhost:{host.rpartition(':')[2]}/"

    @property
    def store(self) -> Store:
        """The installation's table."""
        return Store(self.client("dynamodb"), self.output("TableName"))

    @property
    def outbox(self) -> Outbox:
        """The installation's outbox of notices."""
        return Outbox(self.client("dynamodb"), self.output("TableName"))

    @property
    def drawer(self) -> Drawer:
        """What the installation keeps of tickets, and of documents beside a form."""
        return Drawer(self.client("dynamodb"), self.output("TableName"))

    @property
    def topic(self) -> Topic:
        """The topic that notices go to."""
        return Topic(self.client("sns"), self.output("NoticesTopicArn"))

    def publisher(self, quota: int = POLICIES) -> Publisher:
        """What publishes a call here, where SNS filters for `quota` mailboxes."""
        documents = DocumentsBucket(self.client("s3"), self.output("DocumentsBucketName"))
        return Publisher(self.store, self.outbox, documents, self.topic, now, quota)

    def queue(self, output: str) -> Queue:
        """The queue whose address is in one of the stack's outputs."""
        return Queue(self.client("sqs"), self.output(output))

    def bucket(self, output: str) -> Objects:
        """The bucket whose name is in one of the stack's outputs."""
        return Objects(self.client("s3"), self.output(output))

    @property
    def delivery(self) -> Delivery:
        """What sends notices, set up as the function `notify` is."""
        function = self.output("NotifyFunctionName")
        given = self.client("lambda").get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        dynamodb, sns, ses = (self.client(name) for name in ("dynamodb", "sns", "sesv2"))
        return wired(settings.load(NotifySettings, given), dynamodb, sns, ses, f"operator-{uuid4().hex}")

    def reconcile(self, *, repair: bool) -> Reconcile:
        """What finds and puts back what was lost."""
        return Reconcile(
            store=self.store,
            outbox=self.outbox,
            ledger=Ledger(self.client("dynamodb"), self.output("TableName")),
            uploads=self.bucket("UploadsBucketName"),
            queue=self.queue("UploadsQueueUrl"),
            delivery=self.delivery,
            now=now,
            log=_told,
            repair=repair,
        )

    @property
    def erasure(self) -> Erasure:
        """What erases here."""
        return Erasure(
            store=self.store,
            outbox=self.outbox,
            eraser=Eraser(self.client("dynamodb"), self.output("TableName")),
            uploads=self.bucket("UploadsBucketName"),
            documents=self.bucket("DocumentsBucketName"),
            now=now,
            log=_told,
        )


def _told(submission: str, error: BaseException) -> None:
    screen.note(f"{submission}: {describe_error(error)}")


class DocumentsBucket:
    """The bucket of blanks and guides."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keep `data` under `key`, unless just that is there already."""
        if self._etag(key) == hashlib.md5(data, usedforsecurity=False).hexdigest():
            return
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data, ContentType=content_type)

    def get(self, key: str, /) -> bytes | None:
        """What is kept under `key`, None where there is nothing."""
        try:
            content: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if code(error) in {"404", "NoSuchKey"}:
                return None
            raise
        return content

    def _etag(self, key: str) -> str | None:
        try:
            return str(self._client.head_object(Bucket=self._bucket, Key=key)["ETag"]).strip('"')
        except ClientError as error:
            if code(error) in {"404", "NoSuchKey"}:
                return None
            raise


def stack_name(stage: str) -> str:
    """The name of a stage's CloudFormation stack."""
    return f"puljeport-{stage}"


def find(target: Target, *, quiet: bool = False) -> Stack:
    """The installation that was asked for; the running local cloud when nothing was asked for.

    Says on the error output which one it took (not when `quiet`). Raises Failure when there is none.
    """
    stage = target.stage or (None if os.environ.get("AWS_PROFILE") else STAGE)
    if stage is None:
        raise Failure("AWS_PROFILE is set, but not which stage is meant: give --stage, or set PULJEPORT_STAGE.")
    state = _local_state(target) if stage == STAGE else None
    where = state.endpoint if state else "AWS"
    if not quiet:
        screen.note(f"{stack_name(stage)} ({where})")
    outputs, status = describe(state.client("cloudformation") if state else _aws_client("cloudformation"), stage)
    return Stack(stage, outputs, status, state)


def _local_state(target: Target) -> State:
    state = home(target.root).running()
    if state is None:
        raise Failure("No local cloud runs. Start one with `puljeport up`, or name a stage on AWS with --stage.")
    return state


def describe(client: Any, stage: str) -> tuple[dict[str, str], str]:
    """Outputs and status of a stage's stack. Raises Failure when there is no such stack."""
    try:
        stack = client.describe_stacks(StackName=stack_name(stage))["Stacks"][0]
    except ClientError as error:
        if code(error) != "ValidationError":
            raise
        remedy = "`puljeport up`" if stage == STAGE else f"`make deploy STAGE={stage}`"
        raise Failure(f"There is no stack {stack_name(stage)} here. Deploy it with {remedy}.") from None
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    return outputs, str(stack["StackStatus"])


def _aws_client(service: Any) -> Any:
    return boto3.client(service, config=CONFIG)
