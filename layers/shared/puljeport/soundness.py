"""What makes a definition unsound although every value has the right type, and what the officer is to write instead.

A fault is where it stands, as keys and positions from the model that was asked, and a sentence. Nothing here raises:
all faults of a definition are wanted at once, and `models.Model` raises them together.
"""

from __future__ import annotations

import difflib
import unicodedata
import zoneinfo
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from puljeport.texts import Text

if TYPE_CHECKING:
    from datetime import date

    from puljeport.calls import (
        AnyField,
        AtMost,
        Before,
        Call,
        ColumnField,
        Condition,
        Contact,
        Distinct,
        Form,
        MultiChoiceField,
        RequiredIf,
        Rule,
        SumEquals,
        Topics,
    )

type Path = tuple[str | int, ...]
type Fault = tuple[Path, str]

LONGEST_TAG = 64
"""Characters that Word keeps of a content control's tag (the limit of its own properties dialogue)."""

_NUMBERS = ("amount", "integer")
_UNCOMPARABLE = ("table", "attachment", "declaration", "multi_choice")


def nearest(word: str, known: Collection[str]) -> str:
    """A half-sentence that leads from `word` to what was probably meant, or lists what there is to choose from."""
    if close := difflib.get_close_matches(word, known, n=1):
        return f"did you mean `{close[0]}`?"
    listed = ", ".join(f"`{name}`" for name in known)
    return f"there is {listed}" if len(listed) <= 300 else "none has a similar name"


# -- within one model ------------------------------------------------------------------------------------------------


def doubled(key: str, names: Sequence[str], *inner: str) -> Iterator[Fault]:
    """Each repetition in the list `key`. `inner` leads from an item to the name itself."""
    for position, name in enumerate(names):
        if (first := names.index(name)) < position:
            yield (key, position, *inner), f"`{name}` stands already in {key}[{first}]; it may stand there only once"


def ordered[Value: (int, Decimal, date)](
    low: str, lowest: Value | None, high: str, highest: Value | None
) -> Iterator[Fault]:
    """A lower bound that lies above its upper bound."""
    if lowest is not None and highest is not None and lowest > highest:
        yield (low,), f"`{low}` ({lowest}) is more than `{high}` ({highest}); no answer could fit"


def one_way(model: BaseModel, *ways: tuple[str, ...]) -> Iterator[Fault]:
    """A model that does not give exactly one of `ways`, each a set of keys that belong together."""
    given = {key for way in ways for key in way if getattr(model, key) is not None}
    if given not in [set(way) for way in ways]:
        said = " or ".join(" with ".join(f"`{key}`" for key in way) for way in ways)
        yield (), f"write exactly one of these: {said}"


def multi_choice(field: MultiChoiceField) -> Iterator[Fault]:
    """Choices that share an id, names too long for a Word tag, and more answers allowed than there are."""
    yield from doubled("choices", [choice.id for choice in field.choices], "id")
    for position, choice in enumerate(field.choices):
        if (length := len(f"{field.id}.{choice.id}")) > LONGEST_TAG:
            what = f"`{field.id}.{choice.id}` has {length} characters; with the dot it may have {LONGEST_TAG}"
            yield ("choices", position, "id"), what
    if (field.max_choices or 0) > len(field.choices):
        yield ("max_choices",), f"`max_choices` is {field.max_choices}, but there are {len(field.choices)} choices"


def form(form: Form) -> Iterator[Fault]:
    """Sections or fields that share an id, wherever in the form they stand."""
    yield from doubled("sections", [section.id for section in form.sections], "id")
    first: dict[str, str] = {}
    for number, section in enumerate(form.sections):
        for position, field in enumerate(section.fields):
            if field.id in first:
                what = f"a field `{field.id}` stands already in section `{first[field.id]}`; give this one another id"
                yield ("sections", number, "fields", position, "id"), what
            first.setdefault(field.id, section.id)


def contact(contact: Contact) -> Iterator[Fault]:
    """An address or a number that nobody can be reached by, and an event listed twice."""
    # Imported where they are used: a function reads definitions that were sound when they were published.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        validate_email(contact.email, check_deliverability=False)
    except EmailNotValidError as error:
        yield ("email",), f"`{contact.email}` is not an e-mail address: {error}"
    if contact.phone is not None and not _possible_phone(contact.phone):
        yield ("phone",), f"`{contact.phone}` is not a telephone number; write for example +45 12 34 56 78"
    yield from doubled("notify", contact.notify)


