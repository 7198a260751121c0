"""The blank as CSV, for programs and for those who would rather write in columns: found again by `readers.csvform`.

In UTF-8 with a byte order mark and with semicolons: so Excel in Danish opens it as columns and with its letters whole.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from puljeport import marks
from puljeport.blanks.sheetwords import sheet_words
from puljeport.calls import AnyField, Call, MultiChoiceField, TableField
from puljeport.texts import Language


def make(call: Call, version: int, language: Language) -> bytes:
    """The blank of `call` in `language`, as a CSV file that names the call and the `version` of its definition."""
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([sheet_words(key, language) for key in ("id", "question", "answer")])
    writer.writerow(["", marks.CALL_PROPERTY, call.id])
    writer.writerow(["", marks.VERSION_PROPERTY, version])
    for number, section in enumerate(call.form.sections, 1):
        writer.writerow(["", f"{number}. {section.title.get(language)}", ""])
        for item in section.fields:
            writer.writerows(_lines(item, language))
    return text.getvalue().encode("utf-8-sig")


def _lines(item: AnyField, language: Language) -> Iterator[list[str]]:
    label = _label(item, language)
    if isinstance(item, TableField):
        yield ["", "", *(marks.hidden(f"{item.id}.{column.id}.{marks.HEADER}") for column in item.columns)]
        yield ["", label, *(_label(column, language) for column in item.columns)]
        for number in range(1, item.blank_rows + 1):
            yield [item.id, f"{marks.ROW_WORDS[language]} {number}", *("" for _ in item.columns)]
    elif isinstance(item, MultiChoiceField):
        yield ["", f"{label} – {sheet_words('tick', language)}", ""]
        for choice in item.choices:
            yield [f"{item.id}.{choice.id}", choice.label.get(language), ""]
    else:
        yield [item.id, label, ""]


def _label(item: AnyField, language: Language) -> str:
    return item.label.get(language) + (f" {marks.REQUIRED_MARK}" if item.required else "")
