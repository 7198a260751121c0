"""Applicants in every state there is, over a portal that is only remembered: for pictures and tests in the browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import portals
from portal import addresses
from portal.web import Portal
from portals import EXTENDED, NOW, Remembered, signer
from puljeport.applications import read_application
from puljeport.blanks import docx
from puljeport.calls import Call
from puljeport.conclusions import Conclusion, Standing, cannot_read, conclude, withdraw
from puljeport.drawer import Drawer
from puljeport.problems import problem
from puljeport.readers import read
from puljeport.settings import PortalSettings
from puljeport.store import Store
from puljeport.submissions import HistoryEvent, Slot, State, Submission, reference, submission_id
from puljeport.texts import Language
from puljeport.tickets import Attachment, Ticket, judged
from puljeport.uploads import Copies, Posts, Stored
from puljeport_cli.demo_answers import FAULTY, GOOD
from puljeport_cli.fill import fill_docx

BUCKET = "uploads"
SECRET = "B" * 27
CALL = "bilag-2026"
HOSTILE = '<img src=x onerror="alert(1)">\N{RIGHT-TO-LEFT OVERRIDE}javascript:alert(1)'


class ShownPosts(Posts):
    """Leave to upload to a bucket that holds just what a test says."""

    there: dict[str, Stored]

    def stored(self, key: str) -> Stored | None:
        """What lies there."""
        return self.there.get(key)


@dataclass
class Applicants(Remembered):
    """A portal's world with tickets and submissions, which is read and hardly written."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    records: dict[str, Submission] = field(default_factory=dict)
    beside: dict[str, list[Attachment]] = field(default_factory=dict)
    again: dict[str, int] = field(default_factory=dict)
    there: dict[str, Stored] = field(default_factory=dict)
    counted: int = 0

    # -- the store

    def link(self, identity: str) -> str | None:
        """Everybody has the same secret."""
        return SECRET if identity in self.tickets or identity in self.records else None

    def submission(self, identity: str) -> Submission | None:
        """One record."""
        return self.records.get(identity)

    def call_version(self, call: str, version: int) -> Any:
        """One version of a call."""
        return self.versions[call][version - 1]

    def history(self, identity: str) -> list[HistoryEvent]:
        """What happened to it, told from its state."""
        found = self.records[identity]
        events = [HistoryEvent(number=1, event="received", at=found.received_at, by="intake")]
        if found.state is not State.RECEIVED:
            by = "applicant" if found.state is State.WITHDRAWN else "intake"
            at = found.received_at + timedelta(seconds=4)
            events.append(HistoryEvent(number=2, event=found.state.value, at=at, by=by))
        return events

    def conclude(
        self, before: Submission, conclusion: Conclusion, now: datetime, by: str = "", detail: str = ""
    ) -> Any:
        """Keep a conclusion."""
        assert (now, by, detail) is not None
        self.records[before.id] = conclusion.submission
        return conclusion.submission

    # -- the drawer

    def issue(self, ticket: Ticket) -> Ticket:
        """Keep a ticket."""
        return self.tickets.setdefault(ticket.submission, ticket)

    def ticket(self, submission: str) -> Ticket | None:
        """One ticket."""
        return self.tickets.get(submission)

    def attachments(self, submission: str) -> list[Attachment]:
        """The documents of one submission."""
        return self.beside.get(submission, [])

    def expect(self, submission: str, attachment: Attachment) -> None:
        """Note a document."""
        self.beside.setdefault(submission, []).append(attachment)

    def others(self, submission: str) -> int:
        """How often it came again."""
        return self.again.get(submission, 0)

    def count(self, *_: object) -> int:
        """Nobody is too often here, unless a test says so."""
        return self.counted

    # -- what tests do with it

    def portal(self, **given: str) -> Portal:
        """The portal over all of it."""
        settings = PortalSettings(table="table", documents_bucket="documents", uploads_bucket=BUCKET, **given)
        posts = ShownPosts(signer(), BUCKET)
        posts.there = self.there
        return Portal(
            cast("Store", self), cast("Drawer", self), cast("Any", self), Copies(signer(), "documents"), posts,
            cast("Any", self.web), settings, lambda: self.moment,
        )  # fmt: skip

    def send(self, number: int, state: str, call: Call) -> str:
        """Let an applicant come as far as `state`: the path of the status page."""
        place = Slot(call.id, f"{number:032x}")
        identity = submission_id(BUCKET, place.key, "")
        at = self.moment - timedelta(minutes=3)
        self.tickets[identity] = Ticket(
            id=place.ticket, submission=identity, call=call.id, file_name="Ansøgning æøå.docx", email="a@example.dk",
            created_at=at, until=at + timedelta(minutes=15),
        )  # fmt: skip
        if state == "arrived":
            self.there[place.key] = Stored(48_000, at)
        elif state == "expired":
            self.moment_of(identity, self.moment - timedelta(days=1))
        elif state != "waiting":
            self.records[identity] = STATES[state](self, _received(call, identity, place, at))
        return identity

    def moment_of(self, identity: str, at: datetime) -> None:
        """Let a ticket be of another time."""
        self.tickets[identity] = self.tickets[identity].model_copy(
            update={"created_at": at, "until": at + timedelta(minutes=15)}
        )


