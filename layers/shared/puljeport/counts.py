"""Counts: what there is of a call's submissions, and who still has something to correct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pydantic import JsonValue

from puljeport import municipalities
from puljeport.calls import Call, ChoiceField, MultiChoiceField
from puljeport.submissions import State, Submission
from puljeport.texts import Language

COUNTING = {State.ACCEPTED, State.AWARDED, State.DECLINED}
"""The states of submissions that count: one for each applicant."""


def closing(call: Call, submissions: Iterable[Submission], language: Language) -> dict[str, JsonValue]:
    """What a closing summary tells: all submissions by state, and those that count by choice and by region.

    Labels of choices are in `language`; regions are the municipalities' own, and have no other name in English.
    """
    found = list(submissions)
    counting = [submission for submission in found if submission.state in COUNTING]
    return {
        "total": len(found),
        "in_flight": sum(submission.pending for submission in found),
        "by_state": dict(Counter(submission.state.value for submission in found)),
        "by_choice": dict(_by_choice(call, counting, language)),
        "by_region": dict(_by_region(call, counting)),
    }


def _by_choice(call: Call, counting: list[Submission], language: Language) -> Counter[str]:
    field = dividing_field(call)
    if field is None:
        return Counter()
    labels = {choice.id: choice.label.get(language) for choice in field.choices}
    given = (submission.values.get(field.id) for submission in counting)
    answers = (answer for one in given for answer in (one if isinstance(one, list) else [one]))
    return Counter(labels[answer] for answer in answers if answer in labels)


def dividing_field(call: Call) -> ChoiceField | MultiChoiceField | None:
    """The choice that a call's applications are counted by: what its contacts' topics are about, else the first
    required one, else the first."""
    fields = [field for field in call.form.fields.values() if isinstance(field, ChoiceField | MultiChoiceField)]
    topics = {contact.topics.field for contact in call.contacts if contact.topics}
    ranked = sorted(fields, key=lambda field: (field.id not in topics, not field.required))
    return ranked[0] if ranked else None


def _by_region(call: Call, counting: list[Submission]) -> Counter[str]:
    fields = [field.id for field in call.form.fields.values() if field.type == "municipality"]
    field = call.one_per if call.one_per in fields else next(iter(fields), None)
    codes = (submission.values.get(field) for submission in counting) if field else iter(())
    found = (municipalities.by_code(code) for code in codes if isinstance(code, str))
    return Counter(municipality.region for municipality in found if municipality)


def to_correct(submissions: Iterable[Submission]) -> list[Submission]:
    """The submissions that need correction and that nothing has followed: their applicants' last, by time of receipt.

    Where no applicant could be read, the address stands for it.
    """
    last: dict[str, Submission] = {}
    found = list(submissions)
    for submission in found:
        for name in (submission.applicant, submission.email):
            if name and (name not in last or submission.is_after(last[name])):
                last[name] = submission
    waiting = [each for each in found if each.state is State.NEEDS_CORRECTION and not _followed(each, last)]
    return sorted(waiting, key=lambda each: (each.received_at, each.id))


def _followed(submission: Submission, last: dict[str, Submission]) -> bool:
    by_address = last.get(submission.email or "", submission)
    if submission.applicant is None:
        return by_address.id != submission.id
    # One address may send for several applicants; what names none may be for this one.
    nameless = by_address.applicant is None and by_address.id != submission.id
    return nameless or last[submission.applicant].id != submission.id
