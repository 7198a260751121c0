"""Nothing slips, on the deployed template: queues emptied, messages given up, and an erasure that stays one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from builders import a_call, a_form
from puljeport.erasure import Why
from puljeport.reconcile import Kind, Remedy
from puljeport.submissions import Submission, submission_id
from puljeport.uploads import announcement
from puljeport_cli import demo_uploads
from puljeport_cli.local import Home
from puljeport_cli.stack import Stack, now

pytestmark = [pytest.mark.slow, pytest.mark.cloud]

CALL = "intet-glipper-2018"
PATIENCE = 120.0


@pytest.fixture(scope="module")
def lost(guarded: Stack) -> str:
    """The id of a file whose announcement was taken out of the queue before anybody saw it."""
    guarded.store.publish_call(a_call(id=CALL, deadline="2048-04-09T23:59:59"), now())
    functions, queue = guarded.client("lambda"), guarded.output("UploadsQueueUrl")
    function = guarded.output("IntakeFunctionName")
    (mapping,) = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    time.sleep(2)
    bucket = guarded.output("UploadsBucketName")
    body = a_form(CALL, contact_email="ansoeger@example.dk")
    version = guarded.client("s3").put_object(Bucket=bucket, Key=f"incoming/{CALL}/tabt.json", Body=body)["VersionId"]
    demo_uploads.until(lambda: guarded.queue("UploadsQueueUrl").count(), bool, PATIENCE)
    guarded.client("sqs").purge_queue(QueueUrl=queue)
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    return submission_id(bucket, f"incoming/{CALL}/tabt.json", version)


def concluded(guarded: Stack, identity: str) -> Submission:
    """A submission, once it is concluded."""
    found = demo_uploads.until(
        lambda: guarded.store.submission(identity), lambda one: one is not None and not one.pending, PATIENCE
    )
    assert found
    return found


@pytest.fixture(scope="module")
def found(guarded: Stack, lost: str) -> Submission:
    """The submission that reconciling made of it, half an hour and more later by its own clock."""
    work = replace(guarded.reconcile(repair=True), now=lambda: now() + timedelta(hours=1))
    findings = work.full(CALL)
    assert [(end.kind, end.remedy) for end in findings.loose_ends] == [(Kind.UNRECORDED, Remedy.PUT_BACK)]
    return concluded(guarded, lost)


def test_r13_a_file_whose_announcement_was_purged_is_found_and_read(guarded: Stack, found: Submission) -> None:
    """The queue forgot it, the bucket did not: it is a record like any other, and everything adds up."""
    assert found.state == "accepted"
    findings = guarded.reconcile(repair=False).full(CALL)
    assert findings.loose_ends == ()
    assert findings.tallies[CALL].adds_up


def test_r12_what_was_given_up_is_redriven_from_the_desk_and_makes_no_second_record(
    guarded: Stack, guarded_home: Home, found: Submission
) -> None:
    """The command moves the messages of the dead letter queue back; the record stays as it is."""
    guarded.queue("UploadsDeadLetterQueueUrl").send(announcement(found.arrival))
    program = str(sys.executable).removesuffix("python3").removesuffix("python") + "puljeport"
    environment = os.environ | {"PULJEPORT_LOCAL": str(guarded_home.root)}
    answer = subprocess.run(
        [program, "dlq", "redrive"], capture_output=True, text=True, env=environment, check=False, timeout=120
    )
    assert answer.returncode == 0, answer.stderr
    assert "1 of about 1" in answer.stdout
    demo_uploads.until(lambda: guarded.queue("UploadsQueueUrl").count(), lambda left: left == 0, PATIENCE)
    assert len(guarded.store.list_submissions(CALL)) == 1
    assert len(guarded.store.history(found.id)) == 2


def test_the_function_answers_its_schedule(guarded: Stack, found: Submission) -> None:
    """As it is deployed, with its own role and settings, both passes run to their end."""
    assert found
    for which in ("light", "full"):
        answer = guarded.client("lambda").invoke(
            FunctionName=guarded.output("ReconcileFunctionName"), Payload=f'{{"pass": "{which}"}}'.encode()
        )
        assert "FunctionError" not in answer, answer["Payload"].read()


def test_s17_what_is_erased_is_gone_and_stays_gone(guarded: Stack, found: Submission) -> None:
    """Record and file are gone; announced once more to the real queue, it is acknowledged and never recorded again."""
    demo_uploads.until(
        lambda: guarded.outbox.of_submission(found.id), lambda rows: not any(row.status.waits for row in rows), PATIENCE
    )
    assert guarded.erasure.erase(found.id, Why("a test", "test"))
    listed = guarded.client("s3").list_object_versions(Bucket=found.bucket, Prefix=found.key)
    assert not listed.get("Versions", [])
    assert not listed.get("DeleteMarkers", [])
    guarded.queue("UploadsQueueUrl").send(announcement(found.arrival))
    demo_uploads.until(lambda: guarded.queue("UploadsQueueUrl").count(), lambda left: left == 0, PATIENCE)
    assert guarded.store.submission(found.id) is None
    assert guarded.store.list_submissions(CALL) == []
    answer = guarded.client("lambda").invoke(FunctionName=guarded.output("EraseFunctionName"), Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()
