"""The municipalities are found however people write them, and never by guessing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puljeport import municipalities
from puljeport.municipalities import Municipality

any_municipality = st.sampled_from(municipalities.everything())


def test_there_are_98_with_unique_codes_and_names() -> None:
    """The list is whole: 98 municipalities in five regions, no code or name twice."""
    everything = municipalities.everything()
    assert len({m.code for m in everything}) == len({m.name for m in everything}) == len(everything) == 98
    assert {m.region for m in everything} == {"Hovedstaden", "Sjælland", "Syddanmark", "Midtjylland", "Nordjylland"}


@given(any_municipality, st.sampled_from([str.upper, str.lower, str.title, str.swapcase]), st.booleans())
def test_every_municipality_is_found_by_code_and_by_its_ways_of_being_written(
    municipality: Municipality, case: object, decomposed: bool
) -> None:
    """Code, name, genitive and `Kommune`, in any case and Unicode form, lead to the same municipality."""
    assert callable(case)
    name = municipality.name
    ascii_name = name.replace("å", "aa").replace("æ", "ae").replace("ø", "oe").replace("Æ", "Ae").replace("Å", "Aa")
    ways = [municipality.code, f"0{municipality.code}", name, f"{name} Kommune", f"{name}s Kommune", f"{name} kommunes"]
    ways += [f"{municipality.code} {name}", f"{name} ({municipality.code})", f"  {name}\n", name.replace("-", " – ")]
    ways += [ascii_name, f"{ascii_name}s Kommune", name.replace("Aa", "Å").replace("aa", "å")]
    for way in ways:
        written = unicodedata.normalize("NFD", way) if decomposed else way
        assert municipalities.find(case(written)) == municipality, written


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Århus", "751"),
        ("AARHUS KOMMUNE", "751"),
        ("Aarhus' Kommune", "751"),
        ("Københavns Kommune", "101"),
        ("Koebenhavn", "101"),
        ("Vesthimmerlands Kommune", "820"),
        ("Vesthimmerland", "820"),
        ("Nordfyn", "480"),
        ("Bornholms Regionskommune", "400"),
        ("Høje Tåstrup", "169"),
        ("hoeje-taastrup kommune", "169"),
        ("Ærø", "492"),
        ("Aeroe", "492"),
        ("Ålborg", "851"),
        ("Åbenrå", "580"),
    ],
)
def test_names_as_people_write_them(text: str, code: str) -> None:
    """The spellings seen in real applications are understood."""
    found = municipalities.find(text)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "text", ["", " ", "Kommune", "999", "75", "7511", "Aarhus Odense", "751 Odense", "751 461", "Jylland", "x" * 10**6]
)
def test_what_names_none_or_two_is_not_guessed(text: str) -> None:
    """A text that names no municipality, or two that differ, finds nothing."""
    assert municipalities.find(text) is None


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    """No text, however strange, raises, and at most three suggestions come back."""
    found = municipalities.find(text)
    assert found is None or found in municipalities.everything()
    assert len(municipalities.suggest(text)) <= 3


@pytest.mark.parametrize(
    ("text", "name"),
    [("Arhus", "Aarhus"), ("Kobenhavn", "København"), ("Lyngby", "Lyngby-Taarbæk"), ("Oddense Kommune", "Odense")],
)
def test_near_misses_are_suggested(text: str, name: str) -> None:
    """A misspelt name brings the municipality that was meant first."""
    assert municipalities.find(text) is None
    assert municipalities.suggest(text)[0].name == name


def test_by_code_takes_the_code_alone() -> None:
    """`by_code` is exact: the code and nothing else."""
    aarhus = municipalities.by_code("751")
    assert aarhus == Municipality("751", "Aarhus", "Midtjylland")
    assert municipalities.by_code("0751") is None
    assert municipalities.by_code("Aarhus") is None
