"""What a spreadsheet takes as an answer, by type of field, and what it says of it: the rules of data validation.

A rule keeps slips out while somebody writes. What is pasted passes it, so that reading checks everything again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from puljeport import municipalities
from puljeport.blanks.sheetwords import prompt, sheet_words
from puljeport.blanks.wordings import words
from puljeport.calls import AnyField
from puljeport.guidance import guidance
from puljeport.texts import Language

FIRST_DAY, LAST_DAY = date(1900, 3, 1), date(2199, 12, 31)
"""Before the first, spreadsheets have a day that the calendar has not; after the last, fields take none."""
MOST = 10**12
MOST_TITLE, MOST_MESSAGE = 32, 255
"""Characters that Excel allows."""

type Source = Callable[[tuple[str, ...]], str]


def rule(item: AnyField, language: Language, source: Source) -> dict[str, Any] | None:
    """The rule for a field as xlsxwriter takes it; None where there is nothing to check or to say.

    `source` gives the place of a list of answers.
    """
    checked = _checked(item, language, source)
    help_ = item.help.get(language) if item.help else ""
    message = " ".join(f"{help_} {guidance(item, language) or prompt(item, language)}".split())
    if not message and checked is None:
        return None
    return (checked or {"validate": "any"}) | {
        "input_title": _cut(item.label.get(language), MOST_TITLE),
        "input_message": _cut(message, MOST_MESSAGE),
        "error_title": _cut(sheet_words("not_so", language), MOST_TITLE),
        "error_message": _cut(message, MOST_MESSAGE),
    }


def _checked(item: Any, language: Language, source: Source) -> dict[str, Any] | None:
    if item.type in _LIMITS:
        return _LIMITS[item.type](item)
    if item.type == "municipality":
        # A warning only: people also write `Århus Kommune` or the code, and reading knows both.
        names = tuple(each.name for each in municipalities.in_order())
        return {"validate": "list", "source": source(names), "error_type": "warning"}
    answers = _answers(item, language)
    return {"validate": "list", "source": source(answers)} if answers else None


def _answers(item: Any, language: Language) -> tuple[str, ...]:
    if item.type == "choice":
        return tuple(choice.label.get(language) for choice in item.choices)
    if item.type == "yes_no":
        return (words("yes", language), words("no", language))
    return ("x",) if item.type in ("multi_choice", "declaration") else ()


def _length(item: Any) -> dict[str, Any]:
    return {"validate": "length", "criteria": "<=", "value": item.max_length}


def _number(item: Any) -> dict[str, Any]:
    low = -MOST if item.minimum is None else item.minimum
    high = MOST if item.maximum is None else item.maximum
    kind = "integer" if item.type == "integer" else "decimal"
    return {"validate": kind, "criteria": "between", "minimum": low, "maximum": high}


def _day(item: Any) -> dict[str, Any]:
    first, last = item.earliest or FIRST_DAY, item.latest or LAST_DAY
    return {"validate": "date", "criteria": "between", "minimum": first, "maximum": last}


_LIMITS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "text": _length, "long_text": _length, "integer": _number, "amount": _number, "date": _day,
}  # fmt: skip


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
