"""R14 on the local cloud: AWS fails at each operation that a function uses, once and for as long as it likes.

Failed once, the work is done as if nothing had happened. Failed for long, an alarm has something to see; and once AWS
is well again everything comes to its end: with nothing left in any queue, out of the bucket and the table alone.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from builders import DEFINITION, sqs_event
from desk import Desk, Invocation, kind_of_work, work_of
from ears import Ear
from puljeport.notices import Status
from puljeport.reconcile import Findings
from puljeport_cli.local import Home
from puljeport_cli.stack import Stack, now
from roles import SHOWN
from storms import Call, Storm, brewing, calls_of, cut, function_of, lost_answer, refusal

pytestmark = [pytest.mark.slow, pytest.mark.cloud]

DYNAMODB = "dynamodb"
WITHOUT: set[tuple[str, Call]] = {
    ("IntakeRole", (DYNAMODB, "PutItem")),
    ("TickRole", (DYNAMODB, "PutItem")),
    ("TickRole", (DYNAMODB, "UpdateItem")),
    ("NotifyRole", (DYNAMODB, "TransactWriteItems")),
    ("FeedbackRole", (DYNAMODB, "PutItem")),
    ("FeedbackRole", (DYNAMODB, "UpdateItem")),
    ("ReconcileRole", (DYNAMODB, "PutItem")),
}
"""What an action permits and the role does without: a transaction in place of single writes, or the reverse."""

CASES = {
    (role, call): action for role in SHOWN for call, action in calls_of(role).items() if (role, call) not in WITHOUT
}
"""Each operation of each role, with an action whose work uses it."""
# Only a worker that AWS failed gives its file free again.
CASES["IntakeRole", (DYNAMODB, "UpdateItem")] = "s3:PutObject"
TOGETHER: dict[tuple[str, Call], tuple[Call, ...]] = {("IntakeRole", (DYNAMODB, "UpdateItem")): (("s3", "PutObject"),)}
"""What else has to fail for an operation to be used."""

WORKS = list(
    {(role, kind_of_work(role, action)): (role, action) for role in SHOWN for action in sorted(SHOWN[role])}.values()
)
"""Each piece of work that there is, by an action that it uses."""

TELLING = {"NotifyRole", "ReconcileRole"}
"""The roles that send to people."""


@pytest.fixture(scope="module")
def storm(cloud_home: Home, stack: Stack) -> Iterator[Storm]:
    """The proxy before the functions."""
    with brewing(cloud_home, stack) as made:
        yield made


@pytest.fixture(scope="module")
def ear(stack: Stack) -> Ear:
    """Whoever hears all messages to contacts."""
    return Ear(stack)


@pytest.fixture(scope="module")
def paused(stack: Stack) -> Iterator[None]:
    """No function is woken by anything but the test."""
    with Desk(stack).paused():
        time.sleep(1)
        yield


def a_desk(stack: Stack, role: str) -> Desk:
    """A desk for the work of a role. The contacts of its call have new mailboxes, to which nobody has written yet."""
    given = {} if role == "PortalRole" else {"contacts": contacts()}
    return Desk(stack, f"uvejr-{role.removesuffix('Role').lower()}", **given)


def contacts() -> list[dict[str, Any]]:
    """The contacts of the small call, each with a mailbox of its own."""
    name = uuid.uuid4().hex[:8]
    return [one | {"email": f"{name}-{one['id']}@example.dk"} for one in DEFINITION["contacts"]]


# -- by hand: each operation -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("paused")
@pytest.mark.parametrize("how", [refusal, cut, lost_answer])
@pytest.mark.parametrize("needs", WORKS)
def test_r14_what_fails_once_is_as_if_nothing_had_happened(
    storm: Storm, stack: Stack, ear: Ear, needs: tuple[str, str], how: Callable[[Call], dict[str, Any]]
) -> None:
    """Every operation of the work fails at its first call, and the work is done all the same; each contact hears once.

    Only where SNS or SES did what it was asked for and its answer was lost, the SDK asks again, and they cannot know.
    """
    role, action = needs
    work = work_of(a_desk(stack, role), role, action)
    ear.listen()
    before = len(ear.mails())
    with storm.failing(function_of(role), *calls_of(role), how=how, times=1):
        assert work()
        assert storm.seen()
    told = Counter((one.about, one.contact, one.event) for one in ear.listen())
    told += Counter((mail.recipient, mail.subject, "") for mail in ear.mails()[before:])
    most = 2 if how is lost_answer else 1
    assert max(told.values(), default=1) <= most


@pytest.mark.usefixtures("paused")
@pytest.mark.parametrize(("role", "call"), CASES)
def test_r14_what_fails_for_long_is_seen_and_made_good(
    storm: Storm, stack: Stack, ear: Ear, role: str, call: Call
) -> None:
    """The work is not done, and an alarm of the template watches what tells of it; afterwards nothing is missing."""
    desk = a_desk(stack, role)
    work = work_of(desk, role, CASES[role, call])
    ear.listen()
    failing = (call, *TOGETHER.get((role, call), ()))
    with storm.failing(function_of(role), *failing):
        assert not work(), "the operation is not needed"
        assert storm.seen() == set(failing)
    assert desk.last
    assert alarms(stack, desk.last), desk.last
    made_good(desk)
    assert work()
    told = Counter((one.about, one.contact, one.event) for one in ear.listen())
    # What cannot be marked as sent is sent again: promise 2 says so.
    most = 2 if (role, call) == ("ReconcileRole", (DYNAMODB, "UpdateItem")) else 1
    assert max(told.values(), default=1) <= most


def made_good(desk: Desk) -> None:
    """With the queue before intake emptied, bring everything of the desk's call to its end by reconciling alone."""
    queue = desk.stack.queue("UploadsQueueUrl")
    desk.stack.client("sqs").purge_queue(QueueUrl=desk.stack.output("UploadsQueueUrl"))
    reconciled(desk.stack, desk.call)
    for letter in list(queue.take(queue.count(), 60)):
        assert desk.invoke("IntakeFunction", sqs_event(letter.body)), desk.last
        queue.drop(letter)
    findings = reconciled(desk.stack, desk.call)
    assert findings.loose_ends == ()
    assert findings.tallies[desk.call].adds_up
    for submission in desk.stack.store.list_submissions(desk.call):
        assert not submission.pending
        waiting = [row for row in desk.stack.outbox.of_submission(submission.id) if row.status is Status.PENDING]
        assert not waiting


