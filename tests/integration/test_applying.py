"""Applying on the portal, over moto, at the handler: tickets, replacing and withdrawing, the deadline, fairness."""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from asking import CALL, CHECK, FORM, SEND, post, see, ticket, upload
from builders import BUCKET, a_call, a_form, http_event, only_changes, s3_event
from care import Care
from portals import answer, body
from puljeport import sending
from puljeport.erasure import Why
from puljeport.submissions import State, submission_id
from sendforms import form_body
from worlds import World

DEADLINE = a_call().closes_at

usual = pytest.mark.usefixtures("shown")


def policy_of(asked: dict[str, Any]) -> dict[str, Any]:
    """The conditions that the bucket holds a file to."""
    found: dict[str, Any] = json.loads(base64.b64decode(asked["fields"]["policy"]))
    return found


# -- tickets -----------------------------------------------------------------------------------------------------------


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


# -- replacing and withdrawing -----------------------------------------------------------------------------------------


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


# -- the deadline ------------------------------------------------------------------------------------------------------


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


# -- fairness ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("what", "path"), [("ticket", SEND), ("check", CHECK)])
def test_s14_too_many_from_one_address_wait(
    shown: World, monkeypatch: pytest.MonkeyPatch, what: str, path: str
) -> None:
    """S14: beyond the allowance 429 with when to come again; others go on; after that time it goes on too."""
    monkeypatch.setitem(sending.PER_ADDRESS, what, 3)
    sent = form_body({}, a_form(), "x.json") if what == "check" else (b"", FORM)
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
