"""The portal in a real browser (Debian's chromium): barriers, keyboard, narrow screens, large text, no JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import icalendar
import pytest
from playwright.sync_api import Browser, Page, Response

import portals
from browsing import CUT_OFF, TEXT_200, Open, barriers, sideways
from portals import EXTENDED, NOW, PAGES, WIDTHS, Remembered, path_of
from puljeport.texts import LANGUAGES, Language

pytestmark = [pytest.mark.slow, pytest.mark.program("chromium")]


@pytest.fixture(scope="module")
def world() -> Remembered:
    """Calls at every stage with all their documents."""
    return portals.published_calls(NOW)


@pytest.fixture(scope="module")
def site(world: Remembered) -> Iterator[str]:
    """The portal's address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_TRACE_DISABLED", "1")
        with portals.serving(patch, world, portal_owner="Eksempelstyrelsen") as address:
            yield address


@pytest.mark.program("npm")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_s18_axe_finds_nothing(page_of: Open, libraries: Path, name: str, language: Language) -> None:
    """S18: no barrier on any page, errors too, in both languages, on a phone and a desktop, and none is cut off."""
    for width in WIDTHS.values():
        with page_of(path_of(name, language), width) as page:
            assert barriers(page, libraries) == []
            assert sideways(page) <= 0


@pytest.mark.program("npm")
def test_axe_would_find_something(page_of: Open, libraries: Path) -> None:
    """The checker that finds nothing above does find a picture without words, were there one."""
    with page_of("/") as page:
        page.evaluate("document.querySelector('main').append(document.createElement('img'))")
        assert any(found.startswith("image-alt") for found in barriers(page, libraries))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_s18_text_twice_as_large_fits(page_of: Open, name: str, language: Language) -> None:
    """S18: with letters of 200 % nothing is cut off (WCAG 1.4.4), not even on a phone."""
    for width in WIDTHS.values():
        with page_of(path_of(name, language), width, style=TEXT_200) as page:
            assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == 32
            assert sideways(page) <= 0
            assert page.evaluate(CUT_OFF) == []


def test_s18_spacing_of_ones_own_fits(page_of: Open) -> None:
    """S18: with the line, letter and word spacing of WCAG 1.4.12 a call's page on a phone still fits."""
    style = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    with page_of(path_of("open", "da"), 320, style=style) as page:
        assert sideways(page) <= 0


# -- keyboard --------------------------------------------------------------------------------------------------------


def stops(page: Page, limit: int = 80) -> list[str]:
    """The names of what the tab key stops at, in order, each of them seen to be marked."""
    names: list[str] = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        name, marked, visible = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
            return [e === document.body ? '' : (e.innerText || e.id || e.className).trim(),
              parseFloat(s.outlineWidth) >= 2 && s.outlineStyle !== 'none', r.top >= 0 && r.bottom <= innerHeight]; }"""
        )
        if not name:
            break
        assert marked, f"focus on {name} cannot be seen"
        assert visible, f"{name} is focused out of sight"
        names.append(name)
    return names


def test_s18_the_keyboard_goes_through_a_call_in_the_order_of_reading(page_of: Open) -> None:
    """S18: skip link, header, deadline and form, contents, then the page; every stop is marked and in sight."""
    with page_of(path_of("open", "da")) as page:
        names = stops(page)
    assert names[:9] == [
        "Gå til sidens indhold", "English", "Puljeportal", "Alle puljer", "Udfyld online", "Hent ansøgningsskemaet",
        "Indsend ansøgning", "Tjek dit skema, før du sender det", "Sæt fristen i din kalender",
    ]  # fmt: skip
    rest = [next(i for i, name in enumerate(names) if words in name) for words in (
        "Kort om puljen", "Puljevejledning", "Word-skema", "PDF-skema", "tilskud@example.dk", "Tilgængelighed",
    )]  # fmt: skip
    assert rest == sorted(rest)


def test_s18_the_skip_link_skips(page_of: Open) -> None:
    """S18: it is seen when it is focused, and the next stop after following it is in the page's content."""
    with page_of("/") as page:
        page.keyboard.press("Tab")
        assert page.get_by_text("Gå til sidens indhold").is_visible()
        page.wait_for_timeout(400)
        assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "q"


def test_s18_a_search_is_made_with_the_keyboard_alone(page_of: Open) -> None:
    """S18: words, a choice and Enter find the call, and its page is reached, without a mouse."""
    with page_of("/") as page:
        page.get_by_label("Søg i puljer").focus()
        page.keyboard.type("netværk")
        page.keyboard.press("Tab")
        page.keyboard.press("K")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?q=netv%C3%A6rk&kind=municipality")
        assert page.locator("#found").inner_text().startswith("Fandt 1 af 5 puljer.")
        page.get_by_role("link", name="Netværk for frivillige").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/puljer/{EXTENDED}")


