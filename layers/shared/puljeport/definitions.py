"""Definitions on disk: a folder `calls/<id>/` with `call.yaml` and its guide, read into a sound `Call`.

This is the officer's side of the models: every fault becomes a finding with file, line and path, and all of them are
reported at once. Findings come in two rounds at most: what goes across the call (a rule that names no field) can only
be asked when every part by itself can be read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from puljeport import municipalities, soundness, yamltree
from puljeport.calls import Call, Event, TableField, to_json
from puljeport.errors import DefinitionError, Finding
from puljeport.explanations import explain
from puljeport.yamltree import Tree

FILE = "call.yaml"
LARGEST = 1_000_000
"""Bytes of a definition or a guide."""
LARGEST_STORED = 300_000
"""Bytes of a definition as JSON: DynamoDB takes items of at most 400 KB, keys and bookkeeping included."""

_WHOLE_FILE = "(file)"
_MUST_HEAR = (Event.ACCEPTED, Event.NEEDS_CORRECTION, Event.UNREADABLE, Event.LATE)


@dataclass(frozen=True, slots=True)
class Definition:
    """A call as it stands in its folder, with the text of its guide (Markdown; empty when it lists none)."""

    call: Call
    folder: Path
    guide: str


def load(path: Path) -> Definition:
    """The definition in a folder, or in its `call.yaml`.

    Raises DefinitionError with every finding. Files are named relative to the working directory where they lie in it.
    """
    file = path / FILE if path.is_dir() else path
    text = _text(file)
    tree = yamltree.parse(text)
    call, findings = _call(tree, file)
    if call is None:
        raise DefinitionError(findings)
    findings += _around(call, tree, file)
    guide, lost = _guide(call, tree, file)
    if findings := _sorted(findings + lost):
        raise DefinitionError(findings)
    return Definition(call, file.parent, guide)


def warnings(call: Call) -> list[str]:
    """What is allowed in a call but seldom meant, as sentences for the officer."""
    return [
        *(f"{spelled(path)}: the English text is missing" for path, text in soundness.texts(call) if text.en is None),
        *_unheard(call),
        *_odd_rows(call),
        *([] if any(document.kind == "guide" for document in call.documents) else ["documents: no guide is listed"]),
    ]


def spelled(path: soundness.Path) -> str:
    """A path as it is shown: `form.sections[1].fields[3].label`. Positions count from 0."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or _WHOLE_FILE


def _call(tree: Tree, file: Path) -> tuple[Call | None, list[Finding]]:
    findings = [Finding(_shown(file), fault.line, spelled(fault.path), fault.message) for fault in tree.faults]
    if not isinstance(tree.value, dict):
        what = "a definition is keys with values, one per line: `id: …`"
        return None, findings or [Finding(_shown(file), tree.line(()), _WHOLE_FILE, what)]
    try:
        return Call.model_validate(tree.value), findings
    except ValidationError as error:
        details = error.errors(include_url=False)
        explained = [found for detail in details if (found := explain(detail, tree.value))]
    said = {finding.path for finding in findings}
    findings += [_finding(tree, file, *found) for found in dict.fromkeys(explained) if spelled(found[0]) not in said]
    return None, _sorted(findings)


def _around(call: Call, tree: Tree, file: Path) -> list[Finding]:
    """What the call cannot know by itself: the name of its folder, the list of municipalities, the room in a table."""
    findings = []
    folder = file.resolve().parent.name
    if call.id != folder:
        what = f"the id `{call.id}` is not the folder's name `{folder}`; make them the same"
        findings.append(_finding(tree, file, ("id",), what))
    key = call.form.fields[call.one_per]
    for position, award in enumerate(call.distributed.awards if call.distributed else ()):
        if key.type == "municipality" and municipalities.by_code(award.applicant) is None:
            what = f"no municipality has the code `{award.applicant}`"
            findings.append(_finding(tree, file, ("distributed", "awards", position, "applicant"), what))
    if (size := len(json.dumps(to_json(call), ensure_ascii=False).encode())) > LARGEST_STORED:
        what = f"the definition is {size} bytes long when stored; there is room for {LARGEST_STORED}; shorten the texts"
        findings.append(Finding(_shown(file), 1, _WHOLE_FILE, what))
    return findings


def _guide(call: Call, tree: Tree, file: Path) -> tuple[str, list[Finding]]:
    for position, document in enumerate(call.documents):
        if document.kind != "guide":
            continue
        guide = file.parent / document.file
        if not guide.is_file():
            what = f"there is no file `{document.file}` beside the definition; add it, or correct its name"
            return "", [_finding(tree, file, ("documents", position, "file"), what)]
        try:
            text = _text(guide)
        except DefinitionError as error:
            return "", error.findings
        empty = Finding(_shown(guide), 1, _WHOLE_FILE, "the guide is empty; write it, or remove it from `documents`")
        return text, [] if text.strip() else [empty]
    return "", []


def _text(file: Path) -> str:
    def refuse(what: str, line: int = 1) -> DefinitionError:
        return DefinitionError([Finding(_shown(file), line, _WHOLE_FILE, what)])

    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise refuse(f"the file cannot be read ({error.strerror}); a call is a folder with `{FILE}` in it") from error
    if len(data) > LARGEST:
        raise refuse(f"the file is larger than {LARGEST} bytes; is it the right one?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refuse("the file is not UTF-8; save it again with the encoding UTF-8", line) from error


def _shown(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_absolute() and file.is_relative_to(here) else file)


def _finding(tree: Tree, file: Path, path: soundness.Path, message: str) -> Finding:
    return Finding(_shown(file), tree.line(path), spelled(path), message)


def _sorted(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.file, finding.line))


def _unheard(call: Call) -> list[str]:
    heard = {event for contact in call.contacts for event in contact.hears}
    return [f"contacts: nobody is told when an application is {event}" for event in _MUST_HEAR if event not in heard]


def _odd_rows(call: Call) -> list[str]:
    tables = [field for field in call.form.fields.values() if isinstance(field, TableField)]
    return [
        f"form: the blank has {table.blank_rows} rows of `{table.id}`, for {table.min_rows} to {table.max_rows} rows"
        for table in tables
        if not table.min_rows <= table.blank_rows <= table.max_rows
    ]
