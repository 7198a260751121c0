"""The operator's commands that look after what was left undone, over moto: what they show, do, and exit with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from typer.testing import CliRunner, Result

from builders import BUCKET, MIDWAY, a_call, a_form, s3_event, with_documents
from care import Care
from puljeport.delivery import Delivery
from puljeport.notices import Status
from puljeport.queues import Queue
from puljeport.submissions import Submission
from puljeport.tickets import Attachment, Found
from puljeport_cli import stack
from puljeport_cli.main import app
from worlds import DOCUMENTS, TABLE, World

KEY = "incoming/samvaer-2018/a.json"
REFUSED = ClientError({"Error": {"Code": "InvalidParameter"}}, "Publish")

type Run = Callable[..., Result]


@pytest.fixture
def care(world: World) -> Care:
    """A fresh world that is looked after."""
    return Care(world)


@pytest.fixture
def puljeport(care: Care) -> Run:
    """The command, on the installation that the world is."""
    world = care.world

    class Here(stack.Stack):
        """The world as an installation; no function is deployed in it whose settings could be asked for."""

        def client(self, service: str) -> Any:
            return boto3.client(service)  # type: ignore[call-overload]

        @property
        def delivery(self) -> Delivery:
            return world.delivery

    urls = {
        output: world.sqs.create_queue(QueueName=name)["QueueUrl"]
        for output, name in (("UploadsDeadLetterQueueUrl", "uploads-dead"), ("NotifyFailuresQueueUrl", "failures"))
    }
    outputs = {
        "TableName": TABLE, "UploadsBucketName": BUCKET, "DocumentsBucketName": DOCUMENTS,
        "UploadsQueueUrl": world.sqs.get_queue_url(QueueName="uploads")["QueueUrl"], **urls,
    }  # fmt: skip
    here = Here("test", outputs, "CREATE_COMPLETE")
    world.monkeypatch.setattr(stack, "find", lambda _target: here)
    world.monkeypatch.setattr(stack, "now", world.clock)

    def run(*words: str, code: int = 0) -> Result:
        outcome = CliRunner().invoke(app, list(words), input="n\n")
        assert outcome.exit_code == code, outcome.output
        return outcome

    return run


def listed(outcome: Result) -> Any:
    """What a command printed for programs."""
    return json.loads(outcome.stdout)


# -- reconcile -------------------------------------------------------------------------------------------------------


def test_reconcile_ends_with_1_while_something_is_open_and_0_when_it_is_not(care: Care, puljeport: Run) -> None:
    """A lost file is shown and left by a dry run, put back by a real one; once it is read, all adds up."""
    care.world.put(KEY, a_form())
    care.world.clock.advance(hours=1)
    dry = listed(puljeport("reconcile", "--full", "--dry-run", "--json", code=1))
    assert [(end["kind"], end["remedy"]) for end in dry["loose_ends"]] == [("object_without_record", "")]
    assert care.drain() == 0
    assert "put back through intake" in puljeport("reconcile", "--call", "samvaer-2018", code=1).output
    assert care.drain() == 1
    care.world.notify_all()
    done = listed(puljeport("reconcile", "--full", "--json"))
    assert done["loose_ends"] == []
    assert done["counts"]["samvaer-2018"] == {
        "objects": 1, "accepted": 1, "documents": 0, "in_flight": 0, "adds_up": True, "never_there": 0,
        "delete_markers": 0, "folders": 0,
    }  # fmt: skip
    assert "1 accepted" in puljeport("reconcile", "--full").output


def test_reconcile_sends_what_waits(care: Care, puljeport: Run) -> None:
    """Without more words it sends the notices whose wake-up was lost, and says how many."""
    care.world.take(KEY, a_form())
    care.world.clock.advance(hours=1)
    assert listed(puljeport("reconcile", "--json")) == {"sent": 2, "loose_ends": [], "counts": {}}
    assert len(care.world.received_messages()) == 2


# -- what an applicant sent ------------------------------------------------------------------------------------------


def test_what_was_sent_is_fetched_under_names_of_our_own(care: Care, puljeport: Run, tmp_path: Path) -> None:
    """The form byte for byte, and the documents that came in order, by reference, field and number; not what is still
    on its way or was refused, whatever it was called."""
    taken = with_documents_beside(care)
    said = puljeport("submissions", "fetch", taken.reference, "-o", str(tmp_path / "sager")).output
    names = {path.name: path.read_bytes() for path in (tmp_path / "sager").iterdir()}
    assert names == {
        f"{taken.reference}.json": a_form(statutes="v.pdf"),
        f"{taken.reference} statutes 1.pdf": b"%PDF-1",
        f"{taken.reference} statutes 2.pdf": b"%PDF-2",
    }
    assert all(name in said.replace("\n", "") for name in names)


def test_a_file_that_is_gone_is_named_and_the_others_are_fetched(care: Care, puljeport: Run, tmp_path: Path) -> None:
    """What somebody deleted from the bucket ends the command with 1, after the rest was brought."""
    taken = with_documents_beside(care)
    care.world.s3.delete_object(Bucket=taken.bucket, Key=taken.key, VersionId=taken.version_id)
    outcome = puljeport("submissions", "fetch", taken.id, "-o", str(tmp_path), code=1)
    assert f"{taken.reference}.json: the file was deleted" in outcome.output
    assert len(list(tmp_path.glob("*.pdf"))) == 2


def test_a_file_that_nobody_could_read_gets_no_ending_that_starts_a_program(
    care: Care, puljeport: Run, tmp_path: Path
) -> None:
    """What its applicant called it counts only where that is what a form is called."""
    for name, ending in (("a.hta", "bin"), ("b.DOCX", "docx")):
        taken = care.world.take(f"incoming/samvaer-2018/{name}", b"\x00nonsense")
        puljeport("submissions", "fetch", taken.id, "-o", str(tmp_path))
        assert (tmp_path / f"{taken.reference}.{ending}").read_bytes() == b"\x00nonsense"


def test_a_file_that_was_never_there_is_named(care: Care, puljeport: Run, tmp_path: Path) -> None:
    """It was deleted before anybody knew its version: the bucket is not asked for one that it cannot have."""
    event = s3_event(care.world.put(KEY, a_form()))
    del event["Records"][0]["s3"]["object"]["versionId"]
    care.world.s3.delete_object(Bucket=BUCKET, Key=KEY)
    assert care.world.run_intake(event) == []
    outcome = puljeport("submissions", "fetch", care.world.only().id, "-o", str(tmp_path), code=1)
    assert "the file was deleted" in outcome.output
    assert list(tmp_path.iterdir()) == []


def test_a_submission_is_shown_with_what_lies_beside_it(care: Care, puljeport: Run) -> None:
    """Each document with its state, and the required one that is missing; the same for programs."""
    taken = with_documents_beside(care)
    shown = puljeport("submissions", "show", taken.id, "--lang", "en").output
    assert re.search(r"Drawing\s.*missing", shown)
    assert len(re.findall(r"Statutes\s.*fine", shown)) == 2
    documents = listed(puljeport("submissions", "show", taken.id, "--json"))["documents"]
    assert sorted(one["found"] for one in documents) == ["fine", "fine", "refused", "waiting"]


def with_documents_beside(care: Care) -> Submission:
    """A submission with two documents in order, one refused and one on its way; another that is required is missing."""
    care.world.publish(a_call(form=with_documents(statutes=True, drawing=True)))
    taken = care.world.take(KEY, a_form(statutes="v.pdf"))
    for number, (found, data) in enumerate(
        [(Found.FINE, b"%PDF-1"), (Found.REFUSED, b"MZ"), (Found.FINE, b"%PDF-2"), (Found.WAITING, b"")]
    ):
        key, version = f"{KEY}-beside-{number}", None
        if data:
            made = care.world.s3.put_object(Bucket=taken.bucket, Key=key, Body=data)
            version = made["VersionId"]
        one = Attachment(
            field="statutes", number=f"{number:032x}", asked_at=MIDWAY + timedelta(seconds=number), found=found,
            file_name="../../etc/passwd", kind="pdf" if found is Found.FINE else None, key=key, version_id=version,
        )  # fmt: skip
        care.world.intake.drawer.arrived(taken.id, one)
    return taken


# -- dead letters ----------------------------------------------------------------------------------------------------


def test_given_up_uploads_are_listed_with_what_became_of_them(care: Care, puljeport: Run) -> None:
    """Looking takes nothing out: what the file is, and whether it has a record by now, never its name."""
    taken = care.world.take(KEY, a_form())
    lost = care.world.put("incoming/samvaer-2018/Anna Ansøgersen.json", a_form(municipality="101"))
    again = care.world.put(KEY, a_form())
    again["s3"]["object"]["versionId"] = taken.version_id
    dead = Queue(care.world.sqs, care.world.sqs.get_queue_url(QueueName="uploads-dead")["QueueUrl"])
    for body in (json.dumps(s3_event(again)), json.dumps(s3_event(lost)), "no JSON"):
        dead.send(body)
    for _ in range(2):
        outcome = puljeport("dlq", "list", "--json")
        assert {row["now"] for row in listed(outcome)} == {"accepted", "no record", "can be dropped"}
        assert taken.reference in {row["about"] for row in listed(outcome)}
        assert "Ansøgersen" not in outcome.stdout
    assert dead.count() == 3


def test_a_redrive_moves_as_many_as_are_asked_for_and_makes_no_second_record(care: Care, puljeport: Run) -> None:
    """R12: two first, then the rest; the file that has a record by now keeps the one it has."""
    records = [care.world.put(f"incoming/samvaer-2018/{number}.json", a_form()) for number in range(3)]
    assert care.world.run_intake(s3_event(records[0])) == []
    dead = Queue(care.world.sqs, care.world.sqs.get_queue_url(QueueName="uploads-dead")["QueueUrl"])
    for record in records:
        dead.send(json.dumps(s3_event(record)))
    assert listed(puljeport("dlq", "redrive", "--max", "2", "--json")) == {"queue": "uploads", "moved": 2, "left": 1}
    # moto cannot move messages by itself, as the local cloud cannot.
    care.world.monkeypatch.setattr(Queue, "move_all", lambda _queue: False)
    assert listed(puljeport("dlq", "redrive", "--json")) == {"queue": "uploads", "moved": 1, "left": 0}
    assert care.drain() == 3
    assert sum(care.world.states().values()) == 3
    assert listed(puljeport("dlq", "redrive", "--json"))["moved"] == 0


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(("code", "moves"), [("", True), ("UnsupportedOperation", False), ("InvalidAction", False)])
def test_sqs_moves_all_by_itself_where_it_can(code: str, moves: bool) -> None:
    """StartMessageMoveTask is asked with the dead letter queue's ARN; a service that has none is told apart."""
    client = boto3.client("sqs")
    arn = "arn:aws:sqs:eu-north-1:123456789012:uploads"
    with Stubber(client) as stub:
        stub.add_response("get_queue_attributes", {"Attributes": {"QueueArn": arn}})
        if moves:
            stub.add_response("start_message_move_task", {"TaskHandle": "x"}, {"SourceArn": arn})
        else:
            stub.add_client_error("start_message_move_task", code)
        assert Queue(client, "https://sqs.example/uploads").move_all() is moves
        stub.assert_no_pending_responses()


