"""The whole job on the template that is deployed to AWS, with IAM enforced: upload, record, one mail per contact."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builders import ses_event
from puljeport.notices import APPLICANT
from puljeport.submissions import State, Submission, submission_id
from puljeport_cli import call as calls
from puljeport_cli import demo, demo_uploads, mailbox
from puljeport_cli.local import Home
from puljeport_cli.mailbox import Mail
from puljeport_cli.processes import listens
from puljeport_cli.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.cloud]

POOL = demo.POOL
ENDINGS = ("docx", "pdf", "xlsx", "csv", "schema.json")
PATIENCE = 240.0
RECEIPTS_TO = "samvaer@example.dk"

type Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def puljeport(guarded_home: Home) -> Command:
    """The operator's command, as a program of its own."""

    def run(*words: str, expected: int = 0) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("puljeport")
        environment = os.environ | {"PULJEPORT_LOCAL": str(guarded_home.root)}
        answer = subprocess.run(
            [str(program), *words], capture_output=True, text=True, env=environment, check=False, timeout=900
        )
        assert answer.returncode == expected, f"{words}: {answer.stdout}\n{answer.stderr}"
        return answer

    return run


@pytest.fixture(scope="module")
def after_demo(puljeport: Command) -> str:
    """What `puljeport demo` printed, the second of two times in a row."""
    puljeport("demo", "--timeout", str(int(PATIENCE)))
    return puljeport("demo", "--timeout", str(int(PATIENCE))).stdout


def rows(puljeport: Command, *words: str) -> list[dict[str, Any]]:
    """What a command lists."""
    answer = json.loads(puljeport(*words, "--json").stdout)
    assert isinstance(answer, list)
    return answer


def test_the_demo_shows_records_problems_and_mails_and_works_twice(after_demo: str, puljeport: Command) -> None:
    """Each run gives an accepted record for every kind of file and a faulty one; the second run replaces them."""
    states = Counter(row["state"] for row in rows(puljeport, "submissions", "list", "--call", POOL))
    assert states == {"accepted": 7, "replaced": 7, "needs_correction": 2}
    for shown in (
        "replaces the same applicant's",
        "CVR-nummer",
        RECEIPTS_TO,
        "konsulent-2@example.dk",
        "submissions show",
    ):
        assert shown in after_demo
    assert "konsulent-1@example.dk" not in after_demo, "model 2 is the other consultant's topic"


def test_every_kind_of_file_gave_the_same_application(after_demo: str, guarded: Stack, puljeport: Command) -> None:
    """The accepted ones were read from seven formats; but for the municipality their answers are one application."""
    assert after_demo
    listed = rows(puljeport, "submissions", "list", "--call", POOL, "--state", "accepted")
    found = [guarded.store.find(row["id"]) for row in listed]
    assert {one.format for one in found} == {"docx", "pdf", "xlsx", "csv", "json", "odt", "ods"}
    answers = [{key: value for key, value in one.values.items() if key != "municipality"} for one in found]
    assert all(each == answers[0] for each in answers)


def test_the_faulty_file_came_back_with_its_problems_marked(
    after_demo: str, puljeport: Command, tmp_path: Path
) -> None:
    """The copy is fetched by reference; read, it has the problems of the record, and its comments say them."""
    assert after_demo
    row = rows(puljeport, "submissions", "list", "--call", POOL, "--state", "needs_correction")[-1]
    copy = tmp_path / "rettes.docx"
    puljeport("submissions", "returned", row["reference"], "-o", str(copy))
    with zipfile.ZipFile(copy) as package:
        comments = package.read("word/puljeport-comments.xml").decode()
    assert comments.count("<w:comment ") == row["problems"]
    assert "Skal rettes: Et af cifrene i CVR-nummeret er forkert" in comments


def test_publishing_twice_left_one_version_and_confirmed_contacts(after_demo: str, puljeport: Command) -> None:
    """The demo publishes on every run; the call has one version all the same, and its contacts hear what they asked."""
    assert after_demo
    versions = {row["id"]: row["version"] for row in rows(puljeport, "call", "list")}
    assert versions[POOL] == 1
    assert {row["subscription"] for row in rows(puljeport, "contacts", "--call", POOL)} == {"confirmed"}


def test_every_mail_about_a_submission_came_once_to_each_contact(
    after_demo: str, guarded: Stack, puljeport: Command
) -> None:
    """No contact got the same message twice; every notice is sent, or held for a digest or a summary."""
    assert after_demo
    assert guarded.local
    mails = [
        mail for mail in mailbox.mails(guarded.local) if re.search("[A-Z]{3}-[0-9A-Z]{4}-[0-9A-Z]{4}", mail.subject)
    ]
    caught = Counter((mail.recipient, mail.subject) for mail in mails)
    assert caught
    assert set(caught.values()) == {1}
    for row in rows(puljeport, "submissions", "list", "--call", POOL):
        shown = json.loads(puljeport("submissions", "show", row["reference"], "--json").stdout)
        assert {notice["status"] for notice in shown["notices"]} <= {"sent", "held", "gathered", "not_configured"}


def test_every_applicant_got_one_receipt(after_demo: str, guarded: Stack, puljeport: Command) -> None:
    """Each valid form gave one receipt to the address in it, in the words of the template; the faulty one has none."""
    assert after_demo
    assert guarded.local
    caught = [mail for mail in mailbox.mails(guarded.local) if mail.recipient == RECEIPTS_TO]
    listed = rows(puljeport, "submissions", "list", "--call", POOL)
    for row in (row for row in listed if row["state"] in {"accepted", "replaced"}):
        receipts = [mail for mail in caught if mail.subject == f"Vi har modtaget jeres ansøgning ({row['reference']})"]
        assert len(receipts) == 1
    text = mailbox.text(guarded.local, caught[0])
    assert "Det har vi læst i skemaet" in text
    assert "- CVR-nummer: 55 13 30 18" in text


