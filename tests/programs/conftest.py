"""Forms filled in by real programs, and the portal's pages in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browsing import Open
from office import Office


@pytest.fixture(scope="session")
def convert(office: Office) -> Callable[[bytes, str, str], bytes]:
    """Opens a file in LibreOffice and saves it: the bytes, what kind they are, and the kind to save as."""
    return office.convert


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the JavaScript libraries, as the lock file has them."""
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "fill_pdf.mjs", "show_pdf.mjs"):
        shutil.copy(Path(__file__).parent / name, folder)
    command = ["npm", "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    return folder


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
        # Chromium tells of every answer that is no success, also of those that a test asks for; and that a summary did
        # not take the focus from what had it already, as it must not.
        fine = "status of 4(04|09)|Autofocus .* blocked"
        assert not [each for each in complaints if not re.search(fine, each)]

    return opened
