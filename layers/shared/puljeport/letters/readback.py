"""Reading back: which answers a receipt repeats, so that the applicant sees what we took them for.

A mail is read by others than its addressee, and its address is only what a form said. So it repeats the kinds of answer
that can be misread and tell nothing of a person: amounts, numbers, days, choices, municipalities, CVR numbers. Of all
others it says that they were read, and how long they were.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from puljeport.calls import AnyField, Call
from puljeport.fields import format_value
from puljeport.letters.parts import LONGEST_NAME, one_line
from puljeport.texts import Language, Text

REPEATED = frozenset(
    {"amount", "integer", "date", "choice", "multi_choice", "yes_no", "declaration", "municipality", "cvr"}
)
MEASURED = frozenset({"text", "long_text", "attachment", "url"})
LARGEST = 10**8
"""Numbers and amounts below it are repeated; a civil registration number is none of them, even without its first 0."""
MOST_ROWS = 100

UNANSWERED = Text(da="ikke besvaret", en="not answered")
READ = Text(da="læst", en="read")


def read_back(call: Call, values: dict[str, Any], language: Language) -> list[tuple[str, str]]:
    """Label and what may be said of the answer, for every field of the form in its order, at most `MOST_ROWS`."""
    fields = list(call.form.fields.values())[:MOST_ROWS]
    return [(field.label.get(language), _said(field, values.get(field.id), language)) for field in fields]


def _said(field: AnyField, value: Any, language: Language) -> str:
    if value is None:
        return UNANSWERED.get(language)
    if field.type == "table":
        return _counted(len(value), Text(da="række", en="row"), Text(da="rækker", en="rows"), language)
    if field.type in {"integer", "amount"} and abs(Decimal(value)) >= LARGEST:
        return READ.get(language)
    if field.type in REPEATED:
        return one_line(format_value(field, value, language), 4 * LONGEST_NAME)
    if field.type in MEASURED:
        length = _counted(len(str(value)), Text(da="tegn", en="character"), Text(da="tegn", en="characters"), language)
        return f"{READ.get(language)} ({length})"
    return READ.get(language)


def _counted(number: int, one: Text, several: Text, language: Language) -> str:
    shown = f"{number:,}".replace(",", ".") if language == "da" else f"{number:,}"
    return f"{shown} {(one if number == 1 else several).get(language)}"
