"""The page that a submission is followed on, its receipt and its returned copy, over moto, at the handler."""

from __future__ import annotations

import base64
import json
import re
from http import HTTPStatus
from io import BytesIO
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from pypdf import PdfReader

from asking import CALL, post, see, ticket, upload
from builders import DEFINITION, MIDWAY, a_call, a_form, http_event, only_changes, s3_event
from portal import answers
from portals import answer, body
from sendforms import form_body
from worlds import World

usual = pytest.mark.usefixtures("shown")


def test_the_status_follows_a_file_from_ticket_to_result(shown: World) -> None:
    """Not there, arrived but not recorded, recorded, read: each said at once, with S3's own time for the file."""
    asked = ticket()
    progress = asked["status"] + "/nu.json"
    assert "Vi har ikke modtaget din fil endnu" in see(asked["status"])
    assert json.loads(see(progress)) == {"arrived": False, "concluded": False, "waiting": 0}
    record = shown.put(asked["fields"]["key"], a_form(), MIDWAY)
    page = see(asked["status"])
    assert "Vi har modtaget din fil" in page
    assert "20. marts 2018 kl.\N{NO-BREAK SPACE}10.30.00" in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert json.loads(see(progress))["arrived"] is True
    shown.run_intake(s3_event(record))
    page = see(asked["status"])
    assert "Din ansøgning er modtaget og i orden" in page
    assert "http-equiv" not in page
    assert shown.only().reference in page
    assert json.loads(see(progress))["concluded"] is True


def test_what_was_read_is_shown_field_by_field(shown: World) -> None:
    """Each field has its label and its value as people write it; what is wrong stands at its field and in a summary."""
    fields = [
        *DEFINITION["form"]["sections"][0]["fields"],
        {"id": "amount", "type": "amount", "label": {"da": "Beløb", "en": "Amount"}},
        {
            "id": "rows", "type": "table", "label": {"da": "Budget", "en": "Budget"},
            "columns": [{"id": "what", "type": "text", "label": {"da": "Post", "en": "Item"}}],
        },
    ]  # fmt: skip
    section = DEFINITION["form"]["sections"][0] | {"fields": fields}
    shown.publish(a_call(form={"sections": [section]}))
    asked = ticket()
    upload(shown, asked, a_form(amount="1.234,50", contact_email="ikke en", rows=[{"what": "Leje"}]))
    page = see(asked["status"])
    assert "1.234,50\N{NO-BREAK SPACE}kr." in page or "1.234,50 kr." in page
    assert re.search(r"<td[^>]*>Leje</td>", page)
    assert "Der er 1 ting at rette" in page
    assert '<a href="#field-contact_email" dir="auto">E-mail</a>' in page
    assert 'id="field-contact_email" class="has-error"' in page
    assert page.count("Kan ikke bruges, som det står") == 1
    assert "Ikke udfyldt" in page
    english = see("/en" + asked["status"])
    assert "There is 1 thing to correct" in english
    assert "What we have read" in english


HOSTILE = "<img src=x onerror=alert(1)>\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe javascript:alert(1)"


def test_s08_hostile_values_and_names_are_inert_on_every_page(shown: World) -> None:
    """S8: markup in every field and in the file's name is text on status, receipt, withdrawal and check."""
    asked = ticket(name=HOSTILE + "x" * 10_000 + ".json")
    form = a_form(contact_name=HOSTILE, background=HOSTILE, contact_email=HOSTILE)
    upload(shown, asked, form)
    pages = [body(answer(http_event(path))) for path in (asked["status"], asked["status"] + "/kvittering")]
    checked = form_body({}, form, HOSTILE.replace("\N{RIGHT-TO-LEFT OVERRIDE}", "") + ".json")
    pages.append(body(post(f"/puljer/{CALL}/tjek", *checked)))
    assert any("&lt;img src=x onerror=alert(1)&gt;" in page for page in pages)
    for page in pages:
        assert "<img" not in page
        assert 'href="javascript' not in page
        names = re.findall(r"<bdi>(.*?)</bdi>", page)
        assert all("\N{RIGHT-TO-LEFT OVERRIDE}" not in name and len(name) < 1000 for name in names)


def test_s12_links_that_lead_nowhere_are_all_answered_alike(shown: World) -> None:
    """S12: unknown, foreign, malformed, revoked, expired and erased links have the same status, headers and body."""
    asked, other = ticket(), ticket()
    upload(shown, asked)
    submission = asked["status"].split("/")[2]
    foreign = other["status"].split("/")[3]
    expired = ticket()
    upload(shown, revoked := ticket())
    table = {"TableName": "puljeport-test"}
    key = {"PK": {"S": f"SUB#{revoked['status'].split('/')[2]}"}, "SK": {"S": "LINK"}}
    shown.dynamodb.update_item(**table, Key=key, UpdateExpression="REMOVE secret")
    shown.clock.advance(days=31)
    nowhere = [
        f"/status/{submission}/{foreign}", f"/status/{submission}/x", f"/status/{'a' * 26}/{foreign}",
        f"/status/{submission.upper()}/{foreign}", f"/status/..%2f/{foreign}", "/status/æ/ø", expired["status"],
        revoked["status"], f"/status/{submission}/{'-' * 27}", f"/status/{submission}/{'a' * 5000}",
    ]  # fmt: skip
    said = [answer(http_event(path)) for path in nowhere]
    for answered in said:
        assert answered == said[0]
    assert said[0]["statusCode"] == HTTPStatus.NOT_FOUND
    for path in nowhere:
        for after in ("/kvittering", "/kvittering.pdf", "/nu.json", "/rettes", "/traek-tilbage"):
            assert answer(http_event(path + after)) == said[0]
        assert post(path + "/traek-tilbage", urlencode({"secret": path.rpartition("/")[2]})) == said[0]
    assert see(asked["status"])


