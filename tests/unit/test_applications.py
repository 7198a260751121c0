"""Applications: all that a file says is found under its strongest name, and all that is wrong is found at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from every_field import ANSWERS, CALL, PARTNERS, VALUES, a_call, a_form, cell, place, single, table
from puljeport.applications import MAX_VALUES_KB, Reading, read_application
from puljeport.calls import Call, TableField
from puljeport.matching import MOST_UNKNOWN, fold_label
from puljeport.problems import Problem, Severity
from puljeport.rawforms import TICKED, UNTICKED, Name, RawField, RawForm, RawTable, Way
from puljeport.texts import Language, Text


def found_in(reading: Reading) -> list[tuple[str, str | None]]:
    """Code and field of every problem."""
    return [(found.code, found.field) for found in reading.problems]


def only(reading: Reading) -> Problem:
    """The one problem."""
    assert len(reading.problems) == 1, reading.problems
    return reading.problems[0]


def read(*args: object, **kwargs: object) -> Reading:
    """The reading of the form `every_field.a_form` makes of the arguments."""
    return read_application(CALL, a_form(*args, **kwargs))  # type: ignore[arg-type]


def test_a_form_without_mistakes_gives_all_its_values() -> None:
    """Every type of field is read into its plain JSON value, with the applicant's key and name."""
    assert read() == Reading(VALUES, (), "751", "Aarhus")
    assert json.loads(json.dumps(VALUES)) == VALUES


def test_the_applicants_name_is_the_named_field_where_the_call_has_one() -> None:
    """`applicant_name` of the call decides; a municipality's name serves where there is none."""
    reading = read_application(a_call(one_per="municipality", applicant_name="contact_name"), a_form())
    assert (reading.applicant, reading.applicant_name) == ("751", "En Medarbejder")


def test_an_unreadable_applicant_is_no_applicant() -> None:
    """Without the key there is neither key nor name, and the error is at the field."""
    reading = read({"municipality": "Atlantis"})
    assert (reading.applicant, reading.applicant_name) == (None, None)
    assert found_in(reading) == [("municipality_unknown", "municipality")]


# -- the whole file --------------------------------------------------------------------------------------------------


def test_the_form_of_another_call_is_not_read() -> None:
    """One problem says which form to use; nothing of the other form is kept."""
    reading = read(call="anden-pulje-2018")
    assert only(reading).code == "other_call"
    assert "anden-pulje-2018" in only(reading).message.da
    assert "All fields" in only(reading).message.get("en")
    assert (reading.values, reading.has_errors) == ({}, True)


def test_a_form_that_forgot_its_call_is_read() -> None:
    """A file that lost its call id is read by its fields."""
    assert read(call=None).values == VALUES


def test_a_file_with_nothing_of_the_form_says_so_once() -> None:
    """A file in which no field is recognised gives one problem, not one for each required field."""
    raw = RawForm("docx", None, None, (single("Dagsorden", "1. Velkomst", Way.LABEL),), ())
    assert found_in(read_application(CALL, raw)) == [("not_our_form", None)]


def test_an_empty_form_says_so_once() -> None:
    """A blank sent as it is, unticked boxes and empty rows included, gives one problem."""
    blank = dict.fromkeys(ANSWERS, " ") | {"consent": UNTICKED, "topics.health": UNTICKED}
    assert found_in(read(blank, [["", "", ""]])) == [("empty_form", None)]


