"""Applying through the portal as it is deployed, in a real browser (Debian's chromium) over the local cloud."""

from __future__ import annotations

import hashlib
import json
import time
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from builders import DEFINITION
from office import Office
from puljeport.submissions import State, Submission
from puljeport_cli import mailbox
from puljeport_cli.mailbox import Mail
from puljeport_cli.stack import Stack
from visits import GOOD, NAME, choose, form, heading, links, mails, opened, published, record, slowed

pytestmark = [pytest.mark.slow, pytest.mark.cloud, pytest.mark.program("chromium")]

CALL = "indsendelse-2018"
SLOWLY = 5_000
"""Bytes that are sent in a second, so that a form takes some of them."""
MUNICIPALITIES = iter(["101", "147", "461", "561", "615", "630", "657"])


@pytest.fixture(scope="module")
def blank(stack: Stack) -> bytes:
    """The Word form of a published call."""
    return published(stack, CALL)


# -- the whole way ---------------------------------------------------------------------------------------------------

WAY = "hele-vejen-2018"
OFFICER, CONSULTANT = "hele-vejen-kontor@example.dk", "hele-vejen-konsulent@example.dk"
CONTACTS = [
    DEFINITION["contacts"][0] | {"email": OFFICER, "notify": ["needs_correction", "withdrawn"]},
    DEFINITION["contacts"][2] | {"email": CONSULTANT, "notify": ["accepted", "replaced", "withdrawn"]},
]
APPLICANT = GOOD["contact_email"]


@pytest.mark.program("soffice")
def test_a_newcomer_applies_corrects_replaces_and_withdraws(
    stack: Stack, browser: Browser, office: Office, tmp_path: Path
) -> None:
    """The form is fetched, filled in by LibreOffice with a mistake, sent with progress, corrected in the marked copy,
    replaced and withdrawn; page, record and the mails that arrived agree at each step."""
    blank = published(stack, WAY, contacts=CONTACTS)
    with opened(browser, stack.portal + f"puljer/{WAY}") as page:
        fetched = download(page, "Word-skema")
        assert fetched == blank
        page.get_by_role("link", name="Indsend ansøgning").click()
        page.get_by_label("E-mail til kvittering").fill("kvittering@example.dk")
        faulty = office.fill(fetched, "docx", GOOD | {"contact_email": "aase@@example"})
        send_watched(page, saved(tmp_path, faulty))
        heading(page, "Din ansøgning skal rettes")
        first = record(stack, page)
        assert (first.state, first.file_name) == (State.NEEDS_CORRECTION, NAME)
        letter, _ = told(
            stack, first, ("kvittering@example.dk", "Jeres ansøgning skal rettes ({0})"),
            (OFFICER, "Puljeport {0}: ansoegning skal rettes (hele-vejen-2018)"),
        )  # fmt: skip
        (wrong,) = first.problems
        expect(page.locator("main")).to_contain_text(wrong.message.da)
        assert f"1. E-mail ({wrong.place.da if wrong.place else ''}): {wrong.message.da}" in text(stack, letter)
        follow(stack, page, letter)
        page.get_by_role("link", name="E-mail", exact=True).click()
        assert page.evaluate("location.hash") == "#field-contact_email"

        receipt = download(page, "Gem kvitteringen som PDF", f"{first.reference} kvittering.pdf")
        facts = PdfReader(BytesIO(receipt)).get_fields() or {}
        assert facts["sha256"].value == hashlib.sha256(faulty).hexdigest()
        marked = download(page, "Hent din egen fil", f"{first.reference} rettes.docx")
        send_new(page, saved(tmp_path, office.fill(marked, "docx", {"contact_email": APPLICANT})))
        second = record(stack, page)
        assert second.state is State.ACCEPTED
        letter, _ = told(
            stack, second, (APPLICANT, "Vi har modtaget jeres ansøgning ({0})"),
            (CONSULTANT, "Puljeport {0}: new valid application (hele-vejen-2018)"),
        )  # fmt: skip
        assert "Det har vi læst i skemaet" in text(stack, letter)
        follow(stack, page, letter)

        newer = office.fill(fetched, "docx", GOOD | {"contact_name": "Bo Nyere"})
        send_new(page, saved(tmp_path, newer))
        expect(page.locator("main")).to_contain_text("Den har erstattet den, du sendte før.")
        expect(page.locator("#field-contact_name dd")).to_contain_text("Bo Nyere")
        third = record(stack, page)
        accepted = (
            (APPLICANT, "Vi har modtaget jeres ansøgning ({0})"),
            (CONSULTANT, "Puljeport {0}: new valid application (hele-vejen-2018)"),
        )
        letter, _ = told(stack, third, *accepted)
        follow(stack, page, letter)
        assert state(stack, second) is State.REPLACED
        *_, letter, _ = told(
            stack, second, *accepted, (APPLICANT, "Jeres ansøgning er erstattet af en nyere ({0})"),
            (CONSULTANT, "Puljeport {0}: application replaced by a later one (hele-vejen-2018)"),
        )  # fmt: skip
        assert third.reference in text(stack, letter)

        page.get_by_role("link", name="Træk ansøgningen tilbage").click()
        page.get_by_role("button", name="Ja, træk den tilbage").click()
        heading(page, "trukket tilbage")
        assert state(stack, third) is State.WITHDRAWN
        assert stack.store.counting(WAY, third.applicant or "") is None
        told(
            stack, third, *accepted, (APPLICANT, "Jeres ansøgning er trukket tilbage ({0})"),
            (OFFICER, "Puljeport {0}: ansoegning trukket tilbage (hele-vejen-2018)"),
            (CONSULTANT, "Puljeport {0}: application withdrawn (hele-vejen-2018)"),
        )  # fmt: skip
        assert [len(mails(stack, each.reference, 0)) for each in (first, second, third)] == [2, 4, 5]


