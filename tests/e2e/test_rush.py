"""R16 on the local cloud: thousands of files in the last minute, and nobody is lost, flooded or left waiting.

How many is PULJEPORT_RUSH (300); `make bench` has two thousand.
"""

from __future__ import annotations

import math
import os
from collections import Counter

import pytest

import rush
from puljeport.notices import Status
from puljeport.outbox import HANDFUL, WINDOW
from puljeport.submissions import State
from puljeport_cli.stack import Stack
from rush import RATE, WORKERS, Rush

pytestmark = [pytest.mark.slow, pytest.mark.cloud]

COUNT = int(os.environ.get("PULJEPORT_RUSH", "300"))
BATCH = 10
"""How many messages a worker takes at a time (template.yaml)."""


@pytest.fixture(scope="module")
def found(stack: Stack) -> Rush:
    """What came of a rush."""
    return rush.rush(stack, COUNT)


def test_r16_none_is_lost_and_the_counts_add_up(found: Rush) -> None:
    """Each file is accepted, in both calls objects are records, and no message was given up."""
    assert len(found.files) == COUNT
    for call in (found.large, found.small):
        tally = found.tallies[call.id]
        assert tally.adds_up
        assert tally.states == {State.ACCEPTED: len(found.of(call))}
    assert found.dead == 0


def test_r16_every_contact_hears_of_every_application_once(found: Rush) -> None:
    """A handful of messages each within five minutes, and summaries in which all the others are counted."""
    rows = [row for row in found.rows if row.call == found.large.id]
    told = Counter((row.audience, row.status) for row in rows if row.submission)
    windows = 1 + math.ceil(found.told / WINDOW.total_seconds())
    for contact in ("professional-1", "professional-2"):
        single, gathered = told[contact, Status.SENT], told[contact, Status.GATHERED]
        assert single + gathered == len(found.of(found.large))
        assert HANDFUL <= single <= HANDFUL * windows
        summaries = [row for row in rows if row.audience == contact and not row.submission]
        assert {row.status for row in summaries} == {Status.SENT}
        assert sum(row.facts["counts"]["accepted"] for row in summaries) == gathered  # type: ignore[index,call-overload,misc]
    heard = Counter((one.mailbox, one.event, one.about) for one in found.heard)
    assert set(heard.values()) == {1}


def test_r16_no_mailbox_gets_more_than_sns_can_deliver(found: Rush) -> None:
    """Within any second, wherever it begins, no e-mail endpoint was given more messages than it may have."""
    assert found.fastest <= RATE


def test_r16_a_large_call_does_not_starve_a_small_one(found: Rush) -> None:
    """A file waits for those before it, never for those after it, but for what the workers hold in their hands.

    None of the small call's messages was held for those of the large one.
    """
    for file in found.of(found.small):
        assert found.overtaking(file) <= WORKERS * BATCH
    small = [row for row in found.rows if row.call == found.small.id]
    assert {row.status for row in small} == {Status.SENT}
    assert max(found.told_after(found.small)) <= found.told
