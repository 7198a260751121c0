"""Definitions on disk: every fault becomes a finding with the right file, line and path, and says what to write."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from puljeport import definitions, soundness, yamltree
from puljeport.calls import Call, to_json
from puljeport.errors import DefinitionError, Finding
from puljeport.explanations import _PATTERNS, models_in

CALLS = Path(__file__).parents[2] / "calls"
SHIPPED = sorted(folder.name for folder in CALLS.iterdir())
NAME = "medborgerskab-2018"
TEXT = (CALLS / NAME / "call.yaml").read_text("utf-8")
FIRST_DANISH_LINE = TEXT.count("\n", 0, TEXT.index("ø")) + 1


def findings(path: Path) -> list[Finding]:
    """What `load` finds wrong."""
    with pytest.raises(DefinitionError) as caught:
        definitions.load(path)
    return caught.value.findings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a shipped call, named as an officer would name it from the working directory."""
    monkeypatch.chdir(tmp_path)
    copy = Path("calls") / NAME
    copy.mkdir(parents=True)
    (copy / "call.yaml").write_text(TEXT, "utf-8")
    (copy / "guide.md").write_text("# Vejledning\n", "utf-8")
    return copy


def edit(folder: Path, old: str, new: str) -> int:
    """Replace the first `old` in the definition; gives the line on which it stood."""
    assert old in TEXT
    (folder / "call.yaml").write_text(TEXT.replace(old, new, 1), "utf-8")
    return TEXT.count("\n", 0, TEXT.index(old)) + 1


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_calls_are_whole(name: str) -> None:
    """Both shipped calls load without findings, in both languages, with a guide and no warnings."""
    definition = definitions.load(CALLS / name)
    assert definition.call.id == name
    assert definition.folder == CALLS / name
    assert definition.guide.startswith("# Puljevejledning")
    assert definitions.warnings(definition.call) == []
    assert Call.model_validate(to_json(definition.call)) == definition.call


def test_a_definition_is_found_by_its_folder_or_its_file() -> None:
    """A folder and the call.yaml in it give the same definition."""
    assert definitions.load(CALLS / NAME) == definitions.load(CALLS / NAME / "call.yaml")


def test_the_pool_of_2018_is_as_announced() -> None:
    """The facts of the pool are those announced: places, deadline, models, applicants."""
    call = definitions.load(CALLS / NAME).call
    assert call.places == 3
    assert call.deadline is not None
    assert call.deadline.isoformat() == "2018-04-09T23:59:59"
    assert call.last_updated.isoformat() == "2018-02-27"
    assert call.who_can_apply.kinds == ("municipality",)
    assert 25 <= len(call.form.fields) <= 40
    assert 6 <= len(call.form.sections) <= 7
    model = call.form.fields["model"]
    assert model.type == "choice"
    assert [choice.id for choice in model.choices] == ["model-1", "model-2", "model-3"]
    assert call.distributed is not None
    assert len(call.distributed.awards) == 3


class Edit(NamedTuple):
    """A mistake: what is replaced by what, on which line counted from there (None: elsewhere) it is found, and how."""

    name: str
    old: str
    new: str
    offset: int | None
    path: str
    said: str


SECOND_AND_THIRD = """\
            - {id: model-2, label: {da: Model 2, en: Model 2}}
            - {id: model-3, label: {da: Model 3, en: Model 3}}
"""