def test_what_notify_gave_up_is_sent_from_the_table_before_its_messages_go(care: Care, puljeport: Run) -> None:
    """While SNS is down the messages stay; afterwards the rows are sent, once, and only then are they dropped."""
    care.world.take(KEY, a_form())
    care.world.clock.advance(days=2)
    failures = Queue(care.world.sqs, care.world.sqs.get_queue_url(QueueName="failures")["QueueUrl"])
    failures.send(json.dumps({"requestContext": {"condition": "RetryAttemptsExhausted"}}))
    assert listed(puljeport("dlq", "list", "--queue", "notify", "--json"))[0]["about"] == "RetryAttemptsExhausted"
    care.world.faults.fail("Publish", ClientError({"Error": {"Code": "ServiceUnavailable"}}, "Publish"))
    assert "still cannot be sent" in puljeport("dlq", "redrive", "--queue", "notify", code=3).output
    assert failures.count() == 1
    care.world.faults.heal()
    puljeport("dlq", "redrive", "--queue", "notify")
    assert (failures.count(), len(care.world.received_messages())) == (0, 2)


# -- notices ---------------------------------------------------------------------------------------------------------


def test_notices_that_failed_are_listed_and_tried_again(care: Care, puljeport: Run) -> None:
    """After a mend, `retry` puts them back, and the next run of reconciling sends each once."""
    taken = care.world.take(KEY, a_form())
    care.world.faults.fail("Publish", REFUSED)
    care.world.notify_all()
    care.world.faults.heal()
    failed = listed(puljeport("notice", "list", "--status", "failed", "--json"))
    assert {(row["reference"], row["why"]) for row in failed} == {(taken.reference, "InvalidParameter")}
    assert listed(puljeport("notice", "list", "--status", "pending", "--json")) == []
    assert listed(puljeport("notice", "retry", "SAM-0000-0000", "--json")) == []
    assert len(listed(puljeport("notice", "retry", taken.reference, "--json"))) == 2
    care.ticks(hours=0.25)
    assert len(care.world.received_messages()) == 2
    assert listed(puljeport("notice", "list", "--json")) == []