def download(page: Page, link: str, name: str = "") -> bytes:
    """What a link hands out to be saved, under the name that it says."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name=link).click()
    assert name in ("", waiting.value.suggested_filename)
    return Path(waiting.value.path()).read_bytes()


def saved(folder: Path, data: bytes) -> Path:
    """A form on disk, under a Danish name."""
    path = folder / NAME
    path.write_bytes(data)
    return path


def send_watched(page: Page, file: Path) -> None:
    """Send a form over a slow connection, and see its progress meanwhile."""
    with slowed(page, SLOWLY):
        choose(page, file)
        expect(page.get_by_role("progressbar", name=f"Sender {NAME}")).to_be_visible()
        page.wait_for_url("**/status/**")


def send_new(page: Page, file: Path) -> None:
    """From a status page, send a file that replaces what was sent, and wait until it is in order."""
    before = page.url
    page.get_by_role("link", name="Send en ny fil").click()
    choose(page, file)
    page.wait_for_url(lambda url: "/status/" in url and url != before)
    heading(page, "i orden")


def told(stack: Stack, submission: Submission, *expected: tuple[str, str]) -> list[Mail]:
    """The mails that arrived about a submission: exactly those to these people with these subjects, in this order."""
    found = mails(stack, submission.reference, len(expected))
    wanted = [(to, subject.format(submission.reference)) for to, subject in expected]
    assert sorted((mail.recipient, mail.subject) for mail in found) == sorted(wanted)
    return sorted(found, key=lambda mail: wanted.index((mail.recipient, mail.subject)))


def text(stack: Stack, mail: Mail) -> str:
    """What a mail says."""
    assert stack.local
    return mailbox.text(stack.local, mail)


def follow(stack: Stack, page: Page, letter: Mail) -> None:
    """The one link in a letter leads to the very page that the browser shows."""
    before, words = page.url, page.locator("h1").inner_text()
    (link,) = links(stack, letter)
    assert link == before
    page.goto(stack.portal)
    page.goto(link)
    heading(page, words)


def state(stack: Stack, submission: Submission) -> State:
    """Where a submission stands now."""
    found = stack.store.submission(submission.id)
    assert found
    return found.state


# -- other ways of applying ------------------------------------------------------------------------------------------


def test_it_works_without_a_script(stack: Stack, blank: bytes, browser: Browser, tmp_path: Path) -> None:
    """With JavaScript off: two pages instead of one, the bucket sends the browser on, and the status page comes to its
    result by itself; the file keeps its Danish name; it is withdrawn too."""
    with opened(browser, stack.portal + f"puljer/{CALL}", java_script_enabled=False) as page:
        page.get_by_role("link", name="Indsend ansøgning").click()
        assert page.locator("input[type=file]").first.is_hidden()
        page.get_by_role("button", name="Fortsæt").click()
        page.get_by_label("Dit udfyldte skema").set_input_files(
            form(blank, tmp_path, municipality=next(MUNICIPALITIES))
        )
        page.get_by_role("button", name="Indsend").click()
        page.wait_for_url("**/status/**")
        heading(page, "Vi har modtaget din fil|i orden")
        heading(page, "i orden")
        found = record(stack, page)
        assert (found.state, found.file_name) == (State.ACCEPTED, NAME)
        page.get_by_role("button", name="Tilføj bilag").click()
        document = tmp_path / "Vedtægter.pdf"
        document.write_bytes(b"%PDF-1.7\n...")
        page.get_by_label("Bilaget").set_input_files(document)
        page.get_by_role("button", name="Send bilaget").click()
        page.wait_for_url("**/status/**")
        for _ in range(30):
            if page.get_by_text("Modtaget og i orden.").count():
                break
            time.sleep(1)
            page.reload()
        expect(page.locator("#attachments")).to_contain_text("Vedtægter.pdf")
        expect(page.locator("#attachments")).to_contain_text("Modtaget og i orden.")
        page.get_by_role("link", name="Træk ansøgningen tilbage").click()
        page.get_by_role("button", name="Ja, træk den tilbage").click()
        heading(page, "trukket tilbage")


def test_it_works_with_the_keyboard_alone(stack: Stack, blank: bytes, browser: Browser, tmp_path: Path) -> None:
    """Nothing but tab, space and enter: a file is chosen, sent and acknowledged, and what was read has the focus."""
    path = form(blank, tmp_path, municipality=next(MUNICIPALITIES))
    with opened(browser, stack.portal + f"puljer/{CALL}/indsend") as page:

        def tab_to(selector: str) -> None:
            for _ in range(40):
                page.keyboard.press("Tab")
                if page.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
                    return
            raise AssertionError(selector)

        # The browser is told now to ask us for files rather than a person: it may take it a moment.
        page.on("filechooser", lambda _asking: None)
        tab_to("[data-file]")
        with page.expect_file_chooser() as chosen:
            page.keyboard.press("Enter")
        chosen.value.set_files(path)
        tab_to("[data-button]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/status/**")
        heading(page, "i orden")
        assert page.evaluate("document.activeElement.matches('h1')") or page.evaluate(
            "!document.querySelector('[data-waiting]')"
        )


NOT_SENT = (
    ("skema.docx", 0, "Filen er tom"), ("skema.docx", 10_000_001, "højst fylde 10 MB"),
    ("skema.pages", 5, "Denne slags fil (.pages)"), ("<img src=x onerror=alert(1)>", 5, "Denne slags fil"),
)  # fmt: skip


@pytest.mark.usefixtures("blank")
def test_what_cannot_be_sent_is_said_before_it_is_sent(stack: Stack, browser: Browser) -> None:
    """An empty, a large and a strange file are refused in the page, with what to do, and no request is made."""
    with opened(browser, stack.portal + f"puljer/{CALL}/indsend") as page:
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url))
        for name, size, words in NOT_SENT:
            page.get_by_label("Dit udfyldte skema").set_input_files(
                {"name": name, "mimeType": "application/octet-stream", "buffer": b"x" * size}
            )
            page.get_by_role("button", name="Indsend").click()
            expect(page.locator("[data-error]")).to_contain_text(words)
            assert page.evaluate("document.activeElement.id") == "file"
        assert page.locator("img").count() == 0
        assert [url for url in asked if "/assets/" not in url] == []  # an icon may come after the page


def test_two_tabs_are_two_files_of_which_the_later_counts(
    stack: Stack, blank: bytes, browser: Browser, tmp_path: Path
) -> None:
    """The same applicant sends from two tabs: nothing is mixed, the later one counts, the earlier's page says so."""
    municipality = next(MUNICIPALITIES)
    with (
        opened(browser, stack.portal + f"puljer/{CALL}/indsend") as one,
        opened(browser, stack.portal + f"puljer/{CALL}/indsend") as two,
    ):
        for page, name in ((one, "Første"), (two, "Anden")):
            choose(page, form(blank, tmp_path, municipality=municipality, contact_name=name))
            page.wait_for_url("**/status/**")
            heading(page, "i orden")
            time.sleep(1.1)  # S3's times are whole seconds
        one.reload()
        heading(one, "En nyere ansøgning har erstattet denne")
