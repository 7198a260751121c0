"""The PDF blank: what a person sees, what a screen reader is told, and what a program finds."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pdfua
import pikepdf
import pytest
from pikepdf import Name, NumberTree, Object, Pdf

from formfiles import sample_call
from puljeport import marks
from puljeport.blanks import guide, pdf
from puljeport.marking import pdfmarks
from puljeport.marking.notes import Note
from puljeport.readers import read
from puljeport.texts import Language

CALL = sample_call()


@pytest.fixture(scope="module", params=["da", "en"])
def document(request: pytest.FixtureRequest) -> Pdf:
    """The blank in each language."""
    return Pdf.open(BytesIO(pdf.make(CALL, 3, request.param)))


def widgets(document: Pdf) -> list[Object]:
    """All form fields that are shown."""
    return [item for page in document.pages for item in page.obj.get("/Annots", []) if int(item.get("/F", 0)) == 4]


def named(document: Pdf) -> dict[str, Object]:
    """The form fields by the key that their name stands for."""
    return {marks.from_flat(str(field.T)) or str(field.T): field for field in document.Root.AcroForm.Fields}


def test_the_same_call_gives_the_same_bytes() -> None:
    """Publishing again makes the same file, so that it is not put up as a new one."""
    assert pdf.make(CALL, 3, "da") == pdf.make(CALL, 3, "da")


def test_the_document_says_what_it_is(document: Pdf) -> None:
    """Title, language, tags and call stand where programs and screen readers look for them."""
    assert str(document.Root.Lang) in ("da-DK", "en-GB")
    assert bool(document.Root.MarkInfo.Marked) is True
    assert bool(document.Root.ViewerPreferences.DisplayDocTitle) is True
    with document.open_metadata() as about:
        assert about["pdfuaid:part"] == "1"
        assert about["dc:identifier"] == "samvaer-2018@3"
        assert CALL.title.da in str(about["dc:title"]) or CALL.title.get("en") in str(about["dc:title"])
    assert str(document.docinfo["/puljeport-call"]) == "samvaer-2018"


def test_every_field_is_in_the_structure_where_it_stands(document: Pdf) -> None:
    """Each widget belongs to a Form element that refers to it and to nothing else, and pages tab in that order."""
    tree = NumberTree(document.Root.StructTreeRoot.ParentTree)
    shown = widgets(document)
    assert len(shown) > 60
    for widget in shown:
        element = tree[int(widget.StructParent)]
        assert str(element.S) == "/Form"
        held = element.K if not isinstance(element.K, pikepdf.Array) else element.K[0]
        assert held.Type == Name.OBJR
        assert held.Obj.objgen == widget.objgen
    assert all(page.obj.Tabs == Name.S for page in document.pages)


def test_every_field_says_what_it_asks_for(document: Pdf) -> None:
    """A tooltip that begins with the label, required marks, limits and kinds: what a viewer tells and enforces."""
    fields = named(document)
    assert all(str(widget.TU) for widget in widgets(document))
    assert str(fields["contact_name"].TU).startswith(("Kontaktperson\u2002", "Contact person\u2002"))
    required = {key for key, field in fields.items() if int(field.get("/Ff", 0)) & 2}
    assert required >= {"municipality", "cvr", "contact_name", "contact_email", "model", "background", "no_money"}
    assert not required & {"contact_phone", "hours", "partners.name.1"}
    assert (int(fields["contact_name"].MaxLen), int(fields["background"].MaxLen)) == (80, 2000)
    assert int(fields["background"].Ff) & 1 << 12
    assert [str(fields[key].FT) for key in ("decided", "topics.sport", "hours")] == ["/Ch", "/Btn", "/Tx"]
    assert len(fields["municipality"].Opt) == 98
    options = [tuple(str(part) for part in option) for option in fields["decided"].Opt]
    assert [value for value, _ in options] == [" ", "yes", "no"]
    assert options[1][1] in ("Ja", "Yes")
    assert len(fields["model"].Kids) == 3


def test_no_name_holds_a_dot(document: Pdf) -> None:
    """A dot in a field's partial name means a hierarchy, which programs would build."""
    assert not [field for field in document.Root.AcroForm.Fields if "." in str(field.T)]


def test_answers_are_written_in_a_font_that_comes_along(document: Pdf) -> None:
    """The font of the fields is embedded and knows æ, ø and å; no program has to make up how a field looks."""
    font = document.Root.AcroForm.DR.Font.SourceSans
    assert font.FontDescriptor.FontFile2.read_bytes()[:4] == b"\0\1\0\0"
    widths = [int(width) for width in font.Widths]
    assert all(widths[letter - 32] > 200 for letter in "æøåÆØÅ€".encode("cp1252"))
    assert "/NeedAppearances" not in document.Root.AcroForm
    assert all("/N" in widget.AP for widget in widgets(document))


def test_a_table_has_rows_enough() -> None:
    """A PDF cannot grow: there are twelve rows at least, unless the table may not have so many."""
    document = Pdf.open(BytesIO(pdf.make(CALL, 3, "da")))
    numbers = {int(key.rpartition(".")[2]) for key in named(document) if key.startswith("partners.")}
    assert numbers == set(range(1, 13))


def test_texts_of_a_call_are_never_markup() -> None:
    """What would be markup to the typesetter stands in the form as it was written."""
    title = "#panic() $x$ *a* \\ [b] <c> `d` @e // f"
    data = pdf.make(sample_call(title={"da": title}), 3, "da")
    with Pdf.open(BytesIO(data)) as document:
        assert title in str(document.docinfo["/Title"])
    assert read(data, "a").call == CALL.id


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_checker_of_others_finds_nothing(language: Language, tmp_path: Path) -> None:
    """pdfua, which knows some of PDF/UA's rules, finds nothing in blank, guide and marked copy, and could look."""
    blank = pdf.make(CALL, 3, language)
    files = {
        "blank": blank,
        "guide": guide.pdf(
            CALL, 3, "# Vejledning\n\nEn tekst med **fed** skrift.\n\n| A | B |\n|---|---|\n| 1 | 2 |\n"
        ),
        "marked": pdfmarks.marked(blank, [Note((1, "cvr"), "Skal rettes: cifrene passer ikke", errors=True)], language),
    }
    for name, data in files.items():
        file = tmp_path / f"{name}.pdf"
        file.write_bytes(data)
        report = pdfua.validate(str(file))
        assert [str(finding) for finding in report.findings] == [], name
