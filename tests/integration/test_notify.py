"""Notify over moto: what is sent, to whom, in which words, and what never is."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

import roles
from builders import DEFINITION, a_call, a_form
from puljeport.delivery import Delivered
from puljeport.notices import Status, endpoint
from puljeport.outbox import CLAIM
from worlds import Crash, World, worker_client

KEY = "incoming/samvaer-2018/skema.json"


def test_a_notice_is_published_with_attributes_to_filter_by(world: World) -> None:
    """Call, event, role, contact, language and mailbox are message attributes, so that a subscription can choose."""
    world.take(KEY, a_form())
    world.notify_all()
    attributes = [
        {name: one["Value"] for name, one in message["MessageAttributes"].items()}
        for message in world.received_messages()
    ]
    expected = {"call": "samvaer-2018", "event": "accepted", "role": "professional", "language": "da"}
    assert expected | {"contact": "professional-1", "mailbox": endpoint("konsulent-1@example.dk")} in attributes
    assert len(attributes) == 2


def test_a_machine_subscriber_gets_the_event_as_json(world: World) -> None:
    """The JSON holds ids, state of affairs and counts; one `id` per event lets a program fold the contacts' copies."""
    submission = world.take(KEY, a_form())
    world.notify_all()
    bodies = [message["Message"] for message in world.received_messages()]
    assert {body["id"] for body in bodies} == {f"{submission.id}:accepted:0"}
    assert bodies[0]["reference"] == submission.reference
    assert bodies[0]["organisation"] == "Aarhus"


def test_rows_are_marked_sent_with_the_message_id(world: World) -> None:
    """The row tells when it was sent and as which message."""
    submission = world.take(KEY, a_form())
    world.notify_all()
    for notice in world.notices.of_submission(submission.id):
        assert notice.status is Status.SENT
        assert notice.message_id
        assert notice.sent_at == world.clock()


def test_a_sent_notice_is_not_sent_again(world: World) -> None:
    """Stream records that come again find the row sent."""
    world.take(KEY, a_form())
    world.notify_all()
    world.notify_all()
    assert len(world.received_messages()) == 2


@pytest.mark.parametrize("name", ["MODIFY", "REMOVE"])
def test_r20_updates_and_expiries_send_nothing(world: World, name: str) -> None:
    """R20: only the birth of a row wakes anybody."""
    world.take(KEY, a_form())
    assert world.run_notify(*world.outbox(), name=name) == []
    assert world.received_messages() == []


def test_r20_other_items_of_the_table_send_nothing(world: World) -> None:
    """R20: records, history and pointers on the stream are passed over without a call to AWS."""
    submission = world.take(KEY, a_form())
    before = len(world.faults.calls)
    assert world.run_notify((f"SUB#{submission.id}", "SUB"), (f"SUB#{submission.id}", "EVENT#000001")) == []
    assert len(world.faults.calls) == before


@pytest.mark.parametrize(
    ("contacts", "mailbox"),
    [
        ([("professional-1", "ny@example.dk")], "ny@example.dk"),
        ([("professional-2", "konsulent-2@example.dk")], "konsulent-2@example.dk"),
    ],
    ids=["another address", "gone"],
)
def test_what_waited_goes_to_the_mailbox_that_the_contact_has_now(
    world: World, contacts: list[tuple[str, str]], mailbox: str
) -> None:
    """A row that waited through an outage is told to the contact's new address, or to whoever took over."""
    world.take(KEY, a_form())
    keys = [key for key in world.outbox() if key[1].endswith("professional-1")]
    others = [{"id": name, "role": "professional", "email": email, "notify": ["late"]} for name, email in contacts]
    world.publish(a_call(contacts=[DEFINITION["contacts"][0], *others]))
    world.clock.advance(hours=1)
    assert world.run_notify(*keys) == []
    (message,) = world.received_messages()
    assert message["MessageAttributes"]["mailbox"]["Value"] == endpoint(mailbox)


def test_a_row_that_is_gone_is_passed_over(world: World) -> None:
    """An erased row wakes nobody and fails nothing."""
    assert world.run_notify(("SUB#gone", "NOTICE#accepted#professional-1")) == []


def test_an_outage_of_sns_comes_back_from_the_first_that_failed(world: World) -> None:
    """The stream is told where to go on from, and everything goes out once SNS answers again."""
    world.take(KEY, a_form())
    world.faults.fail("Publish", RuntimeError("down"))
    assert world.run_notify(*world.outbox())[0] == "1"
    world.faults.heal()
    world.notify_all()
    assert len(world.received_messages()) == 2


def test_what_one_worker_is_sending_is_sent_by_no_other(world: World) -> None:
    """While notify waits for SNS, a reconciling that comes upon the same row leaves it; the contact hears once."""
    world.take(KEY, a_form())
    pk, sk = world.outbox()[0]
    others: list[Delivered] = []

    def meanwhile(**_: object) -> None:
        world.clock.advance(seconds=60)
        others.append(world.reconcile.delivery.deliver(pk, sk))

    worker_client("sns").meta.events.register_first("provide-client-params.sns.Publish", meanwhile)
    assert world.delivery.deliver(pk, sk) is Delivered.SENT
    worker_client("sns").meta.events.unregister("provide-client-params.sns.Publish", meanwhile)
    assert others == [Delivered.DELAYED]
    assert len(world.received_messages()) == 1