def test_s12_pages_behind_a_link_are_kept_and_told_nowhere(shown: World) -> None:
    """S12: no caching, no referrer, no index, on every answer below a link."""
    asked = ticket()
    upload(shown, asked)
    for after in ("", "/kvittering", "/kvittering.pdf", "/nu.json", "/traek-tilbage", "/bilag"):
        headers = answer(http_event(asked["status"] + after))["headers"]
        assert {name: headers[name] for name in answers.PRIVATE} == answers.PRIVATE


@pytest.mark.parametrize(
    ("before", "after", "name", "time"),
    [("", "/kvittering.pdf", "kvittering", "kl."), ("/en", "/receipt.pdf", "receipt", "at")],
)
def test_s11_the_receipt_is_a_pdf_to_be_saved(shown: World, before: str, after: str, name: str, time: str) -> None:
    """S11: what the page says stands in the fields of a PDF, an attachment that is named by its reference."""
    upload(shown, asked := ticket(name="Ansøgning æøå.json"))
    path = before + asked["status"] + after
    assert f'href="{path}"' in see(before + asked["status"])
    assert f'href="{path}"' in see(before + asked["status"] + after.removesuffix(".pdf"))
    answered, found = answer(http_event(path)), shown.only()
    assert answered["statusCode"] == HTTPStatus.OK
    headers = answered["headers"]
    assert (headers["content-type"], headers["cache-control"]) == ("application/pdf", "no-store")
    assert headers["content-disposition"].startswith(f'attachment; filename="{found.reference} {name}.pdf"; ')
    fields = PdfReader(BytesIO(base64.b64decode(answered["body"]))).get_fields() or {}
    told = {key: str(field.value) for key, field in fields.items()}
    received = told.pop("received")
    assert f" {time}\N{NO-BREAK SPACE}" in received
    assert received.endswith(" (Europe/Copenhagen)")
    assert told == {
        "reference": found.reference, "owner": "Puljeport", "call": a_call().title.get("en" if before else "da"),
        "applicant": found.applicant_name, "file": "Ansøgning æøå.json", "sha256": found.sha256,
        "size": told["size"],
    }  # fmt: skip
    assert re.fullmatch(r"\d+(,\d)?\N{NO-BREAK SPACE}(byte|bytes|kB)", told["size"])
    head = answer(http_event(path, "HEAD"))
    assert (head["headers"], head["body"]) == (headers, "")


@usual
def test_there_is_no_receipt_before_there_is_a_file() -> None:
    """A receipt that is asked for too early leads back to the status page, which says so."""
    asked = ticket()
    answered = answer(http_event(asked["status"] + "/kvittering.pdf"))
    assert (answered["statusCode"], answered["headers"]["location"]) == (HTTPStatus.SEE_OTHER, asked["status"])


def test_s08_a_hostile_name_is_inert_in_the_receipt(shown: World) -> None:
    """S8: markup and the signs that turn the direction of writing are a text, and none, in the PDF too."""
    upload(shown, asked := ticket(name=HOSTILE + ".json"))
    fields = PdfReader(BytesIO(base64.b64decode(answer(http_event(asked["status"] + "/kvittering.pdf"))["body"])))
    shown_name = str((fields.get_fields() or {})["file"].value)
    assert shown_name.startswith("<img src=x onerror=alert(1)>")
    assert shown_name.isprintable()


def test_s11_the_returned_copy_comes_from_its_bucket_to_be_saved(shown: World) -> None:
    """S11: the link leads to the documents bucket, for minutes, as an attachment under an RFC 6266 name."""
    asked = ticket()
    upload(shown, asked)
    assert answer(http_event(asked["status"] + "/rettes"))["statusCode"] == HTTPStatus.NOT_FOUND
    submission = shown.only()
    shown.store.conclude(
        submission,
        only_changes(submission.model_copy(update={"returned": "returned/x.docx"})),
        shown.clock(),
    )
    answered = answer(http_event(asked["status"] + "/rettes"))
    place = urlsplit(answered["headers"]["location"])
    asked_for = dict(parse_qsl(place.query))
    assert answered["statusCode"] == HTTPStatus.SEE_OTHER
    assert place.netloc.startswith("puljeport-test-documents.s3.")
    assert asked_for["response-content-disposition"].startswith("attachment; filename*=UTF-8''SAM-")
    assert int(asked_for["X-Amz-Expires"]) <= 300


def test_s02_the_page_tells_of_a_second_file_with_other_content(shown: World) -> None:
    """S2: the same file again is passed over in silence; another one is said not to count, with what to do."""
    asked = ticket()
    upload(shown, asked)
    upload(shown, asked)
    assert "en fil mere" not in see(asked["status"])
    upload(shown, asked, a_form(contact_name="En Anden"))
    assert "Du sendte en fil mere fra den samme side" in see(asked["status"])
    assert len(shown.submissions()) == 1


@usual
def test_s10_neither_paths_nor_secrets_are_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """S10: a status page, its polling, a withdrawal and a wrong link leave no secret in the log."""
    asked = ticket(email="kanarie@example.dk", name="kanarie.json")
    secret = asked["status"].rpartition("/")[2]
    answer(http_event(asked["status"]))
    post(asked["status"] + "/traek-tilbage", urlencode({"secret": secret}))
    answer(http_event("/status/" + "a" * 26 + "/" + secret))
    assert secret not in capsys.readouterr().out
