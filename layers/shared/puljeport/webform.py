"""The web form: the same definition as a page to fill in, and the same application as a file would be.

Answers are kept as they were written, by field id: a text; of a choice the option's id; of a multiple choice a list of
ids; of a table a list of rows from column to text, empty rows too, so that rows stay where they are seen. They become
the form as JSON (`document`), which is read as every other file is: what is wrong with an answer is said in the same
words here, in a check, and of an upload.

Names of inputs are the field's id, or `table.row.column` with rows from 1. `table.rows` says how many rows there were.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from puljeport.applications import Reading, concluded, drafted
from puljeport.calls import AnyField, Call, ChoiceField, MultiChoiceField, TableField
from puljeport.fields import format_value, is_empty
from puljeport.forms import ColumnField, Section
from puljeport.matching import match
from puljeport.problems import Problem, Severity
from puljeport.readers import jsonform
from puljeport.texts import Language
from puljeport.versions import unchanged

MOST_ROWS = 500
"""Rows of a table that are taken from a page, as many as any definition may allow."""
YES, NO = "ja", "nej"
"""What the page says for a tick, and for yes and no."""

type Posted = Mapping[str, Sequence[str]]
"""What a browser sent: every value under each name."""
type Answers = dict[str, JsonValue]


# -- from the page ---------------------------------------------------------------------------------------------------


def take(section: Section, posted: Posted) -> Answers:
    """The answers to a section as they were written, without those left empty. Other names are passed over."""
    taken = {field.id: _taken(field, posted) for field in section.fields}
    return {name: answer for name, answer in taken.items() if answer not in ("", [])}


def _taken(field: AnyField, posted: Posted) -> JsonValue:
    if isinstance(field, TableField):
        rows: list[JsonValue] = [_row(field, number, posted) for number in range(1, _rows(field, posted) + 1)]
        return rows if any(rows) or len(rows) > _fewest(field) else []
    if isinstance(field, MultiChoiceField):
        ticked = posted.get(field.id, ())
        return [option.id for option in field.choices if option.id in ticked]
    return _text(posted, field.id)


def _rows(field: TableField, posted: Posted) -> int:
    written = _text(posted, f"{field.id}.rows")
    return min(int(written), MOST_ROWS) if written.isascii() and written.isdigit() and len(written) < 10 else 0


def _row(field: TableField, number: int, posted: Posted) -> dict[str, JsonValue]:
    row = {column.id: _text(posted, f"{field.id}.{number}.{column.id}") for column in field.columns}
    return {name: text for name, text in row.items() if text}


def _text(posted: Posted, name: str) -> str:
    """Line breaks as one character (a browser sends two), and without NUL, which JSON forms may not hold."""
    values = posted.get(name, ())
    return values[-1].replace("\r\n", "\n").replace("\r", "\n").replace("\0", "") if values else ""


def with_row(answers: Answers, table: TableField) -> Answers:
    """The answers with one more empty row in a table, unless it is full."""
    rows = shown_rows(table, answers)
    return answers | {table.id: [*rows, {}]} if len(rows) < table.max_rows else answers


def without_row(answers: Answers, table: TableField, number: int) -> Answers:
    """The answers without a row of a table (from 1); without one that is not there nothing changes."""
    rows = shown_rows(table, answers)
    return answers | {table.id: [row for index, row in enumerate(rows, 1) if index != number]}


def shown_rows(table: TableField, answers: Answers) -> list[JsonValue]:
    """The rows of a table as the page has them: never fewer than are asked for, and never none."""
    given = answers.get(table.id)
    rows = list(given) if isinstance(given, list) else []
    return rows + [{}] * (_fewest(table) - len(rows))


def _fewest(table: TableField) -> int:
    return max(1, table.min_rows)


# -- as an application -----------------------------------------------------------------------------------------------


def document(call: Call, version: int, answers: Answers) -> bytes:
    """The answers as our form in JSON: the file that is sent. The same answers always give the same bytes."""
    values = {name: _sent(field, answers[name]) for name, field in call.form.fields.items() if name in answers}
    given = {name: value for name, value in values.items() if value not in ("", [])}
    return json.dumps({"call": call.id, "version": version, "values": given}, ensure_ascii=False).encode()


def _sent(field: AnyField, answer: JsonValue) -> JsonValue:
    if isinstance(field, ChoiceField | MultiChoiceField):
        # By the boxes of the options, in which no label can be taken for another's id.
        chosen = answer if isinstance(answer, list) else [answer]
        return [option.id for option in field.choices if option.id in chosen]
    if isinstance(field, TableField):
        return [row for row in (answer if isinstance(answer, list) else []) if _filled(row)]
    return answer if isinstance(answer, str) else ""


def _filled(row: JsonValue) -> bool:
    return isinstance(row, dict) and any(isinstance(text, str) and not is_empty(text) for text in row.values())


def judged(call: Call, version: int, answers: Answers) -> Reading:
    """What the answers come to as an application, with all that is wrong. An empty form lacks what it must have."""
    found = match(call, jsonform.read(document(call, version, answers)))
    return concluded(call, drafted(call, found), found)


# -- for the page ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """One field, or one cell of a table, as a page shows it.

    `name` is the input's; `answer` as it was written; `read` what we read it as, for people; empty: nothing. `other`
    is what somebody wrote there meanwhile. A table's cells are in `rows`.
    """

    field: AnyField | ColumnField
    name: str
    answer: JsonValue
    read: str = ""
    problems: tuple[Problem, ...] = ()
    rows: tuple[tuple[Question, ...], ...] = ()
    other: str | None = None

    @property
    def id(self) -> str:
        """The id of the input on the page, of the first one where there are several."""
        return "f-" + self.name.replace(".", "-")

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What has to be corrected."""
        return tuple(found for found in self.problems if found.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What somebody should look at."""
        return tuple(found for found in self.problems if found.severity is Severity.WARNING)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One line of the summary of errors: the question it is about (None: the whole form), and its row in a table."""

    problem: Problem
    question: Question | None = None
    row: int | None = None


def questions(
    section: Section, answers: Answers, reading: Reading, language: Language, *, judge: bool = True
) -> tuple[Question, ...]:
    """The questions of a section, with what was answered; what is wrong with it only where it is to be judged."""
    problems: dict[str, list[Problem]] = {}
    for found in reading.problems if judge else ():
        problems.setdefault(found.field or "", []).append(found)
    return tuple(_question(field, answers, reading, problems, language) for field in section.fields)


def _question(
    field: AnyField, answers: Answers, reading: Reading, problems: dict[str, list[Problem]], language: Language
) -> Question:
    found = tuple(problems.get(field.id, ()))
    answer = answers.get(field.id, "")
    read = format_value(field, reading.values.get(field.id), language)
    rows: list[tuple[Question, ...]] = []
    filled = 0
    for number, row in enumerate(shown_rows(field, answers) if isinstance(field, TableField) else (), 1):
        cells: dict[str, JsonValue] = row if isinstance(row, dict) else {}
        filled += _filled(row)
        # Problems count the rows that were filled in; the page has empty ones between them.
        place = f"{field.id}[{filled}]" if _filled(row) else ""
        values = _values(reading, field.id, filled) if _filled(row) else {}
        rows.append(
            tuple(
                Question(
                    column, f"{field.id}.{number}.{column.id}", cells.get(column.id, ""),
                    format_value(column, values.get(column.id), language),
                    tuple(problems.get(f"{place}.{column.id}", ())),
                )
                for column in (field.columns if isinstance(field, TableField) else ())
            )
        )  # fmt: skip
    return Question(field, field.id, answer, read, found, tuple(rows))


def _values(reading: Reading, table: str, number: int) -> Mapping[str, JsonValue]:
    rows = reading.values.get(table)
    row = rows[number - 1] if isinstance(rows, list) and number <= len(rows) else {}
    return row if isinstance(row, dict) else {}


def mistakes(asked: Iterable[Question]) -> tuple[Mistake, ...]:
    """The errors of questions in the order of the page, each with the question that its link leads to."""
    found: list[Mistake] = []
    for question in asked:
        found += [Mistake(each, question) for each in question.errors]
        for number, row in enumerate(question.rows, 1):
            found += [Mistake(each, cell, number) for cell in row for each in cell.errors]
    return tuple(found)


def beside(asked: Sequence[Question], others: Answers, language: Language) -> tuple[Question, ...]:
    """The questions with what somebody else wrote meanwhile, wherever it is another answer."""
    return tuple(
        question if others.get(question.name, "") == question.answer
        else replace(question, other=written(question.field, others.get(question.name, ""), language))
        for question in asked
    )  # fmt: skip


def written(field: AnyField | ColumnField, answer: JsonValue, language: Language) -> str:
    """An answer as people read it: options by their labels, rows one under the other, everything else as it stands."""
    if isinstance(field, TableField):
        rows = [row for row in (answer if isinstance(answer, list) else []) if isinstance(row, dict) and row]
        return "\n".join(_line(field, row, language) for row in rows)
    if isinstance(field, ChoiceField | MultiChoiceField):
        chosen = answer if isinstance(answer, list) else [answer]
        return "; ".join(option.label.get(language) for option in field.choices if option.id in chosen)
    if field.type in ("yes_no", "declaration") and answer in (YES, NO):
        return format_value(field, answer == YES, language)
    if field.type == "municipality":
        return format_value(field, answer, language)
    return str(answer)


def _line(table: TableField, row: Mapping[str, JsonValue], language: Language) -> str:
    cells = ((column, row.get(column.id, "")) for column in table.columns)
    return "; ".join(f"{one.label.get(language)}: {written(one, text, language)}" for one, text in cells if text)


# -- when the call has changed ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Carried:
    """What is different in a call since a form was begun: fields that are new, changed, and gone with their answers."""

    new: tuple[AnyField, ...] = ()
    changed: tuple[AnyField, ...] = ()
    gone: tuple[AnyField, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)


def carried(earlier: Call, current: Call, answers: Answers) -> Carried:
    """What to tell of a form that was begun with `earlier`: answers follow their fields' ids."""
    then, now = earlier.form.fields, current.form.fields
    return Carried(
        new=tuple(field for name, field in now.items() if name not in then),
        changed=tuple(field for name, field in now.items() if name in then and not unchanged(field, then[name])),
        gone=tuple(field for name, field in then.items() if name not in now and name in answers),
    )
