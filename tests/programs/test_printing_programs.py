"""The PDF blank, filled in and printed to a new PDF by real programs: no field is left, and the answers are read."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

import printing
from formfiles import sample_call
from puljeport.applications import Reading, read_application
from puljeport.blanks import pdf
from puljeport.errors import Unreadable
from puljeport.readers import printed, read
from puljeport_cli.fill import Answers
from puljeport_cli.fillpdf import fill_pdf

pytestmark = pytest.mark.slow

CALL = sample_call()
BLANK = pdf.make(CALL, 3, "da")
ANSWERS: Answers = {
    "municipality": "Ærø", "cvr": "55133018", "contact_name": "Åse Øst & <søn>", "contact_email": "a@example.dk",
    "model": "model-2", "background": "Første linje\nanden linje, som er for lang: " + "den må brydes. " * 12 + "Slut",
    "decided": "Nej", "hours": "12", "budget": "1.234,50 kr.", "topics": ["sport"], "no_money": "ja",
    "signed_by": "Åse", "signed_on": "9. april 2018",
    "partners": [{"name": "Æblehaven", "kind": "Idrætsforening", "hours": "3"}, {"name": "Naboerne", "kind": "Andet"}],
}  # fmt: skip
FILLED = fill_pdf(BLANK, ANSWERS)
VALUES = read_application(CALL, read(FILLED, "a")).values

PROGRAMS: Mapping[str, list[list[str]]] = {
    "poppler": [["pdftocairo", "-pdf", "filled.pdf", "print.pdf"]],
    "poppler on Letter": [["pdftocairo", "-pdf", "-paper", "letter", "-expand", "filled.pdf", "print.pdf"]],
    "pdftk": [
        ["pdftk", "filled.pdf", "generate_fdf", "output", "answers.fdf"],
        ["pdftk", "blank.pdf", "fill_form", "answers.fdf", "output", "print.pdf", "flatten"],
    ],
    "ghostscript": [["gs", "-q", "-sDEVICE=pdfwrite", "-o", "print.pdf", "flat.pdf"]],
    "ghostscript on Letter": [
        ["gs", "-q", "-sDEVICE=pdfwrite", "-sPAPERSIZE=letter", "-dFIXEDMEDIA", "-dPDFFitPage", "-oa.pdf", "flat.pdf"],
        ["mv", "a.pdf", "print.pdf"],
    ],
}  # fmt: skip


def reading(folder: Path, commands: list[list[str]]) -> Reading:
    """The application in what the programs leave as `print.pdf`."""
    for name, data in (("blank", BLANK), ("filled", FILLED), ("flat", printing.flattened(FILLED))):
        (folder / f"{name}.pdf").write_bytes(data)
    for command in commands:
        subprocess.run(command, cwd=folder, check=True, timeout=120, capture_output=True)
    data = (folder / "print.pdf").read_bytes()
    with pytest.raises(Unreadable, match="pdf_no_fields"):
        read(data, "a")
    return read_application(CALL, printed.read(data, [BLANK]))


@pytest.mark.parametrize(
    "program", [pytest.param(name, marks=pytest.mark.program(steps[0][0])) for name, steps in PROGRAMS.items()]
)
@pytest.mark.program("gs")
def test_what_a_program_prints_is_read(program: str, tmp_path: Path) -> None:
    """Every answer of the print is that of the form, and the only remark is that it is a print."""
    found = reading(tmp_path, PROGRAMS[program])
    assert found.values == VALUES
    assert [problem.code for problem in found.problems] == ["pdf_printed"]


@pytest.mark.program("qpdf")
def test_what_qpdf_flattens_is_read(tmp_path: Path) -> None:
    """qpdf writes every text on one line, so that a long one is cut: what it shows is read, and the rest in doubt."""
    command = [
        "qpdf",
        "--warning-exit-0",
        "--generate-appearances",
        "--flatten-annotations=all",
        "filled.pdf",
        "print.pdf",
    ]
    found = reading(tmp_path, [command])
    assert {key: value for key, value in found.values.items() if key != "background"} == {
        key: value for key, value in VALUES.items() if key != "background"
    }
    assert {(problem.code, problem.field) for problem in found.problems} == {
        ("pdf_printed", None),
        ("printed_cut", "background"),
    }


@pytest.mark.program("gs")
@pytest.mark.program("pdftops")
def test_what_went_through_postscript_is_refused(tmp_path: Path) -> None:
    """PostScript does not say which letters its signs are: the print has no text, and the answer is as for a scan."""
    with pytest.raises(Unreadable, match="pdf_no_fields"):
        reading(
            tmp_path, [["pdftops", "flat.pdf", "a.ps"], ["gs", "-q", "-sDEVICE=pdfwrite", "-o", "print.pdf", "a.ps"]]
        )


@pytest.mark.program("soffice")
def test_what_libreoffice_draws_anew_is_refused(tmp_path: Path) -> None:
    """LibreOffice takes a print apart and sets its lines with other letters: nothing is read, and it is said so."""
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to"]
    found = reading(tmp_path, [[*command, "pdf", "--outdir", "out", "flat.pdf"], ["mv", "out/flat.pdf", "print.pdf"]])
    assert [problem.code for problem in found.problems] == ["printed_not_our_form"]


@pytest.mark.program("node")
@pytest.mark.program("npm")
def test_what_pdf_lib_flattens_is_read(libraries: Path, tmp_path: Path) -> None:
    """The answers that pdf-lib fills in and flattens, in a font of its own, are read."""
    (tmp_path / "blank.pdf").write_bytes(BLANK)
    answers = {"contact_name": "Åse Øst", "model": "model-2", "topics__sport": True, "hours": "12", "decided": "no"}
    (tmp_path / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    command = [
        "node",
        "fill_pdf.mjs",
        "pdf-lib-flat",
        *(str(tmp_path / name) for name in ("blank.pdf", "answers.json")),
    ]
    command.append(str(tmp_path / "print.pdf"))
    subprocess.run(command, cwd=libraries, check=True, timeout=120, capture_output=True)
    found = read_application(CALL, printed.read((tmp_path / "print.pdf").read_bytes(), [BLANK]))
    wanted = {"contact_name": "Åse Øst", "model": "model-2", "topics": ["sport"], "hours": 12, "decided": False}
    wanted["no_money"] = False
    assert found.values == wanted
    assert not {problem.code for problem in found.problems} & {"printed_unsure", "printed_unread", "printed_cut"}
