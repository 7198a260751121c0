"""What stands in a spreadsheet is read as people see it, wherever somebody moved it, and with its place."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from formfiles import rewrite, sample_call, without_ids, without_names
from puljeport.applications import Reading, read_application
from puljeport.blanks import csvform, xlsx
from puljeport.errors import Unreadable
from puljeport.rawforms import TICKED, UNTICKED, RawField, RawForm, Way
from puljeport.readers import numbers, read
from puljeport.readers.grid import cell_at, letters
from puljeport_cli.fill import Answers
from puljeport_cli.fill_sheets import fill_csv, fill_xlsx

CALL = sample_call()
BLANK, CSV_BLANK = xlsx.make(CALL, 3, "da"), csvform.make(CALL, 3, "da")
ANSWERS: Answers = {
    "municipality": "Aarhus",
    "cvr": "12345674",
    "contact_name": "Ane Æbelø",
    "contact_email": "ane@example.dk",
    "model": "Model 2",
    "topics": ["sport"],
    "background": "Første linje\nAnden linje",
    "no_money": "ja",
    "signed_by": "Ane",
    "signed_on": "2018-03-01",
    "partners": [{"name": "Boldklubben", "kind": "Andet"}, {"name": "Spejderne", "hours": "12"}],
}
FILLED = fill_xlsx(BLANK, ANSWERS)
VALUES = read_application(CALL, read(FILLED, "")).values


def reading(data: bytes) -> Reading:
    """The application in a file."""
    return read_application(CALL, read(data, "skema"))


def edited(change: Callable[[Any], None], data: bytes = FILLED) -> bytes:
    """The workbook after somebody's change, saved by openpyxl."""
    book = openpyxl.load_workbook(BytesIO(data))
    change(book)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def cell_of(book: Any, key: str) -> Any:
    """The cell of the form's sheet that has the key's defined name."""
    name = "pp_" + key.replace(".", "__")
    return book.worksheets[0][book.defined_names[name].attr_text.rpartition("!")[2].replace("$", "")]


def field(form: RawForm, key: str) -> RawField:
    """The field that the file gives the key."""
    return next(each for each in form.fields if key in {name.key for name in each.names if name.way is not Way.LABEL})


def test_openpyxl_saves_what_we_read() -> None:
    """A workbook that openpyxl wrote anew says the same."""
    assert reading(edited(lambda _: None)).values == VALUES


@pytest.mark.parametrize(
    ("key", "written", "text"),
    [
        ("budget", 1234.5, "1234,5"),
        ("budget", 0.1 + 0.2, "0,3"),
        ("budget", 50000, "50000"),
        ("budget", -0.0, "0"),
        ("hours", 37, "37"),
        ("starts", date(2018, 6, 1), "2018-06-01"),
        ("starts", datetime(2018, 6, 1, 13, 30), "2018-06-01 13:30:00"),  # noqa: DTZ001 - as a sheet has it
        ("decided", True, TICKED),
        ("decided", False, UNTICKED),
        ("contact_name", "_x0041_ og\nto linjer", "_x0041_ og\nto linjer"),
        ("contact_name", "#REF!", "#REF!"),
    ],
)
def test_a_value_is_read_as_people_see_it(key: str, written: Any, text: str) -> None:
    """Numbers have decimal commas and no noise, days are ISO dates, booleans are ticks."""

    def write(book: Any) -> None:
        cell = cell_of(book, key)
        cell.value = "_x005F_x0041_ og\nto linjer" if "_x" in text else written

    assert field(read(edited(write), ""), key).cell.text == text


def test_an_error_of_a_formula_is_a_problem_with_its_place_even_in_a_text() -> None:
    """`#REF!` is no answer, not even to a question that takes any text."""
    data = fill_xlsx(BLANK, ANSWERS | {"contact_name": "#REF!"})
    (problem,) = [each for each in reading(data).problems if each.field == "contact_name"]
    assert (problem.code, problem.place and problem.place.da) == ("sheet_error", "Ark »Ansøgning«, celle C20")


@pytest.mark.parametrize("text", ["#DIV/0!", "#N/A", "#NAVN?", "#I/T", "#VÆRDI!", "Err:502"])
def test_errors_of_formulas_are_known_in_danish_too(text: str) -> None:
    """The names that English and Danish programs give the errors are all told from answers."""
    problems = reading(fill_xlsx(BLANK, ANSWERS | {"contact_name": text})).problems
    assert [problem.code for problem in problems] == ["sheet_error"]


