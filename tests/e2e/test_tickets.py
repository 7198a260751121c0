"""S1 and S2 on the local cloud with IAM enforced, which alone checks signatures: what a ticket lets through."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from builders import a_call, a_form
from puljeport.submissions import Slot, State
from puljeport.uploads import Posts
from puljeport_cli.stack import Stack, now
from sendforms import connection, send_form

pytestmark = [pytest.mark.slow, pytest.mark.cloud]

CALL = "billetter-2018"


@pytest.fixture
def ticket(guarded: Stack) -> Callable[..., dict[str, Any]]:
    """Asks the deployed portal for a ticket, as the script does."""
    call = a_call(id=CALL, opens="2018-02-27T00:00:00", deadline="2048-04-09T23:59:59")
    guarded.store.publish_call(call, now())

    def ask(number: str = "") -> dict[str, Any]:
        made = connection(guarded, guarded.portal)
        body = urlencode({"ticket": number or secrets.token_hex(16), "name": "skema.json"})
        headers = {
            "Host": urlsplit(guarded.portal).netloc, "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        made.request("POST", f"/puljer/{CALL}/indsend", body, headers)
        answered = made.getresponse()
        assert answered.status == 200
        asked: dict[str, Any] = json.loads(answered.read())
        return asked

    return ask


def test_s01_what_a_ticket_does_not_allow_is_refused(guarded: Stack, ticket: Callable[..., dict[str, Any]]) -> None:
    """S1: nothing, a byte over, another key, type or end, a flipped signature: refused, and not stored."""
    asked = ticket()
    key, signature = asked["fields"]["key"], asked["fields"]["x-amz-signature"]
    flipped = ("0" if signature[0] != "0" else "1") + signature[1:]
    refused = [
        send_form(guarded, asked, b""),
        send_form(guarded, asked, b"x" * 10_000_001),
        send_form(guarded, asked, b"x", key=key + "x"),
        send_form(guarded, asked, b"x", key=f"incoming/{CALL}/{'0' * 32}/form"),
        send_form(guarded, asked, b"x", **{"Content-Type": "text/html"}),
        send_form(guarded, asked, b"x", success_action_status="200"),
        send_form(guarded, asked, b"x", **{"x-amz-signature": flipped}),
        send_form(guarded, asked, b"x", policy=asked["fields"]["policy"][:-4] + "AAAA"),
    ]
    assert [status // 100 for status in refused] == [4] * len(refused), refused
    listed = guarded.client("s3").list_objects_v2(Bucket=guarded.output("UploadsBucketName"), Prefix=key)
    assert "Contents" not in listed
    assert send_form(guarded, asked, b"x" * 10_000_000) == 201


def test_s01_a_ticket_that_ran_out_is_refused(guarded: Stack) -> None:
    """S1: the bucket itself knows when a ticket ends, and takes nothing a second later."""
    posts = Posts(guarded.client("s3"), guarded.output("UploadsBucketName"))
    made = posts.make(Slot(CALL, secrets.token_hex(16)).key, 1000, timedelta(seconds=1))
    time.sleep(2)
    assert send_form(guarded, {"url": made.url, "fields": made.fields}, b"x") == 403


def test_s02_a_ticket_used_twice_is_one_submission(guarded: Stack, ticket: Callable[..., dict[str, Any]]) -> None:
    """S2: two files with one ticket, one record; the page says that the second does not count."""
    asked = ticket()
    for name in ("Først", "Sidst"):
        body = a_form(call=CALL, contact_name=name)
        assert send_form(guarded, asked, body) == 201
    identity = asked["status"].split("/")[2]
    until = now() + timedelta(seconds=60)
    while now() < until:
        found = guarded.store.submission(identity)
        if found and found.state is State.ACCEPTED and "en fil mere" in _page(guarded, asked["status"]):
            break
        time.sleep(0.5)
    assert found is not None
    assert found.state is State.ACCEPTED
    mine = [one for one in guarded.store.list_submissions(CALL) if one.applicant == "751"]
    assert [one.id for one in mine] == [identity]
    assert "Du sendte en fil mere fra den samme side" in _page(guarded, asked["status"])


def _page(guarded: Stack, path: str) -> str:
    made = connection(guarded, guarded.portal)
    made.request("GET", path, headers={"Host": urlsplit(guarded.portal).netloc})
    return made.getresponse().read().decode()
