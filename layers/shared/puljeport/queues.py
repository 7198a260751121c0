"""Queues (SQS): putting messages back, and looking at and moving those that were given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from puljeport.aws import code

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

AT_ONCE = 10
"""How many messages SQS hands out at once."""

NO_MOVER = {"InvalidAction", "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", "UnknownOperation"}
"""Answers of a service that cannot move messages by itself."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message that lies in a queue: its text, when it was sent (aware), how often it was handed out."""

    id: str
    handle: str
    body: str
    sent_at: datetime
    receives: int


class Queue:
    """One queue."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, body: str) -> None:
        """Put one message into the queue."""
        self._client.send_message(QueueUrl=self._url, MessageBody=body)

    def count(self) -> int:
        """About how many messages there are, those that somebody holds just now included."""
        given = self._client.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return int(given["ApproximateNumberOfMessages"]) + int(given["ApproximateNumberOfMessagesNotVisible"])

    def take(self, most: int, seconds: int) -> Iterator[Letter]:
        """Up to `most` messages, hidden from everybody else for `seconds`. Ends when none is handed out."""
        taken = 0
        while taken < most:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(AT_ONCE, most - taken),
                VisibilityTimeout=seconds,
                # SQS then asks all of its servers, and an empty answer means an empty queue (long polling).
                WaitTimeSeconds=1,
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            )
            batch = answer.get("Messages", [])
            if not batch:
                return
            taken += len(batch)
            yield from map(_letter, batch)

    def give_back(self, letter: Letter) -> None:
        """Let a message that was taken be seen again at once."""
        self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=letter.handle, VisibilityTimeout=0)

    def drop(self, letter: Letter) -> None:
        """Take a message out for good."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.handle)

    def move_all(self) -> bool:
        """Have SQS move all messages of this dead letter queue to where they came from. False where it cannot.

        Source: SQS API reference, StartMessageMoveTask. It goes on by itself after this call.
        """
        arn = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        try:
            self._client.start_message_move_task(SourceArn=arn["Attributes"]["QueueArn"])
        except ClientError as error:
            if code(error) in NO_MOVER:
                return False
            raise
        return True


def _letter(message: MessageTypeDef) -> Letter:
    about = message["Attributes"]
    return Letter(
        id=message["MessageId"],
        handle=message["ReceiptHandle"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(int(about["SentTimestamp"]) / 1000, UTC),
        receives=int(about["ApproximateReceiveCount"]),
    )
