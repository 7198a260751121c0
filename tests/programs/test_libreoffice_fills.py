"""LibreOffice opens a blank, fills it in itself and saves it: what it wrote is read.

It is done by a macro (`libreoffice_fill.bas`) in a profile of its own, so that nothing but LibreOffice is needed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from formfiles import sample_call
from puljeport import marks
from puljeport.applications import read_application
from puljeport.blanks import docx, xlsx
from puljeport.readers import read

pytestmark = [pytest.mark.slow, pytest.mark.program("soffice")]

CALL = sample_call()
BLANKS = {"docx": docx.make, "xlsx": xlsx.make}
MACRO = Path(__file__).with_name("libreoffice_fill.bas")
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

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DTD = '"-//OpenOffice.org//DTD OfficeDocument 1.0//EN"'

type Fill = Callable[[str, str, str], bytes]


@pytest.fixture(scope="module")
def fill(tmp_path_factory: pytest.TempPathFactory) -> Fill:
    """Fills a blank of one kind in and saves it as another, by LibreOffice's name of that."""
    home = tmp_path_factory.mktemp("fills")
    profile = home / "profile"

    def office(*words: str) -> None:
        command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", *words]
        # Basic reads files in the system's encoding.
        environment = os.environ | {"LC_ALL": "C.UTF-8"}
        subprocess.run(command, check=True, capture_output=True, timeout=180, env=environment)

    office("--terminate_after_init")

    def run(kind: str, to: str, name: str) -> bytes:
        form, answers, filled = home / f"form.{kind}", home / "answers.txt", home / f"filled.{to}"
        form.write_bytes(BLANKS[kind](CALL, 3, "da"))
        answers.write_text("".join(f"{marks.bookmark(key)}\t{text}\n" for key, text in ANSWERS.items()))
        given = {"FORM": form.as_uri(), "ANSWERS": str(answers), "FILLED": filled.as_uri(), "FILTER": name}
        code = MACRO.read_text()
        for word, value in given.items():
            code = code.replace(f"{{{word}}}", value)
        _install(profile / "user" / "basic", code)
        office("macro:///Standard.Module1.Fill")
        return filled.read_bytes()

    return run


def _install(basic: Path, code: str) -> None:
    """Put a macro into a profile, as LibreOffice keeps its own."""
    standard = basic / "Standard"
    standard.mkdir(parents=True, exist_ok=True)
    library = 'xmlns:library="http://openoffice.org/2000/library"'
    (basic / "script.xlc").write_text(
        f'{_XML}<!DOCTYPE library:libraries PUBLIC {_DTD} "libraries.dtd">\n<library:libraries {library} '
        'xmlns:xlink="http://www.w3.org/1999/xlink"><library:library library:name="Standard" '
        'xlink:href="$(USER)/basic/Standard/script.xlb/" xlink:type="simple" library:link="false"/></library:libraries>'
    )
    (standard / "script.xlb").write_text(
        f'{_XML}<!DOCTYPE library:library PUBLIC {_DTD} "library.dtd">\n<library:library {library} '
        'library:name="Standard" library:readonly="false" library:passwordprotected="false">'
        '<library:element library:name="Module1"/></library:library>'
    )
    (standard / "Module1.xba").write_text(
        f'{_XML}<!DOCTYPE script:module PUBLIC {_DTD} "module.dtd">\n<script:module '
        'xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">'
        f"{escape(code)}</script:module>"
    )


@pytest.mark.parametrize(
    ("kind", "to", "name"),
    [
        ("docx", "docx", "Office Open XML Text"),
        ("docx", "odt", "writer8"),
        ("xlsx", "xlsx", "Calc MS Excel 2007 XML"),
        ("xlsx", "ods", "calc8"),
    ],
)
def test_what_libreoffice_fills_in_and_saves_is_read(fill: Fill, kind: str, to: str, name: str) -> None:
    """Every text, number and day that it wrote comes back, and nothing that it did not write."""
    form = read(fill(kind, to, name), "")
    found = read_application(CALL, form)
    assert form.format == to
    assert {key: value for key, value in found.values.items() if key != "no_money"} == VALUES
    unanswered = {"missing", "declaration_missing", "too_few_rows", "date_read_as"}
    assert {problem.code for problem in found.problems} <= unanswered
