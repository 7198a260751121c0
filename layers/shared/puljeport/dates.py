"""Days as Danes write them: day first, with the month as a number or by its name.

What can be read in more than one way is read day first and said: `03/04/2018` is 3 April, `9/4-18` is 2018. Years of
two digits follow POSIX (`strptime`): 00 to 68 are 2000 to 2068. A date with one possible reading is taken silently
(`13/04/2018`) or, if the order was the American one (`04/13/2018`), with a warning.

dateparser and dateutil were considered: both guess. They fill in a missing day or year from today's date and swap day
and month without a word, which is the very thing an application must not suffer. The patterns here are few and closed.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from puljeport.characters import plain, quote
from puljeport.problems import Note
from puljeport.texts import Text

LONGEST = 60
FIRST_YEAR, LAST_YEAR = 1900, 2199

MONTHS_DA = (
    "januar", "februar", "marts", "april", "maj", "juni",
    "juli", "august", "september", "oktober", "november", "december",
)  # fmt: skip
MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS_DA = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_MONTHS = {
    short: number
    for names in (MONTHS_DA, MONTHS_EN)
    for number, name in enumerate(names, 1)
    for short in (name.casefold(), name[:3].casefold(), name[:4].casefold())
}
_WEEKDAYS = {
    short: number
    for names in (WEEKDAYS_DA, WEEKDAYS_EN)
    for number, name in enumerate(names)
    for short in (name.casefold(), name[:3].casefold())
}
_ARTICLES = frozenset({"den", "d", "the"})

_ISO = re.compile(r"([0-9]{4})[-./]([0-9]{1,2})[-./]([0-9]{1,2})(?:[t ]00:00(?::00(?:\.0{1,6})?)?z?)?")
_NUMERIC = re.compile(r"([0-9]{1,2}) ?([./-]) ?([0-9]{1,2})(?: ?([./-]) ?| )'?([0-9]{4}|[0-9]{2})")
_NAMED = re.compile(r"([0-9]{1,2})(?:\.|st|nd|rd|th)? ?(?:of )?([a-z]{3,9})\.?,? ?'?([0-9]{4}|[0-9]{2})")
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})")


class _Parts:
    """Day, month and year as written, and whether the applicant should be told how they were read."""

    def __init__(self, day: str, month: str | int, year: str, *, said: bool = False) -> None:
        self.day, self.month, self.year = int(day), int(month), int(year)
        self.said = said
        if len(year) == 2:
            self.year += 2000 if self.year <= 68 else 1900
            self.said = True

    def swapped_if_american(self) -> _Parts:
        """`04/13/2018` has one reading only, the American."""
        if self.month > 12 >= self.day:
            self.day, self.month, self.said = self.month, self.day, True
        return self


def _numeric(text: str) -> _Parts | None:
    found = _NUMERIC.fullmatch(text)
    if not found:
        return None
    day, first, month, second, year = found.groups()
    either = first == second == "/" and int(day) <= 12 and int(month) <= 12 and int(day) != int(month)
    return _Parts(day, month, year, said=either).swapped_if_american()


def _named(text: str) -> _Parts | None:
    if (found := _NAMED.fullmatch(text)) and found[2] in _MONTHS:
        return _Parts(found[1], _MONTHS[found[2]], found[3])
    if (found := _MONTH_FIRST.fullmatch(text)) and found[1] in _MONTHS:
        return _Parts(found[2], _MONTHS[found[1]], found[3])
    return None


def _iso(text: str) -> _Parts | None:
    found = _ISO.fullmatch(text)
    return _Parts(found[3], found[2], found[1]) if found else None


def _without_weekday(text: str) -> tuple[str, int | None]:
    """`mandag den 9. april 2018` without its first words, and the day of the week they named (Monday is 0)."""
    first, _, rest = text.partition(" ")
    weekday = _WEEKDAYS.get(first.rstrip(".,"))
    if weekday is not None:
        text = rest
        first, _, rest = text.partition(" ")
    return (rest if first.rstrip(".") in _ARTICLES else text), weekday


def read_date(text: str) -> tuple[date | None, tuple[Note, ...]]:
    """The day that `text` names; None with the note that says why not."""
    if len(text) > LONGEST:
        return None, (Note("date_format"),)
    body, weekday = _without_weekday(plain(text).casefold().rstrip(" .,"))
    parts = _iso(body) or _numeric(body) or _named(body)
    if parts is None:
        return None, (Note("date_format"),)
    if not FIRST_YEAR <= parts.year <= LAST_YEAR:
        return None, (Note("date_year", {"year": parts.year}),)
    try:
        day = date(parts.year, parts.month, parts.day)
    except ValueError:
        return None, (Note("date_no_such_day", {"text": quote(text)}),)
    return day, _said(text, day, weekday, said=parts.said)


def _said(text: str, day: date, weekday: int | None, *, said: bool) -> tuple[Note, ...]:
    notes = (Note("date_read_as", {"text": quote(text), "reading": show_date(day)}),) if said else ()
    if weekday is None or weekday == day.weekday():
        return notes
    written = Text(da=WEEKDAYS_DA[weekday], en=WEEKDAYS_EN[weekday])
    actual = Text(da=WEEKDAYS_DA[day.weekday()], en=WEEKDAYS_EN[day.weekday()])
    return (*notes, Note("date_weekday", {"written": written, "actual": actual, "reading": show_date(day)}))


def show_date(day: date) -> Text:
    """A day as people write it: `9. april 2018` and `9 April 2018`."""
    return Text(
        da=f"{day.day}. {MONTHS_DA[day.month - 1]} {day.year}",
        en=f"{day.day} {MONTHS_EN[day.month - 1]} {day.year}",
    )


def show_moment(moment: datetime, *, seconds: bool = False) -> Text:
    """A moment as people write it: `mandag den 9. april 2018 kl. 23.59`, `Monday 9 April 2018 at 23:59`."""
    day, clock = show_date(moment.date()), f"{moment:%H:%M:%S}" if seconds else f"{moment:%H:%M}"
    return Text(
        da=f"{WEEKDAYS_DA[moment.weekday()]} den {day.da} kl. {clock.replace(':', '.')}",
        en=f"{WEEKDAYS_EN[moment.weekday()]} {day.get('en')} at {clock}",
    )
