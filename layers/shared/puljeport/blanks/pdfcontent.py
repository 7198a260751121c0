"""What a PDF blank says, and which form fields it has: from a call to plain data for the layout and the fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from puljeport import marks, municipalities
from puljeport.blanks.wordings import closing, words
from puljeport.calls import (
    AnyField,
    Call,
    Choice,
    ChoiceField,
    ColumnField,
    DeclarationField,
    LongTextField,
    MultiChoiceField,
    Section,
    TableField,
)
from puljeport.guidance import guidance
from puljeport.texts import Language, Text

MOST_BUTTONS = 8
"""Choices that are shown with a button each; more of them are a list to open."""
FEWEST_ROWS = 12
"""Rows that a table has room for at least, if it may have so many: a PDF cannot grow."""
LINE = 11.9
"""Points from one line of an answer to the next."""
_CHARACTERS_A_LINE = 100
_FEWEST_LINES, _MOST_LINES = 4, 48

_WEIGHTS = {"integer": 3, "amount": 4, "date": 4, "yes_no": 3, "phone": 4, "cvr": 4, "email": 7}
_WEIGHT = 6
_REGIONS: dict[Language, str] = {"da": "DK", "en": "GB"}
_NUMBERS = frozenset({"integer", "amount"})

_WORDS = {
    "fill": Text(
        da="Gem skemaet på din computer, åbn det i et program til PDF-filer, og skriv svarene i de farvede felter.",
        en="Save the form on your computer, open it in a program for PDF files and write in the coloured fields.",
    ),
    "required": Text(da="Felter med * skal udfyldes.", en="Fields with * must be filled in."),
    "keep": Text(
        da="Vælg »Gem« og ikke »Udskriv« eller »Scan«: svarene bliver læst elektronisk i felterne.",
        en="Choose “Save” and not “Print” or “Scan”: the answers are read from the fields electronically.",
    ),
    "sending": Text(
        da="Send PDF-filen uden adgangskode på puljens side inden fristen.",
        en="Send the PDF file without a password on the call's page before the deadline.",
    ),
    "more": Text(
        da="Har I brug for flere rækker, så brug skemaet som Word-fil.",
        en="If you need more rows, use the form as a Word file.",
    ),
    "must": Text(da="Skal udfyldes", en="Required"),
    "row": Text(da="række", en="row"),
    "date": Text(da="Fx 9. april 2018.", en="For example 9 April 2018."),
    "page": Text(da="Side | af ", en="Page | of "),
}


class Kind(StrEnum):
    """What a form field is made as. RADIO fields are buttons of the field before the last `.` of their key."""

    TEXT = "text"
    LINES = "lines"
    LIST = "list"
    OPEN_LIST = "open list"
    BOX = "box"
    RADIO = "radio"


_LISTS = (Kind.LIST, Kind.OPEN_LIST)


@dataclass(frozen=True, slots=True)
class Field:
    """One form field.

    `said`: what a screen reader says of it; `group`: the label of a button's field; `options`: a list's values and
    what is shown for each.
    """

    key: str
    kind: Kind
    said: str
    required: bool = False
    group: str = ""
    max_length: int | None = None
    options: tuple[tuple[str, str], ...] = ()
    small: bool = False
    number: bool = False


@dataclass(slots=True)
class Content:
    """The data of the layout, and the form fields by key in the order of the page."""

    data: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)


def content(call: Call, version: int, language: Language, upload_hint: Text | None = None) -> Content:
    """All of the blank of `call` in `language`."""
    writer = _Writer(language)
    writer.content.data = {
        "about": about(call, version, language, words("form", language)),
        "agency": call.administered_by.get(language),
        "title": call.title.get(language),
        "kind": words("form", language),
        "facts": _facts(call, language),
        "how": words("how", language),
        "steps": [
            *(_WORDS[key].get(language) for key in ("fill", "required", "keep")),
            (upload_hint or _WORDS["sending"]).get(language),
        ],
        "intro": writer.paragraphs(call.form.intro),
        "sections": [writer.section(section) for section in call.form.sections],
    }
    return writer.content


def about(call: Call, version: int, language: Language, kind: str) -> dict[str, Any]:
    """What a document says of itself: title, author, language, and the foot of its pages."""
    title = call.title.get(language)
    foot = f"{title}\u2002·\u2002{call.id}, version {version}"
    return {
        "title": f"{kind}: {title}",
        "author": call.administered_by.get(language),
        "keywords": [f"{call.id}@{version}"],
        "lang": language,
        "region": _REGIONS[language],
        "foot": foot if len(foot) <= 90 else f"{call.id}, version {version}",
        "page": _WORDS["page"].get(language).split("|"),
    }


def _facts(call: Call, language: Language) -> list[tuple[str, str]]:
    questions = ", ".join(dict.fromkeys(contact.email for contact in call.contacts if contact.role != "operations"))
    facts = [
        (words("deadline", language), closing(call, language)),
        (words("who", language), call.who_can_apply.text.get(language)),
        (words("questions", language), questions),
    ]
    return [(name, fact) for name, fact in facts if fact]


class _Writer:
    """Writes sections in one language and collects their form fields."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self.content = Content()

    def _say(self, text: Text | None) -> str:
        return text.get(self._language) if text else ""

    def paragraphs(self, text: Text | None) -> list[str]:
        return [" ".join(line.split()) for line in self._say(text).split("\n") if line.strip()]

    def section(self, section: Section) -> dict[str, Any]:
        items = [self._item(item) for item in section.fields]
        return {"title": self._say(section.title), "intro": self.paragraphs(section.intro), "items": items}

    def _field(self, key: str, kind: Kind, label: str, item: AnyField, hint: str = "", **more: Any) -> None:
        must = f"{_WORDS['must'].get(self._language)}. " if item.required else ""
        hint = f"{must}{hint}".strip()
        self.content.fields[key] = Field(
            key, kind, f"{label}{marks.HINT}{hint}" if hint else label, item.required, **more
        )

    def _item(self, item: AnyField) -> dict[str, Any]:
        label = self._say(item.label)
        help_ = " ".join(f"{self._say(item.help)} {guidance(item, self._language)}".split())
        if item.type == "date" and not help_:
            help_ = _WORDS["date"].get(self._language)
        head = {"label": label, "required": item.required, "help": help_, "key": item.id}
        if isinstance(item, TableField):
            return head | self._table(item, head)
        if isinstance(item, DeclarationField):
            text = self.paragraphs(item.text)
            self._field(item.id, Kind.BOX, label, item, hint=" ".join([*text, help_]))
            return head | {"shape": "declaration", "text": text}
        return head | (self._chosen(item) or self._typed(item, head))

    def _chosen(self, item: AnyField) -> dict[str, Any] | None:
        """A button for each answer. A round one cannot be taken back: those only for what must be answered."""
        if isinstance(item, MultiChoiceField):
            return self._buttons(item, item.choices, Kind.BOX)
        if item.required and isinstance(item, ChoiceField) and len(item.choices) <= MOST_BUTTONS:
            return self._buttons(item, item.choices, Kind.RADIO)
        if item.required and item.type == "yes_no":
            return self._buttons(item, self._yes_no(), Kind.RADIO)
        return None

    def _typed(self, item: AnyField, head: dict[str, Any]) -> dict[str, Any]:
        label, hint = head["label"], head["help"]
        if isinstance(item, LongTextField):
            lines = min(max(item.max_length // _CHARACTERS_A_LINE + 1, _FEWEST_LINES), _MOST_LINES)
            self._field(item.id, Kind.LINES, label, item, hint=hint, max_length=item.max_length)
            return {"shape": "long", "height": lines * LINE + 8}
        kind = self._written(item)
        self._field(item.id, kind, label, item, hint=hint, **self._details(item))
        if isinstance(item, ChoiceField) and any(choice.description for choice in item.choices):
            return {"shape": "described", "list": True, "choices": self._choices(item.id, item.choices)}
        return {"shape": "pair", "list": kind in _LISTS}

    def _yes_no(self) -> tuple[Choice, ...]:
        return tuple(
            Choice(id=answer, label=Text(da=words(answer, "da"), en=words(answer, "en"))) for answer in ("yes", "no")
        )

    def _choices(self, key: str, choices: tuple[Choice, ...]) -> list[dict[str, str]]:
        return [
            {
                "key": f"{key}.{choice.id}",
                "label": self._say(choice.label),
                "help": " ".join(self.paragraphs(choice.description)),
            }
            for choice in choices
        ]

    def _buttons(self, item: AnyField, choices: tuple[Choice, ...], kind: Kind) -> dict[str, Any]:
        listed = self._choices(item.id, choices)
        label = self._say(item.label)
        for choice in listed:
            self._field(choice["key"], kind, f"{label}: {choice['label']}", item, hint=choice["help"], group=label)
        wide = any(choice["help"] for choice in listed)
        return {"shape": "options", "choices": listed, "round": kind is Kind.RADIO, "wide": wide}

    def _written(self, item: AnyField) -> Kind:
        if isinstance(item, ChoiceField) or item.type == "yes_no":
            return Kind.LIST
        return Kind.OPEN_LIST if item.type == "municipality" else Kind.TEXT

    def _details(self, item: AnyField) -> dict[str, Any]:
        if isinstance(item, ChoiceField):
            return {"options": tuple((choice.id, self._say(choice.label)) for choice in item.choices)}
        if item.type == "yes_no":
            return {"options": tuple((answer, words(answer, self._language)) for answer in ("yes", "no"))}
        if item.type == "municipality":
            return {"options": tuple((each.name, each.name) for each in municipalities.in_order())}
        length = item.max_length if item.type == "text" else None
        return {"max_length": length, "number": item.type in _NUMBERS}

    # -- tables of rows --

    def _table(self, item: TableField, head: dict[str, Any]) -> dict[str, Any]:
        count = min(item.max_rows, max(item.blank_rows, item.min_rows, FEWEST_ROWS))
        more = "" if count == item.max_rows else _WORDS["more"].get(self._language)
        rows = [list(self._row(item, head["label"], number)) for number in range(1, count + 1)]
        return {
            "shape": "rows",
            "help": " ".join(f"{head['help']} {more}".split()),
            "columns": [self._column(column) for column in item.columns],
            "rows": rows,
        }

    def _column(self, column: ColumnField) -> dict[str, Any]:
        return {
            "label": self._say(column.label),
            "required": column.required,
            "help": " ".join(self.paragraphs(column.help)),
            "weight": _WEIGHTS.get(column.type, _WEIGHT),
        }

    def _row(self, item: TableField, label: str, number: int) -> Iterator[dict[str, Any]]:
        for column in item.columns:
            key = f"{item.id}.{column.id}.{number}"
            said = f"{label}, {_WORDS['row'].get(self._language)} {number}: {self._say(column.label)}"
            kind = Kind.LINES if column.type == "text" else self._written(column)
            # An empty row is no mistake, so that no cell of it is required by itself.
            self.content.fields[key] = Field(key, kind, said, small=True, **self._details(column))
            yield {"key": key, "list": kind in _LISTS}
