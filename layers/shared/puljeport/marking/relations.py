"""Relationships and content types of an office package: what a new part needs so that programs find it."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from puljeport.marking import surgery
from puljeport.readers.package import Package
from puljeport.readers.parts import leaves

_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_EMPTY = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{_RELATIONSHIPS}"></Relationships>'
)
TYPES = "[Content_Types].xml"


class Related(NamedTuple):
    """One relationship of a part: its id, the last word of its type, and the part it leads to."""

    id: str
    kind: str
    part: str


def file_of(part: str) -> str:
    """The part that lists the relationships of another."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def related(package: Package, part: str) -> list[Related]:
    """The relationships of a part to others of its package."""
    folder = posixpath.dirname(part)
    return [
        Related(
            leaf.attributes.get("Id", ""),
            leaf.attributes.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, leaf.attributes.get("Target", ""))).lstrip("/"),
        )
        for leaf in leaves(package, file_of(part))
        if leaf.name == "Relationship" and leaf.attributes.get("TargetMode") != "External"
    ]


class Changes:
    """Parts of a package as they are to be, with what makes programs find new ones."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.parts: dict[str, bytes] = {}

    def relate(self, part: str, kind: str, target: str, name: str) -> None:
        """Give `part` a relationship `name` of `kind` to the part `target`."""
        listing = file_of(part)
        line = (
            f'<Relationship xmlns="{_RELATIONSHIPS}" Id="{name}" Type="{_OFFICE}/{kind}" '
            f"Target={surgery.attribute('/' + target)}/>"
        )
        self.parts[listing] = surgery.into(self._now(listing) or _EMPTY.encode(), "Relationships", line)

    def declare(self, part: str, content_type: str) -> None:
        """Say what the content of `part` is."""
        self._add_type(f'<Override xmlns="{_CONTENT_TYPES}" PartName="/{part}" ContentType="{content_type}"/>')

    def declare_ending(self, ending: str, content_type: str) -> None:
        """Say what the content of parts with an ending is, unless the package says so already."""
        known = (leaf.attributes.get("Extension", "") for leaf in leaves(self.package, TYPES) if leaf.name == "Default")
        if ending not in [each.lower() for each in known]:
            self._add_type(f'<Default xmlns="{_CONTENT_TYPES}" Extension="{ending}" ContentType="{content_type}"/>')

    def _add_type(self, line: str) -> None:
        self.parts[TYPES] = surgery.into(self._now(TYPES), "Types", line)

    def _now(self, part: str) -> bytes:
        if part in self.parts:
            return self.parts[part]
        return surgery.content(self.package, part) if part in self.package else b""
