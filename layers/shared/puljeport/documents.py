"""The documents of a call in their bucket (S3): what they are called, which there are, and their content.

They are made by ourselves when a call is published, so they may be handed on as they are. What applicants upload lies
in another bucket, and never here under `calls/`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from puljeport.aws import code
from puljeport.errors import ObjectGone
from puljeport.texts import Language
from puljeport.uploads import GONE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
SCHEMA = "application/schema+json"
PDF = "application/pdf"
HTML = "text/html; charset=utf-8"
MARKDOWN = "text/markdown; charset=utf-8"

FORM_NAMES: dict[Language, str] = {"da": "ansoegningsskema", "en": "application-form"}
FORM_TYPES = {"docx": DOCX, "pdf": PDF, "xlsx": XLSX, "csv": CSV, "schema.json": SCHEMA}
"""What forms are put up as, by the ending of their name."""
GUIDE_PDF, GUIDE_MARKDOWN, GUIDE_HTML = "guide.pdf", "guide.md", "guide.html"

HANDED_OUT = {
    f"{name}.{ending}": kind for name in FORM_NAMES.values() for ending, kind in FORM_TYPES.items()
} | {GUIDE_PDF: PDF}  # fmt: skip
"""The names that can be asked for, with their content types. Nothing else of the bucket is reached from outside."""


def folder(call: str, version: int) -> str:
    """Where the documents of one version of a call lie."""
    return f"calls/{call}/v{version}/"


@dataclass(frozen=True, slots=True)
class Kept:
    """One document that is there. `size` is in bytes."""

    name: str
    size: int


class Documents:
    """The documents of all calls."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def of(self, call: str, version: int) -> tuple[Kept, ...]:
        """The documents that were put up with one version of a call, by name."""
        prefix = folder(call, version)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return tuple(
            Kept(entry["Key"].removeprefix(prefix), entry["Size"])
            for page in pages
            for entry in page.get("Contents", [])
        )

    def blanks(self, call: str, version: int) -> list[bytes]:
        """The PDF blanks of one version of a call, in the languages that are there."""
        found = []
        for name in FORM_NAMES.values():
            with suppress(ObjectGone):
                found.append(self.fetch(call, version, f"{name}.pdf"))
        return found

    def fetch(self, call: str, version: int, name: str) -> bytes:
        """The content of a document. Raises ObjectGone when it is not there, or not any more."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=folder(call, version) + name)
        except ClientError as error:
            if code(error) in GONE:
                raise ObjectGone from error
            raise
        with answer["Body"] as body:
            return body.read()
