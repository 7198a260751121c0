"""A deadline rush on the local cloud: a large call and a small one, and what becomes of every file and every message.

`make bench` runs it and writes docs/rush.md; tests/e2e/test_rush.py runs a smaller one and holds it to the promises.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stdnum.dk import cvr

from builders import DEFINITION, a_call, a_form
from ears import Ear, Heard
from puljeport.calls import Call
from puljeport.items import plain
from puljeport.notices import Notice, Status
from puljeport.reconcile import Tally
from puljeport_cli import cloud, demo_uploads, screen
from puljeport_cli.local import STAGE, Home
from puljeport_cli.stack import Stack, Target, find, now

DOCS = Path(__file__).parent.parent / "docs"
PER_SECOND = 34
"""How many files come in a second: two thousand within a minute."""
SMALL = 5
"""How many of them, spread over the second half, are the small call's."""
WORKERS = 4
"""How many workers take in files at a time. On AWS they are twenty, and there is a processor for each."""
RATE = 10
"""Messages a second above which SNS suspends an e-mail endpoint (AWS General Reference, SNS quotas)."""
PATIENCE = 900.0


@dataclass(frozen=True)
class File:
    """One upload: when it was put, when it was recorded and concluded, in seconds from the start of the rush."""

    call: str
    put: float
    recorded: float
    concluded: float


@dataclass(frozen=True)
class Rush:
    """What came of a rush. `told` is when the last message that was due had been dealt with, in seconds."""

    large: Call
    small: Call
    files: list[File]
    rows: list[Notice]
    heard: list[Heard]
    tallies: dict[str, Tally]
    dead: int
    told: float

    def of(self, call: Call) -> list[File]:
        """The files of one call, in the order in which they were put."""
        return sorted((file for file in self.files if file.call == call.id), key=lambda file: file.put)

    @property
    def taken(self) -> float:
        """How long it took until everything was concluded, in seconds."""
        return max(file.concluded for file in self.files)

    @property
    def fastest(self) -> int:
        """The most messages that one mailbox got within any second."""
        times: dict[str, list[datetime]] = {}
        for one in self.heard:
            times.setdefault(one.mailbox, []).append(one.at)
        return max(most_within(sorted(at), timedelta(seconds=1)) for at in times.values())

    def overtaking(self, file: File) -> int:
        """How many files of the large call came after this one and were recorded before it."""
        return sum(other.put > file.put and other.recorded < file.recorded for other in self.of(self.large))

    def told_after(self, call: Call) -> list[float]:
        """How long after it was due each message of a call that was told by itself was sent, in the whole seconds that
        a row keeps."""
        sent = ((row.created_at.replace(microsecond=0), row.sent_at) for row in self.rows if row.call == call.id)
        return [(at - due).total_seconds() for due, at in sent if at]


def most_within(moments: list[datetime], span: timedelta) -> int:
    """The most of some moments, in order, that lie within one span of time, wherever it begins."""
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= span:
            first += 1
        most = max(most, last - first + 1)
    return most


def rush(stack: Stack, count: int) -> Rush:
    """Have `count` files come to one call, and a few to another meanwhile; wait until everybody is told."""
    large, small = _publish(stack, "stor"), _publish(stack, "lille")
    ear = Ear(stack)
    with _workers(stack, WORKERS):
        began = now()
        puts = _upload(stack, large, small, count)
        _until(lambda: stack.queue("UploadsQueueUrl").count() == 0, "some files were not taken in")
        _until(lambda: _waiting(stack, large, small) == 0, "some messages still wait")
        told = (now() - began).total_seconds()
    _tick(stack)
    _until(lambda: _waiting(stack, large, small) == 0, "the summaries still wait")
    times, rows = _kept(stack, large, small)
    files = [
        File(call, put, *((at - began).total_seconds() for at in times[version]))
        for version, (call, put) in puts.items()
    ]
    work = stack.reconcile(repair=False)
    found = work.full(large.id).plus(work.full(small.id))
    ear.listen()
    dead = stack.queue("UploadsDeadLetterQueueUrl").count()
    return Rush(large, small, files, rows, ear.heard, found.tallies, dead, told)


def _publish(stack: Stack, name: str) -> Call:
    mark = uuid.uuid4().hex[:8]
    fields = {"id": "cvr", "type": "cvr", "required": True, "label": {"da": "CVR", "en": "CVR"}}
    name_field = {"id": "contact_name", "type": "text", "required": True, "label": {"da": "Navn", "en": "Name"}}
    section = {"id": "applicant", "title": {"da": "Ansøger", "en": "Applicant"}, "fields": [fields, name_field]}
    contacts = [one | {"email": f"{mark}-{one['id']}@example.dk"} for one in DEFINITION["contacts"]]
    call = a_call(
        id=f"{name}-{mark}", deadline="2048-04-09T23:59:59", one_per="cvr", applicant_name="contact_name",
        contacts=contacts, form={"sections": [section]},
    )  # fmt: skip
    return stack.store.publish_call(call, now()).call


def numbers() -> Iterator[str]:
    """CVR numbers that could be."""
    for seven in range(1_000_000, 9_999_999):
        for last in "0123456789":
            if cvr.is_valid(number := f"{seven}{last}"):
                yield number


