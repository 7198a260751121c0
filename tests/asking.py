"""What a browser asks the portal for, at the handler: tickets, pages, checks; and what comes of it in the bucket."""

from __future__ import annotations

import base64
import html
import json
import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from builders import a_form, http_event, s3_event
from portals import answer, body
from worlds import World

CALL = "samvaer-2018"
SEND = f"/puljer/{CALL}/indsend"
CHECK = f"/puljer/{CALL}/tjek"
FORM = "application/x-www-form-urlencoded"


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


def upload(world: World, asked: dict[str, Any], data: bytes | None = None) -> None:
    """The bucket takes a file with a ticket, and intake is told."""
    record = world.put(asked["fields"]["key"], data or a_form(), world.clock())
    assert world.run_intake(s3_event(record)) == []


def see(path: str) -> str:
    """A page that is there."""
    answered = answer(http_event(path))
    assert answered["statusCode"] == HTTPStatus.OK
    return html.unescape(body(answered))
