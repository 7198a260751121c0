"""Fields: from an applicant's text to a value, and back to a text for people.

`parse` never raises on any text and never guesses in silence: a value is sure, or comes with a warning that says how it
was read, or is None with an error that says what to write instead. What is kept, by type:

| type | value |
|---|---|
| text, long_text, attachment, email, url | str (an e-mail address in the ASCII form that a mail server takes) |
| integer | int |
| amount | str with two decimals, `"1234.50"` |
| date | str, `"2018-04-09"` |
| choice | the choice's id |
| multi_choice | list of choice ids in the order of the definition |
| yes_no, declaration | bool |
| phone | str in E.164 (ITU-T), `"+4512345678"` |
| cvr | str of eight digits |
| municipality | str of three digits (Danmarks Statistik's code) |

An unticked box is no; `x` and a cross are yes, and said to be so in a yes/no, where a cross can also mean that
something was crossed out. Tables are put together by `puljeport.applications`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from pydantic import JsonValue

from puljeport import choices, municipalities
from puljeport.amounts import read_amount, read_integer, show_amount
from puljeport.calls import (
    AmountField,
    AnyField,
    AttachmentField,
    BaseField,
    DateField,
    DeclarationField,
    IntegerField,
    LongTextField,
    TextField,
    YesNoField,
)
from puljeport.characters import clean, plain, quote
from puljeport.dates import read_date, show_date
from puljeport.problems import Note, Problem, Severity, problem
from puljeport.rawforms import TICKED, UNTICKED, RawCell
from puljeport.texts import Language, Text

LONGEST_TEXT = 100_000
"""Characters of a text that is looked at at all; the largest field takes a fifth of it."""
LONGEST_LINE = 500
"""Characters of an answer that is not free text, before any pattern is tried on it."""
LONGEST_FILE_NAME = 255

YES = frozenset({"ja", "j", "yes", "y", "true", "sand", "sandt", "1", "☑", "✓", "✔", TICKED})
CROSSES = frozenset({"x", "✗", "✘", "☓", "×"})
NO = frozenset({"nej", "n", "no", "false", "falsk", "0", UNTICKED})

SHEET_ERROR = re.compile(
    r"#(?:REF|DIV/0|VALUE|NAME|NUM|NULL|SPILL|CALC|REFERENCE|DIVISION/0|VÆRDI|NAVN|NUL)[!?]|#N/A|#I/T|(?:Err|Fejl):\d{3}"
)
"""What a spreadsheet shows, in English or Danish, where a formula came to nothing."""

type Answer = tuple[JsonValue, tuple[Note, ...]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value, None where the answer is empty or wrong, and what there is to say about it."""

    value: JsonValue
    problems: tuple[Problem, ...] = ()

    @property
    def wrong(self) -> bool:
        """Whether the answer has to be corrected."""
        return any(found.severity is Severity.ERROR for found in self.problems)


def is_empty(text: str) -> bool:
    """Whether nothing was filled in: no text, or a box left unticked."""
    return clean(text[:LONGEST_TEXT])[0] in ("", UNTICKED)


def parse(field: AnyField, cell: RawCell) -> Parsed:
    """The value of `cell` as an answer to `field`, with its problems. An empty cell is None without problems."""
    text, hidden = clean(cell.text[:LONGEST_TEXT])
    if not text:
        return Parsed(None)
    value, notes = _read(field, text) if len(cell.text) <= LONGEST_TEXT else _too_long(cell.text)
    if hidden:
        notes = (*notes, Note("hidden_characters", {"count": hidden}))
    return Parsed(value, tuple(noted(field, note, cell.place) for note in notes))


def _read(field: AnyField, text: str) -> Answer:
    if SHEET_ERROR.fullmatch(text):
        return _wrong("sheet_error", text=text)
    return _READERS[field.type](field, text)


def noted(field: AnyField, note: Note, place: Text | None) -> Problem:
    """The problem that `note` makes of `field` at `place`."""
    return problem(note.code, field=field.id, label=field.label, place=place, **note.facts)


def _wrong(code: str, **facts: object) -> Answer:
    return None, (Note(code, facts),)


# -- free text -------------------------------------------------------------------------------------------------------


def _too_long(text: str) -> Answer:
    return _wrong("too_long", length=len(text), max_length=LONGEST_TEXT)


def _long_text(field: LongTextField | TextField, text: str) -> Answer:
    if len(text) > field.max_length:
        return _wrong("too_long", length=len(text), max_length=field.max_length)
    return text, ()


def _text(field: TextField, text: str) -> Answer:
    return _long_text(field, " ".join(text.split()))


