"""Ids, references, order and stored shapes of submissions."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MIDWAY, a_submission
from puljeport.submissions import CROCKFORD, Arrival, State, Submission, reference, submission_id


@given(st.text(), st.text(), st.text())
def test_the_same_version_has_the_same_id_for_ever(bucket: str, key: str, version: str) -> None:
    """The id is a function of bucket, key and version, safe in addresses and keys, and holds no part of them."""
    identity = submission_id(bucket, key, version)
    assert identity == submission_id(bucket, key, version)
    assert len(identity) == 26
    assert identity.isascii()
    assert identity.isalnum()


def test_the_id_does_not_change_between_releases() -> None:
    """A stored id is found again by any later version of the code."""
    assert submission_id("b", "incoming/c/æ", "v1") == "yckwmvfzf3zag2hmffd2mjf7we"


def test_parts_cannot_be_moved_between_key_and_version() -> None:
    """Two identities whose parts only join to the same text are two ids."""
    assert submission_id("b", "k1", "2") != submission_id("b", "k", "12")


@given(st.text(min_size=1))
def test_a_reference_can_be_read_aloud(identity: str) -> None:
    """Prefix and two groups of four digits, none of which is taken for another."""
    prefix, first, second = reference("MBF", identity).split("-")
    assert prefix == "MBF"
    assert set(first + second) <= set(CROCKFORD)
    assert (len(first), len(second)) == (4, 4)


def test_order_is_by_s3s_time_then_by_its_sequencer() -> None:
    """Within one second S3's sequencer decides, compared as the hexadecimal number it is."""
    early, late = a_submission(id="z", sequencer="FF"), a_submission(id="a", sequencer="0100")
    assert late.is_after(early)
    assert not early.is_after(late)
    assert a_submission(id="a", received_at=MIDWAY + timedelta(seconds=1)).is_after(late)


@pytest.mark.parametrize(
    ("key", "call"),
    [
        ("incoming/samvaer-2018/a/b.docx", "samvaer-2018"), ("incoming/samvaer-2018/", ""), ("incoming/a.docx", ""),
        ("other/samvaer-2018/a", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_key_names_the_call(key: str, call: str) -> None:
    """`incoming/<call>/<anything>` names the call; any other key names none."""
    assert Arrival("b", key).call == call


RECORDS = Path(__file__).parent.parent / "records"


def test_r21_a_record_of_an_older_version_is_read() -> None:
    """R21: what an older version of the code did not write has a default."""
    old = Submission.model_validate(json.loads((RECORDS / "submission-oldest.json").read_text()))
    assert (old.state, old.rounds, old.values, old.problems) == (State.RECEIVED, 0, {}, ())


def test_r21_a_record_of_a_newer_version_is_read() -> None:
    """R21: what a newer version of the code has written beside is passed over."""
    new = Submission.model_validate(json.loads((RECORDS / "submission-newer.json").read_text()))
    assert new.state is State.ACCEPTED
    assert "score" not in new.model_dump()


def test_r21_this_version_still_writes_what_the_oldest_needs() -> None:
    """R21: every attribute that the oldest version requires is still written by this one."""
    oldest = json.loads((RECORDS / "submission-oldest.json").read_text())
    assert set(oldest) <= set(a_submission().model_dump(mode="json", exclude_none=True))
