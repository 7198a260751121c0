"""What browsers send to the portal in forms, read within bounds."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from puljeport.errors import BadForm, TooLarge

MAX_BODY = 1_000_000
"""Bytes of a form as it is sent, where a letter of another alphabet takes up to twelve."""
MAX_FIELDS = 10_000
"""More than the largest table there can be has cells: 500 rows of 12 columns."""

type Posted = dict[str, list[str]]


def posted(event: Mapping[str, Any]) -> Posted:
    """The fields of a form in an event of API Gateway. Raises TooLarge, and BadForm for what cannot be read as one."""
    body = event.get("body") or ""
    try:
        data = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        if len(data) > MAX_BODY:
            raise TooLarge
        text = data.decode("utf-8", "replace")
        return parse_qs(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)
    except (binascii.Error, ValueError) as error:
        raise BadForm from error


def value(form: Posted, name: str) -> str:
    """One field of a form; empty where it is not there."""
    return form.get(name, [""])[-1]
