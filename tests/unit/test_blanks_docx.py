"""The blank as a Word document: what it says, how it is marked, and that programs open it."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import docx as python_docx
import pytest
from lxml import etree

from formfiles import FORM, sample_call
from puljeport import definitions, guidance, marks
from puljeport.blanks import docx, wordings
from puljeport.calls import AmountField, CvrField
from puljeport.dates import show_date
from puljeport.readers import read
from puljeport.texts import Language, Text
from puljeport_cli.fill import fill_docx

CALL = sample_call()
DA = docx.make(CALL, 3, "da")
EN = docx.make(CALL, 3, "en")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
CALLS = sorted((Path(__file__).parents[2] / "calls").glob("*/call.yaml"))


def part(data: bytes, name: str) -> str:
    """A part of the package as text."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return archive.read(name).decode()


def shown(data: bytes) -> str:
    """The text of the document, a paragraph a line, without what is hidden."""
    root = etree.fromstring(part(data, "word/document.xml").encode())
    lines = []
    for paragraph in root.iter(f"{W}p"):
        runs = [run for run in paragraph.iter(f"{W}r") if run.find(f"{W}rPr/{W}vanish") is None]
        lines.append("".join(text.text or "" for run in runs for text in run.iter(f"{W}t")))
    return "\n".join(lines)


def test_the_same_definition_gives_the_same_bytes() -> None:
    """A blank made again is the same file, so that publishing again changes nothing; a new version is another."""
    assert docx.make(CALL, 3, "da") == DA
    assert docx.make(CALL, 4, "da") != DA


def test_an_independent_library_opens_it() -> None:
    """python-docx, which knows nothing of how this was written, opens the blank and sees its structure."""
    document = python_docx.Document(BytesIO(DA))
    headings = [line.text for line in document.paragraphs if line.style and line.style.name == "Heading 1"]
    assert headings == ["1. Ansøger", "2. Valg af model", "3. Partnere", "4. Erklæringer"]
    assert document.core_properties.title == "Ansøgningsskema: Støtte til samvær på tværs i lokalområdet"
    assert document.core_properties.language == "da-DK"
    assert document.sections[0].page_width == 7560310  # A4 in English Metric Units
    assert len(document.tables) == 4


def test_the_first_page_says_what_an_applicant_must_know() -> None:
    """Agency, title, deadline with weekday and clock, who may apply, whom to ask, and how to send, in each language."""
    for text in (
        "Styrelsen for Prøver", "Ansøgningsskema", "mandag den 9. april 2018 kl. 23.59", "Alle kommuner",
        "tilskud@example.dk", "Felter med * skal udfyldes.", "send det på puljens side inden fristen",
        "Skemaet er på to til tre sider.",
    ):  # fmt: skip
        assert text in shown(DA)
    for text in ("The Agency for Tests", "Application form", "Monday 9 April 2018 at 23:59 (Danish time)"):
        assert text in shown(EN)


def test_the_call_can_say_how_to_send() -> None:
    """The hint of the call stands instead of the general one."""
    hint = Text(da="Send skemaet til os.", en="Send us the form.")
    assert "Send skemaet til os." in shown(docx.make(CALL, 3, "da", upload_hint=hint))
    assert "inden fristen." not in shown(docx.make(CALL, 3, "da", upload_hint=hint))


def test_limits_and_help_stand_beside_their_field() -> None:
    """An applicant sees the limits before they are broken."""
    for text in (
        "Beskriv, hvad der går godt i dag, og hvad I vil ændre. Højst 2.000 tegn.", "Helt tal fra 1 til 37.",
        "Beløb i kroner, højst 500.000.", "Tidligst 1. juni 2018.", "Sæt højst 2 kryds.", "8 cifre.",
        "Skriv én partner i hver række. Mindst 1 række, højst 50.", "Skriv filens navn. Filen sendes for sig.",
        "Model 2: Flere foreninger danner et netværk, som kommunen understøtter.", "også for forældre",
    ):  # fmt: skip
        assert text in shown(DA)


