"""What a reader hands to the core: the texts found in a form file, each with its name and its place.

A reader knows the file format and nothing of calls; the core knows the call and nothing of formats. Between them stand
these records. A reader may offer one text under several names (a tag, a bookmark, a hidden id, a label): it lists the
strongest first, and the core takes the first that names a field of the call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from puljeport.problems import Note
from puljeport.texts import Text

TICKED = "☒"
"""How a reader writes a ticked check box; an unticked one is `UNTICKED`."""
UNTICKED = "☐"


class Way(StrEnum):
    """How a field was found in the file, strongest first."""

    TAG = "tag"
    BOOKMARK = "bookmark"
    HIDDEN = "hidden"
    LABEL = "label"


class Name(NamedTuple):
    """One name that a file gives a field or a column.

    For every way but LABEL the key is the field id: `municipality`; `topics.health` for one check box of a multiple
    choice; a table's key is its field id and a column's its column id. For LABEL it is the label as it stands in the
    file, white space folded.
    """

    way: Way
    key: str


type Spot = tuple[str | int, ...]
"""Where something stands in a file, for a program: what the parts mean, only the format's modules know."""


@dataclass(frozen=True, slots=True)
class RawCell:
    """A text as it stands in the file, and where, in words for the applicant (da and en). Empty text: not filled in.

    `spot` is the same place for whoever marks it in the file; None where the format has none.
    """

    text: str
    place: Text
    spot: Spot | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RawField:
    """A single field with all names the file gives it, strongest first (never empty)."""

    names: tuple[Name, ...]
    cell: RawCell


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table: its names, its columns' names, and its rows of equally many cells. Wholly empty rows are left out."""

    names: tuple[Name, ...]
    columns: tuple[tuple[Name, ...], ...]
    rows: tuple[tuple[RawCell, ...], ...]
    place: Text
    spot: Spot | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that may not be as it was written: of a field by its names, or of the whole form where it has none."""

    note: Note
    names: tuple[Name, ...] = ()
    place: Text | None = None


@dataclass(frozen=True, slots=True)
class RawForm:
    """All that was read from one file. `call` and `version` are what the blank said of itself, if it still does.

    `printed`: it is a print of a form, whose answers were found by where they stand.
    """

    format: str
    call: str | None
    version: int | None
    fields: tuple[RawField, ...]
    tables: tuple[RawTable, ...]
    printed: bool = False
    doubts: tuple[Doubt, ...] = ()
