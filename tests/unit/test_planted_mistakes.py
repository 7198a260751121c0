"""One mistake in an application that is right otherwise is found in every kind of file: what it is, of which field, and
where it stands; and nothing else is said to be wrong."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import date
from io import BytesIO, StringIO
from typing import Any, NamedTuple, cast

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from every_field import ANSWERS, CALL, VALUES
from puljeport.applications import Reading, read_application
from puljeport.blanks import csvform, docx, pdf, xlsx
from puljeport.calls import DeclarationField, TableField
from puljeport.problems import CATALOGUE, Severity
from puljeport.readers import read
from puljeport_cli.fill import Answers, fill_docx
from puljeport_cli.fill_sheets import fill_csv, fill_xlsx
from puljeport_cli.fillpdf import fill_pdf

type Row = dict[str, str]

PARTNERS: list[Row] = [
    {"name": "Klubben", "email": "klubben@example.dk", "budget": "1.000,50 kr."},
    {"name": "Foreningen", "email": "", "budget": "300"},
    {"name": "Naboerne", "email": "naboerne@example.dk", "budget": "200"},
]
PARTNER_VALUES = [
    {"name": "Klubben", "email": "klubben@example.dk", "budget": "1000.50"},
    {"name": "Foreningen", "budget": "300.00"},
    {"name": "Naboerne", "email": "naboerne@example.dk", "budget": "200.00"},
]
RIGHT: Answers = {
    **{key: text for key, text in ANSWERS.items() if "." not in key},
    "model": "model-1",
    "decided": "Ja",
    "consent": "ja",
    "no_double": "nej",
    "topics": ["health", "unge"],
    "partners": PARTNERS,
}
RIGHT_VALUES = VALUES | {"no_double": False, "partners": cast("Any", PARTNER_VALUES)}
TABLE = cast("TableField", CALL.form.fields["partners"])
COLUMNS = {column.id: column for column in TABLE.columns}


class Mistake(NamedTuple):
    """What is written instead of the right answer to `field` (in `row` of the table, from 1), and the code it gets.

    `said_of`: the field that hears of it, if it is another. `gap`: empty rows before those of the table.
    """

    code: str
    field: str
    text: Any
    row: int = 0
    column: str = ""
    said_of: str = ""
    gap: int = 0

    @property
    def answers(self) -> Answers:
        """The right application with the mistake in it."""
        rows: list[Row] = [{} for _ in range(self.gap)] + [dict(row) for row in PARTNERS]
        if self.row:
            rows[self.gap + self.row - 1][self.column] = self.text
            return RIGHT | {"partners": rows}
        return RIGHT | {"partners": rows} | {self.field: self.text}

    @property
    def found_at(self) -> str:
        """The field as a problem names it."""
        return (
            f"{self.field}[{self.row}].{self.column}" if self.row and not self.said_of else self.said_of or self.field
        )

    @property
    def label(self) -> str:
        """The Danish label of what is wrong."""
        if self.row and not self.said_of:
            return COLUMNS[self.column].label.da
        return CALL.form.fields[self.said_of or self.field].label.da


# -- the mistakes ----------------------------------------------------------------------------------------------------

_ROWS = st.integers(1, len(PARTNERS))
_GAPS = st.integers(0, 3)
_WORDS = st.text("abcdefghijklmnopqrstuvwxyzæøå ", min_size=4, max_size=40).map(lambda text: f"q{text}q")


class Kind(NamedTuple):
    """Mistakes of one kind: the code, what is wrong, and any mistake of it."""

    code: str
    where: str
    any_of_it: st.SearchStrategy[Mistake]

    def __str__(self) -> str:
        return f"{self.code}-{self.where}"


def _of(code: str, field: str, texts: st.SearchStrategy[Any], said_of: str = "") -> Kind:
    any_of_it = st.tuples(texts, _GAPS).map(lambda each: Mistake(code, field, each[0], said_of=said_of, gap=each[1]))
    return Kind(code, field, any_of_it)


def _in_row(
    code: str, column: str, texts: st.SearchStrategy[str], rows: st.SearchStrategy[int] = _ROWS, said_of: str = ""
) -> Kind:
    any_of_it = st.tuples(texts, rows, _GAPS).map(
        lambda each: Mistake(code, "partners", each[0], each[1], column, said_of, each[2])
    )
    return Kind(code, column, any_of_it)


def _left_out() -> list[Kind]:
    asked = [field for field in CALL.form.fields.values() if field.required]
    codes = {field.id: "declaration_missing" if isinstance(field, DeclarationField) else "missing" for field in asked}
    return [_of(code, field, st.just("")) for field, code in codes.items()]


def _one_of(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


_BAD_EMAILS = _one_of("a@", "@example.dk", "navn (a) example.dk", "a@example.dk; b@example.dk", "a b@example.dk", "a@b")
_BAD_AMOUNTS = _WORDS | _one_of("1.500.5", "1.2.3,4", "1234,567", "1,23,456", "1e3", "halvanden million")
_LONG = st.integers(1, 50)
_DAYS_BEFORE = st.dates(date(1900, 1, 1), date(2017, 12, 31))

KINDS: list[Kind] = [
    *_left_out(),
    _in_row("missing", "name", st.just("")),
    # -- what cannot be read --
    _of("email_format", "contact_email", _BAD_EMAILS),
    _in_row("email_format", "email", _BAD_EMAILS),
    _of("email_letters", "contact_email", _one_of("søren@example.dk", "åse.ærø@example.dk")),
    _of("phone_format", "contact_phone", _WORDS | _one_of("123456", "12 34 56 78 9", "12345678 / 87654321")),
    _of("cvr_format", "cvr", _WORDS | _one_of("1234567", "123456789", "010203-1234")),
    _of("cvr_check", "cvr", st.sampled_from([n for n in range(10) if n != 4]).map(lambda n: f"1234567{n}")),
    _of("url_format", "website", _one_of("ingen", "ftp://example.dk", "https://", "www.example.dk og www.example.com")),
    _of("date_format", "end", _WORDS | _one_of("april 2018", "2018", "9/4", "9. til 10. april 2018")),
    _of("date_no_such_day", "end", _one_of("31. februar 2018", "2018-02-30", "31/4-2018", "0. maj 2018")),
    _of("date_year", "end", st.integers(1000, 1899).map(lambda year: f"9. april {year}")),
    _of("amount_format", "cofinancing", _BAD_AMOUNTS),
    _in_row("amount_format", "budget", _BAD_AMOUNTS),
    _of("amount_currency", "cofinancing", _one_of("100 EUR", "€ 100", "1.000 sek")),
    _of("number_two_readings", "cofinancing", _one_of("1,234", "12,500")),
    _of("number_too_large", "cofinancing", st.integers(10**12 + 1, 10**20).map(str)),
    _of("integer_format", "hours", _WORDS | _one_of("12,5", "1.2.3", "½", "5²", "1-2")),
    _of("yes_no_format", "decided", _one_of("måske", "ja og nej", "?", "senere")),
    _of("choice_unknown", "second_model", _WORDS | _one_of("Model", "Model 1, Model 2", "model-3")),
    _of("municipality_unknown", "municipality", st.integers(100, 199).map(lambda n: f"Zzyzx {n}")),
    _of("municipality_suggest", "municipality", _one_of("Aarhs", "Københavm", "Odensø")),
    _of("attachment_name", "budget_file", _one_of("C:\\bilag\\budget.xlsx", "bilag/budget.xlsx")),
    _of("sheet_error", "contact_name", _one_of("#REF!", "#DIVISION/0!", "#N/A", "Fejl:522")),
    # -- what is out of bounds --
    _of("date_too_early", "start", _DAYS_BEFORE.map(lambda day: f"{day.day}-{day.month}-{day.year}")),
    _of("date_too_late", "start", st.integers(2021, 2199).map(lambda year: f"1. januar {year}")),
    _of("too_small", "grant", st.integers(1, 10**6).map(lambda n: f"-{n}")),
    _of("too_small", "hours", st.integers(-500, 0).map(str)),
    _of("too_big", "hours", st.integers(5001, 10**9).map(str)),
    _of("too_long", "background", _LONG.map(lambda n: "æ" * (300 + n))),
    _of("too_long", "contact_name", _LONG.map(lambda n: "å" * (200 + n))),
    _in_row("too_long", "name", _LONG.map(lambda n: "ø" * (200 + n))),
    _of("choices_too_many", "topics", st.just(["health", "children", "unge"])),
    _of("too_few_rows", "partners", st.just([])),
    _of("too_many_rows", "partners", st.integers(1, 4).map(lambda n: PARTNERS + [{"name": f"N{i}"} for i in range(n)])),
    # -- the rules of the call --
    _of("rule_required_if", "decided_on", st.just("")),
    _of("rule_distinct", "second_model", st.just("Model 1: Netværk")),
    _in_row("rule_distinct", "name", _one_of("Klubben", " KLUBBEN "), st.integers(2, 3)),
    _of("rule_before", "end", _DAYS_BEFORE.map(str)),
    _of("rule_before", "start", _one_of("31. december 2018", "1/1-2019"), "end"),
    _of("rule_sum_equals", "grant", st.integers(1501, 10**9).map(str)),
    _in_row("rule_sum_equals", "budget", st.integers(2000, 10**9).map(str), said_of="grant"),
    _of("rule_at_most", "cofinancing", st.integers(75026, 10**9).map(lambda n: f"{n // 100},{n % 100:02}")),
    _of("rule_word_limit", "background", st.integers(21, 60).map(lambda n: "ord " * n)),
]


# -- the files -------------------------------------------------------------------------------------------------------


def fill_json(_blank: bytes, answers: Answers) -> bytes:
    """The answers as a system sends them."""
    return json.dumps({"call": CALL.id, "version": 1, "values": answers}).encode()


BLANKS: dict[str, tuple[bytes, Callable[[bytes, Answers], bytes]]] = {
    "docx": (docx.make(CALL, 1, "da"), fill_docx),
    "pdf": (pdf.make(CALL, 1, "da"), fill_pdf),
    "xlsx": (xlsx.make(CALL, 1, "da"), fill_xlsx),
    "csv": (csvform.make(CALL, 1, "da"), fill_csv),
    "json": (b"", fill_json),
}


def in_word(_data: bytes, mistake: Mistake) -> str:
    """Where a person sees the mistake in the Word file."""
    if mistake.row and not mistake.said_of:
        return f"Afsnit 1 »Alt«, tabel række {mistake.gap + mistake.row}, kolonne »{mistake.label}«"
    if mistake.field == "partners" and not mistake.said_of:
        return "Afsnit 1 »Alt«, tabel"
    return f"Afsnit 1 »Alt«, felt »{mistake.label}«"


def in_pdf(_data: bytes, mistake: Mistake) -> str:
    """Where a person sees it in the PDF, on whatever page that is."""
    if mistake.row and not mistake.said_of:
        return f"side N, felt »Partnere, række {mistake.gap + mistake.row}: {mistake.label}«"
    box = ": Sundhed" if mistake.field == "topics" else ""
    return f"side N, felt »{mistake.label}{box}«"


def _bare(label: str) -> str:
    return label.partition("\n")[0].removesuffix(" *")


def in_grid(rows: list[list[str]], mistake: Mistake) -> tuple[int, int]:
    """The row and column of a sheet, from 1, in which a person sees it."""
    in_table = mistake.row and not mistake.said_of
    label = TABLE.label.da if in_table else mistake.label
    labels = [_bare(cells[1]) if cells[1:] else "" for cells in rows]
    # In CSV the boxes of a multiple choice have no line above them.
    row = labels.index(label if label in labels else "Sundhed") + 1
    if not in_table:
        return row, 3
    column = next(number for number, cell in enumerate(rows[row - 1], 1) if _bare(cell) == mistake.label)
    return row + mistake.gap + mistake.row, column


def in_workbook(data: bytes, mistake: Mistake) -> str:
    """The cell in which a person sees it."""
    sheet = openpyxl.load_workbook(BytesIO(data))["Ansøgning"]
    row, column = in_grid([[str(cell.value or "") for cell in row] for row in sheet.iter_rows()], mistake)
    return f"Ark »Ansøgning«, celle {sheet.cell(row, column).coordinate}"


def in_csv(data: bytes, mistake: Mistake) -> str:
    """The row and column in which a person sees it."""
    rows = list(csv.reader(StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
    return "Række {}, kolonne {}".format(*in_grid(rows, mistake))


def in_json(_data: bytes, mistake: Mistake) -> str:
    """The path at which a program finds it."""
    if mistake.row and not mistake.said_of:
        return f"$.values.partners[{mistake.gap + mistake.row - 1}].{mistake.column}"
    box = "[0]" if mistake.field == "topics" else ""
    return f"$.values.{mistake.said_of or mistake.field}{box}"


PLACES: dict[str, Callable[[bytes, Mistake], str]] = {
    "docx": in_word, "pdf": in_pdf, "xlsx": in_workbook, "csv": in_csv, "json": in_json,
}  # fmt: skip


def others(reading: Reading | dict[str, Any], mistake: Mistake) -> dict[str, Any]:
    """All answers but the one with the mistake."""
    values = reading.values if isinstance(reading, Reading) else reading
    return {key: value for key, value in values.items() if key != mistake.field}


def rows_left(mistake: Mistake) -> list[dict[str, str]]:
    """The rows as they should be read, without the wrong cell."""
    rows = [dict(row) for row in PARTNER_VALUES]
    rows[mistake.row - 1].pop(mistake.column, None)
    return rows


_SETTINGS = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def one_mistake(file: str, mistake: Mistake) -> None:
    """The mistake written into one kind of file is the only one found, with its code, its field and its place."""
    if file == "pdf":  # it has no row left over
        mistake = mistake._replace(gap=0)
    blank, fill = BLANKS[file]
    data = fill(blank, mistake.answers)
    reading = read_application(CALL, read(data, f"skema.{file}"))
    assert [(found.code, found.field) for found in reading.errors] == [(mistake.code, mistake.found_at)]
    (error,) = reading.errors
    assert error.label is not None
    assert error.label.da == mistake.label
    assert error.place is not None
    assert re.sub(r"^side \d+", "side N", error.place.da) == PLACES[file](data, mistake)
    assert error.place.get("en") != error.place.da or file == "json"
    assert others(reading, mistake) == others(RIGHT_VALUES, mistake)
    if mistake.code.startswith("rule_"):
        return
    if mistake.row:
        assert reading.values["partners"] == rows_left(mistake)
    else:
        assert not reading.values.get(mistake.field)


# A PDF has as many rows as its table may have, and no more.
_IN_FILES = [(file, kind) for kind in KINDS for file in BLANKS if (file, kind.code) != ("pdf", "too_many_rows")]


@pytest.mark.parametrize(("file", "kind"), _IN_FILES, ids=str)
@_SETTINGS
@given(data=st.data())
def test_one_mistake_is_found_where_it_is(file: str, kind: Kind, data: st.DataObject) -> None:
    """Each way in which a definition can be broken is one error at its place in each kind of file, and the only one."""
    one_mistake(file, data.draw(kind.any_of_it))


def test_every_error_of_a_field_or_a_rule_is_planted() -> None:
    """A new way to break a definition is planted too; what no file of ours can say in one place is left out by name."""
    codes = list(CATALOGUE)[list(CATALOGUE).index("missing") :]
    errors = {code for code in codes if CATALOGUE[code].severity is Severity.ERROR}
    # What is wrong with a document beside the form stands in no form.
    beside = {code for code in errors if code.startswith("attachment_")} - {kind.code for kind in KINDS}
    assert beside == {"attachment_too_large", "attachment_empty", "attachment_kind"}
    assert errors - beside - {kind.code for kind in KINDS} == {"choice_one_only", "table_format"}
