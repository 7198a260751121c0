"""Publishing a call: documents, version and subscriptions, and that doing it twice changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from builders import DEFINITION, a_call
from puljeport.calls import Call
from puljeport.items import PublishedCall
from puljeport.publish import Publisher, Reach, clauses, recipients
from puljeport.store import Store
from puljeport.topic import Subscription, Topic

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
GATHERED = ["digest", "summary"]
"""What every contact hears of besides: single messages gathered, since it asked for that or there were too many."""
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class FakeStore:
    """A table that remembers versions."""

    def __init__(self) -> None:
        self.published: list[PublishedCall] = []

    def current_call(self, call: str) -> PublishedCall | None:
        """The last one published."""
        return next((each for each in reversed(self.published) if each.call.id == call), None)

    def publish_call(self, call: Call, now: datetime) -> PublishedCall:
        """Keep a version, unless the last is the same."""
        current = self.current_call(call.id)
        if current and current.call == call:
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

    def policy(self, address: str) -> dict[str, Any]:
        """What an address hears."""
        return self.entries[address].filter_policy


class FakeDocuments(dict[str, bytes]):
    """A bucket that remembers."""

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keep a document."""
        assert content_type
        self[key] = data


def publisher(topic: FakeTopic, store: FakeStore | None = None, documents: FakeDocuments | None = None) -> Publisher:
    """A publisher on fakes."""
    kept = documents if documents is not None else FakeDocuments()
    return Publisher(cast("Store", store or FakeStore()), kept, cast("Topic", topic), lambda: NOW)


def with_contacts(call: str, *contacts: tuple[str, str, Sequence[str]]) -> Call:
    """A call whose contacts are (id, address, events)."""
    told = [
        {"id": name, "role": "administrative", "email": email, "notify": list(events)}
        for name, email, events in contacts
    ]
    return Call.model_validate(DEFINITION | {"id": call, "contacts": told})


def test_the_documents_carry_the_version_that_they_are_published_with() -> None:
    """Blanks in both languages and the guide lie below the version's folder; a change begins another."""
    store, documents = FakeStore(), FakeDocuments()
    first = publisher(FakeTopic(), store, documents).publish(a_call(), "# Vejledning")
    assert (first.published.version, first.new) == (1, True)
    assert set(documents) == {f"calls/samvaer-2018/v1/{name}" for name in BLANKS}
    assert {key.rpartition(".")[2] for key, data in documents.items() if data.startswith(b"%PDF-")} == {"pdf"}
    second = publisher(FakeTopic(), store, documents).publish(a_call(places=5))
    assert (second.published.version, second.new) == (2, True)
    assert "calls/samvaer-2018/v2/ansoegningsskema.docx" in documents


def test_publishing_twice_is_publishing_once() -> None:
    """The same definition again: no new version, no subscription touched."""
    store, topic = FakeStore(), FakeTopic()
    publisher(topic, store).publish(a_call())
    changes = topic.changes
    again = publisher(topic, store).publish(a_call())
    assert (again.new, again.published.version, topic.changes) == (False, 1, changes)


def test_each_contact_is_subscribed_to_what_it_asked_for_and_nothing_else() -> None:
    """One subscription per address, filtered by call, contact and events."""
    topic = FakeTopic()
    publisher(topic).publish(
        with_contacts("a-2026", ("office", "o@example.dk", ["late", "accepted"]), ("quiet", "q@example.dk", []))
    )
    events = ["accepted", "late", *GATHERED]
    assert topic.policy("o@example.dk") == {"call": ["a-2026"], "contact": ["office"], "event": events}
    assert "q@example.dk" not in topic.entries


def test_an_address_of_two_calls_hears_of_both_and_never_of_another_contact() -> None:
    """SNS takes one subscription per address: its filter lists each call with that call's own contact."""
    topic = FakeTopic()
    for call, contact in (("a-2026", "office"), ("b-2026", "adviser")):
        publisher(topic).publish(with_contacts(call, (contact, "o@example.dk", ["accepted"])))
    assert topic.policy("o@example.dk")["$or"] == [
        {"call": ["a-2026"], "contact": ["office"], "event": ["accepted", *GATHERED]},
        {"call": ["b-2026"], "contact": ["adviser"], "event": ["accepted", *GATHERED]},
    ]


def test_who_is_no_contact_any_more_hears_nothing_more_of_that_call() -> None:
    """A removed address keeps its other calls; one without any other is silenced, and can come back."""
    store, topic = FakeStore(), FakeTopic()
    before = with_contacts("a-2026", ("office", "o@example.dk", ["accepted"]), ("xerxes", "x@example.dk", ["late"]))
    publisher(topic, store).publish(before)
    publisher(topic).publish(with_contacts("b-2026", ("office", "o@example.dk", ["late"])))
    publisher(topic, store).publish(with_contacts("a-2026", ("office", "new@example.dk", ["accepted"])))
    assert topic.policy("o@example.dk")["call"] == ["b-2026"]
    assert topic.policy("x@example.dk")["call"] not in (["a-2026"], ["b-2026"])
    publisher(topic, store).publish(before)
    assert topic.policy("x@example.dk") == clauses(before)["x@example.dk"]


def test_a_contact_that_moves_to_another_address_is_no_longer_heard_at_the_old_one() -> None:
    """The old address goes on as another contact, and its filter stops letting the moved contact's messages through."""
    store, topic = FakeStore(), FakeTopic()
    office, adviser = ("office", "o@example.dk", ["accepted"]), ("adviser", "o@example.dk", ["accepted"])
    publisher(topic, store).publish(with_contacts("a-2026", office, adviser))
    assert topic.policy("o@example.dk")["contact"] == ["office", "adviser"]
    publisher(topic, store).publish(with_contacts("a-2026", office, ("adviser", "new@example.dk", ["accepted"])))
    assert topic.policy("o@example.dk")["contact"] == ["office"]
    assert topic.policy("new@example.dk")["contact"] == ["adviser"]


@pytest.mark.parametrize("policy", [{}, {"role": ["administrative"]}])
def test_a_subscription_that_hears_it_anyway_is_left_alone(policy: dict[str, list[str]]) -> None:
    """Who hears everything, or everything of that role, was subscribed by somebody else and stays so."""
    topic = FakeTopic(Subscription("email", "o@example.dk", "arn:o", policy))
    publication = publisher(topic).publish(with_contacts("a-2026", ("office", "o@example.dk", ["late"])))
    assert topic.changes == 0
    assert [recipient.reach for recipient in publication.recipients] == [Reach.CONFIRMED]


def test_an_unconfirmed_contact_is_shown_as_such_and_not_asked_again() -> None:
    """Publishing again neither changes the pending subscription nor sends another link."""
    topic = FakeTopic(confirmed=False)
    call = with_contacts("a-2026", ("office", "o@example.dk", ["late"]))
    for _ in range(2):
        publication = publisher(topic).publish(call)
    assert topic.changes == 1
    assert [recipient.reach for recipient in publication.recipients] == [Reach.UNCONFIRMED]


def test_a_subscription_to_something_else_is_outdated_and_none_is_missing() -> None:
    """The list of contacts tells the two apart."""
    call = with_contacts("a-2026", ("xerxes", "x@example.dk", ["late"]), ("ypsilon", "y@example.dk", ["late"]))
    old = Subscription(
        "email", "x@example.dk", "arn:x", {"call": ["a-2026"], "contact": ["xerxes"], "event": ["accepted"]}
    )
    assert [found.reach for found in recipients([call], [old])] == [Reach.OUTDATED, Reach.MISSING]
