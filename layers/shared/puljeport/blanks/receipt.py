"""The template of a receipt: a tagged PDF (PDF/UA-1) in each language with a field for each fact that varies.

No function has a typesetter, so what can be laid out beforehand is: `make assets` writes the templates beside the
portal, and with them what the portal has to know to fill them in without reading PDF (`portal.receipts`): where the
fields are, as which objects, and how wide each letter is.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from pikepdf import Array, Dictionary, Name, NumberTree, Object, ObjectStreamMode, Pdf, String

from puljeport.blanks import receiptfont
from puljeport.blanks.pdffields import key_of, to_widget
from puljeport.blanks.typeset import typeset
from puljeport.texts import LANGUAGES, Language, Text

CHANGED = date(2026, 11, 25)
"""When the words or the look were last changed: the date in the files."""
REFERENCE = "{reference}"
"""Stands in the title for the reference, which the portal puts there."""
FONT = "Plex"

_TITLE = Text(da="Kvittering", en="Receipt")
_LEAD = Text(da="Vi har modtaget denne fil.", en="We have received this file.")
_FACTS: dict[str, tuple[Text, int]] = {
    "reference": (Text(da="Journalnummer", en="Reference"), 2),
    "owner": (Text(da="Modtaget af", en="Received by"), 2),
    "received": (Text(da="Modtaget", en="Received"), 2),
    "call": (Text(da="Pulje", en="Call"), 2),
    "applicant": (Text(da="Ansøger", en="Applicant"), 2),
    "file": (Text(da="Fil", en="File"), 3),
    "size": (Text(da="Filens størrelse", en="Size of the file"), 2),
    "sha256": (Text(da="Filens fingeraftryk (SHA-256)", en="The file’s fingerprint (SHA-256)"), 2),
}
"""What each fact is called, and how many lines of the usual size there is room for."""
_SAID = (
    Text(
        da="Fingeraftrykket er det samme, så længe filen er uændret: det viser, hvilken fil vi har.",
        en="The fingerprint stays the same as long as the file is unchanged: it shows which file we have.",
    ),
    Text(
        da="Et tegn, som skrifttypen mangler, er vist som en tom firkant. I feltets indhold står det rigtige tegn.",
        en="A character that the typeface lacks is shown as an empty box. The field itself holds the right one.",
    ),
)
_REGIONS: dict[Language, str] = {"da": "DK", "en": "GB"}
_PAGE = Text(da="Side | af ", en="Page | of ")
_LINE, _AROUND = 14, 6
"""Points: from one line to the next, and above and below all of them."""
_READ_ONLY = 1


def write(woff: Path, target: Path) -> None:
    """Write the templates, and what is known of them, in the folder `target`, from the font in `woff`."""
    with tempfile.TemporaryDirectory() as pieces, tempfile.TemporaryDirectory() as folder:
        letters, fonts = receiptfont.letters(woff, Path(pieces)), Path(folder)
        for weight in ("Regular", "SemiBold"):
            receiptfont.unpack(woff, fonts, weight, "Latin1")
        made = {language: template(language, fonts, letters) for language in LANGUAGES}
    known: dict[str, Any] = {"glyphs": letters.glyphs}
    for language, data in made.items():
        (target / f"receipt-{language}.pdf").write_bytes(data)
        known[language] = _known(data)
    text = json.dumps(known, ensure_ascii=False, indent=None, separators=(",", ":"))
    (target / "receipt.json").write_text(text + "\n", encoding="utf-8")


def template(language: Language, fonts: Path, letters: receiptfont.Letters) -> bytes:
    """The template in `language`, set in the `fonts` of a folder, its fields in `letters`. The same input gives the
    same bytes."""
    with Pdf.open(BytesIO(typeset("receipt.typ", _content(language), CHANGED, fonts))) as pdf:
        font = receiptfont.embedded(pdf, letters)
        top = Array([_field(pdf, widget, page, language, font) for widget, page in _links(pdf)])
        resources = Dictionary(Font=Dictionary({f"/{FONT}": font}))
        pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=top, DR=resources, DA=String(f"/{FONT} 10 Tf 0 g")))
        buffer = BytesIO()
        # Objects one by one with a table, so that others can be put in their place by appending them.
        pdf.save(buffer, deterministic_id=True, object_stream_mode=ObjectStreamMode.disable)
        return buffer.getvalue()


def _content(language: Language) -> dict[str, Any]:
    title = f"{_TITLE.get(language)} {REFERENCE}"
    about = {
        "title": title, "author": "Puljeport", "keywords": [], "lang": language, "region": _REGIONS[language],
        "foot": _TITLE.get(language), "page": _PAGE.get(language).split("|"),
    }  # fmt: skip
    facts = [
        {"key": key, "label": label.get(language), "height": lines * _LINE + _AROUND}
        for key, (label, lines) in _FACTS.items()
    ]
    return {
        "about": about, "title": _TITLE.get(language), "lead": _LEAD.get(language), "facts": facts,
        "said": [text.get(language) for text in _SAID],
    }  # fmt: skip


def _links(pdf: Pdf) -> Iterator[tuple[Object, Object]]:
    for page in pdf.pages:
        for annotation in page.obj.Annots:
            yield annotation, page.obj


def _field(pdf: Pdf, widget: Object, page: Object, language: Language, font: Object) -> Object:
    key = key_of(widget) or ""
    to_widget(widget, page, NumberTree(pdf.Root.StructTreeRoot.ParentTree), _FACTS[key][0].get(language))
    widget.FT, widget.T, widget.Ff = Name.Tx, String(key), _READ_ONLY
    widget.BS = Dictionary(W=0)
    drawing = pdf.make_stream(b"/Tx BMC EMC")
    drawing.Type, drawing.Subtype, drawing.BBox = Name.XObject, Name.Form, Array([0, 0, 1, 1])
    drawing.Resources = Dictionary(Font=Dictionary({f"/{FONT}": font}))
    widget.AP = Dictionary(N=pdf.make_indirect(drawing))
    return widget


def _known(data: bytes) -> dict[str, Any]:
    """What has to be known to fill a template in. Objects are written as they stand in the file, with their numbers."""
    with Pdf.open(BytesIO(data)) as pdf:
        fields, elements = {}, NumberTree(pdf.Root.StructTreeRoot.ParentTree)
        for widget in pdf.Root.AcroForm.Fields:
            box, element = [round(float(side), 2) for side in widget.Rect], elements[int(widget.StructParent)]
            del widget.Rect, widget.Ff
            fields[str(widget.T)] = {
                "widget": _numbered(widget),
                "drawing": widget.AP.N.objgen[0],
                "element": _numbered(element),
                "box": box,
            }
        return {
            "fields": fields,
            "font": pdf.Root.AcroForm.DR.Font[f"/{FONT}"].objgen[0],
            "info": _numbered(pdf.trailer.Info),
            "metadata": [pdf.Root.Metadata.objgen[0], pdf.Root.Metadata.read_bytes().decode()],
        }


def _numbered(dictionary: Object) -> tuple[int, str]:
    """The number of a dictionary's object, and what stands in it."""
    written = dictionary.unparse(resolved=True).decode("latin-1")
    return dictionary.objgen[0], written.removeprefix("<<").removesuffix(">>").strip()


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
