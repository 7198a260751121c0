"""Printed forms: what stands where the blank has its fields is read, and what may be wrong is said to be."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Pdf, String

import printing
from formfiles import sample_call
from puljeport import marks, municipalities, pages
from puljeport.applications import Reading, read_application
from puljeport.blanks import guide, pdf
from puljeport.calls import Call
from puljeport.characters import clean
from puljeport.errors import Unreadable
from puljeport.pages import child
from puljeport.readers import printed, read
from puljeport.texts import LANGUAGES, Language
from puljeport_cli.fill import Answers
from puljeport_cli.fillpdf import fill_pdf
from unit.test_readers_pdf_hostile import drawings_in_drawings
from unit.test_round_trip_pdf import GOOD

CALL = sample_call()
BLANKS = [pdf.make(CALL, 3, language) for language in LANGUAGES]
BLANK = BLANKS[0]
ANSWERS = GOOD | {"background": "Først æøå.\nSå »citat« og et afsnit.\n\nTil sidst to linjer."}
FILLED = fill_pdf(BLANK, ANSWERS)
PRINTED = printing.flattened(FILLED)


def reading(data: bytes, call: Call = CALL) -> Reading:
    """The application in a print."""
    return read_application(call, printed.read(data, BLANKS))


def codes(data: bytes) -> list[tuple[str, str | None]]:
    """The problems of a print, by code and field."""
    return [(found.code, found.field) for found in reading(data).problems]


def changed(change: Callable[[Pdf], object], data: bytes = PRINTED) -> bytes:
    """A print with something done to it."""
    with Pdf.open(BytesIO(data)) as document:
        change(document)
        return printing.saved(document)


def drawn(content: bytes, page: int = 0) -> bytes:
    """The print with something drawn on a page on top."""
    return changed(lambda document: document.pages[page].contents_add(b"q " + content + b" Q"))


def refusal(data: bytes) -> str:
    """The code of the problem that a file ends as."""
    with pytest.raises(Unreadable) as caught:
        printed.read(data, BLANKS)
    return caught.value.problem.code


# -- what is read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_print_is_the_application_it_was_printed_from(language: Language) -> None:
    """Values, call, version and language are those of the form with fields; one warning says that it is a print."""
    answers = ANSWERS | {"decided": {"da": "Nej", "en": "No"}[language]}
    answers |= {"partners": [{"name": "Naboerne", "kind": {"da": "Andet", "en": "Other"}[language], "hours": "3"}]}
    filled = fill_pdf(pdf.make(CALL, 3, language), answers)
    raw = printed.read(printing.flattened(filled), BLANKS)
    found, wanted = read_application(CALL, raw), read_application(CALL, read(filled, "a"))
    assert (raw.call, raw.version, raw.printed) == ("samvaer-2018", 3, True)
    assert (found.values, found.language) == (wanted.values, language)
    assert [(problem.code, problem.severity.value) for problem in found.problems] == [("pdf_printed", "warning")]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(printing.placed(PRINTED, (1, 0, 0, 1, 14, -9)), id="moved"),
        pytest.param(printing.placed(PRINTED, (0.94, 0, 0, 0.94, 26, 0), (612, 792)), id="on Letter"),
        pytest.param(printing.placed(PRINTED, (1.41, 0, 0, 1.41, 0, 0), (842, 1190)), id="on A3"),
        pytest.param(printing.placed(PRINTED, (0.5, 0, 0, 0.5, 50, 50)), id="half as large"),
        pytest.param(printing.placed(PRINTED, (1, 0, 0, 1, 0, 0), turn=90), id="turned"),
        pytest.param(printing.placed(PRINTED, (-1, 0, 0, -1, 595, 842)), id="upside down"),
        pytest.param(printing.side_by_side(PRINTED), id="two on a sheet"),
        pytest.param(changed(lambda document: document.pages.reverse()), id="last page first"),
        pytest.param(changed(lambda document: document.add_blank_page()), id="an empty page more"),
    ],
)
def test_a_page_may_be_printed_in_any_size_and_place(data: bytes) -> None:
    """Scaled, moved, turned, two on a sheet or in another order, a print gives the same application."""
    assert reading(data).values == read_application(CALL, read(FILLED, "a")).values
    assert codes(data) == [("pdf_printed", None)]


def test_a_mistake_is_found_on_the_page_it_was_printed_on() -> None:
    """A wrong answer of a print is told of with the page of the file that was sent, and the field's label."""
    wrong = printing.flattened(fill_pdf(BLANK, ANSWERS | {"hours": "mange"}))
    problems = {found.code: found.place for found in reading(printing.side_by_side(wrong)).problems}
    assert problems["integer_format"]
    assert problems["integer_format"].da == "side 1, felt »Egne timer om ugen«"