def _upload(stack: Stack, large: Call, small: Call, count: int) -> dict[str, tuple[str, float]]:
    """Put all files at an even pace; of each version its call and when it was put, in seconds from the start."""
    bucket, client, known = stack.output("UploadsBucketName"), stack.client("s3"), numbers()
    step = max(1, count // (2 * SMALL))
    order = [small if index > count // 2 and index % step == 0 else large for index in range(count)]
    jobs = [(index, call, next(known)) for index, call in enumerate(order)]
    start = time.monotonic()

    def put(job: tuple[int, Call, str]) -> tuple[str, tuple[str, float]]:
        index, call, number = job
        time.sleep(max(0.0, start + index / PER_SECOND - time.monotonic()))
        body = a_form(call.id, municipality=None, cvr=number)
        stored = client.put_object(Bucket=bucket, Key=f"incoming/{call.id}/{number}.json", Body=body)
        return stored["VersionId"], (call.id, time.monotonic() - start)

    with ThreadPoolExecutor(8) as threads:
        return dict(threads.map(put, jobs))


@contextmanager
def _workers(stack: Stack, most: int) -> Iterator[None]:
    """Intake with so many workers, as this machine can bear them."""
    functions = stack.client("lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName=stack.output("IntakeFunctionName"))[
        "EventSourceMappings"
    ]
    functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": most})
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=mapping["ScalingConfig"])


def _until(done: Callable[[], bool], otherwise: str) -> None:
    if not demo_uploads.until(done, bool, PATIENCE):
        raise TimeoutError(f"after {PATIENCE:.0f} s {otherwise}")


def _tick(stack: Stack) -> None:
    name = stack.output("TickFunctionName")
    answer = stack.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def _waiting(stack: Stack, *calls: Call) -> int:
    ours = {call.id for call in calls}
    return sum(row.call in ours for row in stack.outbox.pending(now() + timedelta(minutes=1)))


def _kept(stack: Stack, *calls: Call) -> tuple[dict[str, tuple[datetime, datetime]], list[Notice]]:
    """Of each object version of some calls when it was recorded and concluded; and the calls' messages."""
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.output("TableName"))
    kept = [plain(item) for page in pages for item in page["Items"]]
    ours = {call.id for call in calls}
    concluded = {
        one["PK"]: datetime.fromisoformat(one["at"]) for one in kept if one["item"] == "event" and one["number"] == 2
    }
    times = {
        one["version_id"]: (datetime.fromisoformat(one["recorded_at"]), concluded[one["PK"]])
        for one in kept if one["item"] == "submission" and one["call"] in ours
    }  # fmt: skip
    return times, [Notice.model_validate(one) for one in kept if one["item"] == "notice" and one["call"] in ours]


# -- the page ----------------------------------------------------------------------------------------------------------


def picture(found: Rush, target: Path) -> None:
    """How many files had come, were recorded, and waited, over the time of the rush."""
    import matplotlib as mpl  # noqa: PLC0415 - only the environment of `make bench` has it

    mpl.use("svg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    plt.rcParams |= {"font.family": "sans-serif", "svg.hashsalt": "puljeport", "font.size": 11}
    seconds = range(int(found.taken) + 2)
    came, done = ([sum(at <= second for at in each) for second in seconds] for each in (
        [file.put for file in found.files], [file.concluded for file in found.files]
    ))  # fmt: skip
    figure, axes = plt.subplots(figsize=(8, 4))
    axes.plot(seconds, came, color="#5c5c5c", linewidth=2, linestyle="--", label="uploaded")
    axes.plot(seconds, done, color="#14506e", linewidth=2, label="recorded, read and concluded")
    axes.fill_between(seconds, [one - two for one, two in zip(came, done, strict=True)], color="#b3261e", alpha=0.35,
                      label="backlog")  # fmt: skip
    axes.set_xlabel("seconds since the first upload")
    axes.set_ylabel("files")
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(target, bbox_inches="tight", metadata={"Date": None})


def page(found: Rush) -> str:
    """The page in docs, in Markdown."""
    put = max(file.put for file in found.files)
    waits = [file.concluded - file.put for file in found.of(found.small)]
    rows = Counter(row.status for row in found.rows)
    return (Path(__file__).parent / "rush.md").read_text().format(
        date=datetime.now(UTC).date(),
        machine=f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} processors",
        count=len(found.files),
        put=f"{put:.0f}",
        taken=f"{found.taken:.0f}",
        rate=f"{len(found.files) / found.taken:.1f}",
        told=f"{found.told:.0f}",
        messages=len(found.rows),
        sent=rows[Status.SENT],
        gathered=rows[Status.GATHERED],
        fastest=found.fastest,
        small=len(waits),
        longest=f"{max(waits):.1f}",
        overtaking=max(found.overtaking(file) for file in found.of(found.small)),
        small_told=f"{max(found.told_after(found.small)):.0f}",
    )  # fmt: skip


def main(arguments: list[str]) -> None:
    """Run a rush on a local cloud of its own, and write the page and its picture."""
    count = int(arguments[0]) if arguments else 2000
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        try:
            cloud.up(home, screen.step, enforce_iam=False)
            found = rush(find(Target(STAGE, home.root), quiet=True), count)
        finally:
            cloud.down(home)
    picture(found, DOCS / "rush.svg")
    (DOCS / "rush.md").write_text(page(found))
    print(page(found))


if __name__ == "__main__":
    main(sys.argv[1:])
