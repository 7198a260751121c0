"""The parts of a Word package that matter to a form: the document and its heading styles."""

from __future__ import annotations

import posixpath
import re

from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.readers.package import Package
from puljeport.readers.parts import content_types, leaves, main_part
from puljeport.readers.wordtext import Paragraph, Table, WordText

_HEADING_NAME = re.compile(r"heading 1", re.IGNORECASE)


def word_text(package: Package) -> list[Paragraph | Table]:
    """The paragraphs and tables of the main document. Raises Unreadable for macros and for what is no Word document."""
    types = content_types(package)
    main = main_part(package, "word/document.xml")
    if not any("wordprocessingml" in kind for kind in types) or main not in package:
        raise Unreadable(problem("bad_docx"))
    folder = posixpath.dirname(main)
    text = WordText(_section_styles(package, f"{folder}/styles.xml"))
    package.parse(main, text.start, text.end, text.chars, text.located)
    return text.blocks


def _section_styles(package: Package, part: str) -> frozenset[str]:
    # Programs translate a style's id but keep its name; `w:name` stands in the style whose id it explains.
    return frozenset(
        leaf.parent.get("styleId", "")
        for leaf in leaves(package, part)
        if leaf.name == "name" and _HEADING_NAME.fullmatch(leaf.attributes.get("val", ""))
    )
