"""Filling in online in a real browser (Debian's chromium): by keyboard, without JavaScript, and two tabs at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Page, expect

import portals
from browsing import Open, barriers, drawn, sideways
from portals import EXTENDED, NOW, WIDTHS, Remembered, path_of
from puljeport.applications import read_application
from puljeport.readers import jsonform

pytestmark = [pytest.mark.slow, pytest.mark.program("chromium")]


@pytest.fixture(scope="module")
def world() -> Remembered:
    """Calls at every stage, and drafts in every state."""
    return portals.published_calls(NOW, forms=False)


@pytest.fixture(scope="module")
def site(world: Remembered) -> Iterator[str]:
    """The portal's address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_TRACE_DISABLED", "1")
        with portals.serving(patch, world, portal_owner="Eksempelstyrelsen") as address:
            yield address


@contextmanager
def begun(page_of: Open, *, javascript: bool = True, width: int = 1280) -> Iterator[Page]:
    """A new draft, at its first section."""
    with page_of(path_of("fill in", "da"), width, javascript=javascript) as page:
        page.get_by_role("button", name="Begynd").click()
        page.get_by_role("link", name="Fortsæt med").click()
        yield page


def fill_applicant(page: Page) -> None:
    """The first section, correctly."""
    for label, text in (
        ("Kommune", "Aarhus"), ("CVR-nummer", "55 13 30 18"), ("Kontaktpersonens navn", "Prøve Person"),
        ("Kontaktpersonens stilling", "Konsulent"), ("Kontaktpersonens e-mail", "person@example.dk"),
        ("Kontaktpersonens telefonnummer", "12 34 56 78"),
    ):  # fmt: skip
        page.get_by_label(label).fill(text)


def fill_the_middle(page: Page) -> None:
    """The second section to the fourth, each saved."""
    page.get_by_label("Model 2", exact=False).first.check(force=True)
    page.locator("#f-model_reason").fill("Den passer.")
    go_on(page)
    page.get_by_label("Baggrund for ansøgningen").fill("Linje 1\nLinje 2")
    page.get_by_label("Målgruppe").fill("Unge")
    page.get_by_label("I foreningslivet").check(force=True)
    page.get_by_label("Jeres erfaringer indtil nu").fill("Nogle")
    page.get_by_label("Nej").check(force=True)
    go_on(page)
    page.locator("#f-expected_outcome").fill("Mere")
    page.locator("#f-signs_of_success").fill("Flere")
    go_on(page)


def fill_partners(page: Page) -> None:
    """The fifth section: two rows and an empty one, of which the first and the last are removed."""
    for number in (1, 2):
        row = page.locator(f"#f-partners-{number}")
        row.get_by_label("Navn").fill(f"Forening {number}")
        row.get_by_label("Type").select_option("association")
        row.get_by_label("Kontaktperson").fill("En person")
        row.get_by_label("Rolle i samarbejdet").fill("Hjælper")
        page.get_by_role("button", name="Tilføj en række").click()
    page.get_by_role("button", name="Fjern række 1").click()
    expect(page.locator("#f-partners-1").get_by_label("Navn")).to_have_value("Forening 2")
    page.get_by_role("button", name="Fjern række 2").click()
    page.get_by_label("Ja").check(force=True)
    go_on(page)


def fill_the_end(page: Page) -> None:
    """The sixth section and the seventh, with dates as people write them."""
    page.locator("#f-own_hours").fill("120")
    page.locator("#f-management_support").fill("Godt")
    page.get_by_label("Nej").check(force=True)
    page.get_by_label("Ønsket startdato").fill("1. februar 2027")
    page.get_by_label("Forventet slutdato").fill("31-12-2027")
    go_on(page)
    expect(page.locator("h1")).to_have_text("Erklæringer og underskrift")
    for box in page.locator("input[type=checkbox]").all():
        box.check(force=True)
    page.get_by_label("Underskrivers navn").fill("Prøve Underskriversen")
    page.get_by_label("Underskrivers stilling").fill("Direktør")
    page.get_by_label("Dato for underskrift").fill("2/11-2026")
    go_on(page)


def go_on(page: Page) -> None:
    """Save, and go on."""
    page.get_by_role("button", name="Gem og fortsæt").click()


