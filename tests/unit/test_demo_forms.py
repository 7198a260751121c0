"""The demonstration's forms: one application in seven kinds of file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from puljeport import definitions
from puljeport.applications import Reading
from puljeport.applications import read_application as application
from puljeport.blanks import csvform, docx, pdf, xlsx
from puljeport.readers import read
from puljeport_cli.demo import SAMPLES
from puljeport_cli.demo_answers import GOOD
from puljeport_cli.fill import fill_docx
from puljeport_cli.fill_sheets import fill_csv, fill_xlsx
from puljeport_cli.fillpdf import fill_pdf

CALL = definitions.load(Path(__file__).parents[2] / "calls" / "medborgerskab-2018").call
FILES = {
    "docx": lambda: fill_docx(docx.make(CALL, 1, "da"), GOOD),
    "pdf": lambda: fill_pdf(pdf.make(CALL, 1, "da"), GOOD),
    "xlsx": lambda: fill_xlsx(xlsx.make(CALL, 1, "da"), GOOD),
    "csv": lambda: fill_csv(csvform.make(CALL, 1, "da"), GOOD),
    "json": lambda: json.dumps({"call": CALL.id, "values": GOOD}).encode(),
    "odt": (SAMPLES / "Randers.odt").read_bytes,
    "ods": (SAMPLES / "Kolding.ods").read_bytes,
}


def reading(kind: str) -> Reading:
    """What one of the files is as an application, without the municipality."""
    form = read(FILES[kind](), "")
    assert form.format == kind
    found = application(CALL, form)
    found.values.pop("municipality")
    return found


@pytest.mark.parametrize("kind", sorted(FILES))
def test_every_kind_of_file_gives_the_same_application(kind: str) -> None:
    """Value by value the same as the DOCX, and without a problem. The ODF samples are LibreOffice's own work."""
    assert (reading(kind).values, reading(kind).problems) == (reading("docx").values, ())
