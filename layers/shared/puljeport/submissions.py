"""Submissions: one uploaded file each (one S3 object version), and what became of it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict

from puljeport.problems import Problem
from puljeport.texts import Language

SCHEMA = 1
"""Version of the stored shape. Readers ignore what they do not know and default what is missing, so that the old code
and the new can work on the same table during a deploy."""

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits of references: no I, L, O or U, so that a reference survives being read aloud (Crockford's Base32)."""


FILE_NAME = 200
"""Characters that are kept of a file's name, to show it."""


class State(StrEnum):
    """Where a submission is in its life. Nothing ever goes back to RECEIVED.

    UNCONSIDERED: it was in time, and we read it only after the pool had been distributed. A person decides.
    """

    RECEIVED = "received"
    ACCEPTED = "accepted"
    NEEDS_CORRECTION = "needs_correction"
    UNREADABLE = "unreadable"
    LATE = "late"
    UNCONSIDERED = "unconsidered"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    AWARDED = "awarded"
    DECLINED = "declined"


UNDECIDED = frozenset({State.ACCEPTED, State.NEEDS_CORRECTION, State.UNREADABLE, State.LATE, State.UNCONSIDERED})
"""The states of what was read and is still to be decided: by the distribution, by its applicant, or by a person."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What an event says of an object that was created. Only bucket and key are always there.

    `sequencer` orders events of one key (hexadecimal, compared right-aligned); `created_at` is when S3 finished the
    request. Source: S3 user guide, "Event message structure".
    """

    bucket: str
    key: str
    version_id: str | None = None
    etag: str = ""
    size: int = 0
    sequencer: str = ""
    created_at: datetime | None = None

    @property
    def call(self) -> str:
        """The call the key names (`incoming/<call>/…`), or "" when the key names none."""
        parts = self.key.split("/", 2)
        return parts[1] if len(parts) == 3 and parts[0] == "incoming" and parts[2] else ""

    @property
    def file_name(self) -> str:
        """What the file was called, as far as its key says: on one line, at most `FILE_NAME` characters."""
        return "" if slot(self.key) else shown_name(self.key)


def shown_name(path: str) -> str:
    """A file's name to be shown: without folders, on one line, at most `FILE_NAME` characters.

    Signs that turn the direction of writing, which make `pdf.exe` look like `exe.fdp`, are no printable ones.
    """
    name = re.split(r"[/\\]", path)[-1]
    visible = "".join(sign if sign.isprintable() else " " for sign in name)
    return " ".join(visible.split())[:FILE_NAME]


WAS_GONE = "gone-"
"""What stands before the name of a version that nobody could see any more."""


