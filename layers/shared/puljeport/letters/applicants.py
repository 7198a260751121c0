"""Letters to applicants (SES): a receipt, and all that follows it. In the language of the form, as text and as HTML."""

from __future__ import annotations

from typing import Any

from puljeport.calls import Call, Contact, Role
from puljeport.letters.parts import COPENHAGEN, Facts, Letter, Links, at, one_line, outside
from puljeport.letters.readback import read_back
from puljeport.letters.rendering import render
from puljeport.notices import Notice
from puljeport.problems import Problem, Severity, problem
from puljeport.submissions import State, Submission, reference, slot
from puljeport.texts import Language

LISTED = 25
"""How many errors, and how many warnings, a letter lists; it says how many there are."""
LONGEST_PROBLEM = 800
"""Characters of one problem's text: it may name up to twelve choices of the form."""
LONGEST_SUBJECT = 150

SAID = {"late", "unconsidered"}
"""The problems that a letter is about as a whole, so that it does not list them."""

CITING = {"unknown_field": ("name",), "other_call": ("found",)}
"""The problems whose text cites free words of the file, and the facts that hold them: a letter leaves them out."""


def to_applicant(notice: Notice, submission: Submission, call: Call | None, links: Links, secret: str | None) -> Letter:
    """The letter of a notice to the applicant. `call` is the call as it is now, `secret` that of the status link."""
    context = _context(notice, submission, call, links, secret)
    text, html = (
        render("applicant", notice.event.value, notice.language, flavour, context) for flavour in ("txt", "html")
    )
    subject = one_line(f"{text.subject} ({notice.reference})", LONGEST_SUBJECT)
    return Letter(subject, text.body, html.body, context["agency"] or "Puljeport", context["reply_to"])


def _context(
    notice: Notice, submission: Submission, call: Call | None, links: Links, secret: str | None
) -> dict[str, Any]:
    language, zone = notice.language, call.zone if call else COPENHAGEN
    errors, warnings = (
        [each for each in submission.problems if each.severity is severity and each.code not in SAID]
        for severity in (Severity.ERROR, Severity.WARNING)
    )
    asked = _asked(call, submission) if call else []
    status = links.status(submission.id, secret)
    return {
        "title": one_line(notice.call_title.get(language)),
        "agency": one_line(call.administered_by.get(language)) if call else "",
        "reference": notice.reference,
        "received": at(submission.received_at, zone, language, seconds=True),
        "file_name": outside(submission.file_name),
        "replaces": _other(call, submission.replaces),
        "replaced_by": _other(call, submission.replaced_by),
        "state": (notice.state or submission.state).value,
        "awarded": (notice.state or submission.state) is State.AWARDED,
        "errors": [_shown(each, call, language) for each in errors[:LISTED]],
        "error_count": submission.error_count,
        "warnings": [_shown(each, call, language) for each in warnings[:LISTED]],
        "warning_count": submission.problem_count - submission.error_count,
        "returned": submission.returned is not None,
        "read": read_back(call, submission.values, language) if call and submission.values else [],
        "documents": _documents(call, language) if call else [],
        "one_per": call.form.fields[call.one_per].type if call else "",
        "deadline": at(call.deadline, zone, language) if call and call.deadline else "",
        "period": _period(call, submission, language),
        "open": call is not None and not call.is_late(notice.created_at),
        "considered": call is None or call.late_policy.accept_for_decision,
        "status": status,
        # Documents lie beside what came with a ticket: a form that came without the portal has no place for them.
        "takes_documents": status is not None and slot(submission.key) is not None,
        "page": links.call(notice.call, language),
        "ask": [_contact(contact, language) for contact in asked],
        "reply_to": asked[0].email if asked else None,
        "facts": Facts(notice.facts, language, zone),
    }


def _other(call: Call | None, identity: str | None) -> str:
    """The reference of another submission of the same call, empty for none."""
    return reference(call.reference_prefix, identity) if call and identity else ""


def _shown(found: Problem, call: Call | None, language: Language) -> dict[str, str]:
    """A problem as it is listed: what it is about, where it stands in the file, and what to do."""
    if found.code in CITING:
        cited: dict[str, Any] = dict.fromkeys(CITING[found.code], "…") | {"call": call.title if call else "…"}
        told = problem(found.code, **cited)
        found = told.model_copy(update={"label": found.label, "place": found.place})
    return {
        "label": one_line(found.label.get(language)) if found.label else "",
        "place": outside(found.place.get(language)) if found.place else "",
        "message": one_line(found.message.get(language).replace("://", ": //"), LONGEST_PROBLEM),
    }


def _documents(call: Call, language: Language) -> list[str]:
    """The documents that have to be sent beside the form. A letter goes out at once, and they follow when they do."""
    return [one_line(each.label.get(language)) for each in call.form.attachments if each.required]


def _period(call: Call | None, submission: Submission, language: Language) -> str:
    """When the round ends that a submission is considered in, empty where nobody has said."""
    ends = [period.until for period in call.periods if period.id == submission.period] if call else []
    return at(ends[0], call.zone, language) if call and ends else ""


def _asked(call: Call, submission: Submission) -> list[Contact]:
    """Whom the applicant may ask, administration first; of several consultants those of the application's topics."""
    known = [each for each in call.contacts if each.role is not Role.OPERATIONS]
    near = [each for each in known if each.topics is None or each.topics.touch(submission.values)] or known
    return sorted(near, key=lambda each: each.role is not Role.ADMINISTRATIVE)


def _contact(contact: Contact, language: Language) -> dict[str, str]:
    names = [text.get(language) for text in (contact.unit, contact.title) if text]
    return {
        "role": contact.role.value,
        "name": one_line(", ".join(names)),
        "email": contact.email,
        "phone": contact.phone or "",
    }
