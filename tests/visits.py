"""Visits to the deployed portal in a real browser: its pages, what is sent from them, and what came of it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from builders import DEFINITION, a_call
from puljeport.submissions import Submission
from puljeport_cli import cloud, mailbox
from puljeport_cli.demo_uploads import until
from puljeport_cli.fill import fill_docx
from puljeport_cli.mailbox import Mail
from puljeport_cli.stack import Stack

SOON = 60_000
"""Milliseconds in which the local cloud reads a file, also on a busy machine."""
GOOD = {"municipality": "Aarhus", "contact_name": "Åse Ærø", "contact_email": "aase@example.dk"}
NAME = "Ansøgning på æøå.docx"
OPEN = {"opens": "2018-02-27T00:00:00", "deadline": "2048-04-09T23:59:59"}


def published(stack: Stack, call: str, **changes: Any) -> bytes:
    """Publish a call that is open and asks for a document beside its form; its mailboxes hear from then on. Gives its
    Word form."""
    field = {"id": "statutes", "type": "attachment", "label": {"da": "Vedtægter", "en": "Statutes"}}
    section = DEFINITION["form"]["sections"][0]
    section = section | {"fields": [*section["fields"], field]}
    publisher = stack.publisher()
    made = a_call(**{"id": call, "form": {"sections": [section]}} | OPEN | changes)
    publisher.publish(publisher.plan(made), "# Vejledning\n\nSådan gør I.")
    assert stack.local
    cloud.sync_mail(stack.local)
    published = stack.store.current_call(call)
    assert published
    key = f"calls/{call}/v{published.version}/ansoegningsskema.docx"
    data: bytes = stack.client("s3").get_object(Bucket=stack.output("DocumentsBucketName"), Key=key)["Body"].read()
    return data


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


@contextmanager
def slowed(page: Page, rate: int) -> Iterator[None]:
    """Let a page send only so many bytes a second."""
    network = page.context.new_cdp_session(page)
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
    network.send("Network.emulateNetworkConditions", conditions | {"uploadThroughput": rate})
    yield
    network.send("Network.emulateNetworkConditions", conditions | {"uploadThroughput": -1})


def form(blank: bytes, folder: Path, **answers: str) -> Path:
    """The Word form filled in, on disk under a Danish name."""
    path = folder / NAME
    path.write_bytes(fill_docx(blank, {**GOOD, **answers}))
    return path


def heading(page: Page, words: str) -> None:
    """Wait for a page's heading."""
    expect(page.locator("h1")).to_have_text(re.compile(words), timeout=SOON)


def choose(page: Page, file: Any) -> None:
    """Choose the filled-in form, and let go of it."""
    page.get_by_label("Dit udfyldte skema").set_input_files(file)
    page.get_by_role("button", name="Indsend").click()


def record(stack: Stack, page: Page) -> Submission:
    """The record behind the status page that a browser shows."""
    found = stack.store.submission(urlsplit(page.url).path.split("/status/")[1].split("/")[0])
    assert found is not None
    return found


def versions(stack: Stack, call: str) -> list[dict[str, Any]]:
    """All object versions that were sent to a call."""
    bucket = stack.output("UploadsBucketName")
    listed = stack.client("s3").list_object_versions(Bucket=bucket, Prefix=f"incoming/{call}/")
    found: list[dict[str, Any]] = listed.get("Versions", [])
    return found


def mails(stack: Stack, reference: str, expected: int) -> list[Mail]:
    """The mails about a submission, once as many came as are expected."""
    state = stack.local
    assert state

    def about() -> list[Mail]:
        return [mail for mail in mailbox.mails(state) if reference in mail.subject]

    return until(about, lambda found: len(found) >= expected, SOON / 1000)


def links(stack: Stack, mail: Mail) -> set[str]:
    """The addresses of status pages in a mail, in its text and in its HTML: the same in both."""
    assert stack.local
    as_html = cloud.read_text(f"{stack.local.mail_page}messages/{mail.id}.html")
    shown = set(re.findall(r'href="([^"]+/status/[^"]+)"', as_html))
    written = set(re.findall(r"https?://\S+/status/\S+", mailbox.text(stack.local, mail)))
    assert {html.unescape(each) for each in shown} == written
    return written
