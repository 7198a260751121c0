"""S15 on the local cloud with IAM enforced: each action of each role is needed, and nothing else works.

The functions are invoked directly while their triggers are paused, so that an answer tells of one permission alone.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from desk import CALL, Desk, work_of
from puljeport_cli.stack import Stack
from roles import SHOWN

pytestmark = [pytest.mark.slow, pytest.mark.cloud]


@pytest.fixture(scope="module")
def desk(guarded: Stack) -> Iterator[Desk]:
    """The desk, with triggers paused while it is used."""
    made = Desk(guarded)
    with made.paused():
        time.sleep(1)
        yield made


@pytest.mark.parametrize(
    ("role", "action"), sorted((role, action) for role, shown in SHOWN.items() for action in shown)
)
def test_s15_each_action_is_needed(desk: Desk, role: str, action: str) -> None:
    """Without the action the function cannot do the work that needs it; with it, the same work is done."""
    work = work_of(desk, role, action)
    with desk.without(role, action):
        assert not work(), f"{role} does not need {action}"
    # A file that was being read when a permission went is given free again; one that was not, waits for its lease.
    assert work() or (role, action) == ("IntakeRole", "dynamodb:UpdateItem")


def test_s15_a_print_needs_the_blank(desk: Desk) -> None:
    """Reading uploads is not enough for a form that was printed; with the blanks as well, it is taken."""
    work = desk.take_a_print()
    with desk.without("IntakeRole", "s3:GetObject", "ReadBlanks"):
        assert not work()
    assert work()


def attempts(stack: Stack) -> dict[str, list[Callable[[Callable[[str], Any]], Any]]]:
    """What no function has any business doing, by role.

    Which keys and attributes a role may touch is a condition that the local cloud passes over; tests/template holds it.
    """
    bucket, table = stack.output("UploadsBucketName"), stack.output("TableName")
    documents = stack.output("DocumentsBucketName")
    topic, queue = stack.output("NoticesTopicArn"), stack.output("UploadsDeadLetterQueueUrl")
    key = {"PK": {"S": f"CALL#{CALL}"}, "SK": {"S": "CURRENT"}}

    def query(client: Callable[[str], Any]) -> Any:
        named = {":pk": key["PK"]}
        return client("dynamodb").query(
            TableName=table, KeyConditionExpression="PK = :pk", ExpressionAttributeValues=named
        )

    def plant(client: Callable[[str], Any]) -> Any:
        return client("s3").put_object(Bucket=bucket, Key="incoming/x/y", Body=b"")

    every: list[Callable[[Callable[[str], Any]], Any]] = [
        lambda client: client("s3").delete_object(Bucket=bucket, Key="incoming/x/y"),
        lambda client: client("dynamodb").delete_item(TableName=table, Key=key),
        lambda client: client("dynamodb").scan(TableName=table),
        lambda client: client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="x@example.dk"),
        lambda client: client("sqs").purge_queue(QueueUrl=queue),
        lambda client: client("iam").list_roles(),
        lambda client: client("lambda").list_functions(),
    ]
    return {
        "PortalRole": [
            *every,
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("s3").put_object(Bucket=bucket, Key="other/y", Body=b""),
            lambda client: client("s3").get_object(Bucket=documents, Key="exports/y"),
            lambda client: client("s3").put_object(Bucket=documents, Key="calls/x/v1/y", Body=b""),
            lambda client: client("s3").put_object(Bucket=documents, Key="returned/y", Body=b""),
            lambda client: client("sns").publish(TopicArn=topic, Message="x"),
        ],
        "IntakeRole": [
            *every,
            plant,
            query,
            lambda client: client("s3").get_object(Bucket=bucket, Key="other/y"),
            lambda client: client("s3").put_object(Bucket=documents, Key="calls/x/v1/y", Body=b""),
            lambda client: client("s3").get_object(Bucket=documents, Key="returned/y"),
            lambda client: client("s3").get_object(Bucket=documents, Key="calls/x/v1/guide.md"),
            lambda client: client("sns").publish(TopicArn=topic, Message="x"),
        ],
        "ReconcileRole": [
            *every,
            plant,
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("s3").list_object_versions(Bucket=documents),
        ],
        "EraseRole": [
            lambda client: client("s3").put_object(Bucket=bucket, Key="incoming/x/y", Body=b""),
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("s3").delete_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("s3").delete_object(Bucket=documents, Key="calls/x/v1/y", VersionId="null"),
            lambda client: client("dynamodb").scan(TableName=table),
            lambda client: client("sns").publish(TopicArn=topic, Message="x"),
            lambda client: client("sqs").send_message(QueueUrl=queue, MessageBody="x"),
            lambda client: client("iam").list_roles(),
        ],
        "NotifyRole": [
            *every,
            plant,
            query,
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("dynamodb").put_item(TableName=table, Item=key),
            lambda client: client("sesv2").create_email_identity(EmailIdentity="other@example.dk"),
        ],
        "FeedbackRole": [
            *every,
            plant,
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("sns").publish(TopicArn=topic, Message="x"),
            lambda client: client("sesv2").send_email(
                FromEmailAddress="puljer@example.dk",
                Destination={"ToAddresses": ["x@example.dk"]},
                Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
            ),
        ],
        "TickRole": [
            *every,
            plant,
            lambda client: client("s3").get_object(Bucket=bucket, Key="incoming/x/y"),
            lambda client: client("sns").publish(TopicArn=topic, Message="x"),
            lambda client: client("sqs").send_message(QueueUrl=queue, MessageBody="x"),
        ],
    }


@pytest.mark.parametrize("role", sorted(SHOWN))
def test_s15_nothing_else_works(guarded: Stack, desk: Desk, role: str) -> None:
    """With a role's own policy, everything that a function has no business doing is refused."""
    policy = desk.statements(role)
    account = guarded.client("sts").get_caller_identity()["Account"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    twin = f"twin-{role}-{uuid.uuid4().hex[:8]}"
    arn = desk.iam.create_role(RoleName=twin, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    desk.iam.put_role_policy(RoleName=twin, PolicyName="twin", PolicyDocument=json.dumps(policy["PolicyDocument"]))
    given = guarded.client("sts").assume_role(RoleArn=arn, RoleSessionName="twin")["Credentials"]

    def client(service: Any) -> Any:
        ours = guarded.client(service)
        return boto3.client(
            service,
            endpoint_url=ours.meta.endpoint_url,
            region_name=ours.meta.region_name,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            verify=str(guarded.local.certificate) if guarded.local and guarded.local.certificate else None,
        )

    allowed = client("dynamodb").get_item(
        TableName=guarded.output("TableName"), Key={"PK": {"S": "SUB#x"}, "SK": {"S": "SUB"}}
    )
    assert "Item" not in allowed, "what the role may do is not refused"
    for number, attempt in enumerate(attempts(guarded)[role]):
        with pytest.raises(ClientError) as refused:
            attempt(client)
        code = refused.value.response["Error"]["Code"]
        assert "AccessDenied" in code or "AuthorizationError" in code, f"attempt {number}: {code}"
