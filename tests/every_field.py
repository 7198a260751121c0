"""A call with a field of every type and a rule of every kind, and the form that answers it without a mistake."""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue

from puljeport.calls import AnyField, Call
from puljeport.rawforms import TICKED, UNTICKED, Name, RawCell, RawField, RawForm, RawTable, Way
from puljeport.texts import Text

OPTIONS = [
    {"id": "model-1", "label": {"da": "Model 1: Netværk", "en": "Model 1: Networks"}},
    {"id": "model-2", "label": {"da": "Model 2: Mentor", "en": "Model 2: Mentors"}},
    {"id": "other", "label": {"da": "Noget andet", "en": "Something else"}},
]
TOPICS = [
    {"id": "health", "label": {"da": "Sundhed", "en": "Health"}},
    {"id": "children", "label": {"da": "Børn, unge og familier", "en": "Children, young people and families"}},
    {"id": "unge", "label": {"da": "Unge", "en": "Young people"}},
]


def _field(field_id: str, kind: str, da: str, en: str, **rest: Any) -> dict[str, Any]:
    return {"id": field_id, "type": kind, "label": {"da": da, "en": en}, **rest}


FIELDS: list[dict[str, Any]] = [
    _field("municipality", "municipality", "Kommune", "Municipality", required=True),
    _field("cvr", "cvr", "CVR-nummer", "CVR number"),
    _field("contact_name", "text", "Kontaktperson", "Contact person", required=True),
    _field("contact_email", "email", "E-mail", "E-mail address"),
    _field("contact_phone", "phone", "Telefon", "Telephone"),
    _field("website", "url", "Hjemmeside", "Website"),
    _field("model", "choice", "Model", "Model of work", required=True, choices=OPTIONS),
    _field("second_model", "choice", "Andet valg", "Second choice", choices=OPTIONS),
    _field("topics", "multi_choice", "Emner", "Topics", choices=TOPICS, max_choices=2),
    _field("background", "long_text", "Baggrund", "Background", max_length=300),
    _field("hours", "integer", "Timer", "Hours", minimum=1, maximum=5000),
    _field("partners", "table", "Partnere", "Partners", min_rows=1, max_rows=3, columns=[
        _field("name", "text", "Navn", "Name", required=True),
        _field("email", "email", "E-mail", "E-mail"),
        _field("budget", "amount", "Beløb", "Amount"),
    ]),
    _field("grant", "amount", "Ansøgt beløb", "Amount applied for", minimum="0"),
    _field("cofinancing", "amount", "Medfinansiering", "Co-financing"),
    _field("start", "date", "Begynder", "Begins", earliest="2018-01-01", latest="2020-12-31"),
    _field("end", "date", "Slutter", "Ends"),
    _field("decided", "yes_no", "Er det besluttet?", "Has it been decided?"),
    _field("decided_on", "date", "Besluttet den", "Decided on"),
    _field("consent", "declaration", "Samtykke", "Consent", required=True, text={"da": "Vi giver samtykke."}),
    _field("no_double", "declaration", "Ingen dobbeltstøtte", "No double support", text={"da": "Kun her."}),
    _field("budget_file", "attachment", "Budget som bilag", "Budget attached"),
]  # fmt: skip

RULES: list[dict[str, Any]] = [
    {"kind": "required_if", "field": "decided_on", "when": {"field": "decided", "equals": True}},
    {"kind": "distinct", "fields": ["model", "second_model"]},
    {"kind": "distinct", "table": "partners", "column": "name"},
    {"kind": "before", "earlier": "start", "later": "end"},
    {"kind": "sum_equals", "table": "partners", "column": "budget", "total": "grant"},
    {"kind": "at_most", "field": "cofinancing", "of": "grant", "percent": "50"},
    {"kind": "word_limit", "field": "background", "words": 20},
]

DEFINITION: dict[str, Any] = {
    "id": "alle-felter-2018",
    "reference_prefix": "ALF",
    "title": {"da": "Alle felter", "en": "All fields"},
    "summary": {"da": "Til prøver.", "en": "For tests."},
    "description": {"da": "Til prøver.", "en": "For tests."},
    "administered_by": {"da": "Styrelsen for Prøver", "en": "The Agency for Tests"},
    "who_can_apply": {"kinds": ["municipality"], "text": {"da": "Kommuner"}},
    "last_updated": "2018-02-27",
    "opens": "2018-02-27T00:00:00",
    "deadline": "2018-04-09T23:59:59",
    "one_per": "municipality",
    "contacts": [{"id": "administration", "role": "administrative", "email": "administration@example.dk"}],
    "form": {"sections": [{"id": "all", "title": {"da": "Alt"}, "fields": FIELDS}]},
    "rules": [
        {**rule, "message": {"da": f"Regel {number}", "en": f"Rule {number}"}} for number, rule in enumerate(RULES)
    ],
}

