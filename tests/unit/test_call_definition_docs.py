"""The reference for officers names all there is, with its defaults, and its examples are valid: it cannot rot."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticUndefined

from puljeport import definitions, yamltree
from puljeport.calls import (
    Absence,
    AnyField,
    Award,
    BaseField,
    Call,
    Choice,
    Condition,
    Contact,
    Digest,
    Distribution,
    Document,
    Event,
    Form,
    LatePolicy,
    Period,
    Reminders,
    Retention,
    Role,
    Rule,
    Section,
    Topics,
    WhoCanApply,
)
from puljeport.errors import DefinitionError
from puljeport.explanations import models_in
from puljeport.texts import Text

DOC = (Path(__file__).parents[2] / "docs" / "call-definition.md").read_text("utf-8")
UNIONS: TypeAdapter[Any] = TypeAdapter(AnyField | Rule | Document)
HEADINGS: dict[type[BaseModel], str] = {
    Text: "How to write YAML",
    Call: "The call",
    WhoCanApply: "who_can_apply",
    LatePolicy: "late_policy",
    Period: "periods",
    Reminders: "reminders",
    Contact: "contacts",
    Digest: "digest",
    Topics: "topics",
    Absence: "away",
    Retention: "retention",
    Distribution: "distributed",
    Award: "awards",
    Form: "The form",
    Section: "sections",
    BaseField: "Types of field",
    Choice: "choices",
    Condition: "when",
}


def section(heading: str) -> str:
    """The text under a heading, up to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", DOC, re.MULTILINE | re.DOTALL)
    assert found, f"docs/call-definition.md has no heading {heading!r}"
    return found[1]


def examples(heading: str) -> list[str]:
    """The YAML blocks under a heading."""
    return re.findall(r"```yaml\n(.*?)```", section(heading), re.DOTALL)


def tag(model: type[BaseModel]) -> str:
    """What `type` or `kind` says for this model: `text`, `required_if`; empty for a model without one."""
    key = next((key for key in ("type", "kind") if key in model.model_fields), None)
    return str(get_args(model.model_fields[key].annotation)[0]) if key else ""


def heading_of(model: type[BaseModel]) -> str:
    """The heading under which a model is documented: its own, or the word that an officer writes for it."""
    return HEADINGS.get(model) or tag(model)


def own_keys(model: type[BaseModel]) -> list[str]:
    """The model's keys without those that every field has, which stand once for all."""
    shared = BaseField.model_fields if issubclass(model, BaseField) and model is not BaseField else {}
    return [key for key in model.model_fields if key not in shared]


def all_models() -> list[type[BaseModel]]:
    """Every model that a call can hold, found by following the models' own annotations."""
    found: list[type[BaseModel]] = [BaseField]
    waiting: list[type[BaseModel]] = [Call]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.append(model)
            waiting += [part for field in model.model_fields.values() for part in models_in(field.annotation)]
    return found


KEYS = [(model, key) for model in all_models() for key in own_keys(model)]
TAGGED = [model for model in all_models() if tag(model)]


@pytest.mark.parametrize(("model", "key"), KEYS, ids=[f"{model.__name__}.{key}" for model, key in KEYS])
def test_every_key_is_documented_with_its_default(model: type[BaseModel], key: str) -> None:
    """Every key of every model has a row under its model's heading, with its default or that it is required."""
    rows = [row.split(" | ") for row in section(heading_of(model)).splitlines() if row.startswith(f"| `{key}` |")]
    assert rows, f"{model.__name__}.{key} has no row under {heading_of(model)!r}"
    field = model.model_fields[key]
    for row in rows:
        said = row[2]
        if field.is_required():
            assert said == "required"
        elif isinstance(field.default, time):
            assert said == f"`{field.default:%H:%M}`"
        elif isinstance(field.default, (bool, int, str)):
            assert said == f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"
        else:
            assert said in ("none", "as there") or (said == f"`{list(field.default)}`" and field.default)
            assert field.default is not PydanticUndefined


def test_no_documented_key_is_unknown() -> None:
    """Every row of a table of keys belongs to a key that the models have: nothing stays behind when a key goes."""
    known = {(heading_of(model), key) for model, key in KEYS} | {("events", event) for event in Event}
    for heading in {heading for heading, _ in known}:
        for key in re.findall(r"^\| `([^`]+)` \|", section(heading), re.MULTILINE):
            assert (heading, key) in known, f"`{key}` under {heading!r} is not a key"


@pytest.mark.parametrize("name", [*Event, *Role])
def test_every_event_and_role_is_explained(name: str) -> None:
    """Every event and every role is named where contacts are explained."""
    assert f"`{name}`" in section("contacts") + section("events")


@pytest.mark.parametrize("model", TAGGED, ids=tag)
def test_every_type_and_kind_has_a_valid_example(model: type[BaseModel]) -> None:
    """Every type of field and kind of rule has an example of its own, and the models accept it."""
    shown = examples(tag(model))
    assert shown
    for text in shown:
        tree = yamltree.parse(text)
        assert not tree.faults
        assert isinstance(UNIONS.validate_python(tree.value), model)


def test_column_types_are_marked() -> None:
    """`Columns may have this type` stands exactly where a column may have the type."""
    table = next(model for model in models_in(AnyField) if "columns" in model.model_fields)
    allowed = {tag(model) for model in models_in(table.model_fields["columns"].annotation)}
    marked = {
        tag(model)
        for model in models_in(AnyField)
        if re.search(r"Columns (of a table )?may have this type", section(tag(model)).replace("\n", " "))
    }
    assert marked == allowed


def tutorial(tmp_path: Path, *edits: tuple[str, str]) -> Path:
    """The tutorial's call on disk, with edits."""
    folder = tmp_path / "calls" / "naboskab-2027"
    folder.mkdir(parents=True)
    text = examples("A first call")[0]
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "call.yaml").write_text(text, "utf-8")
    (folder / "guide.md").write_text("# Puljevejledning\n", "utf-8")
    return folder


def test_the_tutorials_call_is_valid(tmp_path: Path) -> None:
    """Whoever copies the first call from the reference gets one without findings or warnings."""
    assert definitions.warnings(definitions.load(tutorial(tmp_path)).call) == []


@pytest.mark.parametrize(
    "edit",
    [
        ("required: true\n          label: {da: I vil begynde", "requred: true\n          label: {da: I vil begynde"),
        ("later: end", "later: slut"),
    ],
)
def test_the_tutorials_findings_are_real(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: tuple[str, str]
) -> None:
    """The findings that the reference shows are what a wrong definition brings, to the letter."""
    folder = tutorial(tmp_path, edit)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DefinitionError) as caught:
        definitions.load(folder)
    assert any(str(finding) in DOC for finding in caught.value.findings), str(caught.value)
