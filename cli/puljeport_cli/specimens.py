"""Specimens: an invented submission and notice for any call, to show what a message will look like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import JsonValue

from puljeport import letters, notices
from puljeport.calls import AnyField, Call, Contact, Event
from puljeport.contacts import OF_A_SUBMISSION
from puljeport.letters import Letter, Links, Message
from puljeport.notices import Notice
from puljeport.problems import Problem, problem
from puljeport.submissions import State, Submission, reference, submission_id
from puljeport.texts import Language, Text

IDENTITY = submission_id("specimen", "specimen", "1")
LATER = submission_id("specimen", "specimen", "2")
EXAMPLE = "eksempel-paa-et-personligt-link"
PORTAL = "https://puljer.example.dk"

STATES = {
    Event.NEEDS_CORRECTION: State.NEEDS_CORRECTION,
    Event.REMINDER: State.NEEDS_CORRECTION,
    Event.UNREADABLE: State.UNREADABLE,
    Event.LATE: State.LATE,
    Event.UNCONSIDERED: State.UNCONSIDERED,
    Event.REPLACED: State.REPLACED,
    Event.WITHDRAWN: State.WITHDRAWN,
    Event.DECIDED: State.AWARDED,
}
"""What a submission is when the event is told of; accepted where it says nothing."""

_VALUES: dict[str, Any] = {
    "text": "Opdigtet", "long_text": "Opdigtet tekst, som ingen har skrevet. " * 8, "attachment": "Tidsplan.pdf",
    "email": "kontakt@example.dk", "phone": "+4512345678", "cvr": "55133018", "municipality": "751",
    "url": "https://www.example.dk", "date": "2027-02-01", "yes_no": True, "declaration": True,
}  # fmt: skip


def letter(
    call: Call, event: Event, language: Language, portal: str | None = PORTAL, state: State | None = None
) -> Letter:
    """The letter of an event to an applicant. `state` is another than the event's own, such as declined."""
    sent = submission(call, event, language, state)
    notice = notices.for_applicant(call, event, sent, moment(call))[0].model_copy(update={"facts": facts(call, event)})
    return letters.to_applicant(notice, sent, call, Links(portal), EXAMPLE)


def message(call: Call, event: Event, language: Language, audience: str = "", portal: str | None = PORTAL) -> Message:
    """The message of an event to a contact: the first of the call, or `audience`, which may be operations."""
    contact = next((each for each in call.contacts if each.id == audience), call.contacts[0])
    told = to_contact(call, event, contact, language)
    return letters.to_contact(told.model_copy(update={"audience": audience or contact.id}), Links(portal))


def to_contact(call: Call, event: Event, contact: Contact, language: Language) -> Notice:
    """The notice of an event to a contact, about a submission where the event is one's."""
    told: dict[str, Any] = {"language": language, "facts": facts(call, event)}
    notice = notices.to_contact(call, event, contact, moment(call))
    if event in OF_A_SUBMISSION:
        sent = submission(call, event, language)
        told |= {
            "submission": sent.id, "reference": sent.reference, "organisation": sent.applicant_name,
            "state": sent.state, "received_at": sent.received_at, "errors": sent.error_count,
            "warnings": sent.problem_count - sent.error_count,
        }  # fmt: skip
    return notice.model_copy(update=told)


def moment(call: Call) -> datetime:
    """When it all happens: a week before the deadline, where there is one."""
    return (call.deadline_at or call.opens_at + timedelta(days=30)).astimezone(UTC) - timedelta(days=7, hours=9)


