"""Buckets (S3): leave to upload, what events say of uploads, their bytes, and the copies that are returned."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit

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
    """One object version. `received_at` is S3's own time for it (UTC, whole seconds). `data` is None when too large.
    `name` is what the browser said the file is called, where it was asked."""

    version_id: str
    etag: str
    size: int
    received_at: datetime
    data: bytes | None
    name: str = ""

    @property
    def sha256(self) -> str | None:
        """The content's hash in hexadecimal, None when it was not read."""
        return None if self.data is None else hashlib.sha256(self.data).hexdigest()


class Uploads:
    """The bucket that applications arrive in."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

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
            name=_decoded(answer.get("Metadata", {}).get(NAME, "")),
        )


NAME = "name"
"""The metadata under which a browser says what a file is called."""


@dataclass(frozen=True, slots=True)
class Post:
    """A form of the bucket's own: where it is sent to, and the fields before the file."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies in the bucket: its size in bytes, and S3's own time for it (UTC)."""

    size: int
    received_at: datetime


class Posts:
    """Leave to put a file in the uploads bucket (S3 API reference, "POST Object", "POST Policy")."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def make(self, key: str, limit: int, lives: timedelta, then: str = "") -> Post:
        """Leave to put one file of 1 to `limit` bytes under just that key. `then` is where the browser goes after it;
        empty: it is answered 201, as a script wants it.

        The browser says the file's name in a field of its own, since the key has none.
        """
        after = {"success_action_redirect": then} if then else {"success_action_status": "201"}
        fixed = {"Content-Type": CONTENT_TYPE} | after
        made = self._client.generate_presigned_post(
            self.bucket,
            key,
            Fields=fixed | {f"x-amz-meta-{NAME}": "${filename}"},
            Conditions=[
                *({name: value} for name, value in fixed.items()),
                ["starts-with", f"$x-amz-meta-{NAME}", ""],
                ["content-length-range", 1, limit],
            ],
            ExpiresIn=max(1, int(lives.total_seconds())),
        )
        return Post(made["url"], made["fields"])

    @property
    def origin(self) -> str:
        """The bucket's own address as browsers name it: scheme and host."""
        place = urlsplit(self._client.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "-"}))
        return f"{place.scheme}://{place.netloc}"

    def stored(self, key: str) -> Stored | None:
        """What lies under a key, without looking into it."""
        found = self._client.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1).get("Contents", [])
        if not found or found[0]["Key"] != key:
            return None
        return Stored(found[0]["Size"], found[0]["LastModified"].astimezone(UTC))

    def put_once(self, key: str, data: bytes) -> None:
        """Put a form that was written on our own pages, unless there is one already: a second try changes nothing.

        Source: S3 user guide, "How to prevent object overwrites with conditional writes": 412 for one that is there,
        409 where something else was under way with the key, which is to be tried again; the SDK does not.
        """
        for tries in range(TRIES, 0, -1):
            try:
                self._client.put_object(
                    Bucket=self.bucket, Key=key, Body=data, ContentType=CONTENT_TYPE, IfNoneMatch="*"
                )
            except ClientError as error:
                if code(error) == "PreconditionFailed":
                    return
                if code(error) != "ConditionalRequestConflict" or tries == 1:
                    raise
            else:
                return


TRIES = 3
"""How often a form of our own pages is put where something else is under way with its key."""

CONTENT_TYPE = "application/octet-stream"
"""What every upload is declared as: its content decides what it is, and no browser ever shows it."""

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

    def link(self, key: str, name: str, lives: timedelta) -> str:
        """An address at the bucket from which a copy can be saved under `name` for a while."""
        saved = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
        asked = {"Bucket": self._bucket, "Key": key, "ResponseContentDisposition": saved}
        return self._client.generate_presigned_url("get_object", Params=asked, ExpiresIn=int(lives.total_seconds()))


def _decoded(told: str) -> str:
    """A name out of an object's metadata, where S3 gives letters beyond ASCII as RFC 2047 does.

    A store that puts them in its header as UTF-8 is understood too: headers are read as Latin-1 (RFC 9110, 5.5).
    """
    try:
        return told.encode("latin-1").decode() if "=?" not in told else str(make_header(decode_header(told)))
    except (MessageError, LookupError, ValueError):
        return told


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


def announcement(arrival: Arrival) -> str:
    """The message with which S3 announced an object, for putting it back through intake.

    Source: S3 user guide, "Event message structure". What has no version is named without one, as S3 does.
    """
    version = {"versionId": arrival.version_id} if arrival.version_id not in {None, "null"} else {}
    moment = {"eventTime": arrival.created_at.isoformat()} if arrival.created_at else {}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        **moment,
        "s3": {
            "bucket": {"name": arrival.bucket},
            "object": {
                "key": quote_plus(arrival.key, safe="/"),
                "size": arrival.size,
                "eTag": arrival.etag,
                "sequencer": arrival.sequencer,
                **version,
            },
        },
    }
    return json.dumps({"Records": [record]})


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
