"""Amounts and whole numbers as Danes write them.

How a number is read, where `.` and `,` can mean two things:

| written | read as | said to the applicant |
|---|---|---|
| `1234,5` · `1.234,50` · `1 234,50` · `1.234.567` · `1234.50` | the only reading | nothing |
| `1.234 kr.` · `1.234,-` · `50.000` | thousands: kroner have two decimals, and programs write no last 0 | nothing |
| `1.234` | thousands | a warning with the reading: a calculated 1,234 looks the same |
| `1,234` | not read | an error that names both readings |
| `1,234.50` · `1,234,567` · `1,5 mio. kr.` · `250 t.kr.` · `120 timer` | the only reading | a warning |
| `1.234.56` · `12,345.6,7` · `1234,567` · `0.500` | not read | an error with an example |

babel's `parse_decimal` was considered: it takes `1.234.56` as 123456 unless strict, and has no word for doubt.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum

from puljeport.characters import plain, quote
from puljeport.problems import Note
from puljeport.texts import Text

LONGEST = 60
LIMIT = Decimal(10**12)

_SIMPLE = re.compile(r"[0-9]+(?:[.,][0-9]{1,2})?")
_DOTTED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]{1,2})?")
_SPACED = re.compile(r"[1-9][0-9]{0,2}(?: [0-9]{3})+(?:[.,][0-9]{1,2})?")
_ENGLISH = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?")
_ONE_DOT = re.compile(r"[0-9]{1,3}\.[0-9]{2}[1-9]")
_ONE_COMMA = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")
_SCALED = re.compile(r"[0-9]{1,6}(?:,[0-9]{1,3}|\.[0-9]{1,2})?")
_FOREIGN = re.compile(r"[€$£¥]|\b(?:eur|euro|usd|gbp|sek|nok|chf)\b")
_UNIT = re.compile(r"(.*[0-9]) ?([a-zæøå]{2,15})\.?")

_CURRENCY = ("kroner", "dkk", "kr.", "kr")
_THOUSANDS = ("t.kr.", "t.kr", "tkr.", "tkr", "tusinde", "tusind", "thousand")
_MILLIONS = ("mio.", "mio", "millioner", "million")


class Doubt(Enum):
    """How sure a reading is."""

    NONE = "there is only one reading, and it is the usual one"
    SAID = "read, but the applicant is told how"
    TWO_READINGS = "not read: two readings are as good"
    WRONG = "not read: no number we know"


def _decimal(body: str) -> tuple[Decimal, Doubt]:
    """The unsigned number written as `body`, which holds digits, separators and single spaces only."""
    if _ONE_COMMA.fullmatch(body):
        return Decimal(body.replace(",", "")), Doubt.TWO_READINGS
    if _SIMPLE.fullmatch(body):
        return Decimal(body.replace(",", ".")), Doubt.NONE
    if _DOTTED.fullmatch(body):
        doubt = Doubt.SAID if _ONE_DOT.fullmatch(body) else Doubt.NONE
        return Decimal(body.replace(".", "").replace(",", ".")), doubt
    if _SPACED.fullmatch(body):
        return Decimal(body.replace(" ", "").replace(",", ".")), Doubt.NONE
    if _ENGLISH.fullmatch(body):
        return Decimal(body.replace(",", "")), Doubt.SAID
    return Decimal(0), Doubt.WRONG


def _without(text: str, words: tuple[str, ...]) -> str:
    for word in words:
        text = text.removeprefix(word).removesuffix(word).strip()
    return text


def _scale(text: str) -> tuple[str, int]:
    for words, factor in ((_THOUSANDS, 1000), (_MILLIONS, 1_000_000)):
        for word in words:
            if text.endswith(word):
                return text.removesuffix(word).strip(), factor
    return text, 1


def _kroner(text: str) -> tuple[Decimal, Doubt]:
    """The unsigned amount in `text` (plain, casefolded)."""
    bare, factor = _scale(text)
    if factor == 1:
        bare, factor = _scale(_without(text, _CURRENCY))
    whole = bare.rstrip("-")
    if whole != bare and whole.endswith((",", ".")):
        bare = whole[:-1].strip()
    value, doubt = _decimal(bare)
    if factor > 1:
        scaled = _SCALED.fullmatch(bare)
        return (Decimal(bare.replace(",", ".")) * factor, Doubt.SAID) if scaled else (value, Doubt.WRONG)
    if doubt is Doubt.SAID and bare != text and _ONE_DOT.fullmatch(bare):
        return value, Doubt.NONE
    return value, doubt


def _signed(text: str) -> tuple[str, int]:
    bare = text.removeprefix("-").strip()
    return bare, -1 if bare != text else 1


def _concluded(text: str, value: Decimal, doubt: Doubt, kind: str) -> tuple[Decimal | None, tuple[Note, ...]]:
    """The value with what must be said of it; `kind` is `amount` or `integer`."""
    if doubt is Doubt.WRONG:
        return None, (Note(f"{kind}_format"),)
    if doubt is Doubt.TWO_READINGS:
        return None, (Note("number_two_readings", {"text": quote(text), "large": show_number(abs(value))}),)
    if abs(value) > LIMIT:
        return None, (Note("number_too_large"),)
    if doubt is Doubt.NONE:
        return value, ()
    reading = show_amount(value) if kind == "amount" else Text(da=str(value), en=str(value))
    return value, (Note(f"{kind}_read_as", {"text": quote(text), "reading": reading}),)


def read_amount(text: str) -> tuple[Decimal | None, tuple[Note, ...]]:
    """The amount in kroner that `text` states, with two decimals; None with the note that says why not."""
    if len(text) > LONGEST:
        return None, (Note("amount_format"),)
    written = plain(text).casefold()
    if _FOREIGN.search(written):
        return None, (Note("amount_currency"),)
    bare, sign = _signed(written)
    if sign == 1 and (inner := _without(bare, _CURRENCY)).startswith("-"):
        bare, sign = _signed(inner)
    value, doubt = _kroner(bare)
    amount, notes = _concluded(text, sign * value, doubt, "amount")
    return (None if amount is None else amount.quantize(Decimal("0.01")) + 0), notes


def read_integer(text: str) -> tuple[int | None, tuple[Note, ...]]:
    """The whole number that `text` states (`12,0` is whole, `12,5` is not); None with the note that says why not."""
    if len(text) > LONGEST:
        return None, (Note("integer_format"),)
    bare, sign = _signed(plain(text).casefold())
    unit = _UNIT.fullmatch(bare)
    if unit and unit[2] not in (*_THOUSANDS, *_MILLIONS):
        value, doubt = _decimal(unit[1])
        doubt = Doubt.SAID if doubt is Doubt.NONE else doubt
    else:
        value, doubt = _decimal(bare)
    if value != int(value):
        doubt = Doubt.WRONG
    whole, notes = _concluded(text, Decimal(sign * int(value)), doubt, "integer")
    return (None if whole is None else int(whole)), notes


def show_number(value: Decimal) -> Text:
    """A number with thousands separated, and with its decimals if it has any, without a currency."""
    english = f"{value:,}"
    return Text(da=english.translate(str.maketrans(",.", ".,")), en=english)


def show_amount(value: Decimal) -> Text:
    """An amount as people write it: `1.234,50 kr.` and `DKK 1,234.50`."""
    number = show_number(value.quantize(Decimal("0.01")))
    return Text(da=f"{number.da} kr.", en=f"DKK {number.get('en')}")
