"""An applicant's own file comes back with every problem marked where it stands, and nothing else changed."""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import docx
import openpyxl
import pikepdf
import pytest
from lxml import etree
from openpyxl.comments import Comment

from formfiles import rewrite, sample_call
from puljeport import marking
from puljeport.applications import Reading, read_application
from puljeport.blanks import csvform
from puljeport.blanks import docx as docx_blank
from puljeport.blanks import pdf as pdf_blank
from puljeport.blanks import xlsx as xlsx_blank
from puljeport.errors import Unreadable
from puljeport.marking import surgery
from puljeport.marking.notes import AUTHOR
from puljeport.problems import problem
from puljeport.readers import read
from puljeport_cli.fill import Answers, fill_docx
from puljeport_cli.fill_sheets import fill_csv, fill_xlsx
from puljeport_cli.fillpdf import fill_pdf

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
CALL = sample_call()
GOOD: Answers = {
    "municipality": "Aarhus", "cvr": "55133018", "contact_name": "Prøve Person", "contact_email": "a@example.dk",
    "contact_phone": "+45 12 34 56 78", "website": "https://www.example.dk", "model": "model-2", "topics": ["sport"],
    "background": "Første linje.\nAnden linje.", "hours": "12", "budget": "1.234,50", "decided": "Ja",
    "starts": "2018-06-01", "plan": "tidsplan.pdf", "no_money": "ja", "signed_by": "Ane", "signed_on": "2018-03-01",
    "partners": [{"name": "Æblehaven", "kind": "Andet", "email": "b@example.dk", "since": "2018-01-01", "hours": "3"}],
}  # fmt: skip
FAULTY: Answers = GOOD | {
    "cvr": "12345678", "contact_email": "a(at)example.dk", "hours": "en del", "starts": "31. juni 2018",
    "partners": [{"name": "", "kind": "Andet", "email": "b@", "since": "2018-01-01", "hours": "3"}],
}  # fmt: skip
WRONG = {"cvr", "contact_email", "hours", "starts", "partners[1].name", "partners[1].email"}

FORMATS: dict[str, tuple[Callable[..., bytes], Callable[[bytes, Answers], bytes]]] = {
    "docx": (docx_blank.make, fill_docx),
    "xlsx": (xlsx_blank.make, fill_xlsx),
    "pdf": (pdf_blank.make, fill_pdf),
}
FILES = {kind: fill(make(CALL, 1, "da"), FAULTY) for kind, (make, fill) in FORMATS.items()}

every_format = pytest.mark.parametrize("kind", sorted(FORMATS))


def reading(data: bytes) -> Reading:
    """The file as an application to the sample call."""
    return read_application(CALL, read(data, ""))


def marked(data: bytes, **changes: Any) -> bytes:
    """The file with its own problems marked."""
    copy = marking.mark(data, **({"problems": reading(data).problems, "language": "da"} | changes))
    assert copy is not None
    return copy.data


def said(kind: str, data: bytes) -> dict[str, str]:
    """What our marks say, by what stands where they are: an answer (DOCX), a cell's answer (XLSX), a field (PDF)."""
    if kind == "docx":
        return in_word(data)
    return in_sheet(data) if kind == "xlsx" else in_pdf(data)


def in_word(data: bytes) -> dict[str, str]:
    """By the text between the ends of each comment, read by a library of others."""
    document = docx.Document(BytesIO(data))
    texts = {str(comment.comment_id): comment.text for comment in document.comments if comment.author == AUTHOR}
    xml = document.element.xml
    found = {}
    for number, text in texts.items():
        between = re.search(
            rf'<w:commentRangeStart[^>]*w:id="{number}"/>(.*?)<w:commentRangeEnd[^>]*w:id="{number}"/>', xml, re.DOTALL
        )
        assert between, "a comment without its place"
        shown = "".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", between[1]))
        found[re.sub(r"\[\[.*?\]\]", "", shown).strip()] = text
    return found


