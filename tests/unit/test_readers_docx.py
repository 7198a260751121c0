"""How a Word document is read: what counts as its text, its names, its rows, its places."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from formfiles import rewrite, sample_call
from puljeport import marks
from puljeport.blanks import docx
from puljeport.rawforms import TICKED, UNTICKED, Name, RawForm, Way
from puljeport.readers import read
from puljeport_cli.fill import Answers, fill_docx

BLANK = docx.make(sample_call(), 3, "da")
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
PARTNER = {"name": "Klubben", "email": "klubben@example.dk", "hours": "4"}


def read_body(content: str) -> RawForm:
    """The form in a document with this in its body."""
    document = f"<w:document {NAMESPACES}><w:body>{content}</w:body></w:document>"
    return read(rewrite(BLANK, document=lambda _: document), "skema.docx")


def text(content: str) -> str:
    """A run with this text."""
    return f"<w:r><w:t>{content}</w:t></w:r>"


def control(tag: str, content: str, more: str = "") -> str:
    """A content control with this tag around content."""
    return f'<w:sdt><w:sdtPr><w:tag w:val="{tag}"/>{more}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>'


def pair(label: str, *paragraphs: str) -> str:
    """A table with one row: a label, and the paragraphs of an answer."""
    answer = "".join(f"<w:p>{content}</w:p>" for content in paragraphs)
    return f"<w:tbl><w:tr><w:tc><w:p>{text(label)}</w:p></w:tc><w:tc>{answer}</w:tc></w:tr></w:tbl>"


def alternatives(choice: str, fallback: str) -> str:
    """One content written twice, for programs that know more and for those that know less."""
    inside = f"<mc:Choice>{choice}</mc:Choice><mc:Fallback>{fallback}</mc:Fallback>"
    return f"<mc:AlternateContent>{inside}</mc:AlternateContent>"


def answer_in(*paragraphs: str) -> str:
    """What is read from a cell with these paragraphs."""
    (field,) = read_body(pair("Kommune", *paragraphs)).fields
    return field.cell.text


def rows_of(table: str) -> list[list[str]]:
    """The rows that are read from this table."""
    (found,) = read_body(table).tables
    return [[cell.text for cell in row] for row in found.rows]


def changed(answers: Answers, pattern: str, replacement: str) -> RawForm:
    """A filled-in form in which the applicant, or a program, changed the document."""
    filled = fill_docx(BLANK, answers)
    result = rewrite(filled, document=lambda xml: re.sub(pattern, replacement, xml, count=1, flags=re.DOTALL))
    assert result != filled
    return read(result, "skema.docx")


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        ("<w:r><w:t>to</w:t><w:br/><w:t>linjer</w:t></w:r>", "to\nlinjer"),
        ("<w:r><w:t>to</w:t><w:cr/><w:t>linjer</w:t></w:r>", "to\nlinjer"),
        ("<w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r>", "a b"),
        ("<w:r><w:t>e</w:t><w:noBreakHyphen/><w:t>mail</w:t><w:softHyphen/></w:r>", "e-mail"),
        (f"<w:ins>{text('ny')}</w:ins><w:del><w:r><w:delText>gammel</w:delText><w:t>gammel</w:t></w:r></w:del>", "ny"),
        (f"<w:moveFrom>{text('væk')}</w:moveFrom><w:moveTo>{text('her')}</w:moveTo>", "her"),
        (f"<w:hyperlink>{text('a@example.dk')}</w:hyperlink>", "a@example.dk"),
        ("<w:r><w:instrText>HYPERLINK x</w:instrText></w:r>" + text("a@example.dk"), "a@example.dk"),
        (
            alternatives(text("boks"), text("boks")),
            "boks",
        ),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>' + text(" ja"), f"{TICKED} ja"),
        (control("municipality", text("ude") + control("other", text("inde"))), "udeinde"),
        (control("municipality", text("Skriv noget"), "<w:showingPlcHdr/>"), ""),
        (control("municipality", text("svar"), '<w:showingPlcHdr w:val="0"/>'), "svar"),
        (control("municipality", text("A")) + text(" og B"), "A og B"),
        (text("Klik eller tryk her for at skrive tekst."), ""),
        ("", ""),
    ],
)
def test_what_an_applicant_sees_is_what_is_read(content: str, seen: str) -> None:
    """Breaks, insertions and text beside a control count; deletions, codes, fallbacks and placeholders do not."""
    form = read_body(pair("Kommune", content))
    assert form.fields[0].cell.text == seen


def test_paragraphs_of_an_answer_are_its_lines() -> None:
    """Several paragraphs in one cell are several lines of one answer, also those after the bookmark's end."""
    marked = '<w:bookmarkStart w:id="1" w:name="pp_background"/>' + text("et") + '<w:bookmarkEnd w:id="1"/>'
    assert answer_in(marked, text("to"), "", text("fire")) == "et\nto\n\nfire"