def _possible_phone(text: str) -> bool:
    import phonenumbers  # noqa: PLC0415

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, "DK"))
    except phonenumbers.NumberParseException:
        return False


# -- across the call -------------------------------------------------------------------------------------------------


def call(call: Call) -> Iterator[Fault]:
    """All that only the whole call shows, in the order of a definition."""
    yield from _texts_without_words(call)
    yield from _times(call)
    yield from _applicant(call)
    yield from _contacts(call)
    yield from _documents(call)
    for position, rule in enumerate(call.rules):
        yield from ((("rules", position, *path), message) for path, message in _rule(call, rule))
    yield from _distribution(call)


def texts(model: BaseModel, path: Path = ()) -> Iterator[tuple[Path, Text]]:
    """Every `Text` in a model, with its path, in the order of the definition."""
    for key in type(model).model_fields:
        yield from _texts_in(getattr(model, key), (*path, key))


def _texts_in(value: object, path: Path) -> Iterator[tuple[Path, Text]]:
    if isinstance(value, Text):
        yield path, value
    elif isinstance(value, BaseModel):
        yield from texts(value, path)
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _texts_in(item, (*path, position))


def _texts_without_words(call: Call) -> Iterator[Fault]:
    for path, text in texts(call):
        for language, words in (("da", text.da), ("en", text.en)):
            if words is None:
                continue
            if not words.strip():
                yield (*path, language), "the text is empty; write it, or leave the key out where it may be left out"
            elif any(unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in words):
                yield (*path, language), "the text holds an invisible control character; write it again by hand"


def _times(call: Call) -> Iterator[Fault]:
    zone = _zone(call.time_zone)
    if zone is None:
        yield ("time_zone",), f"no time zone `{call.time_zone}`; {nearest(call.time_zone, _zone_names())}"
    else:
        for path, local in _moments(call):
            yield from _clock_change(path, local, zone)
    if call.deadline is None:
        yield from _periods(call)
        return
    if call.periods:
        yield ("periods",), "`periods` are for a call without a deadline; leave out one of the two"
    if call.opens >= call.deadline:
        yield ("deadline",), f"the deadline ({call.deadline}) is not after `opens` ({call.opens})"
    if call.distributed is not None and call.distributed.date < call.deadline.date():
        what = (
            f"{call.distributed.date} is before the deadline ({call.deadline}); correct it or leave out `distributed`"
        )
        yield ("distributed", "date"), what


def _moments(call: Call) -> Iterator[tuple[Path, datetime]]:
    yield ("opens",), call.opens
    if call.deadline is not None:
        yield ("deadline",), call.deadline
    for position, period in enumerate(call.periods):
        yield ("periods", position, "until"), period.until


def _periods(call: Call) -> Iterator[Fault]:
    if not call.periods:
        yield ("deadline",), "a call has a `deadline`, or `periods` in which what arrives is considered"
    yield from doubled("periods", [period.id for period in call.periods], "id")
    before = call.opens
    for position, period in enumerate(call.periods):
        if period.id == "later":
            yield ("periods", position, "id"), "`later` is what comes after the last period; choose another id"
        if period.until <= before:
            yield ("periods", position, "until"), f"{period.until} is not after {before}; put them in order"
        before = period.until


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def _zone_names() -> tuple[str, ...]:
    return tuple(sorted(zoneinfo.available_timezones()))


def _clock_change(path: Path, local: datetime, zone: ZoneInfo) -> Iterator[Fault]:
    aware = local.replace(tzinfo=zone)
    if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        yield path, f"{local} does not exist: the clocks are put forward that night; choose another time"
    elif aware.utcoffset() != aware.replace(fold=1).utcoffset():
        yield path, f"{local} comes twice: the clocks are put back that night; choose another time"


