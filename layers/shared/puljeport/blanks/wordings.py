"""What a blank says in its own words: headings, and how to fill in and send."""

from __future__ import annotations

from datetime import datetime

from puljeport.calls import Call
from puljeport.dates import show_moment
from puljeport.texts import Language, Text

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
