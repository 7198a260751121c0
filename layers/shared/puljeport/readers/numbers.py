"""Numbers of spreadsheets as a Dane writes them: decimal commas, and days as ISO dates.

Spreadsheets keep a day as a number and only its format says that it is one (ISO/IEC 29500-1, 18.8.30 and 18.17.4.1).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation

LONGEST = 40
MAX_POWER = 30
DIGITS = Context(prec=15)
"""What spreadsheets show of a number; the digits after that are noise, as in 0.1 + 0.2."""

_DAYS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Built-in formats that show a day or a time."""
_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]?', re.IGNORECASE)
_DAY_LETTERS = re.compile(r"[dmyhsåÅ]", re.IGNORECASE)
_EPOCH, _EARLY_EPOCH, _MAC_EPOCH = datetime(1899, 12, 30), datetime(1899, 12, 31), datetime(1904, 1, 1)  # noqa: DTZ001 - a calendar's day
_LEAP_DAY = 60
"""The 29 February 1900 that spreadsheets have and the calendar has not."""


def is_day_format(number: int, code: str | None) -> bool:
    """Whether a number format shows a day or a time: built in under its number, or by its code."""
    if code is None:
        return number in _DAYS
    first = _LITERAL.sub("", code[:500].partition(";")[0])
    return _DAY_LETTERS.search(first) is not None


def number_text(digits: str) -> str:
    """A number as it is shown without a format: `1234.5` is `1234,5`. What is no number stays as it is."""
    number = _number(digits)
    if number is None or (number and abs(number.adjusted()) > MAX_POWER):
        return digits
    text = f"{DIGITS.plus(number) + 0:f}"  # plus nothing: there is no -0
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def day_text(digits: str, *, from_1904: bool) -> str:
    """The day (`2018-04-09`), moment or time of day that a number stands for; the number itself where it is none."""
    number = _number(digits)
    last = 2_957_003 if from_1904 else 2_958_465  # the end of the year 9999
    if number is None or not 0 <= number < last + 1:
        return number_text(digits)
    whole = int(number)
    seconds = timedelta(seconds=round((number - whole) * 86_400))
    if not whole and not from_1904:
        return f"{(_EPOCH + seconds):%H:%M:%S}"
    epoch = _MAC_EPOCH if from_1904 else _EARLY_EPOCH if whole < _LEAP_DAY else _EPOCH
    moment = epoch + timedelta(days=whole) + seconds
    return moment.date().isoformat() if not seconds else moment.isoformat(sep=" ")


def _number(digits: str) -> Decimal | None:
    if len(digits) > LONGEST:
        return None
    try:
        number = Decimal(digits)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
