"""Applying through the portal as it is deployed, in a real browser (Debian's chromium) over the local cloud."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pypdf import PdfReader

from builders import DEFINITION, a_call
from puljeport.submissions import State, Submission
from puljeport_cli.fill import fill_docx
from puljeport_cli.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.cloud, pytest.mark.program("chromium")]

CALL = "indsendelse-2018"
GOOD = {"municipality": "Aarhus", "contact_name": "Åse Ærø", "contact_email": "aase@example.dk"}
SOON = 60_000
"""Milliseconds in which the local cloud reads a file, also on a busy machine."""
MUNICIPALITIES = iter(
    ["101", "147", "461", "561", "615", "630", "657", "661", "665", "671", "706", "707", "710", "727"]
)


@pytest.fixture(scope="module")
def blank(stack: Stack) -> bytes:
    """The Word form of a published call that is open, and asks for a document beside it."""
    field = {"id": "statutes", "type": "attachment", "label": {"da": "Vedtægter", "en": "Statutes"}}
    section = DEFINITION["form"]["sections"][0]
    section = section | {"fields": [*section["fields"], field]}
    call = a_call(id=CALL, opens="2018-02-27T00:00:00", deadline="2048-04-09T23:59:59", form={"sections": [section]})
    publisher = stack.publisher()
    publisher.publish(publisher.plan(call), "# Vejledning\n\nSådan gør I.")
    bucket = stack.output("DocumentsBucketName")
    key = f"calls/{CALL}/v1/ansoegningsskema.docx"
    data: bytes = stack.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return data


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield started
        started.close()


@contextmanager
def opened(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """A page of the portal in a browser of its own; what the browser complains of, fails the test."""
    complaints: list[str] = []
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | options)
    page = context.new_page()
    page.set_default_timeout(SOON)
    page.on("console", lambda told: complaints.append(told.text))
    page.goto(address)
    yield page
    context.close()
    assert not [each for each in complaints if "net::ERR" not in each], complaints


def address(stack: Stack, path: str = f"puljer/{CALL}") -> str:
    """A page of the deployed portal."""
    return stack.portal + path


def form(blank: bytes, folder: Path, **answers: str) -> Path:
    """The Word form filled in, on disk under a Danish name."""
    path = folder / "Ansøgning på æøå.docx"
    path.write_bytes(fill_docx(blank, {**GOOD, "municipality": next(MUNICIPALITIES), **answers}))
    return path


def record(stack: Stack, page: Page) -> Submission | None:
    """The record behind the status page that a browser shows."""
    return stack.store.submission(urlsplit(page.url).path.split("/status/")[1].split("/")[0])


def rows(stack: Stack, submission: Submission) -> list[str]:
    """The events that somebody is told of a submission."""
    return sorted({notice.event.value for notice in stack.outbox.of_submission(submission.id)})


def heading(page: Page, words: str) -> None:
    """Wait for a page's heading."""
    expect(page.locator("h1")).to_have_text(re.compile(words), timeout=SOON)


def send_new(page: Page, file: Path) -> None:
    """From a status page, send a file that replaces what was sent, and wait until it is in order."""
    before = page.url
    page.get_by_role("link", name="Send en ny fil").click()
    page.get_by_label("Dit udfyldte skema").set_input_files(file)
    page.get_by_role("button", name="Indsend").click()
    page.wait_for_url(lambda url: "/status/" in url and url != before)
    heading(page, "i orden")


# -- the whole way ---------------------------------------------------------------------------------------------------


