"""`puljeport submissions fetch|returned`: the applicant's own files, brought to this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from puljeport.errors import ObjectGone
from puljeport.submissions import Arrival, Submission
from puljeport.tickets import Attachment, Found
from puljeport.uploads import Copies, Uploads
from puljeport_cli import screen
from puljeport_cli import stack as stacks
from puljeport_cli.failures import Code, Failure
from puljeport_cli.options import Label

LINK_SECONDS = 3600

ANY_SIZE = 2**63
"""What is fetched by a person was measured when it was received."""

FORMS = {"docx", "odt", "pdf", "xlsx", "ods", "csv", "json"}
"""The endings of forms: a file that nobody could read gets no other one, so that opening it starts no program."""


class File(NamedTuple):
    """A file to fetch: what it is called here, and the object version that it is; None where it was never there."""

    name: str
    arrival: Arrival | None


def fetch(
    ctx: typer.Context,
    label: Label,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FOLDER", help="Where the files go; here if not given.")
    ] = None,
) -> None:
    """Fetch what the applicant sent: the form as it was uploaded, and the documents beside it that are in order."""
    stack = stacks.find(ctx.obj)
    submission = stack.store.find(label)
    folder = output or Path()
    folder.mkdir(parents=True, exist_ok=True)
    uploads, gone = Uploads(stack.client("s3")), 0
    for file in files(submission, stack.drawer.attachments(submission.id)):
        try:
            data = _content(uploads, file)
        except ObjectGone:
            screen.error(f"{file.name}: the file was deleted from the bucket")
            gone += 1
            continue
        (folder / file.name).write_bytes(data)
        screen.say(f"[green]✓[/] {screen.quote(str(folder / file.name))}")
    if gone:
        raise typer.Exit(Code.ERRORS)


def _content(uploads: Uploads, file: File) -> bytes:
    if file.arrival is None:
        raise ObjectGone
    return uploads.fetch(file.arrival, ANY_SIZE).data or b""


def files(submission: Submission, attachments: list[Attachment]) -> Iterator[File]:
    """The form of a submission, and the documents that came in order. They are called by what they are, never by what
    an applicant called them."""
    yield File(f"{submission.reference}.{_ending(submission)}", None if submission.was_gone else submission.arrival)
    number: Counter[str] = Counter()
    for one in attachments:
        if one.found is Found.FINE and one.version_id:
            number[one.field] += 1
            name = f"{submission.reference} {one.field} {number[one.field]}.{one.kind}"
            yield File(name, Arrival(submission.bucket, one.key, one.version_id))


def _ending(submission: Submission) -> str:
    """What was read decides; of a file nobody could read, what its applicant called it, where that is a form's."""
    told = submission.format or submission.file_name.lower().rpartition(".")[2]
    return told if told in FORMS else "bin"


def returned(
    ctx: typer.Context,
    label: Label,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where the copy goes.")] = None,
    link: Annotated[bool, typer.Option("--link", help="Print a link that works for an hour instead.")] = False,
) -> None:
    """Fetch the applicant's own file with the problems marked in it."""
    stack = stacks.find(ctx.obj)
    submission = stack.store.find(label)
    if submission.returned is None:
        raise Failure(f"{submission.reference} is {submission.state} and has no copy with marks.")
    bucket, client = stack.output("DocumentsBucketName"), stack.client("s3")
    if link:
        where = {"Bucket": bucket, "Key": submission.returned}
        screen.say(screen.quote(client.generate_presigned_url("get_object", Params=where, ExpiresIn=LINK_SECONDS)))
        return
    target = output or Path(f"{submission.reference}-rettes.{submission.returned.rpartition('.')[2]}")
    target.write_bytes(Copies(client, bucket).fetch(submission.returned))
    screen.say(f"[green]✓[/] {screen.quote(str(target))}")
