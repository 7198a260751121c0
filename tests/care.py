"""The functions that look after what was left undone, over a world: its queue before intake, and their clock."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from moto.ses.models import ses_backends

import erase.app
import reconcile.app
from builders import BUCKET
from puljeport.eraser import Eraser
from puljeport.erasure import Erasure
from puljeport.ledger import Ledger
from puljeport.objects import Objects
from puljeport.outbox import Outbox
from puljeport.queues import Queue
from puljeport.reconcile import Reconcile
from puljeport.store import Store
from worlds import ACCOUNT, DOCUMENTS, TABLE, Context, World, worker_client

REGION = "eu-north-1"


@dataclass
class Hurried(Context):
    """An invocation that has time for only so many steps."""

    steps: int = 10**9

    def get_remaining_time_in_millis(self) -> int:
        self.steps -= 1
        return 300_000 if self.steps >= 0 else 1_000


@dataclass
class Care:
    """Reconciling and erasing over a world, as they are deployed."""

    world: World
    seen: list[dict[str, int]] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        world = self.world
        world.s3.put_bucket_versioning(Bucket=DOCUMENTS, VersioningConfiguration={"Status": "Enabled"})
        self.queue_url = world.sqs.create_queue(QueueName="uploads")["QueueUrl"]
        self.queue = Queue(world.sqs, self.queue_url)
        client = worker_client("dynamodb")
        self.reconcile = Reconcile(
            store=Store(client, TABLE),
            outbox=Outbox(client, TABLE),
            ledger=Ledger(client, TABLE),
            uploads=Objects(worker_client("s3"), BUCKET),
            queue=self.queue,
            delivery=world.delivery,
            now=world.clock,
            log=lambda _submission, _error: None,
        )
        world.monkeypatch.setattr(reconcile.app, "_reconcile", lambda: self.reconcile)
        self.erasure = Erasure(
            store=Store(client, TABLE),
            outbox=Outbox(client, TABLE),
            eraser=Eraser(client, TABLE),
            uploads=Objects(worker_client("s3"), BUCKET),
            documents=Objects(worker_client("s3"), DOCUMENTS),
            now=world.clock,
            log=lambda _submission, error: self.errors.append(error),
        )
        world.monkeypatch.setattr(erase.app, "_erasure", lambda: self.erasure)

    def tick(self, which: str = "light", *, steps: int = 10**9) -> dict[str, int]:
        """One invocation of `reconcile`, with time for so many steps: what it counted."""
        answer: dict[str, int] = reconcile.app.handler({"pass": which}, Hurried(steps=steps))
        self.seen.append(answer)
        return answer

    def ticks(self, *, hours: float, every: int = 5) -> None:
        """What the schedule does in so many hours, one run each so many minutes."""
        for _ in range(int(hours * 60 / every)):
            self.world.clock.advance(minutes=every)
            self.tick()
            self.drain()

    def night(self, *, steps: int = 10**9) -> dict[str, int]:
        """One invocation of `erase`: what it counted."""
        answer: dict[str, int] = erase.app.handler({}, Hurried(steps=steps))
        return answer

    def drain(self) -> int:
        """Let intake take all that waits in its queue: how many messages that were."""
        taken = list(self.queue.take(self.queue.count(), 60))
        for letter in taken:
            assert self.world.run_intake(letter.body) == []
            self.queue.drop(letter)
        return len(taken)

    def mails(self) -> list[Any]:
        """The mails that SES was given for applicants."""
        return list(ses_backends[ACCOUNT][REGION].sent_messages)

    def everything(self) -> str:
        """All that lies in the table and in both buckets, as one text, for looking for what must not be there."""
        kept = [
            json.dumps(
                self.world.dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"], ensure_ascii=False, default=str
            )
        ]
        for bucket in (BUCKET, DOCUMENTS):
            for version in Objects(self.world.s3, bucket).versions(""):
                body = b""
                if not version.marker:
                    body = self.world.s3.get_object(Bucket=bucket, Key=version.key, VersionId=version.version_id)[
                        "Body"
                    ].read()
                kept.append(f"{version.key} {body.decode(errors='replace')}")
        return "\n".join(kept)