def _received(call: Call, identity: str, place: Slot, at: datetime) -> Submission:
    return Submission(
        id=identity, reference=reference(call.reference_prefix, identity), call=call.id, call_version=1,
        state=State.RECEIVED, bucket=BUCKET, key=place.key, version_id="v", size=48_213, sha256="c0ffee" * 10 + "cafe",
        received_at=at, recorded_at=at, file_name="Ansøgning æøå.docx", email="a@example.dk",
    )  # fmt: skip


def _read(world: Applicants, submission: Submission, answers: Any) -> Submission:
    call = world.versions[submission.call][-1].call
    form = fill_docx(docx.make(call, 1, "da"), {**answers, "statutes": "Vedtægter 2026.pdf"})
    reading = read_application(call, read(form, "skema.docx"))
    return conclude(submission, call, reading, Standing(), world.moment).submission


def _late(world: Applicants, submission: Submission) -> Submission:
    found = _read(world, submission, GOOD)
    deadline = "13-12-2026 23:59:59"
    late = problem("late", deadline=deadline, received="14-12-2026 00:00:00")
    return found.model_copy(update={"state": State.LATE, "problems": (late,), "problem_count": 1, "error_count": 1})


def _unconsidered(world: Applicants, submission: Submission) -> Submission:
    found = _read(world, submission, GOOD)
    why = problem("unconsidered")
    return found.model_copy(update={"state": State.UNCONSIDERED, "problems": (why,), "problem_count": 1})


def _full(world: Applicants, submission: Submission) -> Submission:
    for number, (name, data) in enumerate(
        (("Vedtægter 2026.pdf", b"%PDF-1.7"), ("program.exe", b"MZ"), ("kort.png", None))
    ):
        waiting = Attachment(field="statutes", number=f"{number:032x}", file_name=name, asked_at=submission.received_at)
        arrived = waiting if data is None else judged(waiting, len(data), data, 10_000_000)
        world.beside.setdefault(submission.id, []).append(arrived)
    world.again[submission.id] = 1
    return _read(world, submission, GOOD)


def _withdrawn(world: Applicants, submission: Submission) -> Submission:
    return withdraw(_read(world, submission, GOOD), None, world.moment).submission


STATES: dict[str, Callable[[Applicants, Submission], Submission]] = {
    "received": lambda _, submission: submission,
    "accepted": lambda world, submission: _read(world, submission, GOOD),
    "needs correction": lambda world, submission: _read(world, submission, FAULTY).model_copy(
        update={"returned": f"returned/{submission.id}.docx"}
    ),
    "unreadable": lambda world, submission: (
        cannot_read(submission, None, problem("encrypted"), world.moment).submission
    ),
    "late": _late,
    "unconsidered": _unconsidered,
    "with documents": _full,
    "replaced": lambda world, submission: _read(world, submission, GOOD).model_copy(
        update={"state": State.REPLACED, "replaced_by": "x"}
    ),
    "withdrawn": _withdrawn,
    "hostile": lambda world, submission: _read(
        world, submission, GOOD | {"contact_name": HOSTILE, "background": HOSTILE * 20}
    ).model_copy(update={"file_name": HOSTILE, "applicant_name": HOSTILE}),
}
"""How a submission that was received comes to each state."""
ALL = ("waiting", "expired", "arrived", *STATES)


def applying(moment: datetime = NOW, *, forms: bool = True) -> tuple[Applicants, dict[str, tuple[str, dict[str, str]]]]:
    """A world with an applicant in every state, and the pages of it by name: the name of an address and its parts.

    `forms`: with all documents of the calls, or few, quickly.
    """
    calls = portals.published_calls(moment, forms=forms)
    world = Applicants(moment, calls.versions, calls.kept, web=calls.web)
    document = {
        "id": "statutes", "type": "attachment", "required": True,
        "label": {"da": "Foreningens vedtægter", "en": "The association's statutes"},
    }  # fmt: skip
    given = world.versions[EXTENDED][-1].call.model_dump(mode="json")
    section = {"id": "documents", "title": {"da": "Bilag", "en": "Attachments"}, "fields": [document]}
    form = given["form"] | {"sections": [*given["form"]["sections"], section]}
    call = Call.model_validate(given | {"id": CALL, "form": form})
    world.publish(call)
    for number, version in enumerate(world.versions[EXTENDED]):
        assert version.version == number + 1
    pages: dict[str, tuple[str, dict[str, str]]] = {
        "send": ("send", {"call": EXTENDED}),
        "send late": ("send", {"call": "mentorer-2026"}),
        "send early": ("send", {"call": "frivillig-faellesskaber-2027"}),
        "check": ("check", {"call": EXTENDED}),
    }
    for number, state in enumerate(ALL, start=1):
        identity = world.send(number, state, call)
        pages[f"status {state}"] = ("status", {"submission": identity, "secret": SECRET})
        if state == "accepted":
            pages["receipt"] = ("receipt", pages["status accepted"][1])
            pages["withdraw"] = ("withdraw", pages["status accepted"][1])
    return world, pages


def path(page: tuple[str, dict[str, str]], language: Language) -> str:
    """The path of a page."""
    return addresses.path(page[0], language, **page[1])
