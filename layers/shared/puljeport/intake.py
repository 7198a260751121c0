"""Intake: from "an object was created" to a concluded submission. Read it top to bottom.

Receive first, parse second. A file is recorded before it is opened; an attempt is counted before it is opened; what
becomes of it is written in one transaction. Whatever is delivered again, in whatever order, ends in the same record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from puljeport.applications import Reading
from puljeport.calls import Call
from puljeport.conclusions import Conclusion, Standing, cannot_read, conclude
from puljeport.documents import Documents
from puljeport.drawer import Drawer, named
from puljeport.errors import Contention, ObjectGone, Unreadable
from puljeport.items import PublishedCall
from puljeport.marking import Copy
from puljeport.problems import Problem, problem
from puljeport.rawforms import RawForm
from puljeport.readers import PRINTED
from puljeport.settings import MEGABYTE
from puljeport.store import Store
from puljeport.submissions import WAS_GONE, Arrival, Slot, State, Submission, reference, slot, submission_id
from puljeport.texts import Language, Text
from puljeport.tickets import judged
from puljeport.uploads import Copies, Upload, Uploads
from puljeport.versions import read_by_version

ATTEMPTS = 2
"""How often a file may be opened. One that stopped us twice is left to a person."""

PATIENCE = 5
"""How often a conclusion is decided anew when the applicant's other submissions change meanwhile."""

SENDERS_MISTAKES = ("guide_returned",)
"""Why a file is refused that was understood very well: its sender can send the right one, and nobody has to look."""

UNKNOWN_PREFIX = "UKENDT"
"""The reference prefix of a file whose call nobody published."""


