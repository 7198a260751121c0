"""What is written into a blank is what is read, by each of the ways in which a program may have kept it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formfiles import rewrite, sample_call, without_bookmarks, without_hidden, without_tags
from puljeport import marks
from puljeport.blanks import docx
from puljeport.calls import TableField
from puljeport.rawforms import TICKED, UNTICKED, RawForm, Way
from puljeport.readers import read
from puljeport_cli.fill import Answers, fill_docx

CALL = sample_call()
BLANK = docx.make(CALL, 3, "da")

type Texts = dict[str, str]

# Everything that XML can hold, with what tends to go wrong more often than chance would have it.
_CHARACTERS = st.one_of(
    st.sampled_from("æøåÆØÅ<>&\"'😀👩‍👧\n *:☐[]"),
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufffe\uffff"),
)
# A box drawn in front, a mark of ours, and the words of a placeholder mean something else than their text.
TEXTS = st.text(_CHARACTERS, max_size=60).filter(
    lambda text: not re.match(r"\s*(?:[☐☒☑]|\[\[)", text) and text.strip() not in marks.EMPTY_TEXTS
)
ROWS = st.lists(
    st.fixed_dictionaries({"name": TEXTS, "kind": st.sampled_from(["", "club", "other"]), "hours": TEXTS}), max_size=50
)


def only_tags(xml: str) -> str:
    """What is left when a program keeps nothing but the controls."""
    return without_bookmarks(without_hidden(xml))


def only_bookmarks(xml: str) -> str:
    """What is left when a program keeps nothing but the bookmarks."""
    return without_tags(without_hidden(xml))


def only_hidden(xml: str) -> str:
    """What is left when a program keeps nothing but the hidden text."""
    return without_tags(without_bookmarks(xml))


def only_labels(xml: str) -> str:
    """What is left when a program keeps nothing but what can be seen."""
    return without_tags(without_bookmarks(without_hidden(xml)))


LOSSES: dict[Way, Callable[[str], str]] = {
    Way.TAG: only_tags,
    Way.BOOKMARK: only_bookmarks,
    Way.HIDDEN: only_hidden,
    Way.LABEL: only_labels,
}
_BY_LABEL = {field.label.da: field.id for field in CALL.form.fields.values()}
_COLUMN_BY_LABEL = {
    column.label.da: column.id
    for field in CALL.form.fields.values()
    if isinstance(field, TableField)
    for column in field.columns
}


def folded(text: str) -> str:
    """The text as a reader gives it: no space at line ends or around the whole."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def fields_by(form: RawForm, way: Way) -> Texts:
    """The texts of single fields by the names of one way."""
    return {
        _BY_LABEL.get(name.key, name.key): field.cell.text
        for field in form.fields
        for name in field.names
        if name.way is way and (way is not Way.LABEL or name.key in _BY_LABEL)
    }


def rows_by(form: RawForm, way: Way) -> list[Texts]:
    """The filled cells of the only table, by the column names of one way."""
    (table,) = form.tables
    columns = [
        next(_COLUMN_BY_LABEL.get(name.key, name.key) for name in names if name.way is way) for names in table.columns
    ]
    return [{column: cell.text for column, cell in zip(columns, row, strict=True) if cell.text} for row in table.rows]


@pytest.mark.parametrize("way", LOSSES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(name=TEXTS, background=TEXTS, model=st.sampled_from(["model-1", "model-3"]), rows=ROWS)
def test_any_text_comes_back_by_each_way(way: Way, name: str, background: str, model: str, rows: list[Texts]) -> None:
    """Any text, and 0 to 50 rows, filled into the blank are read unchanged when only one kind of mark survives."""
    answers: Answers = {"contact_name": name, "background": background, "model": model, "partners": rows}
    form = read(rewrite(fill_docx(BLANK, answers), document=LOSSES[way]), "skema.docx")
    assert {found.way for field in form.fields for found in field.names} <= {way, Way.LABEL}
    found = fields_by(form, way)
    assert (found["contact_name"], found["background"]) == (folded(name), folded(background))
    assert found["model"] == {"model-1": "Model 1", "model-3": "Model 3"}[model]
    assert (found["municipality"], found["starts"]) == ("", "")
    kinds = {"": "", "club": "Idrætsforening", "other": "Andet"}
    expected = [row | {"kind": kinds[row["kind"]]} for row in rows]
    texts = [{key: folded(text) for key, text in row.items() if folded(text)} for row in expected]
    assert rows_by(form, way) == [row for row in texts if row]


@pytest.mark.parametrize("way", [Way.TAG, Way.BOOKMARK, Way.HIDDEN])
@pytest.mark.parametrize("ticked", [[], ["sport"], ["youth-clubs", "mentors"]])
def test_check_boxes_come_back_by_each_way(way: Way, ticked: list[str]) -> None:
    """Each box of a multiple choice, and a declaration, is read as ticked or not by each kind of mark alone."""
    filled = fill_docx(BLANK, {"topics": ticked, "no_money": "ja"})
    found = fields_by(read(rewrite(filled, document=LOSSES[way]), "skema.docx"), way)
    boxes = {choice: found[f"topics.{choice}"] for choice in ("youth-clubs", "sport", "mentors")}
    assert boxes == {choice: TICKED if choice in ticked else UNTICKED for choice in boxes}
    assert found["no_money"] == TICKED


def test_check_boxes_come_back_as_the_labels_of_the_ticked() -> None:
    """Where nothing but the visible text survives, a multiple choice is the list of its ticked labels."""
    filled = fill_docx(BLANK, {"topics": ["youth-clubs", "sport"]})
    found = fields_by(read(rewrite(filled, document=only_labels), "skema.docx"), Way.LABEL)
    assert found["topics"] == "Fritidsklubber\nIdræt"


def test_an_empty_blank_has_no_answers() -> None:
    """An unfilled blank reads as nothing at all, with its controls and without: placeholders are no answers."""
    for loss in LOSSES.values():
        form = read(rewrite(BLANK, document=loss), "skema.docx")
        assert {field.cell.text for field in form.fields} <= {"", UNTICKED}
        assert not any(table.rows for table in form.tables)


def test_the_english_blank_says_the_same() -> None:
    """The blank in English holds the same fields, and its placeholders are no answers either."""
    english = read(rewrite(docx.make(CALL, 3, "en"), document=only_hidden), "form.docx")
    danish = read(rewrite(BLANK, document=only_hidden), "skema.docx")
    assert set(fields_by(english, Way.HIDDEN)) == set(fields_by(danish, Way.HIDDEN))
    assert {field.cell.text for field in english.fields} <= {"", UNTICKED}


def test_a_form_saved_by_libreoffice_is_read() -> None:
    """A form saved by LibreOffice 7.4 has lost its controls but not its answers, rows, call and version."""
    form = read((Path(__file__).parents[1] / "data" / "libreoffice-7.4.docx").read_bytes(), "skema.docx")
    assert (form.call, form.version) == ("samvaer-2018", 3)
    assert not any(name.way is Way.TAG for field in form.fields for name in field.names)
    for way in (Way.BOOKMARK, Way.HIDDEN):
        found = fields_by(form, way)
        assert (found["municipality"], found["contact_email"], found["decided"]) == ("Ærø", "a@example.dk", "Ja")
        assert (found["topics.sport"], found["topics.mentors"], found["no_money"]) == (TICKED, UNTICKED, TICKED)
        assert (found["contact_name"], found["background"].replace("\n", "")) == ("", "Første linjeAnden linje")
        assert [row["hours"] for row in rows_by(form, way)] == [str(number) for number in range(12)]