def test_values_beyond_all_bounds_are_not_kept() -> None:
    """More values than a record can hold gives an error and no values, but the applicant is still known."""
    definition = CALL.model_dump(mode="json", exclude_none=True)
    definition["form"]["sections"][0]["fields"] += [
        {"id": f"text_{number}", "type": "long_text", "label": {"da": f"Tekst {number}"}, "max_length": 20_000}
        for number in range(9)
    ]
    call = Call.model_validate(definition)
    more = tuple(single(f"text_{number}", "å" * 19_000) for number in range(9))
    reading = read_application(call, a_form(more=more))
    assert found_in(reading) == [("too_much_text", None)]
    assert str(MAX_VALUES_KB) in only(reading).message.da
    assert (reading.values, reading.applicant) == ({}, "751")
    assert read_application(call, a_form(more=more[:5])).values["text_4"] == "å" * 19_000


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [Way.TAG, Way.BOOKMARK, Way.HIDDEN])
def test_every_way_of_naming_a_field_serves(way: Way) -> None:
    """A field that only one of its names is left of is found by it, without a word."""
    fields = tuple(single(key, text, way) for key, text in ANSWERS.items())
    raw = RawForm("docx", None, None, fields, (table(PARTNERS, way),))
    assert read_application(CALL, raw) == Reading(VALUES, (), "751", "Aarhus")


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("dress", ["{}", " {} * ", "{}:", "{} (skal udfyldes)", "{} (required):", "{}*:"])
def test_labels_serve_in_both_languages_and_with_their_marks(language: Language, dress: str) -> None:
    """A file that kept nothing but labels is read whole: fields, boxes and the table's columns."""

    def label(text: Text) -> str:
        return dress.format(text.da if language == "da" else text.get("en")).upper()

    fields = []
    for key, text in ANSWERS.items():
        field_id, _, option = key.partition(".")
        field = CALL.form.fields[field_id]
        named = next((each.label for each in getattr(field, "choices", ()) if each.id == option), field.label)
        fields.append(single(label(named), text, Way.LABEL))
    partners = CALL.form.fields["partners"]
    assert isinstance(partners, TableField)
    columns = [label(column.label) for column in partners.columns]
    raw = RawForm(
        "docx", None, None, tuple(fields), (table(PARTNERS, Way.LABEL, key=label(partners.label), columns=columns),)
    )
    assert read_application(CALL, raw) == Reading(VALUES, (), "751", "Aarhus", language)


def test_a_table_that_lost_its_name_is_known_by_its_columns() -> None:
    """A table whose columns are all of one table's columns is that table."""
    nameless = table(PARTNERS, Way.LABEL, key="Tabel 1", columns=["Navn", "E-mail", "Beløb"])
    assert read(tables=(nameless,)).values["partners"] == VALUES["partners"]


def test_the_strongest_name_that_means_something_decides() -> None:
    """Of a field's names the first that the call knows is used, weaker ones are not looked at."""
    names = (Name(Way.TAG, "gone"), Name(Way.HIDDEN, "hours"), Name(Way.LABEL, "Baggrund"))
    reading = read({"hours": None}, more=(RawField(names, cell("120")),))
    assert reading == Reading(VALUES, (), "751", "Aarhus")


def test_a_label_that_two_fields_share_names_neither() -> None:
    """An ambiguous label is not guessed at: its text is reported, and both fields are missing."""
    definition = CALL.model_dump(mode="json", exclude_none=True)
    for field in definition["form"]["sections"][0]["fields"]:
        if field["id"] in ("contact_name", "model"):
            field["label"] = {"da": "Navn"}
    call = Call.model_validate(definition)
    raw = a_form({"contact_name": None, "model": None}, more=(single("Navn", "En Medarbejder", Way.LABEL),))
    assert found_in(read_application(call, raw)) == [
        ("missing", "contact_name"),
        ("missing", "model"),
        ("unknown_field", None),
    ]


def test_text_under_no_field_is_reported_with_its_name_and_place() -> None:
    """Nothing that was written is lost in silence; unknown names without text are nobody's business."""
    more = (
        RawField((Name(Way.TAG, "remarks"), Name(Way.LABEL, "Bemærkninger")), cell("Tak!", "side 2")),
        single("Intet", " ", Way.LABEL),
        single("Boks", UNTICKED, Way.LABEL),
    )
    reading = read(more=more)
    assert (only(reading).code, only(reading).severity) == ("unknown_field", Severity.WARNING)
    assert "Bemærkninger" in only(reading).message.da
    assert only(reading).place == place("side 2")
    assert reading.values == VALUES


def test_a_file_full_of_other_things_gives_a_bounded_list() -> None:
    """Only so many texts outside the form are named."""
    assert len(read(more=tuple(single(f"x{n}", "tekst") for n in range(500))).problems) == MOST_UNKNOWN


