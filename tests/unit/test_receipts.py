"""Receipts as PDF: what a program finds in the fields, what a person sees of them, and what a screen reader is told."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pdfua
import pikepdf
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Name, NumberTree, Object, Pdf

import applicants
import portal.web
from builders import MIDWAY, a_call, a_submission, http_event
from portal import receipts
from portals import answer
from printing import flattened
from puljeport import statuspage
from puljeport.characters import clean
from puljeport.pages import engine
from puljeport.readers import pdfium
from puljeport.sending import Followed
from puljeport.texts import LANGUAGES, Language

TOLD = {
    "reference": "SAM-7K3M-9QWX", "owner": "Eksempelstyrelsen",
    "received": "13. december 2026 kl.\N{NO-BREAK SPACE}23.59.59 (Europe/Copenhagen)",
    "call": "Samvær på tværs – 2026", "applicant": "Ærø Kommune", "file": "Ansøgning æøå ÆØÅ.docx",
    "size": "48\N{NO-BREAK SPACE}kB", "sha256": "0123456789abcdef" * 4,
}  # fmt: skip
LABELS: dict[Language, tuple[str, ...]] = {
    "da": (
        "Journalnummer", "Modtaget af", "Modtaget", "Pulje", "Ansøger", "Fil", "Filens størrelse",
        "Filens fingeraftryk (SHA-256)",
    ),
    "en": (
        "Reference", "Received by", "Received", "Call", "Applicant", "File", "Size of the file",
        "The file’s fingerprint (SHA-256)",
    ),
}  # fmt: skip
LONG = "Ansøgning_" + "_".join(["frivillige-fællesskaber"] * 7) + "_endelig version 3 (2).docx"
HOSTILE = (
    ") Tj ET /JS (app.alert(1)) endstream endobj 1 0 obj <</S/JavaScript>> <b>&amp;\\ \N{RIGHT-TO-LEFT OVERRIDE}fdp.exe"
    "\0\x1b[31m\r\nstartxref %%EOF {reference}"
)
LARGEST_TEMPLATE = 80_000


def made(language: Language = "da", /, **told: str) -> bytes:
    """A receipt."""
    return receipts.filled(TOLD | told, language)


def values(data: bytes) -> dict[str, str]:
    """The fields by name, as pypdf reads them."""
    fields = pypdf.PdfReader(BytesIO(data)).get_fields() or {}
    return {name: str(field.value) for name, field in fields.items()}


def letters(data: bytes, key: str) -> list[engine.Letter]:
    """What PDFium draws inside the room that the template has for a field."""
    left, bottom, right, top = receipts.known()["da"]["fields"][key]["box"]
    with engine.Document(flattened(data)).page(0) as page:
        return [
            letter for letter in page.letters(engine.MAX_LETTERS)
            if left <= letter.origin.real <= right and bottom <= letter.origin.imag <= top
        ]  # fmt: skip


def drawn(data: bytes, key: str) -> str:
    """The text of those letters, without the spaces, which lines begin and end without."""
    return "".join(letter.text for letter in letters(data, key)).replace(" ", "").replace("\N{NO-BREAK SPACE}", "")


@pytest.fixture(scope="module")
def world() -> Iterator[dict[str, str]]:
    """A portal with an applicant in every state: the paths of their receipts by that state."""
    remembered, pages = applicants.applying()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_TRACE_DISABLED", "1")
        patch.setattr(portal.web, "_made", remembered.portal)
        yield {
            name.removeprefix("status "): applicants.path(("receipt_pdf", parts), "da")
            for name, (_, parts) in pages.items()
            if name.startswith("status ")
        }


def fetched(path: str) -> bytes:
    """The receipt that the portal hands out."""
    answered = answer(http_event(path))
    assert answered["headers"]["content-type"] == "application/pdf"
    return base64.b64decode(answered["body"])


def widgets(document: Pdf) -> dict[str, Object]:
    """The fields by name."""
    return {str(field.T): field for field in document.Root.AcroForm.Fields}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_facts_come_back_field_by_field(language: Language) -> None:
    """pypdf and PDFium read each fact from its field, under its label."""
    data = made(language)
    assert values(data) == TOLD
    with pdfium.opened(data) as document:
        found = list(document.widgets())
    assert {widget.name: widget.value for widget in found} == TOLD
    assert tuple(widget.label for widget in found) == LABELS[language]


@pytest.mark.parametrize("key", TOLD)
def test_what_is_seen_is_what_the_field_holds(key: str) -> None:
    """Each fact is drawn in its own room, letter by letter as it is, and the file says which letter each one is."""
    data = made()
    assert drawn(data, key) == "".join(TOLD[key].split())
    assert all(letter.sure for letter in letters(data, key))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_screen_reader_is_told_what_it_is(language: Language) -> None:
    """Language, title with the reference, tags, and an element for each field, in the order of the page."""
    with Pdf.open(BytesIO(made(language))) as document:
        assert str(document.Root.Lang) == {"da": "da-DK", "en": "en-GB"}[language]
        assert bool(document.Root.MarkInfo.Marked) is True
        assert bool(document.Root.ViewerPreferences.DisplayDocTitle) is True
        title = {"da": "Kvittering", "en": "Receipt"}[language] + " SAM-7K3M-9QWX"
        assert str(document.docinfo["/Title"]) == title
        with document.open_metadata() as about:
            assert about["pdfuaid:part"] == "1"
            assert str(about["dc:title"]) == title
        tree = NumberTree(document.Root.StructTreeRoot.ParentTree)
        found = widgets(document)
        for field, label in zip(found.values(), LABELS[language], strict=True):
            assert str(field.TU) == label
            element = tree[int(field.StructParent)]
            assert str(element.S) == "/Form"
            held = element.K if not isinstance(element.K, pikepdf.Array) else element.K[0]
            assert (held.Type, held.Obj.objgen) == (Name.OBJR, field.objgen)
        assert list(found) == list(TOLD)
        assert document.pages[0].obj.Tabs == Name.S
        assert len(document.pages) == 1


@pytest.mark.parametrize(("language", "translated"), [("da", False), ("en", False), ("en", True)])
def test_a_title_that_was_not_translated_is_marked_as_danish(language: Language, *, translated: bool) -> None:
    """In an English receipt a Danish title says that it is Danish, as on the pages; nothing else says its language."""
    title = {"da": "Samvær", "en": "Company"} if translated else {"da": "Samvær"}
    known = statuspage.Known(a_call(title=title), None, (), (), 0)
    page = statuspage.page(Followed("", None, a_submission()), known, MIDWAY, language)
    with Pdf.open(BytesIO(receipts.receipt(page, "Eksempelstyrelsen", language))) as document:
        tree = NumberTree(document.Root.StructTreeRoot.ParentTree)
        marked = {key for key, field in widgets(document).items() if "/Lang" in tree[int(field.StructParent)]}
        assert marked == ({"call"} if language == "en" and not translated else set())
        assert document.check_pdf_syntax() == []


def test_nobody_can_write_in_it_and_no_program_has_to_draw_it() -> None:
    """Every field is read only and printed, with an appearance of its own in a font that comes along."""
    with Pdf.open(BytesIO(made(file=LONG))) as document:
        assert "/NeedAppearances" not in document.Root.AcroForm
        for key, field in widgets(document).items():
            assert int(field.Ff) & 1
            assert int(field.F) == 4
            assert bool(int(field.Ff) & 1 << 12) is (key in ("file", "sha256"))
            font = field.AP.N.Resources.Font.Plex
            assert font.Subtype == Name.Type0
            assert font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()[:4] == b"\0\1\0\0"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("told", [{}, {"file": LONG}, {"file": HOSTILE, "applicant": "日本 😀"}])
def test_a_checker_of_others_finds_nothing(language: Language, told: dict[str, str], tmp_path: Path) -> None:
    """pdfua, which knows some of PDF/UA's rules, finds nothing, and qpdf's own check neither."""
    file = tmp_path / "receipt.pdf"
    file.write_bytes(made(language, **told))
    assert [str(finding) for finding in pdfua.validate(str(file)).findings] == []
    with Pdf.open(file) as document:
        assert document.check_pdf_syntax() == []


@pytest.mark.parametrize("name", [LONG, "W" * 195 + ".docx", "x" * 64, "a " * 100, "Æ" * 30 + "-" * 30 + ".pdf"])
def test_a_long_name_is_there_whole(name: str) -> None:
    """A name of 200 characters is drawn whole, smaller or on several lines, inside its room and above each other."""
    data = made(file=name)
    assert values(data)["file"] == name
    assert drawn(data, "file") == name.replace(" ", "")
    left, bottom, right, top = receipts.known()["da"]["fields"]["file"]["box"]
    for letter in letters(data, "file"):
        assert letter.box[0] >= left - 1
        assert letter.box[2] <= right + 1
        assert letter.origin.imag > bottom + 1
    lines = sorted({round(letter.origin.imag, 1) for letter in letters(data, "file")})
    assert all(after - before >= 6 for before, after in pairwise(lines))
    assert max(lines) < top - 4


def test_a_fingerprint_is_in_two_halves() -> None:
    """64 digits are too many for a line: there are two of 32, so that they can be compared by eye."""
    glyphs = receipts.known()["glyphs"]
    assert [len(line) for line in receipts.fitted("0" * 64, glyphs, 330, 34).lines] == [32, 32]


def test_what_cannot_be_shown_whole_says_so() -> None:
    """A title that no size is small enough for ends in a mark; its field holds all of it, and no page is added."""
    title = "Pulje til alt muligt " * 200
    data = made(call=title.strip())
    assert values(data)["call"] == title.strip()
    shown = drawn(data, "call")
    assert shown.endswith("[…]")
    assert len(shown) > 250
    assert title.replace(" ", "").startswith(shown.removesuffix("[…]"))


def test_what_the_font_lacks_is_a_box_and_is_told_all_the_same() -> None:
    """European writing is drawn; other signs are boxes that say what they stand for, and the field holds the signs."""
    name = "Žluťoučký Привет Ελλάδα ½ € 日本 😀.docx"
    data = made(file=name)
    assert values(data)["file"] == name
    assert drawn(data, "file") == "ŽluťoučkýПриветΕλλάδα½€.docx"  # what stands for others is not taken for letters
    box = b"%04X" % receipts.known()["glyphs"][receipts.LACKING][0]
    with Pdf.open(BytesIO(data)) as document:
        content = widgets(document)["file"].AP.N.read_bytes()
    assert b"/Span <</ActualText <FEFF65E5672C>>> BDC <" + box * 2 + b"> Tj EMC" in content
    assert b"/Span <</ActualText <FEFFD83DDE00>>> BDC <" + box + b"> Tj EMC" in content
    assert b"<0000" not in content  # PDF/UA-1, 7.21.8: never the font's own glyph for what it lacks


@pytest.mark.parametrize("key", ["owner", "call", "applicant", "file"])
def test_s08_hostile_names_are_inert(key: str) -> None:
    """S8: a name that ends strings, streams and objects of PDF is a text like another; nothing is added by it."""
    plain, data = made(), receipts.filled(TOLD | {key: clean(HOSTILE)[0]}, "da")
    assert values(data)[key] == clean(HOSTILE)[0]
    with Pdf.open(BytesIO(plain)) as one, Pdf.open(BytesIO(data)) as other:
        assert len(one.objects) == len(other.objects)
        assert set(other.Root.keys()) == set(one.Root.keys())
        assert "/AA" not in other.Root
        assert all("/A" not in field and "/AA" not in field for field in widgets(other).values())


def test_s08_what_turns_the_writing_never_gets_into_a_receipt(world: dict[str, str]) -> None:
    """S8: a record whose names hold it, whatever let it in, gives a receipt without."""
    told = values(fetched(world["hostile"]))
    for key in ("file", "applicant"):
        assert told[key] == '<img src=x onerror="alert(1)">javascript:alert(1)'


def test_what_is_not_known_is_said_not_to_be(world: dict[str, str]) -> None:
    """A file that could not be read has no applicant; its receipt says so, and leaves no field empty."""
    told = values(fetched(world["unreadable"]))
    assert told["applicant"] == "ikke oplyst"
    assert all(told.values())


@pytest.mark.parametrize("state", ["received", "needs correction", "late", "replaced", "withdrawn"])
def test_what_was_received_has_a_receipt_whatever_became_of_it(world: dict[str, str], state: str) -> None:
    """A receipt tells that a file came and when, and so there is one in every state that a submission can be in."""
    assert values(fetched(world[state]))["file"] == "Ansøgning æøå.docx"


def test_the_same_submission_gives_the_same_bytes() -> None:
    """A receipt that is saved twice is one and the same file."""
    assert made() == made()
    assert made() != made(size="49 kB")


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_whatever_a_file_is_called_it_is_in_the_field(name: str) -> None:
    """Any name at all: the field holds it, its lines fit its room, and together they are the name."""
    told = clean(name)[0].replace("\n", " ")
    assert values(made(file=told))["file"] == told
    glyphs = receipts.known()["glyphs"]
    shown = receipts.fitted(told, glyphs, 320, 48)
    assert shown.height <= 48
    assert all(receipts.width(line, glyphs) * shown.size / 1000 <= 320 for line in shown.lines)
    whole = "".join("".join(shown.lines).split())
    assert whole == "".join(told.split()) or whole.endswith("[…]")


def test_the_letters_are_those_of_the_names_that_europe_has() -> None:
    """Latin-1 and Latin Extended-A, quotation marks, dashes, and the alphabets beside ours."""
    glyphs = receipts.known()["glyphs"]
    wanted = [
        chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x391, 0x3CA), *range(0x400, 0x460))
    ]
    lacking = [
        sign for sign in (*wanted, *"–—‘’“”„†•…€™−") if unicodedata.category(sign) != "Cn" and sign not in glyphs
    ]
    assert lacking == []


def test_templates_are_small() -> None:
    """What is deployed of each template, and so what is sent, stays small."""
    for language in LANGUAGES:
        assert (receipts.FOLDER / f"receipt-{language}.pdf").stat().st_size < LARGEST_TEMPLATE