def test_a_mistake_is_led_to_and_a_break_taken_without_javascript(page_of: Open) -> None:
    """With JavaScript off: the focus is on the summary, its link leads to the field, and the draft's link works."""
    with begun(page_of, javascript=False, width=320) as page:
        fill_applicant(page)
        page.get_by_label("CVR-nummer").fill("12345678")
        go_on(page)
        expect(page).to_have_title(re.compile("^Fejl: Ansøger"))
        expect(page.locator("#summary")).to_be_focused()
        page.get_by_role("link", name="CVR-nummer:").click()
        expect(page.locator("#f-cvr:target")).to_be_visible()
        page.get_by_label("CVR-nummer").fill("55 13 30 18")
        page.get_by_role("button", name="Gem, og hold pause").click()
        expect(page.get_by_text("Svarene er gemt.")).to_be_visible()
        page.goto(page.get_by_label("Link til kladden").input_value())
        assert page.locator(".progress li").first.inner_text().split("\n")[-1] == "Udfyldt"


def test_an_application_is_written_and_sent_without_javascript(page_of: Open, world: Remembered) -> None:
    """From the call's page to the way to the status page with JavaScript off; what is read is what was written."""
    with page_of(path_of("open", "da"), 320, javascript=False) as page:
        page.get_by_role("link", name="Udfyld online").click()
        page.get_by_role("button", name="Begynd").click()
        link = page.get_by_label("Link til kladden").input_value()
        page.get_by_role("link", name="Fortsæt med").click()
        fill_applicant(page)
        go_on(page)
        fill_the_middle(page)
        fill_partners(page)
        fill_the_end(page)
        expect(page.locator("h1")).to_have_text("Tjek jeres svar")
        assert "2. november 2026" in page.locator("main").inner_text()
        page.get_by_role("button", name="Send ansøgningen").click()
        expect(page.locator("h1")).to_have_text("Ansøgningen er sendt")
        assert (page.get_by_role("link", name="Følg ansøgningen").get_attribute("href") or "").startswith("/status/")
        page.goto(link)
        assert page.locator("h1").inner_text() == "Ansøgningen er sendt"
    data = list(world.web.objects.values())[-1]
    reading = read_application(world.versions[EXTENDED][-1].call, jsonform.read(data))
    assert not reading.has_errors
    assert reading.values["background"] == "Linje 1\nLinje 2"
    assert [row["name"] for row in cast("Any", reading.values["partners"])] == ["Forening 2"]


def test_s18_a_section_is_filled_in_with_the_keyboard_alone(page_of: Open) -> None:
    """S18: fields in the order of reading, Enter saves and goes on, and after a mistake the focus is on its summary."""
    with begun(page_of) as page:
        page.get_by_label("Kommune").focus()
        for text in ("Aarhus", "12345678", "", "Prøve Person", "Konsulent", "person@example.dk", "12 34 56 78"):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Gem og fortsæt"
        page.keyboard.press("Enter")
        page.wait_for_url("**/del/applicant?check=1")
        expect(page.locator("#summary")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#f-cvr")).to_be_focused()
        page.keyboard.press("Control+A")
        page.keyboard.type("55133018")
        page.keyboard.press("Enter")
        page.wait_for_url("**/del/collaboration")
        page.locator("#f-model").focus()
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        expect(page.locator("input[name=model]:checked")).to_have_attribute("value", "model-2")


def test_a_link_from_the_check_leads_to_its_field(page_of: Open) -> None:
    """Where the address names a field, the summary leaves the focus alone: the next key is in that field."""
    with page_of(path_of("answers with mistakes", "da")) as page:
        expect(page.locator("#summary")).to_be_focused()
        page.get_by_role("link", name="Hvor mange personer").click()
        page.wait_for_url("**?check=1#f-target_group_size")
        drawn(page)
        expect(page.locator("#summary")).not_to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator("#f-target_group_size, #f-settings").and_(page.locator(":focus"))).to_be_visible()


