"""Filling in online: from the first page, section by section, to the application that is sent. No account, one link.

Each method gives a page to show or a place to go on to. Nothing that was written is in an address or a log; a draft is
found by its link alone. What somebody writes is saved before it is judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hmac import compare_digest
from http import HTTPStatus
from typing import Any

from portal import addresses
from portal.forms import Posted, value
from puljeport import listing, timewords, webform
from puljeport.applications import MAX_VALUES_KB, Reading
from puljeport.calls import Call, Stage, TableField
from puljeport.drawer import Drawer
from puljeport.errors import BadForm, Contention, UnknownDraft
from puljeport.forms import Section
from puljeport.items import PublishedCall
from puljeport.sending import takes
from puljeport.store import Store
from puljeport.submissions import Slot, submission_id
from puljeport.texts import Language, Text
from puljeport.tickets import LIFE, Ticket
from puljeport.uploads import Posts
from puljeport.webdrafts import Draft, WebDrafts, begin
from puljeport.webform import Answers, Carried

PATIENCE = 3
"""How often a save is tried again when another section of the draft is saved at the same moment."""
NAMED = Text(da="Udfyldt online", en="Filled in online")
"""What an application is called that never was a file of its applicant's."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: its template, its place among the addresses, and what it is made from."""

    template: str
    name: str
    parts: dict[str, str]
    given: dict[str, Any] = field(default_factory=dict)
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class Moved:
    """Another page to go on to, by GET."""

    to: str


type Outcome = Shown | Moved