EDITS = [
    Edit("unknown key", "summary:\n", "sumary:\n", 0, "sumary", "did you mean `summary`?"),
    Edit("missing key", "summary:\n", "sumary:\n", None, "summary", "`summary` is missing; write it in both languages"),
    Edit(
        "unknown key in a field",
        "          max_length: 2000\n",
        "          max_lenght: 2000\n",
        0,
        "form.sections[1].fields[1].max_lenght",
        "did you mean `max_length`?",
    ),
    Edit(
        "unknown key in a rule",
        "    or_same_day: true\n",
        "    or_same: true\n",
        0,
        "rules[5].or_same",
        "did you mean `or_same_day`?",
    ),
    Edit(
        "unknown key in a column",
        "email, type: email, label",
        "email, type: email, lable",
        0,
        "form.sections[4].fields[0].columns[3].lable",
        "did you mean `label`?",
    ),
    Edit(
        "comma without quotes",
        '{da: "Timer, som kommunen selv afsætter", en',
        "{da: Timer, som kommunen, en",
        0,
        "form.sections[5].fields[0].label.som kommunen",
        "needs quotes",
    ),
    Edit(
        "text in one language only",
        "  - id: professional-1\n    role: professional\n",
        "  - id: professional-1\n    unit: Kontoret\n    role: professional\n",
        1,
        "contacts[1].unit",
        "{da: …, en: …}",
    ),
    Edit(
        "unknown type",
        "type: multi_choice",
        "type: multichoice",
        0,
        "form.sections[2].fields[3].type",
        "did you mean `multi_choice`?",
    ),
    Edit(
        "type not allowed in a column",
        "email, type: email",
        "email, type: long_text",
        0,
        "form.sections[4].fields[0].columns[3].type",
        "no type `long_text` here",
    ),
    Edit(
        "no type",
        "          type: municipality\n",
        "",
        -1,
        "form.sections[0].fields[0]",
        "say which kind this is with `type`",
    ),
    Edit("unknown rule", "kind: word_limit", "kind: wordlimit", 0, "rules[8].kind", "did you mean `word_limit`?"),
    Edit(
        "unknown role",
        "role: administrative",
        "role: administration",
        0,
        "contacts[0].role",
        "`administrative`, `professional` or `operations`",
    ),
    Edit("unknown event", "notify: [late,", "notify: [tardy,", 0, "contacts[0].notify[0]", "`late`"),
    Edit(
        "unknown kind of applicant",
        "kinds: [municipality]",
        "kinds: [kommune]",
        0,
        "who_can_apply.kinds[0]",
        "`municipality`",
    ),
    Edit("id with capitals", "id: contact_email", "id: contactEmail", 0, "form.sections[0].fields[5].id", "lower-case"),
    Edit(
        "prefix too long",
        "reference_prefix: MBF",
        "reference_prefix: MEDBORGER",
        0,
        "reference_prefix",
        "two to five capital letters",
    ),
    Edit("link without https", "url: https://stop", "url: http://stop", 0, "documents[1].url", "https://"),
    Edit("number in quotes", "places: 3", 'places: "3"', 0, "places", "without dots and quotes"),
    Edit(
        "number with a dot",
        "max_length: 4000",
        "max_length: 4.000",
        0,
        "form.sections[2].fields[0].max_length",
        "without dots",
    ),
    Edit("number too small", "places: 3", "places: 0", 0, "places", "at least 1"),
    Edit("number too large", "grace_minutes: 0", "grace_minutes: 2000", 0, "late_policy.grace_minutes", "at most 1440"),
    Edit("ja for true", "required: true", "required: ja", 0, "form.sections[0].fields[0].required", "true or false"),
    Edit("no for false", "or_same_day: true", "or_same_day: no", 0, "rules[5].or_same_day", "true or false"),
    Edit(
        "code without quotes",
        'applicant: "751"',
        "applicant: 751",
        0,
        "distributed.awards[0].applicant",
        "put quotes around it",
    ),
    Edit(
        "code of no municipality",
        'applicant: "751"',
        'applicant: "752"',
        0,
        "distributed.awards[0].applicant",
        "no municipality has the code `752`",
    ),
    Edit(
        "day out of the calendar",
        "deadline: 2018-04-09T",
        "deadline: 2018-04-31T",
        0,
        "deadline",
        "not in the calendar",
    ),
    Edit(
        "day in another order",
        "last_updated: 2018-02-27",
        "last_updated: 27-02-2018",
        0,
        "last_updated",
        "year-month-day",
    ),
    Edit("nothing after the key", "one_per: municipality", "one_per:", 0, "one_per", "there is nothing here"),
    Edit("one item instead of a list", "rules:\n", "rules: nej\nruls:\n", 0, "rules", "must be a list"),
    Edit(
        "a word instead of a group",
        "late_policy: {grace_minutes: 0, accept_for_decision: true}",
        "late_policy: none",
        0,
        "late_policy",
        "keys with values",
    ),
    Edit("too few choices", SECOND_AND_THIRD, "", -2, "form.sections[1].fields[2].choices", "at least 2"),
    Edit(
        "condition of no type",
        "{field: second_model, answered: true}",
        "{field: second_model, equals: [1]}",
        0,
        "rules[1].when.equals",
        "a choice's id",
    ),
    Edit(
        "rule with no field",
        "field: second_model_reason",
        "field: second_modelreason",
        0,
        "rules[1].field",
        "did you mean `second_model_reason`?",
    ),
    Edit("id of another folder", "id: medborgerskab-2018", "id: medborgerskab-2019", 0, "id", "`medborgerskab-2018`"),
    Edit("key twice", "places: 3\n", "places: 3\nplaces: 4\n", 1, "places", "stands already on line"),
    Edit("anchor and alias", "summary:\n", "summary: &x\n", 0, "(file)", "anchors"),
    Edit("tag", "places: 3", "places: !!python/object:os.system 3", 0, "(file)", "tags (!)"),
    Edit("tab", "summary:\n  da", "summary:\n\tda", 1, "(file)", "not YAML"),
    Edit("colon in a text", "en: Municipality}", "en: Municipality: x}", 0, "(file)", "not YAML"),
    Edit("open bracket", "kinds: [municipality]", "kinds: [municipality", None, "(file)", "bracket"),
    Edit("control character", "places: 3", "places: 3 \x07", 0, "(file)", "a character that YAML does not allow"),
    Edit("second document", "places: 3\n", "---\nplaces: 3\n", 0, "(file)", "second document"),
    Edit("key that is no word", "places: 3\n", "? [a]\n: 3\n", 0, "(file)", "a key is a word"),
    Edit("enormous number", "places: 3", f"places: {'9' * 5000}", 0, "places", "whole number"),
    Edit(
        "missing guide", "file: guide.md", "file: guide-2.md", 0, "documents[0].file", "there is no file `guide-2.md`"
    ),
    Edit("guide outside the folder", "file: guide.md", "file: ../guide.md", 0, "documents[0].file", "without folders"),
]


