"""Checking a form on the portal without sending it, over moto, at the handler."""

from __future__ import annotations

import html
from collections.abc import Sequence
from http import HTTPStatus

import pytest

from asking import CHECK, FORM, post, ticket, upload
from builders import BUCKET, a_form
from portals import body
from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.rawforms import RawForm
from puljeport.readers import read as read_form
from sendforms import form_body
from worlds import World

usual = pytest.mark.usefixtures("shown")


def test_checking_reads_as_sending_does_and_keeps_nothing(shown: World) -> None:
    """The same problems as a submission has, and afterwards neither object nor record is there."""
    before = {kind: len(shown.items(kind)) for kind in ("submission", "ticket", "link", "notice")}
    bad = a_form(contact_email="ikke en")
    page = html.unescape(body(post(CHECK, *form_body({}, bad, "Skema æøå.json"))))
    assert "Der er 1 ting at rette" in page
    assert "<bdi>Skema æøå.json</bdi>" in page
    assert "Intet af den er gemt" in page
    good = html.unescape(body(post(CHECK, *form_body({}, a_form(), "x.json"))))
    assert "Skemaet er i orden" in good
    assert "Prøve Person" in good
    assert {kind: len(shown.items(kind)) for kind in before} == before
    assert "Contents" not in shown.s3.list_objects_v2(Bucket=BUCKET)
    asked = ticket()
    upload(shown, asked, bad)
    assert shown.only().problems[0].message.da in page


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ((b"--x--\r\n", "multipart/form-data; boundary=x"), 422, "Vælg først en fil."),
        (form_body({}, b"", ""), 422, "Vælg først en fil."), (form_body({}, b"", "x.docx"), 200, "Filen er tom"),
        (form_body({}, b"PK\x03\x04", "x.docx"), 200, "at rette"),
        (form_body({}, b"\x00\xff\r\n\r", "x.bin"), 200, "at rette"),
        (form_body({}, b"x" * 4_000_001, "x.docx"), 413, "for stor til at blive tjekket"),
    ],
    ids=["nothing", "no choice", "empty", "broken", "binary", "large"],
)  # fmt: skip
@usual
def test_whatever_is_checked_is_answered(sent: tuple[bytes, str], status: int, words: str) -> None:
    """No file, an empty, a broken and a large one each have a page that says what to do."""
    answered = post(CHECK, *sent)
    assert (answered["statusCode"], words in body(answered)) == (status, True)


def test_a_print_is_checked_as_it_would_be_read(shown: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF without fields is held beside the call's blanks, as when it is sent."""
    held: list[int] = []

    def no_fields(*_: object) -> None:
        raise Unreadable(problem("pdf_no_fields"))

    def printed(_data: bytes, blanks: Sequence[bytes]) -> RawForm:
        held.append(len(blanks))
        return read_form(a_form(), "")

    monkeypatch.setattr("portal.applying.read", no_fields)
    monkeypatch.setattr("portal.applying.printed.read", printed)
    assert shown
    assert "Skemaet er i orden" in body(post(CHECK, *form_body({}, b"%PDF-1.7", "x.pdf")))
    assert len(held) == 1


@pytest.mark.parametrize("kind", ["", FORM, "multipart/form-data", "multipart/form-data; boundary=x", "text/plain"])
@usual
def test_a_body_that_is_no_form_is_told_to_choose_a_file(kind: str) -> None:
    """Whatever a client sends instead of a form gets the page, not an error."""
    assert post(CHECK, b"\xff\x00", kind)["statusCode"] == HTTPStatus.UNPROCESSABLE_ENTITY


@usual
def test_a_reader_that_fails_does_not_take_the_page_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours in reading gives a page that says what to do, and a log line without the file's content."""
    monkeypatch.setattr("portal.applying.read", lambda *_: 1 / 0)
    answered = post(CHECK, *form_body({}, a_form(), "x.json"))
    assert (answered["statusCode"], "Gem den igen" in body(answered)) == (HTTPStatus.OK, True)
