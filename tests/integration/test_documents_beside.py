"""Documents beside a form, over moto, at the handler: what is missing, what is taken, how many and how large."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import pytest

import portal.web
from asking import post, see, ticket, upload
from builders import a_call, a_form, s3_event, with_documents
from portals import body
from worlds import World


@pytest.fixture
def beside(shown: World) -> dict[str, Any]:
    """A submission to a call that asks for a document beside the form."""
    shown.publish(a_call(form=with_documents(statutes=True)))
    asked = ticket()
    upload(shown, asked, a_form(statutes="vedtægter.pdf"))
    return asked


def test_a_required_document_is_missed_until_it_arrives(shown: World, beside: dict[str, Any]) -> None:
    """The page says what is missing, gives leave to send it, and shows what it was found to be."""
    page = see(beside["status"])
    assert "Dette bilag hører til ansøgningen og mangler." in page
    assert "Dit skema er i orden, men et bilag mangler</h1>" in page
    assert "Du behøver ikke gøre mere" not in page
    path = beside["status"] + "/bilag"
    for name, data, words in (("æ.exe", b"MZ", "Denne slags fil"), ("vedtægter.pdf", b"%PDF-1.7", "i orden.")):
        leave = json.loads(body(post(path, urlencode({"field": "statutes", "name": name}), accept="application/json")))
        assert re.search(r"/attachments/statutes/[0-9a-f]{32}$", leave["fields"]["key"])
        assert "Ikke modtaget endnu" in see(beside["status"])
        record = shown.put(leave["fields"]["key"], data)
        assert shown.run_intake(s3_event(record)) == []
        page = see(beside["status"])
        assert words in page
        assert f"<bdi>{name}</bdi>" in page
    page = see(beside["status"])
    assert "mangler" not in page
    assert "Du behøver ikke gøre mere" in page
    assert len(shown.submissions()) == 1


def test_what_came_without_the_portal_has_no_place_for_documents_and_says_so(
    shown: World, beside: dict[str, Any]
) -> None:
    """A form that was put into the bucket otherwise: its page says what is missing and whom to ask, and has no button
    that would lead nowhere."""
    assert "Tilføj bilag" in see(beside["status"])
    taken = shown.take("incoming/samvaer-2018/a.json", a_form(municipality="101", statutes="v.pdf"))
    page = see(f"/status/{taken.id}/{shown.store.link(taken.id)}")
    assert "Dette bilag hører til ansøgningen og mangler. Skriv til puljens kontaktperson" in page
    assert "Tilføj bilag" not in page


def test_a_document_may_be_as_large_as_the_installation_says(
    beside: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page names the limit that the ticket has, in words and to its script."""
    made = portal.web.portal()
    given = made.given.model_copy(update={"max_upload_bytes": 5_000_000})
    monkeypatch.setattr(portal.web, "_made", lambda: replace(made, given=given))
    page = see(beside["status"])
    assert 'data-limit="5000000"' in page
    assert re.search(r"OpenDocument\. Højst 5\sMB\.", page)
    assert "10 MB" not in page


@pytest.mark.parametrize("field", ["contact_name", "nope", "", "../x"])
def test_a_document_belongs_to_a_field_that_asks_for_one(beside: dict[str, Any], field: str) -> None:
    """No other key can be asked for than below a field of the kind."""
    assert post(beside["status"] + "/bilag", urlencode({"field": field}))["statusCode"] == HTTPStatus.NOT_FOUND


def test_s05_a_submission_has_a_quota_of_documents(beside: dict[str, Any]) -> None:
    """ASVS 5.2.4: ten documents can be asked for, the eleventh is refused with what to do."""
    path = beside["status"] + "/bilag"
    statuses = [post(path, urlencode({"field": "statutes"}))["statusCode"] for _ in range(11)]
    assert statuses == [HTTPStatus.OK] * 10 + [HTTPStatus.CONFLICT]


def test_what_was_broken_off_takes_no_place_in_the_quota(shown: World, beside: dict[str, Any]) -> None:
    """Whoever lost the connection ten times can still send the document, once those tickets ran out; what did arrive
    keeps its place."""
    path = beside["status"] + "/bilag"
    wanted = urlencode({"field": "statutes", "name": "vedtægter.pdf"})
    leave = json.loads(body(post(path, wanted, accept="application/json")))
    assert shown.run_intake(s3_event(shown.put(leave["fields"]["key"], b"%PDF-1.7"))) == []
    statuses = [post(path, wanted)["statusCode"] for _ in range(10)]
    assert statuses == [HTTPStatus.OK] * 9 + [HTTPStatus.CONFLICT]
    shown.clock.advance(minutes=16)
    statuses = [post(path, wanted)["statusCode"] for _ in range(10)]
    assert statuses == [HTTPStatus.OK] * 9 + [HTTPStatus.CONFLICT]
