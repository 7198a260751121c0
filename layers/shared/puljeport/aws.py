"""Clients of AWS, made once per process, with their patience said out loud.

Retries are `standard` with three attempts; a read is given up after 10 seconds: three of them fit within a function's
60 seconds, and what is given up comes back from the queue. Source: botocore, "Retries" and `Config`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from puljeport import settings
from puljeport.errors import Blocked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)


@cache
def dynamodb() -> DynamoDBClient:
    """The process's DynamoDB client."""
    return boto3.client("dynamodb", config=CONFIG)


@cache
def s3() -> S3Client:
    """The process's S3 client."""
    return boto3.client("s3", config=s3_config())


def s3_config() -> Config:
    """How S3 is spoken to.

    What it signs names the bucket's own region: S3 redirects from its global address for hours after a bucket is made,
    and a browser's POST does not survive that (S3 user guide, "Temporary request redirection"). A custom endpoint is on
    this machine, where names of buckets are no hosts.
    """
    style: Literal["path", "virtual"] = "path" if settings.endpoint() else "virtual"
    return CONFIG.merge(Config(signature_version="s3v4", s3={"addressing_style": style}))


@cache
def sns() -> SNSClient:
    """The process's SNS client."""
    return boto3.client("sns", config=CONFIG)


@cache
def sqs() -> SQSClient:
    """The process's SQS client."""
    return boto3.client("sqs", config=CONFIG)


@cache
def ses() -> SESV2Client:
    """The process's SES client (API version 2)."""
    return boto3.client("sesv2", config=CONFIG)


def code(error: ClientError) -> str:
    """The service's error code, such as `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def describe(error: BaseException) -> str:
    """What may be logged of an error: type, service code, operation. Never its text, which can hold data."""
    if isinstance(error, ClientError):
        return f"{type(error).__name__} {code(error)} on {error.operation_name}"
    if isinstance(error, Blocked):
        return f"{type(error).__name__} {error.code}"
    return type(error).__name__


def cancellations(error: ClientError) -> list[str]:
    """The reason codes of a cancelled DynamoDB transaction, one per item (`None` for the innocent ones)."""
    response: dict[str, Any] = dict(error.response)
    return [str(reason.get("Code")) for reason in response.get("CancellationReasons", [])]