_WORDS = st.one_of(
    st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzæøåABCÆØÅ"), min_size=1, max_size=14),
    st.text(
        # What the form's font has, but for what cannot be seen.
        st.characters(codec="cp1252", exclude_categories=["Cc"], exclude_characters="\xad\xa0†"),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["a-b", "med-lem-mer", "www.example.dk/sti/til/side", "og/eller", "1.234,50", "x" * 70, "Kommune"]),
)
_GAPS = st.sampled_from([" ", " ", " ", "\n", "\n\n", "  "])
_SHORT = st.lists(_WORDS, max_size=6).map(" ".join)
_LONG = st.lists(st.tuples(_WORDS, _GAPS), max_size=60).map(lambda pairs: "".join(map("".join, pairs)))
_ROWS = st.fixed_dictionaries(
    {"name": _SHORT, "kind": st.sampled_from(["", "Idrætsforening", "Andet"]), "email": _SHORT, "hours": _SHORT}
)
_APPLICATIONS = st.fixed_dictionaries(
    {
        "municipality": st.sampled_from(["", *(each.name for each in municipalities.in_order())]),
        "contact_name": _SHORT,
        "website": _SHORT,
        "background": _LONG,
        "budget": _SHORT,
        "decided": st.sampled_from(["", "Ja", "Nej"]),
        "model": st.sampled_from(["", "model-1", "model-2", "model-3"]),
        "topics": st.lists(st.sampled_from(["youth-clubs", "sport", "mentors"]), unique=True),
        "no_money": st.sampled_from(["", "ja"]),
        "partners": st.lists(_ROWS, max_size=12),
        "signed_by": _SHORT,
    }
)


def expected(answers: Answers) -> dict[str, str]:
    """What each field holds, by its key."""
    texts = {key: answer for key, answer in answers.items() if isinstance(answer, str)}
    texts["no_money"] = "Ja" if answers["no_money"] else ""
    texts |= {f"topics.{topic}": "Ja" for topic in answers["topics"] if isinstance(topic, str)}
    for number, row in enumerate(answers["partners"], 1):
        assert isinstance(row, dict)
        texts |= {f"partners.{column}.{number}": text for column, text in row.items()}
    return texts


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(answers=_APPLICATIONS)
def test_no_answer_is_wrong_without_a_sign(answers: Answers) -> None:
    """Whatever is written into the blank and printed by PDFium comes back word by word, or is told of as in doubt."""
    found = child.look(printing.flattened(fill_pdf(BLANK, answers)), BLANKS)
    assert (found.missing, found.call, found.version) == ([], "samvaer-2018", 3)
    wanted = expected(answers)
    pressed = {answer.name for answer in found.answers if answer.radio and answer.value}
    for answer in found.answers:
        key = marks.from_flat(answer.name) or ""
        if not answer.doubt and not (answer.radio and not answer.value and answer.name in pressed):
            assert clean(answer.value)[0].split() == clean(wanted.get(key, ""))[0].split(), key