def test_a_nested_table_is_part_of_the_answer() -> None:
    """A table that an applicant made inside an answer is read as text of that answer, and no field is invented."""
    inner = f"<w:tbl><w:tr><w:tc><w:p>{text('A')}</w:p></w:tc><w:tc><w:p>{text('B')}</w:p></w:tc></w:tr></w:tbl>"
    answer = f"<w:p>{text('før')}</w:p>{inner}<w:p>{text('efter')}</w:p>"
    table = f"<w:tbl><w:tr><w:tc><w:p>{text('Kommune')}</w:p></w:tc><w:tc>{answer}</w:tc></w:tr></w:tbl>"
    (field,) = read_body(table).fields
    assert field.cell.text == "før\nA\nB\nefter"


@pytest.mark.parametrize(
    ("checked", "beside", "state"), [("1", "", TICKED), ("0", "", UNTICKED), ("1", " ja", TICKED), ("0", " x", "x")]
)
def test_a_check_box_is_its_state(checked: str, beside: str, state: str) -> None:
    """A check box is read by its state, not by its drawing; what stands beside an unticked one is not lost."""
    box = f'<w14:checkbox><w14:checked w14:val="{checked}"/></w14:checkbox>'
    assert answer_in(control("no_money", text("?"), box) + text(beside)) == state


@pytest.mark.parametrize(
    ("content", "state"),
    [
        ("☒ Idræt", TICKED),
        ("☐ Idræt", UNTICKED),
        ("x Idræt", TICKED),
        ("X", TICKED),
        ("Xylofon", UNTICKED),
        ("✓", TICKED),
    ],
)
def test_a_box_drawn_by_hand_is_read(content: str, state: str) -> None:
    """Where the control of a choice is gone, a drawn tick or a typed x counts; a word that begins with x does not."""
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>[[topics.sport]]</w:t></w:r>"
    (field,) = read_body(pair("Emner", hidden + text(content))).fields
    assert (field.names, field.cell.text) == ((Name(Way.HIDDEN, "topics.sport"),), state)


@pytest.mark.parametrize("pieces", [["[[cvr]]"], ["[[", "cvr", "]]"], ["[[c", "vr]]"]])
def test_a_hidden_id_may_be_split(pieces: list[str]) -> None:
    """A hidden id is found however a program has cut it into runs, and is no part of the answer."""
    hidden = "".join(f"<w:r><w:rPr><w:vanish/></w:rPr><w:t>{piece}</w:t></w:r>" for piece in pieces)
    (field,) = read_body(pair("CVR", hidden + text("12345678"))).fields
    assert (field.names[0], field.cell.text) == (Name(Way.HIDDEN, "cvr"), "12345678")


def test_what_an_applicant_types_is_no_id() -> None:
    """An answer that looks like one of our marks stays an answer."""
    filled = fill_docx(BLANK, {"contact_name": "[[cvr]]"})
    field = next(field for field in read(filled, "").fields if field.names[0].key == "contact_name")
    assert field.cell.text == "[[cvr]]"


def test_names_come_strongest_first_and_the_label_without_its_star() -> None:
    """A field lists all names that it still has, so that the core can take the first that it knows."""
    field = read(BLANK, "skema.docx").fields[0]
    ways = [Way.TAG, Way.BOOKMARK, Way.HIDDEN]
    labels = [Name(Way.LABEL, "Kommune"), Name(Way.LABEL, "Kommune *")]
    assert list(field.names) == [*(Name(way, "municipality") for way in ways), *labels]