def _attachment(_: AttachmentField, text: str) -> Answer:
    name = " ".join(text.split())
    if len(name) > LONGEST_FILE_NAME or "/" in name or "\\" in name:
        return _wrong("attachment_name")
    return name, ()


# -- numbers and days ------------------------------------------------------------------------------------------------


def _bounds(value: Decimal, low: Decimal | None, high: Decimal | None, show: Callable[[Decimal], Text]) -> Note | None:
    if low is not None and value < low:
        return Note("too_small", {"minimum": show(low)})
    if high is not None and value > high:
        return Note("too_big", {"maximum": show(high)})
    return None


def _integer(field: IntegerField, text: str) -> Answer:
    value, notes = read_integer(text)
    if value is None:
        return None, notes
    low, high = (None if limit is None else Decimal(limit) for limit in (field.minimum, field.maximum))
    outside = _bounds(Decimal(value), low, high, lambda limit: Text(da=str(limit)))
    return (None, (*notes, outside)) if outside else (value, notes)


def _amount(field: AmountField, text: str) -> Answer:
    value, notes = read_amount(text)
    if value is None:
        return None, notes
    outside = _bounds(value, field.minimum, field.maximum, show_amount)
    return (None, (*notes, outside)) if outside else (str(value), notes)


def _date(field: DateField, text: str) -> Answer:
    day, notes = read_date(text)
    if day is None:
        return None, notes
    if field.earliest is not None and day < field.earliest:
        return None, (*notes, Note("date_too_early", {"earliest": show_date(field.earliest)}))
    if field.latest is not None and day > field.latest:
        return None, (*notes, Note("date_too_late", {"latest": show_date(field.latest)}))
    return day.isoformat(), notes


# -- yes and no ------------------------------------------------------------------------------------------------------


def tick(text: str) -> bool | None:
    """Whether a box is ticked or a yes/no answered yes; None for a text that is neither."""
    word = plain(clean(text[:LONGEST_LINE])[0]).casefold().rstrip(".!\ufe0f")
    if word in YES or word in CROSSES:
        return True
    return False if word in NO else _one_of_two(word)


def _one_of_two(line: str) -> bool | None:
    """`☒ ja ☐ nej`, where each word follows its box: the word of the one box that is ticked."""
    parts = line.split()
    boxes, words = parts[::2], parts[1::2]
    if not 1 <= len(boxes) == len(words) <= 2 or not set(boxes) <= {TICKED, UNTICKED} or not set(words) <= YES | NO:
        return None
    ticked = [word in YES for box, word in zip(boxes, words, strict=True) if box == TICKED]
    return ticked[0] if len(ticked) == 1 else None


def _yes_no(_: YesNoField, text: str) -> Answer:
    ticked = tick(text) if len(text) <= LONGEST_LINE else None
    if ticked is None:
        return _wrong("yes_no_format")
    if plain(text).casefold() in CROSSES:
        return ticked, (Note("yes_no_read_as", {"text": quote(text)}),)
    return ticked, ()


def _declaration(field: DeclarationField, text: str) -> Answer:
    ticked = tick(text) if len(text) <= LONGEST_LINE else None
    if ticked is None:
        return _wrong("yes_no_format")
    return (False, (Note("declaration_missing"),)) if field.required and not ticked else (ticked, ())


# -- addresses and numbers of record ---------------------------------------------------------------------------------


def _email(_: BaseField, text: str) -> Answer:
    # Imported when first needed: 0.1 s that a function would otherwise pay at every cold start.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    address = text.removeprefix("mailto:")
    if len(address) > LONGEST_LINE or not address.isprintable():
        return _wrong("email_format")
    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        local = address.partition("@")[0]
        only_letters = re.fullmatch(r"[\w.+-]+", local) is not None and not local.isascii()
        return _wrong("email_letters" if only_letters else "email_format")
    return checked.ascii_email, ()


def _phone(_: BaseField, text: str) -> Answer:
    # Imported when first needed: its tables of the world's numbering plans cost 0.1 s.
    import phonenumbers  # noqa: PLC0415

    number = plain(text).casefold()
    for word in ("telefon", "mobil", "phone", "tlf.", "tlf", "tel.", "tel", "mob.", "mob", "nr.", ":"):
        number = number.removeprefix(word).strip()
    if len(number) > 40 or not set(number) <= set("+0123456789 ().-/"):
        return _wrong("phone_format")
    try:
        found = phonenumbers.parse(number, "DK")
    except phonenumbers.NumberParseException:
        return _wrong("phone_format")
    # Possible, not valid: "valid" knows which series were given out when the library was made, and new ones come.
    if not phonenumbers.is_possible_number(found):
        return _wrong("phone_format")
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164), ()