def test_an_unknown_table_and_an_unknown_column_are_reported() -> None:
    """A table that is none of the form's, and a column that is none of its table's, are named where they hold text."""
    rows = [["Klubben", "1,50 kr.", "husk!"], ["Foreningen", "", ""]]
    tables = (
        table(rows, columns=["name", "budget", "note"]),
        table([["a", "b"]], key="budget", columns=["x", "y"], where="tabel 2"),
        table([["", ""]], key="tom", columns=["x", "y"]),
    )
    reading = read({"grant": "1,50"} | {"cofinancing": None}, tables=tables)
    assert [(each.code, each.place) for each in reading.problems] == [
        ("unknown_field", place("1/3")),
        ("unknown_field", place("tabel 2")),
    ]
    assert "note" in reading.problems[0].message.da
    assert "budget" in reading.problems[1].message.da
    assert reading.values["partners"] == [{"name": "Klubben", "budget": "1.50"}, {"name": "Foreningen"}]


# -- found twice -----------------------------------------------------------------------------------------------------


def test_the_same_text_twice_is_no_problem() -> None:
    """A header that repeats an answer, spaced differently, does not put it in doubt."""
    assert read(more=(single("contact_name", " En  Medarbejder\n"),)).problems == ()


def test_different_texts_under_equally_strong_names_are_an_error() -> None:
    """Neither is kept, and both places are named."""
    reading = read(more=(single("hours", "130", where="ark 2"),))
    assert (only(reading).code, only(reading).field, only(reading).place) == ("found_twice", "hours", place("ark 2"))
    assert place("hours").da in only(reading).message.da
    assert "hours" not in reading.values


def test_a_different_text_under_a_weaker_name_is_a_warning() -> None:
    """The stronger name's text is kept, wherever it stands in the file."""
    more = (single("Timer", "130", Way.LABEL, where="side 9"), single("hours", "120"))
    reading = read({"hours": None}, more=more)
    assert (only(reading).code, only(reading).severity) == ("found_elsewhere", Severity.WARNING)
    assert only(reading).place == place("side 9")
    assert reading.values == VALUES


def test_a_text_beside_an_empty_field_is_taken() -> None:
    """Somebody who wrote beside the field's own place still answered it."""
    assert read({"hours": ""}, more=(single("Timer", "120", Way.LABEL),)) == read()


def test_a_table_found_twice_with_different_rows_is_an_error() -> None:
    """A copied sheet that was then edited leaves two versions, and neither is kept; an exact copy does no harm."""
    copy = table([["Klubben", "", "1"]], where="ark 2")
    reading = read(tables=(table(PARTNERS), copy))
    assert (only(reading).code, only(reading).field, only(reading).place) == ("found_twice", "partners", place("ark 2"))
    assert "partners" not in reading.values
    assert read(tables=(table(PARTNERS), table([["", "", ""], *PARTNERS]))).problems == ()


def test_a_column_found_twice_with_different_texts_is_an_error_at_its_cell() -> None:
    """Two columns of one name are no matter until they disagree."""
    rows = [["Klubben", "5", "5"], ["Foreningen", "6", "7"]]
    reading = read({"grant": None, "cofinancing": None}, tables=(table(rows, columns=["name", "budget", "budget"]),))
    assert found_in(reading) == [("found_twice", "partners[2].budget")]
    assert reading.values["partners"] == [{"name": "Klubben", "budget": "5.00"}, {"name": "Foreningen"}]


# -- missing ---------------------------------------------------------------------------------------------------------


def test_a_blank_required_field_is_missing_at_its_place() -> None:
    """The place of the blank is told where there is one; a field that is gone from the file has none."""
    assert only(read({"contact_name": " "})).place == place("contact_name")
    gone = only(read({"contact_name": None}))
    assert (gone.code, gone.field, gone.place) == ("missing", "contact_name", None)


@pytest.mark.parametrize("text", [None, "", UNTICKED, "nej"])
def test_a_required_declaration_must_be_ticked(text: str | None) -> None:
    """Left out, blank, unticked or no: one error, the same."""
    assert found_in(read({"consent": text})) == [("declaration_missing", "consent")]


