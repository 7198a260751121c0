"""Forms that LibreOffice opened and saved again, in its own formats and in Microsoft's, are the same applications."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO

import openpyxl
import pytest

from agencyforms import agency_form
from formfiles import sample_call
from puljeport import marking
from puljeport.applications import read_application
from puljeport.blanks import docx, xlsx
from puljeport.readers import read
from puljeport_cli.fill import Answers, fill_docx
from puljeport_cli.fill_sheets import fill_xlsx

type Convert = Callable[[bytes, str, str], bytes]

pytestmark = [pytest.mark.slow, pytest.mark.program("soffice")]

CALL = sample_call()
ANSWERS: Answers = {
    "municipality": "Ærø",
    "cvr": "12345674",
    "contact_name": "Ane Æbelø 😀",
    "contact_email": "ane@example.dk",
    "contact_phone": "+45 12 34 56 78",
    "website": "https://www.example.dk",
    "model": "Model 2",
    "topics": ["youth-clubs", "sport"],
    "background": "Vi vil åbne for nye møder, og det haster.",
    "hours": "12",
    "budget": "1.234,50",
    "decided": "Ja",
    "starts": "2018-06-01",
    "plan": "tidsplan.pdf",
    "no_money": "ja",
    "signed_by": "Ane",
    "signed_on": "2018-03-01",
    "partners": [
        {"name": f"Forening {number}", "kind": "Andet", "email": "a@example.dk", "since": "2018-01-01", "hours": "3"}
        for number in range(1, 8)
    ],
}
LINES = "Første linje\n\n  Tredje  linje\nFjerde"
SHEET = fill_xlsx(xlsx.make(CALL, 3, "da"), ANSWERS | {"background": LINES})
VALUES = read_application(CALL, read(SHEET, "")).values
CSV = "csv:Text - txt - csv (StarCalc):59,34,76"


@pytest.mark.parametrize("to", ["ods", "xlsx", CSV])
def test_a_workbook_saved_by_libreoffice_is_the_same_application(convert: Convert, to: str) -> None:
    """The XLSX blank, filled in, with rows inserted: every value comes back without a remark from ODS, XLSX and CSV."""
    form = read(convert(SHEET, "xlsx", to), "")
    found = read_application(CALL, form)
    assert form.format == to.partition(":")[0]
    assert (found.values, found.problems) == (VALUES, ())
    assert (form.call, form.version) == (("samvaer-2018", 3) if to != CSV else (None, None))


def test_numbers_days_and_ticks_survive_libreoffice(convert: Convert) -> None:
    """Cells with real numbers, days and booleans, as Excel makes of what is typed, are read the same from ODS."""
    book = openpyxl.load_workbook(BytesIO(SHEET))
    sheet = book.worksheets[0]
    typed = {"budget": 1234.5, "hours": 12, "starts": date(2018, 6, 1), "decided": True, "no_money": True}
    for key, value in typed.items():
        sheet[book.defined_names[f"pp_{key}"].attr_text.rpartition("!")[2].replace("$", "")].value = value
    buffer = BytesIO()
    book.save(buffer)
    for data, kind in ((buffer.getvalue(), "xlsx"), (convert(buffer.getvalue(), "xlsx", "ods"), "ods")):
        found = read_application(CALL, read(data, ""))
        assert (kind, found.values, found.problems) == (kind, VALUES, ())


def test_a_word_form_saved_as_odt_is_the_same_application(convert: Convert) -> None:
    """The DOCX blank, filled in and saved as ODT: every value comes back without a remark, with call and version."""
    filled = fill_docx(docx.make(CALL, 3, "da"), ANSWERS)
    expected = read_application(CALL, read(filled, ""))
    form = read(convert(filled, "docx", "odt"), "")
    found = read_application(CALL, form)
    assert (form.format, form.call, form.version) == ("odt", "samvaer-2018", 3)
    assert (found.values, found.problems) == (expected.values, ())
    assert found.values["topics"] == ["youth-clubs", "sport"]


def test_an_unfilled_word_form_saved_as_odt_is_unfilled(convert: Convert) -> None:
    """What stands in an empty control is no answer after LibreOffice has made text of it."""
    found = read_application(CALL, read(convert(docx.make(CALL, 3, "da"), "docx", "odt"), ""))
    assert [problem.code for problem in found.problems] == ["empty_form"]


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_workbook_is_printed_on_whole_pages_of_a4(convert: Convert, language: str) -> None:
    """LibreOffice opens the blank and prints it one page wide."""
    printed = convert(xlsx.make(CALL, 3, language), "xlsx", "pdf")  # type: ignore[arg-type]
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/MediaBox") <= 4


def test_a_blank_of_libreoffice_keeps_its_protection(convert: Convert) -> None:
    """The sheet of the blank is still protected after LibreOffice, and its answers can still be written."""
    content = zipfile.ZipFile(BytesIO(convert(xlsx.make(CALL, 3, "da"), "xlsx", "ods"))).read("content.xml").decode()
    assert 'table:protected="true"' in content
    assert 'style:cell-protect="none"' in content


@pytest.mark.parametrize(("kind", "to"), [("docx", "docx"), ("docx", "odt"), ("xlsx", "xlsx"), ("xlsx", "ods")])
def test_a_marked_copy_survives_libreoffice(convert: Convert, kind: str, to: str) -> None:
    """The copy opens, keeps its comments when it is saved, and reads as it did before it was marked."""
    wrong = ANSWERS | {"hours": "en del", "background": "Kort."}
    file = fill_docx(docx.make(CALL, 3, "da"), wrong) if kind == "docx" else fill_xlsx(xlsx.make(CALL, 3, "da"), wrong)
    before = read_application(CALL, read(file, ""))
    copy = marking.mark(file, before.problems, "da")
    assert copy
    saved = convert(copy.data, kind, to)
    found = read_application(CALL, read(saved, ""))
    assert (
        [problem.code for problem in found.errors] == [problem.code for problem in before.errors] == ["integer_format"]
    )
    assert found.values == before.values
    with zipfile.ZipFile(BytesIO(saved)) as package:
        assert any(b"Skal rettes: " in package.read(name) for name in package.namelist() if name.endswith(".xml"))


def test_an_agencys_own_form_is_read_from_odt(convert: Convert) -> None:
    """A form without a mark of ours, saved as ODT by LibreOffice, is read by its labels like the DOCX."""
    form = agency_form(
        {"Kommune *": "Aarhus", "Antal deltagere": "12", "Har I søgt før?": "Nej", "Partnere": [["A", "", ""]]}
    )
    before, after = read(form, ""), read(convert(form, "docx", "odt"), "")
    assert [[name.key for name in field.names] for field in after.fields] == [
        [name.key for name in field.names] for field in before.fields
    ]
    assert [field.cell.text for field in after.fields] == [field.cell.text for field in before.fields]
    assert [cell.text for cell in after.tables[0].rows[0]] == ["A", "", ""]