def test_line_breaks_are_told_from_lines_that_were_full() -> None:
    """A break that the applicant wrote stays one; where the program broke a full line, the words are one line."""
    text = "Vi åbner foreningerne for unge, der ikke er med i dag. " * 12 + "\nKort.\n\nNyt afsnit.\nSlut"
    values = reading(printing.flattened(fill_pdf(BLANK, ANSWERS | {"background": text}))).values
    assert values["background"] == text.replace(". \n", ".\n")


# -- what is in doubt ------------------------------------------------------------------------------------------------


def test_an_answer_that_is_cut_is_whole_where_the_file_has_it_and_in_doubt() -> None:
    """A text that has no room is read as far as the file holds it, not into the next field, and is told of."""
    long = "Æblehavens Idrætsforening og Kulturhus i Nordvestjylland af 1923 med et langt navn"
    rows = [{"name": long}, {"name": "Naboerne"}]
    name = "Prøve Ansøgersen med et navn som er for bredt til feltet, og det er der nogle som har"
    data = printing.flattened(fill_pdf(BLANK, ANSWERS | {"partners": rows, "contact_email": name}))
    found = reading(data)
    assert found.values["partners"] == [{"name": long}, {"name": "Naboerne"}]
    assert [(one.code, one.place.da) for one in found.problems if one.place and one.code.startswith("printed")] == [
        ("printed_cut", "side 1, felt »E-mail til kontaktpersonen«"),
        ("printed_cut", "side 3, felt »Samarbejdspartnere, række 1: Navn«"),
        ("printed_unsure", "side 3, felt »Samarbejdspartnere, række 2: Navn«"),
    ]


@pytest.mark.parametrize("sign", "‡•‚„‹›")
def test_a_sign_that_is_drawn_as_another_is_in_doubt(sign: str) -> None:
    """PDFium draws some signs as others, in a font that is not the form's: alone in a field, that is told of too."""
    found = reading(printing.flattened(fill_pdf(BLANK, ANSWERS | {"website": sign})))
    doubts = {one.place.da for one in found.problems if one.place and one.code == "printed_unread"}
    assert doubts == {"side 1, felt »Hjemmeside«"}


def test_a_number_that_goes_on_to_the_left_of_its_field_is_in_doubt() -> None:
    """Where a text ends at the right of its field, what it has no room for is drawn over the field before, in parts."""
    rows = [{"name": "Naboerne", "hours": "A – 0000000@"}]
    found = reading(printing.flattened(fill_pdf(BLANK, ANSWERS | {"partners": rows})))
    doubts = {one.place.da for one in found.problems if one.place and one.code.startswith("printed")}
    assert "side 3, felt »Samarbejdspartnere, række 1: Timer«" in doubts


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("Foreningen • Naboerne", "printed_unread", id="a sign of another font"),
        pytest.param("Pr¯ve", "printed_unsure", id="a font that does not say what its letters are"),
        pytest.param("a" * 70, "printed_cut", id="up to the edge"),
    ],
)
def test_a_text_that_may_be_another_is_in_doubt(text: str, code: str) -> None:
    """Signs that programs are known to print as others, and texts that fill their field, come with a warning."""
    assert (code, "signed_by") in codes(printing.flattened(fill_pdf(BLANK, ANSWERS | {"signed_by": text})))


def test_a_word_that_was_broken_is_in_doubt() -> None:
    """Where a line ends within a word, nobody can tell whether a space stood there."""
    text = "se www.example.dk/" + "en-lang-adresse/" * 12
    assert ("printed_unsure", "background") in codes(
        printing.flattened(fill_pdf(BLANK, ANSWERS | {"background": text}))
    )


def test_ink_without_letters_is_told_of() -> None:
    """What is drawn in a field by hand, or as shapes, is no text: it is said that somebody must look."""
    telephone = b"2 w 245 305 m 300 315 l 320 300 l S"
    assert codes(drawn(telephone)) == [("pdf_printed", None), ("printed_unread", "contact_phone")]


