"""A universe in one process: moto as storage, a clock that only steps move, queues and a stream that misbehave.

What AWS does by itself is played here: S3 tells of an upload none, one or several times; SQS hands messages out again
six minutes after they were not acknowledged, and gives up after the eighth time; the table's stream hands out new rows
in order, some of them twice, and stands still at the first that fails.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

import builders
from builders import MIDWAY, a_form, s3_event, ses_event
from puljeport.calls import Call
from puljeport.conclusions import withdraw
from puljeport.errors import Contention
from puljeport.extensions import Cause, Extension, Waiver
from puljeport.notices import Status
from puljeport.submissions import State, Submission
from puljeport.texts import Text
from puljeport.uploads import announcement
from simulation import steps
from worlds import Crash, World

VISIBILITY = timedelta(minutes=6)
RECEIVES = 8
STREAM_TRIES = 50
CALL = "samvaer-2018"
POISON = b"POISON"
CONTENTS = {"unreadable": b"\x89PNG\r\n\x1a\n", "poison": POISON}
DEFINITION: dict[str, Any] = {
    "reminders": {"contacts": [7], "applicants": [3]},
    "late_policy": {"grace_minutes": 10},
    "contacts": [
        {
            "id": "administration",
            "role": "administrative",
            "email": "administration@example.dk",
            "notify": ["opened", "reminder", "closed", "late", "withdrawn"],
            "digest": {"every": "day", "at": "08:00", "events": ["accepted", "needs_correction"]},
        },
        {
            "id": "professional-1",
            "role": "professional",
            "email": "konsulent-1@example.dk",
            "notify": ["accepted", "replaced", "withdrawn"],
            "topics": {"field": "model", "answers": ["model-1"]},
            "deputy": "professional-2",
            "away": [{"first": "2018-03-25", "last": "2018-04-02"}],
        },
        {
            "id": "professional-2",
            "role": "professional",
            "email": "konsulent-2@example.dk",
            "language": "en",
            "notify": ["accepted", "replaced", "withdrawn", "closed"],
            "topics": {"field": "model", "answers": ["model-2"]},
        },
    ],
}
MODEL = {
    "id": "model",
    "type": "choice",
    "label": {"da": "Model", "en": "Model"},
    "choices": [{"id": name, "label": {"da": name, "en": name}} for name in steps.MODELS],
}


def the_call(**changes: Any) -> Call:
    """The call of every history: contacts with topics, a digest, and one who is away for some days."""
    definition = copy.deepcopy(builders.DEFINITION) | DEFINITION | changes
    definition["form"]["sections"][0]["fields"].append(MODEL)
    return Call.model_validate(definition)


@dataclass
class Message:
    """A message in the queue: hidden until `visible`, handed out `receives` times so far."""

    body: object
    visible: datetime
    receives: int = 0


@dataclass
class Universe:
    """Everything there is, and the steps that may happen to it."""

    world: World
    queue: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    stream: list[tuple[str, str]] = field(default_factory=list)
    streamed: list[tuple[str, str]] = field(default_factory=list)
    stream_tries: int = 0
    seen: set[tuple[str, str]] = field(default_factory=set)
    struck: int = 0
    uploads: int = 0
    deadlines: list[tuple[datetime, datetime]] = field(default_factory=list)
    """From when on the call closed when."""
    waivers: list[tuple[datetime, str, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world.read = _reader(self.world.read)
        self._publish(the_call())

    # -- steps -------------------------------------------------------------------------------------------------------

    def apply(self, step: steps.Step) -> None:
        """Let a step happen."""
        getattr(self, "_" + type(step).__name__.lower())(step)
        self._follow()

    def _upload(self, step: steps.Upload) -> None:
        self.uploads += 1
        key = f"incoming/{CALL}/{step.applicant}-{step.key}"
        email = "ingen" if step.content == "faulty" else f"ansoeger-{step.applicant}@example.dk"
        form = a_form(municipality=step.applicant, model=step.model, contact_email=email, background=str(self.uploads))
        record = self.world.put(key, CONTENTS.get(step.content, form), self.world.clock())
        record["s3"]["object"]["sequencer"] = f"{self.uploads:016X}"
        self.queue += [Message(s3_event(record), self.world.clock()) for _ in range(step.told)]

    def _receive(self, step: steps.Receive) -> None:
        now = self.world.clock()
        ready = [message for message in self.queue if message.visible <= now]
        random.Random(step.order).shuffle(ready)
        batch = ready[: step.size]
        for message in batch:
            message.receives += 1
            message.visible = now + VISIBILITY
        if not batch:
            return
        with self._faults(step.faults) as answer:
            answer.value = self.world.run_intake(*(message.body for message in batch))
        failed = batch if answer.value is None else [batch[int(name[1:]) - 1] for name in answer.value]
        self.queue = [message for message in self.queue if message not in batch or message in failed]
        for message in [message for message in self.queue if message.receives >= RECEIVES]:
            self.queue.remove(message)
            self.dead.append(message)

    def _tell(self, step: steps.Tell) -> None:
        again = self.streamed[-3:] if step.again else []
        batch = [*again, *self.stream[: step.size]]
        if not batch:
            return
        with self._faults(step.faults) as answer:
            answer.value = self.world.run_notify(*batch)
        failed = None if answer.value is None else [int(number) - 1 - len(again) for number in answer.value]
        done = 0 if failed is None else len(batch) - len(again) if not failed else max(0, min(failed))
        self.streamed += self.stream[:done]
        self.stream = self.stream[done:]
        self.stream_tries = 0 if done else self.stream_tries + 1
        if self.stream_tries > STREAM_TRIES:
            self.stream, self.stream_tries = self.stream[1:], 0

    def _tick(self, step: steps.Tick) -> None:
        with self._faults(step.faults):
            self.world.run_tick()

    def _reconcile(self, step: steps.Reconcile) -> None:
        with self._faults(step.faults):
            self.world.run_reconcile(full=step.full)

    def _wait(self, step: steps.Wait) -> None:
        self.world.clock.advance(minutes=step.minutes)

    def _withdraw(self, step: steps.Withdraw) -> None:
        counting = self.world.store.counting(CALL, step.applicant)
        if counting and counting.can_be_withdrawn:
            conclusion = withdraw(counting, self.current, self.world.clock())
            self.world.store.conclude(counting, conclusion, self.world.clock(), by="applicant")

    def _edit(self, step: steps.Edit) -> None:
        moved = self._deadline() + timedelta(hours=step.hours)
        if moved > MIDWAY.replace(tzinfo=None) - timedelta(days=20):
            self._publish(the_call(deadline=moved.isoformat()))

    def _distribute(self, step: steps.Distribute) -> None:
        day = max(self.world.clock().date(), self._deadline().date()) + timedelta(days=step.days)
        definition = {"date": day.isoformat(), "awards": [{"applicant": steps.APPLICANTS[0]}]}
        published = self.world.store.current_call(CALL)
        assert published
        deadline = published.definition.deadline
        self._publish(the_call(deadline=deadline.isoformat() if deadline else None, distributed=definition))

    def _extend(self, step: steps.Extend) -> None:
        until = self._deadline() + timedelta(hours=step.hours)
        given = Extension(
            until=until, reason=Text(da="Nedbrud"), cause=Cause.OUTAGE, approved_by="chef", at=self.world.clock()
        )
        self.world.store.extend(CALL, given)
        self._note_deadline()
        self._again(lambda late: not self.current.is_late(late.received_at))

    def _waive(self, step: steps.Waive) -> None:
        until = self.world.clock().astimezone(self.current.zone).replace(tzinfo=None, microsecond=0)
        until += timedelta(hours=step.hours)
        waiver = Waiver(
            applicant=step.applicant, until=until, reason="Sygdom", approved_by="chef", at=self.world.clock()
        )
        self.world.store.waive(CALL, waiver)
        self._again(lambda late: late.applicant == step.applicant and late.received_at <= waiver.ends_at(self.current))
        self.waivers.append((self.world.clock(), step.applicant, waiver.ends_at(self.current)))

    def _replay(self, _: steps.Replay) -> None:
        self._again(lambda _: True, State.UNREADABLE)

    def _again(self, which: Callable[[Submission], bool], state: State = State.LATE) -> None:
        """An operator's command puts submissions back through intake."""
        for submission in self.world.submissions().values():
            if submission.state is state and not submission.replay and which(submission):
                self.world.store.reopen(submission, self.world.clock(), "operator")
                self.queue.append(Message(json.loads(announcement(submission.arrival)), self.world.clock()))

    def _redrive(self, _: steps.Redrive) -> None:
        for message in self.dead:
            message.receives, message.visible = 0, self.world.clock()
        self.queue += self.dead
        self.dead = []

    def _emptied(self, step: steps.Emptied) -> None:
        if step.what == "queue":
            self.queue, self.dead = [], []
        else:
            self.stream = []

    def _bounce(self, step: steps.Bounce) -> None:
        sent = [row for row in self.world.rows() if row.audience == "@applicant" and row.message_id]
        for row in [row for row in sent if self.applicant_of(row.submission) == step.applicant][:1]:
            assert self.world.run_feedback(*[ses_event(row)] * 2) == []

    # -- what follows by itself --------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """New outbox rows come into the stream, and what was sent to the queue comes into it."""
        for row in sorted(self.world.rows(), key=lambda row: row.created_at):
            key = (row.partition, row.sort_key)
            if key not in self.seen:
                self.seen.add(key)
                self.stream += [key] if row.status is Status.PENDING else []
        self.queue += [Message(json.loads(body), self.world.clock()) for body in self.world.sent_to_queue()]

    def _publish(self, call: Call) -> None:
        self.world.publish(call)
        self._note_deadline()

    def _deadline(self) -> datetime:
        assert self.current.deadline
        return self.current.deadline

    def _note_deadline(self) -> None:
        if closes := self.current.closes_at:
            self.deadlines.append((self.world.clock(), closes))

    @property
    def current(self) -> Call:
        """The call as it is in force."""
        published = self.world.store.current_call(CALL)
        assert published
        return published.call

    def _faults(self, faults: tuple[steps.Fault, ...]) -> _Struck:
        return _Struck(self, {fault.call: fault.kind for fault in faults})

    def is_idle(self) -> bool:
        """Whether nothing is on its way: no message, no stream record, no notice or file that waits for a worker."""
        waiting = any(row.status is Status.PENDING for row in self.world.rows())
        received = any(record.pending for record in self.world.submissions().values())
        return not (self.queue or self.stream or waiting or received)

    # -- looking -----------------------------------------------------------------------------------------------------

    def applicant_of(self, submission: str) -> str | None:
        """Whose submission it is."""
        found = self.world.store.submission(submission)
        return found.applicant if found else None

    def versions(self) -> dict[str, str]:
        """Every object version under incoming, with its key."""
        found = self.world.s3.list_object_versions(Bucket="puljeport-test-uploads", Prefix="incoming/")
        return {version["VersionId"]: version["Key"] for version in found.get("Versions", [])}