def submission(call: Call, event: Event, language: Language, state: State | None = None) -> Submission:
    """A submission with an answer to every question, and the problems that belong to the event."""
    late = event is Event.LATE and call.closes_at is not None
    received = call.closes_at + timedelta(minutes=7) if late and call.closes_at else moment(call)
    found = problems(call, event)
    values = {field.id: value(field) for field in call.form.fields.values()}
    return Submission(
        id=IDENTITY, reference=reference(call.reference_prefix, IDENTITY), call=call.id, call_version=1,
        state=state or STATES.get(event, State.ACCEPTED), bucket="specimen", key=f"incoming/{call.id}/skema.docx",
        version_id="1", received_at=received, recorded_at=received, language=language, format="docx",
        file_name="Ansøgning fra Aarhus Kommune.docx", applicant="751", applicant_name="Aarhus Kommune",
        email="kontakt@example.dk", values={} if event is Event.UNREADABLE else values, period=call.period(received),
        problems=found, problem_count=len(found), error_count=sum(each.severity == "error" for each in found),
        returned="returned/specimen.docx" if event is Event.NEEDS_CORRECTION else None,
        replaced_by=LATER if event is Event.REPLACED else None,
    )  # fmt: skip


def value(field: AnyField) -> Any:
    """A valid answer to a field of any kind."""
    if field.type == "choice":
        return field.choices[0].id
    if field.type == "multi_choice":
        return [choice.id for choice in field.choices[: field.max_choices or 2]]
    if field.type == "integer":
        return max(120, field.minimum or 0) if field.maximum is None else field.maximum
    if field.type == "amount":
        return f"{field.maximum or 250000:.2f}"
    if field.type == "table":
        return [{column.id: value(column) for column in field.columns}] * max(2, field.min_rows)
    return _VALUES[field.type]


def problems(call: Call, event: Event) -> tuple[Problem, ...]:
    """What could be wrong with a form of the call."""
    fields = list(call.form.fields.values())
    if event is Event.UNREADABLE:
        return (problem("encrypted"),)
    read_as = {"text": "125.000", "reading": Text(da="125.000,00 kr.", en="DKK 125,000.00")}
    warned = _at(fields[-1], "hidden_characters", len(fields), count=2)
    wrong = [_at(field, "missing", number) for number, field in enumerate(fields[:2], 1)]
    wrong += [_at(field, "amount_read_as", 7, **read_as) for field in fields if field.type == "amount"][:1]
    return (*wrong, warned) if event in {Event.NEEDS_CORRECTION, Event.REMINDER} else ()


def _at(field: AnyField, code: str, number: int, **given: object) -> Problem:
    place = Text(da=f"Afsnit 1, tabel 1, række {number}", en=f"Section 1, table 1, row {number}")
    return problem(code, field=field.id, label=field.label, place=place, **given)


def facts(call: Call, event: Event) -> dict[str, JsonValue]:
    """What the event of a call has to tell."""
    deadline = call.deadline.isoformat() if call.deadline else None
    counted: dict[str, JsonValue] = {"accepted": 41, "needs_correction": 6, "late": 2}
    listed: list[JsonValue] = [
        {"reference": f"{call.reference_prefix}-0000-000{number}", "organisation": name, "event": "accepted"}
        for number, name in enumerate(("Aarhus Kommune", "Odense Kommune", "Ærø Kommune"), 1)
    ]
    told: dict[Event, dict[str, JsonValue]] = {
        Event.OPENED: {"deadline": deadline},
        Event.REMINDER: {"days": 3, "deadline": deadline},
        Event.EXTENDED: {"until": deadline, "cause": "outage", "reason": {"da": "Nedbrud 3. marts", "en": "Outage"}},
        Event.CLOSED: {
            "deadline": deadline, "by_state": counted, "by_choice": {"Model 1": 20, "Model 2": 21},
            "by_region": {"Region Midtjylland": 17, "Region Syddanmark": 24},
        },
        Event.DISTRIBUTED: {"awarded": 3, "declined": 38},
        Event.EXPIRING: {"erased_on": "2032-05-14", "count": 49},
        Event.DIGEST: {"counts": counted, "listed": listed},
        Event.SUMMARY: {"counts": counted, "listed": listed},
        Event.BOUNCED: {"kind": "permanent", "event": "accepted"},
    }  # fmt: skip
    return told.get(event, {})
