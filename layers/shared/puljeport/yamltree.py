"""YAML read into plain values that remember the line each of them stands on.

Only what a definition needs of YAML 1.2 is taken: mappings with words as keys, lists, texts, whole numbers, true and
false. Anchors and aliases (which can make a small file enormous), tags, directives and several documents are refused,
and so are keys that stand twice. Dates and decimal numbers stay the text they are written as: the models read them, and
`1.000` must not become 1 on the way. Texts are YAML 1.2's, so `no` and `ja` are words.

ruamel.yaml was chosen over PyYAML for YAML 1.2 and over StrictYAML, whose own schemas would have to repeat the models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode
from ruamel.yaml.reader import ReaderError

from puljeport.soundness import Path

DEEPEST = 30
MOST_VALUES = 20_000
"""Ten times what a large form needs; the reader's time grows with the number of values, so this bounds it."""

_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Fault:
    """What the YAML itself does wrong: the 1-based line, the path, and what to write instead."""

    line: int
    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class Tree:
    """What a file holds, as plain values, the line of every value by its path, and what was wrong with the YAML."""

    value: object = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest value around it; 1 when the file holds none."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str) -> Tree:
    """Read one YAML document. Never raises for what `text` holds: the tree's faults say what is wrong."""
    yaml = YAML(typ="safe", pure=True)
    try:
        if refused := list(_refused(yaml.parse(text))):
            return Tree(faults=refused)
        root = yaml.compose(text)
    except YAMLError as error:
        return Tree(faults=[_syntax(error, text)])
    if root is None:
        return Tree(faults=[Fault(1, (), "the file is empty; docs/call-definition.md shows what to write")])
    tree = Tree()
    value = _plain(root, (), tree)
    return Tree(value, tree.lines, tree.faults)


def _refused(events: Iterator[Event]) -> Iterator[Fault]:
    depth = documents = 0
    for count, event in enumerate(events):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        documents += isinstance(event, DocumentStartEvent)
        if why := _forbidden(event):
            yield Fault(_line(event), (), why)
        if documents > 1:
            yield Fault(_line(event), (), "a second document begins here (`---`); a definition is one document")
        elif depth > DEEPEST:
            yield Fault(_line(event), (), f"nested more than {DEEPEST} deep; is a bracket left open?")
        elif count > MOST_VALUES:
            yield Fault(_line(event), (), f"more than {MOST_VALUES} values; no form needs as many")
        else:
            continue
        return


def _forbidden(event: Event) -> str | None:
    if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
        return "anchors (&) and aliases (*) are not used here; write the value out, or put quotes around a text"
    if getattr(event, "tag", None):
        return "tags (!) are not used here; put quotes around a text that begins with !"
    if isinstance(event, DocumentStartEvent) and (event.version or event.tags):
        return "directives (%) are not used here; remove the line"
    return None


def _line(thing: Event | Node) -> int:
    return int(thing.start_mark.line) + 1


def _syntax(error: YAMLError, text: str) -> Fault:
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Fault(line, (), "a character that YAML does not allow stands here; write the line again by hand")
    mark = (error.problem_mark or error.context_mark) if isinstance(error, MarkedYAMLError) else None
    what = f"{error.context or ''} {error.problem or ''}".strip() if isinstance(error, MarkedYAMLError) else str(error)
    hint = "look for a missing colon or bracket, uneven indentation, or a text with `: ` in it, which needs quotes"
    return Fault(mark.line + 1 if mark else 1, (), f"this is not YAML ({what}); {hint}")


def _plain(node: Node, path: Path, tree: Tree) -> object:
    tree.lines.setdefault(path, _line(node))
    if isinstance(node, MappingNode):
        return _mapping(node, path, tree)
    if isinstance(node, ScalarNode):
        return _scalar(node, path, tree)
    return [_plain(item, (*path, position), tree) for position, item in enumerate(node.value)]


def _mapping(node: MappingNode, path: Path, tree: Tree) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, ScalarNode) else ""
        if not name:
            tree.faults.append(Fault(_line(key), path, "a key is a word, followed by a colon"))
        elif name in values:
            first = tree.lines[*path, name]
            what = f"`{name}` stands already on line {first}; remove one of them"
            tree.faults.append(Fault(_line(key), (*path, name), what))
        else:
            tree.lines[*path, name] = _line(key)
            values[name] = _plain(value, (*path, name), tree)
    return values


def _scalar(node: ScalarNode, path: Path, tree: Tree) -> object:
    text: str = node.value
    match str(node.tag).removeprefix(_TAG):
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _whole(text, path, tree)
        case _:
            return text


def _whole(text: str, path: Path, tree: Tree) -> int:
    try:
        return int(text)
    except ValueError:
        what = f"`{text[:40]}` is not written as a whole number; write digits only, or quotes around a text"
        tree.faults.append(Fault(tree.line(path), path, what))
        return 0
