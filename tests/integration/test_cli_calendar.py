"""The operator's commands of the calendar over moto: putting off a deadline, seeing what is due, ticking by hand."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from builders import BUCKET, a_call, a_form
from puljeport.applications import Reading
from puljeport.conclusions import Standing, conclude
from puljeport.submissions import State
from puljeport_cli import stack as stacks
from puljeport_cli.main import app
from puljeport_cli.stack import Stack
from worlds import DOCUMENTS, TABLE, World

CALL = "samvaer-2018"
LATE = datetime(2018, 4, 9, 23, tzinfo=UTC)
WHY = ["--reason", "Portalen var nede", "--approved-by", "kontorchefen"]


class Desk:
    """An operator at a world's desk."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.uploads = world.sqs.create_queue(QueueName="uploads")["QueueUrl"]

    def run(self, *words: str, code: int = 0) -> str:
        """What a command prints; it must end with that exit code."""
        outcome = CliRunner().invoke(app, list(words))
        assert outcome.exit_code == code, outcome.output
        return outcome.stdout if code == 0 else outcome.output

    def json(self, *words: str) -> Any:
        """What a command prints for programs."""
        return json.loads(self.run(*words, "--json"))

    def read_again(self) -> None:
        """Let intake take what was put on its queue."""
        while batch := self.world.sqs.receive_message(QueueUrl=self.uploads, MaxNumberOfMessages=10).get("Messages"):
            assert self.world.run_intake(*(message["Body"] for message in batch)) == []
            for message in batch:
                self.world.sqs.delete_message(QueueUrl=self.uploads, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk of a world whose call is published with its documents."""
    made = Desk(world)
    outputs = {
        "TableName": TABLE, "DocumentsBucketName": DOCUMENTS, "UploadsQueueUrl": made.uploads,
        "NoticesTopicArn": world.sns.list_topics()["Topics"][0]["TopicArn"], "UploadsBucketName": BUCKET,
    }  # fmt: skip
    stack = Stack("test", outputs, "CREATE_COMPLETE")
    monkeypatch.setattr(stacks, "find", lambda *_args, **_named: stack)
    monkeypatch.setattr(stacks, "now", world.clock)
    return made


def sent_late(world: World, municipality: str, at: datetime = LATE) -> None:
    """A form that S3 took after the deadline."""
    world.clock.moment = max(world.clock.moment, at)
    world.take(f"incoming/{CALL}/{municipality}.json", a_form(municipality=municipality), at)


def test_an_extension_makes_late_ones_that_are_in_time_count(desk: Desk) -> None:
    """Everybody has until noon of the 11th: who came before is read again and accepted, who came later stays late."""
    sent_late(desk.world, "751")
    sent_late(desk.world, "101", datetime(2018, 4, 11, 10, 0, 1, tzinfo=UTC))
    given = desk.json("call", "extend", CALL, "--until", "2018-04-11T12:00", *WHY, "--outage")
    assert (given["until"], given["cause"], len(given["again"])) == ("2018-04-11T12:00:00", "outage", 1)
    desk.read_again()
    assert desk.world.states() == {"accepted": 1, "late": 1}
    current = desk.world.store.current_call(CALL)
    assert current
    assert (current.version, current.call.deadline) == (1, datetime(2018, 4, 11, 12))  # noqa: DTZ001 - local to the call


def test_the_forms_show_the_new_deadline_under_the_same_version(desk: Desk) -> None:
    """What an applicant downloads afterwards names the new deadline; the guide is made anew from its own text."""
    desk.world.s3.put_object(Bucket=DOCUMENTS, Key=f"calls/{CALL}/v1/guide.md", Body=b"# Vejledning")
    documents = desk.json("call", "extend", CALL, "--until", "2018-04-11T12:00", *WHY)["documents"]
    assert all(name.startswith(f"calls/{CALL}/v1/") for name in documents)
    assert {name.rpartition("/")[2] for name in documents} >= {"guide.html", "ansoegningsskema.docx"}
    form = desk.world.s3.get_object(Bucket=DOCUMENTS, Key=f"calls/{CALL}/v1/ansoegningsskema.docx")["Body"].read()
    with zipfile.ZipFile(io.BytesIO(form)) as package:
        assert "11. april 2018" in package.read("word/document.xml").decode()


def test_the_same_extension_again_finishes_what_was_left_undone(desk: Desk) -> None:
    """A form that was judged late while the deadline moved is found by the second try; history has one extension."""
    words = ["call", "extend", CALL, "--until", "2018-04-11T12:00", *WHY]
    desk.run(*words)
    sent_late(desk.world, "751")
    (taken,) = desk.world.submissions().values()
    late = conclude(taken, a_call(), Reading({}, ()), Standing(), desk.world.clock())
    assert (taken.state, late.submission.state) == (State.ACCEPTED, State.LATE)
    desk.world.store.conclude(taken, late, desk.world.clock())
    assert len(desk.json(*words)["again"]) == 1
    assert [line["what"] for line in desk.json("call", "history", CALL)] == ["published", "extended"]


def test_one_applicant_gets_leave_and_nobody_else(desk: Desk) -> None:
    """Named by name or code: only its own late form is read again and counts; the deadline stays for the others."""
    sent_late(desk.world, "751")
    sent_late(desk.world, "101")
    out = desk.run("call", "extend", CALL, "--until", "2018-04-12", *WHY, "--applicant", "Århus")
    assert "the applicant 751" in out
    desk.read_again()
    states = {each.applicant: each.state.value for each in desk.world.submissions().values()}
    assert states == {"751": "accepted", "101": "late"}
    current = desk.world.store.current_call(CALL)
    assert current
    assert current.call == a_call()


def test_a_dry_run_shows_what_would_change_and_changes_nothing(desk: Desk) -> None:
    """Old and new deadline, and how many late forms would be read again."""
    sent_late(desk.world, "751")
    shown = desk.run("call", "extend", CALL, "--until", "2018-04-11T12:00", *WHY, "--dry-run")
    assert "2018-04-09 23:59:59" in shown
    assert "2018-04-11 12:00:00" in shown
    plan = desk.json("call", "extend", CALL, "--until", "2018-04-11T12:00", *WHY, "--dry-run")
    assert len(plan["in_time"]) == 1
    current = desk.world.store.current_call(CALL)
    assert current
    assert current.extensions == ()
    assert desk.world.states() == {"late": 1}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--until", "2018-04-09T12:00"], "is not after the deadline"),
        (["--until", "i morgen"], "is no date"),
        (["--until", "2018-04-12", "--applicant", "Andeby"], "is no municipality"),
        (["--until", "2018-04-12", "--applicant", "751", "--outage"], "leave out --applicant"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(desk: Desk, words: list[str], says: str) -> None:
    """Nothing is written, and one line says what is wrong."""
    assert says in desk.run("call", "extend", CALL, *words, *WHY, code=2)
    assert desk.world.store.waivers(CALL) == []


def test_a_call_in_rounds_has_no_deadline_to_put_off(desk: Desk) -> None:
    """The officer changes its rounds instead."""
    desk.world.publish(a_call(deadline=None, periods=[{"id": "spring", "until": "2018-06-01T12:00:00"}]))
    assert "change `periods`" in desk.run("call", "extend", CALL, "--until", "2018-07-01", *WHY, code=2)


def test_the_calendar_shows_what_is_ahead_due_and_done(desk: Desk) -> None:
    """Before a tick the opening is due; after it, told; the closing is ahead. A second tick does nothing."""
    moments = {row["moment"]: row["state"] for row in desk.json("calendar", "--call", CALL)}
    assert moments == {
        "opened#contacts": "due", "reminder#applicants#3": "ahead", "closed#contacts#2018-04-09T235959": "ahead",
    }  # fmt: skip
    assert desk.json("tick")["told"] == 1
    assert set(desk.json("tick").values()) == {0}
    assert desk.json("calendar")[0]["state"] == "told"
    assert "opened#contacts" in desk.run("calendar")
    desk.run("calendar", "--call", "nothing-2018", code=1)


def test_a_moment_of_before_an_edit_stays_in_the_calendar(desk: Desk) -> None:
    """Closed, extended and closed again: both closings are shown, in the order they were due."""
    desk.world.clock.moment = LATE
    desk.run("tick")
    desk.run("call", "extend", CALL, "--until", "2018-04-11T12:00", *WHY)
    desk.world.clock.advance(days=3)
    desk.run("tick")
    closings = [row["moment"] for row in desk.json("calendar") if row["moment"].startswith("closed")]
    assert closings == ["closed#contacts#2018-04-09T235959", "closed#contacts#2018-04-11T120000"]
    history = [line["what"] for line in desk.json("call", "history", CALL)]
    assert history[0] == "published"
    assert history.count("told") == 2
    assert "kontorchefen" in desk.run("call", "history", CALL)


def test_a_tick_that_goes_wrong_names_the_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command ends with 1 and says which call, and how."""

    def down(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("puljeport.calendar.moments.due", down)
    said = desk.run("tick", code=1)
    assert f"{CALL}: RuntimeError" in said
    assert "secret" not in said


def test_the_time_of_a_waiver_ends_with_its_last_second(desk: Desk) -> None:
    """Until 12:00: a file of 12:00:00 is in time, one of a second later is not."""
    noon = datetime(2018, 4, 12, 10, tzinfo=UTC)
    sent_late(desk.world, "751", noon + timedelta(seconds=1))
    words = ["call", "extend", CALL, "--until", "2018-04-12T12:00", *WHY, "--applicant", "751"]
    assert desk.json(*words)["again"] == []
    sent_late(desk.world, "101", noon)
    words[-1] = "101"
    assert len(desk.json(*words)["again"]) == 1
