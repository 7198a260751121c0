"""The small parts of an office package: what it is, what it points to, what it says of itself."""

from __future__ import annotations

import re
from typing import NamedTuple

from puljeport import marks
from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.readers.package import Package
from puljeport.readers.walk import Begin, End

MAX_LEAVES = 20_000
MAX_VALUE = 2_000

_CALL = re.compile(r"[a-z][a-z0-9-]{1,62}[a-z0-9]")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_STAMP = re.compile(rf"\b({_CALL.pattern})@({_VERSION.pattern})\b")


class Properties(NamedTuple):
    """What the file says of the blank it was made from; None for what it no longer says."""

    call: str | None
    version: int | None


class Leaf(NamedTuple):
    """An element of a small part: local name, attributes by local name, its text, its parent's attributes."""

    name: str
    attributes: dict[str, str]
    text: str
    parent: dict[str, str]


class _Leaves:
    """Collects every element of a small part, innermost first."""

    def __init__(self) -> None:
        self.found: list[Leaf] = []
        self._name = ""
        self._open: list[tuple[str, dict[str, str], list[str]]] = []

    def begin(self, name: str) -> Begin:
        self._name = name
        return self._begin

    def _begin(self, attributes: dict[str, str]) -> None:
        if len(self.found) + len(self._open) > MAX_LEAVES:
            raise Unreadable(problem("zip_bomb"))
        local = {key.rpartition(" ")[2]: value[:MAX_VALUE] for key, value in attributes.items()}
        self._open.append((self._name.rpartition(" ")[2], local, []))

    def end(self, _name: str) -> End:
        return self._end

    def _end(self) -> None:
        name, attributes, text = self._open.pop()
        parent = self._open[-1][1] if self._open else {}
        self.found.append(Leaf(name, attributes, "".join(text)[:MAX_VALUE], parent))

    def chars(self, text: str) -> None:
        if self._open and len(self._open[-1][2]) < MAX_VALUE:
            self._open[-1][2].append(text[:MAX_VALUE])


def leaves(package: Package, part: str) -> list[Leaf]:
    """Every element of the part `part`, innermost first; none if it is not there. Raises Unreadable beyond bounds."""
    found = _Leaves()
    package.parse(part, found.begin, found.end, found.chars)
    return found.found


def content_types(package: Package) -> list[str]:
    """The content types that the package lists. Raises Unreadable for those of documents with macros."""
    types = [leaf.attributes.get("ContentType", "") for leaf in leaves(package, "[Content_Types].xml")]
    if any("macroenabled" in kind.lower() for kind in types):
        raise Unreadable(problem("macros"))
    return types


def main_part(package: Package, usual: str) -> str:
    """The main part by the package's relationships: most have the usual name, some online editors give another."""
    for leaf in leaves(package, "_rels/.rels"):
        if (
            leaf.attributes.get("Type", "").endswith("/officeDocument")
            and leaf.attributes.get("TargetMode") != "External"
        ):
            return leaf.attributes.get("Target", "").lstrip("/")
    return usual


def told(call: str, version: str) -> Properties:
    """Call and version as they stand in a file, as far as they are any."""
    call, version = call.strip(), version.strip()
    if not _CALL.fullmatch(call):
        return Properties(None, None)
    return Properties(call, int(version) if _VERSION.fullmatch(version) else None)


def stamped(text: str) -> Properties:
    """Call and version from a `call@version` somewhere in a text."""
    stamp = _STAMP.search(text)
    return Properties(stamp[1], int(stamp[2])) if stamp else Properties(None, None)


def properties(package: Package) -> Properties:
    """Call and version from the custom properties, or from the identifier or keywords that hold `call@version`."""
    custom = {
        leaf.parent["name"]: leaf.text for leaf in leaves(package, "docProps/custom.xml") if "name" in leaf.parent
    }
    about = told(custom.get(marks.CALL_PROPERTY, ""), custom.get(marks.VERSION_PROPERTY, ""))
    if about.call:
        return about
    core = (leaf for leaf in leaves(package, "docProps/core.xml") if leaf.name in ("identifier", "keywords"))
    return next((found for leaf in core if (found := stamped(leaf.text)).call), about)
