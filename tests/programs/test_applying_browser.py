"""The portal's pages for applicants in a real browser (Debian's chromium): every state, narrow, large, no barriers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

import applicants
import portals
from applicants import ALL, STATES
from browsing import CUT_OFF, TEXT_200, Open, barriers, sideways
from portals import WIDTHS
from puljeport.texts import LANGUAGES, Language

pytestmark = [pytest.mark.slow, pytest.mark.program("chromium")]

WORLD, PAGES = applicants.applying()
NAMES = ("send", "send late", "send early", "check", "receipt", "withdraw", *(f"status {state}" for state in ALL))


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The portal's address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_TRACE_DISABLED", "1")
        with portals.serving(patch, WORLD, portal_owner="Eksempelstyrelsen") as address:
            yield address


@pytest.mark.program("npm")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_s18_axe_finds_nothing(page_of: Open, libraries: Path, name: str, language: Language) -> None:
    """S18: no barrier on any page and state, in both languages, on a phone and a desktop, and none is cut off."""
    for width in WIDTHS.values():
        with page_of(applicants.path(PAGES[name], language), width) as page:
            assert barriers(page, libraries) == []
            assert sideways(page) <= 0


@pytest.mark.program("npm")
def test_s18_axe_finds_nothing_while_something_happens(page_of: Open, libraries: Path) -> None:
    """S18: neither in the page while a file is on its way, nor when it is refused, nor in what checking found."""
    for width in WIDTHS.values():
        with page_of(applicants.path(PAGES["send"], "da"), width) as page:
            page.get_by_role("button", name="Indsend").click()
            expect(page.locator("[data-error]")).to_have_text("Vælg først en fil.")
            assert barriers(page, libraries) == []
            page.route("**/*amazonaws.com/**", lambda _route: None)
            page.get_by_label("Dit udfyldte skema").set_input_files(a_file())
            page.get_by_role("button", name="Indsend").click()
            expect(page.get_by_role("progressbar")).to_be_visible()
            assert barriers(page, libraries) == []
            assert sideways(page) <= 0
        with page_of(applicants.path(PAGES["check"], "da"), width) as page:
            page.get_by_label("Dit udfyldte skema").set_input_files(a_file())
            page.get_by_role("button", name="Tjek skemaet").click()
            expect(page.locator("#errors")).to_be_visible()
            assert barriers(page, libraries) == []
            assert sideways(page) <= 0
        with page_of(applicants.path(PAGES["send"], "da"), width, javascript=False) as page:
            page.get_by_role("button", name="Fortsæt").click()
            expect(page.locator("h1")).to_have_text("Vælg filen")
            assert sideways(page) <= 0


def a_file() -> FilePayload:
    """A form with mistakes, to be chosen in a page."""
    form = b'{"call": "netvaerk-2026", "version": 2, "values": {"municipality": "Ingensteds"}}'
    return {"name": "skema.json", "mimeType": "application/json", "buffer": form}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_s18_text_twice_as_large_fits(page_of: Open, name: str, language: Language) -> None:
    """S18: with letters of 200 % nothing is cut off (WCAG 1.4.4), not even on a phone."""
    for width in WIDTHS.values():
        with page_of(applicants.path(PAGES[name], language), width, style=TEXT_200) as page:
            assert sideways(page) <= 0
            assert page.evaluate(CUT_OFF) == []


def test_s08_hostile_text_is_text(page_of: Open) -> None:
    """S8: what an applicant wrote as markup makes no element, runs nothing, and leads nowhere."""
    with page_of(applicants.path(PAGES["status hostile"], "da")) as page:
        assert page.locator("img").count() == 0
        assert page.locator("a[href^=javascript]").count() == 0
        assert "onerror" in page.locator("#field-contact_name").inner_text()


def test_a_status_page_comes_to_its_result_by_itself(page_of: Open) -> None:
    """While a file is read the page asks for news; when there is some it shows it, with the focus on what is new."""
    with page_of(applicants.path(PAGES["status received"], "da")) as page:
        identity = PAGES["status received"][1]["submission"]
        before = WORLD.records[identity]
        try:
            expect(page.locator("h1")).to_have_text("Vi har modtaget din fil")
            WORLD.records[identity] = STATES["accepted"](WORLD, before)
            expect(page.locator("h1")).to_have_text("Dit skema er i orden, men et bilag mangler", timeout=10_000)
            assert page.title().startswith("Dit skema er i orden")
            assert page.evaluate("document.activeElement.tagName") == "H1"
        finally:
            WORLD.records[identity] = before


def test_without_a_script_the_page_asks_by_itself_too(page_of: Open) -> None:
    """With JavaScript off the page loads anew until the file has been read."""
    with page_of(applicants.path(PAGES["status received"], "da"), javascript=False) as page:
        identity = PAGES["status received"][1]["submission"]
        before = WORLD.records[identity]
        try:
            WORLD.records[identity] = STATES["accepted"](WORLD, before)
            expect(page.locator("h1")).to_have_text("Dit skema er i orden, men et bilag mangler", timeout=10_000)
        finally:
            WORLD.records[identity] = before


def test_a_receipt_can_be_saved(page_of: Open, tmp_path: Path) -> None:
    """The link on the status page and the button on the receipt save the PDF under the reference."""
    for page_name, link in (("status accepted", "Gem kvitteringen som PDF"), ("receipt", "Gem som PDF")):
        with page_of(applicants.path(PAGES[page_name], "da")) as page:
            with page.expect_download() as saving:
                page.get_by_role("link", name=link).click()
            reference = WORLD.records[PAGES["receipt"][1]["submission"]].reference
            assert saving.value.suggested_filename == f"{reference} kvittering.pdf"
            saving.value.save_as(tmp_path / "receipt.pdf")
            assert (tmp_path / "receipt.pdf").read_bytes().startswith(b"%PDF-1.7")


def test_a_first_view_of_the_sending_page_is_small(page_of: Open) -> None:
    """Style, fonts, icons and script together stay far below the limit of a page, and come from ourselves."""
    with page_of(applicants.path(PAGES["send"], "da")) as page:
        sizes: list[dict[str, float]] = page.evaluate(
            "performance.getEntriesByType('resource')"
            ".map(e => ({size: e.transferSize, own: e.name.startsWith(location.origin)}))"
        )
        assert all(each["own"] for each in sizes)
        assert sum(each["size"] for each in sizes) < 100_000
