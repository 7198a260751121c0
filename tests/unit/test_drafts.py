"""An agency's own Word form becomes the draft of a call, and is read by its labels when it comes back filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from agencyforms import DECLARATION, agency_form
from formfiles import sample_call
from puljeport import definitions, drafts
from puljeport.applications import Reading, read_application
from puljeport.blanks import docx
from puljeport.calls import Call
from puljeport.errors import DefinitionError, Unreadable
from puljeport.readers import read
from puljeport_cli.main import app

OFFICER: dict[str, Any] = {
    "reference_prefix": "NAB", "summary": {"da": "Kort."}, "description": {"da": "Langt."},
    "administered_by": {"da": "Styrelsen for Prøver"}, "last_updated": "2027-01-04", "opens": "2027-01-11T00:00:00",
    "deadline": "2027-03-15T23:59:59",
}  # fmt: skip
"""What only the officer knows."""
ANSWERS: dict[str, Any] = {
    "Kommune *": "Aarhus", "CVR-nummer *": "55133018", "Kontaktperson *": "Ane Æbelø",
    "Kontaktpersonens e-mail *": "ane@example.dk", "Telefonnummer": "12 34 56 78", "Projektets titel": "Nye naboer",
    "Beskriv projektets formål og målgruppe *": "Vi vil mødes.\nOg blive ved.", "Startdato": "1. juni 2027",
    "Antal deltagere": "120", "Ansøgt beløb i kr.": "250.000", "Hvilken model søger I om?": "Model B",
    "Har I søgt før?": "Nej", "Partnere": [["Idrætsklubben", "klub@example.dk", "Vært"]], DECLARATION: "ja",
}  # fmt: skip
VALUES = {
    "kommune": "751", "cvr_nummer": "55133018", "kontaktperson": "Ane Æbelø",
    "kontaktpersonens_e_mail": "ane@example.dk", "telefonnummer": "+4512345678", "projektets_titel": "Nye naboer",
    "beskriv_projektets_formaal_og_maalgruppe": "Vi vil mødes.\nOg blive ved.", "startdato": "2027-06-01",
    "antal_deltagere": 120, "ansoegt_beloeb_i_kr": "250000.00", "hvilken_model_soeger_i_om": ["model_b"],
    "har_i_soegt_foer": False,
    "partnere": [{"navn": "Idrætsklubben", "e_mail": "klub@example.dk", "rolle_i_projektet": "Vært"}],
    "vi_bekraefter_at_oplysningerne_er_rigtig": True,
}  # fmt: skip


def imported(folder: Path, form: bytes | None = None) -> Path:
    """The call's folder that the command makes of a form."""
    file = folder / "skema.docx"
    file.write_bytes(form or agency_form())
    outcome = CliRunner().invoke(app, ["call", "import", str(file), "-o", str(folder / "naboskab-2027")])
    assert outcome.exit_code == 0, outcome.output
    return folder / "naboskab-2027"


def finished(folder: Path) -> Call:
    """The draft with what the officer fills in."""
    drafted = YAML(typ="safe", pure=True).load((folder / "call.yaml").read_text())
    given = drafted | OFFICER
    given["who_can_apply"]["text"] = {"da": "Alle kommuner."}
    return Call.model_validate(given)


def reading(call: Call, form: bytes) -> Reading:
    """A filled-in form as an application."""
    return read_application(call, read(form, ""))


