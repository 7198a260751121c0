"""A deadline that is put off: for everybody the latest counts, and for one applicant a waiver."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from builders import DEFINITION, MIDWAY, a_call
from puljeport.calls import Call
from puljeport.extensions import Cause, Extension, Waiver, extended
from puljeport.texts import Text

PERIODS = {"deadline": None, "periods": [{"id": "spring", "until": "2018-05-01T12:00:00"}]}


def until(moment: str, **changes: Any) -> Extension:
    """An extension for everybody."""
    given = {"until": moment, "reason": {"da": "Nedbrud."}, "approved_by": "kontorchefen", "at": MIDWAY} | changes
    return Extension.model_validate(given)


def test_the_latest_extension_counts_in_whatever_order_they_were_given() -> None:
    """Two extensions: the call closes after the later one, and everything else of it stays as it was."""
    call = a_call()
    put_off = extended(call, [until("2018-04-12T12:00:00"), until("2018-04-11T12:00:00", cause="outage")])
    assert put_off.deadline == datetime.fromisoformat("2018-04-12T12:00:00")
    assert put_off.closes_at == datetime(2018, 4, 12, 10, 0, 1, tzinfo=UTC)
    assert put_off.model_copy(update={"deadline": call.deadline}) == call


@pytest.mark.parametrize(
    ("call", "extensions"),
    [
        (a_call(), []),
        (a_call(deadline="2018-05-01T12:00:00"), [until("2018-04-12T12:00:00")]),
        (Call.model_validate(DEFINITION | PERIODS), [until("2018-06-01T12:00:00")]),
    ],
    ids=["none", "definition is later", "no deadline"],
)
def test_an_extension_never_takes_time_away(call: Call, extensions: list[Extension]) -> None:
    """A definition with a later deadline keeps it, and a call without one has nothing to put off."""
    assert extended(call, extensions) is call


def test_why_a_deadline_was_put_off_is_a_decision_unless_it_was_an_outage() -> None:
    """The two are told apart wherever the extension is shown."""
    assert until("2018-04-12T12:00:00").cause is Cause.DECISION
    assert until("2018-04-12T12:00:00", cause="outage").cause is Cause.OUTAGE
    assert until("2018-04-12T12:00:00").reason == Text(da="Nedbrud.")


def test_a_waiver_ends_at_a_time_local_to_the_call() -> None:
    """Noon is noon where the call is."""
    given = {"applicant": "751", "until": "2018-04-20T12:00:00", "reason": "Sygdom", "approved_by": "x", "at": MIDWAY}
    assert Waiver.model_validate(given).ends_at(a_call()) == datetime(2018, 4, 20, 10, tzinfo=UTC)