def test_places_are_named_as_an_applicant_would() -> None:
    """A place names section, field, row and column as they stand in the form, in both languages."""
    filled = read(fill_docx(BLANK, {"partners": [{}, PARTNER]}), "skema.docx")
    places = [field.cell.place for field in filled.fields]
    assert (places[0].da, places[0].en) == (
        "Afsnit 1 »Ansøger«, felt »Kommune«",
        "Section 1 “Ansøger”, field “Kommune”",
    )
    assert places[-1].da == "Afsnit 4 »Erklæringer«, felt »Dato«"
    (row,) = filled.tables[0].rows
    assert row[2].place.da == "Afsnit 3 »Partnere«, tabel række 2, kolonne »E-mail«"
    assert row[2].place.en == "Section 3 “Partnere”, table row 2, column “E-mail”"


def test_sections_are_found_by_translated_and_by_direct_styles() -> None:
    """Danish Word renames the id of a heading style; its name, or an outline level, still tells a section."""
    renamed = rewrite(
        BLANK,
        document=lambda xml: xml.replace('"Heading1"', '"Overskrift1"'),
        styles=lambda xml: xml.replace('"Heading1"', '"Overskrift1"'),
    )
    assert read(renamed, "").fields[0].cell.place == read(BLANK, "").fields[0].cell.place
    heading = f'<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr>{text("Ansøger")}</w:p>'
    (field,) = read_body(heading + pair("Kommune", text("Aarhus"))).fields
    assert field.cell.place.da == "Afsnit »Ansøger«, felt »Kommune«"


def test_rows_added_by_hand_are_read() -> None:
    """A row without any marks, as the Tab key adds in Word, is a row like the others."""
    cells = "".join(f"<w:tc><w:p>{text(word)}</w:p></w:tc>" for word in ("Ny klub", "Andet", "ny@example.dk", "", "7"))
    row = f"<w:tr>{cells}</w:tr>"
    form = changed({}, r"(<w:t [^>]*>\[\[partners\.name\.0\]\].*?)</w:tbl>", rf"\1{row}</w:tbl>")
    (found,) = form.tables[0].rows
    assert [cell.text for cell in found] == ["Ny klub", "Andet", "ny@example.dk", "", "7"]
    assert found[0].place.da.endswith("tabel række 5, kolonne »Navn«")


def test_rows_are_read_by_position_under_the_header() -> None:
    """A row whose marks say another column, as after cells were copied across, is read by where it stands."""
    header = "".join(f"<w:tc><w:p>{text(word)}</w:p></w:tc>" for word in ("Navn", "Slags", "E-mail"))
    row = "".join(f"<w:tc><w:p>{control('partners.name.1', text(word))}</w:p></w:tc>" for word in "abc")
    table = f"<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>{header}</w:tr><w:tr>{row}</w:tr></w:tbl>"
    assert rows_of(table) == [["a", "b", "c"]]


def test_a_table_without_its_header_is_read_by_its_tags() -> None:
    """Where the header row was deleted, the first row is an answer and the tags name the columns."""
    form = changed({"partners": [PARTNER]}, r"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/>.*?</w:tr>", "")
    table = form.tables[0]
    assert [names[0] for names in table.columns][0:3] == [Name(Way.TAG, key) for key in ("name", "kind", "email")]
    assert [cell.text for cell in table.rows[0]] == ["Klubben", "", "klubben@example.dk", "", "4"]


