"""Applications: from the texts of one file to typed values, with everything that is wrong found at once.

What counts: a field answered in two places by equally strong names and with different texts is an error, and neither is
kept; by a weaker name (a label, where another place has the field's own tag) it is a warning, and the stronger is kept.
A text that is too long, a table with too many rows and any wrong value are left out of `values`, whole: nobody should
decide on a text cut short.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from puljeport import choices, rules
from puljeport.calls import AnyField, Call, ChoiceField, MultiChoiceField, TableField
from puljeport.characters import clean, fold, quote
from puljeport.fields import format_value, is_empty, noted, parse, tick
from puljeport.matching import STRENGTH, Hit, Matched, TableHit, filled_rows, match
from puljeport.problems import Note, Problem, Severity, problem
from puljeport.rawforms import RawCell, RawForm, RawTable
from puljeport.texts import Language, Text

MAX_VALUES_KB = 240
"""Of the values as JSON in UTF-8. A DynamoDB item may hold 400 kB, and a hundred problems must fit in beside them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file says: the answered fields' values by id, and all problems in the order of the form, then the rules.

    `applicant` is the key of `one_per`; `applicant_name` is for people. Both None where the file does not tell.
    `language` is the one that the form's questions are written in.
    """

    values: dict[str, JsonValue]
    problems: tuple[Problem, ...]
    applicant: str | None = None
    applicant_name: str | None = None
    language: Language = "da"

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that must be corrected before the application counts."""
        return tuple(found for found in self.problems if found.severity is Severity.ERROR)

    @property
    def has_errors(self) -> bool:
        """Whether anything must be corrected."""
        return bool(self.errors)


@dataclass(slots=True)
class Draft:
    """A reading under way. `places`: where each answer stands; `wrong`: ids that rules must not build on."""

    values: dict[str, JsonValue] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Text] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)

    def take(self, field_id: str, value: JsonValue, problems: Sequence[Problem]) -> None:
        """Keep a field's value, unless there is none, and its problems."""
        self.problems += problems
        if value is not None:
            self.values[field_id] = value
        if any(found.severity is Severity.ERROR for found in problems):
            self.wrong.add(field_id)


def read_application(call: Call, raw: RawForm) -> Reading:
    """The application to `call` in `raw`. Never raises for anything that a file can hold."""
    found = match(call, raw)
    if (nothing := nothing_to_read(call, raw, found)) is not None:
        return Reading({}, (nothing,), language=found.language)
    return concluded(call, drafted(call, found), found)


def nothing_to_read(call: Call, raw: RawForm, found: Matched) -> Problem | None:
    """Why a file is no application at all: of another call, no form of this one, or not filled in."""
    if raw.call is not None and raw.call != call.id:
        return problem("other_call", found=quote(raw.call) or "?", call=call.title)
    if not found.recognised:
        return problem("printed_not_our_form" if raw.printed else "not_our_form", call=call.title)
    return problem("empty_form") if found.blank else None


def drafted(call: Call, found: Matched) -> Draft:
    """Every field of the call as far as the file answers it, before the rules."""
    draft = Draft()
    for each in call.form.fields.values():
        if isinstance(each, TableField) and each.id in found.tables:
            _read_table(draft, each, found.tables[each.id])
        else:
            _read_single(draft, each, found)
    return draft


def _placed(draft: Draft, broken: Problem) -> Problem:
    return broken.model_copy(update={"place": draft.places.get(broken.field or "")})


def concluded(call: Call, draft: Draft, found: Matched) -> Reading:
    """The reading that a draft comes to, with what breaks the call's rules."""
    broken = rules.check(call, draft.values, frozenset(draft.wrong))
    problems = [*found.doubts, *draft.problems, *(_placed(draft, each) for each in broken), *found.unknown]
    key = draft.values.get(call.one_per)
    applicant = None if key is None else str(key)
    name = _applicant_name(call, draft.values)
    values = draft.values
    if len(json.dumps(values, ensure_ascii=False).encode()) > MAX_VALUES_KB * 1000:
        values = {}
        problems.append(problem("too_much_text", limit_kb=MAX_VALUES_KB))
    return Reading(values, tuple(problems), applicant, name, found.language)


def _applicant_name(call: Call, values: dict[str, JsonValue]) -> str | None:
    named_by = call.applicant_name or call.one_per
    if call.applicant_name is None and call.form.fields[call.one_per].type != "municipality":
        return None
    return format_value(call.form.fields[named_by], values.get(named_by), "da") or None


# -- single fields ---------------------------------------------------------------------------------------------------


def _read_single(draft: Draft, asked: AnyField, found: Matched) -> None:
    hits = found.hits.get(asked.id, [])
    if hits:
        draft.places[asked.id] = hits[0].cell.place
    if isinstance(asked, ChoiceField | MultiChoiceField) and any(hit.choice for hit in hits):
        _read_boxes(draft, asked, hits)
    else:
        _read_text(draft, asked, hits)
    if asked.id not in draft.values and asked.id not in draft.wrong:
        _report_missing(draft, asked)


def _report_missing(draft: Draft, asked: AnyField) -> None:
    place = draft.places.get(asked.id)
    if isinstance(asked, TableField) and asked.min_rows > 0:
        draft.problems.append(noted(asked, Note("too_few_rows", {"count": 0, "minimum": asked.min_rows}), place))
    elif asked.required:
        code = "declaration_missing" if asked.type == "declaration" else "missing"
        draft.problems.append(noted(asked, Note(code), place))