def in_sheet(data: bytes) -> dict[str, str]:
    """By the cell's own text."""
    sheet = openpyxl.load_workbook(BytesIO(data)).worksheets[0]
    cells = {str(cell.value or ""): cell.comment for row in sheet.iter_rows() for cell in row if cell.comment}
    assert all(comment.author == AUTHOR for comment in cells.values())
    return {value: str(comment.text) for value, comment in cells.items()}


def in_pdf(data: bytes) -> dict[str, str]:
    """By the value of the field that each frame is drawn around."""
    found = {}
    with pikepdf.open(BytesIO(data)) as pdf:
        for page in pdf.pages:
            notes = [one for one in page.Annots if one.get("/T") == AUTHOR and one.Subtype == "/Square"]
            fields = [one for one in page.Annots if one.Subtype == "/Widget"]
            for note in notes:
                left, bottom, right, top = (float(side) for side in note.Rect)
                inside = [
                    one for one in fields
                    if left < float(one.Rect[0]) and bottom < float(one.Rect[1])
                    and float(one.Rect[2]) < right and float(one.Rect[3]) < top
                ]  # fmt: skip
                (field,) = inside
                found[str(field.get("/V", ""))] = str(note.Contents)
    return found


@every_format
def test_each_problem_is_marked_where_it_stands(kind: str) -> None:
    """Every planted mistake has a mark at the wrong answer itself, with the problem's own words."""
    problems = reading(FILES[kind]).problems
    assert {found.field for found in problems} == WRONG
    answers = {"12345678": "cvr", "a(at)example.dk": "contact_email", "en del": "hours", "31. juni 2018": "starts",
               "b@": "partners[1].email", "": "partners[1].name"}  # fmt: skip
    wanted = {found.field: f"Skal rettes: {found.message.da}" for found in problems}
    assert {answers[where]: text for where, text in said(kind, marked(FILES[kind])).items()} == wanted


@every_format
def test_marks_are_no_part_of_the_answers(kind: str) -> None:
    """The marked copy, sent in as it is, is the same application with the same problems."""
    assert reading(marked(FILES[kind])) == reading(FILES[kind])


@every_format
def test_a_corrected_copy_reads_clean(kind: str) -> None:
    """The applicant corrects the copy and sends it: nothing of the marks is in the way."""
    fill = FORMATS[kind][1]
    found = reading(fill(marked(FILES[kind]), GOOD))
    assert found.problems == ()
    assert found.values == reading(fill(FORMATS[kind][0](CALL, 1, "da"), GOOD)).values


@every_format
def test_marking_again_takes_the_earlier_marks_out(kind: str) -> None:
    """A copy with one mistake left, marked anew, says that one and nothing of before."""
    fill = FORMATS[kind][1]
    nearly = fill(marked(FILES[kind]), GOOD | {"hours": "mange"})
    again = marked(nearly)
    assert list(said(kind, again)) == ["mange"]
    if kind == "xlsx":
        assert len(list(openpyxl.load_workbook(BytesIO(again)).worksheets[0].conditional_formatting)) == 1


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_every_other_part_stays_byte_for_byte(kind: str) -> None:
    """But for the part that holds the marks and what lists it, nothing of the package changes."""
    with zipfile.ZipFile(BytesIO(FILES[kind])) as old, zipfile.ZipFile(BytesIO(marked(FILES[kind]))) as new:
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
        added = set(new.namelist()) - set(old.namelist())
    main = {"docx": "word/document.xml", "xlsx": "xl/worksheets/sheet1.xml"}[kind]
    listing = {"docx": "word/_rels/document.xml.rels", "xlsx": "xl/styles.xml"}[kind]
    assert {main, "[Content_Types].xml"} <= changed <= {main, "[Content_Types].xml", listing}
    assert all("puljeport" in name or name.endswith("sheet1.xml.rels") for name in added)


def test_only_marks_are_added_to_a_document() -> None:
    """With the marks taken out again by their bytes, the main part is what it was."""
    with zipfile.ZipFile(BytesIO(FILES["docx"])) as old, zipfile.ZipFile(BytesIO(marked(FILES["docx"]))) as new:
        before, after = old.read("word/document.xml"), new.read("word/document.xml")
    bare = re.sub(rb"<w:comment[^>]*/>|<w:r xmlns:w=[^>]*><w:commentReference[^>]*/></w:r>", b"", after)
    assert bare == before


