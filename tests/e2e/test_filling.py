"""Filling in online as it is deployed: through the API of the local cloud, with IAM enforced, up to its conclusion."""

from __future__ import annotations

import base64
import http.client
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from builders import a_call
from fillings import Applicant
from puljeport.submissions import State, Submission
from puljeport_cli.stack import Stack, now
from sendforms import connection

pytestmark = [pytest.mark.slow, pytest.mark.cloud]

CALL = "udfyldning-2018"
GOOD = {"municipality": "Aarhus", "contact_name": "Åse Ærø", "background": "Vi vil mødes.\nOfte."}


@pytest.fixture(scope="module")
def answer(guarded: Stack) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Asks the deployed portal, with one call published: an event goes out as the request that it would come from."""
    guarded.store.publish_call(a_call(id=CALL, opens="2018-02-27T00:00:00", deadline="2048-04-09T23:59:59"), now())
    host = urlsplit(guarded.portal).netloc

    def ask(event: dict[str, Any]) -> dict[str, Any]:
        made = connection(guarded, guarded.portal)
        sent = {name: value for name, value in event["headers"].items() if name != "x-forwarded-proto"} | {"host": host}
        query = f"?{event['rawQueryString']}" if event["rawQueryString"] else ""
        method = event["requestContext"]["http"]["method"]
        made.request(method, event["rawPath"] + query, base64.b64decode(event.get("body", "")) or None, sent)
        found: http.client.HTTPResponse = made.getresponse()
        headers = {name.lower(): value for name, value in found.getheaders()}
        return {
            "statusCode": found.status, "headers": headers, "body": found.read().decode(), "isBase64Encoded": False,
        }  # fmt: skip

    return ask


def concluded(stack: Stack) -> list[Submission]:
    """The call's submissions once they are read."""
    for _ in range(120):
        found = stack.store.list_submissions(CALL)
        if found and not any(one.pending for one in found):
            return found
        time.sleep(0.5)
    raise AssertionError("not read within a minute")


def test_what_is_filled_in_online_becomes_a_submission_once(guarded: Stack, answer: Callable[..., Any]) -> None:
    """Begun, saved, checked and sent twice: one accepted submission with its values, followed at its own address."""
    someone = Applicant(answer).begin(CALL)
    assert someone.status == 200
    someone.get(f"{someone.draft}/del/applicant").press("next", GOOD)
    assert someone.path.endswith("/tjek")
    checked = someone.page
    someone.press()
    sent = someone.page
    someone.page = checked
    someone.press()
    assert someone.page == sent
    (submission,) = concluded(guarded)
    assert (submission.state, submission.file_name) == (State.ACCEPTED, "Udfyldt online")
    assert submission.values == GOOD | {"municipality": "751"}
    status = f"/status/{submission.id}/{guarded.store.link(submission.id)}"
    assert f'href="{status}"' in someone.page
    assert "Åse Ærø" in someone.get(status).page


def test_a_draft_is_opened_by_its_own_link_alone(answer: Callable[..., Any]) -> None:
    """Another secret finds nothing, and a form from another site is refused."""
    someone = Applicant(answer).begin(CALL)
    assert someone.get(someone.draft[:-1]).status == 404
    someone = Applicant(answer).begin(CALL)
    refused = someone.post(f"{someone.draft}/del/applicant", b"key=x&revision=1", origin="https://evil.example")
    assert refused.status == 403
