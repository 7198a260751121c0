"""The calls for programs: a feed of news (Atom), the deadlines for calendars (iCalendar), and all of it as JSON.

Atom is RFC 4287. iCalendar is RFC 5545: lines end in CRLF and are folded at 75 octets; texts are escaped. A library for
it (`icalendar`) brings more code than the page of rules that we need; the tests read what is written here with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from pydantic import BaseModel

from puljeport.calls import Call, Stage
from puljeport.items import PublishedCall
from puljeport.texts import Language, Text

ATOM = "http://www.w3.org/2005/Atom"
FOLD = 75
"""Octets of a line of iCalendar, its end not counted."""

_NAME = Text(da="Puljer", en="Calls for applications")
_DEADLINES = Text(da="Frister for puljer", en="Deadlines of calls")
_DEADLINE = Text(da="Frist", en="Deadline")

type Address = Callable[[str], str]
"""Gives the absolute address of a call's page from its id."""


class CallEntry(BaseModel):
    """One call as programs get it. Times are UTC. `deadline` is null for a call that is open all the time."""

    id: str
    version: int
    title: Text
    summary: Text
    administered_by: Text
    stage: Stage
    applicants: tuple[str, ...]
    places: int | None
    opens: datetime
    deadline: datetime | None
    time_zone: str
    published: datetime
    url: str


class CallList(BaseModel):
    """All calls as programs get them, by id."""

    calls: tuple[CallEntry, ...]


def entries(calls: Iterable[PublishedCall], now: datetime, address: Address) -> CallList:
    """The calls at `now` (aware), for JSON."""
    return CallList(
        calls=tuple(
            CallEntry(
                id=one.call.id,
                version=one.version,
                title=one.call.title,
                summary=one.call.summary,
                administered_by=one.call.administered_by,
                stage=one.call.stage(now),
                applicants=one.call.who_can_apply.kinds,
                places=one.call.places,
                opens=one.call.opens_at,
                deadline=one.call.deadline_at,
                time_zone=one.call.time_zone,
                published=one.published_at,
                url=address(one.call.id),
            )
            for one in calls
        )
    )


def atom(calls: Sequence[PublishedCall], address: Address, own: str, home: str, language: Language) -> bytes:
    """The calls as an Atom feed, what was published last first. `own` and `home`: addresses of feed and list."""
    latest = sorted(calls, key=lambda one: (one.published_at, one.call.id), reverse=True)
    ET.register_namespace("", ATOM)
    feed = ET.Element(_atom("feed"), {"xml:lang": language})
    _add(feed, "id", own)
    _add(feed, "title", _NAME.get(language))
    _add(feed, "updated", _stamp(latest[0].published_at if latest else datetime(2026, 1, 1, tzinfo=UTC)))
    ET.SubElement(feed, _atom("link"), rel="self", type="application/atom+xml", href=own)
    ET.SubElement(feed, _atom("link"), rel="alternate", type="text/html", href=home)
    for one in latest:
        entry = ET.SubElement(feed, _atom("entry"))
        _add(entry, "id", address(one.call.id))
        _add(entry, "title", one.call.title.get(language))
        _add(entry, "updated", _stamp(one.published_at))
        _add(ET.SubElement(entry, _atom("author")), "name", one.call.administered_by.get(language))
        ET.SubElement(entry, _atom("link"), rel="alternate", type="text/html", href=address(one.call.id))
        _add(entry, "summary", one.call.summary.get(language))
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _atom(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _add(parent: ET.Element, name: str, text: str) -> None:
    # XML 1.0 has no other control characters, however they are written.
    ET.SubElement(parent, _atom(name)).text = "".join(each for each in text if each >= " " or each in "\t\n")


def _ends(call: Call) -> list[tuple[str, datetime]]:
    """When a call closes, or each of its rounds does: a name that stays, and the local time."""
    if call.deadline is not None:
        return [(call.id, call.deadline)]
    return [(f"{call.id}-{period.id}", period.until) for period in call.periods]


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def calendar(calls: Iterable[PublishedCall], address: Address, language: Language) -> bytes:
    """The deadlines as a calendar, each a moment without length. Calendars that subscribe look again twice a day."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//Puljeport//Puljeport//{language.upper()}", "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH", f"X-WR-CALNAME:{_escaped(_DEADLINES.get(language))}", "REFRESH-INTERVAL;VALUE=DURATION:PT12H",
    ]  # fmt: skip
    for one in calls:
        call = one.call
        for name, ends in _ends(call):
            lines += [
                "BEGIN:VEVENT",
                f"UID:{name}@puljeport",
                f"DTSTAMP:{_ical(one.published_at)}",
                f"SEQUENCE:{one.version + len(one.extensions)}",
                f"DTSTART:{_ical(ends.replace(tzinfo=call.zone))}",
                f"SUMMARY:{_escaped(f'{_DEADLINE.get(language)}: {call.title.get(language)}')}",
                f"DESCRIPTION:{_escaped(call.summary.get(language))}",
                f"URL:{address(call.id)}",
                "TRANSP:TRANSPARENT",
                "END:VEVENT",
            ]
    return b"".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _ical(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    """A text as iCalendar writes it (RFC 5545, 3.3.11); control characters, which it cannot hold, are left out."""
    for sign, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(sign, written)
    return "".join(each for each in text if each >= " " and each != "\x7f")


def _folded(line: str) -> bytes:
    """A line with its end, broken so that no part is longer than allowed and no letter is cut (RFC 5545, 3.1)."""
    parts, current = [], b""
    for letter in line:
        octets = letter.encode()
        if len(current) + len(octets) > FOLD:
            parts.append(current)
            current = b" "
        current += octets
    return b"\r\n".join([*parts, current]) + b"\r\n"
