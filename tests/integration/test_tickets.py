"""What is sent with a ticket of the portal becomes one submission, however often it is sent, told and read."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from builders import BUCKET, MIDWAY, a_form, s3_event
from puljeport.items import plain
from puljeport.readers import read
from puljeport.submissions import Slot, State, submission_id
from puljeport.tickets import Ticket
from puljeport.uploads import _decoded
from worlds import Crash, World

CALL = "samvaer-2018"


def issued(world: World, **changes: object) -> Ticket:
    """A ticket that the portal has given out."""
    number = secrets.token_hex(16)
    ticket = Ticket(
        id=number, submission=submission_id(BUCKET, Slot(CALL, number).key, ""), call=CALL,
        file_name="Ansøgning på æøå.json", language="en", email="afsender@example.dk", created_at=MIDWAY,
        until=MIDWAY + timedelta(minutes=15),
    ).model_copy(update=changes)  # fmt: skip
    return world.intake.drawer.issue(ticket)


def test_the_record_takes_over_what_the_ticket_knows(world: World) -> None:
    """Name with its letters, language and address come from the ticket; id and secret are those of the status link."""
    world.publish()
    ticket = issued(world)
    secret = world.store.link(ticket.submission)
    assert secret is not None
    assert len(secret) == 27  # 160 bits
    submission = world.take(ticket.slot.key, a_form())
    assert submission.id == ticket.submission
    assert (submission.file_name, submission.email) == ("Ansøgning på æøå.json", "afsender@example.dk")
    assert world.store.link(submission.id) == secret
    (link,) = world.items("link")
    assert "expires_at" not in link


def test_asked_again_it_is_the_same_ticket(world: World) -> None:
    """The same id gives the same ticket and the same secret, whatever else is asked the second time."""
    first = issued(world)
    secret = world.store.link(first.submission)
    again = world.intake.drawer.issue(first.model_copy(update={"file_name": "andet.docx", "email": None}))
    assert again == first
    assert world.store.link(first.submission) == secret


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_s02_a_ticket_used_again_is_no_second_submission(world: World, order: tuple[int, ...]) -> None:
    """S2: three files with one ticket, told in any order and twice, are one submission with one set of notices."""
    world.publish()
    ticket = issued(world)
    forms = [a_form(), a_form(), a_form(contact_name="En Anden")]
    records = [world.put(ticket.slot.key, data) for data in forms]
    for number in (*order, *order):
        assert world.run_intake(s3_event(records[number])) == []
    submission = world.only()
    assert submission.state is State.ACCEPTED
    assert submission.version_id == records[order[0]]["s3"]["object"]["versionId"]
    assert len(world.rows()) == 3  # two contacts and the applicant
    assert len(world.items("again")) == 2
    assert world.intake.drawer.others(submission.id) == (2 if order[0] == 2 else 1)


def test_s02_a_second_file_does_not_come_between_the_attempts_of_the_first(world: World) -> None:
    """S2: the first file's worker dies, the second file is told, the first comes back: it is the first that counts."""
    world.publish()
    ticket = issued(world)
    first, second = (world.put(ticket.slot.key, a_form(contact_name=name)) for name in ("Først", "Sidst"))
    world.read = lambda *_: (_ for _ in ()).throw(Crash())
    with pytest.raises(Crash):
        world.run_intake(s3_event(first))
    world.read = read
    assert world.run_intake(s3_event(second)) == []
    assert world.only().state is State.RECEIVED
    world.clock.advance(minutes=2)
    assert world.run_intake(s3_event(first)) == []
    assert world.only().values["contact_name"] == "Først"


def test_a_file_without_a_ticket_is_taken_as_well(world: World) -> None:
    """A ticket that is gone (or never was) costs the file its name only: nothing that arrives is lost."""
    world.publish()
    key = Slot(CALL, "0" * 32).key
    submission = world.take(key, a_form())
    assert (submission.state, submission.file_name, submission.email) == (State.ACCEPTED, "", None)
    assert world.store.link(submission.id)


@pytest.mark.parametrize("told", ["Ansøgning æøå.docx", "=?utf-8?q?Ans=C3=B8gning_=C3=A6=C3=B8=C3=A5=2Edocx?="])
def test_a_name_that_only_the_browser_knew_is_kept(world: World, told: str) -> None:
    """Without a script the name comes with the file, as metadata, which S3 gives back as RFC 2047 writes it."""
    world.publish()
    ticket = issued(world, file_name="")
    fetch = world.intake.uploads.fetch
    world.monkeypatch.setattr(world.intake.uploads, "fetch", lambda *given: replace(fetch(*given), name=_decoded(told)))
    assert world.take(ticket.slot.key, a_form()).file_name == "Ansøgning æøå.docx"


@pytest.mark.parametrize("told", ["=?ø?q?x?=", "=?utf-8?b?!!!?=", "=?nope?q?x?=", "=?utf-7?q?+2AA-?=", "=?\0?q?x?="])
def test_s03_no_name_stops_its_file(world: World, told: str) -> None:
    """S3: whatever a browser says the file is called, in signs that only look like RFC 2047, the file is taken in."""
    world.publish()
    ticket = issued(world, file_name="")
    fetch = world.intake.uploads.fetch
    world.monkeypatch.setattr(world.intake.uploads, "fetch", lambda *given: replace(fetch(*given), name=_decoded(told)))
    assert world.take(ticket.slot.key, a_form()).state is State.ACCEPTED


# -- documents beside a form -----------------------------------------------------------------------------------------


def beside(world: World, data: bytes) -> dict[str, object]:
    """What is kept of a document that arrives beside a form."""
    ticket = issued(world)
    key = Slot(CALL, ticket.id, "budget", secrets.token_hex(16)).key
    record = world.put(key, data)
    assert world.run_intake(s3_event(record), s3_event(record)) == []
    (item,) = world.items("attachment")
    return dict(plain(item))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"%PDF-1.7 ...", "fine"), (b"\x89PNG\r\n\x1a\n...", "fine"), (b"MZ program", "refused"),
        (b"<svg onload=alert(1)>", "refused"), (b"PK\x03\x04 word/document.xml word/vbaProject.bin", "refused"),
        (b"PK\x03\x04 word/document.xml", "fine"), (b"x" * 100_001, "refused"),
    ],
    ids=["pdf", "png", "program", "svg", "macros", "docx", "too large"],
)  # fmt: skip
def test_s03_a_document_is_judged_by_its_content(world: World, data: bytes, found: str) -> None:
    """S3: what a document beside a form is, its bytes say; it is kept whatever they say, and never is a submission."""
    kept = beside(world, data)
    assert (kept["found"], kept["size"]) == (found, len(data))
    assert kept["version_id"]
    assert "expires_at" not in kept
    assert world.submissions() == {}
