"""Intake: from "an object was created" to a concluded submission. Read it top to bottom.

Receive first, parse second. A file is recorded before it is opened; an attempt is counted before it is opened; what
becomes of it is written in one transaction. Whatever is delivered again, in whatever order, ends in the same record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from puljeport.applications import Reading, read_application
from puljeport.conclusions import Conclusion, cannot_read, conclude
from puljeport.errors import Contention, ObjectGone, Unreadable
from puljeport.items import PublishedCall
from puljeport.problems import Problem, problem
from puljeport.rawforms import RawForm
from puljeport.settings import MEGABYTE
from puljeport.store import Store
from puljeport.submissions import Arrival, State, Submission, reference, submission_id
from puljeport.uploads import Upload, Uploads

ATTEMPTS = 2
"""How often a file may be opened. One that stopped us twice is left to a person."""

PATIENCE = 5
"""How often a conclusion is decided anew when the applicant's other submissions change meanwhile."""

UNKNOWN_PREFIX = "UKENDT"
"""The reference prefix of a file whose call nobody published."""


class Log(Protocol):
    """Where intake says what went wrong inside a file. Never given a value, a name or a key."""

    def __call__(self, submission: str, error: BaseException) -> None:
        """Tell of an error inside the submission with that id."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What intake works with. `read` turns bytes into raw fields; `now` gives aware times."""

    store: Store
    uploads: Uploads
    read: Callable[[bytes, str], RawForm]
    now: Callable[[], datetime]
    log: Log
    max_upload_bytes: int
    lease: timedelta

    def take(self, arrival: Arrival) -> Submission:
        """Take in one created object and give its record as it stands afterwards.

        Raises Contention, or the error of AWS, when it could not be concluded now: deliver it again.
        """
        upload = self._fetch(arrival)
        published = self.store.current_call(arrival.call) if arrival.call else None
        first = self._first(arrival, upload, published)
        known = self.store.receive(first, self.now())
        if not known.pending:
            return known
        if known.attempts >= ATTEMPTS and not known.claimed(self.now()):
            return self._conclude(known, published, problem("reader_died"))
        attempt = known if known.attempt_by == first.attempt_by else self._claim(known)
        try:
            return self._open(attempt, upload, published)
        except Exception:
            self._release(attempt)
            raise

    def _fetch(self, arrival: Arrival) -> Upload | None:
        try:
            return self.uploads.fetch(arrival, self.max_upload_bytes)
        except ObjectGone:
            return None

    def _first(self, arrival: Arrival, upload: Upload | None, published: PublishedCall | None) -> Submission:
        """The record of a file seen for the first time, with the first attempt already counted."""
        now = self.now()
        version = upload.version_id if upload else (arrival.version_id or f"gone-{arrival.sequencer or arrival.etag}")
        identity = submission_id(arrival.bucket, arrival.key, version)
        return Submission(
            id=identity,
            reference=reference(published.call.reference_prefix if published else UNKNOWN_PREFIX, identity),
            call=arrival.call,
            call_version=published.version if published else None,
            state=State.RECEIVED,
            bucket=arrival.bucket,
            key=arrival.key,
            version_id=version,
            etag=upload.etag if upload else arrival.etag,
            size=upload.size if upload else arrival.size,
            sha256=upload.sha256 if upload else None,
            sequencer=arrival.sequencer,
            received_at=upload.received_at if upload else (arrival.created_at or now).astimezone(UTC),
            recorded_at=now,
        ).next_attempt(now, self.lease)

    def _claim(self, known: Submission) -> Submission:
        now = self.now()
        if known.claimed(now):
            raise Contention("another worker has the file")
        return self.store.begin_attempt(known, known.next_attempt(now, self.lease))

    def _release(self, attempt: Submission) -> None:
        # Reading is over and it was AWS that failed: the attempt must not count against the file. Best effort, since
        # AWS is failing; without it the file is opened at most once more before a person has to look.
        try:
            self.store.release_attempt(attempt)
        except Exception as error:  # noqa: BLE001
            self.log(attempt.id, error)

    def _open(self, attempt: Submission, upload: Upload | None, published: PublishedCall | None) -> Submission:
        if upload is None:
            return self._conclude(attempt, published, problem("object_missing"))
        if published is None:
            return self._conclude(attempt, None, problem("unknown_call", call=attempt.call or "?"))
        if upload.data is None:
            return self._conclude(attempt, published, self._too_large(upload))
        try:
            raw = self.read(upload.data, attempt.key)
            reading = read_application(published.call, raw)
        except Unreadable as error:
            return self._conclude(attempt, published, error.problem)
        except Exception as error:  # noqa: BLE001 - a file that breaks a reader must not break its neighbours
            self.log(attempt.id, error)
            return self._conclude(attempt, published, problem("reader_died"))
        return self._conclude(attempt, published, reading, raw.format)

    def _too_large(self, upload: Upload) -> Problem:
        size, limit = (f"{number / MEGABYTE:.1f}" for number in (upload.size, self.max_upload_bytes))
        return problem("too_large", size_mb=size, limit_mb=limit)

    def _conclude(
        self, before: Submission, published: PublishedCall | None, found: Reading | Problem, form: str | None = None
    ) -> Submission:
        """Decide and write; decide again when the applicant's other submissions changed in between."""
        version = published.version if published else before.call_version
        read = before.model_copy(update={"call_version": version, "format": form})
        for _ in range(PATIENCE):
            now = self.now()
            try:
                return self.store.conclude(before, self._decide(read, published, found, now), now)
            except Contention:
                known = self.store.submission(before.id)
                if known and not known.pending:
                    return known
        raise Contention("the applicant's submissions keep changing")

    def _decide(
        self, read: Submission, published: PublishedCall | None, found: Reading | Problem, now: datetime
    ) -> Conclusion:
        if isinstance(found, Problem) or published is None:
            why = found if isinstance(found, Problem) else problem("unknown_call", call=read.call)
            return cannot_read(read, published.call if published else None, why, now)
        incumbent = None
        if found.applicant and not found.has_errors:
            incumbent = self.store.counting(read.call, found.applicant)
        if incumbent and incumbent.id == read.id:
            raise Contention("another worker has concluded it")
        return conclude(read, published.call, found, incumbent, now)
