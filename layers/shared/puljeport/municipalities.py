"""The 98 Danish municipalities, and how people write their names.

Codes and regions are those of the reform of 2007 (Statistics Denmark's classification of regions and municipalities);
they are read from `municipalities.csv` beside this module when they are first needed.
"""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import NamedTuple

LONGEST = 100
"""Characters of a text that are looked at; the longest name has 18, so that more is something else than a name."""

_GENITIVE_NAMES = ("Nordfyns", "Vesthimmerlands")
_SPELLINGS = (("aa", "å"), ("ae", "æ"), ("oe", "ø"), ("ä", "æ"), ("ö", "ø"))
_TITLE = re.compile(r"\b(?:region\s?s)?kommunes?$")
_CODE = re.compile(r"0?(\d{3})")


class Municipality(NamedTuple):
    """A municipality: its three-digit code, its name without the word Kommune, and its region."""

    code: str
    name: str
    region: str


@cache
def everything() -> tuple[Municipality, ...]:
    """All 98 municipalities, by code."""
    text = files("puljeport").joinpath("municipalities.csv").read_text("utf-8")
    return tuple(Municipality(row["code"], row["name"], row["region"]) for row in csv.DictReader(text.splitlines()))


@cache
def in_order() -> tuple[Municipality, ...]:
    """All 98 municipalities in the order of the Danish alphabet, as people look for them in a list."""
    # Aa is sorted as å, and æ, ø and å come after z: where ASCII has these three.
    order = str.maketrans("æøå", "{|}")
    return tuple(sorted(everything(), key=lambda each: each.name.lower().replace("aa", "å").translate(order)))


def by_code(code: str) -> Municipality | None:
    """The municipality with exactly this three-digit code, if there is one."""
    return _codes().get(code)


def find(text: str) -> Municipality | None:
    """The municipality that `text` names by its code, its name, or both; None when it names none or two different ones.

    Case, spacing, hyphens, aa/å, ae/æ and oe/ø, a final `Kommune` and a genitive make no difference:
    `ÅRHUS`, `Københavns Kommune`, `Vesthimmerland`, `hoeje taastrup` and `751 Aarhus` are all found.
    """
    words = _plain(text).split()
    codes = {match[1] for word in words if (match := _CODE.fullmatch(word))}
    name = " ".join(word for word in words if not _CODE.fullmatch(word))
    found = {by_code(code) for code in codes}
    if name:
        found.add(_names().get(name))
    return found.pop() if len(found) == 1 else None


def suggest(text: str) -> list[Municipality]:
    """At most three municipalities whose names look like `text`, the most alike first. For the text of an error."""
    close = difflib.get_close_matches(_plain(text), _names(), n=6, cutoff=0.6)
    return list(dict.fromkeys(_names()[name] for name in close))[:3]


@cache
def _codes() -> dict[str, Municipality]:
    return {municipality.code: municipality for municipality in everything()}


@cache
def _names() -> dict[str, Municipality]:
    names: dict[str, Municipality] = {}
    for municipality in everything():
        name = _plain(municipality.name)
        names |= {name: municipality, f"{name}s": municipality}
        if municipality.name in _GENITIVE_NAMES:
            names[name.removesuffix("s")] = municipality
    return names


def _plain(text: str) -> str:
    """`text` in one spelling: lower case, å/æ/ø, single spaces, no signs, without a final `kommune`."""
    if len(text) > LONGEST:
        return ""
    plain = unicodedata.normalize("NFC", text).casefold()
    for written, letter in _SPELLINGS:
        plain = plain.replace(written, letter)
    plain = re.sub(r"['’`´]", "", plain)
    plain = re.sub(r"[\W_]+", " ", plain).strip()
    return _TITLE.sub("", plain).strip()
