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
from botocore.exceptions import ClientError

from builders import DEFINITION, a_call, a_form, sqs_event
from desk import Desk, Invocation, kind_of_work, work_of
from ears import Ear
from puljeport import publish
from puljeport.blanks import docx
from puljeport.calls import Call
from puljeport.notices import APPLICANT, Notice, Status
from puljeport.publish import Publication
from puljeport.reconcile import Findings
from puljeport.submissions import State, Submission
from puljeport_cli import demo_uploads
from puljeport_cli.fill import fill_docx
from puljeport_cli.local import Home
from puljeport_cli.stack import Stack, now
from roles import SHOWN
from storms import SES, UNAVAILABLE, Operation, Storm, brewing, cut, function_of, lost_answer, operations_of, refusal

pytestmark = [pytest.mark.slow, pytest.mark.cloud]

DYNAMODB = "dynamodb"
PATIENCE = 120.0
PUBLISHER = "Publisher"
"""How the operator's command names itself in these tests."""
WITHOUT: set[tuple[str, Operation]] = {
    ("IntakeRole", (DYNAMODB, "PutItem")),
    ("TickRole", (DYNAMODB, "PutItem")),
    ("TickRole", (DYNAMODB, "UpdateItem")),
    ("NotifyRole", (DYNAMODB, "TransactWriteItems")),
    ("FeedbackRole", (DYNAMODB, "PutItem")),
    ("FeedbackRole", (DYNAMODB, "UpdateItem")),
    ("ReconcileRole", (DYNAMODB, "PutItem")),
    ("PortalRole", ("s3", "PutObject")),
    ("PortalRole", (DYNAMODB, "PutItem")),
}
"""What an action permits and the role does without: a transaction in place of single writes, or the reverse; and what a
browser does with the portal's signature."""

CASES = {
    (role, operation): action
    for role in SHOWN
    for operation, action in operations_of(role).items()
    if (role, operation) not in WITHOUT
}
"""Each operation of each role, with an action whose work uses it."""
# Only a worker that AWS failed gives its file free again.
CASES["IntakeRole", (DYNAMODB, "UpdateItem")] = "s3:PutObject"
TOGETHER: dict[tuple[str, Operation], Operation] = {("IntakeRole", (DYNAMODB, "UpdateItem")): ("s3", "PutObject")}
"""What else has to fail for an operation to be used."""

WORKS = list(
    {(role, kind_of_work(role, action)): (role, action) for role in SHOWN for action in sorted(SHOWN[role])}.values()
)
"""Each piece of work that there is, by an action that it uses."""

BY_THEMSELVES = {"EraseRole", "FeedbackRole", "PortalRole", "TickRole"}
"""The roles whose next run, next delivery or next reader makes good what failed; of all others, reconciling does."""

READING = {"IntakeRole", "PortalRole"}
"""The roles whose functions read objects."""


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
    return Desk(stack, f"uvejr-{role.removesuffix('Role').lower()}-{uuid.uuid4().hex[:6]}", **given)


def contacts() -> list[dict[str, Any]]:
    """The contacts of the small call, each with a mailbox of its own."""
    name = uuid.uuid4().hex[:8]
    return [one | {"email": f"{name}-{one['id']}@example.dk"} for one in DEFINITION["contacts"]]


# -- by themselves: what is published, uploaded and told while AWS is down --------------------------------------------


@pytest.fixture
def hurried(stack: Stack) -> Iterator[None]:
    """What intake cannot take comes back after seconds, where it would be minutes."""
    sqs, queue = stack.client("sqs"), stack.output("UploadsQueueUrl")
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    yield
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=before)


@pytest.fixture
def call(stack: Stack) -> Call:
    """A call that is open, with contacts of its own."""
    given = a_call(id=f"nedbrud-{uuid.uuid4().hex[:8]}", deadline="2048-04-09T23:59:59", contacts=contacts())
    return stack.store.publish_call(given, now()).call


def upload(stack: Stack, call: Call) -> None:
    """A good form and a faulty one."""
    good = a_form(call.id, contact_email="ansoeger@example.dk")
    faulty = fill_docx(docx.make(call, 1, "da"), {"municipality": "Odense"})
    for name, body in {"god.json": good, "fejl.docx": faulty}.items():
        key = f"incoming/{call.id}/{name}"
        stack.client("s3").put_object(Bucket=stack.output("UploadsBucketName"), Key=key, Body=body)


