"""What goes wrong while a file is sent from the portal, in a real browser (Debian's chromium) over the local cloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from builders import a_form
from puljeport.submissions import State, Submission
from puljeport_cli.demo_uploads import until
from puljeport_cli.stack import Stack, now
from sendforms import send_form
from visits import SOON, choose, form, heading, opened, published, record, slowed, versions
from wires import Wire

pytestmark = [pytest.mark.slow, pytest.mark.cloud, pytest.mark.program("chromium")]

CALL = "afbrudt-2018"
SIZE = 1_900_000
"""Bytes of a large form: JSON may have 2 MiB."""
BROKEN = "Forbindelsen blev afbrudt. Intet er gået tabt"


@pytest.fixture(scope="module")
def blank(stack: Stack) -> bytes:
    """The Word form of a published call."""
    return published(stack, CALL)


@pytest.fixture
def sending(stack: Stack, blank: bytes, wired: Browser, wire: Wire) -> Iterator[Page]:
    """The page to send from, in a browser whose way to the bucket is whole at the beginning."""
    assert blank
    wire.fault, wire.after, wire.met = "", SIZE // 2, []
    with opened(wired, stack.portal + f"puljer/{CALL}/indsend") as page:
        yield page
    wire.fault = ""


def large(folder: Path, **answers: str) -> Path:
    """A large valid form on disk, which is sent in many parts."""
    path = folder / "Ansøgning på æøå.json"
    path.write_bytes(a_form(call=CALL, **answers).ljust(SIZE))
    return path


def submissions(stack: Stack) -> set[str]:
    """The ids of all submissions to the call."""
    return {one.id for one in stack.store.list_submissions(CALL)}


def stored(stack: Stack, submission: Submission) -> list[str]:
    """The contents (by their hash) that lie under a submission's key, one for each object version."""
    return [version["ETag"] for version in versions(stack, CALL) if version["Key"] == submission.key]


def tickets(page: Page) -> set[str]:
    """The numbers of the tickets that a page asks for from now on."""
    asked: set[str] = set()

    def note(body: str) -> None:
        asked.update(re.findall(r"ticket=([0-9a-f]{32})", body))

    page.on("request", lambda one: note(str(one.post_data)) if one.url.endswith("/indsend") else None)
    return asked


def test_a_connection_that_breaks_at_half_is_sent_again_as_the_same_submission(
    stack: Stack, sending: Page, wire: Wire, tmp_path: Path
) -> None:
    """Half of the file is through when the connection is reset, twice: the page says that nothing is lost, and nothing
    is stored; chosen anew and sent by a double click it is the same ticket, one record and one object version."""
    before, there, asked = submissions(stack), versions(stack, CALL), tickets(sending)
    wire.fault = "cut"
    file = large(tmp_path, municipality="Ishøj")
    choose(sending, file)
    expect(sending.locator("[data-error]")).to_contain_text(BROKEN)
    cut = len(wire.met)
    assert cut > 0
    sending.get_by_role("button", name="Indsend").click()
    expect(sending.locator("[data-error]")).to_contain_text(BROKEN)
    assert until(lambda: len(wire.met), lambda met: met > cut, 10) > cut
    assert versions(stack, CALL) == there
    wire.fault = ""
    sending.reload()
    sending.get_by_label("Dit udfyldte skema").set_input_files(file)
    sending.get_by_role("button", name="Indsend").dblclick()
    sending.wait_for_url("**/status/**")
    heading(sending, "i orden")
    found = record(stack, sending)
    assert found.state is State.ACCEPTED
    assert len(asked) == 1
    assert len(stored(stack, found)) == 1
    assert submissions(stack) - before == {found.id}


def test_an_answer_that_is_lost_does_not_send_twice(stack: Stack, sending: Page, wire: Wire, tmp_path: Path) -> None:
    """The file arrives, but the connection breaks before the bucket's answer is back: the page asks whether it is
    there, and shows its status; one record, which knows of no other file."""
    before = submissions(stack)
    wire.fault = "silence"
    choose(sending, large(tmp_path, municipality="Vallensbæk"))
    sending.wait_for_url("**/status/**")
    assert wire.met
    heading(sending, "i orden")
    found = record(stack, sending)
    assert submissions(stack) - before == {found.id}
    assert len(set(stored(stack, found))) == 1
    assert sending.get_by_text("en fil mere").count() == 0


def test_the_same_file_after_its_ticket_ran_out_is_the_same_submission(
    stack: Stack, sending: Page, wire: Wire, tmp_path: Path
) -> None:
    """The file arrives, and the page hears nothing of it. Pressed again a quarter of an hour later, the page asks after
    what it sent before it sends anything."""
    before, asked = submissions(stack), tickets(sending)
    wire.fault = "silence"
    sending.route("**/nu.json", lambda route: route.abort())
    choose(sending, large(tmp_path, municipality="Greve"))
    expect(sending.locator("[data-error]")).to_contain_text(BROKEN)
    (identity,) = until(lambda: submissions(stack) - before, bool, SOON / 1000)
    wire.fault = ""
    sending.unroute("**/nu.json")
    sending.clock.set_fixed_time(now() + timedelta(minutes=15))
    sending.get_by_role("button", name="Indsend").click()
    sending.wait_for_url("**/status/**")
    assert record(stack, sending).id == identity
    assert len(asked) == 2
    assert submissions(stack) - before == {identity}


