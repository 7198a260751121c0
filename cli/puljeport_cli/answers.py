"""An application's answers as rows for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from puljeport.calls import Call, TableField
from puljeport.fields import format_value
from puljeport.texts import Language


def rows(call: Call, values: Mapping[str, Any], language: Language) -> Iterator[tuple[str, str]]:
    """Label and answer of every answered field, in the order of the form; a table gives a row per row of its own.

    Values of fields that the call does not know (it was changed since) are left out.
    """
    for field in call.form.fields.values():
        value = values.get(field.id)
        if value is None:
            continue
        label = field.label.get(language)
        if isinstance(field, TableField):
            yield from _table_rows(field, label, value, language)
        else:
            yield label, format_value(field, value, language)


def _table_rows(
    field: TableField, label: str, value: list[Mapping[str, Any]], language: Language
) -> Iterator[tuple[str, str]]:
    for number, row in enumerate(value, start=1):
        cells = [
            f"{column.label.get(language)}: {format_value(column, row[column.id], language)}"
            for column in field.columns
            if row.get(column.id) is not None
        ]
        yield f"{label} [{number}]", "\n".join(cells)
