"""Versions: a form that was made from an earlier version of its call, read by that version and carried over.

Answers to fields that have not changed are taken as they were meant, in silence. A field that has changed is read anew
by what is asked now, and said to have changed; what is new is asked for; what is gone is said to be left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from puljeport.applications import Draft, Reading, concluded, drafted, nothing_to_read, read_application
from puljeport.calls import AnyField, Call
from puljeport.fields import noted
from puljeport.matching import Matched, match
from puljeport.problems import Note, Problem, problem
from puljeport.rawforms import RawForm

WORDING = {"label", "help"}
"""What may change of a field without changing what its answer means."""


def carry_over(current: Call, version: int, earlier: Call, raw: RawForm) -> Reading:
    """The application to `current` (its version is `version`) in a form that was made from `earlier`.

    Never raises for anything that a file can hold.
    """
    then, now = match(earlier, raw), match(current, raw)
    if (nothing := nothing_to_read(current, raw, then)) is not None:
        return Reading({}, (nothing,), language=then.language)
    before, after = drafted(earlier, then), drafted(current, now)
    merged = _merged(current, earlier, before, after)
    both = {text.place for text in then.unknown if text.place}
    unknown = [text for text in now.unknown if text.place in both]
    reading = concluded(current, merged, Matched(now.hits, now.tables, unknown, now.doubts, then.language))
    removed = _removed(current, earlier, before)
    if not _differ(current, earlier) and not removed:
        return reading
    older = problem("older_version", version=raw.version or "?", current=version)
    return Reading(
        reading.values,
        (older, *reading.problems, *removed),
        reading.applicant,
        reading.applicant_name,
        reading.language,
    )


def unchanged(field: AnyField, before: AnyField | None) -> bool:
    """Whether a field asks for the same as it did before; its wording, and that of its choices, may differ."""
    return before is not None and _meaning(field.model_dump(mode="json")) == _meaning(before.model_dump(mode="json"))


def _meaning(value: object) -> object:
    if isinstance(value, dict):
        return {key: _meaning(inner) for key, inner in value.items() if key not in WORDING}
    return [_meaning(inner) for inner in value] if isinstance(value, list) else value


def _differ(current: Call, earlier: Call) -> bool:
    now, then = current.form.fields, earlier.form.fields
    return any(not unchanged(field, then.get(name)) for name, field in now.items())


def _merged(current: Call, earlier: Call, before: Draft, after: Draft) -> Draft:
    """For each field of `current` what the earlier version made of it, or what is made of it now."""
    merged = Draft(places=after.places | before.places)
    known = earlier.form.fields
    for name, field in current.form.fields.items():
        source = before if unchanged(field, known.get(name)) else after
        problems = _of(name, source.problems)
        if source is after:
            problems = _explained(field, known.get(name), after, problems)
        merged.problems += problems
        if name in source.values:
            merged.values[name] = source.values[name]
        merged.wrong |= {wrong for wrong in source.wrong if wrong.partition(".")[0] == name}
    return merged


def _explained(field: AnyField, before: AnyField | None, after: Draft, problems: list[Problem]) -> list[Problem]:
    """A changed field says so; a question that nobody could answer yet says where the new form is."""
    if before is None:
        unanswered = any(found.code in ("missing", "declaration_missing", "too_few_rows") for found in problems)
        return [noted(field, Note("field_new"), None)] if unanswered else problems
    if field.id not in after.values and not problems:
        return []
    return [*problems, noted(field, Note("field_changed"), after.places.get(field.id))]


def _removed(current: Call, earlier: Call, before: Draft) -> list[Problem]:
    return [
        problem("field_removed", place=before.places.get(name), name=field.label)
        for name, field in earlier.form.fields.items()
        if name not in current.form.fields and name in before.values
    ]


def _of(name: str, problems: Iterable[Problem]) -> list[Problem]:
    return [found for found in problems if (found.field or "").partition("[")[0] == name]


def read_by_version(call: Call, version: int, earlier: Call | None, raw: RawForm) -> Reading:
    """The form as an application to `call` as it is now, by the version that the form was made from.

    `earlier` is that version where it is another one that is known.
    """
    if earlier is not None:
        return carry_over(call, version, earlier, raw)
    reading = read_application(call, raw)
    if raw.version in (None, version) or raw.call not in (None, call.id):
        return reading
    unknown = problem("unknown_version", version=raw.version or "?", current=version)
    return replace(reading, problems=(*reading.problems, unknown))
