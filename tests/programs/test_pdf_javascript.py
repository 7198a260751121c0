"""The PDF blank filled in by JavaScript libraries: pdf.js, which is Firefox's viewer, and pdf-lib.

They come from npm, pinned by `package-lock.json`. Left out, and said so, where there is no node.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from formfiles import sample_call
from puljeport.applications import read_application
from puljeport.blanks import pdf
from puljeport.readers import read

pytestmark = [pytest.mark.slow, pytest.mark.program("node"), pytest.mark.program("npm")]

CALL = sample_call()
ANSWERS = {
    "municipality": "Ærø", "cvr": "55133018", "contact_name": "Åse Øst & <søn> Złoty 😀",
    "contact_email": "a@example.dk",
    "background": "Første linje\nanden linje", "hours": "12", "signed_by": "Åse", "signed_on": "9. april 2018",
    "partners__name__1": "Æblehaven", "no_money": True, "topics__sport": True, "model": "model-2",
}  # fmt: skip


@pytest.mark.parametrize("library", ["pdfjs", "pdf-lib"])
def test_what_a_javascript_library_fills_in_is_read(libraries: Path, tmp_path: Path, library: str) -> None:
    """Texts with every letter and two lines, a list, boxes and a table's row: all come back, none with a remark."""
    form, answers, filled = (tmp_path / name for name in ("form.pdf", "answers.json", "filled.pdf"))
    form.write_bytes(pdf.make(CALL, 3, "da"))
    answers.write_text(json.dumps(ANSWERS), encoding="utf-8")
    command = ["node", "fill_pdf.mjs", library, str(form), str(answers), str(filled)]
    done = subprocess.run(command, cwd=libraries, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    raw = read(filled.read_bytes(), "")
    assert (raw.call, raw.version) == (CALL.id, 3)
    found = read_application(CALL, raw)
    assert {problem.code for problem in found.problems} <= {"missing", "declaration_missing", "date_read_as"}
    wanted = {
        "municipality": "492", "cvr": "55133018", "contact_name": "Åse Øst & <søn> Złoty 😀",
        "contact_email": "a@example.dk", "model": "model-2", "background": "Første linje\nanden linje", "hours": 12,
        "signed_by": "Åse", "signed_on": "2018-04-09", "no_money": True, "topics": ["sport"],
        "partners": [{"name": "Æblehaven"}],
    }  # fmt: skip
    assert {name: value for name, value in found.values.items() if name in wanted} == wanted