def test_an_unticked_box_is_no_to_a_question_and_nothing_elsewhere() -> None:
    """☐ answers a yes/no; in any other field it is a field not filled in."""
    assert read({"decided": UNTICKED, "decided_on": None}).values["decided"] is False
    assert found_in(read({"contact_name": UNTICKED})) == [("missing", "contact_name")]


# -- choices ---------------------------------------------------------------------------------------------------------


def test_boxes_and_a_list_say_the_same() -> None:
    """Topics as boxes, as words in the boxes, and as one text give the same value."""
    none: dict[str, str | None] = {"topics.health": None, "topics.children": None, "topics.unge": None}
    words: dict[str, str | None] = {"topics.health": "ja", "topics.children": "nej", "topics.unge": "Unge"}
    assert read({**none, "topics": "Sundhed, Unge"}).values == VALUES
    assert read(words).values == VALUES


def test_boxes_are_bounded_and_understood() -> None:
    """Too many ticks are an error at the boxes, a word that is no tick an error at its own box."""
    reading = read({"topics.children": TICKED})
    assert (only(reading).code, only(reading).field, only(reading).place) == (
        "choices_too_many",
        "topics",
        place("topics.health"),
    )
    assert "topics" not in reading.values
    reading = read({"topics.children": "måske"})
    assert (only(reading).code, only(reading).place) == ("yes_no_format", place("topics.children"))


def test_no_box_ticked_is_no_answer() -> None:
    """Boxes that are all unticked leave an optional field unanswered."""
    reading = read({"topics.health": UNTICKED, "topics.unge": UNTICKED})
    assert reading.problems == ()
    assert "topics" not in reading.values


def test_a_field_of_one_answer_may_come_as_boxes() -> None:
    """One ticked box is the answer; two are an error."""
    boxes: dict[str, str | None] = {"model": None, "model.model-1": TICKED, "model.model-2": UNTICKED}
    assert read(boxes).values == VALUES
    assert found_in(read({**boxes, "model.model-2": TICKED})) == [("choice_one_only", "model")]


# -- tables ----------------------------------------------------------------------------------------------------------


def test_empty_rows_do_not_count() -> None:
    """Rows with nothing in them are skipped and do not shift the others' contents."""
    assert read(partners=[["", " ", ""], PARTNERS[0], ["", "", ""], PARTNERS[1]]).values == VALUES


def test_a_wrong_cell_is_found_at_its_row_and_place() -> None:
    """The field is table[row].column, the label the column's, the rest of the row is kept, rules on it are silent."""
    reading = read(partners=[PARTNERS[0], ["Foreningen", "ikke en adresse", "fem"], ["", "", "1"]])
    assert [(each.code, each.field, each.place) for each in reading.problems] == [
        ("email_format", "partners[2].email", place("2/2")),
        ("amount_format", "partners[2].budget", place("2/3")),
        ("missing", "partners[3].name", place("3/1")),
    ]
    assert reading.problems[0].label == Text(da="E-mail", en="E-mail")
    assert reading.values["partners"] == [
        {"name": "Klubben", "email": "klubben@example.dk", "budget": "1000.50"},
        {"name": "Foreningen"},
        {"budget": "1.00"},
    ]


def test_too_few_and_too_many_rows_are_counted() -> None:
    """A table needs its least number of rows, and more than its most is not kept nor looked through."""
    assert found_in(read(partners=[])) == [("too_few_rows", "partners")]
    assert found_in(read(tables=())) == [("too_few_rows", "partners")]
    many = read(partners=[["a", "", ""], ["b", "", ""], ["c", "x", ""], ["d", "y", ""]])
    assert found_in(many) == [("email_format", "partners[3].email"), ("too_many_rows", "partners")]
    assert "partners" not in many.values


def test_a_text_where_a_table_should_be_is_an_error() -> None:
    """One text under the table's name is told to go into the table."""
    assert found_in(read(tables=(), more=(single("partners", "Klubben"),))) == [("table_format", "partners")]


# -- rules and all at once -------------------------------------------------------------------------------------------