def reconciled(stack: Stack, call: str) -> Findings:
    """What a light and a full pass find, an hour later by their own clock."""
    work = replace(stack.reconcile(repair=True), now=lambda: now() + timedelta(hours=1))
    return work.light(lambda: True).plus(work.full(call))


SILENT = {"tick-silent", "reconcile-silent", "erase-silent"}
"""Alarms that are raised where a metric stays away."""


def alarms(stack: Stack, seen: Invocation) -> set[str]:
    """The alarms, by name, that watch what an invocation left: an error, a metric, or what comes back too often."""
    watched = {
        (alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"][0]["Value"]): alarm["AlarmName"]
        for alarm in stack.client("cloudwatch").describe_alarms()["MetricAlarms"]
        if alarm["AlarmName"].removeprefix("puljeport-local-") not in SILENT
    }
    if seen.body is None:
        told = {("AWS/Lambda", "Errors", seen.function)}
    elif seen.body.get("batchItemFailures"):
        told = {("AWS/SQS", "ApproximateNumberOfMessagesVisible", given_up(stack, seen.function))}
    else:
        told = {("Puljeport", name, seen.function) for name, value in seen.metrics.items() if value > 0}
    return {watched[each] for each in told & watched.keys()}


def given_up(stack: Stack, function: str) -> str:
    """The name of the queue in which ends what a function fails at again and again."""
    (mapping,) = stack.client("lambda").list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    if target := mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"):
        return str(target).rpartition(":")[2]
    sqs, name = stack.client("sqs"), mapping["EventSourceArn"].rpartition(":")[2]
    address = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    return str(json.loads(policy)["deadLetterTargetArn"]).rpartition(":")[2]