ANSWERS = {
    "municipality": "Aarhus Kommune",
    "cvr": "12 34 56 74",
    "contact_name": "En Medarbejder",
    "contact_email": "medarbejder@example.dk",
    "contact_phone": "12 34 56 78",
    "website": "www.example.dk",
    "model": "Model 1: Netværk",
    "second_model": "Noget andet",
    "topics.health": TICKED,
    "topics.children": UNTICKED,
    "topics.unge": TICKED,
    "background": "Vi har gjort det før.\nDet gik godt.",
    "hours": "120",
    "grant": "1.500,50 kr.",
    "cofinancing": "750",
    "start": "9. april 2018",
    "end": "31-12-2018",
    "decided": "ja",
    "decided_on": "2018-03-01",
    "consent": TICKED,
    "budget_file": "budget.xlsx",
}
PARTNERS = [["Klubben", "klubben@example.dk", "1.000,50 kr."], ["Foreningen", "", "500"]]

VALUES: dict[str, JsonValue] = {
    "municipality": "751",
    "cvr": "12345674",
    "contact_name": "En Medarbejder",
    "contact_email": "medarbejder@example.dk",
    "contact_phone": "+4512345678",
    "website": "https://www.example.dk",
    "model": "model-1",
    "second_model": "other",
    "topics": ["health", "unge"],
    "background": "Vi har gjort det før.\nDet gik godt.",
    "hours": 120,
    "partners": [
        {"name": "Klubben", "email": "klubben@example.dk", "budget": "1000.50"},
        {"name": "Foreningen", "budget": "500.00"},
    ],
    "grant": "1500.50",
    "cofinancing": "750.00",
    "start": "2018-04-09",
    "end": "2018-12-31",
    "decided": True,
    "decided_on": "2018-03-01",
    "consent": True,
    "budget_file": "budget.xlsx",
}


def a_call(**changes: Any) -> Call:
    """The call; `changes` replace top-level keys of its definition."""
    return Call.model_validate(DEFINITION | changes)


CALL = a_call()


def field_of(field_id: str, **changes: Any) -> AnyField:
    """The call's field with that id; `changes` replace its keys."""
    field = CALL.form.fields[field_id]
    return field.model_copy(update=changes)


def place(text: str) -> Text:
    """A place in a file."""
    return Text(da=f"ved {text}", en=f"at {text}")


def cell(text: str, where: str = "her") -> RawCell:
    """A text at a place."""
    return RawCell(text, place(where))


def single(key: str, text: str, way: Way = Way.TAG, where: str | None = None) -> RawField:
    """A single field found one way; its place names its key unless told otherwise."""
    return RawField((Name(way, key),), cell(text, where or key))


def table(rows: list[list[str]], way: Way = Way.TAG, **changes: Any) -> RawTable:
    """The table of partners with those rows; a cell's place is `row/column`, from 1."""
    columns = changes.get("columns", ["name", "email", "budget"])
    return RawTable(
        names=(Name(way, changes.get("key", "partners")),),
        columns=tuple((Name(way, column),) for column in columns),
        rows=tuple(
            tuple(cell(text, f"{number}/{position}") for position, text in enumerate(row, 1))
            for number, row in enumerate(rows, 1)
        ),
        place=place(changes.get("where", "partners")),
    )


def a_form(
    answers: dict[str, str | None] | None = None,
    partners: list[list[str]] | None = None,
    *,
    more: tuple[RawField, ...] = (),
    tables: tuple[RawTable, ...] | None = None,
    call: str | None = CALL.id,
) -> RawForm:
    """A filled-in form without mistakes; `answers` change it (None leaves a field out), `more` adds fields."""
    given = {**ANSWERS, **(answers or {})}
    return RawForm(
        format="docx",
        call=call,
        version=1,
        fields=(*(single(key, text) for key, text in given.items() if text is not None), *more),
        tables=(table(PARTNERS if partners is None else partners),) if tables is None else tables,
    )