def test_the_1904_system_is_read() -> None:
    """A workbook that counts its days from 1904, as old ones from Macs do, gives the same day."""

    def count_from_1904(book: Any) -> None:
        book.epoch = CALENDAR_MAC_1904
        cell_of(book, "starts").value = date(2018, 6, 1)

    data = edited(count_from_1904)
    assert b"date1904" in openpyxl_part(data, "xl/workbook.xml")
    assert field(read(data, ""), "starts").cell.text == "2018-06-01"


def openpyxl_part(data: bytes, name: str) -> bytes:
    """A part of a package."""
    return zipfile.ZipFile(BytesIO(data)).read(name)


@pytest.mark.parametrize(
    ("digits", "text"),
    [("1", "1900-01-01"), ("59", "1900-02-28"), ("61", "1900-03-01"), ("43252", "2018-06-01"), ("0.5", "12:00:00"),
     ("2958465", "9999-12-31"), ("2958466", "2958466"), ("-1", "-1"), ("1e300", "1e300"), ("x", "x")],
)  # fmt: skip
def test_days_are_counted_as_spreadsheets_do(digits: str, text: str) -> None:
    """The day that 1900 had too many in spreadsheets shifts nothing, and what is no day stays a number."""
    assert numbers.day_text(digits, from_1904=False) == text


@pytest.mark.parametrize(
    ("code", "day"),
    [("dd-mm-yyyy", True), ("[$-406]d. mmmm åååå", True), ("h:mm", True), ("[h]:mm", True), ("General", False),
     ('#,##0.00 "kr. i måned"', False), ("0.00;[Red]-0.00", False), ("@", False), (r"0\d", False)],
)  # fmt: skip
def test_formats_that_show_a_day_are_told_from_others(code: str, day: bool) -> None:
    """Letters in quotation marks, after a backslash and in brackets make no day of a number."""
    assert numbers.is_day_format(200, code) is day


def test_places_are_told_as_people_say_them() -> None:
    """A place is the sheet and the cell, in both languages."""
    place = field(read(FILLED, ""), "cvr").cell.place
    assert (place.da, place.en) == ("Ark »Ansøgning«, celle C19", "Sheet “Ansøgning”, cell C19")
    assert reading(fill_csv(CSV_BLANK, {"cvr": "1"})).problems[1].place is not None


