"""Messages to contacts (SNS): text for people, the same event as JSON for programs, attributes to filter by."""

from __future__ import annotations

from typing import Any

from puljeport.contacts import OF_A_SUBMISSION
from puljeport.letters.parts import COPENHAGEN, Facts, Links, Message, ascii_subject, at, one_line, outside
from puljeport.letters.rendering import render
from puljeport.notices import OPERATIONS, Notice


def to_contact(notice: Notice, links: Links) -> Message:
    """The message of a notice to a contact. It names the organisation and the reference, and no answer."""
    words = render("contact", notice.event.value, notice.language, "txt", _context(notice, links))
    about = f"Puljeport {notice.reference}" if notice.reference else "Puljeport"
    subject = ascii_subject(f"{about}: {words.subject} ({notice.call})")
    return Message(subject, words.body, _body(notice), _attributes(notice))


def _context(notice: Notice, links: Links) -> dict[str, Any]:
    received = at(notice.received_at, COPENHAGEN, notice.language, seconds=True) if notice.received_at else ""
    return {
        "title": one_line(notice.call_title.get(notice.language)),
        "call": notice.call,
        "reference": notice.reference,
        "organisation": outside(notice.organisation),
        "received": received,
        "state": notice.state.value if notice.state else "",
        "errors": notice.errors,
        "warnings": notice.warnings,
        "page": links.call(notice.call, notice.language),
        "operations": notice.audience == OPERATIONS,
        "facts": Facts(notice.facts, notice.language),
    }


def _attributes(notice: Notice) -> dict[str, str]:
    return {
        "call": notice.call or "-",
        "event": notice.event.value,
        "role": notice.role.value if notice.role else "-",
        "contact": notice.audience,
        "language": notice.language,
    }


def _body(notice: Notice) -> dict[str, object]:
    fields = {"submission", "event", "audience", "role", "call", "reference", "errors", "warnings", "facts"}
    body = notice.model_dump(mode="json", include=fields)
    body["organisation"] = one_line(notice.organisation)
    if "listed" in notice.facts:
        body["facts"]["listed"] = Facts(notice.facts, notice.language).rows("listed")
    # Machine subscribers hear once per contact; this id lets them fold those into one.
    about = notice.submission if notice.event in OF_A_SUBMISSION else notice.call
    body["id"] = ":".join(part for part in (about, notice.event.value, notice.key, str(notice.round)) if part)
    body["received_at"] = notice.received_at.isoformat() if notice.received_at else None
    return body