def test_what_one_worker_is_sending_is_put_in_no_summary_by_another(world: World) -> None:
    """While notify waits for SNS, a reconciling finds the mailbox's window full: the row is left, and ends as sent."""
    world.take(KEY, a_form())
    pk, sk = world.outbox()[0]
    others: list[Delivered] = []

    def meanwhile(**_: object) -> None:
        notice = world.notices.notice(pk, sk)
        while notice and world.notices.take_slot(notice, world.clock()):
            continue
        others.append(world.reconcile.delivery.deliver(pk, sk))

    worker_client("sns").meta.events.register_first("provide-client-params.sns.Publish", meanwhile)
    assert world.delivery.deliver(pk, sk) is Delivered.SENT
    worker_client("sns").meta.events.unregister("provide-client-params.sns.Publish", meanwhile)
    assert others == [Delivered.DELAYED]
    after = world.notices.notice(pk, sk)
    assert after
    assert after.status is Status.SENT


@pytest.mark.parametrize("nth", [3, 4], ids=["claiming", "marking"])
def test_r02_a_row_that_a_transaction_has_is_tried_again(world: World, nth: int) -> None:
    """R2: a tick that records the same rows at that moment has them for an instant; the notice goes out once."""
    world.take(KEY, a_form())
    keys = world.outbox()[0]
    busy = ClientError({"Error": {"Code": "TransactionConflictException"}}, "UpdateItem")
    world.faults.fail("UpdateItem", busy, nth=nth)
    assert world.delivery.deliver(*keys) is Delivered.SENT
    world.faults.heal()
    assert world.delivery.deliver(*keys) is Delivered.SKIPPED
    assert len(world.received_messages()) == 1


def test_what_a_worker_could_not_send_is_anothers_to_send(world: World) -> None:
    """A row is free at once when SNS did not take it, and after two minutes when the worker died in between."""
    world.take(KEY, a_form())
    pk, sk = world.outbox()[0]
    world.faults.fail("Publish", RuntimeError("down"), nth=1)
    with pytest.raises(RuntimeError):
        world.delivery.deliver(pk, sk)
    world.faults.fail("Publish", Crash(), nth=1)
    with pytest.raises(Crash):
        world.reconcile.delivery.deliver(pk, sk)
    world.faults.heal()
    assert world.delivery.deliver(pk, sk) is Delivered.DELAYED
    world.clock.advance(seconds=CLAIM.total_seconds())
    assert world.delivery.deliver(pk, sk) is Delivered.SENT
    assert len(world.received_messages()) == 1


def test_a_message_sns_will_never_take_is_marked_failed_with_why(world: World) -> None:
    """A refusal for good does not hold up the stream; the row says failed and why, and a metric raises the alarm."""
    submission = world.take(KEY, a_form())
    world.faults.fail("Publish", ClientError({"Error": {"Code": "InvalidParameter"}}, "Publish"), nth=1)
    world.notify_all()
    notices = {notice.audience: notice for notice in world.notices.of_submission(submission.id)}
    assert sorted(notice.status for notice in notices.values()) == ["failed", "sent"]
    (failed,) = (notice for notice in notices.values() if notice.status is Status.FAILED)
    assert failed.why == "InvalidParameter"


def test_people_get_text_and_programs_get_json_in_one_publish(world: World) -> None:
    """The message has a variant for each kind of subscriber: the default is readable Danish, sqs and https are JSON."""
    published: list[str] = []

    def see(params: dict[str, str], **_: object) -> None:
        published.append(params["Message"])

    worker_client("sns").meta.events.register("provide-client-params.sns.Publish", see)
    world.take(KEY, a_form())
    world.notify_all()
    worker_client("sns").meta.events.unregister("provide-client-params.sns.Publish", see)
    variants = json.loads(published[0])
    assert "Der er kommet en ansøgning" in variants["default"]
    assert json.loads(variants["https"]) == json.loads(variants["sqs"])
    assert "email" not in variants, "e-mail subscribers get the default"


def test_s15_updates_name_no_attribute_that_the_role_may_not(world: World) -> None:
    """Sent, held, refused, without a sender, and counted: all that notify updates is what its role is narrowed to."""
    named: dict[str, set[str]] = {"CountMessages": set(), "MarkNotices": set()}

    def see(params: dict[str, Any], **_: object) -> None:
        statement = "CountMessages" if params["Key"]["PK"]["S"].startswith("PACE#") else "MarkNotices"
        expression = params["UpdateExpression"] + params["ConditionExpression"]
        names = params["ExpressionAttributeNames"] | {"expires_at": "expires_at"}
        named[statement] |= {name for slot, name in names.items() if slot in expression}

    client = worker_client("dynamodb")
    client.meta.events.register("provide-client-params.dynamodb.UpdateItem", see)
    for number in range(8):
        world.take(f"{KEY}-{number}", a_form(contact_name=None))
    world.take(KEY, a_form(contact_email="ane@example.dk"))
    world.monkeypatch.setattr(world, "delivery", replace(world.delivery, mail=None))
    world.faults.fail("Publish", ClientError({"Error": {"Code": "InvalidParameter"}}, "Publish"), nth=1)
    world.notify_all()
    client.meta.events.unregister("provide-client-params.dynamodb.UpdateItem", see)
    assert Counter(row["status"]["S"] for row in world.items("notice")).keys() == {
        "sent", "held", "failed", "not_configured"
    }  # fmt: skip
    assert named["CountMessages"] <= roles.ATTRIBUTES["CountMessages"]
    assert named["MarkNotices"] == roles.ATTRIBUTES["MarkNotices"]
