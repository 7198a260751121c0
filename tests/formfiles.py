"""A call with every kind of field, and what the programs in between do to a form file."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

from puljeport.calls import Call

CHOICES = [
    {
        "id": "model-1",
        "label": {"da": "Model 1", "en": "Model 1"},
        "description": {
            "da": "Kommunen og en forening mødes om et fast forløb for unge i et boligområde.",
            "en": "The municipality and an association meet in a fixed course for young people in a housing area.",
        },
    },
    {
        "id": "model-2",
        "label": {"da": "Model 2", "en": "Model 2"},
        "description": {
            "da": "Flere foreninger danner et netværk, som kommunen understøtter.",
            "en": "Several associations form a network that the municipality supports.",
        },
    },
    {"id": "model-3", "label": {"da": "Model 3", "en": "Model 3"}},
]

COLUMNS = [
    {"id": "name", "type": "text", "required": True, "label": {"da": "Navn", "en": "Name"}},
    {
        "id": "kind",
        "type": "choice",
        "label": {"da": "Slags", "en": "Kind"},
        "choices": [
            {"id": "club", "label": {"da": "Idrætsforening", "en": "Sports club"}},
            {"id": "other", "label": {"da": "Andet", "en": "Other"}},
        ],
    },
    {"id": "email", "type": "email", "label": {"da": "E-mail", "en": "E-mail"}},
    {"id": "since", "type": "date", "label": {"da": "Med siden", "en": "Since"}},
    {"id": "hours", "type": "integer", "label": {"da": "Timer", "en": "Hours"}},
]


def _field(id_: str, type_: str, da: str, en: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "type": type_, "label": {"da": da, "en": en}, **more}


FORM: dict[str, Any] = {
    "intro": {
        "da": "Skemaet er på to til tre sider. Skriv kort og konkret.",
        "en": "The form takes two to three pages. Be brief and concrete.",
    },
    "sections": [
        {
            "id": "applicant",
            "title": {"da": "Ansøger", "en": "Applicant"},
            "intro": {"da": "Hvem søger, og hvem kan vi ringe til?", "en": "Who applies, and whom can we call?"},
            "fields": [
                _field("municipality", "municipality", "Kommune", "Municipality", required=True),
                _field("cvr", "cvr", "CVR-nummer", "CVR number", required=True),
                _field(
                    "contact_name",
                    "text",
                    "Kontaktperson",
                    "Contact person",
                    required=True,
                    max_length=80,
                    help={"da": "Den, der kan svare på spørgsmål om ansøgningen.", "en": "Who can answer questions."},
                ),
                _field("contact_email", "email", "E-mail til kontaktpersonen", "Contact's e-mail", required=True),
                _field("contact_phone", "phone", "Telefon", "Telephone"),
                _field("website", "url", "Hjemmeside", "Website"),
            ],
        },
        {
            "id": "model",
            "title": {"da": "Valg af model", "en": "Choice of model"},
            "fields": [
                _field("model", "choice", "Samarbejdsmodel", "Model of cooperation", required=True, choices=CHOICES),
                _field(
                    "topics",
                    "multi_choice",
                    "Emner",
                    "Topics",
                    max_choices=2,
                    choices=[
                        {"id": "youth-clubs", "label": {"da": "Fritidsklubber", "en": "Youth clubs"}},
                        {
                            "id": "sport",
                            "label": {"da": "Idræt", "en": "Sport"},
                            "description": {"da": "også for forældre", "en": "for parents too"},
                        },
                        {"id": "mentors", "label": {"da": "Mentorer", "en": "Mentors"}},
                    ],
                ),
                _field(
                    "background",
                    "long_text",
                    "Baggrund og behov",
                    "Background and need",
                    required=True,
                    max_length=2000,
                    help={
                        "da": "Beskriv, hvad der går godt i dag, og hvad I vil ændre.",
                        "en": "Describe what works today and what you want to change.",
                    },
                ),
                _field("hours", "integer", "Egne timer om ugen", "Own hours a week", minimum=1, maximum=37),
                _field("budget", "amount", "Egenbetaling", "Own contribution", maximum="500000.00"),
                _field("decided", "yes_no", "Er det besluttet politisk?", "Is there a political decision?"),
                _field("starts", "date", "Forventet start", "Expected start", earliest="2018-06-01"),
                _field("plan", "attachment", "Tidsplan", "Timetable"),
            ],
        },
        {
            "id": "partners_section",
            "title": {"da": "Partnere", "en": "Partners"},
            "intro": {"da": "Mindst én partner fra civilsamfundet.", "en": "At least one partner from civil society."},
            "fields": [
                _field(
                    "partners",
                    "table",
                    "Samarbejdspartnere",
                    "Partners",
                    required=True,
                    min_rows=1,
                    max_rows=50,
                    blank_rows=4,
                    columns=COLUMNS,
                    help={"da": "Skriv én partner i hver række.", "en": "Write one partner in each row."},
                )
            ],
        },
        {
            "id": "declarations",
            "title": {"da": "Erklæringer", "en": "Declarations"},
            "fields": [
                _field(
                    "no_money",
                    "declaration",
                    "Ingen penge",
                    "No money",
                    required=True,
                    text={
                        "da": "Vi er klar over, at der ikke følger penge med til projektledelse eller drift.",
                        "en": "We know that no money follows for project management or operation.",
                    },
                ),
                _field("signed_by", "text", "Navn", "Name", required=True),
                _field("signed_on", "date", "Dato", "Date", required=True),
            ],
        },
    ],
}

DEFINITION: dict[str, Any] = {
    "id": "samvaer-2018",
    "reference_prefix": "SAM",
    "title": {"da": "Støtte til samvær på tværs i lokalområdet", "en": "Support for local company"},
    "summary": {"da": "En pulje til brug i prøver.", "en": "A call for tests."},
    "description": {"da": "En pulje til brug i prøver.", "en": "A call for tests."},
    "administered_by": {"da": "Styrelsen for Prøver", "en": "The Agency for Tests"},
    "who_can_apply": {"kinds": ["municipality"], "text": {"da": "Alle kommuner", "en": "All municipalities"}},
    "last_updated": "2018-02-27",
    "opens": "2018-02-27T00:00:00",
    "deadline": "2018-04-09T23:59:59",
    "one_per": "municipality",
    "contacts": [{"id": "administration", "role": "administrative", "email": "tilskud@example.dk"}],
    "form": FORM,
}


def sample_call(**changes: Any) -> Call:
    """The call, with other values for some of its keys."""
    return Call.model_validate(DEFINITION | changes)


def rewrite(data: bytes, **parts: Callable[[str], str]) -> bytes:
    """The package with parts changed as text; a part is named by the last word of its path, such as `document`."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            stem = entry.filename.rpartition("/")[2].removesuffix(".xml")
            if stem in parts:
                content = parts[stem](content.decode()).encode()
            new.writestr(entry.filename, content)
    return buffer.getvalue()


def without_tags(xml: str) -> str:
    """The content of every control where the control was, as LibreOffice 7.4 leaves it."""
    xml = re.sub(r"<w:sdtPr>.*?</w:sdtPr>", "", xml, flags=re.DOTALL)
    return re.sub(r"</?w:sdt(?:Content)?>", "", xml)


def without_bookmarks(xml: str) -> str:
    """No bookmarks, as pandoc leaves it."""
    return re.sub(r"<w:bookmark(?:Start|End)[^>]*/>", "", xml)


def without_hidden(xml: str) -> str:
    """No hidden text, as an editor that tidies up may leave it."""
    return re.sub(r"<w:r><w:rPr><w:vanish/></w:rPr>.*?</w:r>", "", xml, flags=re.DOTALL)


def without_names(xml: str) -> str:
    """No defined names, as a program that reads values only leaves it."""
    return re.sub(r"<definedNames>.*?</definedNames>", "", xml, flags=re.DOTALL)


def without_ids(xml: str) -> str:
    """No hidden ids, neither in their column nor in their row: they stand among a workbook's shared strings."""
    return re.sub(r"<t>\[\[[^<]*\]\]</t>", "<t></t>", xml)