def test_the_draft_has_every_field_with_a_type_that_fits_its_label(tmp_path: Path) -> None:
    """Sections, labels, types, required marks, choices and columns are the form's, and receipts have an address."""
    call = finished(imported(tmp_path))
    assert call.receipt_to == "kontaktpersonens_e_mail"
    assert [section.title.da for section in call.form.sections] == [
        "Ansøger", "Projektet", "Samarbejdspartnere", "Underskrift",
    ]  # fmt: skip
    assert {field.id: field.type for field in call.form.fields.values()} == {
        "kommune": "municipality", "cvr_nummer": "cvr", "kontaktperson": "text", "kontaktpersonens_e_mail": "email",
        "telefonnummer": "phone", "projektets_titel": "text", "beskriv_projektets_formaal_og_maalgruppe": "long_text",
        "startdato": "date", "antal_deltagere": "integer", "ansoegt_beloeb_i_kr": "amount",
        "hvilken_model_soeger_i_om": "multi_choice", "har_i_soegt_foer": "yes_no", "partnere": "table",
        "vi_bekraefter_at_oplysningerne_er_rigtig": "declaration",
    }  # fmt: skip
    assert {field.id for field in call.form.fields.values() if field.required} == {
        "kommune", "cvr_nummer", "kontaktperson", "kontaktpersonens_e_mail",
        "beskriv_projektets_formaal_og_maalgruppe", "vi_bekraefter_at_oplysningerne_er_rigtig",
    }  # fmt: skip
    assert (call.one_per, call.contacts[0].email) == ("kommune", "tilskud@example.dk")


def test_the_agencys_own_form_is_read_by_its_labels(tmp_path: Path) -> None:
    """Filled in as it is, without a mark of ours, every answer comes back typed and without a remark."""
    found = reading(finished(imported(tmp_path)), agency_form(ANSWERS))
    assert (found.values, found.problems) == (VALUES, ())


def test_a_mistake_in_the_agencys_form_is_found_in_its_place(tmp_path: Path) -> None:
    """Places are named by the form's own headings and labels."""
    call = finished(imported(tmp_path))
    (wrong,) = reading(call, agency_form(ANSWERS | {"Antal deltagere": "mange"})).problems
    assert wrong.field == "antal_deltagere"
    assert wrong.place is not None
    assert wrong.place.da == "Afsnit 2 »Projektet«, felt »Antal deltagere«"


def test_an_empty_form_and_another_one_say_so(tmp_path: Path) -> None:
    """The agency's blank sent back is empty; a form whose labels are others is not of this call."""
    call = finished(imported(tmp_path))
    assert [found.code for found in reading(call, agency_form()).problems] == ["empty_form"]
    other = docx.make(sample_call(), 1, "da")
    assert [found.code for found in reading(call, other).problems] == ["other_call"]


def test_the_check_names_what_only_the_officer_knows(tmp_path: Path) -> None:
    """The draft is sound but for what is left empty; each of these is a finding with its line."""
    folder = imported(tmp_path)
    with pytest.raises(DefinitionError) as caught:
        definitions.load(folder)
    paths = {finding.path.partition(".")[0] for finding in caught.value.findings}
    assert paths == {*OFFICER, "who_can_apply"}


def test_every_guess_is_said_in_the_draft(tmp_path: Path) -> None:
    """Each type stands with what it was guessed from, and the guide has the form's running text."""
    folder = imported(tmp_path)
    lines = (folder / "call.yaml").read_text().splitlines()
    assert all("# guessed: " in line for line in lines if line.strip().startswith("type: "))
    assert "Send skemaet til tilskud@example.dk" in (folder / "guide.md").read_text()


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    """A folder with anything in it is left alone, with an error that says what to do."""
    folder = imported(tmp_path)
    outcome = CliRunner().invoke(app, ["call", "import", str(tmp_path / "skema.docx"), "-o", str(folder)])
    assert outcome.exit_code == 2
    assert "not empty" in outcome.output


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", agency_form()[:2000]], ids=["empty", "pdf", "cut"])
def test_what_is_no_word_form_is_refused(data: bytes) -> None:
    """Anything but a whole DOCX is Unreadable."""
    with pytest.raises(Unreadable):
        drafts.draft(data)


def test_labels_that_repeat_get_ids_of_their_own() -> None:
    """Two fields with one label are two fields; a label of signs only has an id too."""
    from io import BytesIO  # noqa: PLC0415

    import docx as library  # noqa: PLC0415

    document = library.Document()
    table = document.add_table(rows=0, cols=2)
    for label in ("Navn", "Navn", "1. Økonomi & æbler", "?!"):
        table.add_row().cells[0].text = label
    buffer = BytesIO()
    document.save(buffer)
    assert [guess.id for guess in drafts.draft(buffer.getvalue()).fields] == [
        "navn",
        "navn_2",
        "oekonomi_aebler",
        "felt",
    ]
