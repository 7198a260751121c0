"""The functions that look after what was left undone, over a world: its queue before intake, and their clock."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import erase.app
import reconcile.app
from builders import BUCKET
from puljeport.eraser import Eraser
from puljeport.erasure import Erasure
from puljeport.objects import Objects
from puljeport.outbox import Outbox
from puljeport.store import Store
from worlds import DOCUMENTS, TABLE, Context, World, worker_client


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
        self.queue, self.reconcile = world.uploads_queue, world.reconcile
        client = worker_client("dynamodb")
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
        bodies = self.world.sent_to_queue()
        for body in bodies:
            assert self.world.run_intake(body) == []
        return len(bodies)

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
