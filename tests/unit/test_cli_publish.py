"""Publishing a call: documents, version and subscriptions, and that doing it twice changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from builders import DEFINITION, a_call, a_notice
from puljeport.calls import Call
from puljeport.errors import LimitReached
from puljeport.extensions import Extension
from puljeport.items import PublishedCall
from puljeport.notices import Notice, endpoint
from puljeport.outbox import Outbox
from puljeport.publish import Publication, Publisher
from puljeport.store import Store
from puljeport.subscriptions import Kind, Reach, Subscription, combinations, policy, recipients
from puljeport.topic import Topic

BLANKS = (
    *(
        f"{name}.{kind}"
        for name in ("ansoegningsskema", "application-form")
        for kind in ("docx", "pdf", "xlsx", "csv", "schema.json")
    ),
    "guide.md",
    "guide.pdf",
    "guide.html",
)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class FakeStore:
    """A table that remembers versions."""

    def __init__(self) -> None:
        self.published: list[PublishedCall] = []
        self.extensions: tuple[Extension, ...] = ()

    def current_call(self, call: str) -> PublishedCall | None:
        """The last one published."""
        found = next((each for each in reversed(self.published) if each.definition.id == call), None)
        return replace(found, extensions=self.extensions) if found else None

    def calls(self) -> list[PublishedCall]:
        """The last one of each call."""
        return [found for call in {each.call.id for each in self.published} if (found := self.current_call(call))]

    def call_versions(self, call: str) -> list[PublishedCall]:
        """All of one call."""
        return [each for each in self.published if each.definition.id == call]

    def publish_call(self, call: Call, now: datetime) -> PublishedCall:
        """Keep a version, unless the last is the same."""
        current = self.current_call(call.id)
        if current and current.definition == call:
            return current
        self.published.append(PublishedCall(call, (current.version if current else 0) + 1, now))
        return self.published[-1]


class FakeTopic:
    """A topic that remembers subscriptions and counts what was asked of it. New ones are `confirmed` or not."""

    def __init__(self, *there: Subscription, confirmed: bool = True) -> None:
        self.entries = {entry.endpoint: entry for entry in there}
        self.confirmed = confirmed
        self.changes = 0

    def subscriptions(self) -> list[Subscription]:
        """All there are."""
        return list(self.entries.values())

    def subscribe_email(self, address: str, policy: dict[str, Any]) -> Subscription:
        """Like SNS: an address has one subscription of a topic."""
        assert address not in self.entries
        self.changes += 1
        self.entries[address] = Subscription("email", address, f"arn:{address}" if self.confirmed else None, policy)
        return self.entries[address]

    def refilter(self, subscription: Subscription, policy: dict[str, Any]) -> None:
        """Change a filter."""
        self.changes += 1
        self.entries[subscription.endpoint] = Subscription("email", subscription.endpoint, subscription.arn, policy)

    def unsubscribe(self, subscription: Subscription) -> None:
        """End one."""
        self.changes += 1
        del self.entries[subscription.endpoint]

    def policy(self, address: str) -> dict[str, Any]:
        """What an address hears."""
        return self.entries[address].filter_policy


class FakeDocuments(dict[str, bytes]):
    """A bucket that remembers."""

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keep a document."""
        assert content_type
        self[key] = data


@dataclass
class Fakes:
    """All that publishing works with. `waiting` are addresses to which a message is still to be sent."""

    topic: FakeTopic = field(default_factory=FakeTopic)
    store: FakeStore = field(default_factory=FakeStore)
    documents: FakeDocuments = field(default_factory=FakeDocuments)
    waiting: list[str] = field(default_factory=list)
    quota: int = 200

    @property
    def publisher(self) -> Publisher:
        """A publisher on them."""
        return Publisher(
            cast("Store", self.store), cast("Outbox", self), self.documents, cast("Topic", self.topic), lambda: NOW,
            self.quota,
        )  # fmt: skip

    def pending(self, before: datetime) -> list[Notice]:
        """What waits to be sent."""
        assert before > NOW
        return [a_notice(endpoint=endpoint(address)) for address in self.waiting]

    def publish(self, call: Call, markdown: str | None = None) -> Publication:
        """Plan and publish."""
        return self.publisher.publish(self.publisher.plan(call), markdown)