def test_cancelling_sends_nothing(stack: Stack, sending: Page, wire: Wire, tmp_path: Path) -> None:
    """On its way the page shows how far it is and a button to stop; nothing is stored, and it can be sent after all."""
    before = contents(stack)
    with on_its_way(sending, wire, large(tmp_path, municipality="Solrød")):
        sending.get_by_role("button", name="Afbryd").click()
        expect(sending.locator("[data-error]")).to_contain_text("Afbrudt. Filen er ikke modtaget.")
        expect(sending.get_by_role("progressbar")).to_be_hidden()
    assert contents(stack) == before
    sending.get_by_role("button", name="Indsend").click()
    sending.wait_for_url("**/status/**")
    heading(sending, "i orden")
    assert len(contents(stack) - before) == 1


def test_cancelling_too_late_is_told(stack: Stack, sending: Page, wire: Wire, tmp_path: Path) -> None:
    """The bucket has the whole file when its applicant cancels: the page says so, and leads where to withdraw it."""
    file = large(tmp_path, municipality="Tårnby")
    with sending.expect_response("**/indsend") as asked, on_its_way(sending, wire, file):
        assert send_form(stack, asked.value.json(), file.read_bytes()) == 201
        sending.get_by_role("button", name="Afbryd").click()
        expect(sending.locator("[data-error]")).to_contain_text("Hele filen var nået frem, før du afbrød")
    sending.get_by_role("link", name="Se indsendelsen").click()
    sending.wait_for_url("**/status/**")
    heading(sending, "i orden")
    expect(sending.get_by_role("link", name="Træk ansøgningen tilbage")).to_be_visible()
    assert len(stored(stack, record(stack, sending))) == 1


def test_cancelling_without_a_connection_claims_nothing(
    stack: Stack, sending: Page, wire: Wire, tmp_path: Path
) -> None:
    """Where the page cannot ask whether the file arrived, it says that it does not know; sent again it is one."""
    before = submissions(stack)
    with on_its_way(sending, wire, large(tmp_path, municipality="Dragør")):
        sending.route("**/nu.json", lambda route: route.abort())
        sending.get_by_role("button", name="Afbryd").click()
        expect(sending.locator("[data-error]")).to_contain_text("Vi kunne ikke få svar på, om filen nåede frem.")
    expect(sending.get_by_role("link", name="Se indsendelsen")).to_be_focused()
    sending.unroute("**/nu.json")
    sending.get_by_role("button", name="Indsend").click()
    sending.wait_for_url("**/status/**")
    heading(sending, "i orden")
    assert submissions(stack) - before == {record(stack, sending).id}


@contextmanager
def on_its_way(page: Page, wire: Wire, file: Path) -> Iterator[None]:
    """Begin to send a file that takes long, and of which no more than a part comes through meanwhile."""
    wire.fault, wire.after = "hold", SIZE // 4
    with slowed(page, SIZE // 20):
        choose(page, file)
        bar = page.get_by_role("progressbar", name=f"Sender {file.name}")
        expect(bar).to_be_visible()
        share = until(lambda: float(str(bar.evaluate("bar => bar.value"))), lambda value: value > 0, 30)
        assert 0 < share < 100
        yield
    wire.fault = ""


def contents(stack: Stack) -> set[tuple[str, str]]:
    """What was sent where. A browser that lost an answer may have posted the same again, and that may come late."""
    return {(version["Key"], version["ETag"]) for version in versions(stack, CALL)}


def test_s02_a_ticket_used_twice_from_two_tabs_is_one_submission(
    stack: Stack, blank: bytes, browser: Browser, tmp_path: Path
) -> None:
    """S2: without a script, a page's form is sent into a new tab, and once more with another file: the second is kept
    and noted, is no second submission, and the status page of both tabs says so."""
    before = submissions(stack)
    with opened(browser, stack.portal + f"puljer/{CALL}/indsend", java_script_enabled=False) as page:
        page.get_by_role("button", name="Fortsæt").click()
        heading(page, "Vælg filen")
        tabs = []
        for name in ("Første", "Anden"):
            file = form(blank, tmp_path, municipality="Stevns", contact_name=name)
            page.get_by_label("Dit udfyldte skema").set_input_files(file)
            with page.context.expect_page() as opening:
                page.get_by_role("button", name="Indsend").click(modifiers=["Control"])
            tabs.append(opening.value)
            tabs[-1].wait_for_url("**/status/**")
            assert "i orden" in until(lambda: reloaded(tabs[-1]), lambda text: "i orden" in text, SOON / 1000)
        first, second = tabs
        assert first.url.split("?")[0] == second.url.split("?")[0]
        found = record(stack, first)
        said = until(lambda: reloaded(first), lambda text: "en fil mere" in text, SOON / 1000)
        assert "Du sendte en fil mere fra den samme side" in said
        assert "Vi har gemt den, men det er den første, der tæller." in said
        assert "Første" in said
        assert "Anden" not in said
        assert reloaded(second) == said
        assert submissions(stack) - before == {found.id}
        assert len(set(stored(stack, found))) == 2


def reloaded(page: Page) -> str:
    """What a page says when it is loaded anew."""
    page.reload()
    return page.locator("main").inner_text()