@pytest.mark.parametrize("mistake", EDITS, ids=[mistake.name for mistake in EDITS])
def test_each_fault_is_found_on_its_line(folder: Path, mistake: Edit) -> None:
    """Each small mistake gives a finding with the file, the line and the path, and says what to do."""
    line = edit(folder, mistake.old, mistake.new)
    found = findings(folder)
    matching = [finding for finding in found if finding.path == mistake.path and mistake.said in finding.message]
    assert matching, found
    assert matching[0].file == f"calls/{NAME}/call.yaml"
    if mistake.offset is not None:
        assert matching[0].line == line + mistake.offset


def test_all_findings_come_at_once_in_the_order_of_the_file(folder: Path) -> None:
    """Mistakes all over a definition are told together, from the top of the file to its end, each once."""
    text = TEXT.replace("places: 3", "places: three").replace("reference_prefix: MBF", "reference_prefix: mbf")
    text = text.replace("words: 600", "words: many", 1).replace("model-3, label", "model-1, label")
    text = text.replace("min_rows: 1", "min_rows: 21")
    (folder / "call.yaml").write_text(text, "utf-8")
    found = findings(folder)
    assert [finding.path for finding in found] == [
        "reference_prefix",
        "places",
        "form.sections[1].fields[2].choices[2].id",
        "form.sections[4].fields[0].min_rows",
        "rules[8].words",
    ]
    assert [finding.line for finding in found] == sorted(finding.line for finding in found)


def test_broken_items_do_not_hide_that_a_list_is_long_enough(folder: Path) -> None:
    """A list whose items are wrong is not said to be too short as well."""
    edit(folder, "kinds: [municipality]", "kinds: [kommune]")
    assert [finding.path for finding in findings(folder)] == ["who_can_apply.kinds[0]"]


def write(name: str, data: bytes) -> None:
    """Put bytes into a file of the copied call."""
    (Path("calls") / NAME / name).write_bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "line", "said"),
    [
        ("call.yaml", b"", 1, "empty"),
        ("call.yaml", b"# only a remark\n", 1, "empty"),
        ("call.yaml", b"- a\n- b\n", 1, "keys with values"),
        ("call.yaml", b"just words", 1, "keys with values"),
        ("call.yaml", TEXT.encode("cp1252", "replace"), FIRST_DANISH_LINE, "UTF-8"),
        ("call.yaml", TEXT.encode("utf-16"), 1, "UTF-8"),
        ("call.yaml", b"#" * 1_000_001, 1, "larger than"),
        ("call.yaml", b"a: " + b"[" * 900_000, 1, "deep"),
        ("call.yaml", b"a: [" + b"1," * 21_000 + b"]", 1, "values"),
        ("call.yaml", b"a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 1, "aliases"),
        ("call.yaml", b"%YAML 1.1\n---\nid: no\n", 2, "directives"),
        ("call.yaml", TEXT.encode().replace("## Hvad I kan få".encode(), b"x" * 310_000), 1, "when stored"),
        ("guide.md", b"", 1, "empty"),
        ("guide.md", b"# Vejledning\nhej \xe6\xf8\xe5\n", 2, "UTF-8"),
        ("guide.md", b"x" * 1_000_001, 1, "larger than"),
    ],
)
def test_whole_files_that_will_not_do(folder: Path, name: str, data: bytes, line: int, said: str) -> None:
    """A file that is empty, enormous, nested without end, or not UTF-8 is one finding with its line, and no crash."""
    write(name, data)
    found = findings(folder)[0]
    assert (found.file, found.line, found.path) == (f"calls/{NAME}/{name}", line, "(file)")
    assert said in found.message