@every_format
def test_what_stands_nowhere_is_said_at_the_top(kind: str) -> None:
    """A problem of the whole file comes first, with its field's name where it has one."""
    whole = problem("not_open_yet", call=CALL.title, opens="i morgen")
    text = marked(FILES[kind], problems=[whole])
    if kind == "pdf":
        with pikepdf.open(BytesIO(text)) as pdf:
            (note,) = [one for one in pdf.pages[0].Annots if one.get("/T") == AUTHOR]
        assert str(note.Contents) == f"Skal rettes: {whole.message.da}"
    else:
        assert list(said(kind, text).values()) == [f"Skal rettes: {whole.message.da}"]


@every_format
def test_warnings_and_errors_are_told_apart_in_both_languages(kind: str) -> None:
    """An English form is marked in English; what only should be looked at says so."""
    found = reading(FILES[kind]).problems[0]
    warning = found.model_copy(update={"severity": "warning"})
    (text,) = said(kind, marked(FILES[kind], problems=[warning], language="en")).values()
    assert text == f"Please check: {found.message.get('en')}"


def test_somebody_elses_comments_stay() -> None:
    """A colleague's comment in a workbook or a document is there after marking, and after marking again."""
    book = openpyxl.load_workbook(BytesIO(FILES["xlsx"]))
    book.worksheets[0]["B3"].comment = Comment("Husk bilag", "En kollega")
    buffer = BytesIO()
    book.save(buffer)
    twice = marked(marked(buffer.getvalue()))
    sheet = openpyxl.load_workbook(BytesIO(twice)).worksheets[0]
    authors = [cell.comment.author for row in sheet.iter_rows() for cell in row if cell.comment]
    assert sorted(set(authors)) == ["En kollega", AUTHOR]
    assert (authors.count("En kollega"), authors.count(AUTHOR)) == (1, len(WRONG))
    document = docx.Document(BytesIO(FILES["docx"]))
    document.add_comment(document.paragraphs[1].runs, text="Husk bilag", author="En kollega")
    buffer = BytesIO()
    document.save(buffer)
    found = [comment.author for comment in docx.Document(BytesIO(marked(marked(buffer.getvalue())))).comments]
    assert (found.count("En kollega"), found.count(AUTHOR)) == (1, len(WRONG))


def test_comments_stay_as_excel_wrote_them() -> None:
    """A part of comments with namespaces and prefixes of its own is still sound XML after our own are added."""
    revision = 'xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision"'
    old = (
        f'<x:comments xmlns:x="{MAIN}" {revision}><x:authors/><x:commentList><x:comment ref="B3" authorId="0" '
        'xr:uid="{1}"><x:text><x:t>Husk bilag</x:t></x:text></x:comment></x:commentList></x:comments>'
    )
    commented = rewrite(marked(FILES["xlsx"]), **{"puljeport-comments1": lambda _: old})
    with zipfile.ZipFile(BytesIO(marked(commented))) as package:
        new = etree.fromstring(package.read("xl/puljeport-comments1.xml"))
    texts = ["".join(map(str, comment.itertext())) for comment in new.iter(f"{{{MAIN}}}comment")]
    assert texts[0] == "Husk bilag"
    assert len(texts) == 1 + len(WRONG)
    assert [author.text for author in new.iter(f"{{{MAIN}}}author")] == [AUTHOR]


def test_the_pictures_of_a_sheets_header_stay() -> None:
    """The drawing of a header is of the kind that comments have too, and is left as it is."""
    related = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    listing = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId9" '
        f'Type="{related}/vmlDrawing" Target="../drawings/header.vml"/></Relationships>'
    )
    buffer = BytesIO(FILES["xlsx"])
    with zipfile.ZipFile(buffer, "a") as package:
        package.writestr("xl/worksheets/_rels/sheet1.xml.rels", listing)
        package.writestr("xl/drawings/header.vml", "<xml/>")
    with zipfile.ZipFile(BytesIO(marked(buffer.getvalue()))) as package:
        assert package.read("xl/drawings/header.vml") == b"<xml/>"
        assert package.read("xl/worksheets/sheet1.xml").count(b"<legacyDrawing ") == 1
    assert len(in_sheet(marked(buffer.getvalue()))) == len(WRONG)