def with_contacts(call: str, *contacts: tuple[str, str, Sequence[str]]) -> Call:
    """A call whose contacts are (id, address, events)."""
    told = [
        {"id": name, "role": "administrative", "email": email, "notify": list(events)}
        for name, email, events in contacts
    ]
    return Call.model_validate(DEFINITION | {"id": call, "contacts": told})


def test_the_documents_carry_the_version_that_they_are_published_with() -> None:
    """Blanks in both languages and the guide lie below the version's folder; a change begins another."""
    fakes = Fakes()
    first = fakes.publish(a_call(), "# Vejledning")
    assert (first.published.version, first.new) == (1, True)
    assert set(fakes.documents) == {f"calls/samvaer-2018/v1/{name}" for name in BLANKS}
    pages = {key.rpartition(".")[2] for key, data in fakes.documents.items() if data.startswith(b"%PDF-")}
    assert pages == {"pdf"}
    second = fakes.publish(a_call(places=5))
    assert (second.published.version, second.new) == (2, True)
    assert "calls/samvaer-2018/v2/ansoegningsskema.docx" in fakes.documents


def test_publishing_twice_is_publishing_once() -> None:
    """The same definition again: no new version, no subscription touched."""
    fakes = Fakes()
    fakes.publish(a_call())
    changes = fakes.topic.changes
    again = fakes.publish(a_call())
    assert (again.new, again.published.version, again.changes, fakes.topic.changes) == (False, 1, (), changes)


def test_a_plan_says_what_will_be_done_and_does_nothing() -> None:
    """Version and subscriptions are known beforehand; neither topic, table nor bucket was touched."""
    fakes = Fakes()
    plan = fakes.publisher.plan(a_call())
    assert (plan.version, plan.new) == (1, True)
    assert [(change.kind, change.address) for change in plan.changes] == [
        (Kind.ADDED, "administration@example.dk"),
        (Kind.ADDED, "konsulent-1@example.dk"),
        (Kind.ADDED, "konsulent-2@example.dk"),
    ]
    assert (fakes.topic.entries, fakes.store.published, fakes.documents) == ({}, [], {})
    assert fakes.publisher.publish(plan).changes == plan.changes


def test_the_same_definition_after_an_extension_is_no_new_version_and_its_forms_say_the_new_deadline() -> None:
    """An extension is not part of the definition; publishing again puts it into the documents of the same version."""
    fakes = Fakes()
    fakes.publish(a_call())
    before = dict(fakes.documents)
    given = {"until": "2018-05-01T12:00:00", "reason": {"da": "Nedbrud."}, "approved_by": "x", "at": NOW}
    fakes.store.extensions = (Extension.model_validate(given),)
    again = fakes.publish(a_call())
    assert (again.new, again.published.version) == (False, 1)
    assert fakes.documents.keys() == before.keys()
    assert all(fakes.documents[key] != before[key] for key in before if key.endswith((".docx", ".pdf", ".xlsx")))


def test_each_mailbox_is_subscribed_once_to_what_is_addressed_to_it() -> None:
    """Two contacts of one mailbox, however it is spelled, are one subscription; who asked for nothing has none."""
    fakes = Fakes()
    office, adviser = ("office", "o@example.dk", ["late"]), ("adviser", "O@Example.dk", ["accepted"])
    fakes.publish(with_contacts("a-2026", office, adviser, ("quiet", "q@example.dk", [])))
    assert list(fakes.topic.entries) == ["o@example.dk"]
    assert fakes.topic.policy("o@example.dk") == policy("o@example.dk") == {"mailbox": [endpoint("o@example.dk")]}


