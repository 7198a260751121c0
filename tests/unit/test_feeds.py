"""The feeds: read by the libraries that others read them with, and strict where a standard is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import icalendar
import pytest
from lxml import etree

from builders import MIDWAY, a_call
from portals import again
from puljeport import feeds
from puljeport.calls import Call
from puljeport.items import PublishedCall
from puljeport.texts import Text

ODD = 'Å; b, c\\d "e" <f> & g\nå' + "æøå😀" * 30


def published(*calls: Call) -> list[PublishedCall]:
    """Calls as their first versions."""
    return [PublishedCall(call, 1, MIDWAY) for call in calls]


def titled(title: str) -> Call:
    """A call whose title nobody looked at, as one that was published before a rule of today was made."""
    return a_call().model_copy(update={"title": Text(da=title)})


def address(call: str) -> str:
    """Where a call's page is."""
    return f"https://puljer.example.dk/puljer/{call}"


def test_the_calendar_is_read_back_as_it_was_meant() -> None:
    """Every deadline is one event at its moment, with texts that have commas, line breaks, emoji and all."""
    odd = again(a_call(), id="odd", title={"da": ODD}, summary={"da": "linje 1\nlinje 2"})
    read = icalendar.Calendar.from_ical(feeds.calendar(published(a_call(), odd), address, "da"))
    assert read["version"] == "2.0"
    first, second = (cast("dict[str, Any]", event) for event in read.walk("VEVENT"))
    assert first["summary"] == "Frist: Støtte til samvær"
    assert first["dtstart"].dt == datetime(2018, 4, 9, 21, 59, 59, tzinfo=UTC)
    assert first["dtstamp"].dt == MIDWAY
    assert first["url"] == address("samvaer-2018")
    assert second["summary"] == f"Frist: {ODD}"
    assert second["description"] == "linje 1\nlinje 2"
    assert first["uid"] != second["uid"]
    assert not read.errors


def test_the_calendar_keeps_to_the_letter_of_its_standard() -> None:
    """RFC 5545: lines end in CRLF, none is longer than 75 octets, and no fold cuts a letter in two."""
    data = feeds.calendar(published(again(a_call(), title={"da": ODD * 3})), address, "en")
    assert data.endswith(b"END:VCALENDAR\r\n")
    lines = data.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    for line in lines:
        assert b"\n" not in line
        line.decode()
    assert icalendar.Calendar.from_ical(data).to_ical().splitlines()


def test_a_text_cannot_begin_a_line_of_its_own() -> None:
    """A title with a line break does not become another property."""
    data = feeds.calendar(published(titled("a\r\nATTENDEE:mailto:x@example.dk\x00")), address, "da")
    assert b"\r\nATTENDEE" not in data
    assert b"\x00" not in data


def test_the_feed_is_atom_with_the_latest_first() -> None:
    """RFC 4287: ids, titles, times and links are where feed readers look for them."""
    older, newer = (
        PublishedCall(a_call(), 1, MIDWAY),
        PublishedCall(again(a_call(), id="ny-2018"), 1, MIDWAY.replace(day=21)),
    )
    data = feeds.atom([older, newer], address, "https://p.dk/puljer.atom", "https://p.dk/", "da")
    root = etree.fromstring(data)
    names = {"a": feeds.ATOM}
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "da"
    assert root.findtext("a:updated", namespaces=names) == "2018-03-21T09:30:00Z"
    assert [each.findtext("a:id", namespaces=names) for each in root.findall("a:entry", names)] == [
        address("ny-2018"),
        address("samvaer-2018"),
    ]
    for entry in root.findall("a:entry", names):
        assert {child.tag.partition("}")[2] for child in entry} == {
            "id",
            "title",
            "updated",
            "author",
            "link",
            "summary",
        }
    assert {link.get("rel") for link in root.findall("a:link", names)} == {"self", "alternate"}


@pytest.mark.parametrize("title", ["<b>fed</b> & \x0b\x1b æ", ODD])
def test_the_feed_is_sound_whatever_a_title_holds(title: str) -> None:
    """Markup is text, and what XML cannot hold is left out."""
    data = feeds.atom(published(titled(title)), address, "https://p.dk/a", "https://p.dk/", "da")
    found = etree.fromstring(data).findtext("{*}entry/{*}title")
    assert found == "".join(letter for letter in title if letter not in "\x0b\x1b")


def test_feeds_without_calls_are_sound() -> None:
    """Nobody's reader breaks on a portal that is new."""
    assert etree.fromstring(feeds.atom([], address, "https://p.dk/a", "https://p.dk/", "en")).findtext("{*}updated")
    assert not icalendar.Calendar.from_ical(feeds.calendar([], address, "en")).walk("VEVENT")
    assert feeds.entries([], MIDWAY, address).calls == ()


def test_a_call_that_is_open_all_the_time_is_among_the_others() -> None:
    """A call without a deadline has none in the list for programs, and does not take the list away from the others."""
    rounds = [{"id": "spring", "until": "2018-05-01T12:00:00"}]
    always = a_call(id="altid-2018", deadline=None, periods=rounds)
    found = feeds.entries(published(a_call(), always), MIDWAY, address).calls
    assert [one.deadline for one in found] == [a_call().deadline_at, None]
