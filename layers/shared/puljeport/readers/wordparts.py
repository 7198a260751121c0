"""The parts of a Word package that matter to a form: the document, its heading styles, what it says of itself."""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from puljeport import marks
from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.readers.package import Package
from puljeport.readers.wordtext import Paragraph, Table, WordText

MAX_LEAVES = 20_000
MAX_VALUE = 2_000

_CALL = re.compile(r"[a-z][a-z0-9-]{1,62}[a-z0-9]")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_STAMP = re.compile(rf"\b({_CALL.pattern})@({_VERSION.pattern})\b")
_HEADING_NAME = re.compile(r"heading 1", re.IGNORECASE)


class Properties(NamedTuple):
    """What the file says of the blank it was made from; None for what it no longer says."""

    call: str | None
    version: int | None


class _Leaf(NamedTuple):
    """An element of a small part: local name, attributes by local name, its text, its parent's attributes."""

    name: str
    attributes: dict[str, str]
    text: str
    parent: dict[str, str]


class _Leaves:
    """Collects every element of a small part, innermost first."""

    def __init__(self) -> None:
        self.found: list[_Leaf] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.found) + len(self._open) > MAX_LEAVES:
            raise Unreadable(problem("zip_bomb"))
        local = {key.rpartition(" ")[2]: value[:MAX_VALUE] for key, value in attributes.items()}
        self._open.append((name.rpartition(" ")[2], local, []))

    def end(self, _name: str) -> None:
        name, attributes, text = self._open.pop()
        parent = self._open[-1][1] if self._open else {}
        self.found.append(_Leaf(name, attributes, "".join(text)[:MAX_VALUE], parent))

    def chars(self, text: str) -> None:
        if self._open and len(self._open[-1][2]) < MAX_VALUE:
            self._open[-1][2].append(text[:MAX_VALUE])


def _leaves(package: Package, part: str) -> list[_Leaf]:
    leaves = _Leaves()
    package.parse(part, leaves.start, leaves.end, leaves.chars)
    return leaves.found


def word_text(package: Package) -> list[Paragraph | Table]:
    """The paragraphs and tables of the main document. Raises Unreadable for macros and for what is no Word document."""
    types = [leaf.attributes.get("ContentType", "") for leaf in _leaves(package, "[Content_Types].xml")]
    if any("macroenabled" in kind.lower() for kind in types):
        raise Unreadable(problem("macros"))
    main = _main_part(package)
    if not any("wordprocessingml" in kind for kind in types) or main not in package:
        raise Unreadable(problem("bad_docx"))
    folder = posixpath.dirname(main)
    text = WordText(_section_styles(package, f"{folder}/styles.xml"))
    package.parse(main, text.start, text.end, text.chars)
    return text.blocks


def _main_part(package: Package) -> str:
    """The main document by the package's relationships: most call it word/document.xml, some online editors do not."""
    for leaf in _leaves(package, "_rels/.rels"):
        if (
            leaf.attributes.get("Type", "").endswith("/officeDocument")
            and leaf.attributes.get("TargetMode") != "External"
        ):
            return leaf.attributes.get("Target", "").lstrip("/")
    return "word/document.xml"


def _section_styles(package: Package, part: str) -> frozenset[str]:
    # Programs translate a style's id but keep its name; `w:name` stands in the style whose id it explains.
    return frozenset(
        leaf.parent.get("styleId", "")
        for leaf in _leaves(package, part)
        if leaf.name == "name" and _HEADING_NAME.fullmatch(leaf.attributes.get("val", ""))
    )


def properties(package: Package) -> Properties:
    """Call and version from the custom properties, or from the identifier or keywords that hold `call@version`."""
    custom = {
        leaf.parent["name"]: leaf.text for leaf in _leaves(package, "docProps/custom.xml") if "name" in leaf.parent
    }
    call, version = custom.get(marks.CALL_PROPERTY, "").strip(), custom.get(marks.VERSION_PROPERTY, "").strip()
    if _CALL.fullmatch(call):
        return Properties(call, int(version) if _VERSION.fullmatch(version) else None)
    for leaf in _leaves(package, "docProps/core.xml"):
        if leaf.name in ("identifier", "keywords") and (stamp := _STAMP.search(leaf.text)):
            return Properties(stamp[1], int(stamp[2]))
    return Properties(None, None)
