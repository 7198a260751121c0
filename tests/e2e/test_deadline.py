"""A deadline passes while people send, in a real browser over the local cloud: what counts is S3's own time.

The deadline is some seconds ahead, since nobody sets this cloud's clock; tests/integration/test_applying.py does the
same at 23:59:59 by a clock of its own.
"""

from __future__ import annotations

import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser, Page, expect

from builders import DEFINITION, a_form
from puljeport.calls import Call
from puljeport.submissions import State
from puljeport_cli import mailbox
from puljeport_cli.demo_uploads import until
from puljeport_cli.stack import Stack, now
from visits import choose, heading, mails, opened, published, record, versions
from wires import Wire

pytestmark = [pytest.mark.slow, pytest.mark.cloud, pytest.mark.program("chromium")]

AHEAD = timedelta(seconds=20)
"""How long before the deadline the call is published: three pages are opened meanwhile, and two files begun."""
TRIES = 3
"""A machine that is busy may miss the one second that this is about."""
SIZE = 200_000
APPLICANTS = {"in the last second": "Aarhus", "begun in time": "Odense", "sent from an old page": "Aalborg"}


@dataclass(frozen=True)
class Sent:
    """What became of one file: when S3 had it, and in how many whole seconds from the first late one (below 0: on
    time)."""

    name: str
    seconds: float


def test_r17_in_the_browser_the_last_second_counts_and_the_next_is_late(
    stack: Stack, wired: Browser, wire: Wire, tmp_path: Path
) -> None:
    """R17: of three pages that were open before the deadline, the file that is through in its last second is on time;
    one that was begun then, and one sent later, are kept, late, and told so on the page and by mail. Each is there
    once."""
    for _ in range(TRIES):
        sent = at_a_deadline(stack, wired, wire, tmp_path, f"frist-{uuid.uuid4().hex[:8]}")
        seconds = {one.name: one.seconds for one in sent}
        assert seconds["sent from an old page"] >= 0
        if seconds["in the last second"] == -1 and seconds["begun in time"] >= 0:
            return
    raise AssertionError(f"in {TRIES} tries no file was through in a deadline's last second: {seconds}")


def at_a_deadline(stack: Stack, wired: Browser, wire: Wire, folder: Path, name: str) -> list[Sent]:
    """Live through the deadline of a call of its own, and hold each file to what follows from S3's time for it."""
    call = closing(stack, name)
    assert call.deadline_at
    late_from = call.deadline_at + timedelta(seconds=1)
    with ExitStack() as pages:
        wire.fault, wire.after, wire.met = "hold", SIZE // 2, []
        tabs = {
            about: pages.enter_context(opened(wired, stack.portal + f"puljer/{call.id}/indsend"))
            for about in APPLICANTS
        }
        files = {about: a_file(folder, call.id, applicant) for about, applicant in APPLICANTS.items()}
        held = {about: begin(tabs[about], files[about], wire) for about in list(APPLICANTS)[:2]}
        wire.fault = ""
        for about, moment in zip(held, (late_from - timedelta(seconds=0.9), late_from), strict=True):
            time.sleep(max(0.0, (moment - now()).total_seconds()))
            held[about].set()
        last = tabs["sent from an old page"]
        expect(last.locator("main")).not_to_contain_text("Fristen er udløbet")
        choose(last, files["sent from an old page"])
        sent = [hold_to_its_time(stack, tabs[about], about, late_from) for about in APPLICANTS]
    assert len(versions(stack, call.id)) == len(stack.store.list_submissions(call.id)) == len(APPLICANTS)
    return sent


def closing(stack: Stack, name: str) -> Call:
    """A call that closes soon, whose officer hears of what is late."""
    contact = DEFINITION["contacts"][0] | {"email": f"{name}@example.dk", "notify": ["late"]}
    published(stack, name, contacts=[contact])
    current = stack.store.current_call(name)
    assert current
    soon = (now() + AHEAD).astimezone(current.call.zone).replace(tzinfo=None, microsecond=0)
    call = current.call.model_copy(update={"deadline": soon})
    return stack.store.publish_call(call, now()).call


def a_file(folder: Path, call: str, applicant: str) -> Path:
    """A valid form that is not through at once."""
    path = folder / f"{applicant}.json"
    form = a_form(call=call, municipality=applicant, contact_email="frist@example.dk")
    path.write_bytes(form.ljust(SIZE))
    return path


def begin(page: Page, file: Path, wire: Wire) -> Event:
    """Send the first half of a file. Gives the event that lets the rest through."""
    before = len(wire.met)
    choose(page, file)
    return until(lambda: wire.met[before:], bool, 10)[0]


def hold_to_its_time(stack: Stack, page: Page, about: str, late_from: datetime) -> Sent:
    """What S3's time for a file says is what page, record and mails say."""
    page.wait_for_url("**/status/**")
    heading(page, "i orden|efter fristen")
    found = record(stack, page)
    (stored,) = [one for one in versions(stack, found.call) if one["Key"] == found.key]
    # S3 tells whole seconds; the local cloud's list has more.
    taken = stored["LastModified"].replace(microsecond=0)
    assert found.received_at == taken
    late = taken >= late_from
    assert found.state is (State.LATE if late else State.ACCEPTED)
    words = page.locator("main").inner_text()
    assert ("Din ansøgning kom efter fristen" in words) is late
    assert ("Den er gemt, og myndigheden afgør, om den kommer med." in words) is late
    expected = [("frist@example.dk", "Vi har modtaget jeres ansøgning ({})")]
    if late:
        expected = [
            ("frist@example.dk", "Jeres ansøgning kom efter fristen ({})"),
            (f"{found.call}@example.dk", f"Puljeport {{}}: ansoegning efter fristen ({found.call})"),
        ]
    told = mails(stack, found.reference, len(expected))
    assert sorted((mail.recipient, mail.subject) for mail in told) == sorted(
        (to, subject.format(found.reference)) for to, subject in expected
    )
    (letter,) = [mail for mail in told if mail.recipient == "frist@example.dk"]
    assert stack.local
    assert ("Den er gemt." in mailbox.text(stack.local, letter)) is late
    return Sent(about, (taken - late_from).total_seconds())
