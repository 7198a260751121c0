"""What letters are made of: links, subjects, names from outside, moments in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from puljeport.dates import show_date, show_moment
from puljeport.texts import Language, Text

SUBJECT_LIMIT = 99
"""SNS: a subject is ASCII, without line breaks and under 100 characters (API reference, Publish, Subject)."""
LONGEST_NAME = 120
"""Characters that a letter repeats of a name somebody else chose: an organisation's, a file's, a place's."""

COPENHAGEN = ZoneInfo("Europe/Copenhagen")

_ASCII = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa", "–": "-", "’": "'"})


@dataclass(frozen=True, slots=True)
class Links:
    """Where a letter leads to. `portal` is the portal's address without a final slash, None where there is none."""

    portal: str | None = None

    def status(self, submission: str, secret: str | None) -> str | None:
        """The page by which an applicant follows a submission; None without a portal, or once the secret is revoked."""
        return f"{self.portal}/status/{submission}/{secret}" if self.portal and secret else None

    def call(self, call: str, language: Language) -> str | None:
        """The public page of a call; None without a portal."""
        return f"{self.portal}/{'puljer' if language == 'da' else 'en/calls'}/{call}" if self.portal else None


class Letter(NamedTuple):
    """A mail to an applicant: subject on one line, text, and the same as simple HTML.

    `sender` is the name it comes from, `reply_to` the address that an answer goes to, None where a call has none.
    """

    subject: str
    text: str
    html: str
    sender: str
    reply_to: str | None = None


class Message(NamedTuple):
    """What is published: an ASCII subject, the text for people, the same event for machines, filter attributes."""

    subject: str
    text: str
    body: dict[str, object]
    attributes: dict[str, str]


def one_line(text: str, limit: int = 200) -> str:
    """The text on one line: control characters and line breaks become spaces, and it is cut at `limit` characters."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(clean.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def outside(text: str) -> str:
    """A name that somebody else chose, on one line. An address in it is no link in a mail of ours."""
    return one_line(text.replace("://", ": //"), LONGEST_NAME)


def ascii_subject(text: str) -> str:
    """A subject as SNS takes it: `æ`, `ø` and `å` as `ae`, `oe` and `aa`, other accents gone, cut to the limit."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII))
    known = "".join(character for character in plain if not unicodedata.combining(character))
    return one_line(known, 1000).encode("ascii", "replace").decode()[:SUBJECT_LIMIT]


def at(moment: datetime, zone: ZoneInfo, language: Language, *, seconds: bool = False) -> str:
    """A moment in words, with the zone it is told in. `moment` is aware, or local to `zone`."""
    local = moment.astimezone(zone) if moment.tzinfo else moment
    named = Text(da="dansk tid", en="Danish time") if zone.key == COPENHAGEN.key else Text(da=zone.key)
    return f"{show_moment(local, seconds=seconds).get(language)} ({named.get(language)})"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the event of a call has to tell, as its row keeps it: read leniently, since rows outlive the code."""

    told: Mapping[str, JsonValue]
    language: Language
    zone: ZoneInfo = COPENHAGEN

    def number(self, name: str) -> int | None:
        """A number."""
        value = self.told.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def text(self, name: str) -> str:
        """A text, in the reader's language where it has two; empty where there is none."""
        value = self.told.get(name)
        if isinstance(value, dict):
            value = value.get(self.language) or value.get("da")
        return one_line(value, 1000) if isinstance(value, str) else ""

    def moment(self, name: str) -> str:
        """A day or a moment in words; empty where there is none."""
        value = self.text(name)
        try:
            if len(value) == len("2018-04-09"):
                return show_date(date.fromisoformat(value)).get(self.language)
            return at(datetime.fromisoformat(value), self.zone, self.language)
        except ValueError:
            return value

    def counts(self, name: str) -> list[tuple[str, int]]:
        """What was counted and how often, in the order it was kept in; what is zero is left out."""
        value = self.told.get(name)
        given = value.items() if isinstance(value, dict) else ()
        return [(outside(key), count) for key, count in given if isinstance(count, int) and count]

    def total(self, name: str) -> int:
        """How much was counted altogether."""
        return sum(count for _, count in self.counts(name))

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        value = self.told.get(name)
        return [one_line(text) for text in value if isinstance(text, str)] if isinstance(value, list) else []

    def rows(self, name: str) -> list[dict[str, str]]:
        """A list of named texts."""
        value = self.told.get(name)
        given = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        return [{key: outside(str(text)) for key, text in row.items()} for row in given]