def concluded(stack: Stack, call: Call) -> list[Submission]:
    """Both submissions, once nothing is left to be done about them."""
    done = {State.ACCEPTED, State.NEEDS_CORRECTION}
    return demo_uploads.until(
        lambda: stack.store.list_submissions(call.id), lambda found: {one.state for one in found} == done, PATIENCE
    )


def rows(stack: Stack, found: list[Submission]) -> list[Notice]:
    """The messages about some submissions."""
    return [row for submission in found for row in stack.outbox.of_submission(submission.id)]


@pytest.mark.usefixtures("hurried")
def test_r14_when_all_of_aws_is_down_nothing_is_lost(storm: Storm, stack: Stack, ear: Ear, call: Call) -> None:
    """What comes meanwhile ends in the dead letter queue, which raises its alarm; with that emptied behind its back,
    reconciling finds it in the bucket, and everybody hears of it once."""
    dead = stack.queue("UploadsDeadLetterQueueUrl")
    before = dead.count()
    storm.outage(*UNAVAILABLE)
    upload(stack, call)
    assert demo_uploads.until(lambda: dead.count() - before, lambda given_up: given_up == 2, PATIENCE) == 2
    storm.heal()
    stack.client("sqs").purge_queue(QueueUrl=stack.output("UploadsDeadLetterQueueUrl"))
    reconciled(stack, call.id)
    all_are_told(stack, ear, concluded(stack, call))


def test_r14_when_nobody_can_be_told_everybody_is_told_later(storm: Storm, stack: Stack, ear: Ear, call: Call) -> None:
    """While SNS and SES are down, applications are taken in all the same; their messages wait and are told of."""
    storm.outage("sns", "ses")
    upload(stack, call)
    found = concluded(stack, call)
    demo_uploads.until(storm.seen, lambda seen: seen == {("sns", "Publish"), SES}, PATIENCE)
    waiting = [row for row in rows(stack, found) if row.status is Status.PENDING]
    assert waiting
    looking = replace(stack.reconcile(repair=False), now=lambda: now() + timedelta(hours=1))
    loose = Counter(end.submission for end in looking.light(lambda: True).loose_ends)
    assert Counter(row.submission for row in waiting) <= loose
    storm.heal()
    reconciled(stack, call.id)
    all_are_told(stack, ear, found)


def all_are_told(stack: Stack, ear: Ear, found: list[Submission]) -> None:
    """All messages about some submissions are sent, and each came once; nothing of their call is loose."""
    (call,) = {submission.call for submission in found}
    sent = demo_uploads.until(
        lambda: rows(stack, found), lambda due: {row.status for row in due} == {Status.SENT}, PATIENCE
    )
    assert {row.status for row in sent} == {Status.SENT}
    ear.listen()
    heard = Counter((one.about, one.contact, one.event) for one in ear.heard)
    letters = Counter(one.reference for one in found for mail in ear.mails() if one.reference in mail.subject)
    for row in sent:
        times = letters[row.reference] if row.audience == APPLICANT else heard[row.submission, row.audience, row.event]
        assert times == 1, row.sort_key
    findings = reconciled(stack, call)
    assert findings.loose_ends == ()
    assert findings.tallies[call].adds_up