class _Struck:
    """A piece of work in which some calls to AWS are struck; `value` is what it gave, None when its worker died."""

    def __init__(self, universe: Universe, kinds: dict[int, steps.FaultKind]) -> None:
        self.universe, self.kinds, self.value = universe, kinds, None

    def __enter__(self) -> Any:
        faults = self.universe.world.faults
        begun = len(faults.calls)

        def strike(index: int, phase: str) -> BaseException | None:
            kind = self.kinds.get(index - begun)
            error = _ERRORS.get((kind, phase)) if kind else None
            self.universe.struck += error is not None
            return error

        faults.strike = strike
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self.universe.world.faults.heal()
        # A worker that died is no failure of the test; neither is one whose whole run AWS refused.
        return isinstance(error, Crash | ClientError | EndpointConnectionError | ReadTimeoutError | Contention)


_DOWN = {"endpoint_url": "https://aws"}
_ERRORS: dict[tuple[str, str], BaseException] = {
    ("dies-before", "before"): Crash(),
    ("dies-after", "after"): Crash(),
    ("refused", "before"): EndpointConnectionError(**_DOWN),
    ("throttled", "before"): ClientError({"Error": {"Code": "ThrottlingException"}}, "Any"),
    ("lost-answer", "after"): ReadTimeoutError(**_DOWN),
}


def _reader(read: Any) -> Any:
    def careful(data: bytes, name: str) -> Any:
        if data == POISON:
            raise Crash
        return read(data, name)

    return careful


__all__ = ["CALL", "MIDWAY", "Submission", "Universe", "the_call"]
