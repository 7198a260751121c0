"""Forms as Word documents (DOCX), filled in with Word, LibreOffice or whatever an applicant has.

python-docx was considered: it cannot read content controls, and takes ten times the time to import.
"""

from __future__ import annotations

from puljeport.rawforms import RawForm
from puljeport.readers.package import Package
from puljeport.readers.pageform import PageForm
from puljeport.readers.parts import properties
from puljeport.readers.wordparts import word_text
from puljeport.readers.wordtext import MAX_ELEMENTS


def sniff(data: bytes) -> bool:
    """Whether the file is a zip with the parts of a Word document in it, whole or not."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06")) and b"word/" in data


def read(data: bytes) -> RawForm:
    """The form in a DOCX file. Raises Unreadable."""
    package = Package(data, broken="bad_docx", most=MAX_ELEMENTS)
    form = PageForm()
    for block in word_text(package):
        form.add(block)
    about = properties(package)
    return RawForm("docx", about.call, about.version, tuple(form.fields), tuple(form.tables))
