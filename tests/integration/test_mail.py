"""Mail to applicants over moto: what SES is given, and what is never given to it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from builders import a_form
from puljeport.errors import Refused
from puljeport.mail import header, named, safe
from puljeport.notices import APPLICANT, Notice, Status
from worlds import SENDER, World, own_client, worker_client

KEY = "incoming/samvaer-2018/skema.json"
ADDRESS = "kontakt@example.dk"


def row(world: World) -> Notice:
    """The row of the one receipt, as it is now."""
    rows = world.notices.of_submission(world.only().id)
    (found,) = (each for each in rows if each.audience == APPLICANT)
    return found


def take(world: World) -> None:
    """A submission whose applicant can be written to, and all that is told of it."""
    world.take(KEY, a_form(contact_email=ADDRESS))
    world.notify_all()


def test_an_applicant_gets_one_receipt_in_the_language_of_the_form(world: World) -> None:
    """One mail to the address of the form; the row has SES's id of it."""
    take(world)
    (mail,) = world.mails()
    assert mail.destinations == {"ToAddresses": [ADDRESS]}
    assert mail.subject == f"Vi har modtaget jeres ansøgning ({world.only().reference})"
    assert (row(world).status, row(world).message_id) == (Status.SENT, mail.id)
    world.notify_all()
    assert len(world.mails()) == 1


def test_ses_gets_text_and_html_the_authoritys_name_and_where_answers_go(world: World) -> None:
    """The mail comes in the authority's name, answers go to the call's contact, and no program answers it."""
    given: list[dict[str, Any]] = []
    events = worker_client("sesv2").meta.events
    see = lambda params, **_: given.append(dict(params))  # noqa: E731
    events.register("provide-client-params.sesv2.SendEmail", see)
    take(world)
    events.unregister("provide-client-params.sesv2.SendEmail", see)
    (mail,) = given
    assert mail["FromEmailAddress"] == f"=?utf-8?q?Styrelsen_for_Pr=C3=B8ver?= <{SENDER}>"
    assert mail["ReplyToAddresses"] == ["administration@example.dk"]
    simple = mail["Content"]["Simple"]
    assert simple["Headers"] == [{"Name": "Auto-Submitted", "Value": "auto-generated"}]
    assert "<h1>" in simple["Body"]["Html"]["Data"]
    assert "Journalnummer:" in simple["Body"]["Text"]["Data"]
    assert {tag["Name"] for tag in mail["EmailTags"]} == {"submission", "event", "row"}


