"""What is written into a PDF blank is what is read, whoever filled it in."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from formfiles import sample_call
from puljeport import marks
from puljeport.applications import read_application
from puljeport.blanks import docx, pdf
from puljeport.characters import clean
from puljeport.rawforms import TICKED, UNTICKED, RawForm, Way
from puljeport.readers import read
from puljeport.texts import LANGUAGES, Language
from puljeport_cli.fill import Answers, fill_docx
from puljeport_cli.fillpdf import fill_pdf

CALL = sample_call()
BLANK = pdf.make(CALL, 3, "da")

GOOD: Answers = {
    "municipality": "Århus Kommune",
    "cvr": "55 13 30 18",
    "contact_name": "Prøve Ansøgersen",
    "contact_email": "samvaer@example.dk",
    "model": "model-2",
    "topics": ["sport", "mentors"],
    "background": "Først æøå.\nSå 😀 og »citat«.",
    "hours": "12",
    "budget": "1.234,50 kr.",
    "decided": "Nej",
    "starts": "1. august 2018",
    "partners": [
        {"name": "Æblehavens IF", "kind": "Idrætsforening", "email": "if@example.dk", "hours": "3"},
        {"name": "Naboerne", "kind": "Andet", "since": "9. april 2018"},
    ],
    "no_money": "ja",
    "signed_by": "Prøve Prøvesen",
    "signed_on": "9/4-2018",
}

_CHARACTERS = st.one_of(
    st.sampled_from("æøåÆØÅ<>&()\\/\"'😀👩‍👧\n *:☐[]"),
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")),
)
TEXTS = st.text(_CHARACTERS, max_size=80)
ROWS = st.lists(
    st.fixed_dictionaries({"name": TEXTS, "kind": st.sampled_from(["", "Idrætsforening", "Andet"]), "hours": TEXTS}),
    max_size=12,
)


def texts(form: RawForm) -> dict[str, str]:
    """The texts of single fields by the names of the blank."""
    return {name.key: field.cell.text for field in form.fields for name in field.names if name.way is Way.TAG}


def rows(form: RawForm) -> list[dict[str, str]]:
    """The filled cells of the only table, by column."""
    (table,) = form.tables
    columns = [names[0].key for names in table.columns]
    return [{column: cell.text for column, cell in zip(columns, row, strict=True) if cell.text} for row in table.rows]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=TEXTS,
    background=TEXTS,
    model=st.sampled_from(["model-1", "model-3", ""]),
    topics=st.lists(st.sampled_from(["youth-clubs", "sport", "mentors"]), unique=True),
    filled=ROWS,
)
def test_any_text_comes_back(
    name: str, background: str, model: str, topics: list[str], filled: list[dict[str, str]]
) -> None:
    """Any text, any choice and 0 to 12 rows filled into the blank are read unchanged but for the kind of line break."""
    answers: Answers = {
        "contact_name": name, "background": background, "model": model, "topics": topics, "partners": filled
    }  # fmt: skip
    form = read(fill_pdf(BLANK, answers), "skema.pdf")
    found = texts(form)
    assert (form.call, form.version) == (CALL.id, 3)
    assert [clean(found[key])[0] for key in ("contact_name", "background")] == [clean(name)[0], clean(background)[0]]
    assert (found["model"], found["municipality"]) == (model, "")
    assert {key for key, text in found.items() if text == TICKED} == {f"topics.{topic}" for topic in topics}
    kinds = {"": "", "Idrætsforening": "club", "Andet": "other"}
    filled = [row | {"kind": kinds[row["kind"]]} for row in filled]
    expected = [{key: clean(text)[0] for key, text in row.items() if clean(text)[0]} for row in filled]
    cleaned = [{key: clean(text)[0] for key, text in row.items() if clean(text)[0]} for row in rows(form)]
    assert [row for row in cleaned if row] == [row for row in expected if row]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_answers_give_the_same_application_as_in_word(language: Language) -> None:
    """One set of answers in the PDF and in the Word blank is one application, without a problem."""
    answers = GOOD if language == "da" else GOOD | {"decided": "No", "partners": [{"name": "A", "kind": "Sports club"}]}
    found = read_application(CALL, read(fill_pdf(pdf.make(CALL, 3, language), answers), "a"))
    assert found.problems == ()
    assert found == read_application(CALL, read(fill_docx(docx.make(CALL, 3, language), answers), "a"))


def test_a_mistake_is_found_where_the_applicant_sees_it() -> None:
    """The place of a problem is the page and the field's label, in a table with its row."""
    wrong = GOOD | {"hours": "mange", "partners": [{"name": "A"}, {"name": "B", "email": "b@"}]}
    problems = read_application(CALL, read(fill_pdf(BLANK, wrong), "a")).problems
    assert [(found.field, found.place.da if found.place else None) for found in problems] == [
        ("hours", "side 2, felt »Egne timer om ugen«"),
        ("partners[2].email", "side 3, felt »Samarbejdspartnere, række 2: E-mail«"),
    ]


