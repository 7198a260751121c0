"""Sending a file with a form of the bucket's, as a browser does."""

from __future__ import annotations

import http.client
import secrets
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from puljeport_cli.processes import LOOPBACK
from puljeport_cli.stack import Stack


def form_body(fields: Mapping[str, str], data: bytes, name: str = "skema.json") -> tuple[bytes, str]:
    """A multipart form with its fields and, last, its file: the body and its content type (RFC 7578)."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def connection(stack: Stack, address: str) -> http.client.HTTPConnection:
    """A connection to an address of the local cloud: by number, since not every machine finds names below localhost."""
    place = urlsplit(address)
    assert stack.local
    if stack.local.certificate is None:
        return http.client.HTTPConnection(LOOPBACK, place.port, timeout=60)
    trusted = ssl.create_default_context(cafile=str(stack.local.certificate))
    trusted.check_hostname = False  # its certificate is for this machine's address
    return http.client.HTTPSConnection(LOOPBACK, place.port, timeout=60, context=trusted)


def send_form(stack: Stack, asked: Mapping[str, Any], data: bytes, **changes: str) -> int:
    """Send a file with a ticket that the portal gave (as JSON), its fields altered by `changes`. Gives the status."""
    fields = asked["fields"] | changes
    body, kind = form_body(fields, data)
    place = urlsplit(asked["url"])
    made = connection(stack, asked["url"])
    made.request("POST", place.path or "/", body, {"Host": place.netloc, "Content-Type": kind})
    return made.getresponse().status
