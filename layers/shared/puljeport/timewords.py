"""Days and times as people say them, in Danish and English, and how long there is left."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from puljeport.dates import MONTHS_DA, MONTHS_EN, WEEKDAYS_DA, WEEKDAYS_EN
from puljeport.texts import Language, Text

ZONES = {"Europe/Copenhagen": Text(da="dansk tid", en="Danish time")}
"""What a time zone is called. Others are told by their name in the tz database."""

MANY_DAYS = 90
"""From so many days on, what is left is told in months."""


def day(value: date, language: Language) -> str:
    """A day without its weekday: `9. april 2018`."""
    if language == "en":
        return f"{value.day} {MONTHS_EN[value.month - 1]} {value.year}"
    return f"{value.day}. {MONTHS_DA[value.month - 1]} {value.year}"


def weekday(value: date, language: Language) -> str:
    """A day with its weekday: `mandag den 9. april 2018`."""
    if language == "en":
        return f"{WEEKDAYS_EN[value.weekday()]} {day(value, language)}"
    return f"{WEEKDAYS_DA[value.weekday()]} den {day(value, language)}"


def clock(value: datetime, language: Language) -> str:
    """The time of day: `23.59` in Danish, `23:59` in English. The last second of a minute is told as its minute."""
    return value.strftime("%H:%M" if language == "en" else "%H.%M")


def moment(local: datetime, zone: str, language: Language) -> str:
    """A local time with weekday and zone: `mandag den 9. april 2018 kl. 23.59 (dansk tid)`."""
    at = "at" if language == "en" else "kl."
    named = ZONES[zone].get(language) if zone in ZONES else zone
    # A no-break space, so that no line begins with the hour.
    return f"{weekday(local, language)} {at}\N{NO-BREAK SPACE}{clock(local, language)} ({named})"


def beginning(local: datetime, zone: str, language: Language) -> str:
    """A local time at which something begins: a whole day is told without the hour that it begins at."""
    return weekday(local, language) if local.time() == time.min else moment(local, zone, language)


def until(then: datetime, now: datetime, zone: ZoneInfo) -> Text | None:
    """How long it is until `then` (both aware), by the calendar of `zone`; None when it is past.

    In minutes and hours on the day itself, in days up to three months, else in months.
    """
    if now > then:
        return None
    days = (then.astimezone(zone).date() - now.astimezone(zone).date()).days
    if days == 0:
        return _today(then - now)
    if days == 1:
        return Text(da="i morgen", en="tomorrow")
    if days < MANY_DAYS:
        return Text(da=f"om {days} dage", en=f"in {days} days")
    return Text(da=f"om cirka {round(days / 30.4)} måneder", en=f"in about {round(days / 30.4)} months")


def _today(left: timedelta) -> Text:
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    if hours >= 3:
        return Text(da=f"i dag, om {hours} timer", en=f"today, in {hours} hours")
    da = [f"{hours} time{'r' * (hours > 1)}"] * (hours > 0) + [f"{minutes} minut{'ter' * (minutes > 1)}"] * (
        minutes > 0
    )
    en = [f"{hours} hour{'s' * (hours > 1)}"] * (hours > 0) + [f"{minutes} minute{'s' * (minutes > 1)}"] * (minutes > 0)
    if not da:
        return Text(da="i dag, om under et minut", en="today, in less than a minute")
    return Text(da=f"i dag, om {' og '.join(da)}", en=f"today, in {' and '.join(en)}")


def days_in_words(days: int) -> Text:
    """A number of days, in whole years where it is that: `5 år`, `400 dage`."""
    years, rest = divmod(days, 365)
    if rest == 0 and years:
        return Text(da=f"{years} år", en=f"{years} year{'s' * (years > 1)}")
    return Text(da=f"{days} dag{'e' * (days > 1)}", en=f"{days} day{'s' * (days > 1)}")
