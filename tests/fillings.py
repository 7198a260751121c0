"""Filling in online as a browser does it: pages are read for their forms, and only what a page has is sent."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any, cast
from urllib.parse import urlencode

from pydantic import JsonValue

from puljeport.calls import Call, MultiChoiceField, TableField
from puljeport.errors import Contention, UnknownDraft
from puljeport.tickets import Ticket
from puljeport.webdrafts import Draft, expiry, hashed


@dataclass
class RememberedDrafts:
    """Drafts, tickets, allowances and the uploads bucket of a world without AWS."""

    bucket: str = "puljeport-test-uploads"
    kept: dict[str, Draft] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    puts: int = 0
    counted: dict[str, int] = field(default_factory=dict)

    # -- the drafts

    def open(self, identity: str, secret: str, now: datetime) -> Draft:
        """A draft by its link."""
        found = self.kept.get(identity)
        if found is None or not found.opened_by(secret) or now.timestamp() >= found.expires_at:
            raise UnknownDraft
        return found

    def add(self, draft: Draft) -> None:
        """Keep a new one."""
        assert draft.id not in self.kept
        self.kept[draft.id] = draft

    def save(self, draft: Draft) -> None:
        """Keep the next revision of one."""
        if self.kept[draft.id].revision != draft.revision - 1:
            raise Contention
        self.kept[draft.id] = draft

    # -- the drawer

    def issue(self, ticket: Ticket) -> Ticket:
        """Keep a ticket and the secret of its link."""
        self.links.setdefault(ticket.submission, "hemmelig-" + ticket.submission)
        return self.tickets.setdefault(ticket.id, ticket)

    def count(self, what: str, span: timedelta, now: datetime) -> int:
        """How often something was done."""
        assert span
        assert now
        self.counted[what] = self.counted.get(what, 0) + 1
        return self.counted[what]

    # -- the bucket

    def put_once(self, key: str, data: bytes) -> None:
        """Put an object that is not there yet."""
        self.puts += 1
        self.objects.setdefault(key, data)

    # -- what tests look at

    def only(self) -> Draft:
        """The one draft there is."""
        (draft,) = self.kept.values()
        return draft


class Forms(HTMLParser):
    """The forms of a page: where each is sent to, and what a browser would send of it untouched, button apart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str]]]] = []
        self.buttons: list[str] = []
        self.names: list[str] = []
        self._text: tuple[str, str] | None = None
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form, a control or a button."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given["action"], []))
        if "name" not in given or not self.forms:
            if tag == "option" and self._select and "selected" in given:
                self._keep(self._select, given["value"])
            return
        name = given["name"]
        self.names.append(name)
        if tag == "input" and (given["type"] not in ("radio", "checkbox") or "checked" in given):
            self._keep(name, given["value"])
        elif tag == "textarea":
            self._text = (name, "")
        elif tag == "select":
            self._select = name
        elif tag == "button":
            self.buttons.append(given["value"])

    def handle_data(self, data: str) -> None:
        """Take a part of a text area's text."""
        if self._text is not None:
            self._text = (self._text[0], self._text[1] + data)

    def handle_endtag(self, tag: str) -> None:
        """Keep a text area's text, without the line break that a page begins it with."""
        if tag == "textarea" and self._text is not None:
            name, text = self._text
            self._keep(name, text.removeprefix("\n"))
            self._text = None
        if tag == "select":
            self._select = ""

    def _keep(self, name: str, value: str) -> None:
        self.forms[-1][1].append((name, value))