@pytest.mark.parametrize(("column", "text"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA")])
def test_columns_have_letters(column: int, text: str) -> None:
    """Columns are counted as spreadsheets count them, both ways."""
    assert letters(column) == text
    assert cell_at(f"${text}$7") == (7, column)


def rename(book: Any) -> None:
    """Give the sheet another name."""
    book.worksheets[0].title = "Vores 'egen' ansøgning"
    for defined in book.defined_names.values():
        defined.attr_text = defined.attr_text.replace("'Ansøgning'", "'Vores ''egen'' ansøgning'")


def delete_ids(book: Any) -> None:
    """Delete what the id column and the id row hold."""
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            if str(cell.value).startswith("[["):
                cell.value = None


def delete_column_a(book: Any) -> None:
    """Delete column A, as Excel does: everything moves to the left, and the names with it."""
    sheet = book.worksheets[0]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet.delete_cols(1)
    for name in book.defined_names.values():
        name.attr_text = re.sub(r"\$([B-Z])\$", lambda match: f"${chr(ord(match[1]) - 1)}$", name.attr_text)


def drop_names(book: Any) -> None:
    """Leave no defined names."""
    book.defined_names.clear()


def delete_column_a_and_names(book: Any) -> None:
    """Leave nothing but labels, one column further to the left than they were."""
    delete_column_a(book)
    delete_ids(book)
    drop_names(book)


def delete_lists(book: Any) -> None:
    """Delete the sheet that is not shown."""
    del book["puljeport"]


def add_notes(book: Any) -> None:
    """Add a blank sheet, which is nothing to speak of."""
    book.create_sheet("Ark2")


@pytest.mark.parametrize(
    "change",
    [rename, delete_ids, delete_column_a, drop_names, delete_column_a_and_names, delete_lists, add_notes],
)
def test_what_people_do_to_a_workbook_loses_nothing(change: Callable[[Any], None]) -> None:
    """Renaming, deleting the ids, the names or the hidden sheet: the same application without a problem."""
    found = reading(edited(change))
    assert (found.values, found.problems) == (VALUES, ())


def test_a_copied_sheet_with_the_same_answers_is_one_application() -> None:
    """A sheet that was doubled says the same twice; what differs is an error that names both places."""

    def copy(book: Any) -> None:
        book.copy_worksheet(book.worksheets[0])
        drop_names(book)

    assert reading(edited(copy)).values == VALUES

    def copy_and_change(book: Any) -> None:
        copy(book)
        book["Ansøgning Copy"]["C19"].value = "10150817"

    (problem,) = reading(edited(copy_and_change)).problems
    assert (problem.code, problem.field) == ("found_twice", "cvr")
    assert problem.place is not None
    assert problem.place.da == "Ark »Ansøgning Copy«, celle C19"


def test_a_copied_blank_sheet_takes_nothing_away() -> None:
    """An empty copy of the sheet, kept for next time, changes nothing."""

    def copy(book: Any) -> None:
        empty = openpyxl.load_workbook(BytesIO(BLANK)).worksheets[0]
        sheet = book.create_sheet("Kopi")
        for row in empty.iter_rows():
            for cell in row:
                if cell.value is not None and not str(cell.value).startswith("=SUM"):
                    sheet.cell(cell.row, cell.column, cell.value)

    found = reading(edited(copy))
    assert (found.values, found.problems) == (VALUES, ())


def test_text_on_a_sheet_of_ones_own_is_said_once() -> None:
    """Notes on another sheet are no answers, and one warning says that they were left out."""

    def note(book: Any) -> None:
        sheet = book.create_sheet("Noter")
        for row in range(1, 20):
            sheet.cell(row, 1, "Kommune")
            sheet.cell(row, 2, "Randers")

    (problem,) = reading(edited(note)).problems
    assert problem.code == "unknown_field"
    assert "Noter" in problem.message.da


def test_text_beside_an_answer_is_not_lost() -> None:
    """What stands to the right of an answer is another answer to the same field, and an error says where both are."""

    def write(book: Any) -> None:
        sheet = book.worksheets[0]
        sheet.unmerge_cells("C19:G19")
        sheet["D19"].value = "10150817"

    (problem,) = reading(edited(write)).problems
    assert (problem.code, problem.field) == ("found_twice", "cvr")


def test_a_column_that_was_added_to_a_table_is_reported() -> None:
    """Text in a column that the table does not have is a warning, not silence."""

    def write(book: Any) -> None:
        header = cell_of(book, "partners.name.0")
        book.worksheets[0].cell(header.row, header.column + 5, "Fødselsdag")
        book.worksheets[0].cell(header.row + 1, header.column + 5, "1. maj")

    found = reading(edited(write))
    assert found.values == VALUES
    assert [(each.code, "Fødselsdag" in each.message.da) for each in found.problems] == [("unknown_field", True)]


def test_the_sum_is_none_of_the_applicants_rows() -> None:
    """The row that adds a column up is not read, by any way, nor is it a warning."""
    rule = {
        "kind": "sum_equals", "table": "partners", "column": "hours", "total": "hours", "message": {"da": "Summen."},
    }  # fmt: skip
    call = sample_call(rules=[rule])
    blank = xlsx.make(call, 1, "da")
    filled = fill_xlsx(blank, ANSWERS | {"hours": "12"})
    calculated = rewrite(filled, sheet1=lambda xml: re.sub(r"(</f>)<v>0</v>", r"\1<v>12</v>", xml))
    assert calculated != filled
    for lost in (
        calculated,
        rewrite(calculated, workbook=without_names),
        rewrite(calculated, sharedStrings=without_ids),
        rewrite(calculated, workbook=without_names, sharedStrings=without_ids),
    ):
        found = read_application(call, read(lost, ""))
        assert (found.values["partners"], found.problems) == (VALUES["partners"], ())


def test_the_call_is_known_from_properties_or_from_the_hidden_sheet() -> None:
    """Call and version survive in the properties, in the keywords, and in cells."""
    no_properties = rewrite(BLANK, custom=lambda _: "<Properties/>")
    only_cells = rewrite(no_properties, core=lambda _: "<coreProperties/>")
    only_properties = edited(delete_lists, BLANK)
    for data in (BLANK, no_properties, only_cells, only_properties, CSV_BLANK):
        form = read(data, "")
        assert (form.call, form.version) == ("samvaer-2018", 3)
    assert read(rewrite(only_cells, sharedStrings=lambda xml: xml.replace("samvaer-2018", "!")), "").call is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_is_read_in_the_encodings_that_excel_writes(encoding: str) -> None:
    """UTF-8 with and without its mark, and the code page of Western Europe, give the same letters."""
    data = fill_csv(CSV_BLANK, ANSWERS | {"contact_name": "Ærø – Åsum ÷ “Ø”"}).decode("utf-8-sig").encode(encoding)
    assert field(read(data, ""), "contact_name").cell.text == "Ærø – Åsum ÷ “Ø”"


@pytest.mark.parametrize(
    "text",
    [
        "Kommune;Aarhus\nEgenbetaling;1234,5\nKontaktperson;Å, B og C\n",
        'Kommune,Aarhus\nEgenbetaling,"1234,5"\nKontaktperson,"Å, B og C"\n',
        "sep=,\nKommune,Aarhus\nEgenbetaling,\"1234,5\"\nKontaktperson,\"Å, B og C\"\n",
        "Kommune\tAarhus\nEgenbetaling\t1234,5\nKontaktperson\tÅ, B og C\n",
        "id;x;y\nmunicipality;?;Aarhus\nbudget;?;1234,5\ncontact_name;?;Å, B og C\n",
        "ID,x,y\nmunicipality,?,Aarhus\nbudget,?,\"1234,5\"\ncontact_name,?,\"Å, B og C\"\n",
    ],
)  # fmt: skip
def test_csv_of_peoples_own_is_read_by_its_structure(text: str) -> None:
    """The delimiter is the one that finds the form, not the one that occurs most; labels serve where ids are gone."""
    found = reading(text.encode())
    assert found.values == {"municipality": "751", "budget": "1234.50", "contact_name": "Å, B og C"}


def test_csv_that_is_not_closed_says_in_which_line() -> None:
    """A quotation mark that swallows the rest of the file is refused, with the line to look at."""
    with pytest.raises(Unreadable) as caught:
        read(b'Kommune;Aarhus\nKontaktperson;"Ane\nTelefon;1\n', "")
    assert caught.value.problem.code == "bad_csv"
    assert "linje 3" in caught.value.problem.message.da


def test_a_sheet_saved_as_csv_is_read_by_its_ids() -> None:
    """The workbook's sheet as a spreadsheet saves it to CSV, with `[[id]]` in its first column, is the same form."""
    sheet = openpyxl.load_workbook(BytesIO(FILLED)).worksheets[0]
    lines = [";".join('"' + str(cell or "").replace('"', '""') + '"' for cell in row) for row in sheet.values]
    data = fill_csv("\n".join(lines).encode("utf-8-sig"), {})
    assert reading(data).values == VALUES


def test_phonetic_guides_are_no_part_of_a_text() -> None:
    """What stands above Japanese characters to say how they sound is left out."""
    guide = '<r><t>東京</t></r><rPh sb="0" eb="2"><t>トウキョウ</t></rPh>'
    data = rewrite(
        FILLED,
        sheet1=lambda xml: xml.replace('<is><t xml:space="preserve">Ane Æbelø</t></is>', f"<is>{guide}</is>"),
    )
    assert field(read(data, ""), "contact_name").cell.text == "東京"
    shared = rewrite(FILLED, sharedStrings=lambda xml: xml.replace("</si>", '<rPh sb="0" eb="1"><t>x</t></rPh></si>'))
    assert reading(rewrite(shared, workbook=without_names)).values == VALUES


def ods_file(cells: str) -> bytes:
    """An ODS file with one row of these cells after an id and a label."""
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    first = "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in ("[[starts]]", "Start"))
    table = f'<table:table table:name="A"><table:table-row>{first}{cells}</table:table-row></table:table>'
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", f"<office:document-content {names}>{table}</office:document-content>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("attributes", "content", "text"),
    [
        ('office:value-type="date" office:date-value="2018-06-01"', "<text:p>06/01/18</text:p>", "2018-06-01"),
        ('office:value-type="date" office:date-value="2018-06-01T13:30:00"', "<text:p/>", "2018-06-01 13:30:00"),
        ('office:value-type="currency" office:value="1234.5"', "<text:p>1,234.50 kr.</text:p>", "1234,5"),
        ('office:value-type="boolean" office:boolean-value="true"', "<text:p>SAND</text:p>", TICKED),
        ("", "<text:p>a<text:s text:c=\"2\"/>b</text:p><text:p>c<text:line-break/>d</text:p>", "a  b\nc\nd"),
        ("", "<office:annotation><text:p>En note</text:p></office:annotation><text:p>svar</text:p>", "svar"),
        ('office:value-type="string" office:string-value="svar"', "", "svar"),
    ],
)  # fmt: skip
def test_cells_of_ods_are_read_by_their_value(attributes: str, content: str, text: str) -> None:
    """Days, amounts and ticks by what they are and not by how a country shows them; comments are not read."""
    form = read(ods_file(f"<table:table-cell {attributes}>{content}</table:table-cell>"), "")
    (found,) = form.fields
    assert (found.cell.text, found.cell.place.da) == (text, "Ark »A«, celle C1")