def _applicant(call: Call) -> Iterator[Fault]:
    yield from _named(call, ("one_per",), call.one_per, ("municipality", "cvr"), required=True)
    if call.applicant_name is not None:
        yield from _named(call, ("applicant_name",), call.applicant_name, ("text",), required=True)
    elif (key := call.form.fields.get(call.one_per)) and key.type == "cvr":
        yield ("one_per",), "with a CVR number as the key, `applicant_name` must name the text field with the name"
    if call.receipt_to is not None:
        yield from _named(call, ("receipt_to",), call.receipt_to, ("email",))


def _contacts(call: Call) -> Iterator[Fault]:
    names = [contact.id for contact in call.contacts]
    yield from doubled("contacts", names, "id")
    for position, contact in enumerate(call.contacts):
        if contact.deputy == contact.id:
            yield ("contacts", position, "deputy"), f"`{contact.id}` cannot be its own deputy; name another contact"
        elif contact.deputy is not None and contact.deputy not in names:
            what = f"no contact `{contact.deputy}`; {nearest(contact.deputy, names)}"
            yield ("contacts", position, "deputy"), what
        if contact.topics is not None:
            yield from ((("contacts", position, "topics", *path), what) for path, what in _topics(call, contact.topics))


def _topics(call: Call, topics: Topics) -> Iterator[Fault]:
    yield from _named(call, ("field",), topics.field, ("choice", "multi_choice"))
    yield from doubled("answers", topics.answers)
    field = call.form.fields.get(topics.field)
    if field is None or field.type not in ("choice", "multi_choice"):
        return
    choices = [choice.id for choice in field.choices]
    for position, answer in enumerate(topics.answers):
        if answer not in choices:
            yield ("answers", position), f"no choice `{answer}` in `{field.id}`; {nearest(answer, choices)}"


def _documents(call: Call) -> Iterator[Fault]:
    guides = [position for position, document in enumerate(call.documents) if document.kind == "guide"]
    for position in guides[1:]:
        yield ("documents", position), f"documents[{guides[0]}] is the guide already; a call has one"


def _distribution(call: Call) -> Iterator[Fault]:
    if call.distributed is None:
        return
    awards = call.distributed.awards
    key = call.form.fields.get(call.one_per)
    choices = [choice.id for field in call.form.fields.values() if field.type == "choice" for choice in field.choices]
    for (_, position, name), message in doubled("awards", [award.applicant for award in awards], "applicant"):
        yield ("distributed", "awards", position, name), message
    for position, award in enumerate(awards):
        if key is not None and (wrong := _not_a_key(key.type, award.applicant)):
            yield ("distributed", "awards", position, "applicant"), wrong
        if award.choice is not None and award.choice not in choices:
            what = f"no choice `{award.choice}` in the form; {nearest(award.choice, choices)}"
            yield ("distributed", "awards", position, "choice"), what
    if call.places is not None and len(awards) > call.places:
        yield ("distributed", "awards"), f"{len(awards)} awards, but `places` is {call.places}"


def _not_a_key(type_: str, applicant: str) -> str | None:
    from stdnum.dk import cvr  # noqa: PLC0415

    if type_ == "municipality" and not _municipality_code(applicant):
        return f'`{applicant}` is not a municipality code; write its three digits in quotes, for example "751"'
    if type_ == "cvr" and not (applicant.isdigit() and cvr.is_valid(applicant)):
        return f"`{applicant}` is not a CVR number; write its eight digits in quotes"
    return None


