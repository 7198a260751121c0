"""A receipt in the programs that people open it with: poppler's and Firefox's viewer show the facts as they are."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from portal import receipts

TOLD = {
    "reference": "SAM-7K3M-9QWX", "owner": "Eksempelstyrelsen", "received": "13. december 2026 kl. 23.59.59",
    "call": "Samvær på tværs – 2026", "applicant": "Ærø Kommune",
    "file": "Ansøgning_" + "Žluťoučký-kůň_" * 8 + "日本.docx", "size": "48 kB", "sha256": "0123456789abcdef" * 4,
}  # fmt: skip


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    """A receipt with a name on several lines, and with letters that its font has and others."""
    file = tmp_path / "receipt.pdf"
    file.write_bytes(receipts.filled(TOLD, "da"))
    return file


@pytest.mark.program("pdftotext")
def test_poppler_shows_and_tells_the_facts(receipt: Path) -> None:
    """Every fact can be read, searched and copied, and the structure has a form field for each."""
    shown = subprocess.run(["pdftotext", receipt, "-"], capture_output=True, text=True, check=True).stdout
    assert {key: value for key, value in TOLD.items() if value not in shown.replace("\n", "")} == {}
    about = subprocess.run(["pdfinfo", receipt], capture_output=True, text=True, check=True).stdout
    for line in (
        "Kvittering SAM-7K3M-9QWX",
        "Tagged:          yes",
        "AcroForm",
        "JavaScript:      no",
        "Pages:           1",
    ):
        assert line in about
    fonts = subprocess.run(["pdffonts", receipt], capture_output=True, text=True, check=True).stdout
    assert len([line for line in fonts.splitlines() if "IBMPlexSans" in line and "yes" in line]) == 3
    structure = subprocess.run(["pdfinfo", "-struct", receipt], capture_output=True, check=True).stdout.decode()
    assert structure.count(" Form:") == len(TOLD)


@pytest.mark.slow
@pytest.mark.program("node")
@pytest.mark.program("npm")
def test_firefox_shows_the_fields_as_they_are_drawn(libraries: Path, receipt: Path) -> None:
    """pdf.js knows values and labels, lets nobody write, and shows what the file draws and no controls of its own."""
    done = subprocess.run(
        ["node", "show_pdf.mjs", receipt], cwd=libraries, capture_output=True, text=True, timeout=120, check=True
    )
    fields = {field["fieldName"]: field for field in json.loads(done.stdout.splitlines()[-1])}
    assert {key: field["fieldValue"] for key, field in fields.items()} == TOLD
    for key, field in fields.items():
        assert (field["readOnly"], field["hasOwnCanvas"]) == (True, True)
        assert field["alternativeText"]
        drawn = "".join(field["textContent"]).replace(" ", "")
        assert drawn == TOLD[key].replace(" ", "").replace("日本", receipts.LACKING * 2)