class Submission(BaseModel):
    """The record of one submission, as stored and as shown.

    `events` counts its history and is the version that conditional writes compare. `attempts` counts how often the file
    was opened; `attempt_by` is who opened it last, and may be at it `attempt_until`. `rounds` counts replays.
    `call_version` is the version it was decided by, `form_version` the one the form itself was made from. `returned` is
    the key of the copy with marks. `file_name` is what the applicant called the file: to show, not to open anything by.
    `email` is where the applicant hears of it, `bounced` what became of the last mail that did not arrive there (see
    `feedback`). `period` is the round it is considered in, where the call has rounds.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    reference: str
    call: str
    call_version: int | None = None
    state: State
    bucket: str
    key: str
    version_id: str
    etag: str = ""
    size: int = 0
    sha256: str | None = None
    sequencer: str = ""
    received_at: AwareDatetime
    recorded_at: AwareDatetime
    concluded_at: AwareDatetime | None = None
    attempts: int = 0
    attempt_until: AwareDatetime | None = None
    attempt_by: str | None = None
    replay: bool = False
    rounds: int = 0
    events: int = 0
    format: str | None = None
    form_version: int | None = None
    language: Language = "da"
    returned: str | None = None
    file_name: str = ""
    applicant: str | None = None
    applicant_name: str | None = None
    email: str | None = None
    bounced: str | None = None
    period: str | None = None
    values: dict[str, Any] = {}
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    error_count: int = 0
    replaces: str | None = None
    replaced_by: str | None = None
    schema_version: int = SCHEMA

    @property
    def can_be_withdrawn(self) -> bool:
        """Whether its applicant may still take it back: until it is decided, or counts no longer anyway."""
        return self.state in UNDECIDED

    @property
    def pending(self) -> bool:
        """Whether it is still to be concluded: just received, or put back by an operator."""
        return self.state is State.RECEIVED or self.replay

    @property
    def was_gone(self) -> bool:
        """Whether its file had been deleted before anybody knew which version it was."""
        return self.version_id.startswith(WAS_GONE)

    @property
    def arrival(self) -> Arrival:
        """What was announced of its file, for announcing it again."""
        return Arrival(
            bucket=self.bucket,
            key=self.key,
            version_id=self.version_id,
            etag=self.etag,
            size=self.size,
            sequencer=self.sequencer,
            created_at=self.received_at,
        )

    def is_after(self, other: Submission) -> bool:
        """Whether S3 took this file after the other; ties fall by S3's sequencer, then by id, the same on every try."""
        return self._order() > other._order()

    def _order(self) -> tuple[datetime, str, str]:
        return (self.received_at, self.sequencer.rjust(32, "0"), self.id)

    def claimed(self, now: datetime) -> bool:
        """Whether another worker may still be reading the file."""
        return self.attempt_until is not None and now < self.attempt_until

    def next_attempt(self, now: datetime, lease: timedelta) -> Submission:
        """The record with one more attempt begun at `now`."""
        begun = {"attempts": self.attempts + 1, "attempt_until": now + lease, "attempt_by": uuid4().hex}
        return self.model_copy(update=begun)


class HistoryEvent(BaseModel):
    """One line of a submission's history: what happened, when (aware), and by what or whom."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    event: str
    at: AwareDatetime
    by: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the bucket that the portal lets one applicant put one file in: the form (`field` empty), or one of the
    documents beside it (`number` tells several of a field apart)."""

    call: str
    ticket: str
    field: str = ""
    number: str = ""

    @property
    def key(self) -> str:
        """Its key."""
        beside = f"attachments/{self.field}/{self.number}" if self.field else "form"
        return f"incoming/{self.call}/{self.ticket}/{beside}"


_SLOT = re.compile(
    r"incoming/(?P<call>[a-z0-9-]+)/(?P<ticket>[0-9a-f]{32})/"
    r"(form|attachments/(?P<field>[a-z0-9_-]+)/(?P<number>[0-9a-f]{32}))"
)


def slot(key: str) -> Slot | None:
    """The portal's place that a key is, None for every other key."""
    found = _SLOT.fullmatch(key)
    return Slot(**found.groupdict(default="")) if found else None


def submission_id(bucket: str, key: str, version_id: str) -> str:
    """The id of the submission for one object version: 26 characters, the same for ever, telling nothing of the key.

    What is sent with a ticket of the portal has the id of its ticket: a second version of it, or a document beside it,
    is no second submission.
    """
    if place := slot(key):
        key, version_id = Slot(place.call, place.ticket).key, ""
    digest = hashlib.sha256(f"{bucket}\0{key}\0{version_id}".encode()).digest()
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def reference(prefix: str, identity: str) -> str:
    """The label people use, such as `MBF-7K3M-9QWX`: prefix and 40 bits of the submission id's hash.

    A label and not a secret; two submissions of one call share one with a chance of one in 10^12.
    """
    number = int.from_bytes(hashlib.sha256(identity.encode()).digest()[:5])
    digits = "".join(CROCKFORD[number >> shift & 31] for shift in range(35, -1, -5))
    return f"{prefix}-{digits[:4]}-{digits[4:]}"
