"""S8: whatever an applicant or a call's author writes is text, on every page there is, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest

import applicants
import fillings
import portal.web
import portals
from applicants import ALL, CALL, SECRET, Applicants
from builders import http_event
from fillings import Applicant
from portal import addresses, rendering
from portals import EXTENDED, answer, body, path_of
from puljeport.calls import Call, TableField
from puljeport.problems import problem
from puljeport.submissions import shown_name
from puljeport.texts import LANGUAGES, Language, Text

TURNED = "\N{RIGHT-TO-LEFT OVERRIDE}"
MARKUP = "\"'><img src=x onerror=alert(1)></textarea></title></script><script>alert(2)</script>{{1337*1337}}"
HOSTILE = f"javascript:alert(3) {MARKUP} {TURNED}gpj.exe"
OF_A_CALL = f"javascript:alert(4) {MARKUP} [x](javascript:alert(5))"
LONG = "å" * 10_000
FILE = f"\"'><img src=x onerror=alert(1)><script>alert(2) {TURNED}gpj.exe{LONG}"
"""The name of a file: what is before its last slash is left out of it."""
WRITTEN = {"text", "long_text", "email", "url", "phone", "attachment"}
"""The kinds of fields whose answer is kept as a text."""
VOID = {"meta", "link", "input", "br", "use", "path", "img", "hr", "source", "wbr"}
APART = {"bdi", "textarea"}
"""Elements at whose end a turned direction of writing ends, besides those with `dir="auto"`."""
WHOLE = {file.name for file in rendering.PAGES.glob("*.html") if "{% extends" in file.read_text("utf-8")}
"""The templates of whole pages: the others are parts of them."""


NOTHING_OF_THEIRS = {
    "accessibility", "error", "unknown draft", "search", "found nothing", "send frivillig-faellesskaber-2027 name",
    *(f"receipt {state}" for state in ("waiting", "expired", "arrived")),
    *(f"attach {state}" for state in ("waiting", "expired", "arrived", "replaced", "withdrawn")),
    *(f"withdraw {state}" for state in ("waiting", "expired", "arrived", "received", "replaced", "withdrawn")),
}  # fmt: skip
"""Pages without a text of a call or an applicant (what was searched for is a field's value), and ways to elsewhere."""


class Inert(HTMLParser):
    """A page, held to having no element and no attribute that its templates do not have."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.open: list[str] = []
        self.shown = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """No picture, no script of anybody's, no handler, no address that runs."""
        assert tag not in {"img", "iframe", "object", "embed", "base"}, (tag, attrs)
        given = dict(attrs)
        if tag == "script":
            assert given.get("type") == "application/ld+json" or str(given.get("src")).startswith("/assets/"), attrs
        for name, value in attrs:
            assert not name.startswith("on"), attrs
            assert name != "style", attrs
            assert name not in {"href", "src", "action", "formaction"} or re.match(
                r"(https?://|mailto:|tel:|/|#|\?|$)", value or ""
            ), attrs
        if tag not in VOID:
            self.open.append("bdi" if given.get("dir") == "auto" else tag)
            self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Elements end in the order in which they began: nothing closed one from within."""
        if tag not in VOID:
            assert self.tags.pop() == tag, (tag, self.tags)
            self.open.pop()

    def handle_data(self, data: str) -> None:
        """Text whose direction is turned stands by itself, and turns nothing else."""
        assert TURNED not in data or APART & set(self.open), (data[:200], self.tags)
        self.shown += data


def hostile(value: Any, number: Iterator[int]) -> Any:
    """A definition with every text that people read made hostile, each a little different."""
    if isinstance(value, dict):
        if set(value) <= {"da", "en"} and value:
            return {language: f"{OF_A_CALL} {next(number)}" for language in LANGUAGES}
        return {key: hostile(inner, number) for key, inner in value.items()}
    return [hostile(inner, number) for inner in value] if isinstance(value, list) else value


def hostile_values(call: Call) -> dict[str, Any]:
    """Hostile answers to every field that keeps what was written."""
    values: dict[str, Any] = {}
    for field in call.form.fields.values():
        if isinstance(field, TableField):
            values[field.id] = [{one.id: HOSTILE for one in field.columns if one.type in WRITTEN}] * 2
        elif field.type in WRITTEN:
            values[field.id] = HOSTILE
    return values


@pytest.fixture
def world() -> Applicants:
    """Calls, submissions and drafts in every state, of people who mean harm."""
    world, _ = applicants.applying(forms=False)
    for versions in world.versions.values():
        versions[:] = [
            replace(one, definition=Call.model_validate(hostile(one.definition.model_dump(mode="json"), count())))
            for one in versions
        ]
    call = world.versions[CALL][-1].call
    name = shown_name(FILE)
    place = Text(da=HOSTILE)
    found = tuple(
        problem("missing", label=Text(da=f"{HOSTILE} {LONG}"), place=place).model_copy(update={"field": field})
        for field in (*call.form.fields, None)
    )
    told = {"file_name": name, "applicant_name": HOSTILE, "values": hostile_values(call), "problems": found}
    counted = {"problem_count": len(found), "error_count": len(found), "returned": "returned/x.docx"}
    for key, record in world.records.items():
        world.records[key] = record.model_copy(update=told | counted)
    for key, ticket in world.tickets.items():
        world.tickets[key] = ticket.model_copy(update={"file_name": name})
    for key, beside in world.beside.items():
        world.beside[key] = [one.model_copy(update={"file_name": name}) for one in beside]
    asked = world.versions[EXTENDED][-1].call.form.fields.values()
    written = {
        one.id: [dict.fromkeys((column.id for column in one.columns), HOSTILE)] * 2 if one.type == "table" else HOSTILE
        for one in asked
    }
    for key, draft in world.web.kept.items():
        world.web.kept[key] = draft.model_copy(update={"answers": written})
    return world


@pytest.fixture
def rendered(world: Applicants, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The portal over that world. Gives the templates of the pages that it makes from now on."""
    for name, value in {"POWERTOOLS_SERVICE_NAME": "portal", "POWERTOOLS_TRACE_DISABLED": "1"}.items():
        monkeypatch.setenv(name, value)
    made = world.portal()
    monkeypatch.setattr(portal.web, "_made", lambda: made)
    seen: set[str] = set()
    page = rendering.page

    def noted(template: str, *given: Any, **shown: Any) -> str:
        seen.add(template)
        return page(template, *given, **shown)

    monkeypatch.setattr(rendering, "page", noted)
    return seen


def pages(world: Applicants, language: Language) -> Iterator[tuple[str, str]]:
    """Every page in every state: what it is, and its HTML."""

    def seen(path: str, query: str = "") -> str:
        return body(answer(http_event(path, query=query)))

    for name in portals.PAGES:
        path, _, query = path_of(name, language).partition("?")
        yield name, seen(path, query)
    yield "search", seen(addresses.path("list", language), urlencode({"q": HOSTILE}))
    for state, identity in zip(ALL, world.tickets, strict=True):
        link = {"submission": identity, "secret": SECRET}
        for name in ("status", "receipt", "withdraw"):
            yield f"{name} {state}", seen(addresses.path(name, language, **link))
        attaching = urlencode({"field": "statutes", "name": FILE}).encode()
        yield f"attach {state}", Applicant(answer).post(addresses.path("attach", language, **link), attaching).page
    for call in (EXTENDED, "mentorer-2026", "frivillig-faellesskaber-2027"):
        send = addresses.path("send", language, call=call)
        yield f"send {call}", seen(send)
        for fields in ({"name": FILE}, {"email": HOSTILE}):
            yield f"send {call} {min(fields)}", Applicant(answer).post(send, urlencode(fields).encode()).page
    yield from checked(language)
    yield "two windows", conflict(language)


def checked(language: Language) -> Iterator[tuple[str, str]]:
    """A form with hostile answers under a hostile name, checked without sending."""
    name = FILE[:100].replace('"', "%22")
    form = f'{{"call": "{EXTENDED}", "values": {{"municipality": "<img src=x>", "contact_name": "{TURNED}<b>x"}}}}'
    sent = (
        f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}.json"\r\n\r\n{form}\r\n--x--\r\n'
    ).encode()
    path = addresses.path("check", language, call=EXTENDED)
    yield "check", body(answer(http_event(path)))
    yield "checked", Applicant(answer).post(path, sent, content_type="multipart/form-data; boundary=x").page


def conflict(language: Language) -> str:
    """A section that was saved in another window meanwhile: both texts stand on its page."""
    link = {"draft": fillings.draft_id("begun"), "secret": fillings.SECRET, "section": "applicant"}
    path = addresses.path("section", language, **link)
    one, two = Applicant(answer).get(path), Applicant(answer).get(path)
    one.press("later", {"contact_name": f"{HOSTILE} one"})
    two.press("next", {"contact_name": f"{HOSTILE} two"})
    assert two.status == 409
    return two.page


@pytest.mark.parametrize("language", LANGUAGES)
def test_s08_whatever_is_written_is_text_on_every_page(
    world: Applicants, rendered: set[str], language: Language
) -> None:
    """S8: markup, scripts, template signs, turned directions and names of 10,000 letters in every text of a call, every
    answer, every file's name and every problem add no element, attribute or address to any page of any state."""
    harmless = set()
    for name, page in pages(world, language):
        shown = Inert(page).shown
        assert "1787569" not in shown, name
        assert len(page) < 2_000_000, name
        harmless |= set() if "onerror=alert(1)" in shown else {name}
    assert rendered == WHOLE
    assert harmless == NOTHING_OF_THEIRS
