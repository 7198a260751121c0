"""`puljeport form read`, `call check`, `call blank`: no cloud, and exit codes that programs can rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from printing import flattened
from puljeport_cli.demo_answers import FAULTY, GOOD
from puljeport_cli.fill import Answers, fill_docx
from puljeport_cli.fillpdf import fill_pdf
from puljeport_cli.main import app

CALL = Path(__file__).parents[2] / "calls" / "medborgerskab-2018"


def run(*arguments: object) -> Any:
    """The outcome of a command line."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The call's blank, as the command makes it."""
    file = tmp_path_factory.mktemp("blank") / "skema.docx"
    outcome = run("call", "blank", CALL, "--format", "docx", "-o", file)
    assert outcome.exit_code == 0, outcome.output
    return file.read_bytes()


def filled(blank: bytes, folder: Path, answers: Answers) -> Path:
    """A filled-in form as a file."""
    file = folder / "Ansøgning æøå.docx"
    file.write_bytes(fill_docx(blank, answers))
    return file


def test_a_sound_form_exits_0_and_gives_typed_values(blank: bytes, tmp_path: Path) -> None:
    """The demonstration's good form has no problems; its answers come out typed, its applicant as the key."""
    outcome = run("form", "read", filled(blank, tmp_path, GOOD), "--call", CALL, "--json")
    assert outcome.exit_code == 0, outcome.output
    read = json.loads(outcome.stdout)
    assert (read["call"], read["version"], read["applicant"]) == ("medborgerskab-2018", 1, "751")
    assert read["problems"] == []
    assert read["values"]["start"] == "2027-02-01"
    assert read["values"]["signature_date"] == "2026-11-02"


def test_a_form_with_errors_exits_1_and_names_each_with_its_place(blank: bytes, tmp_path: Path) -> None:
    """Every problem has field, place, code, severity and text in both languages."""
    outcome = run("form", "read", filled(blank, tmp_path, FAULTY), "--call", CALL, "--json")
    assert outcome.exit_code == 1
    problems = json.loads(outcome.stdout)["problems"]
    assert {"cvr", "contact_email", "start", "consent", "second_model"} <= {found["field"] for found in problems}
    for found in problems:
        assert {"field", "place", "place_en", "label", "code", "severity", "message"} == found.keys()
        assert isinstance(found["place"], str)
        assert found["message"]["da"]
        assert found["message"]["en"]


def test_an_unreadable_file_exits_2_and_still_gives_the_same_shape(tmp_path: Path) -> None:
    """What is no form has one problem that says why, in the shape of every other answer."""
    file = tmp_path / "skema.docx"
    file.write_bytes(b"this is no document")
    outcome = run("form", "read", file, "--call", CALL, "--json")
    assert outcome.exit_code == 2
    read = json.loads(outcome.stdout)
    assert read.keys() == {"call", "version", "applicant", "values", "problems"}
    assert len(read["problems"]) == 1


def test_the_table_for_people_shows_what_to_write_instead(blank: bytes, tmp_path: Path) -> None:
    """Without --json the labels and the Danish texts are shown, in English with --lang en."""
    file = filled(blank, tmp_path, FAULTY)
    assert "CVR-nummer" in run("form", "read", file, "--call", CALL).stdout
    assert "Business register number" in run("form", "read", file, "--call", CALL, "--lang", "en").stdout


def test_check_lists_every_fault_with_file_and_line_and_exits_1(tmp_path: Path) -> None:
    """An unknown key and a missing one are both found, each with its line."""
    text = (CALL / "call.yaml").read_text(encoding="utf-8").replace("places: 3", "places: 3\nplasces: 4")
    (tmp_path / "call.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "guide.md").write_text("# Vejledning", encoding="utf-8")
    line = text.splitlines().index("plasces: 4") + 1
    assert run("call", "check", CALL).exit_code == 0
    outcome = run("call", "check", tmp_path, "--json")
    assert outcome.exit_code == 1
    assert line in {finding["line"] for finding in json.loads(outcome.stdout)["findings"]}


def test_a_missing_file_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    """What cannot be opened is said in one line on the error output, with exit code 3."""
    outcome = run("form", "read", tmp_path / "nothing.docx", "--call", CALL)
    assert outcome.exit_code == 3
    assert outcome.stderr.startswith("Error: ")
    assert len(outcome.stderr.strip().splitlines()) == 1


def test_a_print_of_the_pdf_form_is_read_and_not_marked(tmp_path: Path) -> None:
    """A PDF without fields is read by the call's blank, with a warning; it is not marked, and that is said."""
    blank_file, file = tmp_path / "blank.pdf", tmp_path / "print.pdf"
    assert run("call", "blank", CALL, "--format", "pdf", "-o", blank_file).exit_code == 0
    file.write_bytes(flattened(fill_pdf(blank_file.read_bytes(), GOOD)))
    outcome = run("form", "read", file, "--call", CALL, "--json")
    assert outcome.exit_code == 0, outcome.output
    read = json.loads(outcome.stdout)
    assert (read["version"], read["applicant"], read["problems"][0]["code"]) == (1, "751", "pdf_printed")
    assert read["values"]["contact_name"] == GOOD["contact_name"]
    refused = run("form", "mark", file, "--call", CALL, "--lang", "en")
    assert refused.exit_code == 2
    assert "choose “Save”" in " ".join(refused.output.split())
