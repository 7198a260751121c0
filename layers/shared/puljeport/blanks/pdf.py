"""The blank as a PDF form, to be filled in with any program for PDF files, and found again by `readers.pdf`.

Laid out by a typesetter that tags what it writes (PDF/UA-1), with form fields put in place afterwards. reportlab and
fpdf2 were considered: the first writes forms that no screen reader can follow, the second knows no form fields.
"""

from __future__ import annotations

from io import BytesIO

from pikepdf import ObjectStreamMode, Pdf

from puljeport import marks
from puljeport.blanks.pdfcontent import content
from puljeport.blanks.pdffields import add_fields
from puljeport.blanks.typeset import typeset
from puljeport.calls import Call
from puljeport.texts import Language, Text


def make(call: Call, version: int, language: Language, *, upload_hint: Text | None = None) -> bytes:
    """The blank of `call` in `language`, as a PDF file that names the call and the `version` of its definition.

    `upload_hint` says how the filled-in form is sent; without it, that it is sent on the call's page. The same input
    gives the same bytes.
    """
    written = content(call, version, language, upload_hint)
    with Pdf.open(BytesIO(typeset("form.typ", written.data, call.last_updated))) as pdf:
        add_fields(pdf, written.fields, (call.id, version))
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as about:
            about["dc:identifier"] = f"{call.id}@{version}"
        pdf.docinfo[f"/{marks.CALL_PROPERTY}"] = call.id
        pdf.docinfo[f"/{marks.VERSION_PROPERTY}"] = str(version)
        buffer = BytesIO()
        pdf.save(buffer, deterministic_id=True, object_stream_mode=ObjectStreamMode.generate)
        return buffer.getvalue()