def test_a_mailbox_that_is_subscribed_needs_no_change_for_another_call_or_event() -> None:
    """Its filter stays what it is, so that nothing is lost while SNS takes up a changed one."""
    fakes = Fakes()
    fakes.publish(with_contacts("a-2026", ("office", "o@example.dk", ["late"])))
    assert fakes.publisher.plan(with_contacts("b-2026", ("adviser", "o@example.dk", ["accepted"]))).changes == ()
    assert fakes.publisher.plan(with_contacts("a-2026", ("office", "o@example.dk", ["closed"]))).changes == ()


def test_who_is_nobodys_contact_any_more_is_unsubscribed() -> None:
    """An address that no call names is not kept; one of another call is left as it is."""
    fakes = Fakes()
    first, gone = ("office", "o@example.dk", ["accepted"]), ("xerxes", "x@example.dk", ["late"])
    fakes.publish(with_contacts("a-2026", first, gone))
    fakes.publish(with_contacts("b-2026", ("office", "o@example.dk", ["late"])))
    publication = fakes.publish(with_contacts("a-2026", ("office", "new@example.dk", ["accepted"])))
    assert {(change.kind, change.address) for change in publication.changes} == {
        (Kind.ADDED, "new@example.dk"),
        (Kind.REMOVED, "x@example.dk"),
    }
    assert set(fakes.topic.entries) == {"o@example.dk", "new@example.dk"}


def test_an_address_is_kept_until_its_last_message_was_sent() -> None:
    """What waits for a mailbox in the outbox still reaches it; publishing again removes it afterwards."""
    fakes = Fakes(waiting=["x@example.dk"])
    fakes.publish(with_contacts("a-2026", ("xerxes", "x@example.dk", ["late"])))
    after = with_contacts("a-2026", ("office", "o@example.dk", ["late"]))
    publication = fakes.publish(after)
    assert [change.address for change in publication.kept] == ["x@example.dk"]
    assert "x@example.dk" in fakes.topic.entries
    fakes.waiting.clear()
    again = fakes.publish(after)
    assert ([change.kind for change in again.changes], again.kept, again.new) == ([Kind.REMOVED], (), False)
    assert "x@example.dk" not in fakes.topic.entries


@pytest.mark.parametrize("found", [{}, {"role": ["administrative"]}])
def test_a_subscription_that_hears_it_anyway_is_left_alone(found: dict[str, list[str]]) -> None:
    """Who hears everything, or everything of that role, was subscribed by somebody else and stays so."""
    fakes = Fakes(FakeTopic(Subscription("email", "o@example.dk", "arn:o", found)))
    publication = fakes.publish(with_contacts("a-2026", ("office", "o@example.dk", ["late"])))
    assert fakes.topic.changes == 0
    assert [recipient.reach for recipient in publication.recipients] == [Reach.CONFIRMED]
    fakes.publish(with_contacts("a-2026", ("office", "new@example.dk", ["late"])))
    assert fakes.topic.policy("o@example.dk") == found


def test_a_subscription_to_something_else_keeps_that_and_gets_the_mailbox_too() -> None:
    """The mailbox of operations that becomes a contact hears both, and its own again when it is no contact any more."""
    operations = {"role": ["operations"]}
    fakes = Fakes(FakeTopic(Subscription("email", "o@example.dk", "arn:o", operations)))
    call = with_contacts("a-2026", ("office", "o@example.dk", ["late"]))
    assert [found.reach for found in recipients([call], fakes.topic.subscriptions())] == [Reach.OUTDATED]
    publication = fakes.publish(call)
    assert [(change.kind, change.contacts) for change in publication.changes] == [(Kind.CHANGED, ("a-2026/office",))]
    assert fakes.topic.policy("o@example.dk") == {"$or": [operations, policy("o@example.dk")]}
    assert [recipient.reach for recipient in publication.recipients] == [Reach.CONFIRMED]
    fakes.publish(with_contacts("a-2026", ("office", "new@example.dk", ["late"])))
    assert fakes.topic.policy("o@example.dk") == operations