_FORMATS = '<conditionalFormatting sqref="A1"><cfRule><formula>1</formula></cfRule></conditionalFormatting>' * 6_000
_LOOKS = '<dxf><fill><patternFill><bgColor rgb="FF000000"/></patternFill></fill></dxf>' * 6_000


@pytest.mark.parametrize(
    "parts",
    [
        {"sheet1": lambda xml: xml.replace("</sheetData>", f"</sheetData>{_FORMATS}", 1)},
        {"styles": lambda xml: re.sub(r"<dxfs.*?/(?:dxfs)?>", f"<dxfs>{_LOOKS}</dxfs>", xml, count=1)},
    ],
    ids=["conditions", "looks"],
)
def test_s06_marking_takes_no_longer_than_a_file_is_large(parts: dict[str, Callable[[str], str]]) -> None:
    """Thousands of conditional formats, or of looks for them, are looked through once."""
    data = rewrite(FILES["xlsx"], **parts)
    started = time.process_time()
    marked(data)
    assert time.process_time() - started < 6


def test_s06_a_part_of_too_many_elements_is_not_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of one part is bounded."""
    monkeypatch.setattr(surgery, "MAX_ELEMENTS", 50)
    with pytest.raises(Unreadable):
        marking.mark(FILES["docx"], [problem("empty_form")], "da")


def test_a_pdf_keeps_its_form_and_its_tags() -> None:
    """The marked PDF is sound, still a tagged form in Danish, with every field and value that it had."""
    with pikepdf.open(BytesIO(FILES["pdf"])) as old, pikepdf.open(BytesIO(marked(FILES["pdf"]))) as new:
        assert new.check_pdf_syntax() == []
        assert (str(new.Root.Lang), bool(new.Root.MarkInfo.Marked)) == (str(old.Root.Lang), True)
        names = [[str(field.T) for field in pdf.Root.AcroForm.Fields] for pdf in (old, new)]
        assert names[0] == names[1]
        assert [len(page.Contents.read_bytes()) for page in new.pages] == [
            len(page.Contents.read_bytes()) for page in old.pages
        ]


def test_formats_without_marks_and_files_without_problems_give_no_copy() -> None:
    """CSV and JSON have nowhere to write in; what is in order is not sent back."""
    csv = fill_csv(csvform.make(CALL, 1, "da"), FAULTY)
    assert marking.mark(csv, reading(csv).problems, "da") is None
    assert marking.mark(FILES["docx"], (), "da") is None


def test_markup_in_an_answer_is_only_text_in_a_mark() -> None:
    """S8: what an applicant wrote is cited by some problems, and cannot become an element, a formula or a line."""
    hostile = "<w:p>&\"\x0b]]>\n=cmd|' /C calc'!A0"
    for kind in FORMATS:
        found = reading(FILES[kind]).problems[0]
        evil = found.model_copy(update={"message": found.message.model_copy(update={"da": f"»{hostile}« duer ikke"})})
        (text,) = said(kind, marked(FILES[kind], problems=[evil])).values()
        assert "<w:p>&" in text
        assert "\x0b" not in text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda xml: xml.replace("?>", "?><!DOCTYPE w [<!ENTITY a 'b'>]>", 1),
        lambda xml: xml.replace("UTF-8", "UTF-16", 1),
        lambda xml: xml[: len(xml) // 2],
    ],
    ids=["dtd", "utf-16", "cut"],
)
def test_a_file_that_cannot_be_marked_says_so(spoil: Callable[[str], str]) -> None:
    """A DTD, an encoding in which bytes cannot be counted, a part cut short: Unreadable, and nothing half-written."""
    spoilt = rewrite(FILES["docx"], document=spoil)
    with pytest.raises(Unreadable):
        marking.mark(spoilt, [problem("empty_form")], "da")