def test_merged_deleted_and_surplus_cells_lose_nothing() -> None:
    """A merged cell counts for its first column, a surplus one goes to the last, and a deleted row is gone."""
    header = "<w:trPr><w:tblHeader/></w:trPr>" + "".join(f"<w:tc><w:p>{text(word)}</w:p></w:tc>" for word in "ABC")
    merged = f'<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr><w:p>{text("ab")}</w:p></w:tc>'
    merged += f"<w:tc><w:p>{text('c')}</w:p></w:tc>"
    surplus = "".join(f"<w:tc><w:p>{text(word)}</w:p></w:tc>" for word in "1234")
    deleted = f"<w:trPr><w:del/></w:trPr><w:tc><w:p>{text('væk')}</w:p></w:tc>"
    rows = "".join(f"<w:tr>{row}</w:tr>" for row in (header, merged, surplus, deleted, "<w:tc><w:p/></w:tc>"))
    assert rows_of(f"<w:tbl>{rows}</w:tbl>") == [["ab", "", "c"], ["1", "2", "3\n4"]]


def test_a_control_around_a_cell_or_a_paragraph_counts() -> None:
    """Controls that a program moved out to the cell, or that stand outside any table, still name their answer."""
    cell = control("cvr", f"<w:tc><w:p>{text('12345678')}</w:p></w:tc>")
    outside = control("contact_name", f"<w:p>{text('Kim')}</w:p><w:p>{text('Bo')}</w:p>")
    inline = f"<w:p>{text('Telefon: ')}{control('contact_phone', text('12'))}</w:p>"
    form = read_body(f"<w:tbl><w:tr><w:tc><w:p>{text('CVR')}</w:p></w:tc>{cell}</w:tr></w:tbl>{outside}{inline}")
    assert [(field.names[0].key, field.cell.text) for field in form.fields] == [
        ("cvr", "12345678"), ("contact_name", "Kim\nBo"), ("contact_phone", "12"),
    ]  # fmt: skip


def test_strict_files_are_read_like_transitional_ones() -> None:
    """Word's strict format has other namespaces and the same form."""
    strict = rewrite(
        BLANK,
        document=lambda xml: xml.replace(
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://purl.oclc.org/ooxml/wordprocessingml/main",
        ),
    )
    assert read(strict, "").fields[0].names == read(BLANK, "").fields[0].names


def test_the_document_may_have_another_name() -> None:
    """Some online editors call the document word/document2.xml; the package says which part it is."""
    renamed = rewrite(BLANK, **{".rels": lambda xml: xml.replace("word/document.xml", "word/footer.xml")})
    assert read(renamed, "").fields == ()


@pytest.mark.parametrize(
    ("custom", "core", "found"),
    [
        (None, None, ("samvaer-2018", 3)),
        ("", None, ("samvaer-2018", 3)),
        ("", "<dc:identifier>", ("samvaer-2018", 3)),
        ("", "", (None, None)),
    ],
)
def test_call_and_version_survive_what_programs_drop(
    custom: str | None, core: str | None, found: tuple[str | None, int | None]
) -> None:
    """Call and version are read from the custom properties, or else from the identifier or the keywords."""

    def without(kept: str | None, xml: str) -> str:
        if kept == "":
            return "<x/>"
        return xml if kept is None else re.sub(rf"{kept}[^<]*", kept, xml)

    form = read(rewrite(BLANK, custom=lambda xml: without(custom, xml), core=lambda xml: without(core, xml)), "")
    assert (form.call, form.version) == found


KEYS = st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True), min_size=1, max_size=1).flatmap(
    lambda first: st.lists(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,12}", fullmatch=True), max_size=2).map(
        lambda rest: ".".join(first + rest)
    )
)


@given(KEYS)
@example("step_0")
@example("step__1.a_-_")
def test_a_bookmark_maps_back_to_its_key(key: str) -> None:
    """A bookmark's name is one that Word allows, and leads back to exactly the key that it was made from."""
    name = marks.bookmark(key)
    if name is not None:
        assert re.fullmatch(r"[A-Za-z]\w{0,39}", name, re.ASCII)
        assert marks.from_bookmark(name) == key


@given(KEYS, KEYS)
@example("topics.a_0", "topics.a-")
@example("a__b", "a.b")
def test_no_two_keys_share_a_bookmark(one: str, other: str) -> None:
    """Two keys never get one bookmark, also to Word, for which case makes no difference."""
    names = marks.bookmark(one), marks.bookmark(other)
    assert one == other or None in names or str(names[0]).lower() != str(names[1]).lower()
