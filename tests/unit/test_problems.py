"""Problems: every code has its texts, and `docs/problems.md` lists them all.

After changing the catalogue, write the page anew from the repository's root:
`uv run python tests/unit/test_problems.py > docs/problems.md`
"""

from __future__ import annotations

import sys
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from puljeport.problems import CATALOGUE, Kind, Severity, problem
from puljeport.texts import LANGUAGES, Language, Text

PAGE = Path(__file__).parents[2] / "docs" / "problems.md"

HEAD = """# Problems

Everything that Puljeport can say of a file or an answer. The applicant reads the text; the last column is for the
authority's own people. `{…}` stands for the facts of the finding. An error must be corrected before the application
counts; a warning counts, but somebody should look.

This page is written from the catalogue in `puljeport/problems.py` and checked against it by a test. To write it anew:
`uv run python tests/unit/test_problems.py > docs/problems.md`

A text may cite up to 60 characters of an answer, so problems belong on the applicant's page and in the record, not in
logs or subjects.

| code | severity | Danish | English | what to do |
|---|---|---|---|---|
"""

USUALLY = {
    Severity.ERROR: "The applicant corrects the form and sends it again.",
    Severity.WARNING: "Look at the answer when you handle the application; nothing has to be sent again.",
}
OTHERWISE = {
    "reader_died": "Operations: read the file by hand, keep a copy for a test, and answer the applicant.",
    "object_missing": "Operations: find out who or what removed the object; ask the applicant for the file.",
    "unknown_call": "Operations: check the key it was uploaded under, and whether the call was published.",
    "not_open_yet": "The applicant sends the form again after the opening.",
    "late": "Decide whether the late application can count, and tell the applicant.",
    "unconsidered": "Decide on the application (`puljeport submissions decide`), and find out why it was read so late.",
    "pdf_printed": "Look at the file beside the application: its answers were read off a print.",
    "printed_unread": "Open the file: somebody wrote an answer there that only a person can read.",
    "zip_bomb": "The applicant sends a smaller file. Many of them from one place: tell operations.",
    "rule_required_if": "The applicant answers the field. The text is the call's own.",
    "rule_distinct": "The applicant changes one of the answers. The text is the call's own.",
    "rule_before": "The applicant corrects the dates. The text is the call's own.",
    "rule_sum_equals": "The applicant corrects the total or its parts. The text is the call's own.",
    "rule_at_most": "The applicant lowers the number. The text is the call's own.",
    "rule_word_limit": "The applicant shortens the text. The text is the call's own.",
}


def facts_of(text: str) -> set[str]:
    """The names of the facts that a text asks for."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def advice(code: str, kind: Kind) -> str:
    """What the authority's people do about it."""
    return OTHERWISE.get(code, USUALLY[kind.severity])


def page() -> str:
    """`docs/problems.md` as it should be."""
    return HEAD + "".join(
        f"| `{code}` | {kind.severity} | {kind.text.da} | {kind.text.en} | {advice(code, kind)} |\n"
        for code, kind in CATALOGUE.items()
    )


def test_the_page_lists_the_catalogue_as_it_is() -> None:
    """`docs/problems.md` has every code with its present texts, and nothing else."""
    assert PAGE.read_text("utf-8") == page()


def test_every_exception_in_the_page_is_still_a_code() -> None:
    """A code that is gone from the catalogue does not live on in the page's advice."""
    assert set(OTHERWISE) <= set(CATALOGUE)


@pytest.mark.parametrize(("code", "kind"), CATALOGUE.items(), ids=list(CATALOGUE))
def test_both_languages_tell_the_same_facts(code: str, kind: Kind) -> None:
    """Each code has a text of its own in both languages, and neither leaves out a fact that the other gives."""
    assert kind.text.en
    assert facts_of(kind.text.da) == facts_of(kind.text.en)
    if not code.startswith("rule_"):
        assert kind.text.da != kind.text.en


@pytest.mark.parametrize(("code", "kind"), CATALOGUE.items(), ids=list(CATALOGUE))
def test_no_brace_is_left_when_the_facts_are_given(code: str, kind: Kind) -> None:
    """With its facts filled in a text is whole, and a fact with braces of its own is taken as it is."""
    facts: dict[str, Any] = dict.fromkeys(facts_of(kind.text.da), "et{to}")
    found = problem(code, **facts)
    for language in LANGUAGES:
        said = found.message.get(language).replace("et{to}", "")
        assert "{" not in said
        assert "}" not in said


@pytest.mark.parametrize(("code", "kind"), CATALOGUE.items(), ids=list(CATALOGUE))
def test_texts_are_whole_sentences(code: str, kind: Kind) -> None:
    """A text begins with a capital, a quotation or a fact, ends its sentence, and has no double spaces."""
    if code.startswith("rule_"):
        assert kind.text == Text(da="{message}", en="{message}")
        return
    for text in (kind.text.da, kind.text.get("en")):
        assert text.endswith((".", "?"))
        assert text[0].isupper() or text[0] in "»“{"
        assert "  " not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fact_in_two_languages_is_told_in_each(language: Language) -> None:
    """A fact that is a `Text` is given in the language of the message."""
    found = problem("too_small", minimum=Text(da="ti", en="ten"))
    assert {"da": "ti", "en": "ten"}[language] in found.message.get(language)


def test_a_fact_that_is_not_given_is_our_own_mistake() -> None:
    """A missing fact raises at once instead of showing the applicant a brace."""
    with pytest.raises(KeyError):
        problem("too_small")


if __name__ == "__main__":
    sys.stdout.write(page())