def test_letters_that_say_nothing_are_told_of() -> None:
    """A field whose font does not say which letters it has is in doubt; the others are read."""

    def forget(document: Pdf) -> None:
        font = Dictionary(
            Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 1, 1]), FontMatrix=Array([1, 0, 0, 1, 0, 0])
        )
        font.CharProcs = Dictionary(a=document.make_stream(b"1 0 d0 0 0 .6 .6 re f"))
        font.Encoding = Dictionary(Type=Name.Encoding, Differences=Array([1, Name.a]))
        font.FirstChar, font.LastChar, font.Widths = 1, 1, Array([1])
        document.pages[0].obj.Resources.Font.Odd = document.make_indirect(font)

    data = changed(forget)
    data = changed(lambda document: document.pages[0].contents_add(b"BT /Odd 10 Tf 245 300 Td <010101> Tj ET"), data)
    assert ("printed_unread", "contact_phone") in codes(data)


def test_two_pressed_buttons_are_no_answer() -> None:
    """Where two of several buttons have a mark, none is taken, and it is said why."""
    found = reading(drawn(b"65 174 8 8 re f"))
    assert "model" not in found.values
    assert {("printed_unsure", "model"), ("missing", "model")} <= {(one.code, one.field) for one in found.problems}


def test_a_speck_in_a_box_is_in_doubt() -> None:
    """A box with a little ink is taken as not ticked, and told of; one with less is clean."""
    assert ("printed_unsure", "topics") in codes(drawn(b"66 747 1.6 1.6 re f", 1))
    assert codes(drawn(b"66 747 .5 .5 re f", 1)) == [("pdf_printed", None)]


def test_a_page_that_is_missing_is_an_error() -> None:
    """The answers of a page that was not printed cannot be had, and the page is named."""
    problems = reading(changed(lambda document: document.pages.__delitem__(1))).problems
    assert ("printed_page_missing", "error") in {(found.code, found.severity.value) for found in problems}
    assert any("side 2" in found.message.da for found in problems)


# -- what is no print of the form ------------------------------------------------------------------------------------


def test_a_print_of_something_else_says_so() -> None:
    """A print of another call's form, of the guide, of an empty blank and of anything: each says what it is."""
    other = CALL.model_copy(update={"id": "andet-2018"})
    files = {
        "other_call": printing.flattened(pdf.make(other, 1, "da")),
        "printed_not_our_form": printing.without_form(guide.pdf(CALL, 3, "# Vejledning\n\nSøg inden fristen.")),
        "empty_form": printing.flattened(BLANK),
    }
    assert {code: [found.code for found in reading(data).problems] for code, data in files.items()} == {
        code: [code] for code in files
    }


def test_what_has_no_text_is_refused_as_before() -> None:
    """A scan, a print whose letters are shapes, one with invisible text, and an encrypted file are not read."""

    def picture(document: Pdf) -> None:
        while len(document.pages) > 1:
            del document.pages[-1]
        scan = document.make_stream(b"\0" * 100, Type=Name.XObject, Subtype=Name.Image, Width=10, Height=10)
        scan.ColorSpace, scan.BitsPerComponent = Name.DeviceGray, 8
        document.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Im=scan))
        document.pages[0].obj.Contents = document.make_stream(b"q 595 0 0 842 0 0 cm /Im Do Q")

    def recognised(document: Pdf) -> None:
        picture(document)
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        document.pages[0].obj.Resources.Font = Dictionary(F=font)
        document.pages[0].contents_add(
            b"BT 3 Tr /F 10 Tf 62 450 Td (Kommune Kontaktperson samvaer-2018, version 3) Tj ET"
        )

    assert [refusal(changed(each)) for each in (picture, recognised)] == ["pdf_no_fields"] * 2


def test_call_and_version_of_the_document_come_first() -> None:
    """Where a program kept what the blank says of itself, that is believed before the foot of the pages."""

    def say(document: Pdf) -> None:
        document.docinfo["/Keywords"] = String("andet-2018@7")

    raw = printed.read(changed(say), BLANKS)
    assert (raw.call, raw.version) == ("andet-2018", 7)