@dataclass
class Applicant:
    """Somebody who fills in a call's form: follows links, changes fields, presses buttons."""

    answer: Any
    page: str = ""
    path: str = ""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Applicant:
        """Open a page."""
        return self._take(path, "GET")

    def press(
        self, button: str = "", changes: Mapping[str, str | list[str]] | None = None, which: int = 0
    ) -> Applicant:
        """Send a form of the page with some fields changed; what it answers is the page now, redirects followed."""
        action, fields = Forms(self.page).forms[which]
        changed = dict(changes or {})
        pairs = [(name, value) for name, value in fields if name not in changed and name != "revision"]
        for name, value in changed.items():
            pairs += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        pairs += [("do", button)] * bool(button)
        pairs += [(name, value) for name, value in fields if name == "revision" and "revision" not in changed]
        return self.post(action, urlencode(pairs).encode())

    def post(self, path: str, body: bytes, **headers: str) -> Applicant:
        """Send a form as it is given."""
        sent = {"content_type": "application/x-www-form-urlencoded", "sec_fetch_site": "same-origin"} | headers
        return self._take(path, "POST", body, **sent)

    def _take(self, path: str, method: str, body: bytes = b"", **headers: str) -> Applicant:
        from builders import http_event  # noqa: PLC0415
        from portals import body as text_of  # noqa: PLC0415

        asked, _, query = path.partition("#")[0].partition("?")
        # As API Gateway passes on everything that is neither text nor JSON, a form too.
        sent = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True} if body else {}
        answered = self.answer(http_event(asked, method, query, **headers) | sent)
        self.status, self.headers, self.path = answered["statusCode"], answered["headers"], path
        if self.status == 303:
            return self._take(self.headers["location"], "GET")
        self.page = text_of(answered)
        return self

    # -- on the way

    def begin(self, call: str) -> Applicant:
        """Begin a draft of a call."""
        return self.get(f"/puljer/{call}/udfyld").press()

    @property
    def draft(self) -> str:
        """The path of the draft."""
        found = re.match(r"(/(?:en/draft|kladde)/[^/]+/[^/?#]+)", self.path)
        assert found, self.path
        return found[1]

    def fill(self, call: Call, answers: Mapping[str, Any]) -> Applicant:
        """Write all answers, section by section: rows are added by their button, and each section is saved as it is."""
        home = self.draft
        for section in call.form.sections:
            self.get(f"{home}/del/{section.id}")
            for asked in section.fields:
                rows = answers.get(asked.id)
                if isinstance(asked, TableField) and isinstance(rows, list):
                    missing = len(rows) - len(set(re.findall(rf'name="{asked.id}\.(\d+)\.', self.page)))
                    for _ in range(missing):
                        self.press(f"add.{asked.id}")
            changes: dict[str, str | list[str]] = {}
            for asked in section.fields:
                changes |= typed(asked, answers.get(asked.id))
            self.press("anyway", changes)
            assert self.status == 200, (self.status, self.path)
        return self


def typed(asked: Any, answer: Any) -> dict[str, str | list[str]]:
    """An answer as the controls of the page send it: by input name."""
    if isinstance(asked, TableField):
        rows = answer or []
        return {
            f"{asked.id}.{number}.{column.id}": chosen(column, row.get(column.id) or "")
            for number, row in enumerate(rows, 1)
            for column in asked.columns
        }
    if isinstance(asked, MultiChoiceField):
        return {asked.id: [*cast("list[str]", answer or [])]}
    return {asked.id: chosen(asked, answer or "")}


def chosen(asked: Any, answer: JsonValue) -> str:
    """The value that the control of a single answer sends for it: options by their ids, yes and no in Danish."""
    text = str(answer)
    if asked.type == "choice":
        return next((option.id for option in asked.choices if text in (option.id, option.label.da)), text)
    if asked.type in ("yes_no", "declaration"):
        return {"True": "ja", "Ja": "ja", "False": "nej", "Nej": "nej"}.get(text, text)
    return text


SECRET = "EXAMPLE-EXAMPLE-EXAMPLE"
"""Of the drafts below. It opens nothing but them."""
DRAFTS = ("begun", "faulty", "done", "sent")
"""An application as far as one section is written, with mistakes, without any, and sent."""


def as_written(call: Call, answers: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Answers as people give them, as a draft keeps them."""
    written: dict[str, JsonValue] = {}
    for name, answer in answers.items():
        asked = call.form.fields[name]
        if isinstance(asked, TableField):
            written[name] = [
                {one.id: chosen(one, row[one.id]) for one in asked.columns if row.get(one.id)} for row in answer
            ]
        else:
            written[name] = list(answer) if isinstance(asked, MultiChoiceField) else chosen(asked, answer)
    return {name: answer for name, answer in written.items() if answer not in ("", [])}


def draft_id(state: str) -> str:
    """The id of one of the drafts."""
    return f"{DRAFTS.index(state):032x}"


def drafts(call: Call, version: int, now: datetime, good: Mapping[str, Any], bad: Mapping[str, Any]) -> list[Draft]:
    """A draft in each state."""
    first = {field.id for field in call.form.sections[0].fields}
    whole = as_written(call, good)
    given = {
        "begun": {name: answer for name, answer in whole.items() if name in first},
        "faulty": as_written(call, bad),
        "done": whole,
        "sent": whole,
    }
    return [
        Draft(
            id=draft_id(state), secret_hash=hashed(SECRET), call=call.id, version=version, language="da",
            answers=given[state], begun_at=now, saved_at=now, expires_at=expiry(call, now),
            sent_at=now if state == "sent" else None, arrived=state == "sent",
        )
        for state in DRAFTS
    ]  # fmt: skip