def test_a_newcomer_applies_corrects_replaces_and_withdraws(
    stack: Stack, blank: bytes, browser: Browser, tmp_path: Path
) -> None:
    """From the call's page: the form is fetched, filled in with a mistake, sent with progress, acknowledged with a
    receipt, corrected, replaced and withdrawn; the record and who is told agree at each step."""
    municipality = next(MUNICIPALITIES)
    with opened(browser, address(stack)) as page:
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Word-skema").click()
        assert Path(waiting.value.path()).read_bytes() == blank
        page.get_by_role("link", name="Indsend ansøgning").click()
        faulty = form(blank, tmp_path, municipality=municipality, contact_email="aase@@example")
        page.get_by_label("Dit udfyldte skema").set_input_files(faulty)
        page.get_by_label("E-mail til kvittering").fill("kvittering@example.dk")
        page.get_by_role("button", name="Indsend").click()
        page.wait_for_url("**/status/**")
        heading(page, "Din ansøgning skal rettes")
        first = record(stack, page)
        assert first is not None
        assert (first.state, first.file_name) == (State.NEEDS_CORRECTION, "Ansøgning på æøå.docx")
        assert rows(stack, first) == ["needs_correction"]
        page.get_by_role("link", name="E-mail", exact=True).click()
        assert page.evaluate("location.hash") == "#field-contact_email"
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Hent din egen fil").click()
        assert waiting.value.suggested_filename == f"{first.reference} rettes.docx"
        assert urlsplit(waiting.value.url).netloc != urlsplit(page.url).netloc
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Gem kvitteringen som PDF").click()
        assert waiting.value.suggested_filename == f"{first.reference} kvittering.pdf"
        told = PdfReader(waiting.value.path()).get_fields() or {}
        assert told["sha256"].value == hashlib.sha256(faulty.read_bytes()).hexdigest()
        send_new(page, form(blank, tmp_path, municipality=municipality))
        second = record(stack, page)
        assert second is not None
        assert second.state is State.ACCEPTED
        send_new(page, form(blank, tmp_path, municipality=municipality, contact_name="Bo Nyere"))
        expect(page.locator("main")).to_contain_text("Den har erstattet den, du sendte før.")
        expect(page.locator("#field-contact_name dd")).to_contain_text("Bo Nyere")
        third = record(stack, page)
        assert third is not None
        replaced = stack.store.submission(second.id)
        assert replaced is not None
        assert (replaced.state, rows(stack, replaced)) == (State.REPLACED, ["accepted", "replaced"])
        page.get_by_role("link", name="Træk ansøgningen tilbage").click()
        page.get_by_role("button", name="Ja, træk den tilbage").click()
        heading(page, "trukket tilbage")
        withdrawn = stack.store.submission(third.id)
        assert withdrawn is not None
        assert withdrawn.state is State.WITHDRAWN
        assert "accepted" in rows(stack, withdrawn)
        assert stack.store.counting(CALL, municipality) is None


def test_it_works_without_a_script(stack: Stack, blank: bytes, browser: Browser, tmp_path: Path) -> None:
    """With JavaScript off: two pages instead of one, the bucket sends the browser on, and the status page comes to its
    result by itself; the file keeps its Danish name; it is withdrawn too."""
    with opened(browser, address(stack), java_script_enabled=False) as page:
        page.get_by_role("link", name="Indsend ansøgning").click()
        assert page.locator("input[type=file]").first.is_hidden()
        page.get_by_role("button", name="Fortsæt").click()
        page.get_by_label("Dit udfyldte skema").set_input_files(form(blank, tmp_path))
        page.get_by_role("button", name="Indsend").click()
        page.wait_for_url("**/status/**")
        heading(page, "Vi har modtaget din fil|i orden")
        heading(page, "i orden")
        found = record(stack, page)
        assert found is not None
        assert (found.state, found.file_name) == (State.ACCEPTED, "Ansøgning på æøå.docx")
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
    path = form(blank, tmp_path)
    with opened(browser, address(stack, f"puljer/{CALL}/indsend")) as page:

        def tab_to(selector: str) -> None:
            for _ in range(40):
                page.keyboard.press("Tab")
                if page.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
                    return
            raise AssertionError(selector)

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


# -- what goes wrong on the way --------------------------------------------------------------------------------------


