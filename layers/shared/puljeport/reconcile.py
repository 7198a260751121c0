"""Reconciling: what was lost on the way is found again, and put back on it. Read it top to bottom.

Queues forget after two weeks, streams after a day; the bucket and the table forget nothing. So every few minutes the
notices that still wait are sent, and the submissions that nobody concluded go through intake again; and every night
each object version in the bucket is held against the records (promise 1). What is put back goes the ordinary way, which
does nothing twice: reconciling can be wrong about what is lost without doing harm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain

from puljeport import items
from puljeport.calls import Stage
from puljeport.delivery import Delivered, Delivery
from puljeport.ledger import Ledger, Listed, Pass
from puljeport.notices import APPLICANT, Notice
from puljeport.objects import Objects, Version
from puljeport.outbox import WINDOW, Outbox
from puljeport.queues import Queue
from puljeport.store import Store
from puljeport.submissions import Arrival, State, slot
from puljeport.uploads import announcement, is_folder

INCOMING = "incoming/"

UNSENT = timedelta(minutes=10)
"""How long a notice may wait before it is looked after: the stream brings it to `notify` within seconds."""
UNCONCLUDED = timedelta(minutes=30)
"""How long a file may be on its way. A message that comes back does so after six minutes."""
DECIDING = timedelta(days=2)
"""How long after the day of its distribution began a call must be decided; there are 288 ticks in a day."""
PATIENCE = 5
"""How many notices in a row may fail on one way out (SNS, SES) before it counts as down for now."""


class Kind(StrEnum):
    """What kind of loose end it is."""

    UNSENT = "notice_not_sent"
    UNCONCLUDED = "not_concluded"
    UNRECORDED = "object_without_record"
    OBJECT_GONE = "record_without_object"
    HALF_ERASED = "erasure_not_finished"
    UNDECIDED = "accepted_and_not_decided"


class Remedy(StrEnum):
    """What reconciling did about it. NONE: a person has to look, or it was only to be shown."""

    PUT_BACK = "put_back"
    WAITS = "was_put_back_before"
    NONE = ""


@dataclass(frozen=True, slots=True)
class LooseEnd:
    """One thing that is not as it must be. `since` is when it began to wait (aware). It names nobody."""

    kind: Kind
    call: str
    submission: str
    since: datetime
    remedy: Remedy = Remedy.NONE
    reference: str = ""


@dataclass(slots=True)
class Tally:
    """Promise 1 for one folder: each object is in one state, or lies beside a form, or is on its way.

    `documents` are those beside a form that are noted with it. What came again with a ticket counts with its form.
    `never_there` are records of files that were gone before anybody read them; `markers` and `folders` are no files.
    """

    objects: int = 0
    states: Counter[State] = field(default_factory=Counter)
    documents: int = 0
    in_flight: int = 0
    never_there: int = 0
    markers: int = 0
    folders: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether objects = records that have one + documents beside a form + in flight."""
        return self.objects == self.states.total() + self.documents + self.in_flight


@dataclass(frozen=True, slots=True)
class Findings:
    """What a pass found. `sent` counts notices that it helped on; `tallies` are by folder; `finished`: it saw all."""

    loose_ends: tuple[LooseEnd, ...] = ()
    tallies: dict[str, Tally] = field(default_factory=dict)
    sent: int = 0
    finished: bool = True

    def plus(self, other: Findings) -> Findings:
        """Both together."""
        return Findings(
            self.loose_ends + other.loose_ends,
            self.tallies | other.tallies,
            self.sent + other.sent,
            self.finished and other.finished,
        )


type Enough = Callable[[], bool]
"""Whether there is time for one more step."""


