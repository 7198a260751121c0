"""Publishing a call: its documents, its version, and its contacts' subscriptions. Doing it twice changes nothing.

What it will change is planned first, so that it can be shown, or refused, before anything is done. The documents go
first, so that nobody meets a version whose form is not there yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from puljeport.blanks import csvform, docx, guide, jsonschema, pdf, xlsx
from puljeport.calls import Call, to_json
from puljeport.documents import (
    FORM_NAMES,
    FORM_TYPES,
    GUIDE_HTML,
    GUIDE_MARKDOWN,
    GUIDE_PDF,
    HTML,
    MARKDOWN,
    PDF,
    folder,
)
from puljeport.extensions import Extension, extended
from puljeport.items import PublishedCall
from puljeport.notices import endpoint
from puljeport.outbox import Outbox
from puljeport.store import Store
from puljeport.subscriptions import POLICIES, Change, Kind, Recipient, changes, recipients
from puljeport.texts import LANGUAGES, Language
from puljeport.topic import Topic

MAKERS: dict[str, Callable[[Call, int, Language], bytes]] = {
    "docx": docx.make,
    "pdf": pdf.make,
    "xlsx": xlsx.make,
    "csv": csvform.make,
    "schema.json": jsonschema.make,
}
"""What makes the form that is put up under each ending."""


class Documents(Protocol):
    """Where blanks and guides are kept for people to fetch."""

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keep `data` under `key`, unless just that is there already."""

    def get(self, key: str, /) -> bytes | None:
        """What is kept under `key`, None where there is nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What publishing a call would do. `new`: the definition differs from the version before, or there was none.

    `shown` is the call with its deadline as it was extended, which is what its documents say.
    """

    call: Call
    shown: Call
    version: int
    new: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing came to. `changes` were made; `kept` could not be made yet: messages to them still wait."""

    published: PublishedCall
    new: bool
    documents: tuple[str, ...]
    recipients: tuple[Recipient, ...]
    changes: tuple[Change, ...]
    kept: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Publisher:
    """What publishing works with. `now` gives aware times, `quota` is how many mailboxes SNS filters for."""

    store: Store
    outbox: Outbox
    documents: Documents
    topic: Topic
    now: Callable[[], datetime]
    quota: int = POLICIES

    def plan(self, call: Call) -> Plan:
        """What publishing `call` would do; nothing is done. Raises LimitReached where SNS would refuse it."""
        before = self.store.current_call(call.id)
        new = before is None or to_json(before.definition) != to_json(call)
        version = (before.version if before else 0) + new
        others = [each.call for each in self.store.calls() if each.call.id != call.id]
        left = [contact.email for each in self.store.call_versions(call.id) for contact in each.definition.contacts]
        made = changes([*others, call], self.topic.subscriptions(), left, self.quota)
        return Plan(call, extended(call, before.extensions if before else ()), version, new, made)

    def publish(self, plan: Plan, markdown: str | None = None) -> Publication:
        """Do what was planned: make the call the version that submissions are read with, and have its contacts told.

        `markdown` is the guide's text. Raises Contention when somebody else publishes the call at the same moment.
        """
        documents = self._keep_documents(plan.shown, plan.version, markdown)
        # Who is new is subscribed before anything can happen in the call, who has left it after nothing can any more.
        first = [change for change in plan.changes if change.kind is not Kind.REMOVED]
        for change in first:
            self._make(change)
        published = self.store.publish_call(plan.call, self.now())
        removed, kept = self._removable(plan)
        for change in removed:
            self._make(change)
        reached = recipients([plan.call], self.topic.subscriptions())
        return Publication(published, plan.new, documents, reached, (*first, *removed), tuple(kept))

    def extend(self, call: str, extension: Extension) -> tuple[PublishedCall, tuple[str, ...]]:
        """Put off a call's deadline for everybody, and make the documents of the version in force anew with it.

        The same extension again makes the documents again and changes nothing else. Raises what `Store.extend` raises.
        """
        published = self.store.extend(call, extension)
        guide_text = self.documents.get(f"calls/{call}/v{published.version}/guide.md")
        markdown = None if guide_text is None else guide_text.decode()
        return published, self._keep_documents(published.call, published.version, markdown)

    def _keep_documents(self, call: Call, version: int, markdown: str | None) -> tuple[str, ...]:
        place = folder(call.id, version)
        kept = {
            f"{place}{FORM_NAMES[language]}.{ending}": (make(call, version, language), FORM_TYPES[ending])
            for ending, make in MAKERS.items()
            for language in LANGUAGES
        }
        if markdown is not None:
            kept[place + GUIDE_MARKDOWN] = (markdown.encode(), MARKDOWN)
            kept[place + GUIDE_PDF] = (guide.pdf(call, version, markdown), PDF)
            kept[place + GUIDE_HTML] = (guide.html(call, version, markdown), HTML)
        for key, (data, content_type) in kept.items():
            self.documents.put(key, data, content_type)
        return tuple(kept)

    def _removable(self, plan: Plan) -> tuple[list[Change], list[Change]]:
        """Those to be removed to whom nothing waits to be sent, and those who still have to get something."""
        removed = [change for change in plan.changes if change.kind is Kind.REMOVED]
        if not removed:
            return [], []
        waiting = {notice.endpoint for notice in self.outbox.pending(self.now() + timedelta(minutes=1))}
        kept = [change for change in removed if endpoint(change.address) in waiting]
        return [change for change in removed if change not in kept], kept

    def _make(self, change: Change) -> None:
        if change.subscription is None:
            self.topic.subscribe_email(change.address, change.policy)
        elif change.kind is Kind.CHANGED:
            self.topic.refilter(change.subscription, change.policy)
        else:
            self.topic.unsubscribe(change.subscription)