def test_every_kind_of_untold_notice_is_found(care: Care, puljeport: Run) -> None:
    """Waiting, held, without a sender, and come back: each by its own status, and by call."""
    taken = care.world.take(KEY, a_form(contact_email="a@example.dk"))
    first, second, receipt = sorted(
        care.world.notices.of_submission(taken.id), key=lambda notice: notice.audience == "@applicant"
    )
    assert care.world.notices.hold(first, "notify", care.world.clock())
    assert care.world.notices.mark_sent(second, "m", MIDWAY)
    bounced = second.model_copy(update={"status": Status.SENT, "bounced": "permanent"})
    care.world.store._transact([care.world.store._put(
        {"PK": bounced.partition, "SK": bounced.sort_key, "item": "notice"}
        | bounced.model_dump(mode="json", exclude_none=True), "attribute_exists(PK)")])  # fmt: skip
    assert care.world.notices.mark_not_configured(receipt)
    found = listed(puljeport("notice", "list", "--call", "samvaer-2018", "--json"))
    assert {row["to"]: row["status"] for row in found} == {
        first.audience: "held", second.audience: "bounced", "@applicant": "not_configured",
    }  # fmt: skip
    assert listed(puljeport("notice", "list", "--call", "another", "--json")) == []
    assert "permanent" in puljeport("notice", "list", "--status", "bounced").output


