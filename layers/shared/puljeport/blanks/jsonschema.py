"""The form as a JSON Schema (draft 2020-12), for systems that send applications by themselves.

It says how an answer is written that can mean one thing only; the reader (`readers.jsonform`) takes more, as people
write. What a schema cannot say (rules across fields, check digits, days that are no working days) intake checks.
Source: JSON Schema 2020-12, Core and Validation, https://json-schema.org/draft/2020-12.
"""

from __future__ import annotations

import json
from typing import Any

from puljeport import municipalities
from puljeport.calls import (
    AmountField,
    AnyField,
    Call,
    ChoiceField,
    IntegerField,
    LongTextField,
    MultiChoiceField,
    TableField,
    TextField,
)
from puljeport.texts import Language

DIALECT = "https://json-schema.org/draft/2020-12/schema"

type Schema = dict[str, Any]

_PLAIN: dict[str, Schema] = {
    "date": {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "municipality": {"enum": [one.code for one in municipalities.everything()]},
    "yes_no": {"type": "boolean"},
    "declaration": {"const": True},
    "email": {"type": "string", "format": "email", "maxLength": 254},
    "phone": {"type": "string", "pattern": r"^\+?[0-9 ]{6,24}$"},
    "cvr": {"type": "string", "pattern": "^[0-9]{8}$"},
    "url": {"type": "string", "format": "uri", "pattern": "^https?://"},
    "attachment": {"type": "string", "minLength": 1},
}


def make(call: Call, version: int, language: Language) -> bytes:
    """The schema of an application to `call` as JSON, its titles in `language`."""
    fields = call.form.fields
    schema: Schema = {
        "$schema": DIALECT,
        "title": call.title.get(language),
        "description": call.summary.get(language),
        "type": "object",
        "required": ["call", "values"],
        "additionalProperties": False,
        "properties": {
            "call": {"const": call.id},
            "version": {"const": version},
            "values": _answers(list(fields.values()), language),
        },
    }
    return (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode()


def _answers(fields: list[AnyField], language: Language) -> Schema:
    return {
        "type": "object",
        "required": [field.id for field in fields if _is_required(field)],
        "additionalProperties": False,
        "properties": {field.id: _field(field, language) for field in fields},
    }


def _is_required(field: AnyField) -> bool:
    return field.required or (isinstance(field, TableField) and field.min_rows > 0)


def _field(field: AnyField, language: Language) -> Schema:
    about: Schema = {"title": field.label.get(language)}
    if field.help:
        about["description"] = field.help.get(language)
    return about | _content(field, language)


def _content(field: AnyField, language: Language) -> Schema:
    if isinstance(field, TableField):
        return _rows(field, language)
    if isinstance(field, ChoiceField | MultiChoiceField):
        return _chosen(field)
    if isinstance(field, IntegerField | AmountField):
        return _number(field)
    if isinstance(field, TextField | LongTextField):
        return {"type": "string", "minLength": 1, "maxLength": field.max_length}
    return dict(_PLAIN[field.type])


def _chosen(field: ChoiceField | MultiChoiceField) -> Schema:
    one: Schema = {"enum": [choice.id for choice in field.choices]}
    if isinstance(field, ChoiceField):
        return one
    most = {"maxItems": field.max_choices} if field.max_choices else {}
    return {"type": "array", "items": one, "uniqueItems": True} | most


def _number(field: IntegerField | AmountField) -> Schema:
    bounds = _bounds(field.minimum, field.maximum)
    if isinstance(field, IntegerField):
        return {"type": "integer"} | bounds
    # As text too: a number of JSON may lose its øre on the way.
    text = {"type": "string", "pattern": r"^-?[0-9]+([.,][0-9]{1,2})?$"}
    return {"anyOf": [text, {"type": "number", "multipleOf": 0.01} | bounds]}


def _bounds(least: Any, most: Any) -> Schema:
    found = {"minimum": least, "maximum": most}
    return {name: float(value) if value % 1 else int(value) for name, value in found.items() if value is not None}


def _rows(field: TableField, language: Language) -> Schema:
    columns: list[AnyField] = list(field.columns)
    return {
        "type": "array",
        "items": _answers(columns, language),
        "minItems": field.min_rows,
        "maxItems": field.max_rows,
    }