def test_s18_enter_in_a_table_does_not_remove_a_row(page_of: Open) -> None:
    """S18: Enter in a cell saves like the last button; the row stays. Rows are added and removed by keyboard."""
    with page_of(path_of("table with mistakes", "da")) as page:
        page.get_by_role("button", name="Tilføj en række").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**#f-partners-2")
        drawn(page)
        page.keyboard.press("Tab")
        expect(page.locator("#f-partners-2-name")).to_be_focused()
        page.keyboard.type("En mere")
        page.keyboard.press("Enter")
        page.wait_for_url("**/del/civil_society?check=1")
        assert page.locator("#f-partners-2-name").input_value() == "En mere"
        page.get_by_role("button", name="Fjern række 2").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**#f-partners")
        assert page.locator("#f-partners-2").count() == 0


def test_what_is_left_of_a_text_is_told_while_it_is_written(page_of: Open) -> None:
    """With JavaScript the characters left are counted as we count them, and too many are said in red."""
    with page_of(path_of("section", "da")) as page:
        told = page.locator("#f-background-remaining")
        page.get_by_label("Baggrund for ansøgningen").fill("æøå 👍\nx")
        expect(told).to_have_text("3.993 tegn tilbage")
        page.get_by_label("Baggrund for ansøgningen").fill("x" * 4001)
        expect(told).to_have_text("1 tegn for meget")
        expect(page.locator("#f-background-remaining + [role=status]")).to_have_text("1 tegn for meget")
    with page_of(path_of("section", "da"), javascript=False) as page:
        assert page.locator("#f-background-remaining").is_hidden()
        assert page.locator("#f-background-limit").inner_text() == "Højst 4.000 tegn."


@pytest.mark.program("npm")
def test_two_tabs_both_keep_what_they_wrote(page_of: Open, browser: Browser, libraries: Path) -> None:
    """The second tab's text and the first one's stand beside each other; axe finds nothing, and nothing is cut off."""
    for width in WIDTHS.values():
        with begun(page_of, width=width) as page:
            other = browser.new_page()
            other.goto(page.url)
            fill_applicant(other)
            other.get_by_role("button", name="Gem, og hold pause").click()
            other.close()
            fill_applicant(page)
            page.get_by_label("Kontaktpersonens navn").fill("En helt anden")
            with page.expect_response(lambda answered: answered.status == 409):
                page.get_by_role("button", name="Gem og fortsæt").click()
            assert page.get_by_label("Kontaktpersonens navn").input_value() == "En helt anden"
            assert page.locator("#f-contact_name-other bdi").inner_text() == "Prøve Person"
            expect(page.locator("#summary")).to_be_focused()
            assert barriers(page, libraries) == []
            assert sideways(page) <= 0
            page.get_by_role("button", name="Gem og fortsæt").click()
            page.wait_for_url("**/del/collaboration")


@pytest.mark.program("npm")
def test_s18_axe_finds_nothing_after_the_deadline(page_of: Open, world: Remembered, libraries: Path) -> None:
    """S18: nor on the page that says that the deadline has passed, in the warning before sending late."""
    deadline = world.versions[EXTENDED][-1].call.deadline_at
    assert deadline is not None
    try:
        world.moment = deadline + timedelta(hours=1)
        for width in WIDTHS.values():
            with page_of(path_of("answers", "da"), width) as page:
                assert "modtaget efter fristen" in page.locator("main").inner_text()
                assert barriers(page, libraries) == []
                assert sideways(page) <= 0
    finally:
        world.moment = NOW


def test_s08_a_page_of_a_draft_tells_nobody_its_address(page_of: Open) -> None:
    """S8: a link to another site that is followed from a draft brings no referrer, and scripts have none to tell."""
    with page_of(path_of("draft", "da")) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.headers.get("referer", "")))
        page.get_by_role("link", name="Ansøger", exact=True).click()
        page.wait_for_url("**/del/applicant")
        assert set(asked) <= {""}
        assert page.evaluate("document.referrer") == ""


def test_a_first_view_of_a_section_is_small(page_of: Open) -> None:
    """The largest page of the form, with its names to choose from, stays far below the limit of a page."""
    with page_of(path_of("table with mistakes", "da")) as page:
        sizes: list[int] = json.loads(
            page.evaluate("JSON.stringify(performance.getEntriesByType('resource').map(e => e.transferSize))")
        )
        whole = page.evaluate("performance.getEntriesByType('navigation')[0].transferSize")
        assert sum(sizes) + whole < 100_000
