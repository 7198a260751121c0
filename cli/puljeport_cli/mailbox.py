"""Reading the mail catcher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from puljeport_cli.cloud import read_json, read_text
from puljeport_cli.local import State

CONFIRMATION = "AWS Notification - Subscription Confirmation"


@dataclass(frozen=True)
class Mail:
    """One caught mail."""

    id: int
    recipient: str
    subject: str
    at: str


def mails(state: State, after: int = 0) -> list[Mail]:
    """The caught mails with an id above `after`, oldest first, without those that ask to confirm a subscription."""
    answer = cast("dict[str, Any]", read_json(f"{state.mail_page}messages/"))
    caught = [
        Mail(entry["id"], ", ".join(entry["recipients"]["to"]), _unfolded(entry["subject"]), entry["created_at"])
        for entry in answer["messages"]
    ]
    return sorted(
        (mail for mail in caught if mail.id > after and mail.subject != CONFIRMATION), key=lambda mail: mail.id
    )


def _unfolded(subject: str) -> str:
    # A long header is folded on its way (RFC 5322, 2.2.3), and the catcher shows it as it came.
    return subject.replace("\r", "").replace("\n", "")


def text(state: State, mail: Mail) -> str:
    """The text of a caught mail."""
    return read_text(f"{state.mail_page}messages/{mail.id}.plain")
