"""Readers: from the bytes of a form file to the texts in it, with their names and places.

What is inside decides the type, never the name. A reader is a module with `sniff(data) -> bool` and
`read(data) -> RawForm`; a new format is a new module and a line in `FORMATS`. Readers use the standard library
and, for PDF, an engine; they open no file and no socket, and raise nothing but Unreadable, on any bytes. `printed` is
no format of its own: it reads a PDF without fields, needs the blank as well, and starts a process for it.
"""

from __future__ import annotations

from collections.abc import Callable

from puljeport import marks
from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.rawforms import RawForm
from puljeport.readers import csvform, docx, jsonform, ods, odt, pdf, xlsx
from puljeport.readers.bounds import MAX_FILE, check_volume
from puljeport.texts import Text

FORMATS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], RawForm]], ...] = (
    (xlsx.sniff, xlsx.read),
    (docx.sniff, docx.read),
    (ods.sniff, ods.read),
    (odt.sniff, odt.read),
    (jsonform.sniff, jsonform.read),
    (pdf.sniff, pdf.read),
    (csvform.sniff, csvform.read),  # last: it takes most texts
)

PRINTED = "pdf_no_fields"
"""The problem of a file that may be a print of a blank."""

_GUIDE = f'<meta name="{marks.GUIDE_PROPERTY}"'.encode()
_HEAD = 4_096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read(data: bytes, name: str) -> RawForm:  # noqa: ARG001 - a caller must not need to know whether a message uses it
    """The form in `data`. `name` is what the sender called the file, for messages only; the content decides.

    Raises Unreadable, with the problem to show, for a file that is empty, too big, hostile, or no form we know.
    """
    if len(data) > MAX_FILE:
        size = f"{len(data) / 1024 / 1024:.1f}"
        raise Unreadable(
            problem("too_large", size_mb=Text(da=size.replace(".", ","), en=size), limit_mb=MAX_FILE // 1024 // 1024)
        )
    if not data.strip():
        raise Unreadable(problem("empty_file"))
    if data.startswith(_OLE):
        raise Unreadable(problem("encrypted" if _OLE_ENCRYPTED in data else "old_office"))
    for sniff, read_form in FORMATS:
        if sniff(data):
            return check_volume(read_form(data))
    raise Unreadable(problem("guide_returned" if _GUIDE in data[:_HEAD] else "unknown_format"))