def _municipality_code(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdigit()


# -- rules -----------------------------------------------------------------------------------------------------------


def _rule(call: Call, rule: Rule) -> Iterator[Fault]:
    match rule.kind:
        case "required_if":
            return _required_if(call, rule)
        case "distinct":
            return _distinct(call, rule)
        case "before":
            return _before(call, rule)
        case "sum_equals":
            return _sum_equals(call, rule)
        case "at_most":
            return _at_most(call, rule)
        case "word_limit":
            return _named(call, ("field",), rule.field, ("text", "long_text"))


def _required_if(call: Call, rule: RequiredIf) -> Iterator[Fault]:
    yield from _named(call, ("field",), rule.field)
    yield from _condition(call, rule.when)
    if rule.when.field == rule.field:
        yield ("when", "field"), f"`{rule.field}` cannot depend on itself; name another field"
    if (field := call.form.fields.get(rule.field)) and field.required:
        yield ("field",), f"`{rule.field}` is `required: true` already; remove that, or this rule"


def _distinct(call: Call, rule: Distinct) -> Iterator[Fault]:
    fields = call.form.fields
    names = rule.fields or ()
    for position, name in enumerate(names):
        yield from _named(call, ("fields", position), name)
        if (field := fields.get(name)) and field.type in _UNCOMPARABLE:
            yield ("fields", position), f"`{name}` is of type {field.type}, which cannot be compared"
    if len(types := {fields[name].type for name in names if name in fields}) > 1:
        yield ("fields",), f"fields of different types ({', '.join(sorted(types))}) always differ; name fields of one"
    yield from _column(call, rule.table, rule.column, ())


def _before(call: Call, rule: Before) -> Iterator[Fault]:
    yield from _named(call, ("earlier",), rule.earlier, ("date",))
    yield from _named(call, ("later",), rule.later, ("date",))
    if rule.earlier == rule.later:
        yield ("later",), f"`{rule.later}` cannot be before itself; name another field"


def _sum_equals(call: Call, rule: SumEquals) -> Iterator[Fault]:
    for position, name in enumerate(rule.fields or ()):
        yield from _named(call, ("fields", position), name, _NUMBERS)
    yield from _column(call, rule.table, rule.column, _NUMBERS)
    yield from _named(call, ("total",), rule.total, _NUMBERS)


def _at_most(call: Call, rule: AtMost) -> Iterator[Fault]:
    yield from _named(call, ("field",), rule.field, _NUMBERS)
    if rule.of is not None:
        yield from _named(call, ("of",), rule.of, _NUMBERS)
    if rule.of == rule.field:
        yield ("of",), f"`{rule.of}` cannot be a share of itself; name another field"


def _named(
    call: Call, path: Path, name: str, types: tuple[str, ...] = (), *, required: bool = False
) -> Iterator[Fault]:
    """A name of no field, of a field of another type than `types` (any when empty), or one that may be left out."""
    fields = call.form.fields
    field = fields.get(name)
    if field is None:
        tables = [
            table.id for table in fields.values() if table.type == "table" and name in {c.id for c in table.columns}
        ]
        near = f"it is a column of the table `{tables[0]}`, not a field" if tables else nearest(name, fields)
        yield path, f"no field `{name}` in the form; {near}"
    elif types and field.type not in types:
        yield path, f"`{name}` is of type {field.type}; here it must be {' or '.join(types)}"
    elif required and not field.required:
        yield path, f"`{name}` must be `required: true`, since every application is known by it"


def _column(call: Call, table: str | None, column: str | None, types: tuple[str, ...]) -> Iterator[Fault]:
    if table is None or column is None:
        return
    yield from _named(call, ("table",), table, ("table",))
    field = call.form.fields.get(table)
    if field is None or field.type != "table":
        return
    columns: dict[str, ColumnField] = {column.id: column for column in field.columns}
    if column not in columns:
        yield ("column",), f"no column `{column}` in the table `{table}`; {nearest(column, columns)}"
    elif types and columns[column].type not in types:
        yield ("column",), f"`{column}` is of type {columns[column].type}; here it must be {' or '.join(types)}"


def _condition(call: Call, condition: Condition) -> Iterator[Fault]:
    yield from _named(call, ("when", "field"), condition.field)
    field = call.form.fields.get(condition.field)
    if field is not None and condition.equals is not None and (wrong := _unequal(field, condition.equals)):
        yield ("when", "equals"), wrong


def _unequal(field: AnyField, value: str | bool | int) -> str | None:
    """Why `field` can never have the value a condition waits for."""
    match field.type:
        case "choice" | "multi_choice":
            choices = [choice.id for choice in field.choices]
            return None if value in choices else f"no choice `{value}` in `{field.id}`; {nearest(str(value), choices)}"
        case "yes_no" | "declaration":
            return None if isinstance(value, bool) else f"`{field.id}` is yes or no; write true or false"
        case "integer":
            return None if type(value) is int else f"`{field.id}` is a whole number; write one without quotes"
        case "municipality":
            known = isinstance(value, str) and _municipality_code(value)
            return None if known else f'`{field.id}` is a municipality; write its code in quotes, for example "751"'
        case other:
            return f"`{field.id}` is of type {other}, whose exact text cannot be foreseen; write `answered: true`"