# -- hostile pages ---------------------------------------------------------------------------------------------------


def endless_pattern(document: Pdf) -> None:
    """A page painted with a pattern of a thousand billion cells."""
    cell = document.make_stream(b"0 0 1 1 re f", Type=Name.Pattern, PatternType=1, PaintType=1, TilingType=1)
    cell.BBox, cell.XStep, cell.YStep, cell.Resources = Array([0, 0, 1, 1]), 0.001, 0.001, Dictionary()
    document.pages[0].obj.Resources.Pattern = Dictionary(P=cell)
    document.pages[0].contents_add(b"/Pattern cs /P scn 0 0 600 800 re f")


def too_many_letters(document: Pdf) -> None:
    """A page with 140,000 letters more."""
    document.pages[0].contents_add(b"BT /f0 1 Tf " + b"<0001>Tj " * 140_000 + b"ET")


HOSTILE: dict[str, Callable[[], bytes]] = {
    "drawings in drawings": drawings_in_drawings,
    "an endless pattern": lambda: changed(endless_pattern),
    "too many letters": lambda: changed(too_many_letters),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_s06_a_hostile_page_ends_as_no_form_in_time(kind: str) -> None:
    """A page that cannot be laid out within the limits is refused as if it had no text; nobody waits longer for it."""
    data = HOSTILE[kind]()
    started = time.monotonic()
    assert refusal(data) == "pdf_no_fields"
    assert time.monotonic() - started < printed.MAX_SECONDS + 3


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        ("open('/etc/hostname')", "OSError 24"),
        ("_socket.socket()", "OSError 24"),
        ("bytearray(600 << 20)", "MemoryError None"),
    ],
)
def test_s05_the_process_can_open_nothing_and_take_no_more(attempt: str, error: str) -> None:
    """The system itself refuses files, sockets and memory beyond the limit to the process that lays pages out."""
    program = (
        f"import _socket, sys; sys.path.insert(0, {str(Path(pages.__file__).parents[2])!r})\n"
        "from puljeport.pages.child import limit\n"
        f"limit()\ntry: {attempt}\n"
        "except BaseException as error: print(type(error).__name__, getattr(error, 'errno', None))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == error


def test_s05_the_process_knows_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of the environment only the place of libraries is handed on: no credential of the function, no setting."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "EXAMPLE")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/var/lang/lib")
    program = tmp_path / "child.py"
    program.write_text("import json, os, sys; sys.stderr.close(); print(json.dumps(dict(os.environ)))")
    monkeypatch.setattr(printed, "_CHILD", program)
    seen: list[str] = []

    def listen(process: subprocess.Popen[bytes], _: object) -> bytes:
        seen.append(process.communicate()[0].decode())
        return b""

    monkeypatch.setattr(printed, "_told", listen)
    assert refusal(PRINTED) == "pdf_no_fields"
    assert set(json.loads(seen[0])) <= {"LD_LIBRARY_PATH", "LC_CTYPE"}


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("raise SystemExit(1)", id="dies"),
        pytest.param("import sys; sys.stdin.buffer.read(); print('{')", id="stammers"),
        pytest.param("print('{\"letters\": true}')", id="says too little"),
        pytest.param(
            "import sys; sys.stdin.buffer.read()\nwhile True: print('x' * 1_000_000)", id="never stops talking"
        ),
        pytest.param("while True: pass", id="never starts"),
    ],
)
def test_whatever_becomes_of_the_process_the_answer_is_no_form(
    program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A process that dies, talks nonsense, too much or not at all ends in time as "no fields", and is gone."""
    other = tmp_path / "child.py"
    other.write_text(program)
    monkeypatch.setattr(printed, "_CHILD", other)
    started = time.monotonic()
    assert refusal(PRINTED) == "pdf_no_fields"
    assert time.monotonic() - started < printed.MAX_SECONDS + 3
