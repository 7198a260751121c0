"""The fill of a workbook's marked cells: two formats of their own, and the conditions by which they are known again."""

from __future__ import annotations

import re

from puljeport.marking import relations, surgery
from puljeport.marking.notes import Note
from puljeport.marking.relations import Changes
from puljeport.marking.surgery import Edits, Element
from puljeport.readers.grid import letters

FILLS = {True: "FFFCE4E0", False: "FFFFF3CD"}
"""The fill where something must be corrected, and where to look again: dark text keeps a contrast above 12:1."""
ALWAYS = '"puljeport"="puljeport"'
"""The condition by which our formats are known again."""
_BLANK = re.compile(r'LEN\(TRIM\([A-Z]{1,3}[0-9]{1,7}\)\)\*\("puljeport"="puljeport"\)=0')
_AFTER = ("tableStyles", "colors", "extLst")
"""What follows the formats in a workbook's styles (ISO/IEC 29500-1, 18.8.39)."""


def condition(row: int, column: int, note: Note) -> str:
    """When a cell is filled: always, or as long as nothing stands in it."""
    return f"LEN(TRIM({letters(column)}{row}))*({ALWAYS})=0" if note.empty else ALWAYS


def is_ours(formula: str) -> bool:
    """Whether a condition, as it stands in the file, is one of ours."""
    plain = formula.replace("&quot;", '"')
    return plain == ALWAYS or _BLANK.fullmatch(plain) is not None


def numbers(changes: Changes, main: str) -> dict[bool, int]:
    """Add the two fills to the workbook's styles, and give their numbers; those of an earlier marking serve again."""
    package = changes.package
    styles = next((one.part for one in relations.related(package, main) if one.kind == "styles"), None)
    if styles is None or styles not in package:
        return {}
    text = surgery.content(package, styles)
    found = surgery.elements(
        package, styles, text, "styleSheet", "dxfs", "dxf", "bgColor", "tableStyles", "extLst", "colors"
    )
    listed = [element for element in found if element.local == "dxf"]
    known: dict[bool, int] = {}
    for errors, color in FILLS.items():
        for one in found:
            ours = one.local == "bgColor" and one.attributes.get("rgb") == color
            if ours and (number := surgery.around(listed, one)) >= 0:
                known[errors] = number
    missing = [errors for errors in FILLS if errors not in known]
    if missing:
        new = "".join(_dxf(found[0], FILLS[errors]) for errors in missing)
        changes.parts[styles] = _with(text, found, (len(listed), len(missing)), new)
        known |= {errors: len(listed) + index for index, errors in enumerate(missing)}
    return known


def _dxf(root: Element, color: str) -> str:
    name = f'xmlns="{root.name.rpartition(" ")[0]}"'
    return f'<dxf {name}><fill><patternFill patternType="solid"><bgColor rgb="{color}"/></patternFill></fill></dxf>'


def _with(text: bytes, found: list[Element], counts: tuple[int, int], new: str) -> bytes:
    before, more = counts
    edits = Edits(text)
    there = next((element for element in found if element.local == "dxfs"), None)
    whole = f'<dxfs xmlns="{found[0].name.rpartition(" ")[0]}" count="{before + more}">'
    if there is None:
        after = [
            element.start
            for element in found
            if element.local in ("tableStyles", "colors", "extLst") and element.depth == 1
        ]
        edits.insert(min(after, default=found[0].close), f"{whole}{new}</dxfs>")
    elif there.empty:
        edits.replace(there.start, there.end, f"{whole}{new}</dxfs>")
    else:
        tag = text[there.start : there.inner].decode()
        edits.replace(there.start, there.inner, re.sub(r'count="\d+"', f'count="{before + more}"', tag))
        edits.insert(there.close, new)
    return edits.done()
