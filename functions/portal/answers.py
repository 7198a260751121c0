"""What every answer of the portal has in common: what browsers must not do with it, and how long they may keep it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import quote

_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
)
POLICY = _POLICY.format(forms="'self'")
"""Content-Security-Policy: style, fonts and icons of our own; no script at all, nothing from elsewhere, in no frame."""


def policy(uploads: str = "", *, script: bool = False) -> dict[str, str]:
    """The policy of a page that needs more than `POLICY` gives: a script of our own, which may ask ourselves, and leave
    to send files to the bucket at `uploads`, by that script or by a form."""
    given = _POLICY.format(forms="'self' " + uploads if uploads and not script else "'self'")
    if script:
        given += f"; script-src 'self'; connect-src 'self' {uploads}".rstrip()
    return {"content-security-policy": given}


ALWAYS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Whole addresses only to ourselves, so that a form tells where it comes from: an address may hold a token.
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""Headers of every answer, errors and files too (OWASP Secure Headers Project). A page may be stricter, or open its
policy to just what it needs."""

FOR_EVER = "public, max-age=31536000, immutable"
A_MINUTE = "public, max-age=60"
NOT_KEPT = "no-store"

PRIVATE = {"cache-control": NOT_KEPT, "referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}
"""Headers of what is for one reader only: its address holds a secret."""

ALLOWED = "GET, HEAD, OPTIONS"


def attachment(name: str) -> str:
    """The value of Content-Disposition that saves an answer under `name` (RFC 6266, RFC 8187)."""
    ascii_name = "".join(letter if " " <= letter <= "~" and letter not in '"\\%' else "_" for letter in _danish(name))
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


def _danish(name: str) -> str:
    for letter, letters in (("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("Æ", "Ae"), ("Ø", "Oe"), ("Å", "Aa")):
        name = name.replace(letter, letters)
    return name


def finished(answer: dict[str, Any], method: str, known: str) -> dict[str, Any]:
    """A resolver's answer with the headers of every answer; without its body when only the head was asked for.

    `known`: the value of If-None-Match. Who has the same content already is told just that (RFC 9110, 13.1.2).
    """
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    headers = {"cache-control": NOT_KEPT} | ALWAYS | headers
    body = answer["body"] or ""
    if answer["statusCode"] == 200:
        headers["vary"] = "accept-encoding"
        headers["etag"] = f'W/"{_hash(body, encoded=answer["isBase64Encoded"])}"'
        if headers["etag"] in (tag.strip() for tag in known.split(",")):
            return answer | {"statusCode": 304, "headers": headers, "body": "", "isBase64Encoded": False}
    if method == "HEAD":
        return answer | {"headers": headers, "body": "", "isBase64Encoded": False}
    return answer | {"headers": headers, "body": body}


def _hash(body: str, *, encoded: bool) -> str:
    data = base64.b64decode(body) if encoded else body.encode()
    return hashlib.sha256(data).hexdigest()[:20]