def _cvr(_: BaseField, text: str) -> Answer:
    # Imported when first needed, as above.
    from stdnum.dk import cvr  # noqa: PLC0415
    from stdnum.exceptions import InvalidChecksum, ValidationError  # noqa: PLC0415

    number = plain(text[:LONGEST_LINE]).casefold()
    for word in ("cvr", "-", "nummer", "nr", ".", ":"):
        number = number.removeprefix(word).strip()
    if len(text) > LONGEST_LINE or not set(number) <= set("dk0123456789 .-"):
        return _wrong("cvr_format")
    try:
        return str(cvr.validate(number)), ()
    except InvalidChecksum:
        return _wrong("cvr_check")
    except ValidationError:
        return _wrong("cvr_format")


def _municipality(_: BaseField, text: str) -> Answer:
    if len(text) > LONGEST_LINE:
        return _wrong("municipality_unknown")
    name = plain(text)
    if (found := municipalities.find(name)) is not None:
        return found.code, ()
    names = [near.name for near in municipalities.suggest(name)][:3]
    if not names:
        return _wrong("municipality_unknown")
    return _wrong("municipality_suggest", suggestions=Text(da=" eller ".join(names), en=" or ".join(names)))


def _url(_: BaseField, text: str) -> Answer:
    unsafe = set(text) & set('<>"\\^`{|}') or any(character.isspace() for character in text)
    if len(text) > 2 * LONGEST_LINE or unsafe or not text.isprintable():
        return _wrong("url_format")
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
        host, port_is_fine = parts.hostname or "", parts.port != 0
    except ValueError:
        return _wrong("url_format")
    named = "." in host and all(label.replace("-", "").isalnum() for label in host.split("."))
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not named or not port_is_fine:
        return _wrong("url_format")
    return address, ()


def _table(_: BaseField, text: str) -> Answer:  # noqa: ARG001  # whatever it says, it is not in the table
    return _wrong("table_format")


_READERS: dict[str, Callable[[Any, str], Answer]] = {
    "text": _text,
    "long_text": _long_text,
    "integer": _integer,
    "amount": _amount,
    "date": _date,
    "choice": choices.read_choice,
    "multi_choice": choices.read_multi_choice,
    "yes_no": _yes_no,
    "declaration": _declaration,
    "email": _email,
    "phone": _phone,
    "cvr": _cvr,
    "municipality": _municipality,
    "url": _url,
    "attachment": _attachment,
    "table": _table,
}


# -- for people ------------------------------------------------------------------------------------------------------


def format_value(field: AnyField, value: JsonValue, language: Language) -> str:
    """The value as people read it: `1.234,50 kr.`, `9. april 2018`, a choice's label, `Ja`, a municipality's name.

    What `parse` gave can be parsed back from its Danish form. None is the empty text; a value that does not fit the
    field (an older definition's, say) is shown as it is.
    """
    if value is None:
        return ""
    show = _SHOWN.get(field.type)
    try:
        return show(field, value, language) if show else str(value)
    except (ArithmeticError, TypeError, ValueError):
        return str(value)


def _show_yes_no(_: AnyField, value: Any, language: Language) -> str:
    yes, no = ("Ja", "Nej") if language == "da" else ("Yes", "No")
    return yes if value else no


def _show_phone(_: AnyField, value: Any, __: Language) -> str:
    digits = value.removeprefix("+45")
    if value.startswith("+45") and len(digits) == 8:
        return " ".join(("+45", digits[:2], digits[2:4], digits[4:6], digits[6:]))
    return str(value)


def _show_municipality(_: AnyField, value: Any, __: Language) -> str:
    found = municipalities.by_code(value)
    return found.name if found else str(value)


def _show_table(field: Any, value: Any, language: Language) -> str:
    lines = []
    for row in value:
        cells = ((column.label.get(language), row.get(column.id), column) for column in field.columns)
        lines.append("; ".join(f"{label}: {format_value(c, v, language)}" for label, v, c in cells if v is not None))
    return "\n".join(lines)


_SHOWN: dict[str, Callable[[Any, Any, Language], str]] = {
    "amount": lambda _, value, language: show_amount(Decimal(value)).get(language),
    "date": lambda _, value, language: show_date(date.fromisoformat(value)).get(language),
    "choice": lambda field, value, language: choices.show(field, [value], language),
    "multi_choice": choices.show,
    "yes_no": _show_yes_no,
    "declaration": _show_yes_no,
    "phone": _show_phone,
    "cvr": lambda _, value, __: f"{value[:2]} {value[2:4]} {value[4:6]} {value[6:]}",
    "municipality": _show_municipality,
    "table": _show_table,
}
