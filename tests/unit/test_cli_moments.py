"""Dates as an operator gives them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_call
from puljeport.calls import Stage
from puljeport_cli.failures import Failure
from puljeport_cli.moments import DAY_ENDS, local_time, rescheduled

NOW = datetime(2026, 11, 22, 21, 30, 15, tzinfo=UTC)
HERE = datetime(2026, 11, 22, 22, 30, 15)  # noqa: DTZ001 - a call's own dates have no zone


@given(st.integers(min_value=0, max_value=3650))
def test_days_ahead_last_until_the_end_of_that_day(days: int) -> None:
    """`+Nd` is N calendar days on, until the last second, whatever the time of day is."""
    assert local_time(f"+{days}d", HERE, DAY_ENDS) == datetime.combine(HERE.date() + timedelta(days), DAY_ENDS)


@given(st.datetimes(timezones=st.none()).map(lambda moment: moment.replace(microsecond=0)))
def test_an_iso_time_is_taken_as_it_stands_and_a_day_as_a_whole(moment: datetime) -> None:
    """A time is that very time; a date takes its time from what is asked for."""
    assert local_time(moment.isoformat(), HERE, DAY_ENDS) == moment
    assert local_time(moment.date().isoformat(), HERE, time.min) == datetime.combine(moment.date(), time.min)


@pytest.mark.parametrize("text", ["", "tomorrow", "+d", "30d", "2027-02-30", "2027-02-01T12:00+01:00"])
def test_what_is_no_date_is_refused_with_what_to_write(text: str) -> None:
    """Nothing is guessed, and a time zone is not silently dropped."""
    with pytest.raises(Failure, match=r"write"):
        local_time(text, HERE, DAY_ENDS)


def test_a_closed_and_distributed_call_is_open_again() -> None:
    """A call of 2018 opened now for 30 days is open, and not distributed any more."""
    old = a_call(distributed={"date": "2018-05-14"})
    reopened = rescheduled(old, "now", "+30d", NOW, None)
    assert old.stage(NOW) is Stage.DISTRIBUTED
    assert reopened.stage(NOW) is Stage.OPEN
    assert (reopened.opens, reopened.deadline) == (HERE, datetime(2026, 12, 22, 23, 59, 59))  # noqa: DTZ001


def test_opening_what_is_open_changes_nothing() -> None:
    """The same command later the same day gives the very same definition, so no new version."""
    first = rescheduled(a_call(), "now", "+30d", NOW, None)
    assert rescheduled(a_call(), "now", "+30d", NOW + timedelta(minutes=10), first) == first


def test_a_deadline_before_the_opening_is_refused() -> None:
    """A call that would close before it opens is not published."""
    with pytest.raises(Failure, match="not after"):
        rescheduled(a_call(), "2027-03-01", "2027-02-01", NOW, None)