def test_missing_files_are_findings(tmp_path: Path) -> None:
    """A folder without a definition, and a folder that does not exist, are findings too."""
    assert "cannot be read" in findings(tmp_path)[0].message
    assert "cannot be read" in findings(tmp_path / "nothing")[0].message


def test_a_byte_order_mark_is_no_fault(folder: Path) -> None:
    """A definition saved by Notepad, with its byte order mark and line ends, is read as it is meant."""
    write("call.yaml", TEXT.replace("\n", "\r\n").encode("utf-8-sig"))
    assert definitions.load(folder).call == definitions.load(CALLS / NAME).call


def test_files_are_named_as_given_when_they_lie_elsewhere(folder: Path) -> None:
    """Inside the working directory a file is named from there, even when given whole; elsewhere as it was given."""
    edit(folder, "places: 3", "places: three")
    assert findings(folder.resolve())[0].file == f"calls/{NAME}/call.yaml"
    assert findings(Path("..") / Path.cwd().name / folder)[0].file.startswith("../")


def test_warnings_tell_what_is_seldom_meant(folder: Path) -> None:
    """A missing English text, an event nobody hears of, an odd blank and a missing guide are warned of, not refused."""
    text = TEXT.replace("{da: Kommune, en: Municipality}", "{da: Kommune}").replace(
        "notify: [unreadable]", "notify: []"
    )
    text = text.replace("blank_rows: 8", "blank_rows: 25")
    text = re.sub(r"  - kind: guide\n    file: guide.md\n    title: .*\n", "", text)
    (folder / "call.yaml").write_text(text, "utf-8")
    definition = definitions.load(folder)
    assert definition.guide == ""
    assert definitions.warnings(definition.call) == [
        "form.sections[0].fields[0].label: the English text is missing",
        "contacts: nobody is told when an application is unreadable",
        "form: the blank has 25 rows of `partners`, for 1 to 20 rows",
        "documents: no guide is listed",
    ]


def test_every_pattern_of_the_models_is_put_in_words() -> None:
    """No officer is shown a regular expression: each pattern of a call's models has its sentence."""
    seen: list[type[BaseModel]] = []
    waiting: list[type[BaseModel]] = [Call]
    while waiting:
        model = waiting.pop()
        if model not in seen:
            seen.append(model)
            waiting += [part for field in model.model_fields.values() for part in models_in(field.annotation)]
    schema = str(Call.model_json_schema())
    patterns = {pattern.replace("\\\\", "\\") for pattern in re.findall(r"'pattern': '([^']*)'", schema)}
    numbers = {pattern for pattern in patterns if pattern.startswith("^(?!")}
    assert patterns - numbers == set(_PATTERNS)
    assert len(seen) > 20


LINES = TEXT.splitlines()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, len(LINES) - 1), st.sampled_from(["", "  ", "- ", "x", ": ", "{", "'", "id: x", "\t"]))
def test_no_line_can_be_spoilt_without_a_finding_or_a_sound_call(number: int, scribble: str) -> None:
    """Whatever is scribbled over a line, the call is read or refused with a line inside the file."""
    tree = yamltree.parse("\n".join([*LINES[:number], scribble, *LINES[number + 1 :]]))
    assert all(1 <= fault.line <= len(LINES) + 1 for fault in tree.faults)
    call, found = definitions._call(tree, Path("call.yaml"))
    assert call is not None or found
    assert all(1 <= finding.line <= len(LINES) + 1 for finding in found)


@given(st.text(max_size=60) | st.text("[]{}:-,&*!|>'\"#% \n\tab1", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text, however strange, makes the YAML reader raise."""
    tree = yamltree.parse(text)
    assert tree.faults or isinstance(tree.value, (dict, list, str, int, type(None)))


def test_words_of_yaml_1_2_stay_words() -> None:
    """`no` and `ja` are words, and dates and decimals the text they are written as."""
    tree = yamltree.parse("a: no\nb: ja\nc: 2018-04-09\nd: 1.000\ne: true\nf: 12\ng:\nh: on\ni: 012\n")
    assert tree.value == {
        "a": "no", "b": "ja", "c": "2018-04-09", "d": "1.000", "e": True, "f": 12, "g": None, "h": "on", "i": 12,
    }  # fmt: skip


def test_spelled_paths() -> None:
    """A path is shown as keys with dots and positions in brackets."""
    assert definitions.spelled(("form", "sections", 1, "fields", 3, "label")) == "form.sections[1].fields[3].label"
    assert definitions.spelled(()) == "(file)"
    path: soundness.Path = ("rules", 0)
    assert definitions.spelled(path) == "rules[0]"
