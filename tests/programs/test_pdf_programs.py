"""The PDF blank in programs that people use: pdftk fills it in, poppler shows it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from formfiles import sample_call
from puljeport import marking
from puljeport.applications import read_application
from puljeport.blanks import pdf
from puljeport.readers import read
from puljeport_cli.fillpdf import fill_pdf

CALL = sample_call()
BLANK = pdf.make(CALL, 3, "da")
WRITTEN = {
    "municipality": "Ærø", "cvr": "55133018", "contact_name": "Åse Øst & <søn>", "contact_email": "a@example.dk",
    "model": "model-2", "background": "Første linje\nanden linje", "decided": "Nej", "hours": "12",
    "topics__sport": "Ja", "no_money": "Ja", "signed_by": "Åse", "signed_on": "9. april 2018",
    "partners__name__1": "Æblehaven", "partners__kind__1": "Idrætsforening",
}  # fmt: skip


@pytest.mark.program("pdftk")
@pytest.mark.slow
def test_pdftk_fills_the_form(tmp_path: Path) -> None:
    """What pdftk fills in from an XFDF file is read as the same answers, without a problem."""
    fields = "".join(f'<field name="{name}"><value>{escape(text)}</value></field>' for name, text in WRITTEN.items())
    (tmp_path / "blank.pdf").write_bytes(BLANK)
    (tmp_path / "a.xfdf").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><xfdf xmlns="http://ns.adobe.com/xfdf/"><fields>{fields}</fields></xfdf>',
        encoding="utf-8",
    )
    command = ["pdftk", "blank.pdf", "fill_form", "a.xfdf", "output", "filled.pdf"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    found = read_application(CALL, read((tmp_path / "filled.pdf").read_bytes(), "a"))
    assert found.problems == ()
    assert found.values == {
        "municipality": "492", "cvr": "55133018", "contact_name": "Åse Øst & <søn>", "contact_email": "a@example.dk",
        "model": "model-2", "background": "Første linje\nanden linje", "decided": False, "hours": 12,
        "topics": ["sport"], "no_money": True, "signed_by": "Åse", "signed_on": "2018-04-09",
        "partners": [{"name": "Æblehaven", "kind": "club"}],
    }  # fmt: skip


@pytest.mark.program("pdfinfo")
def test_poppler_sees_a_tagged_form(tmp_path: Path) -> None:
    """Poppler finds the form, its title, and in the structure an element for each field, in the order of the page."""
    file = tmp_path / "blank.pdf"
    file.write_bytes(BLANK)
    about = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    assert "AcroForm" in about
    assert f"Ansøgningsskema: {CALL.title.da}" in about
    listed = subprocess.run(["pdfinfo", "-struct-text", file], capture_output=True, check=True).stdout
    structure = listed.decode(errors="replace")
    assert len(re.findall(r"^ +Form\b", structure, re.MULTILINE)) > 60
    labels = [
        structure.index(text) for text in ("Kontaktperson", "Samarbejdsmodel", "Samarbejdspartnere", "Erklæringer")
    ]
    assert labels == sorted(labels)


@pytest.mark.program("pdftoppm")
def test_poppler_shows_an_answer_where_it_is_written(tmp_path: Path) -> None:
    """A ticked box and a pressed button are drawn: the page looks different from the empty one."""
    pictures = []
    for name, data in (("empty", BLANK), ("filled", fill_pdf(BLANK, {"model": "model-1", "topics": ["sport"]}))):
        (tmp_path / f"{name}.pdf").write_bytes(data)
        command = ["pdftoppm", "-r", "50", "-f", "2", "-l", "2", "-singlefile", f"{name}.pdf", name]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        pictures.append((tmp_path / f"{name}.ppm").read_bytes())
    assert pictures[0] != pictures[1]


@pytest.mark.program("pdftk")
@pytest.mark.slow
def test_pdftk_corrects_a_marked_copy(tmp_path: Path) -> None:
    """The answers of a copy with marks are corrected in pdftk; what it saves reads clean."""
    wrong = fill_pdf(BLANK, {"hours": "en del", "signed_by": "Åse"})
    copy = marking.mark(wrong, read_application(CALL, read(wrong, "a")).problems, "da")
    assert copy
    (tmp_path / "copy.pdf").write_bytes(copy.data)
    (tmp_path / "a.fdf").write_text(
        "%FDF-1.2\n1 0 obj<</FDF<</Fields[<</T(hours)/V(12)>>]>>>>endobj\ntrailer<</Root 1 0 R>>\n"
    )
    command = ["pdftk", "copy.pdf", "fill_form", "a.fdf", "output", "filled.pdf"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    found = read_application(CALL, read((tmp_path / "filled.pdf").read_bytes(), "a"))
    assert (found.values["hours"], found.values["signed_by"]) == (12, "Åse")


@pytest.mark.program("pdftoppm")
@pytest.mark.slow
def test_poppler_shows_the_marks(tmp_path: Path) -> None:
    """The page of a marked copy is drawn with something red where the unmarked one has none."""
    wrong = fill_pdf(BLANK, {"cvr": "12345678"})
    problems = [one for one in read_application(CALL, read(wrong, "a")).problems if one.field == "cvr"]
    copy = marking.mark(wrong, problems, "da")
    assert copy
    red = [_red(tmp_path, data) for data in (wrong, copy.data)]
    assert red[1] > red[0] + 300


def _red(folder: Path, data: bytes) -> int:
    (folder / "a.pdf").write_bytes(data)
    subprocess.run(["pdftoppm", "-r", "50", "-f", "1", "-l", "1", "a.pdf", "a"], cwd=folder, check=True, timeout=120)
    (picture,) = folder.glob("a-*.ppm")
    pixels = picture.read_bytes().split(b"\n", 3)[3]
    picture.unlink()
    triples = zip(pixels[::3], pixels[1::3], pixels[2::3], strict=False)
    return sum(red > 150 and green < 100 and blue < 120 for red, green, blue in triples)
