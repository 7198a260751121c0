"""What pydantic finds wrong with a definition, in sentences that tell an officer what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from puljeport.calls import Call
from puljeport.soundness import Path, nearest
from puljeport.texts import Text

_BOTH = "write it in both languages: {da: …, en: …}"

_PATTERNS = {
    r"^[a-z][a-z0-9-]{1,62}[a-z0-9]$": (
        "3 to 64 lower-case letters a-z, digits and hyphens, a letter first and no hyphen last: medborgerskab-2018"
    ),
    r"^[a-z][a-z0-9_]{0,39}$": "at most 40 lower-case letters a-z, digits and underscores, a letter first: own_hours",
    r"^[a-z0-9][a-z0-9_-]{0,39}$": "at most 40 lower-case letters a-z, digits, hyphens and underscores: model-1",
    r"^[A-Z]{2,5}$": "two to five capital letters A-Z: MBF",
    r"^[A-Za-z0-9][A-Za-z0-9._-]*\.md$": "the name of a Markdown file beside the definition, without folders: guide.md",
    r"^https://[^\s]+$": "a whole address that begins with https://",
}
"""Every pattern of the models, in words with an example."""

_SENTENCES = {
    "string_type": "this must be a text; put quotes around it if it is made of digits",
    "string_too_short": "the text is empty; write it, or leave the key out where it may be left out",
    "bool_type": "write true or false, without quotes",
    "int_type": "write a whole number: digits only, without dots and quotes",
    "decimal_type": "write a number, with a dot before the decimals and none between thousands",
    "decimal_parsing": "write a number, with a dot before the decimals and none between thousands",
    "finite_number": "write a number, with a dot before the decimals and none between thousands",
    "tuple_type": "this must be a list: one item per line, each after `- `",
    "model_type": "this must hold keys with values, indented below it",
    "model_attributes_type": "this must hold keys with values, indented below it",
    "greater_than": "the number must be more than {gt}",
    "greater_than_equal": "the number must be at least {ge}",
    "less_than_equal": "the number must be at most {le}",
    "too_short": "there are {actual_length} here; there must be at least {min_length}",
    "too_long": "there are too many here; there may be at most {max_length}",
    "literal_error": "write one of these: {expected}",
    "enum": "write one of these: {expected}",
}


def explain(error: ErrorDetails, value: object) -> tuple[Path, str] | None:
    """Where in the document `value` an error stands, and what to write; None for the mere echo of another error."""
    path = place(error["loc"], value)
    kind, facts = error["type"], error.get("ctx", {})
    if kind in _SPECIAL:
        return _SPECIAL[kind](error, path)
    found = at(value, path)
    if kind == "too_short" and isinstance(found, list) and len(found) >= facts["min_length"]:
        return None
    if path and path[-1] == "equals":
        return path, "write a choice's id, a whole number, or true or false"
    sentence = _SENTENCES.get(kind, error["msg"]).format_map({name: _ticked(fact) for name, fact in facts.items()})
    return path, f"there is nothing here; {sentence}" if found is None else sentence


def place(loc: Path, value: object) -> Path:
    """`loc` as keys and positions of the document itself, without the names of types that pydantic puts between."""
    path: Path = ()
    for part in loc:
        found = at(value, path)
        after_position = bool(path) and isinstance(path[-1], int)
        if after_position and isinstance(found, Mapping) and part in (found.get("type"), found.get("kind")):
            continue
        if isinstance(part, str) and not isinstance(found, Mapping):
            break
        path = (*path, part)
    return path


def at(value: object, path: Path) -> object:
    """The value at `path` of plain data, None when there is none."""
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Every model class that an annotation mentions: `tuple[A | B, ...]` gives A and B."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def _model_at(loc: Path) -> type[BaseModel] | None:
    models: list[type[BaseModel]] = [Call]
    for part in loc:
        if isinstance(part, int):
            continue
        tagged = [model for model in models if part in _tags(model)]
        if len(models) > 1 and tagged:
            models = tagged
        else:
            fields = [model.model_fields[part] for model in models if part in model.model_fields]
            models = [model for field in fields for model in models_in(field.annotation)]
    return models[0] if len(models) == 1 else None


def _tags(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(
        tag
        for key in ("type", "kind")
        if key in model.model_fields
        for tag in get_args(model.model_fields[key].annotation)
    )


def _missing(error: ErrorDetails, path: Path) -> tuple[Path, str]:
    example = _BOTH if _model_at(error["loc"]) is Text else "add it"
    return path, f"`{path[-1]}` is missing; {example}"


def _unknown_key(error: ErrorDetails, path: Path) -> tuple[Path, str]:
    if " " in str(path[-1]):
        return path, f"`{path[-1]}` was read as a key; a text with a comma or a colon in it needs quotes around it"
    model = _model_at(error["loc"][:-1])
    known = list(model.model_fields) if model else []
    return path, f"unknown key `{path[-1]}`; {nearest(str(path[-1]), known)}"


def _pattern(error: ErrorDetails, path: Path) -> tuple[Path, str]:
    pattern = error["ctx"]["pattern"]
    return path, f"`{error['input']}` does not fit; write {_PATTERNS.get(pattern, pattern)}"


def _no_tag(error: ErrorDetails, path: Path) -> tuple[Path, str]:
    return path, f"say which kind this is with {_ticked(error['ctx']['discriminator'])}"


def _wrong_tag(error: ErrorDetails, path: Path) -> tuple[Path, str]:
    facts = error["ctx"]
    key, expected = facts["discriminator"].strip("'"), facts["expected_tags"].replace("'", "").split(", ")
    close = nearest(facts["tag"], expected)
    listed = "" if close.startswith("there is") else f" (there is {_ticked(facts['expected_tags'])})"
    return (*path, key), f"no {key} `{facts['tag']}` here; {close}{listed}"


def _day(error: ErrorDetails, path: Path) -> tuple[Path, str]:
    return (
        path,
        f"`{error['input']}` is not in the calendar; write a day that exists, and a time from 00:00 to 23:59:59",
    )


def _unsound(error: ErrorDetails, path: Path) -> tuple[Path, str]:
    return path, error["msg"]


def _model(error: ErrorDetails, path: Path) -> tuple[Path, str]:
    is_text = error.get("ctx", {}).get("class_name") == "Text"
    return path, _BOTH if is_text else _SENTENCES["model_type"]


def _ticked(fact: Any) -> Any:
    return fact.replace("'", "`") if isinstance(fact, str) else fact


_SPECIAL: dict[str, Callable[[ErrorDetails, Path], tuple[Path, str]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_key,
    "string_pattern_mismatch": _pattern,
    "union_tag_not_found": _no_tag,
    "union_tag_invalid": _wrong_tag,
    "date_from_datetime_parsing": _day,
    "date_parsing": _day,
    "datetime_parsing": _day,
    "datetime_from_date_parsing": _day,
    "model_type": _model,
    "unsound": _unsound,
}
