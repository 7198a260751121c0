"""The bridge from SNS to mail: every e-mail subscription is mirrored, and what arrives becomes a mail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any, cast

import pytest

from puljeport_cli.bridge import Bridge

TOPIC = "arn:aws:sns:eu-north-1:000000000000:puljeport-local-notices"
HERE = "http://127.0.0.1:9999"


class FakeSns:
    """A topic's subscriptions, as the local cloud keeps them; http ones are confirmed at once."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Any]] = {}

    def add(self, protocol: str, endpoint: str, **attributes: str) -> str:
        """A subscription."""
        arn = f"{TOPIC}:{len(self.entries)}-{endpoint}"
        self.entries[arn] = {
            "SubscriptionArn": arn, "TopicArn": TOPIC, "Protocol": protocol, "Endpoint": endpoint,
            "attributes": {"PendingConfirmation": "false"} | attributes,
        }  # fmt: skip
        return arn

    def get_paginator(self, _: str) -> FakeSns:
        """All on one page."""
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        """All on one page."""
        yield {"Subscriptions": list(self.entries.values())}

    def get_subscription_attributes(self, *, SubscriptionArn: str) -> dict[str, Any]:  # noqa: N803
        """One subscription's attributes."""
        return {"Attributes": self.entries[SubscriptionArn]["attributes"]}

    def subscribe(self, *, Protocol: str, Endpoint: str, Attributes: dict[str, str], **_: str) -> None:  # noqa: N803
        """Add a subscription."""
        self.add(Protocol, Endpoint, **Attributes)

    def unsubscribe(self, *, SubscriptionArn: str) -> None:  # noqa: N803
        """Remove one."""
        del self.entries[SubscriptionArn]

    def set_subscription_attributes(self, *, SubscriptionArn: str, AttributeName: str, AttributeValue: str) -> None:  # noqa: N803
        """Change one."""
        self.entries[SubscriptionArn]["attributes"][AttributeName] = AttributeValue

    def mirrors(self) -> list[dict[str, Any]]:
        """What the bridge subscribed."""
        return [entry for entry in self.entries.values() if entry["Protocol"] == "http"]


class Outbox(Bridge):
    """A bridge that keeps its mails instead of sending them."""

    def __init__(self, sns: FakeSns) -> None:
        super().__init__(cast("Any", sns), HERE, 0)
        self.sent: list[tuple[str, EmailMessage]] = []

    def _send(self, mail: EmailMessage, recipient: str) -> None:
        self.sent.append((recipient, mail))


@pytest.fixture
def sns() -> FakeSns:
    """A topic with one e-mail subscription."""
    fake = FakeSns()
    fake.add("email", "a@example.dk", FilterPolicy='{"call": ["x"]}')
    return fake


def test_each_address_gets_one_mirror_with_the_same_filter(sns: FakeSns) -> None:
    """Syncing again adds nothing; a changed filter is taken over; other protocols are left alone."""
    bridge = Outbox(sns)
    queue = sns.add("sqs", "arn:queue")
    for _ in range(2):
        bridge.sync()
    (mirror,) = sns.mirrors()
    assert mirror["attributes"]["FilterPolicy"] == '{"call": ["x"]}'
    first = next(iter(sns.entries.values()))
    first["attributes"]["FilterPolicy"] = '{"call": ["y"]}'
    bridge.sync()
    assert mirror["attributes"]["FilterPolicy"] == '{"call": ["y"]}'
    assert queue in sns.entries


def test_a_mirror_goes_with_its_subscription_and_so_does_one_of_an_earlier_bridge(sns: FakeSns) -> None:
    """Nothing is delivered for an address that was unsubscribed, nor twice after the bridge moved to another port."""
    sns.add("http", "http://127.0.0.1:1111/mail/0123")
    outside = sns.add("http", "http://example.dk/hook")
    bridge = Outbox(sns)
    bridge.sync()
    assert len(sns.mirrors()) == 2
    sns.unsubscribe(SubscriptionArn=next(iter(sns.entries)))
    bridge.sync()
    assert [entry["SubscriptionArn"] for entry in sns.mirrors()] == [outside]


def test_a_delivery_becomes_a_mail_to_the_subscribed_address(sns: FakeSns) -> None:
    """Subject and text arrive as published, Danish letters included; for an unknown mailbox nothing is sent."""
    bridge = Outbox(sns)
    bridge.sync()
    mailbox = sns.mirrors()[0]["Endpoint"].rpartition("/")[2]
    envelope = json.loads('{"Subject": "Puljeport MBF-1", "Message": "Ansøger: Ærø\\nNæste linje", "MessageId": "m1"}')
    bridge.sent.clear()
    assert bridge.deliver(mailbox, envelope)
    ((recipient, mail),) = bridge.sent
    assert (recipient, mail["Subject"]) == ("a@example.dk", "Puljeport MBF-1")
    assert mail.get_content() == "Ansøger: Ærø\nNæste linje\n"
    assert not bridge.deliver("unknown", envelope)
    assert len(bridge.sent) == 1


def test_each_new_subscriber_gets_one_mail_that_explains_the_confirmation(sns: FakeSns) -> None:
    """The mail says what an address has to do on AWS; it is sent once per subscription."""
    bridge = Outbox(sns)
    for _ in range(3):
        bridge.sync()
    ((recipient, mail),) = bridge.sent
    assert recipient == "a@example.dk"
    assert "link" in mail.get_content()
