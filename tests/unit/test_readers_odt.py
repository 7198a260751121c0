"""Text documents of OpenDocument: what LibreOffice and others write, and what of it an applicant sees."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from puljeport.rawforms import TICKED, Name, RawForm, Way
from puljeport.readers import read

NAMES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style")
)
LOEXT = ' xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"'
META = (
    '<m xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0">'
    '<meta:user-defined meta:name="puljeport-call">samvaer-2018</meta:user-defined>'
    '<meta:user-defined meta:name="puljeport-version">3</meta:user-defined></m>'
)
HIDDEN = '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'


def odt(body: str, meta: str = META) -> RawForm:
    """The form in a document with this body."""
    content = (
        f"<office:document-content{NAMES}{LOEXT}><office:automatic-styles>{HIDDEN}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", content)
        archive.writestr("meta.xml", meta)
    return read(buffer.getvalue(), "skema.odt")


def pair(answer: str, label: str = "CVR-nummer *") -> str:
    """A table of one row: a label and an answer."""
    cells = (
        f"<table:table-cell><text:p>{label}</text:p></table:table-cell><table:table-cell>{answer}</table:table-cell>"
    )
    return f"<table:table><table:table-row>{cells}</table:table-row></table:table>"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (
            '<text:p><text:bookmark-start text:name="pp_cvr"/>12<text:bookmark-end text:name="pp_cvr"/></text:p>',
            Name(Way.BOOKMARK, "cvr"),
        ),
        ('<text:p><text:span text:style-name="T1">[[cvr]]</text:span>12</text:p>', Name(Way.HIDDEN, "cvr")),
        ('<text:p><loext:content-control loext:tag="cvr">12</loext:content-control></text:p>', Name(Way.TAG, "cvr")),
        ("<text:p>12</text:p>", Name(Way.LABEL, "CVR-nummer")),
    ],
)
def test_an_answer_is_found_by_each_way(answer: str, name: Name) -> None:
    """Tag, bookmark, hidden id and label each name the answer alone, and the place is told with its section."""
    form = odt('<text:h text:outline-level="1">1. Ansøger</text:h>' + pair(answer))
    (field,) = form.fields
    assert (field.names[0], field.cell.text) == (name, "12")
    assert field.cell.place.da == "Afsnit 1 »Ansøger«, felt »CVR-nummer«"
    assert (form.format, form.call, form.version) == ("odt", "samvaer-2018", 3)


def test_what_is_seen_is_what_is_read() -> None:
    """Line breaks, several spaces and tabs are kept; comments, deletions and the layout's own spaces are not."""
    answer = (
        '<text:p>\n  Første<text:line-break/>anden<text:s text:c="2"/>linje<text:tab/>her'
        "<office:annotation><text:p>En kommentar</text:p></office:annotation>\n   nu</text:p>"
        "<text:p>Nyt afsnit</text:p>"
    )
    deleted = f"<text:tracked-changes>{pair('<text:p>Slettet</text:p>')}</text:tracked-changes>"
    (field,) = odt(deleted + pair(answer)).fields
    assert field.cell.text == "Første\nanden  linje her nu\nNyt afsnit"


def test_hidden_text_is_a_name_and_no_text_wherever_it_stands() -> None:
    """An id in a hidden style names the answer also where somebody wrote in front of it."""
    (field,) = odt(pair('<text:p>nr. <text:span text:style-name="T1">[[cvr]]</text:span>12</text:p>')).fields
    assert (field.names[0], field.cell.text) == (Name(Way.HIDDEN, "cvr"), "nr. 12")


def test_placeholders_are_no_answers() -> None:
    """Neither what a control says of itself as a placeholder, nor our own words for it, is an answer."""
    control = '<text:p><loext:content-control loext:tag="cvr" loext:showing-place-holder="true">Noget'
    (field,) = odt(pair(control + "</loext:content-control></text:p>")).fields
    assert field.cell.text == ""
    (field,) = odt(pair("<text:p>Skriv her</text:p>")).fields
    assert field.cell.text == ""


def test_a_ticked_box_is_told_by_the_control() -> None:
    """A check box control says itself whether it is ticked."""
    box = '<text:p><loext:content-control loext:tag="no_money" loext:checkbox="true" loext:checked="{}">{}'
    for state, sign in (("true", "☒"), ("false", "☐")):
        (field,) = odt(pair(box.format(state, sign) + "</loext:content-control></text:p>")).fields
        assert (field.cell.text == TICKED) is (state == "true")


def test_rows_are_read_under_their_header() -> None:
    """A table with header rows is rows of columns, also those that were copied without their marks."""
    header = "".join(
        f'<table:table-cell><text:p><text:span text:style-name="T1">[[partners.{key}.0]]</text:span>{label}</text:p>'
        "</table:table-cell>"
        for key, label in (("name", "Navn"), ("email", "E-mail"))
    )
    rows = "".join(
        f"<table:table-row><table:table-cell><text:p>{name}</text:p></table:table-cell><table:table-cell/></table:table-row>"
        for name in ("A", "B", "")
    )
    top = f"<table:table-header-rows><table:table-row>{header}</table:table-row></table:table-header-rows>"
    (table,) = odt(f"<text:p>Partnere</text:p><table:table>{top}{rows}</table:table>").tables
    assert table.names[0] == Name(Way.HIDDEN, "partners")
    assert [[cell.text for cell in row] for row in table.rows] == [["A", ""], ["B", ""]]
    assert table.rows[1][0].place.da == "Tabel række 2, kolonne »Navn«"


def test_the_call_is_known_by_a_keyword_too() -> None:
    """Where the properties are gone, the keyword still says call and version; and nothing is made of other words."""
    keyword = META.replace("puljeport-", "x-").replace("</m>", "<meta:keyword>samvaer-2018@4</meta:keyword></m>")
    assert (odt("", keyword).call, odt("", keyword).version) == ("samvaer-2018", 4)
    assert odt("", "<m/>").call is None


def test_merged_cells_move_no_answer_to_another_column() -> None:
    """Under a cell that covers two rows its column is empty; beside one that covers two columns, the second is."""

    def row(*cells: str) -> str:
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    def cell(text: str, more: str = "") -> str:
        return f"<table:table-cell{more}><text:p>{text}</text:p></table:table-cell>"

    covered = "<table:covered-table-cell/>"
    tall, wide = (f' table:number-{way}-spanned="2"' for way in ("rows", "columns"))
    (table,) = odt(
        "<table:table>"
        + row(cell("Navn"), cell("E-mail"), cell("By"))
        + row(cell("A", tall), cell("a@example.dk"), cell("Ribe"))
        + row(covered, cell("b@example.dk"), cell("Vejle"))
        + row(cell("C", wide), covered, cell("Skive"))
        + row(cell("D", tall + wide), covered, cell("Struer"))
        + row(covered, covered, cell("Lemvig"))
        + "</table:table>"
    ).tables
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["A", "a@example.dk", "Ribe"],
        ["", "b@example.dk", "Vejle"],
        ["C", "", "Skive"],
        ["D", "", "Struer"],
        ["", "", "Lemvig"],
    ]
