"""Notices: who is to be told of what, and in which words.

One notice is one message to one audience about one event; its natural key (subject, event, audience) is what makes
telling somebody twice impossible to record. Texts carry the organisation's name and a reference, never an answer.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict

from puljeport.calls import Call, Contact, Event, Role
from puljeport.submissions import Submission
from puljeport.texts import Language, Text

OPERATIONS = "@operations"
"""The audience that hears of a file nobody could read when no contact of its call answers for operations. It is no id
that a contact can have."""

SUBJECT_LIMIT = 99
"""SNS: a subject is ASCII, without line breaks and under 100 characters (API reference, Publish, Subject)."""

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


class Status(StrEnum):
    """What became of a notice."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class Notice(BaseModel):
    """One row of the outbox: all that is needed to write the message, so that sending reads nothing else."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    submission: str
    event: Event
    audience: str
    role: Role
    language: Language = "da"
    round: int = 0
    call: str
    call_title: Text
    reference: str
    organisation: str = ""
    received_at: AwareDatetime
    errors: int = 0
    warnings: int = 0
    created_at: AwareDatetime
    status: Status = Status.PENDING
    sent_at: AwareDatetime | None = None
    message_id: str | None = None
    why: str | None = None

    @property
    def sort_key(self) -> str:
        """The row's natural key below its submission. A replay by an operator is an event of its own."""
        again = f"#{self.round}" if self.round else ""
        return f"NOTICE#{self.event}#{self.audience}{again}"


class Message(NamedTuple):
    """What is published: an ASCII subject, the text for people, the same event for machines, filter attributes."""

    subject: str
    text: str
    body: dict[str, object]
    attributes: dict[str, str]


def for_submission(call: Call | None, event: Event, submission: Submission, now: datetime) -> tuple[Notice, ...]:
    """The notices that `event` of a submission gives: one per contact that asked, and operations for the unreadable."""
    contacts = [contact for contact in call.contacts if event in contact.notify] if call else []
    notices = [_notice(call, event, submission, now, _audience(contact)) for contact in contacts]
    if event is Event.UNREADABLE and not any(notice.role is Role.OPERATIONS for notice in notices):
        notices.append(_notice(call, event, submission, now, (OPERATIONS, Role.OPERATIONS, "da")))
    return tuple(notices)


def _audience(contact: Contact) -> tuple[str, Role, Language]:
    return contact.id, contact.role, contact.language


def _notice(
    call: Call | None, event: Event, submission: Submission, now: datetime, audience: tuple[str, Role, Language]
) -> Notice:
    name, role, language = audience
    return Notice(
        submission=submission.id,
        event=event,
        audience=name,
        role=role,
        language=language,
        round=submission.rounds,
        call=submission.call,
        call_title=call.title if call else Text(da=submission.call or "?"),
        reference=submission.reference,
        organisation=submission.applicant_name or "",
        received_at=submission.received_at,
        errors=submission.error_count,
        warnings=submission.problem_count - submission.error_count,
        created_at=now,
    )


# -- the words -------------------------------------------------------------------------------------------------------

SUBJECTS: dict[Event, Text] = {
    Event.ACCEPTED: Text(da="ny gyldig indsendelse", en="new valid submission"),
    Event.NEEDS_CORRECTION: Text(da="indsendelse skal rettes", en="submission needs correction"),
    Event.UNREADABLE: Text(da="en fil skal ses efter", en="a file needs a look"),
    Event.LATE: Text(da="indsendelse efter fristen", en="submission after the deadline"),
    Event.REPLACED: Text(da="indsendelse erstattet af en nyere", en="submission replaced by a later one"),
    Event.WITHDRAWN: Text(da="indsendelse trukket tilbage", en="submission withdrawn"),
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


def message(notice: Notice) -> Message:
    """The message of a notice: subject, text in its language, the event as plain JSON values, and filter attributes."""
    subject = f"Puljeport {notice.reference}: {SUBJECTS[notice.event].get(notice.language)} ({notice.call})"
    text = LAYOUT.get(notice.language).format(
        sentence=SENTENCES[notice.event].get(notice.language),
        title=one_line(notice.call_title.get(notice.language)),
        reference=notice.reference,
        organisation=one_line(notice.organisation) or UNKNOWN.get(notice.language),
        received=notice.received_at.astimezone(COPENHAGEN).strftime("%d-%m-%Y %H:%M:%S"),
        errors=notice.errors,
        warnings=notice.warnings,
    )
    return Message(_subject(subject), text, _body(notice), _attributes(notice))


def _attributes(notice: Notice) -> dict[str, str]:
    return {
        "call": notice.call or "-",
        "event": notice.event.value,
        "role": notice.role.value,
        "contact": notice.audience,
        "language": notice.language,
    }


def _body(notice: Notice) -> dict[str, object]:
    fields = {"submission", "event", "audience", "role", "call", "reference", "organisation", "errors", "warnings"}
    body = notice.model_dump(mode="json", include=fields)
    # Machine subscribers hear once per contact; this id lets them fold those into one.
    body["id"] = f"{notice.submission}:{notice.event}:{notice.round}"
    body["received_at"] = notice.received_at.isoformat()
    return body


def _subject(text: str) -> str:
    ascii_only = text.encode("ascii", "replace").decode()
    return one_line(ascii_only)[:SUBJECT_LIMIT]


def one_line(text: str, limit: int = 200) -> str:
    """The text on one line: control characters and line breaks become spaces, and it is cut at `limit` characters."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(clean.split())[:limit]