def test_r14_a_call_is_published_in_the_end(storm: Storm, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever AWS fails, once is not noticed; for long, the operator is told, and publishing again completes it."""
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", PUBLISHER)
    monkeypatch.setattr(publish, "MAKERS", {"docx": docx.make})
    assert stack.local
    ports = stack.local.ports.model_copy(update={"cloud": storm.port})
    behind = replace(stack, local=stack.local.model_copy(update={"ports": ports}))

    def published() -> Publication:
        publisher = behind.publisher()
        return publisher.publish(publisher.plan(a_call(id=name, contacts=given)))

    name, given = f"udgivet-{uuid.uuid4().hex[:8]}", contacts()
    storm.watch([PUBLISHER])
    first = published()
    calls = storm.seen()
    storm.heal()
    assert {service for service, _ in calls} == {"s3", DYNAMODB, "sns"}
    for failed in sorted(calls):
        name, given = f"udgivet-{uuid.uuid4().hex[:8]}", contacts()
        with storm.failing(PUBLISHER, failed, times=1):
            once = published()
        assert (once.published.version, len(once.documents)) == (1, len(first.documents))
        name, given = f"udgivet-{uuid.uuid4().hex[:8]}", contacts()
        with storm.failing(PUBLISHER, failed), pytest.raises(ClientError):
            published()
        again = published()
        assert (again.published.version, len(again.documents)) == (1, len(first.documents))
        addresses = Counter(one.endpoint for one in stack.topic.subscriptions())
        assert {addresses[contact["email"]] for contact in given} == {1}


# -- by hand: each operation -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("paused")
@pytest.mark.parametrize("how", [refusal, cut, lost_answer])
@pytest.mark.parametrize("needs", WORKS)
def test_r14_what_fails_once_is_as_if_nothing_had_happened(
    storm: Storm, stack: Stack, ear: Ear, needs: tuple[str, str], how: Callable[[Operation], dict[str, Any]]
) -> None:
    """Every operation of the work fails at its first call, and the work is done all the same; each contact hears once.

    Where SNS or SES did what it was asked for and its answer was lost, the SDK asks again, and they cannot know. A file
    that breaks off while it is read comes back: from its queue, or because the reader asks once more.
    """
    role, action = needs
    work = work_of(a_desk(stack, role), role, action)
    ear.listen()
    before = len(ear.mails())
    with storm.failing(function_of(role), *operations_of(role), how=how, times=1):
        assert work() or (how is lost_answer and role in READING and work())
        assert storm.seen()
    told = Counter((one.id, one.contact) for one in ear.listen())
    told += Counter((mail.subject, mail.recipient) for mail in ear.mails()[before:])
    most = 2 if how is lost_answer else 1
    assert max(told.values(), default=1) <= most


@pytest.mark.usefixtures("paused")
@pytest.mark.parametrize(("role", "operation"), CASES)
def test_r14_what_fails_for_long_is_seen_and_made_good(
    storm: Storm, stack: Stack, ear: Ear, role: str, operation: Operation
) -> None:
    """The work is not done, and an alarm of the template watches what tells of it; afterwards nothing is missing."""
    desk = a_desk(stack, role)
    work = work_of(desk, role, CASES[role, operation])
    ear.listen()
    failing = {operation, TOGETHER.get((role, operation), operation)}
    with storm.failing(function_of(role), *failing):
        assert not work(), "the operation is not needed"
        assert storm.seen() == failing
    assert desk.last
    assert alarms(stack, desk.last), desk.last
    if role in BY_THEMSELVES:
        assert work()
    made_good(desk)
    assert work()
    told = Counter((one.id, one.contact) for one in ear.listen())
    assert max(told.values(), default=1) == 1


def made_good(desk: Desk) -> None:
    """With the queue before intake emptied, bring everything of the desk's call to its end by reconciling alone."""
    queue = desk.stack.queue("UploadsQueueUrl")
    desk.stack.client("sqs").purge_queue(QueueUrl=desk.stack.output("UploadsQueueUrl"))
    reconciled(desk.stack, desk.call)
    for letter in list(queue.take(queue.count(), 60)):
        # What earlier storms left of other calls is put back too; whether it is taken is not asked here.
        taken = desk.invoke("IntakeFunction", sqs_event(letter.body))
        assert taken or f"incoming/{desk.call}/" not in letter.body, desk.last
        queue.drop(letter)
    findings = reconciled(desk.stack, desk.call)
    assert not [end for end in findings.loose_ends if end.call == desk.call]
    assert findings.tallies[desk.call].adds_up
    for submission in desk.stack.store.list_submissions(desk.call):
        assert not submission.pending
        waiting = [row for row in desk.stack.outbox.of_submission(submission.id) if row.status is Status.PENDING]
        assert not waiting


def reconciled(stack: Stack, call: str) -> Findings:
    """What a light and a full pass find, by their own clock so much later that what was put back is put back again."""
    work = replace(stack.reconcile(repair=True), now=lambda: now() + timedelta(hours=7))
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