def test_a_connection_that_breaks_is_sent_again_as_the_same_submission(
    stack: Stack, blank: bytes, browser: Browser, tmp_path: Path
) -> None:
    """The connection breaks, the page says that nothing is lost, and sending again is the same ticket: one record."""
    with opened(browser, address(stack, f"puljer/{CALL}/indsend")) as page:
        keys: list[str] = []
        page.on("request", lambda one: keys.append(str(one.post_data)) if one.url.endswith("/indsend") else None)
        bucket = re.compile(r".*puljeport-local-uploads.*")
        page.route(bucket, lambda route: route.abort("connectionreset"))
        page.get_by_label("Dit udfyldte skema").set_input_files(form(blank, tmp_path))
        page.get_by_role("button", name="Indsend").click()
        expect(page.locator("[data-error]")).to_contain_text("Forbindelsen blev afbrudt")
        page.unroute(bucket)
        page.reload()
        page.get_by_label("Dit udfyldte skema").set_input_files(tmp_path / "Ansøgning på æøå.docx")
        page.get_by_role("button", name="Indsend").dblclick()
        page.wait_for_url("**/status/**")
        heading(page, "i orden")
        tickets = [re.search(r"ticket=([0-9a-f]{32})", each) for each in keys]
        assert len({found[1] for found in tickets if found}) == 1
        found = record(stack, page)
        assert found is not None
        assert found.state is State.ACCEPTED
        versions = stack.client("s3").list_object_versions(Bucket=found.bucket, Prefix=found.key)["Versions"]
        assert len(versions) == 1  # a doubled click sends once


def test_cancelling_sends_nothing(stack: Stack, blank: bytes, browser: Browser, tmp_path: Path) -> None:
    """While it is sent the page shows progress and a button to stop, and after that it can be sent after all."""
    with opened(browser, address(stack, f"puljer/{CALL}/indsend")) as page:
        bucket = re.compile(r".*puljeport-local-uploads.*")
        page.route(bucket, lambda _route: None)  # never answered
        page.get_by_label("Dit udfyldte skema").set_input_files(form(blank, tmp_path))
        page.get_by_role("button", name="Indsend").click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.locator("[data-going-label]")).to_have_text("Sender Ansøgning på æøå.docx")
        page.get_by_role("button", name="Afbryd").click()
        expect(page.locator("[data-error]")).to_contain_text("Afbrudt. Intet er indsendt.")
        expect(page.get_by_role("progressbar")).to_be_hidden()
        page.unroute(bucket)
        page.get_by_role("button", name="Indsend").click()
        page.wait_for_url("**/status/**")


NOT_SENT = (
    ("skema.docx", 0, "Filen er tom"), ("skema.docx", 10_000_001, "højst fylde 10 MB"),
    ("skema.pages", 5, "Denne slags fil (.pages)"), ("<img src=x onerror=alert(1)>", 5, "Denne slags fil"),
)  # fmt: skip


@pytest.mark.usefixtures("blank")
def test_what_cannot_be_sent_is_said_before_it_is_sent(stack: Stack, browser: Browser) -> None:
    """An empty, a large and a strange file are refused in the page, with what to do, and no request is made."""
    with opened(browser, address(stack, f"puljer/{CALL}/indsend")) as page:
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
        assert asked == []


def test_two_tabs_are_two_files_of_which_the_later_counts(
    stack: Stack, blank: bytes, browser: Browser, tmp_path: Path
) -> None:
    """The same applicant sends from two tabs: nothing is mixed, the later one counts, the earlier's page says so."""
    municipality = next(MUNICIPALITIES)
    with (
        opened(browser, address(stack, f"puljer/{CALL}/indsend")) as one,
        opened(browser, address(stack, f"puljer/{CALL}/indsend")) as two,
    ):
        for page, name in ((one, "Første"), (two, "Anden")):
            page.get_by_label("Dit udfyldte skema").set_input_files(
                form(blank, tmp_path, municipality=municipality, contact_name=name)
            )
            page.get_by_role("button", name="Indsend").click()
            page.wait_for_url("**/status/**")
            heading(page, "i orden")
            time.sleep(1.1)  # S3's times are whole seconds
        one.reload()
        heading(one, "En nyere ansøgning har erstattet denne")
