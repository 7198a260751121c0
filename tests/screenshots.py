"""`make screenshots`: blanks, guides, returned copies, letters and the portal's pages, in `docs/screenshots/`.

Needs LibreOffice, poppler and Chromium (Debian: libreoffice, poppler-utils, chromium).
"""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import itertools
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

import applicants
import portal.web
import portals
from builders import http_event
from puljeport import definitions, marking
from puljeport.applications import read_application
from puljeport.blanks import docx, guide, pdf, xlsx
from puljeport.calls import Call, Event
from puljeport.letters import Letter
from puljeport.readers import read
from puljeport.texts import LANGUAGES, Language
from puljeport_cli import specimens
from puljeport_cli.demo_answers import FAULTY
from puljeport_cli.fill import fill_docx
from puljeport_cli.fill_sheets import fill_xlsx
from puljeport_cli.fillpdf import fill_pdf

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "screenshots"
DPI, COLOURS = 72, 64
LETTERS_OF = ("medborgerskab-2018", "frivillig-faellesskaber-2027")
WINDOW = "720,1300"
MARGIN_NOTES = 'pdf:writer_pdf_Export:{"ExportNotesInMargin":{"type":"boolean","value":"true"}}'
MAKERS: dict[str, tuple[Callable[..., bytes], Callable[..., bytes]]] = {
    "docx": (docx.make, fill_docx),
    "pdf": (pdf.make, fill_pdf),
    "xlsx": (xlsx.make, fill_xlsx),
}


def main() -> None:
    """Make all pictures anew."""
    missing = [program for program in ("soffice", "pdftoppm", "chromium") if shutil.which(program) is None]
    if missing:
        sys.exit(f"{', '.join(missing)} is not installed (Debian: libreoffice, poppler-utils, chromium)")
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for folder in sorted((ROOT / "calls").iterdir()):
        found = definitions.load(folder)
        for kind, (make, _) in MAKERS.items():
            picture(f"{found.call.id}-{kind}", make(found.call, 1, "da"), kind)
        picture(f"{found.call.id}-en-docx", docx.make(found.call, 1, "en"), "docx")
        picture(f"{found.call.id}-guide", guide.pdf(found.call, 1, found.guide), "pdf")
    portal_pages()
    applying_pages()
    receipts_as_pdf()
    pool, second = (definitions.load(ROOT / "calls" / name).call for name in LETTERS_OF)
    returned(pool)
    letter("letter-accepted", specimens.letter(pool, Event.ACCEPTED, "da"))
    letter("letter-needs-correction-en", specimens.letter(second, Event.NEEDS_CORRECTION, "en"))
    size = sum(file.stat().st_size for file in TARGET.iterdir())
    print(f"{len(list(TARGET.iterdir()))} pictures, {size // 1000} kB, in {TARGET.relative_to(ROOT)}")


def returned(call: Call) -> None:
    """A form with mistakes, as its applicant gets it back."""
    for kind, (make, fill) in MAKERS.items():
        faulty = fill(make(call, 1, "da"), FAULTY)
        copy = marking.mark(faulty, read_application(call, read(faulty, "")).problems, "da")
        assert copy
        picture(f"returned-{kind}", copy.data, kind)


def portal_pages() -> None:
    """Every page of the portal, whole, in both languages, on a phone and on a desktop."""
    world = portals.published_calls(portals.NOW)
    _pictures(
        world, {(name, language): portals.path_of(name, language) for name in portals.PAGES for language in LANGUAGES}
    )


def applying_pages() -> None:
    """Every page that applicants come to when they send something, in every state."""
    world, pages = applicants.applying()
    _pictures(
        world,
        {(name, language): applicants.path(page, language) for name, page in pages.items() for language in LANGUAGES},
    )


def receipts_as_pdf() -> None:
    """The receipt of an application, as it is saved, in both languages."""
    world, pages = applicants.applying()
    with pytest.MonkeyPatch.context() as patch, silence():
        patch.setenv("POWERTOOLS_TRACE_DISABLED", "1")
        patch.setattr(portal.web, "_made", functools.partial(world.portal, portal_owner="Eksempelstyrelsen"))
        for language in LANGUAGES:
            path = applicants.path(("receipt_pdf", pages["receipt"][1]), language)
            answered = portals.answer(http_event(path))
            picture(f"receipt-{language}", base64.b64decode(answered["body"]), "pdf")


def _pictures(world: portals.Remembered, paths: Mapping[tuple[str, Language], str]) -> None:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("POWERTOOLS_TRACE_DISABLED", "1")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with portals.serving(patch, world, portal_owner="Eksempelstyrelsen") as site, silence():
            for ((name, language), path), device in itertools.product(paths.items(), portals.WIDTHS):
                page = browser.new_page(viewport={"width": portals.WIDTHS[device], "height": 900})
                page.goto(site + path)
                file = TARGET / f"portal-{name.replace(' ', '-')}-{language}-{device}.png"
                page.screenshot(path=file, full_page=True)
                page.close()
                _smaller(file, file)
        browser.close()


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """What the function logs is not printed."""
    logging.disable()
    with contextlib.redirect_stdout(io.StringIO()):
        yield
    logging.disable(logging.NOTSET)


def picture(name: str, data: bytes, kind: str) -> None:
    """The first page of a document, small enough to lie in a repository."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"a.{kind}"
        file.write_bytes(data)
        if kind != "pdf":
            _to_pdf(file, MARGIN_NOTES if kind == "docx" else "pdf")
        subprocess.run(
            ["pdftoppm", "-r", str(DPI), "-f", "1", "-l", "1", "-singlefile", "-png", "a.pdf", "a"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        _smaller(Path(folder) / "a.png", TARGET / f"{name}.png")


def letter(name: str, mail: Letter) -> None:
    """The HTML of a letter, as a mail program shows it."""
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder) / "a.html", Path(folder) / "a.png"
        page.write_text(mail.html, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--user-data-dir={folder}/profile"]
        command = ["chromium", *options, f"--window-size={WINDOW}", f"--screenshot={shot}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        _smaller(shot, TARGET / f"{name}.png")


def _to_pdf(file: Path, to: str) -> None:
    profile = f"-env:UserInstallation={(file.parent / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", to, "--outdir", str(file.parent), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)


def _smaller(source: Path, target: Path) -> None:
    # Pillow comes with matplotlib, in the environment of the benchmarks.
    from PIL import Image  # noqa: PLC0415

    with Image.open(source) as image:
        image.quantize(COLOURS).save(target, optimize=True)


if __name__ == "__main__":
    main()
