"""The portal's pages for applicants, over moto, at the handler: tickets, status, withdrawal, documents, checking."""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from pypdf import PdfReader

import portal.web
from builders import BUCKET, DEFINITION, MIDWAY, a_call, a_form, http_event, s3_event, with_documents
from care import Care
from portal import answers
from portals import answer, body
from puljeport import sending
from puljeport.conclusions import Conclusion
from puljeport.erasure import Why
from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.rawforms import RawForm
from puljeport.readers import read as read_form
from puljeport.submissions import State, submission_id
from worlds import World

CALL = "samvaer-2018"
SEND = f"/puljer/{CALL}/indsend"
FORM = "application/x-www-form-urlencoded"
DEADLINE = a_call().closes_at

usual = pytest.mark.usefixtures("shown")


@pytest.fixture
def shown(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world with a portal over it, the small call published and open."""
    monkeypatch.setattr(portal.web, "_made", world.portal)
    world.publish()
    return world


def post(path: str, data: str | bytes = "", kind: str = FORM, **headers: str) -> dict[str, Any]:
    """What the portal answers to something that is sent to it, its body as API Gateway passes it on."""
    raw = data.encode() if isinstance(data, str) else data
    event = http_event(path, "POST", content_type=kind, **headers)
    return answer(event | {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True})


def ticket(**fields: str) -> dict[str, Any]:
    """A ticket, asked for as the script does: its answer."""
    given = {"ticket": secrets.token_hex(16), "name": "Skema æøå.json"} | fields
    answered = post(SEND, urlencode(given), accept="application/json")
    assert answered["statusCode"] == HTTPStatus.OK, body(answered)
    asked: dict[str, Any] = json.loads(body(answered))
    return asked


def policy_of(asked: dict[str, Any]) -> dict[str, Any]:
    """The conditions that the bucket holds a file to."""
    found: dict[str, Any] = json.loads(base64.b64decode(asked["fields"]["policy"]))
    return found


def upload(world: World, asked: dict[str, Any], data: bytes | None = None) -> None:
    """The bucket takes a file with a ticket, and intake is told."""
    record = world.put(asked["fields"]["key"], data or a_form(), world.clock())
    assert world.run_intake(s3_event(record)) == []


def see(path: str) -> str:
    """A page that is there."""
    answered = answer(http_event(path))
    assert answered["statusCode"] == HTTPStatus.OK
    return html.unescape(body(answered))


# -- tickets ---------------------------------------------------------------------------------------------------------


@usual
def test_s01_a_ticket_lets_one_file_be_sent_under_its_conditions() -> None:
    """S1: exact key, 1 to 10 MB, a fixed type, a quarter of an hour; what the browser is told leads to the status."""
    asked = ticket()
    policy = policy_of(asked)
    conditions = policy["conditions"]
    key = asked["fields"]["key"]
    assert re.fullmatch(rf"incoming/{CALL}/[0-9a-f]{{32}}/form", key)
    assert {"key": key} in conditions
    assert {"bucket": BUCKET} in conditions
    assert {"Content-Type": "application/octet-stream"} in conditions
    assert ["content-length-range", 1, 10_000_000] in conditions
    assert not [each for each in conditions if isinstance(each, list) and each[1] == "$key"]
    assert asked["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert asked["status"].startswith(f"/status/{submission_id(BUCKET, key, '')}/")
    assert urlsplit(asked["url"]).netloc == f"{BUCKET}.s3.eu-north-1.amazonaws.com"


def test_a_ticket_lives_a_quarter_of_an_hour_from_when_it_was_first_asked_for(shown: World) -> None:
    """Asked again after ten minutes it has five left; after sixteen it is refused, with a page that says why."""
    number = secrets.token_hex(16)
    first = ticket(ticket=number)
    shown.clock.advance(minutes=10)
    again = ticket(ticket=number)
    assert (again["fields"]["key"], again["status"]) == (first["fields"]["key"], first["status"])
    shown.clock.advance(minutes=6)
    refused = post(SEND, urlencode({"ticket": number}), accept="application/json")
    assert refused["statusCode"] == HTTPStatus.CONFLICT
    assert "mere end et kvarter" in body(refused)


def test_a_retry_after_the_file_arrived_is_told_so(shown: World) -> None:
    """A browser that lost the answer asks again with the same number: the file is there, read or not yet, and is not
    sent again."""
    number = secrets.token_hex(16)
    asked = ticket(ticket=number)
    assert asked["arrived"] is False
    record = shown.put(asked["fields"]["key"], a_form(), shown.clock())
    assert ticket(ticket=number)["arrived"] is True
    assert shown.run_intake(s3_event(record)) == []
    assert ticket(ticket=number)["arrived"] is True


def test_s12_a_number_that_ran_out_leads_to_nobody(shown: World) -> None:
    """S12: the number stands in the key of its file, which logs and messages may show: after its quarter of an hour it
    gives no link, though its file is there. Whoever has the link knows how the file stands."""
    number = secrets.token_hex(16)
    asked = ticket(ticket=number)
    upload(shown, asked)
    shown.clock.advance(minutes=16)
    refused = post(SEND, urlencode({"ticket": number}), accept="application/json")
    assert refused["statusCode"] == HTTPStatus.CONFLICT
    assert asked["status"].split("/")[-1] not in body(refused)
    assert json.loads(see(asked["progress"]))["arrived"] is True


def test_without_a_script_the_ticket_is_a_form_that_leads_to_the_status(shown: World) -> None:
    """The page that answers holds the bucket's form, file last, and the bucket sends the browser on to the status."""
    answered = post(SEND, urlencode({"email": "afsender@example.dk"}))
    page = body(answered)
    (form,) = re.findall(r"<form[^>]+enctype[^>]+>.*?</form>", page, re.DOTALL)
    inputs = re.findall(r'name="([^"]+)" value="([^"]*)"', form)
    fields = {name: html.unescape(value) for name, value in inputs}
    names = re.findall(r'name="([^"]+)"', form)
    assert names[-1] == "file"
    then = urlsplit(fields["success_action_redirect"])
    assert see(then.path).count("Vi har ikke modtaget din fil endnu")
    policy = answered["headers"]["content-security-policy"]
    assert f"form-action 'self' https://{BUCKET}.s3.eu-north-1.amazonaws.com;" in policy
    assert "script-src" not in policy
    assert answered["headers"]["referrer-policy"] == "no-referrer"
    record = shown.put(fields["key"], a_form(), shown.clock())
    shown.run_intake(s3_event(record))
    assert shown.only().email == "afsender@example.dk"


def test_s17_no_ticket_is_given_for_what_was_erased(shown: World) -> None:
    """S17: with the number of an erased submission nothing can be sent again, which would stay and be nobody's."""
    number = secrets.token_hex(16)
    upload(shown, ticket(ticket=number))
    Care(shown).erasure.erase(shown.only().id, Why("asked for", "desk", forced="a test"))
    refused = post(SEND, urlencode({"ticket": number}), accept="application/json")
    assert refused["statusCode"] == HTTPStatus.CONFLICT
    assert (shown.items("ticket"), shown.items("link")) == ([], [])


def test_an_address_with_danish_letters_in_its_domain_gets_its_mail(shown: World) -> None:
    """What SES takes is the ASCII form of a domain (RFC 5891): the answer to a file that nobody can read goes out."""
    upload(shown, ticket(email="navn@blåbær.dk"), b"\x89PNG\r\n\x1a\n")
    shown.notify_all()
    assert [mail.destinations["ToAddresses"] for mail in shown.mails()] == [["navn@xn--blbr-roah.dk"]]


@pytest.mark.parametrize(
    "email",
    [
        "ikke en adresse",
        "a@b\r\nBcc: x@example.dk",
        "a@b@c",
        "x" * 300 + "@example.dk",
        "<script>@example.dk",
        "søren@example.dk",
    ],
)
def test_s09_an_address_that_is_none_is_refused(shown: World, email: str) -> None:
    """S9: the page comes back with what is wrong and what was written, inert, and no ticket is given."""
    answered = post(SEND, urlencode({"email": email}))
    assert answered["statusCode"] == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "aria-invalid=true" in body(answered)
    assert "<script>@" not in body(answered)
    assert shown.items("ticket") == []


@pytest.mark.parametrize(
    ("moved", "status", "words"),
    [
        (-timedelta(days=40), HTTPStatus.CONFLICT, "ikke åben endnu"),
        (timedelta(), HTTPStatus.OK, "Frist"),
        (timedelta(days=40), HTTPStatus.OK, "Fristen er udløbet"),
    ],
    ids=["announced", "open", "closed"],
)
def test_what_is_taken_depends_on_the_stage(shown: World, moved: timedelta, status: int, words: str) -> None:
    """Before a call opens nothing is taken; after its deadline files are, and the page says what that means."""
    shown.clock.moment += moved
    assert words in see(SEND)
    assert post(SEND, accept="application/json")["statusCode"] == status


def test_a_distributed_call_takes_nothing(shown: World) -> None:
    """Once places are given out, neither page nor ticket offers to send."""
    shown.publish(a_call(distributed={"date": "2018-05-01", "awards": []}))
    shown.clock.advance(days=60)
    assert "Puljen er fordelt" in see(SEND)
    assert post(SEND)["statusCode"] == HTTPStatus.CONFLICT


# -- status ----------------------------------------------------------------------------------------------------------


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
    checked = multipart({"file": (HOSTILE.replace("\N{RIGHT-TO-LEFT OVERRIDE}", "") + ".json", form)})
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


def only_changes(submission: Any) -> Any:
    """A conclusion that only changes the record."""
    return Conclusion(submission, ())


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


# -- replacing and withdrawing ---------------------------------------------------------------------------------------


def test_a_new_ticket_replaces_what_was_sent_before(shown: World) -> None:
    """The later file of one applicant counts, and the first link says so."""
    first, second = ticket(), ticket()
    upload(shown, first)
    shown.clock.advance(minutes=1)
    upload(shown, second, a_form(contact_name="Rettet"))
    assert "En nyere ansøgning har erstattet denne" in see(first["status"])
    assert "Den har erstattet den, du sendte før." in see(second["status"])
    assert shown.states() == {"accepted": 1, "replaced": 1}


def test_withdrawing_asks_first_and_happens_once(shown: World) -> None:
    """A page asks; the button withdraws; pressed twice it is one withdrawal and one set of notices."""
    asked = ticket()
    upload(shown, asked)
    before = len(shown.rows())
    path, secret = asked["status"] + "/traek-tilbage", asked["status"].rpartition("/")[2]
    assert "Vil du trække ansøgningen tilbage?" in see(path)
    assert shown.only().state is State.ACCEPTED
    for _ in range(2):
        answered = post(path, urlencode({"secret": secret}), sec_fetch_site="same-origin")
        assert (answered["statusCode"], answered["headers"]["location"]) == (HTTPStatus.SEE_OTHER, asked["status"])
    page = see(asked["status"])
    assert "Din ansøgning er trukket tilbage" in page
    assert "Trukket tilbage (af dig)" in page
    assert shown.only().state is State.WITHDRAWN
    told = [row for row in shown.rows() if row.event == "withdrawn"]
    assert len(shown.rows()) == before + len(told)
    assert shown.store.counting(CALL, "751") is None


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {"origin": "https://evil.example"},
        {"sec_fetch_site": "same-origin", "origin": "https://evil.example"},
    ],
    ids=str,
)  # fmt: skip
def test_csrf_a_page_of_somebody_elses_changes_nothing(shown: World, headers: dict[str, str]) -> None:
    """What another site makes a browser send is refused, even if it knew the secret; so is one without the secret."""
    asked = ticket()
    upload(shown, asked)
    path, secret = asked["status"] + "/traek-tilbage", asked["status"].rpartition("/")[2]
    assert post(path, urlencode({"secret": secret}), **headers)["statusCode"] == HTTPStatus.FORBIDDEN
    assert post(path)["statusCode"] == HTTPStatus.NOT_FOUND
    assert shown.only().state is State.ACCEPTED


