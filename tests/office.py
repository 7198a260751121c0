"""LibreOffice as a person uses it: opens a file, fills it in itself, and saves it.

It is done by a macro (`office.bas`) in a profile of its own, so that nothing but LibreOffice is needed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from puljeport import marks

MACRO = Path(__file__).with_name("office.bas")
WORD = "Office Open XML Text"
"""What LibreOffice calls DOCX."""

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DTD = '"-//OpenOffice.org//DTD OfficeDocument 1.0//EN"'


class Office:
    """LibreOffice with a profile in `folder`, which is made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._profile = folder / "profile"
        self._run("--terminate_after_init")

    def convert(self, data: bytes, kind: str, to: str) -> bytes:
        """Open a file of a kind and save it as another: by its ending, or ending and LibreOffice's name of it."""
        source, target = self._folder / f"skema.{kind}", self._folder / "saved"
        source.write_bytes(data)
        self._run("--convert-to", to, "--outdir", str(target), str(source))
        return (target / f"skema.{to.partition(':')[0]}").read_bytes()

    def fill(self, form: bytes, kind: str, answers: Mapping[str, str], to: str = "docx", name: str = WORD) -> bytes:
        """Write answers (by field id) into a form of a kind, and save it as another, by LibreOffice's name of that."""
        source, given, filled = (self._folder / part for part in (f"form.{kind}", "answers.txt", f"filled.{to}"))
        source.write_bytes(form)
        given.write_text("".join(f"{marks.bookmark(key)}\t{text}\n" for key, text in answers.items()), "utf-8")
        code = MACRO.read_text("utf-8")
        words = {"FORM": source.as_uri(), "ANSWERS": str(given), "FILLED": filled.as_uri(), "FILTER": name}
        for word, value in words.items():
            code = code.replace(f"{{{word}}}", value)
        _install(self._profile / "user" / "basic", code)
        self._run("macro:///Standard.Module1.Fill")
        return filled.read_bytes()

    def _run(self, *words: str) -> None:
        command = ["soffice", f"-env:UserInstallation={self._profile.as_uri()}", "--headless", "--norestore", *words]
        # Basic reads files in the system's encoding.
        environment = os.environ | {"LC_ALL": "C.UTF-8"}
        subprocess.run(command, check=True, capture_output=True, timeout=180, env=environment)


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
