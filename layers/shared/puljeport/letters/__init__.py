"""Letters: the words of a notice."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import NamedTuple
from zoneinfo import ZoneInfo

from puljeport.calls import Call, Event
from puljeport.notices import Notice
from puljeport.submissions import Submission
from puljeport.texts import Text

SUBJECT_LIMIT = 99
"""SNS: a subject is ASCII, without line breaks and under 100 characters (API reference, Publish, Subject)."""

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@dataclass(frozen=True, slots=True)
class Links:
    """Where a letter leads to. `portal` is the portal's address without a final slash, None where there is none."""

    portal: str | None = None

    def status(self, submission: str, secret: str | None) -> str | None:
        """The page by which an applicant follows a submission; None without a portal, or once the secret is revoked."""
        return f"{self.portal}/status/{submission}/{secret}" if self.portal and secret else None


class Letter(NamedTuple):
    """A mail to an applicant: subject on one line, text, and the same as simple HTML."""

    subject: str
    text: str
    html: str


class Message(NamedTuple):
    """What is published: an ASCII subject, the text for people, the same event for machines, filter attributes."""

    subject: str
    text: str
    body: dict[str, object]
    attributes: dict[str, str]


SUBJECTS: dict[Event, Text] = {
    Event.ACCEPTED: Text(da="ny gyldig indsendelse", en="new valid submission"),
    Event.NEEDS_CORRECTION: Text(da="indsendelse skal rettes", en="submission needs correction"),
    Event.UNREADABLE: Text(da="en fil skal ses efter", en="a file needs a look"),
    Event.LATE: Text(da="indsendelse efter fristen", en="submission after the deadline"),
    Event.REPLACED: Text(da="indsendelse erstattet af en nyere", en="submission replaced by a later one"),
    Event.WITHDRAWN: Text(da="indsendelse trukket tilbage", en="submission withdrawn"),
} | {
    event: Text(da=event.value)
    for event in Event
    if event not in {"accepted", "needs_correction", "unreadable", "late", "replaced", "withdrawn"}
}

SENTENCES: dict[Event, Text] = {
    Event.ACCEPTED: Text(
        da="Der er kommet en indsendelse, som kunne læses og opfylder skemaets krav.",
        en="A submission has arrived that could be read and meets the requirements of the form.",
    ),
    Event.NEEDS_CORRECTION: Text(
        da="Der er kommet en indsendelse, som ansøgeren skal rette, før den tæller.",
        en="A submission has arrived that the applicant must correct before it counts.",
    ),
    Event.UNREADABLE: Text(
        da="Der er kommet en fil, som ikke kunne læses som et skema. Den er gemt, og en person skal se på den.",
        en="A file has arrived that could not be read as a form. It is kept, and a person must look at it.",
    ),
    Event.LATE: Text(
        da="Der er kommet en indsendelse efter fristen. Den er gemt, og I skal afgøre, om den tages med.",
        en="A submission has arrived after the deadline. It is kept, and you decide whether it is considered.",
    ),
    Event.REPLACED: Text(
        da="En indsendelse er erstattet af en senere fra den samme ansøger og tæller ikke længere.",
        en="A submission was replaced by a later one from the same applicant and no longer counts.",
    ),
    Event.WITHDRAWN: Text(
        da="En ansøger har trukket sin indsendelse tilbage.",
        en="An applicant has withdrawn the submission.",
    ),
} | {
    event: Text(da=event.value)
    for event in Event
    if event not in {"accepted", "needs_correction", "unreadable", "late", "replaced", "withdrawn"}
}

LAYOUT = Text(
    da="""{sentence}

Pulje:          {title}
Journalnummer:  {reference}
Ansøger:        {organisation}
Modtaget:       {received}
Fejl/advarsler: {errors}/{warnings}

Se svarene: puljeport submissions show {reference}

Beskeden er sendt af Puljeport, fordi du står som kontakt for puljen.""",
    en="""{sentence}

Call:            {title}
Reference:       {reference}
Applicant:       {organisation}
Received:        {received}
Errors/warnings: {errors}/{warnings}

See the answers: puljeport submissions show {reference}

Puljeport sent this message because you are a contact of the call.""",
)

UNKNOWN = Text(da="(ukendt)", en="(unknown)")


def to_contact(notice: Notice, links: Links) -> Message:
    """The message of a notice to a contact: subject, text in its language, the event as plain JSON values, and filter attributes."""
    subject = f"Puljeport {notice.reference}: {SUBJECTS[notice.event].get(notice.language)} ({notice.call})"
    text = LAYOUT.get(notice.language).format(
        sentence=SENTENCES[notice.event].get(notice.language),
        title=one_line(notice.call_title.get(notice.language)),
        reference=notice.reference,
        organisation=one_line(notice.organisation) or UNKNOWN.get(notice.language),
        received=notice.received_at.astimezone(COPENHAGEN).strftime("%d-%m-%Y %H:%M:%S") if notice.received_at else "-",
        errors=notice.errors,
        warnings=notice.warnings,
    )
    return Message(_subject(subject), text, _body(notice), _attributes(notice))


def _attributes(notice: Notice) -> dict[str, str]:
    return {
        "call": notice.call or "-",
        "event": notice.event.value,
        "role": notice.role.value if notice.role else "-",
        "contact": notice.audience,
        "language": notice.language,
    }


def _body(notice: Notice) -> dict[str, object]:
    fields = {"submission", "event", "audience", "role", "call", "reference", "organisation", "errors", "warnings"}
    body = notice.model_dump(mode="json", include=fields)
    # Machine subscribers hear once per contact; this id lets them fold those into one.
    body["id"] = f"{notice.submission}:{notice.event}:{notice.round}"
    body["received_at"] = notice.received_at.isoformat() if notice.received_at else None
    return body


def _subject(text: str) -> str:
    ascii_only = text.encode("ascii", "replace").decode()
    return one_line(ascii_only)[:SUBJECT_LIMIT]


def one_line(text: str, limit: int = 200) -> str:
    """The text on one line: control characters and line breaks become spaces, and it is cut at `limit` characters."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(clean.split())[:limit]


def to_applicant(notice: Notice, submission: Submission, call: Call | None, links: Links, secret: str | None) -> Letter:
    """The letter of a notice to the applicant."""
    subject = one_line(f"{notice.reference}: {SUBJECTS[notice.event].get(notice.language)}")
    text = f"{subject}\n{links.status(submission.id, secret) or ''}"
    return Letter(subject, text, f"<p>{escape(text)}</p>")
