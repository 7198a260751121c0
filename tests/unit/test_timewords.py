"""Days, times and what is left of them, as people say them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from puljeport import timewords
from puljeport.texts import Language

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
DEADLINE = datetime(2018, 4, 9, 23, 59, 59, tzinfo=COPENHAGEN)
LOCAL = DEADLINE.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("language", "words"),
    [("da", "mandag den 9. april 2018 kl. 23.59 (dansk tid)"), ("en", "Monday 9 April 2018 at 23:59 (Danish time)")],
)
def test_a_moment_has_weekday_hour_and_zone(language: Language, words: str) -> None:
    """Nobody has to ask which day or whose midnight; the hour does not begin a line."""
    said = timewords.moment(LOCAL, "Europe/Copenhagen", language)
    assert said.replace("\N{NO-BREAK SPACE}", " ") == words
    assert "\N{NO-BREAK SPACE}23" in said


def test_another_zone_is_told_by_its_name() -> None:
    """A call in Greenland does not claim to be on Danish time."""
    assert timewords.moment(LOCAL, "America/Nuuk", "da").endswith("(America/Nuuk)")


@pytest.mark.parametrize(
    ("left", "danish", "english"),
    [
        (timedelta(seconds=20), "i dag, om under et minut", "today, in less than a minute"),
        (timedelta(minutes=1, seconds=5), "i dag, om 1 minut", "today, in 1 minute"),
        (timedelta(minutes=59), "i dag, om 59 minutter", "today, in 59 minutes"),
        (timedelta(hours=1), "i dag, om 1 time", "today, in 1 hour"),
        (timedelta(hours=2, minutes=1), "i dag, om 2 timer og 1 minut", "today, in 2 hours and 1 minute"),
        (timedelta(hours=20), "i dag, om 20 timer", "today, in 20 hours"),
        (timedelta(hours=25), "i morgen", "tomorrow"),
        (timedelta(days=2), "om 2 dage", "in 2 days"),
        (timedelta(days=89), "om 89 dage", "in 89 days"),
        (timedelta(days=200), "om cirka 7 måneder", "in about 7 months"),
    ],
)
def test_what_is_left_is_told_as_people_count(left: timedelta, danish: str, english: str) -> None:
    """In hours and minutes on the day itself, then by days of the calendar, then by months."""
    found = timewords.until(DEADLINE, DEADLINE - left, COPENHAGEN)
    assert found
    assert (found.da, found.en) == (danish, english)


def test_days_are_those_of_the_calls_calendar() -> None:
    """Half an hour past midnight in Copenhagen it is today's deadline, though yesterday's date still holds in UTC."""
    now = datetime(2018, 4, 8, 22, 30, tzinfo=UTC)
    found = timewords.until(DEADLINE, now, COPENHAGEN)
    assert found
    assert found.da == "i dag, om 23 timer"


def test_over_a_clock_change_days_are_whole() -> None:
    """The night that has 23 hours makes no deadline a day nearer."""
    before = datetime(2018, 3, 24, 23, 59, 59, tzinfo=COPENHAGEN)
    after = datetime(2018, 3, 26, 23, 59, 59, tzinfo=COPENHAGEN)
    found = timewords.until(after, before, COPENHAGEN)
    assert found
    assert found.da == "om 2 dage"


def test_what_is_past_has_nothing_left() -> None:
    """From the second after the deadline, nothing is left to be told."""
    assert timewords.until(DEADLINE, DEADLINE + timedelta(seconds=1), COPENHAGEN) is None
    assert timewords.until(DEADLINE, DEADLINE, COPENHAGEN) is not None


def test_a_whole_day_begins_without_an_hour() -> None:
    """A call that opens at midnight opens on that day; one that opens at nine opens at nine."""
    midnight = LOCAL.replace(hour=0, minute=0, second=0)
    assert timewords.beginning(midnight, "Europe/Copenhagen", "da") == "mandag den 9. april 2018"
    assert "09.00" in timewords.beginning(midnight.replace(hour=9), "Europe/Copenhagen", "da")
    assert timewords.day(date(2018, 5, 1), "en") == "1 May 2018"


@pytest.mark.parametrize(
    ("days", "danish", "english"),
    [(1825, "5 år", "5 years"), (365, "1 år", "1 year"), (1, "1 dag", "1 day"), (400, "400 dage", "400 days")],
)
def test_retention_is_told_in_years_where_it_is_years(days: int, danish: str, english: str) -> None:
    """1825 days are five years to everybody but a program."""
    assert timewords.days_in_words(days).model_dump() == {"da": danish, "en": english}
