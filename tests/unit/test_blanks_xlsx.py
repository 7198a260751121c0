"""The workbook to fill in: what can be written in it, what it takes, and what it says."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest

from formfiles import sample_call
from puljeport import marks
from puljeport.blanks import csvform, xlsx
from puljeport.calls import TableField
from puljeport.readers import read
from puljeport.texts import LANGUAGES, Language, Text
from puljeport_cli.fill_sheets import fill_xlsx

RULE = {"kind": "sum_equals", "table": "partners", "column": "hours", "total": "hours", "message": {"da": "Summen."}}
CALL = sample_call(rules=[RULE])


def opened(language: Language = "da", **more: Any) -> Any:
    """The blank as openpyxl has it."""
    return openpyxl.load_workbook(BytesIO(xlsx.make(CALL, 3, language, **more)))


BOOK = opened()
SHEET = BOOK.worksheets[0]


def cell(key: str, book: Any = BOOK) -> Any:
    """The cell that has the key's defined name."""
    text = book.defined_names[marks.defined_name(key)].attr_text
    return book.worksheets[0][text.rpartition("!")[2].replace("$", "")]


def rule_of(key: str, book: Any = BOOK) -> Any:
    """The validation of the key's cell, or for a column of its first row."""
    at = cell(key, book)
    below = at.offset(row=1) if key.endswith(".0") else at
    for rule in book.worksheets[0].data_validations.dataValidation:
        if below.coordinate in rule.sqref:
            return rule
    return None


def choices(key: str, book: Any = BOOK) -> list[str]:
    """What the drop-down of a field offers."""
    sheet, _, area = rule_of(key, book).formula1.partition("!")
    return [row[0].value for row in book[sheet][area.replace("$", "")]]


def test_the_same_input_gives_the_same_bytes() -> None:
    """Publishing twice puts up nothing new."""
    assert xlsx.make(CALL, 3, "da") == xlsx.make(CALL, 3, "da")
    assert csvform.make(CALL, 3, "da") == csvform.make(CALL, 3, "da")


def test_only_answers_can_be_written() -> None:
    """The sheet is protected without a password; each answer and each cell of a row is open, and rows can be added."""
    answers = []
    for field in CALL.form.fields.values():
        if isinstance(field, TableField):
            rows = BOOK.defined_names[marks.defined_name(field.id)].attr_text.rpartition("!")[2].replace("$", "")
            answers += [each for row in SHEET[rows] for each in row]
        elif field.type == "multi_choice":
            answers += [cell(f"{field.id}.{choice.id}") for choice in field.choices]
        else:
            answers.append(cell(field.id))
    free = {each.coordinate for row in SHEET.iter_rows() for each in row if not each.protection.locked}
    merged = {
        each
        for area in SHEET.merged_cells.ranges
        for row in SHEET[str(area)]
        for each in (one.coordinate for one in row)
    }
    assert {each.coordinate for each in answers} <= free
    assert free <= {each.coordinate for each in answers} | merged
    assert SHEET.protection.sheet
    assert SHEET.protection.password is None
    assert not SHEET.protection.insertRows


@pytest.mark.parametrize(
    ("key", "kind", "first"),
    [
        ("contact_name", "textLength", "80"),
        ("background", "textLength", "2000"),
        ("hours", "whole", "1"),
        ("budget", "decimal", "-1000000000000"),
        ("starts", "date", "43252"),
        ("partners.since.0", "date", "61"),
        ("partners.hours.0", "whole", "-1000000000000"),
    ],
)
def test_slips_are_kept_out_while_writing(key: str, kind: str, first: str) -> None:
    """Lengths, numbers and days are checked against the definition, with a message that helps."""
    rule = rule_of(key)
    assert (rule.type, rule.formula1) == (kind, first)
    assert rule.error
    assert rule.prompt
    assert rule.errorStyle in (None, "stop")


@pytest.mark.parametrize("language", LANGUAGES)
def test_drop_downs_offer_the_labels(language: Language) -> None:
    """Choices, yes and no, municipalities in the order of a Danish dictionary, and the mark of a box."""
    book = opened(language)
    assert choices("model", book) == ["Model 1", "Model 2", "Model 3"]
    assert choices("partners.kind.0", book) == (
        ["Idrætsforening", "Andet"] if language == "da" else ["Sports club", "Other"]
    )
    assert choices("decided", book) == (["Ja", "Nej"] if language == "da" else ["Yes", "No"])
    assert choices("topics.sport", book) == choices("no_money", book) == ["x"]
    names = choices("municipality", book)
    assert (len(names), names[0], names[-1]) == (98, "Albertslund", "Aarhus")
    assert rule_of("municipality", book).errorStyle == "warning"


def test_answers_have_the_formats_of_their_types() -> None:
    """Days look like days and amounts like amounts; telephone numbers stay the text that was written."""
    formats = {key: cell(key).number_format for key in ("starts", "budget", "hours", "contact_phone", "cvr")}
    assert formats == {
        "starts": "dd-mm-yyyy", "budget": "#,##0.00", "hours": "#,##0", "contact_phone": "@", "cvr": "@",
    }  # fmt: skip