def test_limits_are_said_once() -> None:
    """A limit that the field's own help tells is not said again; one that it does not tell is; 0 needs no saying."""
    amount = {"type": "amount", "id": "a", "minimum": "0", "maximum": "500.00"}
    for label, help_, said in (
        ("Beløb", None, "Beløb i kroner, højst 500."),
        ("Beløb", "Højst 500 kr.", ""),
        ("Beløb", "Højst 1.500 kr.", "Beløb i kroner, højst 500."),
    ):
        field = AmountField.model_validate({**amount, "label": {"da": label}, "help": {"da": help_} if help_ else None})
        assert guidance.guidance(field, "da") == said
    cvr = CvrField.model_validate({"type": "cvr", "id": "c", "label": {"da": "CVR"}, "help": {"da": "Otte cifre."}})
    assert guidance.guidance(cvr, "da") == ""


def test_every_field_can_be_found_in_every_way() -> None:
    """Each answer of the form carries tag, bookmark, hidden id and label, so that no program loses all of them."""
    form = read(DA, "skema.docx")
    for field in form.fields:
        ways = [name.way.value for name in field.names]
        expected = ["tag", "bookmark", "hidden", "label"]
        assert ways[:4] == expected[: 3 if "." in field.names[0].key else 4]
    found = {field.names[0].key.partition(".")[0] for field in form.fields} | {form.tables[0].names[0].key}
    assert found == set(CALL.form.fields)


def test_ids_at_their_longest_are_still_found() -> None:
    """An id too long for a bookmark gets none, and one too long for a tag neither; Word would refuse the whole file."""
    long = "a" * 39 + "b"
    table = {
        "id": long, "type": "table", "label": {"da": "Rækker"},
        "columns": [{"id": id_, "type": "text", "label": {"da": id_}} for id_ in (long, "b")],
    }  # fmt: skip
    single = {"id": "c" * 40, "type": "text", "label": {"da": "Svar " * 30}}
    sections = [*FORM["sections"], {"id": "long", "title": {"da": "Lang"}, "fields": [table, single]}]
    data = docx.make(sample_call(form={"sections": sections}), 1, "da")
    document = part(data, "word/document.xml")
    assert max(map(len, re.findall(r'w:bookmarkStart [^>]*w:name="([^"]*)"', document))) <= 40
    assert max(map(len, re.findall(r'<w:(?:tag|alias) w:val="([^"]*)"', document))) <= 64
    form = read(data, "skema.docx")
    assert form.tables[-1].columns[0][0].key == long
    assert form.fields[-1].names[0].key == "c" * 40


def test_numbers_and_names_that_must_be_unique_are() -> None:
    """Word repairs or refuses a file in which two controls or bookmarks share a number or a name."""
    document = part(DA, "word/document.xml")
    for pattern in (
        r'<w:sdtPr>.*?<w:id w:val="(\d+)"',
        r'bookmarkStart w:id="(\d+)"',
        r'bookmarkStart [^>]*w:name="(\w+)"',
    ):
        found = re.findall(pattern, document)
        assert len(found) > 30
        assert len(set(found)) == len(found)


def test_controls_are_of_the_kind_of_their_field() -> None:
    """Dates have a calendar, choices a list, and municipalities a list of all 98, in Danish order, to type in."""
    root = etree.fromstring(part(DA, "word/document.xml").encode())
    kinds = {
        tag.get(f"{W}val"): etree.QName(properties[-1]).localname
        for properties in root.iter(f"{W}sdtPr")
        for tag in properties.findall(f"{W}tag")
    }
    assert kinds["model"] == kinds["decided"] == "dropDownList"
    assert kinds["topics.sport"] == kinds["no_money"] == "checkbox"
    assert (kinds["municipality"], kinds["starts"], kinds["background"]) == ("comboBox", "date", "text")
    names = [item.get(f"{W}value") for item in next(root.iter(f"{W}comboBox"))]
    assert (len(names), names[0], names[-4:]) == (98, "Albertslund", ["Ærø", "Aabenraa", "Aalborg", "Aarhus"])


