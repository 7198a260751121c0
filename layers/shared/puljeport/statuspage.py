"""What the page of one submission shows: where it stands, what was read of it, and what to do about it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from puljeport import callpage, timewords
from puljeport.calls import AnyField, AttachmentField, Call, TableField
from puljeport.fields import format_value
from puljeport.problems import Problem, Severity
from puljeport.sending import Followed, changeable
from puljeport.submissions import HistoryEvent, State
from puljeport.texts import Language, Text
from puljeport.tickets import Attachment, lacking

NOTHING = frozenset({"missing", "declaration_missing"})
"""The problems of a field in which nothing was written."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A problem as it is shown: its text, its place in the file (empty where that is unknown), and which field it is
    about. `anchor` is where on the page the field stands, empty for what is about the whole file; `nothing`: that there
    is no answer is what is wrong."""

    text: str
    place: str
    label: str
    anchor: str
    error: bool
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What was read in one field: its label, the value as people write it (None where nothing was), and its remarks.
    A table has `columns` and `rows` instead."""

    id: str
    label: Text
    value: str | None
    remarks: tuple[Remark, ...] = ()
    columns: tuple[Text, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numeric: tuple[bool, ...] = ()

    @property
    def wrong(self) -> bool:
        """Whether anything in it must be corrected."""
        return any(remark.error for remark in self.remarks)

    @property
    def unusable(self) -> bool:
        """Whether something was written in it, but nothing that could be used."""
        return self.value is None and any(remark.error and not remark.nothing for remark in self.remarks)


@dataclass(frozen=True, slots=True)
class Part:
    """One section of the form."""

    id: str
    title: Text
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Readout:
    """All that was read of a form. `errors` and `warnings` are the remarks in the order of the form."""

    parts: tuple[Part, ...]
    errors: tuple[Remark, ...]
    warnings: tuple[Remark, ...]
    more: int = 0

    @property
    def anything(self) -> bool:
        """Whether there was an answer at all."""
        return any(line.value is not None or line.rows for part in self.parts for line in part.lines)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the history."""

    at: str
    iso: str
    event: str
    by_applicant: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """The documents of one attachment field. `missing`: the call requires one, and none that is fine has arrived."""

    field: AttachmentField
    files: tuple[Attachment, ...]
    missing: bool


@dataclass(frozen=True, slots=True)
class StatusPage:
    """All that the page of a submission shows. `state` is empty while nothing has arrived."""

    call: Call | None
    state: str
    reference: str
    file_name: str
    size: str
    received: str
    received_iso: str
    sha256: str
    applicant: str
    email: bool
    readout: Readout | None
    history: tuple[Step, ...]
    beside: tuple[Beside, ...]
    can_be_withdrawn: bool
    can_be_replaced: bool
    can_be_added_to: bool
    returned: bool
    others: int
    pending: bool
    expired: bool
    replaced: bool

    @property
    def incomplete(self) -> bool:
        """Whether a document that belongs to the application has not arrived in order."""
        return any(one.missing for one in self.beside)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known around a submission. `call` is the call as it is now, `decided_by` the version that it was read
    with where that is another; `others` counts files that came with the same ticket."""

    call: Call | None
    decided_by: Call | None
    history: Sequence[HistoryEvent]
    attachments: Sequence[Attachment]
    others: int


def page(followed: Followed, known: Known, now: datetime, language: Language) -> StatusPage:
    """The page of what a link leads to."""
    submission, ticket, call = followed.submission, followed.ticket, known.call
    shown = known.decided_by or call
    at = submission.received_at if submission else (followed.stored.received_at if followed.stored else None)
    size = submission.size if submission else (followed.stored.size if followed.stored else 0)
    state = (submission.state if followed.concluded else State.RECEIVED).value if submission else ""
    readout = None
    if submission and followed.concluded and shown:
        readout = read_out(shown, submission.values, submission.problems, language)
        readout = Readout(
            readout.parts, readout.errors, readout.warnings, submission.problem_count - len(submission.problems)
        )
    return StatusPage(
        call=call,
        state=state or (State.RECEIVED.value if followed.arrived else ""),
        reference=submission.reference if submission else "",
        file_name=(submission.file_name if submission else ticket.file_name if ticket else ""),
        size=callpage.size(size, language) if size else "",
        received=moment(at, call, language) if at else "",
        received_iso=at.isoformat() if at else "",
        sha256=(submission.sha256 or "") if submission else "",
        applicant=(submission.applicant_name or "") if submission else "",
        email=bool(submission.email if submission else ticket and ticket.email),
        readout=readout,
        history=tuple(step(event, call, language) for event in known.history),
        beside=beside(call, known.attachments) if submission and call else (),
        can_be_withdrawn=bool(submission and submission.can_be_withdrawn and not submission.pending),
        can_be_replaced=bool(call and call.stage(now).value in ("open", "closed") and followed.arrived),
        can_be_added_to=changeable(followed),
        returned=bool(submission and submission.returned),
        others=known.others,
        pending=followed.arrived and not followed.concluded,
        expired=bool(ticket and not ticket.lives(now)),
        replaced=bool(submission and submission.replaces),
    )


def read_out(call: Call, values: Mapping[str, JsonValue], problems: Sequence[Problem], language: Language) -> Readout:
    """What was read of a form, with each problem at its field."""
    about: dict[str, list[Remark]] = defaultdict(list)
    found = []
    for problem in problems:
        remark = _remark(call, problem, language)
        about[_field_of(problem)].append(remark)
        found.append((problem.severity, remark))
    parts = tuple(
        Part(
            section.id,
            section.title,
            tuple(_line(each, values.get(each.id), tuple(about[each.id]), language) for each in section.fields),
        )
        for section in call.form.sections
    )
    errors = tuple(remark for severity, remark in found if severity is Severity.ERROR)
    return Readout(parts, errors, tuple(remark for severity, remark in found if severity is Severity.WARNING))


def moment(at: datetime, call: Call | None, language: Language) -> str:
    """A time to the second, where the call is: what counts against a deadline is seconds."""
    local = at.astimezone(call.zone) if call else at
    clock = local.strftime("%H:%M:%S" if language == "en" else "%H.%M.%S")
    word = "at" if language == "en" else "kl."
    return f"{timewords.day(local.date(), language)} {word}\N{NO-BREAK SPACE}{clock}"


def step(event: HistoryEvent, call: Call | None, language: Language) -> Step:
    """A line of the history, in words a page chooses."""
    return Step(moment(event.at, call, language), event.at.isoformat(), event.event, event.by == "applicant")


def beside(call: Call, attachments: Sequence[Attachment]) -> tuple[Beside, ...]:
    """The documents of a submission by the field that they belong to."""
    missing = lacking(call, attachments)
    return tuple(
        Beside(field, tuple(one for one in attachments if one.field == field.id), field in missing)
        for field in call.form.attachments
    )


def _field_of(problem: Problem) -> str:
    return re.split(r"[.\[]", problem.field or "")[0]


def _remark(call: Call, problem: Problem, language: Language) -> Remark:
    field = _field_of(problem)
    known = call.form.fields.get(field)
    label = problem.label.get(language) if problem.label else known.label.get(language) if known else ""
    return Remark(
        text=problem.message.get(language),
        place=problem.place.get(language) if problem.place else "",
        label=label,
        anchor=f"field-{field}" if known else "",
        error=problem.severity is Severity.ERROR,
        nothing=problem.code in NOTHING,
    )


def _line(field: AnyField, value: JsonValue, remarks: tuple[Remark, ...], language: Language) -> Line:
    if isinstance(field, TableField) and isinstance(value, list):
        rows = tuple(
            tuple(
                format_value(column, row.get(column.id) if isinstance(row, dict) else None, language)
                for column in field.columns
            )
            for row in value
        )
        numeric = tuple(column.type in ("amount", "integer") for column in field.columns)
        return Line(field.id, field.label, None, remarks, tuple(c.label for c in field.columns), rows, numeric)
    shown = format_value(field, value, language)
    return Line(field.id, field.label, shown or None, remarks)