def test_a_mail_that_comes_back_is_shown_and_told_to_operations(
    after_demo: str, guarded: Stack, puljeport: Command
) -> None:
    """What SES tells of a bounce goes through topic, queue and function to the record, the list and a message."""
    assert after_demo
    listed = rows(puljeport, "submissions", "list", "--call", POOL, "--state", "accepted")
    record = guarded.store.find(listed[0]["id"])
    told = guarded.outbox.of_submission(record.id)
    mail = next(row for row in told if row.audience == APPLICANT)
    topic = guarded.output("FeedbackTopicArn")
    guarded.client("sns").publish(TopicArn=topic, Message=json.dumps(ses_event(mail)))
    found = demo_uploads.until(lambda: read(guarded, record.id), lambda now: now.bounced is not None, PATIENCE)
    assert found.bounced == "permanent"
    assert "bounced (permanent)" in puljeport("submissions", "show", record.reference).stdout
    subject = f"Puljeport {record.reference}: en mail til ansoegeren kom ikke frem"
    demo_uploads.until(lambda: told_operations(guarded, subject), bool, PATIENCE)
    assert told_operations(guarded, subject) == ["drift@example.dk"]


def told_operations(guarded: Stack, subject: str) -> list[str]:
    """Who got the mails with a subject that begins so."""
    assert guarded.local
    return [mail.recipient for mail in mailbox.mails(guarded.local) if mail.subject.startswith(subject)]


def test_a_file_for_no_call_reaches_operations_and_is_read_after_a_replay(guarded: Stack, puljeport: Command) -> None:
    """Unreadable until the call is published; replayed, it is read, and what is concluded stays concluded."""
    identity = put(guarded, "incoming/ukendt-pulje/Årsplan 100% + bilag.docx", b"not a form")
    record = concluded(guarded, identity)
    assert record.state is State.UNREADABLE
    mail = mail_about(guarded, record)
    assert mail.recipient == "drift@example.dk"
    puljeport("submissions", "replay", record.reference)
    again = demo_uploads.until(
        lambda: read(guarded, identity), lambda now: now.rounds == 1 and not now.pending, PATIENCE
    )
    assert (again.state, again.rounds) == (State.UNREADABLE, 1)
    history = [event["event"] for event in rows(puljeport, "submissions", "history", record.id)]
    assert history == ["received", "unreadable", "replayed", "unreadable"]


def test_status_and_logs_show_a_working_installation(after_demo: str, puljeport: Command) -> None:
    """All processes run, nothing waits in a dead letter queue, and the functions logged without personal data."""
    assert after_demo
    status = json.loads(puljeport("status", "--json").stdout)
    assert all(process["running"] for process in status["processes"])
    assert status["queues"]["uploads dead"] == status["queues"]["notify failures"] == 0
    logged = puljeport("logs", "--since", "1h", "--json").stdout
    assert '"intake"' in logged
    assert '"notify"' in logged
    for canary in ("samvaer@example.dk", "Ansøgersen", "12 34 56 78", "Århus Kommune.docx"):
        assert canary not in logged


def test_publishing_a_call_that_is_over_is_possible_and_says_so(guarded: Stack, calls_folder: Path) -> None:
    """A guide and all blanks are in the bucket under the version that is published."""
    publication = calls.publish_path(guarded, calls_folder / demo.SECOND_POOL)
    listed = guarded.client("s3").list_objects_v2(
        Bucket=guarded.output("DocumentsBucketName"), Prefix=f"calls/{demo.SECOND_POOL}/"
    )
    keys = {entry["Key"] for entry in listed["Contents"]}
    assert set(publication.documents) <= keys
    assert {key.rpartition("/")[2] for key in publication.documents} == {
        *(f"guide.{ending}" for ending in ("md", "pdf", "html")),
        *(f"{name}.{ending}" for name in ("ansoegningsskema", "application-form") for ending in ENDINGS),
    }


def test_up_again_starts_only_what_died(guarded_home: Home, puljeport: Command) -> None:
    """With the bridge gone, `up` starts a bridge and leaves the cloud, and what it holds, alone."""
    before = guarded_home.state()
    assert before
    os.kill(before.processes["bridge"].pid, 9)
    demo_uploads.until(lambda: before.processes["bridge"].alive, lambda alive: not alive, 10)
    puljeport("up")
    after = guarded_home.state()
    assert after
    assert after.processes["cloud"] == before.processes["cloud"]
    assert after.processes["bridge"] != before.processes["bridge"]
    assert listens(after.ports.bridge)


def put(guarded: Stack, key: str, data: bytes) -> str:
    """Upload an object. Gives the id that its submission will have."""
    bucket = guarded.output("UploadsBucketName")
    version = guarded.client("s3").put_object(Bucket=bucket, Key=key, Body=data)["VersionId"]
    return submission_id(bucket, key, version)


def read(guarded: Stack, identity: str) -> Submission:
    """A submission that is there."""
    found = guarded.store.submission(identity)
    assert found
    return found


def concluded(guarded: Stack, identity: str) -> Submission:
    """A submission, once it is concluded."""
    found = demo_uploads.until(
        lambda: guarded.store.submission(identity), lambda now: now is not None and not now.pending, PATIENCE
    )
    assert found
    return found


def mail_about(guarded: Stack, submission: Submission) -> Mail:
    """The first mail about a submission, once it is there."""
    state = guarded.local
    assert state

    def about() -> list[Mail]:
        return [mail for mail in mailbox.mails(state) if submission.reference in mail.subject]

    mails = demo_uploads.until(about, bool, PATIENCE)
    assert mails
    return mails[0]
