"""What a blank says in its own words: headings, how to fill in and send, and what each kind of field takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from puljeport.calls import AnyField, Call
from puljeport.dates import show_date, show_moment
from puljeport.texts import Language, Text

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORDS = {
    "form": Text(da="Ansøgningsskema", en="Application form"),
    "deadline": Text(da="Ansøgningsfrist", en="Deadline"),
    "who": Text(da="Hvem kan søge", en="Who can apply"),
    "questions": Text(da="Spørgsmål", en="Questions"),
    "how": Text(da="Sådan udfylder og sender du skemaet", en="How to fill in and send the form"),
    "fill": Text(
        da="Gem skemaet på din computer, og skriv svarene i de farvede felter. Felterne vokser, når du skriver.",
        en="Save the form on your computer and write your answers in the coloured fields. They grow as you write.",
    ),
    "required": Text(
        da="Felter med * skal udfyldes. Mangler der rækker i en tabel, så kopiér den sidste række.",
        en="Fields with * must be filled in. If a table has too few rows, copy the last one.",
    ),
    "keep": Text(
        da="Lad overskrifter og spørgsmål stå, som de er: svarene bliver læst elektronisk.",
        en="Leave headings and questions as they are: the answers are read electronically.",
    ),
    "sending": Text(
        da="Gem skemaet som Word-fil (.docx) uden adgangskode, og send det på puljens side inden fristen.",
        en="Save the form as a Word file (.docx) without a password. Send it on the call's page before the deadline.",
    ),
    "page": Text(da="Side | af ", en="Page | of "),
    "yes": Text(da="Ja", en="Yes"),
    "no": Text(da="Nej", en="No"),
}


def words(key: str, language: Language) -> str:
    """The blank's own wording for `key`."""
    return _WORDS[key].get(language)


def closing(call: Call, language: Language) -> str:
    """When a call closes, in words; for one without a deadline, when its rounds end."""
    if call.deadline is not None:
        return deadline(call.deadline, language)
    ends = "; ".join(deadline(period.until, language) for period in call.periods)
    said = Text(da=f"Søges løbende. Runder slutter: {ends}", en=f"Open all the time. Rounds end: {ends}")
    return said.get(language)


def deadline(moment: datetime, language: Language) -> str:
    """A deadline in words, with weekday and clock; `moment` is local to the call."""
    said = show_moment(moment).get(language)
    return said if language == "da" else f"{said} (Danish time)"


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
    if item.type == "text" and "max_length" not in item.model_fields_set:
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