def test_the_sum_of_a_rule_is_calculated_and_grows_with_the_rows() -> None:
    """A column that a rule adds up has its sum below it, over all rows, also those that are inserted."""
    total = cell("partners.hours.sum")
    top, letter = cell("partners.hours.0").row + 1, total.column_letter
    assert total.value == f"=SUM({letter}{top}:{letter}{top + 3})"
    assert total.protection.locked
    filled = fill_xlsx(xlsx.make(CALL, 3, "da"), {"partners": [{"name": "A"}] * 9})
    assert cell("partners.hours.sum", openpyxl.load_workbook(BytesIO(filled))).value == (
        f"=SUM({letter}{top}:{letter}{top + 8})"
    )


def test_a_column_without_a_rule_has_no_sum() -> None:
    """Nothing is added up that the call does not add up."""
    book = openpyxl.load_workbook(BytesIO(xlsx.make(sample_call(), 3, "da")))
    assert not [name for name in book.defined_names if name.endswith("sum")]


def test_what_is_for_programs_is_not_shown() -> None:
    """The id column, the id row and the sheet of lists are hidden; the title stays in sight."""
    ids = cell("partners.name.0").row - 1
    assert SHEET.column_dimensions["A"].hidden
    assert SHEET.row_dimensions[ids].hidden
    assert [sheet.sheet_state for sheet in BOOK.worksheets] == ["visible", "hidden"]
    assert SHEET.freeze_panes == "A2"


def test_it_is_printed_on_a4_with_call_and_page_at_the_foot() -> None:
    """One page wide, on A4, with what it is and which page."""
    assert SHEET.sheet_properties.pageSetUpPr.fitToPage
    assert (SHEET.page_setup.paperSize, SHEET.page_setup.fitToWidth or 1, SHEET.page_setup.fitToHeight) == (9, 1, 0)
    assert "samvaer-2018, version 3" in SHEET.oddFooter.left.text
    assert SHEET.oddFooter.right.text == "Side &P af &N"


def test_it_names_its_call_and_version_three_times() -> None:
    """In the custom properties, in the keywords, and on the hidden sheet."""
    assert {prop.name: prop.value for prop in BOOK.custom_doc_props.props} == {
        "puljeport-call": "samvaer-2018",
        "puljeport-version": "3",
    }
    assert BOOK.properties.keywords == "samvaer-2018@3"
    assert [[each.value for each in row] for row in BOOK["puljeport"]["A1:B2"]] == [
        ["puljeport-call", "samvaer-2018"], ["puljeport-version", "3"],
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_of_the_form_is_said(language: Language) -> None:
    """Title, deadline, sections, labels, helps, choices and declarations stand on the sheet in its language."""
    shown = "\n".join(
        str(each.value) for row in opened(language).worksheets[0].iter_rows() for each in row if each.value is not None
    )
    for section in CALL.form.sections:
        assert section.title.get(language) in shown
        for field in section.fields:
            assert field.label.get(language) in shown
            assert field.help is None or field.help.get(language) in shown
            for choice in getattr(field, "choices", ()):
                assert choice.description is None or choice.description.get(language) in shown
    assert ("9. april 2018" if language == "da" else "9 April 2018") in shown
    assert ("der ikke følger penge" if language == "da" else "no money follows") in shown


def test_how_to_send_can_be_said_otherwise() -> None:
    """The publisher's own words stand instead of ours."""
    hint = Text(da="Send skemaet til os.", en="Send us the form.")
    texts = [each.value for row in opened(upload_hint=hint).worksheets[0].iter_rows() for each in row]
    assert "4. Send skemaet til os." in texts


def test_a_call_with_twelve_columns_and_ids_of_forty_letters_fits() -> None:
    """The longest ids and the widest table have names and places of their own."""
    column = {"type": "text", "label": {"da": "Kolonne"}}
    table = {
        "id": "t" * 40, "type": "table", "label": {"da": "Tabel"}, "blank_rows": 1,
        "columns": [column | {"id": f"{'c' * 37}_{n:02d}", "label": {"da": f"Kolonne {n}"}} for n in range(12)],
    }  # fmt: skip
    key = {"id": "m" * 40, "type": "municipality", "required": True, "label": {"da": "Kommune"}}
    form = {"sections": [{"id": "s", "title": {"da": "Afsnit"}, "fields": [key, table]}]}
    call = sample_call(form=form, one_per="m" * 40)
    rows = [{f"{'c' * 37}_{n:02d}": f"svar {n}" for n in range(12)}] * 3
    filled = read(fill_xlsx(xlsx.make(call, 1, "da"), {"m" * 40: "Ærø", "t" * 40: rows}), "")
    assert [[each.text for each in row] for row in filled.tables[0].rows] == [[f"svar {n}" for n in range(12)]] * 3


def test_the_csv_blank_is_what_excel_in_danish_opens() -> None:
    """It begins with the mark of UTF-8, has semicolons, and names ids, questions and the place of the answer."""
    data = csvform.make(CALL, 3, "da")
    assert data.startswith(b"\xef\xbb\xbfid;Sp\xc3\xb8rgsm\xc3\xa5l;Svar\r\n")
    lines = data.decode("utf-8-sig").splitlines()
    assert {"cvr;CVR-nummer *;", "topics.sport;Idræt;", "partners;Række 1;;;;;"} <= set(lines)