# -- withdraw and erase ----------------------------------------------------------------------------------------------


def test_a_withdrawn_submission_counts_no_longer_and_everybody_hears(care: Care, puljeport: Run) -> None:
    """State, pointer, history and notices follow; a second time is refused; sending again is how it is undone."""
    taken = care.world.take(KEY, a_form(contact_email="a@example.dk"))
    puljeport("submissions", "withdraw", taken.reference, "--reason", "asked by telephone", "--by", "KM")
    assert care.world.states() == {"withdrawn": 1}
    assert care.world.store.counting("samvaer-2018", "751") is None
    last = care.world.store.history(taken.id)[-1]
    assert (last.event, last.by, last.detail) == ("withdrawn", "KM", "asked by telephone")
    told = {row.audience for row in care.world.notices.of_submission(taken.id) if row.event == "withdrawn"}
    assert "@applicant" in told
    assert (
        "cannot be withdrawn"
        in puljeport("submissions", "withdraw", taken.reference, "--reason", "again", code=1).output
    )
    again = care.world.take(KEY, a_form(), MIDWAY + timedelta(hours=1))
    assert (again.state, care.world.store.counting("samvaer-2018", "751")) == ("accepted", again)


def test_what_was_not_considered_is_listed_and_decided_by_hand(care: Care, puljeport: Run) -> None:
    """It is found by its state, shown with why, and decided once; the history says who did it."""
    care.world.publish(a_call(distributed={"date": "2018-05-14"}))
    care.world.clock.advance(days=80)
    taken = care.world.take(KEY, a_form(contact_email="a@example.dk"))
    (found,) = listed(puljeport("submissions", "list", "--state", "unconsidered", "--json"))
    assert found["id"] == taken.id
    assert "only after the pool had" in puljeport("submissions", "show", taken.reference, "--lang", "en").output
    told = puljeport(
        "submissions", "decide", taken.reference, "--awarded", "--reason", "considered", "--by", "KM"
    ).output
    assert "is awarded; 1 notices" in told
    last = care.world.store.history(taken.id)[-1]
    assert (last.event, last.by, last.detail) == ("awarded", "KM", "considered")
    again = puljeport("submissions", "decide", taken.reference, "--declined", "--reason", "again", code=1)
    assert "only an unconsidered one" in again.output


