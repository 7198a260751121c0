"""What each kind of field takes, in one line beside it: the same on every blank and in the web form."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from puljeport.calls import AnyField, TextField
from puljeport.dates import show_date
from puljeport.texts import Language, Text

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def number(value: Decimal | int, language: Language) -> str:
    """A number with separators: `1.234,50` in Danish, `1,234.50` in English."""
    text = f"{value:,}".removesuffix(".00")
    return text.translate(str.maketrans(",.", ".,")) if language == "da" else text


def guidance(item: AnyField, language: Language) -> str:
    """The limits of a field and how to write it, in one line; empty where the field's own help says it already."""
    said = _GUIDANCE[item.type](item, language) if item.type in _GUIDANCE else None
    if said is None:
        return ""
    hint, help_ = said.get(language), item.help.get(language) if item.help else ""
    numbers = _NUMBER.findall(hint)
    told = all(each in _NUMBER.findall(help_) for each in numbers) if numbers else bool(help_)
    in_words = item.type == "cvr" if help_ else False
    in_words |= item.type == "multi_choice" and any(most in help_.lower() for most in ("højst", "at most", "up to"))
    return "" if told or in_words else hint


def _length(item: Any, language: Language) -> Text | None:
    if item.type == "text" and item.max_length == TextField.model_fields["max_length"].default:
        return None
    size = number(item.max_length, language)
    return Text(da=f"Højst {size} tegn.", en=f"At most {size} characters.")


def _integer(item: Any, language: Language) -> Text:
    return _range(item.minimum, item.maximum, language, Text(da="Helt tal", en="Whole number"))


def _amount(item: Any, language: Language) -> Text | None:
    if not item.minimum and item.maximum is None and "kr" in item.label.get(language):
        return None
    return _range(item.minimum, item.maximum, language, Text(da="Beløb i kroner", en="Amount in Danish kroner"))


def _ticks(item: Any, _language: Language) -> Text | None:
    most = item.max_choices
    return Text(da=f"Sæt højst {most} kryds.", en=f"Tick at most {most}.") if most else None


def _cvr(_item: Any, _language: Language) -> Text:
    return Text(da="8 cifre.", en="8 digits.")


def _file(_item: Any, _language: Language) -> Text:
    return Text(da="Skriv filens navn. Filen sendes for sig.", en="Write the file's name. Send the file separately.")


def _range(low: Decimal | int | None, high: Decimal | int | None, language: Language, what: Text) -> Text:
    da, en = what.da, what.get("en")
    least = number(low, language) if low else ""  # that an answer is not negative need not be said
    most = "" if high is None else number(high, language)
    if least and most:
        return Text(da=f"{da} fra {least} til {most}.", en=f"{en} from {least} to {most}.")
    if least or most:
        return Text(
            da=f"{da}, {'mindst' if least else 'højst'} {least or most}.",
            en=f"{en}, at {'least' if least else 'most'} {least or most}.",
        )
    return Text(da=f"{da}.", en=f"{en}.")


def _period(item: Any, language: Language) -> Text | None:
    first = show_date(item.earliest).get(language) if item.earliest else ""
    last = show_date(item.latest).get(language) if item.latest else ""
    if first and last:
        return Text(da=f"Fra {first} til {last}.", en=f"From {first} to {last}.")
    if first:
        return Text(da=f"Tidligst {first}.", en=f"{first} at the earliest.")
    return Text(da=f"Senest {last}.", en=f"{last} at the latest.") if last else None


def _size(item: Any, _language: Language) -> Text:
    least = max(item.min_rows, 1 if item.required else 0)
    if least == item.max_rows:
        return Text(da=f"Præcis {least} rækker.", en=f"Exactly {least} rows.")
    if least:
        return Text(
            da=f"Mindst {least} {'række' if least == 1 else 'rækker'}, højst {item.max_rows}.",
            en=f"At least {least} {'row' if least == 1 else 'rows'}, at most {item.max_rows}.",
        )
    return Text(da=f"Højst {item.max_rows} rækker.", en=f"At most {item.max_rows} rows.")


_GUIDANCE: dict[str, Callable[[Any, Language], Text | None]] = {
    "text": _length,
    "long_text": _length,
    "integer": _integer,
    "amount": _amount,
    "date": _period,
    "multi_choice": _ticks,
    "cvr": _cvr,
    "attachment": _file,
    "table": _size,
}
