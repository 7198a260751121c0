"""The portal as it is deployed: through the API of the local cloud, with IAM enforced, over what was published."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal import addresses, answers, assets
from puljeport_cli import call as calls
from puljeport_cli.processes import LOOPBACK
from puljeport_cli.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.cloud]

POOL = "medborgerskab-2018"

type Get = Callable[..., http.client.HTTPResponse]


@pytest.fixture(scope="module")
def get(guarded: Stack, calls_folder: Path) -> Get:
    """Asks the deployed portal for a path, with one call published."""
    calls.publish_path(guarded, calls_folder / POOL, opens="now", deadline="+30d")
    place = urlsplit(guarded.portal)
    assert guarded.local
    trusted = ssl.create_default_context(cafile=str(guarded.local.certificate))
    trusted.check_hostname = False  # its certificate is for this machine's address

    def ask(path: str, method: str = "GET") -> http.client.HTTPResponse:
        # By number: not every machine finds names below `localhost`.
        connection = http.client.HTTPSConnection(LOOPBACK, place.port, timeout=60, context=trusted)
        connection.request(method, path, headers={"Host": place.netloc})
        return connection.getresponse()

    return ask


def test_the_portal_shows_what_was_published(get: Get) -> None:
    """List, call, guide, form and feeds come through the API just as the function gave them."""
    for name, kind in {"list": "text/html", "privacy": "text/html", "atom": "application/atom+xml"}.items():
        answered = get(addresses.path(name, "en"))
        assert (answered.status, answered.headers.get_content_type()) == (200, kind)
    page = get(addresses.path("call", "da", call=POOL))
    text = page.read().decode()
    assert "Frist om 30 dage" in text
    assert {name: page.headers[name] for name in answers.ALWAYS} == answers.ALWAYS
    assert "Puljevejledning" in get(addresses.path("guide", "da", call=POOL)).read().decode()
    form = get(addresses.path("document", "da", call=POOL, name="ansoegningsskema.docx"))
    assert form.headers["content-disposition"].startswith("attachment;")
    assert form.read().startswith(b"PK")
    style = get(addresses.path("asset", "da", name=assets.names()["portal.css"]))
    assert style.headers["cache-control"] == answers.FOR_EVER
    assert style.read() == (assets.FOLDER / assets.names()["portal.css"]).read_bytes()
    (call,) = (one for one in json.loads(get("/puljer.json").read())["calls"] if one["id"] == POOL)
    assert call["stage"] == "open"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/findes-ikke", 404), ("POST", "/", 405), ("PUT", "/en", 405), ("GET", "/puljer/..%2f..%2fetc", 404),
        ("GET", "/puljer/%C3%A6", 404), ("HEAD", "/", 200), ("GET", f"/puljer/{POOL}/dokumenter/guide.exe", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_answered_by_the_portal_itself(get: Get, method: str, path: str, status: int) -> None:
    """Errors, other methods and odd paths reach the function, whose answers carry the same protection."""
    answered = get(path, method)
    assert answered.status == status
    assert answered.headers["content-security-policy"] == answers.POLICY
