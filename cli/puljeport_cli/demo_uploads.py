"""Uploading as an applicant does, and waiting for what comes of it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from puljeport.submissions import submission_id
from puljeport_cli.stack import Stack


def upload(stack: Stack, call: str, name: str, data: bytes) -> str:
    """Put a form in the bucket like `aws s3 cp` does. Gives the id that its submission will have."""
    bucket, key = stack.output("UploadsBucketName"), f"incoming/{call}/{name}"
    client = stack.client("s3")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "form"
        file.write_bytes(data)
        client.upload_file(str(file), bucket, key)
    version = client.head_object(Bucket=bucket, Key=key)["VersionId"]
    return submission_id(bucket, key, version)


def until[T](look: Callable[[], T], enough: Callable[[T], bool], seconds: float) -> T:
    """Look again and again until it is enough or the time is over; what was seen last."""
    deadline = time.monotonic() + seconds
    while not enough(found := look()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found