@dataclass(frozen=True, slots=True)
class Reconcile:
    """What reconciling works with. `uploads` is the bucket of applications, `queue` the one before intake, `now` gives
    aware times, `log` is told of errors by submission. `repair`: whether it may send and put back, or only say."""

    store: Store
    outbox: Outbox
    ledger: Ledger
    uploads: Objects
    queue: Queue
    delivery: Delivery
    now: Callable[[], datetime]
    log: Callable[[str, BaseException], None]
    repair: bool = True

    # -- every few minutes -------------------------------------------------------------------------------------------

    def light(self, enough: Enough) -> Findings:
        """Send what should have been sent, and put back what nobody concluded. What is left is what waits still."""
        return self._unsent(enough).plus(self._unconcluded(enough))

    def _unsent(self, enough: Enough) -> Findings:
        now = self.now()
        first = int(now.timestamp() // WINDOW.total_seconds()) % items.SHARDS
        failures: Counter[bool] = Counter()
        left: list[LooseEnd] = []
        sent = 0
        for notice in self.outbox.pending(now - UNSENT, first):
            if not enough():
                return Findings(tuple(left), sent=sent, finished=False)
            way = notice.audience == APPLICANT
            if self.repair and failures[way] < PATIENCE and self._sent(notice, failures):
                sent += 1
            else:
                left.append(_waiting(notice))
        return Findings(tuple(left), sent=sent)

    def _sent(self, notice: Notice, failures: Counter[bool]) -> bool:
        """Whether a notice waits no longer. What fails is told by what is left: the others must not wait for it."""
        way = notice.audience == APPLICANT
        try:
            outcome = self.delivery.deliver(notice.partition, notice.sort_key)
        except Exception as error:  # noqa: BLE001
            self.log(notice.submission, error)
            failures[way] += 1
            return False
        failures[way] = 0
        return outcome is not Delivered.DELAYED

    def _unconcluded(self, enough: Enough) -> Findings:
        ends: list[LooseEnd] = []
        for submission in self.store.unconcluded(self.now() - UNCONCLUDED):
            if not enough():
                return Findings(tuple(ends), finished=False)
            # What was taken in late, as after a long outage, has its half hour too.
            since = max(submission.recorded_at, submission.attempt_until or submission.recorded_at)
            if submission.pending and since < self.now() - UNCONCLUDED:
                remedy = self._put_back(submission.id, submission.arrival)
                ends.append(
                    LooseEnd(Kind.UNCONCLUDED, submission.call, submission.id, since, remedy, submission.reference)
                )
        return Findings(tuple(ends))

    def _put_back(self, identity: str, arrival: Arrival) -> Remedy:
        """Announce a file to intake again, unless that was done not long ago. A crash in between: the next time."""
        if not self.repair:
            return Remedy.NONE
        if not self.ledger.put_back(identity, self.now()):
            return Remedy.WAITS
        self.queue.send(announcement(arrival))
        return Remedy.PUT_BACK

    # -- every night -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin a pass over all folders. One that is under way goes on instead."""
        last = self.ledger.last_pass()
        if last is None or last.finished_at is not None:
            self.ledger.save_pass(last, Pass(started_at=self.now()))

    def proceed(self, enough: Enough) -> Findings:
        """Go on with the pass that is under way, folder by folder while there is time. Nothing when none is."""
        done = self.ledger.last_pass()
        findings = Findings()
        if done is None or done.finished_at is not None:
            return findings
        unlisted = self._unlisted()
        for folder in self.folders(unlisted):
            if done.after is not None and folder <= done.after:
                continue
            if not enough():
                return findings.plus(Findings(finished=False))
            found = self.folder(folder, unlisted)
            findings = findings.plus(found)
            done = self._noted(done, folder, found)
        self.ledger.save_pass(done, done.model_copy(update={"finished_at": self.now()}))
        return findings

    def _noted(self, done: Pass, folder: str, found: Findings) -> Pass:
        return self.ledger.save_pass(
            done,
            done.model_copy(
                update={
                    "after": folder,
                    "objects": done.objects + sum(tally.objects for tally in found.tallies.values()),
                    "loose_ends": done.loose_ends + len(found.loose_ends),
                }
            ),
        )

    def full(self, call: str | None = None) -> Findings:
        """Look through all folders, or one, in one go and without a note of how far it came."""
        unlisted = self._unlisted()
        findings = Findings()
        for folder in self.folders(unlisted) if call is None else [call]:
            findings = findings.plus(self.folder(folder, unlisted))
        return findings

    def folders(self, unlisted: Iterable[Listed]) -> list[str]:
        """All folders that hold, or held, files, and all published calls; "" for what lies in no folder."""
        known = {published.call.id for published in self.store.calls()}
        return sorted({"", *known, *self.uploads.folders(INCOMING), *(record.folder for record in unlisted)})

    def _unlisted(self) -> list[Listed]:
        return self.ledger.records("")

    def folder(self, folder: str, unlisted: Iterable[Listed]) -> Findings:
        """Hold the object versions of one folder against the records. `unlisted`: those that name no known call."""
        # Records first: what comes meanwhile is then an object that is in flight, not a record without its object.
        listed = [*(self.ledger.records(folder) if folder else []), *unlisted]
        records = {record.id: record for record in listed if record.folder == folder}
        tally, files, beside = Tally(), dict[str, Version](), dict[str, Version]()
        for version in self._versions(folder):
            place = slot(version.key)
            if version.marker:
                tally.markers += 1
            elif is_folder(version.arrival):
                tally.folders += 1
            elif place and place.field:
                beside[version.key] = version
            else:
                files[version.submission] = version
        records |= self.ledger.recorded(files.keys() - records.keys())
        noted = self.ledger.noted({key: version.submission for key, version in beside.items()})
        tally.objects, tally.documents = len(files) + len(beside), len(noted)
        tally.states = Counter(record.state for record in records.values() if record.id in files)
        lost = [files[identity] for identity in files.keys() - records.keys()]
        lost += [beside[key] for key in beside.keys() - noted]
        ends = [
            *self._without_record(lost, tally),
            *self._without_object(files, records, tally),
            *self._undecided(folder, records.values()),
        ]
        return Findings(tuple(ends), {folder: tally})

    def _versions(self, folder: str) -> Iterator[Version]:
        if folder:
            return self.uploads.versions(f"{INCOMING}{folder}/")
        # In no folder, or in one without a name (`incoming//form.docx`): neither names a call.
        return chain(self.uploads.versions(INCOMING, deep=False), self.uploads.versions(f"{INCOMING}/"))

    def _without_record(self, lost: list[Version], tally: Tally) -> Iterator[LooseEnd]:
        erased = self.ledger.erased({version.submission for version in lost})
        for version in sorted(lost, key=lambda each: each.at):
            identity = version.submission
            if identity in erased:
                # Erasing goes on by itself; it may just be under way.
                yield LooseEnd(Kind.HALF_ERASED, version.arrival.call, identity, version.at)
            elif version.at > self.now() - UNCONCLUDED:
                tally.in_flight += 1
            else:
                place = slot(version.key)
                note = f"{identity}#{place.number}" if place and place.field else identity
                remedy = self._put_back(note, version.arrival)
                yield LooseEnd(Kind.UNRECORDED, version.arrival.call, identity, version.at, remedy)

    def _without_object(
        self, files: dict[str, Version], records: dict[str, Listed], tally: Tally
    ) -> Iterator[LooseEnd]:
        # Looked up once more, since one that was erased while the bucket was listed has neither.
        for record in self.ledger.recorded(records.keys() - files.keys()).values():
            if record.sha256 is None and record.state is not State.RECEIVED:
                tally.never_there += 1
            else:
                yield LooseEnd(Kind.OBJECT_GONE, record.call, record.id, record.recorded_at, reference=record.reference)

    def _undecided(self, folder: str, records: Iterable[Listed]) -> Iterator[LooseEnd]:
        """What counts in a call that was distributed, and was not decided with it: a day after, no tick will do it."""
        published = self.store.current_call(folder) if folder else None
        if published is None or published.call.stage(self.now() - DECIDING) is not Stage.DISTRIBUTED:
            return
        for record in records:
            if record.state is State.ACCEPTED:
                yield LooseEnd(Kind.UNDECIDED, record.call, record.id, record.recorded_at, reference=record.reference)


def _waiting(notice: Notice) -> LooseEnd:
    return LooseEnd(Kind.UNSENT, notice.call, notice.submission, notice.created_at, reference=notice.reference)