@pytest.mark.parametrize("state", [State.REPLACED, State.AWARDED, State.DECLINED])
def test_what_is_decided_is_not_withdrawn(shown: World, state: State) -> None:
    """A link to what is decided or replaced offers no withdrawal, and one that is sent anyway is refused."""
    asked = ticket()
    upload(shown, asked)
    submission = shown.only()
    shown.store.conclude(submission, only_changes(submission.model_copy(update={"state": state})), shown.clock())
    path, secret = asked["status"] + "/traek-tilbage", asked["status"].rpartition("/")[2]
    assert answer(http_event(path))["statusCode"] == HTTPStatus.SEE_OTHER
    assert post(path, urlencode({"secret": secret}))["statusCode"] == HTTPStatus.CONFLICT
    assert path not in see(asked["status"])


# -- the deadline ----------------------------------------------------------------------------------------------------


def test_r17_a_file_that_arrived_in_the_last_second_is_on_time(shown: World) -> None:
    """R17: with a ticket from before, 23:59:59 counts and the next second is late, whenever it is read."""
    assert DEADLINE
    shown.clock.moment = DEADLINE - timedelta(minutes=5)
    first, second = ticket(), ticket()
    on_time = shown.put(first["fields"]["key"], a_form(), DEADLINE - timedelta(seconds=1))
    late = shown.put(second["fields"]["key"], a_form(municipality="Odense"), DEADLINE)
    shown.clock.advance(hours=1)
    assert shown.run_intake(s3_event(on_time), s3_event(late)) == []
    assert "Din ansøgning er modtaget og i orden" in see(first["status"])
    page = see(second["status"])
    assert "Din ansøgning kom efter fristen" in page
    assert "23:59:59" in page


