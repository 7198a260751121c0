"""What text documents and spreadsheets of the OpenDocument format (ISO/IEC 26300, ODF 1.3) have in common."""

from __future__ import annotations

import re
from collections.abc import Callable

from puljeport import marks
from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.readers.package import MAX_ELEMENTS, Package
from puljeport.readers.parts import Properties, leaves, stamped, told

MAX_SPACES = 1_000

_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
TEXT, TABLE, OFFICE = f"{_OASIS}:text:1.0", f"{_OASIS}:table:1.0", f"{_OASIS}:office:1.0"
STYLE, DRAWING = f"{_OASIS}:style:1.0", f"{_OASIS}:drawing:1.0"
LIBREOFFICE = "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"

_WHITE = re.compile(r"[\t\r\n][ \t\r\n]*+| [ \t\r\n]++")  # all but a space that stands alone
_BROKEN = re.compile(r"(?<! ) *+[\t\r\n][ \t\r\n]*+")
_MACROS = ("basic/", "scripts/")
_EMPTY_LIBRARIES = ("script-lc.xml", "script-lb.xml", "dialog-lc.xml", "dialog-lb.xml", "/")


def opened(data: bytes, broken: str, most: int = MAX_ELEMENTS) -> Package:
    """The package. Raises Unreadable for one that is encrypted, has macros, or has no content."""
    package = Package(data, broken, most)
    manifest = leaves(package, "META-INF/manifest.xml")
    if any(leaf.name == "encryption-data" for leaf in manifest):
        raise Unreadable(problem("encrypted"))
    if any(name.startswith(_MACROS) and not name.endswith(_EMPTY_LIBRARIES) for name in package.names):
        raise Unreadable(problem("macros"))
    if "content.xml" not in package:
        raise Unreadable(problem(broken))
    return package


def properties(package: Package) -> Properties:
    """Call and version from the user-defined properties, or from a keyword that is `call@version`."""
    found = leaves(package, "meta.xml")
    custom = {leaf.attributes.get("name", ""): leaf.text for leaf in found if leaf.name == "user-defined"}
    about = told(custom.get(marks.CALL_PROPERTY, ""), custom.get(marks.VERSION_PROPERTY, ""))
    if about.call:
        return about
    words = (leaf for leaf in found if leaf.name == "keyword")
    return next((stamp for leaf in words if (stamp := stamped(leaf.text)).call), about)


def whole(attributes: dict[str, str], name: str) -> int:
    """A count among the attributes, such as how often a cell is repeated; 1 if there is none."""
    value = attributes.get(name, "1")
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 9 else 1


class Inline:
    """Hands on the text of a paragraph, with white space as ODF has it (6.1.2) and elements for spaces and breaks.

    `spaced`: several spaces are several, as LibreOffice Calc writes them against the standard.
    """

    def __init__(self, emit: Callable[[str], None], *, spaced: bool = False) -> None:
        self._emit, self._spaced = emit, spaced
        self._after_space = True

    def begin(self) -> None:
        """A paragraph begins: white space at its start is layout."""
        self._after_space = True

    def chars(self, text: str) -> None:
        """Text as it stands in the file."""
        text = (_BROKEN if self._spaced else _WHITE).sub(" ", text)
        if self._after_space and not self._spaced:
            text = text.removeprefix(" ")
        if text:
            self._after_space = text.endswith(" ")
            self._emit(text)

    def spaces(self, attributes: dict[str, str]) -> None:
        """An element that stands for spaces."""
        self._emit(" " * min(whole(attributes, f"{TEXT} c"), MAX_SPACES))

    def tab(self) -> None:
        """An element that stands for a tabulator: a space will do."""
        self._emit(" ")

    def line_break(self) -> None:
        """An element that breaks the line."""
        self._emit("\n")
        self._after_space = True
