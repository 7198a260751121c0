"""Publishing a call: its documents, its version, and its contacts' subscriptions. Doing it twice changes nothing.

The documents go first, so that nobody meets a version whose form is not there yet. SNS gives an e-mail address only one
subscription to a topic; an address that answers for several calls gets one whose filter lists each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from puljeport.blanks import csvform, docx, guide, jsonschema, pdf, xlsx
from puljeport.calls import Call, Contact, Event, to_json
from puljeport.contacts import GATHERINGS, stands_in_for
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
from puljeport.items import PublishedCall
from puljeport.store import Store
from puljeport.texts import LANGUAGES, Language
from puljeport.topic import Subscription, Topic

MAKERS: dict[str, Callable[[Call, int, Language], bytes]] = {
    "docx": docx.make,
    "pdf": pdf.make,
    "xlsx": xlsx.make,
    "csv": csvform.make,
    "schema.json": jsonschema.make,
}
"""What makes the form that is put up under each ending."""

type Policy = dict[str, list[Any]]

SILENCE: Policy = {"call": ["(none)"]}
"""A filter that nothing passes, for an address that is no contact any more: no call can have such an id."""


class Documents(Protocol):
    """Where blanks and guides are kept for people to fetch."""

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keep `data` under `key`, unless just that is there already."""


class Reach(StrEnum):
    """Whether a contact's messages arrive. OUTDATED: subscribed, but to something else than the call now says."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    OUTDATED = "outdated"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One contact of a call that asked to be told of something, and whether it is."""

    call: str
    contact: Contact
    reach: Reach


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing came to. `new`: the definition differs from the version before, or there was none."""

    published: PublishedCall
    new: bool
    documents: tuple[str, ...]
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class Publisher:
    """What publishing works with. `now` gives aware times."""

    store: Store
    documents: Documents
    topic: Topic
    now: Callable[[], datetime]

    def publish(self, call: Call, markdown: str | None = None) -> Publication:
        """Make `call` the version that new submissions are read with, and have its contacts told.

        `markdown` is the guide's text. Raises Contention when somebody else publishes the call at the same moment.
        """
        before = self.store.current_call(call.id)
        new = before is None or to_json(before.call) != to_json(call)
        version = (before.version if before else 0) + new
        documents = self._keep_documents(call, version, markdown)
        published = self.store.publish_call(call, self.now())
        self._subscribe(call)
        return Publication(published, new, documents, recipients([call], self.topic.subscriptions()))

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

    def _subscribe(self, call: Call) -> None:
        known = {entry.endpoint: entry for entry in self.topic.subscriptions() if entry.protocol == "email"}
        wanted = clauses(call)
        for address, clause in wanted.items():
            if address not in known:
                self.topic.subscribe_email(address, clause)
            elif not _hears(known[address], call, address):
                self._change(known[address], [*_others(known[address], call.id), clause])
        for address in known.keys() - wanted.keys():
            left = _others(known[address], call.id)
            if len(left) < len(_clauses_of(known[address].filter_policy)):
                self._change(known[address], left)

    def _change(self, subscription: Subscription, parts: list[Policy]) -> None:
        # What is unconfirmed cannot be changed: it shows as such, and publishing again after the confirmation mends it.
        if subscription.arn is not None:
            self.topic.refilter(subscription, combined(parts))


def clauses(call: Call) -> dict[str, Policy]:
    """What each address of the call's contacts is to hear, as a filter policy. Who asked for nothing is left out."""
    asked = [contact for contact in call.contacts if stands_in_for(call.contacts, contact)]
    return {
        address: _clause(call, [contact for contact in asked if contact.email == address])
        for address in dict.fromkeys(contact.email for contact in asked)
    }


def _clause(call: Call, contacts: list[Contact]) -> Policy:
    events = {*GATHERINGS, *(event for contact in contacts for event in stands_in_for(call.contacts, contact))}
    return {
        "call": [call.id],
        "contact": [contact.id for contact in contacts],
        "event": [event.value for event in Event if event in events],
    }


def combined(parts: list[Policy]) -> Policy:
    """One filter policy that lets through what any of `parts` does.

    Source: SNS developer guide, "Filter policy operators", OR: `$or` needs at least two alternatives.
    """
    if not parts:
        return SILENCE
    return parts[0] if len(parts) == 1 else {"$or": sorted(parts, key=lambda part: str(part.get("call")))}


def recipients(calls: Iterable[Call], subscriptions: list[Subscription]) -> tuple[Recipient, ...]:
    """Every contact that asked to be told of something, with what the topic's subscriptions make of it."""
    known = {entry.endpoint: entry for entry in subscriptions if entry.protocol == "email"}
    return tuple(
        Recipient(call.id, contact, _reach(known.get(contact.email), call, contact.email))
        for call in calls
        for contact in call.contacts
        if stands_in_for(call.contacts, contact)
    )


def _reach(subscription: Subscription | None, call: Call, address: str) -> Reach:
    if subscription is None:
        return Reach.MISSING
    if subscription.arn is None:
        return Reach.UNCONFIRMED
    return Reach.CONFIRMED if _hears(subscription, call, address) else Reach.OUTDATED


def _hears(subscription: Subscription, call: Call, address: str) -> bool:
    """Whether a subscription lets through what the call has for an address; its part for this call exactly that."""
    parts = _clauses_of(subscription.filter_policy)
    own = [part for part in parts if part.get("call") == [call.id]]
    if own:
        return own == [clauses(call)[address]]
    # Without a filter, a subscriber hears everything.
    return not parts or all(any(_passes(part, told) for part in parts) for told in _told(call, address))


def _told(call: Call, address: str) -> list[dict[str, str]]:
    return [
        {"call": call.id, "contact": contact.id, "role": contact.role.value, "event": event.value}
        for contact in call.contacts
        if contact.email == address
        for event in (*GATHERINGS, *stands_in_for(call.contacts, contact))
    ]


def _passes(part: Policy, attributes: dict[str, str]) -> bool:
    return all(attributes.get(name) in allowed for name, allowed in part.items())


def _others(subscription: Subscription, call: str) -> list[Policy]:
    return [part for part in _clauses_of(subscription.filter_policy) if part.get("call") != [call] and part != SILENCE]


def _clauses_of(policy: Policy) -> list[Policy]:
    if "$or" in policy:
        return list(policy["$or"])
    return [policy] if policy else []