# -- without JavaScript, and what is fetched -------------------------------------------------------------------------


def test_all_of_it_works_without_javascript(page_of: Open, world: Remembered) -> None:
    """With JavaScript off: search, call, language, guide, and a form that is saved whole under its Danish name."""
    with page_of("/", javascript=False) as page:
        page.get_by_label("Hvem søger?").select_option("municipality")
        page.get_by_role("button", name="Vis puljer").click()
        page.get_by_role("link", name="Netværk for frivillige").click()
        assert page.locator("h1").inner_text() == "Netværk for frivillige i udsatte boligområder"
        page.get_by_role("link", name="English", exact=True).click()
        assert page.locator("h1").inner_text() == "Networks of volunteers in housing areas"
        assert page.locator("html").get_attribute("lang") == "en"
        page.get_by_role("link", name="Dansk", exact=True).click()
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Word-skema").click()
        assert waiting.value.suggested_filename == f"Ansøgningsskema {EXTENDED}.docx"
        assert Path(waiting.value.path()).read_bytes() == world.kept[f"calls/{EXTENDED}/v2/ansoegningsskema.docx"]
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Sæt fristen i din kalender").click()
        (event,) = icalendar.Calendar.from_ical(Path(waiting.value.path()).read_bytes()).walk("VEVENT")
        assert str(event["summary"]).startswith("Frist: Netværk")
        page.get_by_role("link", name="Puljevejledning").click()
        assert "Puljevejledning" in page.locator("h1").inner_text()


@pytest.mark.parametrize("name", ["list", "open", "guide"])
def test_a_first_view_is_small_and_asks_nobody_else(site: str, name: str, browser: Browser) -> None:
    """A first visit takes fewer than 200 kB, compressed, in few requests, all of them to the portal itself."""
    page = browser.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it marks what it is given
    page.goto(site + path_of(name, "da"), wait_until="networkidle")
    sizes = {answer.url: sum(answer.request.sizes()[part] for part in ("responseBodySize", "responseHeadersSize"))
             for answer in answers}  # fmt: skip
    page.close()
    assert all(url.startswith(site) for url in sizes)
    assert len(sizes) <= 7, sizes
    assert sum(sizes.values()) < 100_000, sizes


def test_s08_the_policy_holds_in_the_browser(site: str, browser: Browser) -> None:
    """S8: were markup ever let through, the browser would still run none of it and load none of it."""
    page = browser.new_page()
    page.goto(site + path_of("open", "da"))
    ran, refused = page.evaluate(
        """() => new Promise(done => {
          const refused = [];
          document.addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective));
          const script = document.createElement('script'); script.textContent = 'window.ran = true';
          const image = document.createElement('img'); image.src = 'https://evil.example/x.png';
          const text = document.createElement('p'); text.setAttribute('style', 'color: red');
          document.body.append(script, image, text);
          setTimeout(() => done([window.ran === true, [...new Set(refused)].sort()]), 300);
        })"""
    )
    page.close()
    assert not ran
    assert refused == ["img-src", "script-src-elem", "style-src-attr"]


def test_no_other_site_can_show_a_page_in_a_frame(site: str, browser: Browser) -> None:
    """S8: a page in a frame, even of its own origin, stays empty, so that nobody's clicks are borrowed."""
    context = browser.new_context(bypass_csp=False)
    page = context.new_page()
    page.set_content(f'<iframe src="{site}/"></iframe>', wait_until="networkidle")
    shown = [frame.evaluate("document.body.innerText") for frame in page.frames[1:]]
    context.close()
    assert "Puljer" not in "".join(shown)


def test_a_call_is_printed_with_what_paper_can_hold(page_of: Open) -> None:
    """On paper, what only works on a screen is left out, and the whole call is there."""
    with page_of(path_of("open", "da")) as page:
        page.emulate_media(media="print")
        shown = page.locator("body").inner_text()
        assert page.get_by_role("link", name="English", exact=True).is_hidden()
        assert page.get_by_role("link", name="Hent ansøgningsskemaet").is_hidden()
        assert re.search(r"Frist om 19 dage", shown)
        assert "tilskud@example.dk" in shown


def test_time_left_is_that_of_the_moment(page_of: Open, world: Remembered) -> None:
    """An hour before the deadline the page says so; a second after it, that it has passed, and asks for nothing."""
    deadline = world.versions[EXTENDED][-1].call.deadline_at
    assert deadline is not None
    try:
        world.moment = deadline - timedelta(minutes=59, seconds=30)
        with page_of(path_of("open", "da")) as page:
            assert page.locator(".box h2").inner_text() == "Frist i dag, om 59 minutter"
        world.moment = deadline + timedelta(seconds=1)
        with page_of(path_of("open", "en")) as page:
            assert page.locator(".box h2").inner_text() == "The deadline has passed"
            assert page.get_by_role("link", name="Get the application form").count() == 0
    finally:
        world.moment = NOW
