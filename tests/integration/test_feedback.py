"""Feedback over moto: what becomes of a mail that did not arrive, however often and whenever SES tells of it."""

from __future__ import annotations

from typing import Any

import pytest

from builders import MIDWAY, a_form, ses_event
from puljeport.calls import Event
from puljeport.feedback import Kind, callback
from puljeport.mail import trace, traced
from puljeport.notices import APPLICANT, Notice, Status, endpoint
from puljeport.texts import Text
from worlds import World

KEY = "incoming/samvaer-2018/skema.json"
ADDRESS = "kontakt@example.dk"


def receipt(world: World) -> Notice:
    """The row of the one receipt, as it is now."""
    rows = world.notices.of_submission(world.only().id)
    (found,) = (row for row in rows if row.audience == APPLICANT)
    return found


def sent(world: World) -> Notice:
    """A receipt that SES took."""
    world.take(KEY, a_form(contact_email=ADDRESS))
    world.notify_all()
    row = receipt(world)
    assert row.status is Status.SENT
    return row


def told_of(world: World) -> list[tuple[str, str]]:
    """Who is told that a mail did not arrive, and of which kind."""
    rows = [row for row in world.notices.of_submission(world.only().id) if row.event == "bounced"]
    return [(row.audience, str(row.facts["kind"])) for row in rows]


def test_a_bounce_stands_on_the_mail_the_submission_its_history_and_the_mailbox(world: World) -> None:
    """One callback marks the row and the record, adds a line of history, and is remembered without the address."""
    mail = sent(world)
    assert world.run_feedback(ses_event(mail)) == []
    assert receipt(world).bounced == "permanent"
    assert world.only().bounced == "permanent"
    assert world.store.history(world.only().id)[-1].event == "bounced"
    known = world.store.bounce(endpoint(ADDRESS))
    assert known
    assert known.kind == "permanent"
    assert not [item for item in world.items("address") if ADDRESS in str(item)]


def test_operations_hears_of_it_and_so_do_the_contacts_that_asked(world: World) -> None:
    """A row per contact that wants to hear of bounces; operations hears of it in any case."""
    assert world.run_feedback(ses_event(sent(world))) == []
    assert told_of(world) == [("@operations", "permanent")]
    world.notify_all()
    subjects = [message["Subject"] for message in world.received_messages()]
    assert sum("did not arrive" in subject or "kom ikke frem" in subject for subject in subjects) == 1


def test_r19_a_doubled_callback_changes_nothing(world: World) -> None:
    """R19: told twice, in one batch or later, it gives one line of history and one message."""
    event = ses_event(sent(world))
    assert world.run_feedback(event, event) == []
    before = world.only()
    assert world.run_feedback(event) == []
    assert world.only() == before
    assert len(told_of(world)) == 1


def test_r19_a_callback_that_comes_before_the_message_id_is_stored_comes_back(world: World) -> None:
    """R19: while the row is not marked as sent the message stays in the queue; afterwards it is recorded."""
    world.take(KEY, a_form(contact_email=ADDRESS))
    early = ses_event(receipt(world))
    assert world.run_feedback(early) == ["m1"]
    assert world.only().bounced is None
    world.notify_all()
    early["mail"]["messageId"] = receipt(world).message_id
    assert world.run_feedback(early) == []
    assert world.only().bounced == "permanent"


@pytest.mark.parametrize(
    ("kind", "changes", "recorded"),
    [
        ("Bounce", {}, "permanent"),
        ("Bounce", {"bounceType": "Transient"}, "transient"),
        ("Bounce", {"bounceType": "SomethingNew"}, "undetermined"),
        ("Complaint", {}, "complaint"),
        ("Reject", {}, "rejected"),
    ],
)
def test_each_kind_is_told_apart(world: World, kind: str, changes: dict[str, Any], recorded: str) -> None:
    """A mailbox that is not there, one that was full, a complaint and a refusal are each called by their name."""
    assert world.run_feedback(ses_event(sent(world), kind, **changes)) == []
    assert world.only().bounced == recorded
    assert recorded in set(Kind)


def test_a_complaint_after_a_bounce_is_news(world: World) -> None:
    """Another kind about the same mail is recorded, and told of, too."""
    mail = sent(world)
    assert world.run_feedback(ses_event(mail), ses_event(mail, "Complaint")) == []
    assert [kind for _, kind in told_of(world)] == ["complaint", "permanent"]


@pytest.mark.parametrize(
    "body",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        {"eventType": "Delivery", "mail": {}},
        {"eventType": "Bounce"},
        {"eventType": "Bounce", "mail": {"destination": []}, "bounce": {}},
        [],
        "null",
    ],
)
def test_what_is_no_bounce_is_acknowledged(world: World, body: object) -> None:
    """SES's greeting, mails that arrived and broken messages neither come back nor change anything."""
    sent(world)
    assert world.run_feedback(body) == []
    assert world.only().bounced is None


def test_a_mail_that_is_not_ours_or_was_erased_is_acknowledged(world: World) -> None:
    """Tags that name no row, and the id of another copy of the mail, change nothing and do not come back."""
    mail = sent(world)
    stranger, gone, copy = ses_event(mail), ses_event(mail.model_copy(update={"submission": "gone"})), ses_event(mail)
    stranger["mail"]["tags"] = {"campaign": ["spring"]}
    copy["mail"]["messageId"] = "another"
    assert world.run_feedback(stranger, gone, copy) == []
    assert world.only().bounced is None


@pytest.mark.parametrize("phase", ["before", "after"])
def test_r02_a_lost_answer_is_recorded_once(world: World, phase: str) -> None:
    """R2: whether or not the transaction was committed before it failed, the next delivery ends with one record."""
    event = ses_event(sent(world))
    world.faults.fail("TransactWriteItems", RuntimeError("lost"), phase=phase, nth=1)
    assert world.run_feedback(event) == ["m1"]
    world.faults.heal()
    assert world.run_feedback(event) == []
    assert len(told_of(world)) == 1
    assert [line.event for line in world.store.history(world.only().id)].count("bounced") == 1


def test_s10_neither_the_address_nor_anything_of_the_mail_is_logged(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """S10: log lines name the message and the outcome, and no address."""
    world.run_feedback(ses_event(sent(world)), "not json kontakt@example.dk")
    assert ADDRESS not in capsys.readouterr().out


def test_a_mails_tags_are_what_ses_takes_and_lead_back_to_its_row() -> None:
    """Whatever a row's key holds, its tags are letters, digits, - and _, and name the same row."""
    row = Notice(
        submission="id", event=Event.EXTENDED, audience=APPLICANT, key="2018-04-09T23:59:59+02:00 æ", round=3,
        call="samvaer-2018", call_title=Text(da="Samvær"), created_at=MIDWAY,
    )  # fmt: skip
    tags = trace(row)
    assert all(value.replace("-", "").replace("_", "").isalnum() and value.isascii() for value in tags.values())
    assert traced(tags) == (row.partition, row.sort_key)
    assert traced({"submission": "a", "row": "!"}) is None
    assert traced({"submission": "a", "row": "U1VC"}) is None


def test_a_callback_without_a_time_zone_is_none() -> None:
    """A moment that could be any is not recorded."""
    assert (
        callback('{"eventType": "Reject", "mail": {"destination": ["a@b.dk"], "messageId": "1", "timestamp": "x"}}')
        is None
    )