def _read_text(draft: Draft, asked: AnyField, hits: list[Hit]) -> None:
    filled = sorted((hit for hit in hits if not is_empty(hit.cell.text)), key=lambda hit: STRENGTH[hit.way])
    if not filled:
        # An unticked box is an answer to a yes/no, and none elsewhere.
        filled = [hit for hit in hits if clean(hit.cell.text)[0]][:1] if asked.type in ("yes_no", "declaration") else []
    if not filled:
        return
    used = filled[0].cell
    draft.places[asked.id] = used.place
    differing = [hit for hit in filled[1:] if _same(hit.cell.text) != _same(used.text)]
    rivals = [hit for hit in differing if hit.way is filled[0].way]
    if rivals:
        twice = Note("found_twice", {"other": used.place})
        draft.take(asked.id, None, [noted(asked, twice, rivals[0].cell.place)])
        return
    said = [noted(asked, Note("found_elsewhere", {"used": used.place}), hit.cell.place) for hit in differing[:1]]
    parsed = parse(asked, used)
    draft.take(asked.id, parsed.value, [*parsed.problems, *said])


def _same(text: str) -> str:
    return " ".join(clean(text)[0].split())


def _read_boxes(draft: Draft, asked: ChoiceField | MultiChoiceField, hits: list[Hit]) -> None:
    """Boxes of their own for the options, and perhaps a text that names more of them."""
    chosen: set[str] = set()
    problems: list[Problem] = []
    for hit in hits:
        if is_empty(hit.cell.text):
            continue
        if hit.choice is None:
            parsed = parse(asked, hit.cell)
            problems += parsed.problems
            chosen |= {str(option) for option in (parsed.value if isinstance(parsed.value, list) else [])}
        elif (ticked := _ticked(asked, hit.choice, hit.cell)) is None:
            problems.append(noted(asked, Note("yes_no_format"), hit.cell.place))
        elif ticked:
            chosen.add(hit.choice)
    value, notes = choices.in_order(asked, chosen)
    problems += [noted(asked, note, draft.places[asked.id]) for note in notes]
    wrong = any(found.severity is Severity.ERROR for found in problems)
    draft.take(asked.id, None if wrong else value, problems)


def _ticked(asked: ChoiceField | MultiChoiceField, option: str, cell: RawCell) -> bool | None:
    """Whether the box of `option` is ticked; writing the option's own name beside it ticks it too."""
    labels = next((each.label for each in asked.choices if each.id == option), None)
    if labels is not None and fold(cell.text[:500]) in (fold(labels.da), fold(labels.get("en"))):
        return True
    return tick(cell.text)


# -- tables ----------------------------------------------------------------------------------------------------------


def _read_table(draft: Draft, asked: TableField, hits: list[TableHit]) -> None:
    filled = sorted((hit for hit in hits if filled_rows(hit.table)), key=lambda hit: STRENGTH[hit.way])
    used = (filled or hits)[0]
    draft.places[asked.id] = used.table.place
    differing = [hit for hit in filled[1:] if _texts(hit.table) != _texts(used.table)]
    if differing:
        twice = Note("found_twice", {"other": used.table.place})
        draft.take(asked.id, None, [noted(asked, twice, differing[0].table.place)])
        return
    rows = filled_rows(used.table)
    values: list[JsonValue] = []
    problems: list[Problem] = []
    for number, cells in enumerate(rows[: asked.max_rows], 1):
        values.append(_read_row(draft, asked, number, _by_column(used, cells), problems))
    if rows and len(rows) < asked.min_rows:
        few = Note("too_few_rows", {"count": len(rows), "minimum": asked.min_rows})
        problems.append(noted(asked, few, used.table.place))
    if len(rows) > asked.max_rows:
        many = Note("too_many_rows", {"count": len(rows), "maximum": asked.max_rows})
        draft.take(asked.id, None, [*problems, noted(asked, many, used.table.place)])
        return
    draft.problems += problems
    if values:
        draft.values[asked.id] = values
    else:
        _report_missing(draft, asked)


def _texts(table: RawTable) -> list[list[str]]:
    return [[_same(cell.text) for cell in row] for row in filled_rows(table)]


def _by_column(hit: TableHit, cells: tuple[RawCell, ...]) -> dict[str, list[RawCell]]:
    row: dict[str, list[RawCell]] = {}
    for column, cell in zip(hit.columns, cells, strict=False):
        if column is not None:
            row.setdefault(column, []).append(cell)
    return row


def _read_row(
    draft: Draft, asked: TableField, number: int, cells: dict[str, list[RawCell]], problems: list[Problem]
) -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = {}
    for column in asked.columns:
        where = f"{asked.id}[{number}].{column.id}"
        value, found = _read_cell(column, cells.get(column.id, []), draft.places, where)
        problems += [each.model_copy(update={"field": where}) for each in found]
        if any(each.severity is Severity.ERROR for each in found):
            draft.wrong.add(f"{asked.id}.{column.id}")
        elif value is not None:
            row[column.id] = value
    return row


def _read_cell(
    column: AnyField, cells: list[RawCell], places: dict[str, Text], where: str
) -> tuple[JsonValue, tuple[Problem, ...]]:
    filled = [cell for cell in cells if clean(cell.text)[0]]
    if not filled:
        place = cells[0].place if cells else None
        return None, (noted(column, Note("missing"), place),) if column.required else ()
    places[where] = filled[0].place
    rival = next((cell for cell in filled[1:] if _same(cell.text) != _same(filled[0].text)), None)
    if rival is not None:
        return None, (noted(column, Note("found_twice", {"other": filled[0].place}), rival.place),)
    parsed = parse(column, filled[0])
    return parsed.value, parsed.problems