def test_without_a_sender_the_receipt_is_kept_and_shown(world: World) -> None:
    """Where no sender is configured the row says so, is found among what was not sent, and can be sent later."""
    object.__setattr__(world.delivery, "mail", None)
    take(world)
    assert row(world).status is Status.NOT_CONFIGURED
    assert [each.audience for each in world.notices.unsent()] == [APPLICANT]
    object.__setattr__(world.delivery, "mail", world.mail)
    assert world.notices.retry(row(world))
    world.notify_all()
    assert len(world.mails()) == 1


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException"])
def test_a_mail_ses_will_never_take_is_marked_failed_with_why(world: World, code: str) -> None:
    """A refusal of this message does not hold up the stream; the row says failed and why."""
    world.faults.fail("SendEmail", ClientError({"Error": {"Code": code}}, "SendEmail"))
    take(world)
    assert (row(world).status, row(world).why) == (Status.FAILED, code)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("SendingPausedException", "Account is paused"), ("AccountSuspendedException", ""),
        ("LimitExceededException", ""), ("MailFromDomainNotVerifiedException", ""), ("NotFoundException", ""),
        ("MessageRejected", "Email address is not verified. The following identities failed the check in region: a@b"),
        ("ThrottlingException", "Daily message quota exceeded"),
    ],
)  # fmt: skip
def test_r15_while_ses_takes_no_mail_at_all_receipts_wait_and_contacts_hear(
    world: World, code: str, said: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """R15: what is wrong with the account holds up no shard and fails no row: all goes out, once, when it is mended;
    the metric of the alarm counts it, and nobody's address stands in the log."""
    world.take(KEY, a_form(contact_email=ADDRESS))
    world.faults.fail("SendEmail", ClientError({"Error": {"Code": code, "Message": said}}, "SendEmail"))
    receipt_first = sorted(world.outbox(), key=lambda key: APPLICANT not in key[1])
    assert world.run_notify(*receipt_first) == []
    assert '"MailBlocked":[1.0]' in capsys.readouterr().out
    (logged,) = (record.__dict__ for record in caplog.records if record.msg == "no mail can be sent")
    assert logged["error"] == f"Blocked {code}"
    assert "a@b" not in str(logged)
    assert (row(world).status, len(world.received_messages())) == (Status.PENDING, 2)
    world.clock.advance(minutes=15)
    assert world.run_reconcile() == {"sent": 0, "left": 1, "found": 0}
    world.faults.heal()
    assert world.run_reconcile() == {"sent": 1, "left": 0, "found": 0}
    assert world.run_reconcile()["sent"] == 0
    assert len(world.mails()) == 1


def test_a_sender_that_is_not_verified_yet_fails_no_row(world: World) -> None:
    """A new installation before its sender is verified, as SES itself answers: the receipt goes out afterwards."""
    own_client("sesv2").delete_email_identity(EmailIdentity=SENDER)
    take(world)
    assert row(world).status is Status.PENDING
    own_client("sesv2").create_email_identity(EmailIdentity=SENDER)
    world.notify_all()
    assert row(world).status is Status.SENT


@pytest.mark.parametrize("code", ["TooManyRequestsException", "InternalFailure"])
def test_r15_an_outage_of_ses_comes_back_and_goes_out_once(world: World, code: str) -> None:
    """R15: what time mends is delivered again, and the row waits."""
    world.take(KEY, a_form(contact_email=ADDRESS))
    world.faults.fail("SendEmail", ClientError({"Error": {"Code": code}}, "SendEmail"))
    assert world.run_notify(*world.outbox()) != []
    assert row(world).status is Status.PENDING
    world.faults.heal()
    world.notify_all()
    world.notify_all()
    assert len(world.mails()) == 1


@pytest.mark.parametrize(
    "address",
    [
        "a@b", "a@b\r\nBcc: x@example.dk", "a@b.dk,c@d.dk", "a@b.dk;c@d.dk", '"a b"@c.dk', "a b@c.dk", "<a@b.dk>",
        "a@b@c.dk", "A <a@b.dk>", "a@b.dk\n", "a@b.dk\x00", "å@b.dk", "a@[127.0.0.1]", "@b.dk", "a@", "", "a@b..dk",
        f"{'a' * 65}@b.dk", f"a@{'b' * 64}.dk", f"a@{'.'.join(['b' * 60] * 5)}.dk",
    ],
)  # fmt: skip
def test_s09_only_an_address_is_written_to(address: str) -> None:
    """S9: lists, names, comments, line breaks, control characters and over-long addresses are refused by our code."""
    with pytest.raises(Refused):
        safe(address)


@pytest.mark.parametrize("text", ["a\r\nBcc: x@example.dk", "a\nb", "a\x00b", "a\u2028b", "a\u202eb", "", "å" * 201])
def test_s09_nothing_but_one_line_is_a_header(text: str) -> None:
    """S9: a subject or a sender's name that is not one short line is refused by our code."""
    with pytest.raises(Refused):
        header(text)
    with pytest.raises(Refused):
        named(text, SENDER)


def test_s09_a_refused_address_fails_its_row_and_no_other(world: World) -> None:
    """S9: a record with an address that is none fails with that reason; the contacts hear all the same."""
    world.take(KEY, a_form(contact_email=ADDRESS))
    key = {"PK": {"S": f"SUB#{world.only().id}"}, "SK": {"S": "SUB"}}
    world.dynamodb.update_item(
        TableName="puljeport-test", Key=key, UpdateExpression="SET email = :bad",
        ExpressionAttributeValues={":bad": {"S": "a@b.dk\r\nBcc: x@example.dk"}},
    )  # fmt: skip
    world.notify_all()
    assert (row(world).status, row(world).why) == (Status.FAILED, "bad_address")
    assert len(world.received_messages()) == 2
    assert world.mails() == []


def test_a_long_name_is_encoded_in_words_that_every_program_reads() -> None:
    """RFC 2047: each encoded word has at most 75 characters, and all of it stands on one line."""
    found = named("Styrelsen for Prøver, Æbler og Ål i Ærø Kommune og omegn på Sydfyn", SENDER)
    assert found.isascii()
    assert "\n" not in found
    assert max(len(word) for word in found.split()) <= 75