@pytest.mark.parametrize("decided", [True, False], ids=["a person decides", "never considered"])
def test_who_is_late_is_told_what_the_call_does_with_it(shown: World, decided: bool) -> None:
    """The page to send from and the status page promise a decision only where the call's late policy has one."""
    shown.publish(a_call(late_policy={"accept_for_decision": decided}))
    assert DEADLINE
    shown.clock.moment = DEADLINE
    asked = ticket()
    record = shown.put(asked["fields"]["key"], a_form(), DEADLINE)
    assert shown.run_intake(s3_event(record)) == []
    for page in (see(SEND), see(asked["status"])):
        assert ("myndigheden afgør, om de" in page) is decided
        assert ("ansøgninger, der kommer efter fristen, indgår ikke i puljen" in page) is not decided
    english = see("/en" + asked["status"])
    assert ("the authority decides whether it is considered" in english) is decided
    assert ("are not considered in this call" in english) is not decided


# -- attachments -----------------------------------------------------------------------------------------------------


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


# -- checking --------------------------------------------------------------------------------------------------------


def multipart(files: dict[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    """The body of a form with files, and its content type, as a browser makes them."""
    parts = [
        f'--grænse\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + data
        + b"\r\n"
        for field, (name, data) in files.items()
    ]
    raw = b"".join(parts).replace("grænse".encode(), b"graense") + b"--graense--\r\n"
    return raw, "multipart/form-data; boundary=graense"


CHECK = f"/puljer/{CALL}/tjek"


def test_checking_reads_as_sending_does_and_keeps_nothing(shown: World) -> None:
    """The same problems as a submission has, and afterwards neither object nor record is there."""
    before = {kind: len(shown.items(kind)) for kind in ("submission", "ticket", "link", "notice")}
    bad = a_form(contact_email="ikke en")
    page = html.unescape(body(post(CHECK, *multipart({"file": ("Skema æøå.json", bad)}))))
    assert "Der er 1 ting at rette" in page
    assert "<bdi>Skema æøå.json</bdi>" in page
    assert "Intet af den er gemt" in page
    good = html.unescape(body(post(CHECK, *multipart({"file": ("x.json", a_form())}))))
    assert "Skemaet er i orden" in good
    assert "Prøve Person" in good
    assert {kind: len(shown.items(kind)) for kind in before} == before
    assert "Contents" not in shown.s3.list_objects_v2(Bucket=BUCKET)
    asked = ticket()
    upload(shown, asked, bad)
    assert shown.only().problems[0].message.da in page


@pytest.mark.parametrize(
    ("files", "status", "words"),
    [
        ({}, 422, "Vælg først en fil."), ({"file": ("", b"")}, 422, "Vælg først en fil."),
        ({"file": ("x.docx", b"")}, 200, "Filen er tom"), ({"file": ("x.docx", b"PK\x03\x04")}, 200, "at rette"),
        ({"file": ("x.bin", b"\x00\xff\r\n\r")}, 200, "at rette"),
        ({"file": ("x.docx", b"x" * 4_000_001)}, 413, "for stor til at blive tjekket"),
    ],
    ids=["nothing", "no choice", "empty", "broken", "binary", "large"],
)  # fmt: skip
@usual
def test_whatever_is_checked_is_answered(files: dict[str, tuple[str, bytes]], status: int, words: str) -> None:
    """No file, an empty, a broken and a large one each have a page that says what to do."""
    answered = post(CHECK, *multipart(files))
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
    assert "Skemaet er i orden" in body(post(CHECK, *multipart({"file": ("x.pdf", b"%PDF-1.7")})))
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
    answered = post(CHECK, *multipart({"file": ("x.json", a_form())}))
    assert (answered["statusCode"], "Gem den igen" in body(answered)) == (HTTPStatus.OK, True)


# -- fairness --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("what", "path"), [("ticket", SEND), ("check", CHECK)])
def test_s14_too_many_from_one_address_wait(
    shown: World, monkeypatch: pytest.MonkeyPatch, what: str, path: str
) -> None:
    """S14: beyond the allowance 429 with when to come again; others go on; after that time it goes on too."""
    monkeypatch.setitem(sending.PER_ADDRESS, what, 3)
    sent = multipart({"file": ("x.json", a_form())}) if what == "check" else (b"", FORM)
    statuses = [post(path, *sent)["statusCode"] for _ in range(4)]
    assert statuses == [HTTPStatus.OK] * 3 + [HTTPStatus.TOO_MANY_REQUESTS]
    again = int(post(path, *sent)["headers"]["retry-after"])
    assert 0 < again <= 600
    shown.clock.advance(seconds=again)
    assert post(path, *sent)["statusCode"] == HTTPStatus.OK
    kept = [item["PK"]["S"] for item in shown.items("allowance")]
    assert kept
    assert not any("192.0.2.1" in key for key in kept)


@usual
def test_s14_a_call_has_an_allowance_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """S14: many addresses together cannot ask for tickets of one call without end."""
    monkeypatch.setitem(sending.PER_CALL, "ticket", 2)
    monkeypatch.setitem(sending.PER_ADDRESS, "ticket", 100)
    assert [post(SEND)["statusCode"] for _ in range(3)] == [200, 200, 429]


def test_s14_an_ipv6_connection_is_one_address() -> None:
    """S14: the 2^64 addresses that one connection has share an allowance; another connection has its own."""
    first, second, other = map(sending.address_hash, ("2001:db8::1", "2001:db8::2:3", "2001:db8:0:1::1"))
    assert first == second != other
    assert sending.address_hash("not an address") == ""
