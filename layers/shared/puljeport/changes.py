"""What changed in a call from one version to the next, as its applicants need to know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from puljeport import timewords
from puljeport.calls import Call
from puljeport.extensions import Extension
from puljeport.items import PublishedCall
from puljeport.texts import Language, Text

_DESCRIPTION = Text(da="Beskrivelsen er ændret", en="The description has changed")

TOLD: dict[str, Text] = {
    "periods": Text(da="Rundernes frister er ændret", en="When the rounds end has changed"),
    "form": Text(da="Ansøgningsskemaet er ændret", en="The application form has changed"),
    "rules": Text(da="Reglerne for udfyldelsen er ændret", en="The rules for filling in the form have changed"),
    "who_can_apply": Text(da="Det er ændret, hvem der kan søge", en="Who can apply has changed"),
    "places": Text(da="Antallet af pladser er ændret", en="The number of places has changed"),
    "title": Text(da="Puljens navn er ændret", en="The name of the call has changed"),
    "summary": _DESCRIPTION,
    "description": _DESCRIPTION,
    "documents": Text(da="Dokumenterne er ændret", en="The documents have changed"),
    "contacts": Text(da="Kontaktoplysningerne er ændret", en="The contacts have changed"),
    "retention": Text(
        da="Det er ændret, hvor længe ansøgninger gemmes", en="How long applications are kept has changed"
    ),
    "late_policy": Text(da="Reglerne for sene skemaer er ændret", en="The rules for late forms have changed"),
}
"""What is told of which part of a definition, most important first. Times and awards have sentences of their own."""

FIRST = Text(da="Puljen blev offentliggjort", en="The call was published")
DISTRIBUTED = Text(da="Det blev offentliggjort, hvem der fik plads", en="The awards were published")
OTHER = Text(da="Mindre rettelser", en="Minor corrections")


@dataclass(frozen=True, slots=True)
class Change:
    """What a version brought, and when it was published: `at` (aware), and as a day in words."""

    version: int
    at: datetime
    day: str
    what: tuple[str, ...]


def history(
    versions: Sequence[PublishedCall], extensions: Sequence[Extension], language: Language
) -> tuple[Change, ...]:
    """The versions of one call, given oldest first, and what its deadline was put off by, as changes, newest first."""
    found: list[Change] = []
    for number, published in enumerate(versions):
        what = _between(versions[number - 1].call, published.call, language) if number else (FIRST.get(language),)
        at = published.published_at.astimezone(published.call.zone)
        found.append(Change(published.version, at, timewords.day(at.date(), language), what))
    found += [_extension(extension, versions, language) for extension in extensions]
    return tuple(sorted(found, key=lambda change: change.at, reverse=True))


def _extension(extension: Extension, versions: Sequence[PublishedCall], language: Language) -> Change:
    call = versions[-1].call
    at, until = extension.at.astimezone(call.zone), timewords.moment(extension.until, call.time_zone, language)
    told = Text(da=f"Fristen er forlænget til {until}", en=f"The deadline is extended to {until}").get(language)
    in_force = [one.version for one in versions if one.published_at <= extension.at]
    what = (f"{told}: {extension.reason.get(language)}",)
    return Change(in_force[-1] if in_force else 1, at, timewords.day(at.date(), language), what)


def _between(before: Call, after: Call, language: Language) -> tuple[str, ...]:
    told = [*_times(before, after, language)]
    if before.distributed != after.distributed:
        told.append(DISTRIBUTED.get(language))
    told += [words.get(language) for part, words in TOLD.items() if _shown(before, part) != _shown(after, part)]
    return tuple(dict.fromkeys(told)) or (OTHER.get(language),)


def _shown(call: Call, part: str) -> object:
    """A part of a call as applicants see it: who hears of what, and who is away, is the office's own concern."""
    if part == "contacts":
        return [(each.role, each.unit, each.title, each.email, each.phone) for each in call.contacts]
    return getattr(call, part)


def _times(before: Call, after: Call, language: Language) -> list[str]:
    told = []
    if before.deadline and after.deadline and before.deadline_at != after.deadline_at:
        old, new = (timewords.moment(end, after.time_zone, language) for end in (before.deadline, after.deadline))
        told.append(
            f"The deadline has moved from {old} to {new}"
            if language == "en"
            else f"Fristen er flyttet fra {old} til {new}"
        )
    if before.opens_at != after.opens_at:
        new = timewords.beginning(after.opens, after.time_zone, language)
        told.append(f"The call now opens {new}" if language == "en" else f"Puljen åbner nu {new}")
    return told
