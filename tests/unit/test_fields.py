"""Fields: what people write is read as they meant it, or they are told what to write instead."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from every_field import CALL, cell, field_of, place
from puljeport import municipalities
from puljeport.calls import AnyField
from puljeport.fields import LONGEST_TEXT, Parsed, format_value, parse
from puljeport.problems import Severity
from puljeport.texts import LANGUAGES, Language

AMOUNT = field_of("cofinancing")
WHOLE = field_of("hours", minimum=None, maximum=None)
DAY = field_of("end")
SINGLE_FIELDS = [field for field in CALL.form.fields.values() if field.type != "table"]


def read(field: AnyField, text: str) -> tuple[Any, list[str]]:
    """The value and the codes of the problems."""
    parsed = parse(field, cell(text))
    return parsed.value, [found.code for found in parsed.problems]


SURE: list[tuple[str, str, Any]] = [
    ("cofinancing", "1.234,50 kr.", "1234.50"),
    ("cofinancing", "kr. 1.234,-", "1234.00"),
    ("cofinancing", "1234,5", "1234.50"),
    ("cofinancing", "1 234,50", "1234.50"),
    ("cofinancing", "1\u202f234,50\u00a0kr", "1234.50"),
    ("cofinancing", "DKK 5000", "5000.00"),
    ("cofinancing", "5000 kroner", "5000.00"),
    ("cofinancing", "1.234.567", "1234567.00"),
    ("cofinancing", "1.234.567,8", "1234567.80"),
    ("cofinancing", "1234.50", "1234.50"),
    ("cofinancing", "50.000", "50000.00"),
    ("cofinancing", "1.234 kr.", "1234.00"),
    ("cofinancing", "−75,25", "-75.25"),
    ("cofinancing", "kr. -75", "-75.00"),
    ("cofinancing", "-0", "0.00"),
    ("cofinancing", "１２３４", "1234.00"),
    ("cofinancing", "١٢٣٤", "1234.00"),
    ("cofinancing", "1000000000000", "1000000000000.00"),
    ("hours", "120", 120),
    ("hours", "1.200", 1200),
    ("hours", "1 200", 1200),
    ("hours", "12,0", 12),
    ("end", "9. april 2018", "2018-04-09"),
    ("end", "den 9. apr. 2018", "2018-04-09"),
    ("end", "mandag den 9. april 2018", "2018-04-09"),
    ("end", "Monday, 9th of April 2018", "2018-04-09"),
    ("end", "April 9, 2018", "2018-04-09"),
    ("end", "1. maj 2018", "2018-05-01"),
    ("end", "1. oct 2018", "2018-10-01"),
    ("end", "9/4 2018", "2018-04-09"),
    ("end", "09-04-2018", "2018-04-09"),
    ("end", "09\u201104\u20112018", "2018-04-09"),
    ("end", "9.4.2018", "2018-04-09"),
    ("end", "9. 4. 2018", "2018-04-09"),
    ("end", "2018-04-09", "2018-04-09"),
    ("end", "2018-04-09T00:00:00", "2018-04-09"),
    ("end", "13/04/2018", "2018-04-13"),
    ("end", "4/4/2018", "2018-04-04"),
    ("decided", "ja", True),
    ("decided", "JA.", True),
    ("decided", "☒", True),
    ("decided", "true", True),
    ("decided", "1", True),
    ("decided", "nej", False),
    ("decided", "☐", False),
    ("decided", "☒ Ja ☐ Nej", True),
    ("decided", "☐ Ja ☒ Nej", False),
    ("consent", "x", True),
    ("consent", "✔", True),
    ("municipality", "Aarhus", "751"),
    ("municipality", "Århus Kommune", "751"),
    ("municipality", "751", "751"),
    ("contact_phone", "+45 12 34 56 78", "+4512345678"),
    ("contact_phone", "12345678", "+4512345678"),
    ("contact_phone", "0045 12345678", "+4512345678"),
    ("contact_phone", "tlf.: 12 34 56 78", "+4512345678"),
    ("contact_phone", "+46 8 123 456 78", "+46812345678"),
    ("cvr", "12345674", "12345674"),
    ("cvr", "12 34 56 74", "12345674"),
    ("cvr", "DK12345674", "12345674"),
    ("cvr", "CVR-nr.: 12345674", "12345674"),
    ("contact_email", " navn@example.dk ", "navn@example.dk"),
    ("contact_email", "mailto:navn@Example.dk", "navn@example.dk"),
    ("contact_email", "navn@blåbær.dk", "navn@xn--blbr-roah.dk"),
    ("website", "www.example.dk", "https://www.example.dk"),
    ("website", "http://example.dk:8080/æ?q=1", "http://example.dk:8080/æ?q=1"),
    ("model", "MODEL 1:  netværk", "model-1"),
    ("model", "Something else", "other"),
    ("model", "model-2", "model-2"),
    ("topics", "Unge, Sundhed", ["health", "unge"]),
    ("topics", "sundhed og unge", ["health", "unge"]),
    ("topics", "Børn, unge og familier", ["children"]),
    ("topics", "Børn, unge og familier, Sundhed", ["health", "children"]),
    ("topics", "☒ Sundhed\n☐ Unge", ["health"]),
    ("topics", "- Health\n- Young people", ["health", "unge"]),
    ("contact_name", "  En\tMedarbejder \n", "En Medarbejder"),
    ("background", "Første linje  \r\nanden\u2028tredje\x0bfjerde\n", "Første linje\nanden\ntredje\nfjerde"),
    ("background", "A\u030arhus", "Århus"),
    ("background", "usyn\u00adlige\ufeff", "usynlige"),
    ("budget_file", "budget 2018.xlsx", "budget 2018.xlsx"),
]


@pytest.mark.parametrize(("field_id", "text", "value"), SURE)
def test_what_has_one_reading_is_read_without_a_word(field_id: str, text: str, value: Any) -> None:
    """Danish ways of writing a value give that value and no problem."""
    assert read(field_of(field_id), text) == (value, [])


SAID: list[tuple[str, str, Any, str, str]] = [
    ("cofinancing", "1.234", "1234.00", "amount_read_as", "1.234,00 kr."),
    ("cofinancing", "1,234.50", "1234.50", "amount_read_as", "1.234,50 kr."),
    ("cofinancing", "1,234,567", "1234567.00", "amount_read_as", "1.234.567,00 kr."),
    ("cofinancing", "1,5 mio. kr.", "1500000.00", "amount_read_as", "1.500.000,00 kr."),
    ("cofinancing", "250 t.kr.", "250000.00", "amount_read_as", "250.000,00 kr."),
    ("hours", "1.234", 1234, "integer_read_as", "1234"),
    ("hours", "120 timer", 120, "integer_read_as", "120"),
    ("end", "9/4-18", "2018-04-09", "date_read_as", "9. april 2018"),
    ("end", "9. april '18", "2018-04-09", "date_read_as", "9. april 2018"),
    ("end", "9/4-69", "1969-04-09", "date_read_as", "9. april 1969"),
    ("end", "4/9/18", "2018-09-04", "date_read_as", "4. september 2018"),
    ("end", "03/04/2018", "2018-04-03", "date_read_as", "3. april 2018"),
    ("end", "04/13/2018", "2018-04-13", "date_read_as", "13. april 2018"),
    ("end", "tirsdag den 9. april 2018", "2018-04-09", "date_weekday", "mandag"),
    ("decided", "x", True, "yes_no_read_as", "ja"),
    ("model", "model 1", "model-1", "choice_read_as", "Model 1: Netværk"),
    ("contact_name", "En \u202eMedarbejder", "En Medarbejder", "hidden_characters", "1"),
    ("background", "a\x00b\x1b[31m", "ab[31m", "hidden_characters", "2"),
]


@pytest.mark.parametrize(("field_id", "text", "value", "code", "reading"), SAID)
def test_what_is_in_doubt_is_read_and_said(field_id: str, text: str, value: Any, code: str, reading: str) -> None:
    """A doubtful text gives a value and a warning that names the reading."""
    parsed = parse(field_of(field_id), cell(text))
    assert parsed.value == value
    assert [(found.code, found.severity) for found in parsed.problems] == [(code, Severity.WARNING)]
    assert reading in parsed.problems[0].message.da


WRONG: list[tuple[str, str, str]] = [
    ("cofinancing", "1,234", "number_two_readings"),
    ("hours", "1,234", "number_two_readings"),
    ("cofinancing", "1.234.56", "amount_format"),
    ("cofinancing", "12.34,5", "amount_format"),
    ("cofinancing", "1234,567", "amount_format"),
    ("cofinancing", "0.500", "amount_format"),
    ("cofinancing", "0,123", "amount_format"),
    ("cofinancing", "1.500 mio.", "amount_format"),
    ("cofinancing", "5²", "amount_format"),
    ("cofinancing", "1e5", "amount_format"),
    ("cofinancing", "NaN", "amount_format"),
    ("cofinancing", "ca. 5000", "amount_format"),
    ("cofinancing", "kr.", "amount_format"),
    ("cofinancing", "500-", "amount_format"),
    ("cofinancing", "100 €", "amount_currency"),
    ("cofinancing", "100 EUR", "amount_currency"),
    ("cofinancing", "1000000000000,01", "number_too_large"),
    ("cofinancing", "9" * 59, "number_too_large"),
    ("cofinancing", "9" * 61, "amount_format"),
    ("grant", "-1", "too_small"),
    ("hours", "12,5", "integer_format"),
    ("hours", "2 mio", "integer_format"),
    ("hours", "tolv", "integer_format"),
    ("hours", "0", "too_small"),
    ("hours", "5001", "too_big"),
    ("end", "31. april 2018", "date_no_such_day"),
    ("end", "29-02-2019", "date_no_such_day"),
    ("end", "13/13/2018", "date_no_such_day"),
    ("end", "9. april", "date_format"),
    ("end", "april 2018", "date_format"),
    ("end", "20180409", "date_format"),
    ("end", "43199", "date_format"),
    ("end", "snarest", "date_format"),
    ("end", "9. maj 0018", "date_year"),
    ("start", "31-12-2017", "date_too_early"),
    ("start", "01-01-2021", "date_too_late"),
    ("decided", "måske", "yes_no_format"),
    ("decided", "Ja ☒ Nej ☐", "yes_no_format"),
    ("decided", "☒ Ja ☒ Nej", "yes_no_format"),
    ("municipality", "Aarhsu", "municipality_suggest"),
    ("municipality", "Atlantis", "municipality_unknown"),
    ("contact_phone", "123", "phone_format"),
    ("contact_phone", "12 34 56 78 lok. 9", "phone_format"),
    ("contact_phone", "12345678 / 87654321", "phone_format"),
    ("cvr", "12345678", "cvr_check"),
    ("cvr", "1234567", "cvr_format"),
    ("cvr", "0101011234", "cvr_format"),
    ("contact_email", "navn", "email_format"),
    ("contact_email", "a@example.dk; b@example.dk", "email_format"),
    ("contact_email", "En Person <a@example.dk>", "email_format"),
    ("contact_email", "a@example.dk\r\nBcc: b@example.dk", "email_format"),
    ("contact_email", "søren@example.dk", "email_letters"),
    ("website", "javascript:alert(1)", "url_format"),
    ("website", "ftp://example.dk", "url_format"),
    ("website", "https://bruger:kode@example.dk", "url_format"),
    ("website", "https://example.dk:99999", "url_format"),
    ("website", "http://[::1", "url_format"),
    ("website", "https://example.dk/<b>", "url_format"),
    ("model", "Model 3", "choice_unknown"),
    ("model", "Model", "choice_unknown"),
    ("model", "Noget and", "choice_unknown"),
    ("topics", "Sundhed, Sport", "choice_unknown"),
    ("topics", "Sundhed; Unge; Børn, unge og familier", "choices_too_many"),
    ("background", "a" * 301, "too_long"),
    ("background", "a" * (LONGEST_TEXT + 1), "too_long"),
    ("budget_file", "C:\\budget.xlsx", "attachment_name"),
    ("partners", "Klubben", "table_format"),
]


@pytest.mark.parametrize(("field_id", "text", "code"), WRONG)
def test_what_is_wrong_has_no_value_and_says_what_to_write(field_id: str, text: str, code: str) -> None:
    """A text that cannot be read gives no value and one error, of its kind, about its field, at its place."""
    field = field_of(field_id)
    parsed = parse(field, cell(text, "celle 4"))
    assert parsed.value is None
    assert [(found.code, found.severity) for found in parsed.problems] == [(code, Severity.ERROR)]
    assert (parsed.problems[0].field, parsed.problems[0].label) == (field.id, field.label)
    assert parsed.problems[0].place == place("celle 4")


def test_a_required_declaration_that_is_not_ticked_is_an_error() -> None:
    """Nej to a required declaration is its value, and an error; to an optional one it is just an answer."""
    assert read(field_of("consent"), "nej") == (False, ["declaration_missing"])
    assert read(field_of("consent", required=False), "nej") == (False, [])


def test_too_long_a_text_is_counted_and_left_out_whole() -> None:
    """The error tells both counts, after spaces at line ends are gone, and no part of the text is kept."""
    parsed = parse(field_of("background"), cell("a" * 300 + " \nb"))
    assert parsed.value is None
    assert "302 tegn" in parsed.problems[0].message.da
    assert "300" in parsed.problems[0].message.da


@pytest.mark.parametrize("field", CALL.form.fields.values(), ids=lambda field: field.id)
@pytest.mark.parametrize("text", ["", "  \n ", "\u200b\u00a0", "\x00"])
def test_nothing_written_is_nothing_read(field: AnyField, text: str) -> None:
    """White space and invisible characters are an empty answer, without a problem, for every type."""
    assert parse(field, cell(text)) == Parsed(None)


HOSTILE = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="0123456789.,- krmiotedn/:;☒☐jax@\n", max_size=80),
    st.text(alphabet=st.characters(codec=None), max_size=40),
)


@pytest.mark.parametrize("field", CALL.form.fields.values(), ids=lambda field: field.id)
@given(text=HOSTILE)
@example(text="\ud800")
@example(text="{0} {x} %s")
@example(text="1" * 4301)
@example(text="<xml>@[127.0.0.1]")
def test_no_text_makes_parse_raise(field: AnyField, text: str) -> None:
    """Any text at all gives a value, or an error, or nothing, and every problem speaks both languages."""
    parsed = parse(field, cell(text))
    assert parsed.value is None or not parsed.wrong or field.type == "declaration"
    for found in parsed.problems:
        assert found.message.da
        assert found.message.en
        assert (found.field, found.place) == (field.id, cell("").place)


@pytest.mark.parametrize("field", CALL.form.fields.values(), ids=lambda field: field.id)
@pytest.mark.parametrize(
    "text",
    [part * (90_000 // len(part)) for part in ("a", "1.", "1 ", "☒ ", ",;", "9", "a@", "\u202e")],
    ids=["letters", "dots", "spaces", "boxes", "commas", "digits", "ats", "bidi"],
)
def test_a_huge_text_is_refused_in_bounded_time(field: AnyField, text: str) -> None:
    """Lengths are looked at before patterns: 90,000 characters of anything are done with in well under a second."""
    before = time.process_time()
    parsed = parse(field, cell(text))
    assert time.process_time() - before < 1
    assert parsed.value is None


def _cvr(front: int) -> str | None:
    """The CVR number with those first seven digits, if there is one (weights 2 7 6 5 4 3 2 1, modulus 11)."""
    weighted = sum(int(digit) * weight for digit, weight in zip(str(front), (2, 7, 6, 5, 4, 3, 2), strict=True))
    check = -weighted % 11
    return None if check == 10 else f"{front}{check}"


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "contact_name": st.text(max_size=200),
    "background": st.text(max_size=300),
    "budget_file": st.text(max_size=100),
    "hours": st.integers(1, 5000).map(str),
    "cofinancing": st.decimals(-(10**12), 10**12, places=2).map(lambda amount: f"{amount:.2f}"),
    "end": st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(date.isoformat),
    "model": st.sampled_from(["model-1", "model-2", "other"]),
    "topics": st.sets(st.sampled_from(["health", "children", "unge"]), min_size=1, max_size=2).map("; ".join),
    "decided": st.sampled_from(["ja", "nej"]),
    "consent": st.just("ja"),
    "contact_email": st.from_regex(r"[a-z][a-z0-9]{0,20}(\.[a-z]{1,9})?@[a-z]{1,20}\.dk", fullmatch=True),
    "contact_phone": st.from_regex(r"(\+45)?[2-9][0-9]{7}|\+46812345[0-9]{3}", fullmatch=True),
    "cvr": st.integers(1_000_000, 9_999_999).map(_cvr).filter(bool),
    "municipality": st.sampled_from([each.code for each in municipalities.everything()]),
    "website": st.from_regex(r"(https?://)?[a-z]{1,9}\.[a-z]{1,9}\.dk(/[a-zæøå0-9?=]{0,9})?", fullmatch=True),
}


@pytest.mark.parametrize("field", SINGLE_FIELDS, ids=lambda field: field.id)
@given(data=st.data())
def test_a_value_shown_in_danish_reads_back_as_itself(field: AnyField, data: st.DataObject) -> None:
    """`parse` of what `format_value` shows gives the same value, without a word, for every type."""
    same_kind = {
        "grant": "cofinancing",
        "start": "end",
        "decided_on": "end",
        "second_model": "model",
        "no_double": "consent",
    }
    text = data.draw(VALUES[same_kind.get(field.id, field.id)])
    first = parse(field, cell(text))
    if first.value is not None:
        assert parse(field, cell(format_value(field, first.value, "da"))) == Parsed(first.value)


@given(amount=st.decimals(0, 10**12, places=2))
def test_every_amount_is_read_in_the_danish_ways_of_writing_it(amount: Decimal) -> None:
    """Grouped or not, with or without kroner, an amount with its decimals is the same amount and never in doubt."""
    grouped = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    for text in (grouped, f"{grouped} kr.", f"kr. {grouped}", grouped.replace(".", " "), f"{amount:.2f}"):
        assert read(AMOUNT, text) == (f"{amount:.2f}", [])


@given(day=st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_every_day_is_read_day_first(day: date) -> None:
    """Dots, dashes, or a slash before a bare year give the day in silence; slashes give the same day."""
    for text in (f"{day:%d.%m.%Y}", f"{day:%d-%m-%Y}", f"{day.day}/{day.month} {day.year}", day.isoformat()):
        assert read(DAY, text) == (day.isoformat(), [])
    assert read(DAY, f"{day:%d/%m/%Y}")[0] == day.isoformat()


SHOWN: list[tuple[str, Any, Language, str]] = [
    ("cofinancing", "1234.50", "da", "1.234,50 kr."),
    ("cofinancing", "1234.50", "en", "DKK 1,234.50"),
    ("end", "2018-04-09", "da", "9. april 2018"),
    ("end", "2018-04-09", "en", "9 April 2018"),
    ("decided", False, "da", "Nej"),
    ("decided", True, "en", "Yes"),
    ("model", "model-1", "en", "Model 1: Networks"),
    ("model", "gone", "da", "gone"),
    ("topics", ["health", "unge"], "da", "Sundhed; Unge"),
    ("municipality", "751", "da", "Aarhus"),
    ("municipality", "999", "da", "999"),
    ("contact_phone", "+4512345678", "da", "+45 12 34 56 78"),
    ("cvr", "12345674", "da", "12 34 56 74"),
    ("hours", 1234, "da", "1234"),
    ("hours", None, "da", ""),
    ("end", "not a date", "da", "not a date"),
    ("cofinancing", [], "da", "[]"),
    ("partners", [{"name": "Klubben", "budget": "5.00"}, {}], "da", "Navn: Klubben; Beløb: 5,00 kr.\n"),
]


@pytest.mark.parametrize(("field_id", "value", "language", "text"), SHOWN)
def test_values_are_shown_as_people_write_them(field_id: str, value: Any, language: Language, text: str) -> None:
    """Each type has its form for people in each language, and a value of another shape is shown as it is."""
    assert format_value(field_of(field_id), value, language) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_warning_speaks_the_readers_language(language: Language) -> None:
    """The reading named in a warning is written as the reader of that language writes it."""
    found = parse(DAY, cell("9/4-18")).problems[0]
    assert {"da": "9. april 2018", "en": "9 April 2018"}[language] in found.message.get(language)


def test_importing_fields_does_not_load_the_slow_libraries() -> None:
    """Numbering plans, e-mail grammar and check digits are loaded when a form first needs them, not by the import."""
    script = """
import sys, puljeport.calls
slow = {"phonenumbers", "email_validator", "stdnum"}
for name in slow:
    sys.modules.pop(name, None)
import puljeport.fields
print(slow & set(sys.modules))
"""
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "set()"