def test_erasing_asks_refuses_and_is_logged(care: Care, puljeport: Run) -> None:
    """Somebody has not heard: refused. Not confirmed: nothing happens. Then it is gone, and the log says so."""
    taken = care.world.take(KEY, a_form())
    words = ("erase", "--submission", taken.reference, "--reason", "GDPR, case 17")
    assert "--force" in puljeport(*words, "--yes", code=1).output
    care.world.notify_all()
    assert "Nothing was erased" in puljeport(*words, code=3).output
    assert care.world.states() == {"accepted": 1}
    (line,) = listed(puljeport(*words, "--yes", "--json"))
    assert (line["reason"], line["counts"]["objects"]) == ("GDPR, case 17", 1)
    assert care.world.states() == {}
    assert listed(puljeport("erase", "--log", "--json")) == [line]
    assert taken.id in puljeport("erase", "--log").output
    assert "No submission" in puljeport(*words, "--yes", code=1).output
    assert listed(puljeport("erase", "--submission", taken.id, "--reason", "again", "--yes", "--json")) == [line]


def test_an_applicant_is_erased_from_one_call(care: Care, puljeport: Run) -> None:
    """All that names its key goes, what others sent stays."""
    for number in range(2):
        care.world.take(KEY, a_form(), MIDWAY + timedelta(hours=number))
    other = care.world.take("incoming/samvaer-2018/b.json", a_form(municipality="101"))
    care.world.notify_all()
    puljeport("erase", "--applicant", "751", "--call", "samvaer-2018", "--reason", "asked", "--yes")
    assert care.world.only().id == other.id
    assert "No call" in puljeport("erase", "--due", "--call", "x", "--reason", "r", "--yes", code=1).output
    assert "none" in puljeport("erase", "--due", "--call", "samvaer-2018", "--reason", "r", "--yes").output


@pytest.mark.parametrize(
    "words",
    [
        ("--reason", "x"),
        ("--submission", "A"),
        ("--applicant", "751", "--reason", "x"),
        ("--submission", "A", "--call", "c", "--reason", "x"),
        ("--applicant", "751", "--due", "--call", "c", "--reason", "x"),
    ],
)
def test_what_is_not_said_clearly_is_not_erased(puljeport: Run, words: tuple[str, ...]) -> None:
    """What, in which call, and why: anything less, or two things at once, is refused with how to say it."""
    assert "Say what and why" in puljeport("erase", *words, "--yes", code=2).output
