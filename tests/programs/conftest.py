"""Forms filled in by real programs. What needs a program that is not here is left out, and said so."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from browsing import Open

type Convert = Callable[[bytes, str, str], bytes]

MISSING = pytest.StashKey[dict[str, int]]()


@pytest.fixture(scope="session")
def convert(tmp_path_factory: pytest.TempPathFactory) -> Convert:
    """Opens a file in LibreOffice and saves it: the bytes, what kind they are, and the kind to save as."""
    home = tmp_path_factory.mktemp("office")

    def run(data: bytes, kind: str, to: str) -> bytes:
        source, target = home / f"skema.{kind}", home / "saved"
        source.write_bytes(data)
        profile = f"-env:UserInstallation={(home / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", to, "--outdir", str(target), str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        saved: Path = target / f"skema.{to.partition(':')[0]}"
        return saved.read_bytes()

    return run


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the JavaScript libraries, as the lock file has them."""
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "fill_pdf.mjs", "show_pdf.mjs"):
        shutil.copy(Path(__file__).parent / name, folder)
    command = ["npm", "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that a container does not give; all it opens is this machine's.
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page_of(site: str, browser: Browser) -> Open:
    """Opens a page of the portal; what the browser complains of, fails the test."""

    @contextmanager
    def opened(path: str, width: int = 1280, *, javascript: bool = True, style: str = "") -> Iterator[Page]:
        complaints: list[str] = []
        # The policy forbids styles and scripts of anybody else's, tests' too.
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=javascript, bypass_csp=bool(style),
            reduced_motion="reduce",
        )  # fmt: skip
        page = context.new_page()
        page.on("console", lambda told: complaints.append(told.text))
        # A download ends the request for a page, which Chromium calls aborted.
        page.on("requestfailed", lambda one: None if "ABORTED" in str(one.failure) else complaints.append(one.url))
        page.goto(site + path)
        if style:
            page.add_style_tag(content=style)
        yield page
        context.close()
        # Chromium tells of every answer that is no success, also of those that a test asks for.
        assert not [each for each in complaints if not re.search("status of 4(04|09)", each)]

    return opened


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a program that is not installed.

    In Debian: chromium, ghostscript, libreoffice-writer, libreoffice-calc, npm, pdftk-java, poppler-utils, qpdf.
    """
    missing: dict[str, int] = {}
    left_out = []
    for item in items:
        needed = [mark.args[0] for mark in item.iter_markers("program") if not _is_there(mark.args[0])]
        if needed:
            left_out.append(item)
            missing[needed[0]] = missing.get(needed[0], 0) + 1
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    config.stash[MISSING] = missing


def _is_there(program: str) -> bool:
    # Debian packs LibreOffice's programs one by one: its spreadsheet may be missing where the others are.
    whole = program != "soffice" or not Path("/etc/debian_version").exists() or shutil.which("localc")
    return bool(whole and shutil.which(program))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how much was left out, so that nobody takes it for passed."""
    for program, count in config.stash.get(MISSING, {}).items():
        terminalreporter.write_line(f"{program} is not installed: {count} tests of real programs were left out")