def test_it_is_made_for_screen_readers_and_print() -> None:
    """Language, heading levels, header rows, table captions, page numbers and the version stand where tools look."""
    document, footer, styles = (part(DA, f"word/{name}.xml") for name in ("document", "footer", "styles"))
    assert 'w:lang w:val="da-DK"' in styles
    assert 'w:lang w:val="en-GB"' in part(EN, "word/styles.xml")
    assert document.count("<w:tblHeader/>") == 1
    assert document.count("<w:tblCaption") == document.count("<w:tbl>")
    assert "samvaer-2018, version 3" in footer
    assert " PAGE " in footer
    assert " NUMPAGES " in footer


def test_it_is_not_protected_but_its_controls_are_locked() -> None:
    """Rows can be added and spelling checked, while no single control can be deleted by mistake."""
    document = part(DA, "word/document.xml")
    assert "documentProtection" not in part(DA, "word/settings.xml")
    rows = document.count('<w:tag w:val="partners.')
    assert document.count('w:val="sdtLocked"') == document.count("<w:sdt>") - rows


@pytest.mark.parametrize("path", CALLS, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("language", ["da", "en"])
def test_the_calls_of_this_house_have_a_blank(path: Path, language: Language) -> None:
    """Every call in the repository gives a blank in each language in which all of its fields are found again."""
    call = definitions.load(path.parent).call
    form = read(docx.make(call, 1, language), "skema.docx")
    found = {field.names[0].key.partition(".")[0] for field in form.fields} | {
        table.names[0].key for table in form.tables
    }
    assert (form.call, found) == (call.id, set(call.form.fields))


def test_a_filled_blank_is_what_word_leaves() -> None:
    """Filling in takes placeholders away, ticks the box, shows a choice's label, copies rows without bookmarks."""
    filled = part(
        fill_docx(DA, {"cvr": "1", "no_money": "ja", "model": "model-1", "partners": [{"hours": "1"}] * 6}),
        "word/document.xml",
    )
    before = part(DA, "word/document.xml")
    assert before.count("<w:showingPlcHdr/>") - filled.count("<w:showingPlcHdr/>") == 2 + 4 - 2 * 4
    assert filled.count('w14:checked w14:val="1"') == 1
    assert '<w:t xml:space="preserve">Model 1</w:t>' in filled
    assert filled.count("bookmarkStart") == before.count("bookmarkStart")
    assert filled.count('w:val="partners.hours.4"') == 3


def test_filling_in_an_unknown_field_is_a_mistake() -> None:
    """A field that the blank does not have is named, rather than dropped."""
    with pytest.raises(KeyError, match="unknown"):
        fill_docx(DA, {"unknown": "x"})


@pytest.mark.parametrize(
    ("value", "da", "en"),
    [(1234567, "1.234.567", "1,234,567"), (Decimal("1234.50"), "1.234,50", "1,234.50"), (Decimal("5.00"), "5", "5")],
)
def test_numbers_are_written_as_people_read_them(value: Decimal | int, da: str, en: str) -> None:
    """Danish has points between thousands and a comma before decimals; English the reverse; whole kroner have none."""
    assert (guidance.number(value, "da"), guidance.number(value, "en")) == (da, en)


def test_days_are_written_in_words() -> None:
    """Dates are written out in each language without asking the machine's locale."""
    assert (show_date(date(2018, 4, 9)).da, show_date(date(2018, 4, 9)).en) == ("9. april 2018", "9 April 2018")
    assert wordings.deadline(datetime(2027, 1, 3, 12, 5), "da") == "søndag den 3. januar 2027 kl. 12.05"  # noqa: DTZ001


def test_placeholders_are_known_to_the_reader() -> None:
    """Every placeholder that a blank writes is one that a reader takes for nothing."""
    assert {text for texts in marks.PLACEHOLDERS.values() for text in texts.values()} <= marks.EMPTY_TEXTS