@dataclass(frozen=True, slots=True)
class Link:
    """What opens a draft, and the language of the page it is opened on."""

    draft: str
    secret: str
    language: Language

    @property
    def parts(self) -> dict[str, str]:
        """The parts of its addresses."""
        return {"draft": self.draft, "secret": self.secret}

    def path(self, name: str, query: dict[str, str] | None = None, /, **parts: str) -> str:
        """The path of one of the draft's pages."""
        return addresses.path(name, self.language, query, **self.parts, **parts)


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft as it stands, with the call as it is now, and what is different in that since the draft was begun."""

    draft: Draft
    current: PublishedCall
    carried: Carried

    @property
    def call(self) -> Call:
        """The call as it is now."""
        return self.current.call

    def section(self, name: str) -> Section:
        """One of its sections. Raises UnknownDraft: there is no such page."""
        found = next((section for section in self.call.form.sections if section.id == name), None)
        if found is None:
            raise UnknownDraft
        return found

    def judged(self, answers: Answers | None = None) -> Reading:
        """What its answers come to."""
        return webform.judged(self.call, self.current.version, self.draft.answers if answers is None else answers)


@dataclass(frozen=True, slots=True)
class Filling:
    """What filling in works with. `allow` counts what a network address does with a call, `current` gives a call as it
    was last published, `now` aware times."""

    store: Store
    drawer: Drawer
    drafts: WebDrafts
    posts: Posts
    allow: Callable[[str, str, str], None]
    current: Callable[[str], PublishedCall]
    now: Callable[[], datetime]

    # -- beginning ---------------------------------------------------------------------------------------------------

    def start(self, call: str, language: Language) -> Shown:
        """The page before the first: what it takes, and how to come back."""
        current = self.current(call)
        return Shown("fill.html", "fill", {"call": call}, self._about(current, language))

    def begin(self, call: str, language: Language, sender: str) -> Outcome:
        """Make a draft for an open call. `sender` is the network address that asks."""
        current = self.current(call)
        if current.call.stage(self.now()) is not Stage.OPEN:
            return self.start(call, language)
        self.allow("begin", sender, call)
        draft, secret = begin(current.call, current.version, language, self.now(), {})
        self.drafts.add(draft)
        return Moved(Link(draft.id, secret, language).path("draft"))

    # -- a draft's pages ---------------------------------------------------------------------------------------------

    def overview(self, link: Link, *, saved: bool) -> Outcome:
        """The link to keep, and the sections with how far each has come; of a sent draft, where to follow it."""
        opened = self._open(link)
        if opened.draft.arrived:
            return self._page("sent", link, opened, follow=self._status(opened, link.language))
        if opened.draft.sent_at:
            return Moved(link.path("review"))
        reading = opened.judged()
        progress = [(section, _state(section, opened.draft.answers, reading)) for section in opened.call.form.sections]
        first = next((section for section, state in progress if state != "done"), None)
        return self._page("draft", link, opened, progress=progress, first=first, saved=saved)

    def section(self, link: Link, name: str, *, check: bool) -> Outcome:
        """One section to fill in, with its errors where it is to be checked."""
        opened = self._open(link)
        if opened.draft.sent_at:
            return Moved(link.path("draft"))
        asked = webform.questions(
            opened.section(name), opened.draft.answers, opened.judged(), link.language, judge=check
        )
        return self._section(link, opened, name, asked, check=check)

    def save(self, link: Link, name: str, form: Posted, sender: str) -> Outcome:
        """Keep what was written in a section, whatever it is, and go on to where its button says."""
        seen, action = self._checked(link, form), value(form, "do")
        self.allow("save", sender, "")
        for _ in range(PATIENCE):
            opened = self._open(link)
            if opened.draft.sent_at:
                return Moved(link.path("draft"))
            section = opened.section(name)
            taken, place = _acted(section, webform.take(section, form), action)
            names = {each.id for each in section.fields}
            kept = {key: answer for key, answer in opened.draft.answers.items() if key in names}
            if taken != kept and opened.draft.changed.get(name, 0) > seen:
                return self._differing(link, opened, name, taken)
            answers = {key: answer for key, answer in opened.draft.answers.items() if key not in names} | taken
            if len(json.dumps(answers, ensure_ascii=False).encode()) > MAX_VALUES_KB * 1000:
                return self._too_much(link, opened, name, taken)
            try:
                if taken != kept:
                    changed = opened.draft.changed | {name: opened.draft.revision + 1}
                    self._write(opened, answers=answers, changed=changed)
            except Contention:
                continue
            here = link.path("section", section=name)
            return Moved(here + place if place else self._next(link, opened, name, answers, action))
        return self._differing(link, self._open(link), name, taken)

    def _next(self, link: Link, opened: Opened, name: str, answers: Answers, action: str) -> str:
        """Where to go after a section was saved: on, unless something in it is wrong."""
        if action == "later":
            return link.path("draft", {"saved": "1"})
        asked = webform.questions(opened.section(name), answers, opened.judged(answers), link.language)
        if webform.mistakes(asked) and action != "anyway":
            return link.path("section", {"check": "1"}, section=name)
        names = [section.id for section in opened.call.form.sections]
        following = names[names.index(name) + 1 :]
        return link.path("section", section=following[0]) if following else link.path("review")

    def _differing(self, link: Link, opened: Opened, name: str, taken: Answers) -> Outcome:
        """The section as it was just written, with what somebody else saved there meanwhile beside it."""
        section = opened.section(name)
        asked = webform.questions(section, taken, opened.judged(taken), link.language, judge=False)
        both = webform.beside(asked, opened.draft.answers, link.language)
        return self._section(link, opened, name, both, conflict=True, status=HTTPStatus.CONFLICT)

    def _too_much(self, link: Link, opened: Opened, name: str, taken: Answers) -> Outcome:
        """The section as it was written, which is more than can be kept."""
        asked = webform.questions(opened.section(name), taken, Reading({}, ()), link.language, judge=False)
        return self._section(link, opened, name, asked, large=True, status=HTTPStatus.CONTENT_TOO_LARGE)

    # -- checking and sending ----------------------------------------------------------------------------------------

    def review(self, link: Link) -> Outcome:
        """All answers as we read them, with all that is wrong, and the button that sends them."""
        opened = self._open(link)
        return Moved(link.path("draft")) if opened.draft.arrived else self._review(link, opened)

    def send(self, link: Link, form: Posted) -> Outcome:
        """Send the application. Once is enough: a second click, or a try after a break, is the same submission.

        Raises NotTaken where the call takes nothing now.
        """
        seen = self._checked(link, form)
        opened = self._open(link)
        if opened.draft.arrived:
            return Moved(link.path("draft"))
        takes(opened.call, self.now())
        if opened.draft.sent_at is None:
            if opened.judged().has_errors:
                return self._review(link, opened, status=HTTPStatus.UNPROCESSABLE_CONTENT)
            if seen != opened.draft.revision or value(form, "version") != str(opened.current.version):
                return self._review(link, opened, changed=True, status=HTTPStatus.CONFLICT)
            if opened.call.is_late(self.now()) and value(form, "late") != "1":
                return self._review(link, opened, passed=True, status=HTTPStatus.CONFLICT)
            try:
                opened = self._write(opened, sent_at=self.now(), language=link.language)
            except Contention:
                opened = self._open(link)
                if opened.draft.sent_at is None:
                    return self._review(link, opened, changed=True, status=HTTPStatus.CONFLICT)
                # The other click was faster: what it froze is what this one sends.
        self._put(opened)
        return Moved(link.path("draft"))

    def _put(self, opened: Opened) -> None:
        """Put a draft that was sent where every form comes in. Whatever of this was done before changes nothing."""
        draft, now = opened.draft, self.now()
        place = Slot(draft.call, draft.id)
        ticket = Ticket(
            id=draft.id, submission=submission_id(self.posts.bucket, place.key, ""), call=draft.call,
            file_name=NAMED.get(draft.language), language=draft.language, created_at=now, until=now + LIFE,
        )  # fmt: skip
        self.drawer.issue(ticket)
        self.posts.put_once(place.key, webform.document(opened.call, opened.current.version, draft.answers))
        try:
            self._write(opened, arrived=True)
        except Contention:
            # The other click was faster.
            return

    def again(self, link: Link, form: Posted, sender: str) -> Outcome:
        """A new draft with the answers of one that was sent, to be corrected and sent in its place."""
        self._checked(link, form)
        opened = self._open(link)
        if not opened.draft.arrived:
            return Moved(link.path("draft"))
        self.allow("begin", sender, opened.draft.call)
        answers = opened.draft.answers
        draft, secret = begin(opened.call, opened.draft.version, link.language, self.now(), answers)
        self.drafts.add(draft)
        return Moved(Link(draft.id, secret, link.language).path("draft"))

    # -- what they share ---------------------------------------------------------------------------------------------

    def _checked(self, link: Link, form: Posted) -> int:
        """The revision that a form was made from. Raises BadForm for one that is not whole, or not of this draft.

        The secret stands in the body too, so that it takes a page of ours to send one; the revision stands last, so
        that a form cut short is none.
        """
        seen = value(form, "revision")
        own = compare_digest(value(form, "key").encode(), link.secret.encode())
        if not (own and seen.isascii() and seen.isdigit() and len(seen) < 10):
            raise BadForm
        return int(seen)

    def _open(self, link: Link) -> Opened:
        draft = self.drafts.open(link.draft, link.secret, self.now())
        current = self.current(draft.call)
        earlier = None if draft.version == current.version else self.store.call_version(draft.call, draft.version)
        changed = webform.carried(earlier.call, current.call, draft.answers) if earlier else Carried()
        return Opened(draft, current, changed)

    def _write(self, opened: Opened, **changes: Any) -> Opened:
        after = opened.draft.written(self.now(), opened.call, **changes)
        self.drafts.save(after)
        return Opened(after, opened.current, opened.carried)

    def _status(self, opened: Opened, language: Language) -> str | None:
        """The path of the page on which the application is followed; None where its link was taken away."""
        submission = submission_id(self.posts.bucket, Slot(opened.draft.call, opened.draft.id).key, "")
        secret = self.store.link(submission)
        return addresses.path("status", language, submission=submission, secret=secret) if secret else None

    def _review(self, link: Link, opened: Opened, *, status: HTTPStatus = HTTPStatus.OK, **said: bool) -> Shown:
        reading = opened.judged()
        answered = [
            (section, webform.questions(section, opened.draft.answers, reading, link.language))
            for section in opened.call.form.sections
        ]
        wrong = [(section, each) for section, asked in answered for each in webform.mistakes(asked)]
        placed = [one.problem for _, one in wrong]
        whole = [found for found in reading.errors if found not in placed]
        shown: dict[str, Any] = {"answered": answered, "wrong": wrong, "whole": whole}
        late = opened.call.is_late(self.now())
        return self._page("review", link, opened, status=status, late=late, **shown, **said)

    def _section(
        self, link: Link, opened: Opened, name: str, asked: tuple[webform.Question, ...], *,
        status: HTTPStatus = HTTPStatus.OK, **said: bool,
    ) -> Shown:  # fmt: skip
        sections = opened.call.form.sections
        number = 1 + next(place for place, section in enumerate(sections) if section.id == name)
        shown: dict[str, Any] = {"section": sections[number - 1], "number": number, "wrong": webform.mistakes(asked)}
        return self._page("section", link, opened, status=status, asked=asked, **shown, **said)

    def _page(
        self, page: str, link: Link, opened: Opened, *, status: HTTPStatus = HTTPStatus.OK, **shown: Any
    ) -> Shown:  # fmt: skip
        parts = link.parts | ({"section": shown["section"].id} if page == "section" else {})
        about = self._about(opened.current, link.language)
        last = datetime.fromtimestamp(opened.draft.expires_at - 1, UTC).astimezone(opened.call.zone)
        told = {
            "draft": opened.draft,
            "carried": opened.carried,
            "key": link.secret,
            "link": link.parts,
        }
        kept = {"kept_until": timewords.weekday(last.date(), link.language)}
        name = "draft" if page == "sent" else page
        return Shown(f"{page}.html", name, parts, about | told | kept | shown, status)

    def _about(self, current: PublishedCall, language: Language) -> dict[str, Any]:
        card = listing.card(current.call, self.now(), language)
        return {"call": current.call, "version": current.version, "card": card}


def _state(section: Section, answers: Answers, reading: Reading) -> str:
    """How far a section has come: `empty`, `wrong` (something is missing or to be corrected) or `done`."""
    names = {each.id for each in section.fields}
    wrong = any((found.field or "").partition("[")[0] in names for found in reading.errors)
    if wrong:
        return "wrong" if names & set(answers) else "empty"
    return "done" if names & set(answers) else "optional"


def _acted(section: Section, taken: Answers, action: str) -> tuple[Answers, str]:
    """The answers after a button that adds or removes a row was pressed, and where on the page to go on."""
    what, _, rest = action.partition(".")
    name, _, number = rest.partition(".")
    table = next((each for each in section.fields if isinstance(each, TableField) and each.id == name), None)
    if table is None or what not in ("add", "remove"):
        return taken, ""
    if what == "add":
        taken = webform.with_row(taken, table)
        return taken, f"#f-{table.id}-{len(webform.shown_rows(table, taken))}"
    if number.isascii() and number.isdigit() and len(number) < 5:
        taken = webform.without_row(taken, table, int(number))
    return taken, f"#f-{table.id}"
