"""Tickets: leave to put one form in the bucket, within a quarter of an hour, and what came beside it.

A ticket's id is made by the browser where it can (128 random bits), so that asking again is asking for the same ticket,
and sending again is sending the same submission. It is no secret once it was used; the secret of the status link is
another one, which only its applicant is told.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from puljeport.calls import AttachmentField, Call
from puljeport.problems import Problem, problem
from puljeport.submissions import Slot
from puljeport.texts import Language

LIFE = timedelta(minutes=15)
"""How long a file may be sent with a ticket."""
KEPT = timedelta(days=30)
"""How long an unused ticket is kept: longer than an upload can wait in a queue and its dead letters, 28 days."""
MAX_FILES = 10
"""How many documents a submission may have beside its form."""

_ID = re.compile(r"[0-9a-f]{32}")


def is_ticket(text: str) -> bool:
    """Whether a text could be a ticket's id: 128 bits in hexadecimal."""
    return _ID.fullmatch(text) is not None


def new_number() -> str:
    """The id of a ticket, or of a document, that no browser made: 128 random bits."""
    return secrets.token_hex(16)


class Ticket(BaseModel):
    """Leave for one form. `submission` is the id of what it becomes, `file_name` what the applicant called the file
    (empty where the browser could not tell), `email` where the receipt goes, `until` when it ends (aware)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    submission: str
    call: str
    file_name: str = ""
    language: Language = "da"
    email: str | None = None
    created_at: AwareDatetime
    until: AwareDatetime

    @property
    def slot(self) -> Slot:
        """Where its form goes."""
        return Slot(self.call, self.id)

    def lives(self, now: datetime) -> bool:
        """Whether a file may still be sent with it."""
        return now < self.until


class Found(StrEnum):
    """What became of a document: WAITING for it to arrive, FINE, or REFUSED."""

    WAITING = "waiting"
    FINE = "fine"
    REFUSED = "refused"


class Attachment(BaseModel):
    """A document beside a form: its field, what it was called, and what arrived. `problem`: why it is refused."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    field: str
    number: str
    file_name: str = ""
    asked_at: AwareDatetime
    found: Found = Found.WAITING
    kind: str | None = None
    size: int = 0
    sha256: str | None = None
    key: str = ""
    version_id: str | None = None
    received_at: AwareDatetime | None = None
    problem: Problem | None = None

    def counts(self, now: datetime) -> bool:
        """Whether it takes one of the places: it has arrived, or may still. One that was broken off takes none."""
        return self.version_id is not None or now < self.asked_at + LIFE


def lacking(call: Call, attachments: Collection[Attachment]) -> tuple[AttachmentField, ...]:
    """The documents that belong to an application and of which none has arrived in order."""
    there = {one.field for one in attachments if one.found is Found.FINE}
    return tuple(field for field in call.form.attachments if field.required and field.id not in there)


KINDS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
)
_OFFICE = {
    b"word/document.xml": "docx",
    b"xl/workbook.xml": "xlsx",
    b"ppt/presentation.xml": "pptx",
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
}
_MACROS = b"vbaProject.bin"


def kind_of(data: bytes) -> str | None:
    """What a document is by its content: an ending, None for what is taken from nobody."""
    for start, kind in KINDS:
        if data.startswith(start):
            return kind
    if data.startswith(b"PK\x03\x04"):
        # Names of parts stand in a package uncompressed; one with macros is no document but a program.
        return None if _MACROS in data else next((kind for part, kind in _OFFICE.items() if part in data), None)
    return None


def judged(waiting: Attachment, size: int, data: bytes | None, limit: int) -> Attachment:
    """A document that has arrived, judged by its size (bytes) and content; `data` is None when it is too large."""
    if data is None:
        wrong, kind = "attachment_too_large", None
    else:
        kind = kind_of(data)
        wrong = "" if kind else "attachment_kind" if data.strip() else "attachment_empty"
    about = {"kind": kind, "size": size, "found": Found.REFUSED if wrong else Found.FINE}
    why = problem(wrong, limit_mb=limit // 1_000_000) if wrong else None
    return waiting.model_copy(update=about | {"problem": why})