class Log(Protocol):
    """Where intake says what went wrong inside a file. Never given a value, a name or a key."""

    def __call__(self, submission: str, error: BaseException) -> None:
        """Tell of an error inside the submission with that id."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What intake works with. `read` turns bytes into raw fields, `read_printed` a print and the call's blanks, `mark`
    problems into a copy of the file that shows them; `now` gives aware times."""

    store: Store
    drawer: Drawer
    uploads: Uploads
    copies: Copies
    documents: Documents
    read: Callable[[bytes, str], RawForm]
    read_printed: Callable[[bytes, Sequence[bytes]], RawForm]
    mark: Callable[[bytes, Sequence[Problem], Language], Copy | None]
    now: Callable[[], datetime]
    log: Log
    max_upload_bytes: int
    lease: timedelta

    def take(self, arrival: Arrival) -> Submission | None:
        """Take in one created object and give its record as it stands afterwards; None for one that was erased, or that
        lies beside a form.

        Raises Contention, or the error of AWS, when it could not be concluded now: deliver it again.
        """
        upload = self._fetch(arrival)
        place = slot(arrival.key)
        if place and place.field:
            self._take_beside(arrival, place, upload)
            return None
        published = self.store.current_call(arrival.call) if arrival.call else None
        first = self._first(arrival, upload, published)
        known = self.store.receive(first, self.now())
        if known is None:
            return None
        if known.version_id != first.version_id:
            # A ticket is for one file. The first that was recorded is it, whatever else came with the same ticket.
            self.drawer.came_again(known, first, self.now())
            return known
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
        unseen = WAS_GONE + (arrival.sequencer or arrival.etag)
        version = upload.version_id if upload else (arrival.version_id or unseen)
        identity = submission_id(arrival.bucket, arrival.key, version)
        ticket = self.drawer.ticket(identity) if slot(arrival.key) else None
        about = {"language": ticket.language, "email": ticket.email} if ticket else {}
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
            file_name=arrival.file_name or named(ticket, upload.name if upload else ""),
            received_at=upload.received_at if upload else (arrival.created_at or now).astimezone(UTC),
            recorded_at=now,
            **about,
        ).next_attempt(now, self.lease)

    def _take_beside(self, arrival: Arrival, place: Slot, upload: Upload | None) -> None:
        """Keep a document beside a form, judged by its content. One that is gone again tells of nothing."""
        identity = submission_id(arrival.bucket, arrival.key, "")
        if upload is None or self.store.erased(identity):
            return
        expected = self.drawer.attachment(identity, place.field, place.number, upload.received_at)
        arrived = judged(expected, upload.size, upload.data, self.max_upload_bytes)
        where = {"key": arrival.key, "version_id": upload.version_id, "received_at": upload.received_at}
        named_now = {"file_name": expected.file_name or named(None, upload.name), "sha256": upload.sha256}
        self.drawer.arrived(identity, arrived.model_copy(update=where | named_now))

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
        data = upload.data
        raw = self._guarded(attempt, lambda: self.read(data, attempt.key))
        if isinstance(raw, Problem) and raw.code == PRINTED:
            raw = self._printed(attempt, data, published)
        if isinstance(raw, Problem):
            mistaken = raw.code in SENDERS_MISTAKES
            return self._conclude(attempt, published, Reading({}, (raw,)) if mistaken else raw)
        earlier = self._earlier(raw, published)
        reading = self._guarded(
            attempt,
            lambda: read_by_version(published.call, published.version, earlier.call if earlier else None, raw),
        )
        if isinstance(reading, Problem):
            return self._conclude(attempt, published, reading)
        about = {"format": raw.format, "form_version": raw.version, "language": reading.language}
        # Nothing can be corrected in a print, so that none is returned.
        marked = None if raw.printed else data
        return self._conclude(attempt, published, reading, attempt.model_copy(update=about), marked)

    def _printed(self, attempt: Submission, data: bytes, published: PublishedCall) -> RawForm | Problem:
        """The form in a PDF without fields, as a print of the version that its pages name, or else of the current."""
        raw = self._by_blanks(attempt, data, published)
        earlier = self._earlier(raw, published) if isinstance(raw, RawForm) else None
        return self._by_blanks(attempt, data, earlier) if earlier else raw

    def _by_blanks(self, attempt: Submission, data: bytes, published: PublishedCall) -> RawForm | Problem:
        blanks = self.documents.blanks(published.call.id, published.version)
        return self._guarded(attempt, lambda: self.read_printed(data, blanks))

    def _guarded[T](self, attempt: Submission, work: Callable[[], T]) -> T | Problem:
        """What comes of looking into the file, or why nothing does. A file must not break its neighbours."""
        try:
            return work()
        except Unreadable as error:
            return error.problem
        except Exception as error:  # noqa: BLE001
            self.log(attempt.id, error)
            return problem("reader_died")

    def _earlier(self, raw: RawForm, published: PublishedCall) -> PublishedCall | None:
        """The version that the form was made from, where it is another than the one in force."""
        if raw.version is None or raw.version == published.version or raw.call not in (None, published.call.id):
            return None
        return self.store.call_version(published.call.id, raw.version)

    def _too_large(self, upload: Upload) -> Problem:
        size, limit = (f"{number / MEGABYTE:.1f}" for number in (upload.size, self.max_upload_bytes))
        size_mb, limit_mb = (Text(da=shown.replace(".", ","), en=shown) for shown in (size, limit))
        return problem("too_large", size_mb=size_mb, limit_mb=limit_mb)

    def _conclude(
        self,
        before: Submission,
        published: PublishedCall | None,
        found: Reading | Problem,
        read: Submission | None = None,
        data: bytes | None = None,
    ) -> Submission:
        """Decide and write; decide again when the applicant's other submissions changed in between."""
        version = published.version if published else before.call_version
        read = (read or before).model_copy(update={"call_version": version})
        for _ in range(PATIENCE):
            now = self.now()
            try:
                conclusion = self._decide(read, published, found, now)
                if data is not None and conclusion.submission.state is State.NEEDS_CORRECTION:
                    conclusion, data = self._with_copy(conclusion, data), None
                    read = read.model_copy(update={"returned": conclusion.submission.returned})
                return self.store.conclude(before, conclusion, now)
            except Contention:
                known = self.store.submission(before.id)
                if known and not known.pending:
                    return known
        raise Contention("the applicant's submissions keep changing")

    def _with_copy(self, conclusion: Conclusion, data: bytes) -> Conclusion:
        """The conclusion with the key of a copy of the file in which its problems are marked, where there is one.

        The copy is kept before the conclusion is written: whoever reads of it can fetch it. A file that already ended
        one worker is not worked on further than it must be.
        """
        submission = conclusion.submission
        if submission.attempts > 1:
            return conclusion
        try:
            copy = self.mark(data, submission.problems, submission.language)
        except Exception as error:  # noqa: BLE001 - the application counts, with or without a copy
            self.log(submission.id, error)
            return conclusion
        if copy is None:
            return conclusion
        key = self.copies.keep(submission.id, copy.data, copy.format, copy.content_type)
        return replace(conclusion, submission=submission.model_copy(update={"returned": key}))

    def _decide(
        self, read: Submission, published: PublishedCall | None, found: Reading | Problem, now: datetime
    ) -> Conclusion:
        if isinstance(found, Problem) or published is None:
            why = found if isinstance(found, Problem) else problem("unknown_call", call=read.call)
            return cannot_read(read, published.call if published else None, why, now)
        standing = self._standing(read, published.call, found)
        if standing.incumbent and standing.incumbent.id == read.id:
            raise Contention("another worker has concluded it")
        return conclude(read, published.call, found, standing, now)

    def _standing(self, read: Submission, call: Call, found: Reading) -> Standing:
        if not found.applicant:
            return Standing()
        waiver = self.store.waiver(call.id, found.applicant) if call.is_late(read.received_at) else None
        incumbent = None
        if not found.has_errors:
            incumbent = self.store.counting(call.id, found.applicant, call.period(read.received_at))
        return Standing(incumbent, waiver.ends_at(call) if waiver else None)
