"""Buckets (S3): what events say of uploads, their bytes, and the copies that are returned."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from puljeport.aws import code
from puljeport.errors import ObjectGone
from puljeport.submissions import Arrival

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GONE = {"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "404", "405"}
"""Answers for an object that is not there: never was, its version was deleted, or the version is a delete marker."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One object version. `received_at` is S3's own time for it (UTC, whole seconds). `data` is None when too large."""

    version_id: str
    etag: str
    size: int
    received_at: datetime
    data: bytes | None

    @property
    def sha256(self) -> str | None:
        """The content's hash in hexadecimal, None when it was not read."""
        return None if self.data is None else hashlib.sha256(self.data).hexdigest()


class Uploads:
    """The bucket that applications arrive in."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def put_once(self, bucket: str, key: str, data: bytes, content_type: str) -> None:
        """Put an application that was written online, unless it is there already: a second try changes nothing.

        Source: S3 user guide, "How to prevent object overwrites with conditional writes".
        """
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=data, ContentType=content_type, IfNoneMatch="*")
        except ClientError as error:
            if code(error) != "PreconditionFailed":
                raise

    def fetch(self, arrival: Arrival, limit: int) -> Upload:
        """The object version an event told of (the current one where it named none), its content up to `limit` bytes.

        Raises ObjectGone when it is not there any more. A body cut short raises botocore's IncompleteReadError.
        """
        version = {"VersionId": arrival.version_id} if arrival.version_id else {}
        try:
            answer = self._client.get_object(Bucket=arrival.bucket, Key=arrival.key, **version)  # type: ignore[arg-type]
        except ClientError as error:
            if code(error) in GONE:
                raise ObjectGone from error
            raise
        size = answer["ContentLength"]
        with answer["Body"] as body:
            data = body.read() if size <= limit else None
        return Upload(
            version_id=answer.get("VersionId", "null"),
            etag=answer["ETag"].strip('"'),
            size=size,
            received_at=answer["LastModified"].astimezone(UTC),
            data=data,
        )


RETURNED = "returned/"
"""Where in the documents bucket the marked copies lie, by submission."""


class Copies:
    """The marked copies of applicants' files, in the bucket of documents."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, submission: str, data: bytes, ending: str, content_type: str) -> str:
        """Keep a submission's copy and give its key, which tells nothing of the file. Once more replaces it."""
        key = f"{RETURNED}{submission}.{ending}"
        self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=data,
            ContentType=content_type,
            # Never shown inside a page: it is what somebody sent us.
            ContentDisposition=f'attachment; filename="rettes.{ending}"',
        )
        return key

    def fetch(self, key: str) -> bytes:
        """The copy under a key. Raises ObjectGone when it is not there any more."""
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if code(error) in GONE:
                raise ObjectGone from error
            raise


def arrivals(body: str) -> list[Arrival]:
    """The created objects that one queue message tells of: S3's own shape (URL-encoded keys) or EventBridge's (raw).

    A test event, an unknown event, an empty list or a text that is not JSON tells of none: no upload is behind it.
    Source: S3 user guide, "Event message structure" and "EventBridge event message structure".
    """
    try:
        event = json.loads(body)
    except ValueError:
        return []
    if not isinstance(event, dict):
        return []
    if event.get("source") == "aws.s3":
        return [_from_eventbridge(event)] if event.get("detail-type") == "Object Created" else []
    records = event.get("Records")
    return [
        _from_native(record)
        for record in (records if isinstance(records, list) else [])
        if isinstance(record, dict) and str(record.get("eventName", "")).startswith("ObjectCreated:")
    ]


def is_folder(arrival: Arrival) -> bool:
    """Whether it is the empty object that S3's console makes to show a folder."""
    return arrival.key.endswith("/") and arrival.size == 0


def _from_native(record: dict[str, Any]) -> Arrival:
    thing = record["s3"]["object"]
    return Arrival(
        bucket=record["s3"]["bucket"]["name"],
        # Written as in a form: `+` for space, %XX for the rest.
        key=unquote_plus(thing["key"]),
        version_id=thing.get("versionId"),
        etag=str(thing.get("eTag", "")),
        size=int(thing.get("size", 0)),
        sequencer=str(thing.get("sequencer", "")),
        created_at=_time(record.get("eventTime")),
    )


def _from_eventbridge(event: dict[str, Any]) -> Arrival:
    thing = event["detail"]["object"]
    return Arrival(
        bucket=event["detail"]["bucket"]["name"],
        key=thing["key"],
        version_id=thing.get("version-id") or None,
        etag=str(thing.get("etag", "")),
        size=int(thing.get("size", 0)),
        sequencer=str(thing.get("sequencer", "")),
        created_at=_time(event.get("time")),
    )


def _time(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
