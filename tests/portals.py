"""The portal on this machine: its handler over a store and documents that are only remembered, behind a real server."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import boto3

import fillings
import portal.app
import portal.web
from builders import BUCKET, MIDWAY, a_call, http_event
from fillings import RememberedDrafts
from portal import addresses
from portal.web import Portal
from puljeport import aws, definitions
from puljeport.calls import Call
from puljeport.documents import Documents, Kept
from puljeport.errors import ObjectGone
from puljeport.items import PublishedCall
from puljeport.publish import Publisher
from puljeport.settings import PortalSettings
from puljeport.store import Store
from puljeport.submissions import Slot, submission_id
from puljeport.texts import Language
from puljeport.uploads import Posts
from puljeport_cli.demo_answers import FAULTY, GOOD
from servers import listening
from worlds import Context

CALLS = Path(__file__).parent.parent / "calls"
HOME = "http://127.0.0.1"
EXTENDED = "netvaerk-2026"
"""The call that is open in `published_calls`; its deadline has been moved."""
INVENTED = {
    "da": "## Hvad puljen går ud på\nKommuner og foreninger bliver rådgivet om at arbejde sammen.\n\n"
    "## Hvad I kan få\nI kan få rådgivning. I kan **ikke** få penge, hverken til løn, aktiviteter eller drift.",
    "en": "## What the call is about\nMunicipalities and associations are advised on working together.\n\n"
    "## What you can receive\nYou can receive advice. You can **not** receive money, for wages or for activities.",
}


@dataclass
class Remembered:
    """A store, the documents and the topic of a world without AWS: what publishing needs, and what the portal reads."""

    moment: datetime = MIDWAY
    versions: dict[str, list[PublishedCall]] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)
    fault: BaseException | None = None
    web: RememberedDrafts = field(default_factory=RememberedDrafts)

    # -- the store

    def calls(self) -> list[PublishedCall]:
        """The current version of each call, by id."""
        self._maybe_fail("calls")
        return [versions[-1] for _, versions in sorted(self.versions.items())]

    def current_call(self, call: str) -> PublishedCall | None:
        """The current version of one call."""
        self._maybe_fail(call)
        return self.versions[call][-1] if call in self.versions else None

    def call_versions(self, call: str) -> list[PublishedCall]:
        """All versions of one call."""
        return list(self.versions.get(call, []))

    def call_version(self, call: str, version: int) -> PublishedCall | None:
        """One version of one call."""
        return next((one for one in self.versions.get(call, []) if one.version == version), None)

    def link(self, submission: str) -> str | None:
        """The secret of a submission's link."""
        return self.web.links.get(submission)

    def publish_call(self, call: Call, now: datetime) -> PublishedCall:
        """Make a definition the current version of its call."""
        before = self.versions.setdefault(call.id, [])
        if not before or before[-1].call != call:
            before.append(PublishedCall(call, len(before) + 1, now))
        return before[-1]

    # -- the documents

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keep a document."""
        assert content_type
        self.kept[key] = data

    def of(self, call: str, version: int) -> tuple[Kept, ...]:
        """The documents of one version of a call."""
        prefix = f"calls/{call}/v{version}/"
        return tuple(
            Kept(key.removeprefix(prefix), len(data))
            for key, data in sorted(self.kept.items())
            if key.startswith(prefix)
        )

    def fetch(self, call: str, version: int, name: str) -> bytes:
        """One document."""
        try:
            return self.kept[f"calls/{call}/v{version}/{name}"]
        except KeyError:
            raise ObjectGone from None

    # -- the topic

    def subscriptions(self) -> list[Any]:
        """Nobody has subscribed."""
        return []

    def subscribe_email(self, address: str, policy: dict[str, Any]) -> None:
        """Nobody is asked."""

    def _maybe_fail(self, looked_up: str) -> None:
        self.looked_up.append(looked_up)
        if self.fault:
            raise self.fault

    # -- what tests do with it

    def publish(self, call: Call | None = None, guide: str | None = None, *, forms: bool = False) -> Call:
        """Publish a call; with all of its forms only where a test asks for them, since they take seconds."""
        call = call or a_call()
        if forms:
            anything = cast("Any", self)
            publisher = Publisher(cast("Store", self), anything, anything, anything, lambda: self.moment)
            publisher.publish(publisher.plan(call), guide)
            return call
        version = self.publish_call(call, self.moment).version
        for name in ("ansoegningsskema.docx", "application-form.docx", "guide.pdf", "guide.md"):
            self.kept[f"calls/{call.id}/v{version}/{name}"] = (guide or f"# {name}").encode()
        return call

    def portal(self, **given: str) -> Portal:
        """The portal over what is remembered."""
        settings = PortalSettings(table="table", documents_bucket="documents", uploads_bucket=BUCKET, **given)
        web = cast("Any", self.web)
        return Portal(
            store=cast("Store", self), documents=cast("Documents", self), drawer=web, drafts=web, copies=web,
            posts=RememberedPosts(self.web), given=settings, now=lambda: self.moment,
        )  # fmt: skip


class RememberedPosts(Posts):
    """Leave to put a file in the bucket, signed as ever; what the portal puts there itself is only remembered."""

    def __init__(self, web: RememberedDrafts) -> None:
        super().__init__(signer(), BUCKET)
        self._web = web

    def put_once(self, key: str, data: bytes) -> None:
        """Put an object that is not there yet."""
        self._web.put_once(key, data)


@cache
def signer() -> Any:
    """A client that can sign, with credentials of nobody."""
    return boto3.client(
        "s3",
        region_name="eu-north-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=aws.s3_config(),
    )


def answer(event: dict[str, Any]) -> dict[str, Any]:
    """What the portal answers to one request, as API Gateway gets it."""
    return dict(portal.app.handler(event, Context()))


def body(answered: dict[str, Any]) -> str:
    """The body of an answer, as text."""
    text: str = answered["body"]
    return base64.b64decode(text).decode() if answered["isBase64Encoded"] else text


def published_calls(moment: datetime, *, forms: bool = True) -> Remembered:
    """The checkout's two calls with all their documents (or few, quickly), and invented ones, so that there is one at
    every stage, with drafts in every state for the one that is open."""
    world = Remembered(moment - timedelta(days=40))
    found = [definitions.load(folder) for folder in sorted(CALLS.iterdir())]
    for one in found:
        world.publish(one.call, one.guide or None, forms=forms)
    first = next(one for one in found if one.call.id == "medborgerskab-2018")
    day = moment.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    for name, (danish, english), opens, deadline in (
        (
            EXTENDED,
            ("Netværk for frivillige i udsatte boligområder", "Networks of volunteers in housing areas"),
            -40,
            12,
        ),
        ("sprogcafeer-2027", ("Sprogcafeer i hele landet", "Language cafés all over the country"), 97, 160),
        ("mentorer-2026", ("Mentorer for unge", "Mentors for young people"), -90, -3),
    ):
        call = again(
            first.call, id=name, opens=day + timedelta(days=opens), last_updated=(day + timedelta(days=opens)).date(),
            deadline=day + timedelta(days=deadline + 1, seconds=-1), title={"da": danish, "en": english},
            summary={"da": f"Opdigtet eksempel. {first.call.summary.da}", "en": first.call.summary.en},
            description=INVENTED,
        )  # fmt: skip
        world.publish(call, first.guide, forms=forms and name == EXTENDED)
        if name == EXTENDED:
            world.moment = moment - timedelta(days=2)
            later = day + timedelta(days=20, seconds=-1)
            world.publish(again(call, deadline=later, last_updated=world.moment.date()), first.guide, forms=forms)
            world.moment = moment - timedelta(days=40)
    world.moment = moment
    open_now = world.versions[EXTENDED][-1]
    for draft in fillings.drafts(open_now.call, open_now.version, moment, GOOD, FAULTY):
        world.web.add(draft)
        place = Slot(draft.call, draft.id)
        world.web.links[submission_id(BUCKET, place.key, "")] = fillings.SECRET
    return world


def again(call: Call, **changes: Any) -> Call:
    """The same call with other keys, and not distributed."""
    return Call.model_validate(call.model_dump(mode="json") | {"distributed": None} | changes)


@contextmanager
def serving(monkeypatch: Any, world: Remembered, **given: str) -> Iterator[str]:
    """The portal behind a server on this machine: its address."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        """One request is one event; one at a time, since a function's process has one too."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Pass the request on as API Gateway does."""
            sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            asked = urlsplit(self.path)
            headers = {name.lower().replace("-", "_"): value for name, value in self.headers.items()}
            with lock:
                event = http_event(unquote(asked.path), self.command, asked.query, **headers)
                answered = answer(event | {"body": base64.b64encode(sent).decode(), "isBase64Encoded": True})
            data = answered["body"]
            raw = base64.b64decode(data) if answered["isBase64Encoded"] else data.encode()
            self.send_response(int(answered["statusCode"]))
            for name, value in answered["headers"].items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - the base class's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"{HOME}:{server.server_port}"
    made = world.portal(portal_address=address, **given)
    monkeypatch.setattr(portal.web, "_made", lambda: made)
    with listening(server):
        yield address


NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
"""The moment of pictures and of tests in the browser."""

WIDTHS = {"phone": 320, "desktop": 1280}
"""Screens that pages are looked at on, in pixels."""


def _draft(state: str) -> dict[str, str]:
    return {"draft": fillings.draft_id(state), "secret": fillings.SECRET}


PAGES: dict[str, tuple[str, dict[str, str], str]] = {
    "list": ("list", {}, ""),
    "search": ("list", {}, "?q=netv%C3%A6rk&kind=municipality"),
    "found nothing": ("list", {}, "?q=zebra"),
    "open": ("call", {"call": EXTENDED}, ""),
    "upcoming": ("call", {"call": "frivillig-faellesskaber-2027"}, ""),
    "closed": ("call", {"call": "mentorer-2026"}, ""),
    "distributed": ("call", {"call": "medborgerskab-2018"}, ""),
    "guide": ("guide", {"call": "frivillig-faellesskaber-2027"}, ""),
    "accessibility": ("accessibility", {}, ""),
    "privacy": ("privacy", {}, ""),
    "fill in": ("fill", {"call": EXTENDED}, ""),
    "fill in later": ("fill", {"call": "frivillig-faellesskaber-2027"}, ""),
    "draft": ("draft", _draft("begun"), "?saved=1"),
    "section": ("section", _draft("begun") | {"section": "need"}, ""),
    "section with mistakes": ("section", _draft("faulty") | {"section": "applicant"}, "?check=1"),
    "table with mistakes": ("section", _draft("faulty") | {"section": "civil_society"}, "?check=1"),
    "declarations": ("section", _draft("faulty") | {"section": "declarations"}, "?check=1"),
    "answers": ("review", _draft("done"), ""),
    "answers with mistakes": ("review", _draft("faulty"), ""),
    "sent": ("draft", _draft("sent"), ""),
    "unknown draft": ("draft", {"draft": "0" * 32, "secret": "test"}, ""),
    "error": ("", {}, ""),
}
"""Every page in every state of `published_calls`: the name of its address, the parts of it, and a query."""


def path_of(name: str, language: Language) -> str:
    """The path of one of the pages above."""
    address, parts, query = PAGES[name]
    if not address:
        return {"da": "/findes-ikke", "en": "/en/does-not-exist"}[language]
    return addresses.path(address, language, **parts) + query