def test_a_rules_problem_stands_at_its_answer() -> None:
    """The place of a problem across fields is that of the field to change, in a table that of the cell."""
    reading = read({"second_model": "model-1"}, [PARTNERS[0], ["klubben", "", "500"]])
    assert [(each.code, each.field, each.place) for each in reading.problems] == [
        ("rule_distinct", "second_model", place("second_model")),
        ("rule_distinct", "partners[2].name", place("2/1")),
    ]


def test_nothing_follows_from_an_answer_that_was_wrong() -> None:
    """A date that was written wrongly is one error: no rule asks for it again, none compares it."""
    assert found_in(read({"decided_on": "snart"})) == [("date_format", "decided_on")]
    assert found_in(read({"start": "snart"})) == [("date_format", "start")]
    assert found_in(read({"grant": "meget"})) == [("amount_format", "grant")]


MISTAKES: dict[str, tuple[str | None, str]] = {
    "municipality": ("Atlantis", "municipality_unknown"),
    "cvr": ("12345678", "cvr_check"),
    "contact_name": (None, "missing"),
    "contact_email": ("navn", "email_format"),
    "contact_phone": ("123", "phone_format"),
    "website": ("javascript:x", "url_format"),
    "model": ("Model 9", "choice_unknown"),
    "background": ("a" * 301, "too_long"),
    "hours": ("mange", "integer_format"),
    "grant": ("1.2.3", "amount_format"),
    "cofinancing": ("100 €", "amount_currency"),
    "start": ("31-12-2017", "date_too_early"),
    "end": ("31. juni 2018", "date_no_such_day"),
    "decided": ("måske", "yes_no_format"),
    "decided_on": ("9/4-18", "date_read_as"),
    "consent": (UNTICKED, "declaration_missing"),
    "budget_file": ("mappe/fil.xlsx", "attachment_name"),
}


@given(planted=st.sets(st.sampled_from(sorted(MISTAKES))))
def test_every_planted_mistake_is_found_at_once(planted: set[str]) -> None:
    """Whichever answers are wrong together, each is reported once, in the form's order, at its own place."""
    reading = read({field: MISTAKES[field][0] for field in planted})
    expected = [field for field in CALL.form.fields if field in planted]
    assert found_in(reading) == [(MISTAKES[field][1], field) for field in expected]
    for found, field in zip(reading.problems, expected, strict=True):
        assert found.place == (None if MISTAKES[field][0] is None else place(field))
        assert found.label == CALL.form.fields[field].label
        assert found.message.en
    assert reading.errors == tuple(each for each in reading.problems if each.code != "date_read_as")


NAMES = st.builds(
    Name,
    st.sampled_from(Way),
    st.sampled_from([*ANSWERS, "partners", "Navn", "E-mail", "Kommune *", "Sundhed", "model.other"])
    | st.text(max_size=9),
)
CELLS = st.sampled_from([*ANSWERS.values(), "", "{x}", "\ud800", "\u202e"]).map(cell) | st.text(max_size=30).map(cell)


@st.composite
def _tables(draw: st.DrawFn) -> RawTable:
    width = draw(st.integers(0, 4))
    columns = draw(st.lists(st.tuples(NAMES), min_size=width, max_size=width))
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width).map(tuple), max_size=5))
    return RawTable((draw(NAMES),), tuple(columns), tuple(rows), place("tabel"))


@given(
    fields=st.lists(st.builds(RawField, st.lists(NAMES, min_size=1, max_size=3).map(tuple), CELLS), max_size=12),
    tables=st.lists(_tables(), max_size=3),
)
def test_no_form_makes_the_reading_raise(fields: list[RawField], tables: list[RawTable]) -> None:
    """Any names, texts and tables give a reading whose values are JSON that can be stored and sent."""
    reading = read_application(CALL, RawForm("docx", None, None, tuple(fields), tuple(tables)))
    assert json.loads(json.dumps(reading.values)) == reading.values
    json.dumps([found.model_dump(mode="json") for found in reading.problems]).encode()
    assert set(reading.values) <= set(CALL.form.fields)


@pytest.mark.parametrize("label", ["*", ":", "(required)", "", "a" * 5000])
def test_a_label_of_nothing_but_marks_is_still_a_label(label: str) -> None:
    """Folding never loops and never takes away a whole label."""
    assert bool(fold_label(label)) == bool(label)
