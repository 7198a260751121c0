"""Who was told what, and when: a subscriber of the topic that hears everything, whichever mailbox it is for."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from puljeport.subscriptions import MAILBOX
from puljeport_cli import mailbox
from puljeport_cli.mailbox import Mail
from puljeport_cli.stack import Stack


@dataclass(frozen=True)
class Heard:
    """One message of the topic: for which mailbox (as `notices.endpoint` has it), its id, and when SNS had it."""

    mailbox: str
    id: str
    contact: str
    event: str
    about: str
    at: datetime


@dataclass
class Ear:
    """A queue that is subscribed to all notices of a stack, and the mailbox of the local cloud."""

    stack: Stack
    heard: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._sqs, sns = self.stack.client("sqs"), self.stack.client("sns")
        self._queue = self._sqs.create_queue(QueueName=f"ear-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        sns.subscribe(TopicArn=self.stack.output("NoticesTopicArn"), Protocol="sqs", Endpoint=arn)
        self.listen()

    def listen(self) -> list[Heard]:
        """What came since the last time, in the order in which it came."""
        new: list[Heard] = []
        while batch := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                new.append(_heard(json.loads(message["Body"])))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        self.heard += new
        return new

    def mails(self) -> list[Mail]:
        """The mails that came so far, to applicants and to subscribers by e-mail."""
        assert self.stack.local
        return mailbox.mails(self.stack.local)


def _heard(envelope: dict[str, str | dict[str, dict[str, str]]]) -> Heard:
    attributes = envelope["MessageAttributes"]
    assert isinstance(attributes, dict)
    body = json.loads(str(envelope["Message"]))
    return Heard(
        mailbox=attributes.get(MAILBOX, {}).get("Value", ""),
        id=str(body["id"]),
        contact=attributes["contact"]["Value"],
        event=attributes["event"]["Value"],
        about=str(body.get("submission") or body.get("call")),
        at=datetime.fromisoformat(str(envelope["Timestamp"])),
    )
