"""Buckets (S3) seen from outside: every object version there is, and taking one away for good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from puljeport.submissions import Arrival, submission_id

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object, or a delete marker. `at` is S3's own time for it (UTC, whole seconds)."""

    bucket: str
    key: str
    version_id: str
    at: datetime
    etag: str = ""
    size: int = 0
    marker: bool = False

    @property
    def submission(self) -> str:
        """The id of the submission that it is."""
        return submission_id(self.bucket, self.key, self.version_id)

    @property
    def arrival(self) -> Arrival:
        """What can be announced of it. Which of two in the same second came first is not told by a listing."""
        return Arrival(self.bucket, self.key, self.version_id, etag=self.etag, size=self.size, created_at=self.at)


class Objects:
    """One bucket with all the versions in it."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def versions(self, prefix: str, *, deep: bool = True) -> Iterator[Version]:
        """Every version and delete marker under a prefix, page by page: of each page the versions, then the markers.

        `deep`: also what lies in folders below.
        """
        asked: dict[str, Any] = {"Bucket": self.bucket, "Prefix": prefix} | ({} if deep else {"Delimiter": "/"})
        for page in self._client.get_paginator("list_object_versions").paginate(**asked):
            for entry in page.get("Versions", []):
                yield Version(
                    self.bucket,
                    entry["Key"],
                    entry["VersionId"],
                    entry["LastModified"].astimezone(UTC),
                    entry["ETag"].strip('"'),
                    entry["Size"],
                )
            for marker in page.get("DeleteMarkers", []):
                at = marker["LastModified"].astimezone(UTC)
                yield Version(self.bucket, marker["Key"], marker["VersionId"], at, marker=True)

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders right under a prefix (which ends with `/`), even of those with old versions only."""
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=prefix, Delimiter="/"
        )
        found = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        return [name.removeprefix(prefix).removesuffix("/") for name in found]

    def delete(self, version: Version) -> None:
        """Take just this version, or delete marker, away for good. One that is gone already stays gone."""
        self._client.delete_object(Bucket=self.bucket, Key=version.key, VersionId=version.version_id)
