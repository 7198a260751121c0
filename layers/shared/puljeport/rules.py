"""Rules across fields: the closed set of kinds that a call can declare, checked on the values of one application.

A rule whose inputs are missing or were wrong says nothing: the applicant hears of the field itself and not of what
follows from it. `required_if` alone is about what is missing. In a sum, an optional answer left blank counts as
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import JsonValue

from puljeport.calls import (
    AnyField,
    AtMost,
    Before,
    Call,
    ColumnField,
    Condition,
    Distinct,
    RequiredIf,
    Rule,
    SumEquals,
    TableField,
    WordLimit,
)
from puljeport.characters import fold
from puljeport.problems import Problem, problem
from puljeport.texts import Text


@dataclass(frozen=True, slots=True)
class _Answers:
    """One application's values beside the fields they answer, and the ids of what was answered but wrong."""

    fields: Mapping[str, AnyField]
    values: Mapping[str, JsonValue]
    wrong: frozenset[str]

    def number(self, field_id: str) -> Decimal | None:
        """The number in a field, zero for an optional field left blank, None where it is missing or wrong."""
        return self._number(field_id, self.fields[field_id], self.values.get(field_id))

    def column(self, table_id: str, column_id: str) -> list[JsonValue] | None:
        """A table's answers in one column, None for each blank; None where the table is missing or a cell wrong."""
        rows = self.values.get(table_id)
        if not isinstance(rows, list) or {table_id, f"{table_id}.{column_id}"} & self.wrong:
            return None
        return [row.get(column_id) if isinstance(row, dict) else None for row in rows]

    def numbers(self, table_id: str, column_id: str) -> list[Decimal | None]:
        """A column's numbers by the rule of `number`."""
        column = self.column_field(table_id, column_id)
        cells = self.column(table_id, column_id)
        return [None] if cells is None else [self._number(f"{table_id}.{column_id}", column, cell) for cell in cells]

    def column_field(self, table_id: str, column_id: str) -> ColumnField:
        """The definition of a table's column."""
        table = self.fields[table_id]
        columns = table.columns if isinstance(table, TableField) else ()
        return next(column for column in columns if column.id == column_id)

    def _number(self, where: str, field: AnyField, value: JsonValue) -> Decimal | None:
        if where in self.wrong or (value is None and field.required):
            return None
        return Decimal(0) if value is None else Decimal(str(value))


def check(call: Call, values: Mapping[str, JsonValue], wrong: frozenset[str] = frozenset()) -> list[Problem]:
    """The problems that the call's rules find in `values`, in the order of the rules.

    `wrong` names what was answered but could not be taken (`field`, or `table.column`); problems have no place yet.
    """
    answers = _Answers(call.form.fields, values, wrong)
    return [found for rule in call.rules for found in _CHECKS[rule.kind](rule, answers)]


def _broken(rule: Rule, field_id: str, label: Text) -> Problem:
    return problem(f"rule_{rule.kind}", field=field_id, label=label, message=rule.message)


def _holds(condition: Condition, answers: _Answers) -> bool:
    value = answers.values.get(condition.field)
    if value is None or condition.field in answers.wrong:
        return False
    if condition.equals is None:
        return True
    if isinstance(value, list):
        return condition.equals in value
    # True is not 1 here, though Python finds them equal.
    return type(value) is type(condition.equals) and value == condition.equals


def _required_if(rule: RequiredIf, answers: _Answers) -> Iterator[Problem]:
    field = answers.fields[rule.field]
    value = answers.values.get(rule.field)
    unanswered = value in (None, "", []) or (field.type == "declaration" and value is False)
    if unanswered and rule.field not in answers.wrong and _holds(rule.when, answers):
        yield _broken(rule, field.id, field.label)


def _distinct(rule: Distinct, answers: _Answers) -> Iterator[Problem]:
    if rule.table is not None and rule.column is not None:
        label = answers.column_field(rule.table, rule.column).label
        cells = answers.column(rule.table, rule.column) or []
        given = [(f"{rule.table}[{row}].{rule.column}", label, cell) for row, cell in enumerate(cells, 1)]
    else:
        fields = [answers.fields[field_id] for field_id in rule.fields or () if field_id not in answers.wrong]
        given = [(field.id, field.label, answers.values.get(field.id)) for field in fields]
    seen = set()
    for where, label, value in given:
        if value is None:
            continue
        key = fold(str(value))
        if key in seen:
            yield _broken(rule, where, label)
        seen.add(key)


def _before(rule: Before, answers: _Answers) -> Iterator[Problem]:
    days = [answers.values.get(field_id) for field_id in (rule.earlier, rule.later) if field_id not in answers.wrong]
    earlier, later = [date.fromisoformat(day) if isinstance(day, str) else None for day in (*days, None, None)[:2]]
    if earlier is None or later is None:
        return
    if earlier > later or (earlier == later and not rule.or_same_day):
        yield _broken(rule, rule.later, answers.fields[rule.later].label)


def _sum_equals(rule: SumEquals, answers: _Answers) -> Iterator[Problem]:
    if rule.table is not None and rule.column is not None:
        parts = answers.numbers(rule.table, rule.column)
    else:
        parts = [answers.number(field_id) for field_id in rule.fields or ()]
    known = [part for part in parts if part is not None]
    total = answers.number(rule.total) if rule.total in answers.values else None
    if total is not None and len(known) == len(parts) and sum(known) != total:
        yield _broken(rule, rule.total, answers.fields[rule.total].label)


def _at_most(rule: AtMost, answers: _Answers) -> Iterator[Problem]:
    value = answers.number(rule.field) if rule.field in answers.values else None
    limit = rule.limit
    if rule.of is not None and rule.percent is not None:
        whole = answers.number(rule.of) if rule.of in answers.values else None
        limit = None if whole is None else whole * rule.percent / 100
    if value is not None and limit is not None and value > limit:
        yield _broken(rule, rule.field, answers.fields[rule.field].label)


def _word_limit(rule: WordLimit, answers: _Answers) -> Iterator[Problem]:
    value = answers.values.get(rule.field)
    if isinstance(value, str) and rule.field not in answers.wrong and len(value.split()) > rule.words:
        yield _broken(rule, rule.field, answers.fields[rule.field].label)


_CHECKS: dict[str, Callable[[Any, _Answers], Iterator[Problem]]] = {
    "required_if": _required_if,
    "distinct": _distinct,
    "before": _before,
    "sum_equals": _sum_equals,
    "at_most": _at_most,
    "word_limit": _word_limit,
}
