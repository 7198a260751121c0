"""LibreOffice opens a blank, fills it in itself (`tests/office.py`) and saves it: what it wrote is read."""

from __future__ import annotations

import pytest

from formfiles import sample_call
from office import WORD, Office
from puljeport.applications import read_application
from puljeport.blanks import docx, xlsx
from puljeport.readers import read

pytestmark = [pytest.mark.slow, pytest.mark.program("soffice")]

CALL = sample_call()
BLANKS = {"docx": docx.make, "xlsx": xlsx.make}
ANSWERS = {
    "municipality": "Ærø", "cvr": "55133018", "contact_name": "Åse Øst & <søn>", "contact_email": "a@example.dk",
    "background": "En tekst med æ, ø og å.", "hours": "12", "budget": "1.234,50", "signed_by": "Åse",
    "signed_on": "9. april 2018",
}  # fmt: skip
VALUES = {
    "municipality": "492", "cvr": "55133018", "contact_name": "Åse Øst & <søn>", "contact_email": "a@example.dk",
    "background": "En tekst med æ, ø og å.", "hours": 12, "budget": "1234.50", "signed_by": "Åse",
    "signed_on": "2018-04-09",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "to", "name"),
    [
        ("docx", "docx", WORD),
        ("docx", "odt", "writer8"),
        ("xlsx", "xlsx", "Calc MS Excel 2007 XML"),
        ("xlsx", "ods", "calc8"),
    ],
)
def test_what_libreoffice_fills_in_and_saves_is_read(office: Office, kind: str, to: str, name: str) -> None:
    """Every text, number and day that it wrote comes back, and nothing that it did not write."""
    form = read(office.fill(BLANKS[kind](CALL, 3, "da"), kind, ANSWERS, to, name), "")
    found = read_application(CALL, form)
    assert form.format == to
    assert {key: value for key, value in found.values.items() if key != "no_money"} == VALUES
    unanswered = {"missing", "declaration_missing", "too_few_rows", "date_read_as"}
    assert {problem.code for problem in found.problems} <= unanswered
