"""The parts of a Word package that matter to a form: the document and its heading styles."""

from __future__ import annotations

import posixpath
import re

from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.readers.package import Package
from puljeport.readers.parts import MAX_LEAVES, MAX_VALUE, content_types, main_part
from puljeport.readers.wordtext import Paragraph, Table, WordText, named, value

_HEADING_NAME = re.compile(r"heading 1", re.IGNORECASE)


def word_text(package: Package) -> list[Paragraph | Table]:
    """The paragraphs and tables of the main document. Raises Unreadable for macros and for what is no Word document."""
    types = content_types(package)
    main = main_part(package, "word/document.xml")
    if not any("wordprocessingml" in kind for kind in types) or main not in package:
        raise Unreadable(problem("bad_docx"))
    folder = posixpath.dirname(main)
    text = WordText(_section_styles(package, f"{folder}/styles.xml"))
    package.parse(main, text.begins.get, text.ends.get, text.chars, text.started)
    return text.blocks


def _section_styles(package: Package, part: str) -> frozenset[str]:
    styles = _Styles()
    package.parse(part, styles.begins.get, styles.ends.get)
    return frozenset(styles.headings)


class _Styles:
    """Collects the ids of the styles that begin a section."""

    def __init__(self) -> None:
        self.headings: set[str] = set()
        self.begins = named({"style": self._style, "name": self._name})
        self.ends = named({"style": self._end})
        self._id = ""

    def _style(self, attributes: dict[str, str]) -> None:
        self._id = value(attributes, "styleId") or ""

    def _name(self, attributes: dict[str, str]) -> None:
        # Programs translate a style's id but keep its name; `w:name` stands in the style whose id it explains.
        if self._id and _HEADING_NAME.fullmatch((value(attributes, "val") or "")[:MAX_VALUE]):
            if len(self.headings) >= MAX_LEAVES:
                raise Unreadable(problem("zip_bomb"))
            self.headings.add(self._id)

    def _end(self) -> None:
        self._id = ""