def test_an_unconfirmed_contact_is_shown_as_such_and_not_asked_again() -> None:
    """Publishing again neither changes the pending subscription, nor sends another link, nor takes it away."""
    fakes = Fakes(FakeTopic(confirmed=False))
    call = with_contacts("a-2026", ("office", "o@example.dk", ["late"]))
    for _ in range(2):
        publication = fakes.publish(call)
    assert fakes.topic.changes == 1
    assert [recipient.reach for recipient in publication.recipients] == [Reach.UNCONFIRMED]
    fakes.publish(with_contacts("a-2026", ("office", "n@example.dk", ["late"])))
    assert "o@example.dk" in fakes.topic.entries, "AWS forgets it by itself"


def test_a_deputy_without_wishes_of_its_own_is_subscribed() -> None:
    """Who only stands in for somebody has to be reached as well."""
    contacts = [
        {"id": "one", "role": "professional", "email": "1@example.dk", "notify": ["late"], "deputy": "two"},
        {"id": "two", "role": "professional", "email": "2@example.dk"},
    ]
    fakes = Fakes()
    publication = fakes.publish(a_call(contacts=contacts))
    assert set(fakes.topic.entries) == {"1@example.dk", "2@example.dk"}
    assert [recipient.contact.id for recipient in publication.recipients] == ["one", "two"]


def test_more_mailboxes_than_sns_filters_for_are_refused_before_anything_is_done() -> None:
    """At the quota the plan says which mailbox is too many, and what to do; what is unconfirmed counts too."""
    there = [Subscription("email", f"{number}@example.dk", None, {}) for number in range(2)]
    there += [Subscription("sqs", "arn:queue", "arn:s", {}), Subscription("sqs", "arn:other", "arn:t", {"call": ["x"]})]
    fakes = Fakes(FakeTopic(*there), quota=4)
    fakes.publisher.plan(with_contacts("a-2026", ("one", "a@example.dk", ["late"])))
    contacts = ("one", "a@example.dk", ["late"]), ("two", "b@example.dk", ["late"])
    with pytest.raises(LimitReached, match=r"4 mailboxes.*b@example\.dk.*--mailboxes"):
        fakes.publisher.plan(with_contacts("a-2026", *contacts))
    assert fakes.topic.changes == 0


def test_a_filter_that_has_no_room_for_more_is_refused_before_anything_is_done() -> None:
    """Somebody else's filter near SNS's limit cannot be added to: the plan says so."""
    complex_one = {"call": [f"call-{number}" for number in range(30)], "event": ["late", "accepted"]}
    fakes = Fakes(FakeTopic(Subscription("email", "o@example.dk", "arn:o", complex_one)))
    with pytest.raises(LimitReached, match=r"o@example\.dk was subscribed by somebody else"):
        fakes.publisher.plan(with_contacts("a-2026", ("office", "o@example.dk", ["late"])))


@pytest.mark.parametrize(
    ("found", "number"),
    [
        ({"key_a": ["1", "2", "3"], "key_b": ["1"], "key_c": ["1", "2"]}, 6),
        (policy("o@example.dk"), 1),
        ({"$or": [{"role": ["operations"]}, policy("o@example.dk")]}, 8),
    ],
)
def test_the_complexity_of_a_filter_is_counted_as_sns_says(found: dict[str, Any], number: int) -> None:
    """SNS's own example; a contact's filter is as simple as can be, and one that was added to is far below 150."""
    assert combinations(found) == number


def test_a_subscription_to_something_else_is_outdated_and_none_is_missing() -> None:
    """The list of contacts tells the two apart."""
    call = with_contacts("a-2026", ("xerxes", "x@example.dk", ["late"]), ("ypsilon", "y@example.dk", ["late"]))
    old = Subscription("email", "x@example.dk", "arn:x", {"call": ["b-2026"]})
    assert [found.reach for found in recipients([call], [old])] == [Reach.OUTDATED, Reach.MISSING]