def test_an_empty_blank_has_no_answers() -> None:
    """An unfilled blank reads as nothing at all, and says so."""
    form = read(BLANK, "skema.pdf")
    assert {field.cell.text for field in form.fields} == {"", UNTICKED}
    assert [table.rows for table in form.tables] == [()]
    assert [found.code for found in read_application(CALL, form).problems] == ["empty_form"]


def test_pypdf_fills_the_form() -> None:
    """What pypdf writes by its own means is read back: texts, a list, buttons, boxes and rows."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(BLANK)))
    wanted = {
        "contact_name": "Åse Ærø", "background": "En\nto", "municipality": "Ærø", "model": "/model-02", "decided": "Ja",
        "no_money": "/Ja", "partners__name__2": "Øst",
    }  # fmt: skip
    wanted["model"] = "/model-3"
    writer.update_page_form_field_values(None, wanted, auto_regenerate=False)
    buffer = BytesIO()
    writer.write(buffer)
    form = read(buffer.getvalue(), "a")
    found = texts(form)
    assert {key: found[key] for key in ("contact_name", "background", "municipality", "decided")} == {
        "contact_name": "Åse Ærø", "background": "En\nto", "municipality": "Ærø", "decided": "Ja"
    }  # fmt: skip
    assert (found["model"], found["no_money"]) == ("model-3", TICKED)
    assert rows(form) == [{"name": "Øst"}]


def renamed(data: bytes) -> bytes:
    """The form with names of another program's making, as LibreOffice gives them."""
    with pikepdf.Pdf.open(BytesIO(data)) as document:
        for number, field in enumerate(document.Root.AcroForm.Fields):
            field.T = pikepdf.String(f"Widget,_{number}")
        buffer = BytesIO()
        document.save(buffer)
        return buffer.getvalue()


def test_fields_that_lost_their_names_are_known_by_their_labels() -> None:
    """With names of another program's making, a field is found by its tooltip, which begins with its label."""
    form = read(renamed(fill_pdf(BLANK, {"contact_name": "Åse", "hours": "7"})), "a")
    found = read_application(CALL, form)
    assert found.values["contact_name"] == "Åse"
    assert found.values["hours"] == 7
    assert (form.call, form.version) == (CALL.id, 3)


def test_call_and_version_are_found_by_the_keywords_alone() -> None:
    """A program that drops hidden fields and entries of our own leaves the keywords."""
    with pikepdf.Pdf.open(BytesIO(BLANK)) as document:
        hidden = (marks.CALL_PROPERTY, marks.VERSION_PROPERTY)
        for page in document.pages:
            kept = [item for item in page.obj.get("/Annots", []) if str(item.get("/T", "")) not in hidden]
            page.obj.Annots = pikepdf.Array(kept)
        for name in hidden:
            del document.docinfo[f"/{name}"]
        buffer = BytesIO()
        document.save(buffer)
    form = read(buffer.getvalue(), "a")
    assert (form.call, form.version) == (CALL.id, 3)


@pytest.mark.parametrize(("answers", "missing"), [({"nowhere": "x"}, "nowhere"), ({"model": "model-9"}, "model-9")])
def test_filling_in_what_is_not_there_is_an_error(answers: Answers, missing: str) -> None:
    """A test that names a field or a button that the blank does not have fails instead of passing by luck."""
    with pytest.raises(KeyError, match=missing):
        fill_pdf(BLANK, answers)
