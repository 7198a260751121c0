"""Printed forms: a PDF blank that was filled in and then printed to a new PDF, which leaves texts and no fields.

What stands where the blank has its fields is read as their answers. Nobody can promise that as for a form with fields,
so the whole is a warning, and each answer that may not be what was written another. Pages are laid out in a process of
its own (`puljeport.pages`), which gets no more than the documents, has hard limits, and is ended when it takes too
long. A scan has no text to read.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel, ValidationError

import puljeport
from puljeport import marks, pages, settings
from puljeport.errors import Unreadable
from puljeport.problems import Note, problem
from puljeport.rawforms import Doubt, Name, RawForm, Way
from puljeport.readers import pdf, pdfbounds, pdfium
from puljeport.readers.bounds import MAX_CELLS, check_volume, too_much_text
from puljeport.readers.pdfium import Widget

MAX_SECONDS = 8
"""By the clock, for a process that waits instead of working: what it may work is less (`pages.child`)."""
MAX_ANSWER = 4 << 20
"""Bytes that the process may answer."""

_CHILD = Path(pages.__file__).with_name("child.py")
_CODES = {"cut": "printed_cut", "unread": "printed_unread", "unsure": "printed_unsure"}


class _Answer(BaseModel):
    page: int
    name: str
    label: str
    button: bool
    radio: bool
    value: str
    doubt: str


class _Found(BaseModel):
    """What the process says: see `pages.child.Found`. Whatever became of it, it can say nothing else."""

    letters: bool
    call: str | None
    version: int | None
    missing: list[int]
    answers: list[_Answer]


def read(data: bytes, blanks: Sequence[bytes]) -> RawForm:
    """The form in a PDF file without fields that one of `blanks` (a call's PDF blanks, by language) was printed to.

    A form without a single field where none of them fits. Raises Unreadable for a file without text that can be read.
    """
    pdfbounds.check(data)
    found = _looked_at(data, blanks)
    if found is None or not found.letters:
        raise Unreadable(problem("pdf_no_fields"))
    if len(found.answers) > MAX_CELLS:
        raise too_much_text()
    if _drawn(found):
        raise Unreadable(problem("pdf_no_fields"))
    form = pdf.Form()
    for answer in found.answers:
        form.add(_widget(answer))
    with pdfium.opened(data) as document:
        call, version = pdf.about(document, {})
    if call is None:
        call, version = found.call, found.version
    return check_volume(RawForm("pdf", call, version, form.fields(), form.tables(), True, _doubts(found)))


def _drawn(found: _Found) -> bool:
    """Whether the answers are only shapes: the labels can be read, and nothing that was written."""
    texts = [answer for answer in found.answers if not answer.button]
    return any(answer.doubt == "unread" for answer in texts) and not any(answer.value for answer in texts)


def _doubts(found: _Found) -> tuple[Doubt, ...]:
    doubts = [Doubt(Note("pdf_printed"))]
    doubts += [Doubt(Note("printed_page_missing", {"page": page})) for page in found.missing]
    return (*doubts, *(_doubt(answer) for answer in found.answers if answer.doubt in _CODES))


def _doubt(answer: _Answer) -> Doubt:
    key = marks.from_flat(answer.name)
    names = (Name(Way.TAG, marks.parts(key)[0]),) if key else ()
    return Doubt(Note(_CODES[answer.doubt]), names, pdf.place(_widget(answer)))


def _widget(answer: _Answer) -> Widget:
    return Widget(answer.page, answer.name, answer.label, answer.button, answer.radio, answer.value)


def _looked_at(data: bytes, blanks: Sequence[bytes]) -> _Found | None:
    """What the process finds, or None where it ended without an answer."""
    # Isolated and without a site: it starts quickly, and finds nothing but its own modules and the engine's.
    homes = {str(Path(found).parents[1]) for found in (puljeport.__file__, _engine()) if found}
    command = [sys.executable, "-I", "-S", "-B", str(_CHILD), *sorted(homes)]
    with subprocess.Popen(  # noqa: S603 - our own program, and no word of the file in its arguments
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/",
        env=settings.for_a_child(),
    ) as child:  # fmt: skip
        clock = threading.Timer(MAX_SECONDS, child.kill)
        clock.start()
        try:
            said = _told(child, (data, *blanks))
        finally:
            child.kill()
            clock.cancel()
    try:
        return _Found.model_validate_json(said)
    except ValidationError:
        return None


def _told(child: subprocess.Popen[bytes], documents: Sequence[bytes]) -> bytes:
    """Hand the documents over and take the answer; what is too long is cut, and then no answer."""
    assert child.stdin is not None  # noqa: S101 - it was asked for
    assert child.stdout is not None  # noqa: S101
    try:
        child.stdin.write(b" ".join(b"%d" % len(each) for each in documents) + b"\n")
        for each in documents:
            child.stdin.write(each)
        child.stdin.close()
    except BrokenPipeError:
        with suppress(BrokenPipeError):  # what is left in the buffer is tried once more
            child.stdin.close()
        return b""
    return child.stdout.read(MAX_ANSWER)


def _engine() -> str | None:
    found = find_spec("pypdfium2_raw")
    return found.origin if found else None
