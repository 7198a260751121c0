"""What the blanks for spreadsheets say in words of their own, beside those of `wordings`."""

from __future__ import annotations

from puljeport.calls import AnyField
from puljeport.texts import Language, Text

_WORDS = {
    "sheet": Text(da="Ansøgning", en="Application"),
    "fill": Text(
        da="Gem skemaet på din computer, og skriv svarene i de farvede felter. Alt+Enter giver en ny linje i et felt.",
        en="Save the form on your computer and write your answers in the coloured fields. Alt+Enter starts a new line.",
    ),
    "required": Text(
        da="Felter med * skal udfyldes. Mangler der rækker i en tabel, så indsæt rækker over den sidste.",
        en="Fields with * must be filled in. If a table has too few rows, insert rows above the last one.",
    ),
    "keep": Text(
        da="Lad overskrifter og spørgsmål stå, som de er: svarene bliver læst elektronisk.",
        en="Leave headings and questions as they are: the answers are read electronically.",
    ),
    "sending": Text(
        da="Gem skemaet som Excel-fil (.xlsx) eller .ods uden adgangskode, og send det på puljens side inden fristen.",
        en="Save the form as .xlsx or .ods without a password and send it on the call's page before the deadline.",
    ),
    "id": Text(da="id", en="id"),
    "question": Text(da="Spørgsmål", en="Question"),
    "answer": Text(da="Svar", en="Answer"),
    "tick": Text(da="Sæt x.", en="Mark with x."),
    "choose": Text(da="Vælg på listen.", en="Choose from the list."),
    "choose_or_write": Text(da="Vælg på listen, eller skriv navnet.", en="Choose from the list or write the name."),
    "date": Text(da="Skriv en dato, fx 09-04-2018.", en="Write a date, for example 09-04-2018."),
    "whole": Text(da="Skriv et helt tal.", en="Write a whole number."),
    "amount": Text(da="Skriv beløbet i kroner.", en="Write the amount in Danish kroner."),
    "not_so": Text(da="Svaret passer ikke her", en="The answer does not fit here"),
}
_PROMPTS = {
    "choice": "choose",
    "yes_no": "choose",
    "municipality": "choose_or_write",
    "date": "date",
    "integer": "whole",
    "amount": "amount",
    "declaration": "tick",
}


def sheet_words(key: str, language: Language) -> str:
    """The spreadsheet's own wording for `key`."""
    return _WORDS[key].get(language)


def prompt(item: AnyField, language: Language) -> str:
    """What to write or do in the field, by its type; empty where there is nothing to say."""
    return sheet_words(_PROMPTS[item.type], language) if item.type in _PROMPTS else ""
