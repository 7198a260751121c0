"""The blank as an Excel workbook: one sheet to fill in, made to be found again by `readers.xlsx` and `readers.ods`.

Every answer is marked three times (defined name, hidden id, label in the cell before): no way of saving loses all. The
sheet is protected without a password, so that only answers can be written and rows inserted; whoever takes the
protection off loses nothing. The lists of the drop-downs stand on a sheet that is not shown, with the call's id.
openpyxl was considered: it writes no text of several formats in one cell, and needs three times as long.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from puljeport import marks
from puljeport.blanks import sheetrules, sheetstyles
from puljeport.blanks.sheetstyles import LABEL_WIDTH, LINE_HEIGHT, SMALL_LINE_HEIGHT, height, lines
from puljeport.blanks.sheetwords import prompt, sheet_words
from puljeport.blanks.wordings import closing, words
from puljeport.calls import (
    AnyField,
    Call,
    ChoiceField,
    DeclarationField,
    LongTextField,
    MultiChoiceField,
    Section,
    SumEquals,
    TableField,
)
from puljeport.guidance import guidance
from puljeport.texts import Language, Text

LISTS = "puljeport"
FIRST_LIST = 3
IDS, LABELS, ANSWERS = 0, 1, 2
_OPTIONS = {
    "insert_rows": True, "format_rows": True, "format_columns": True, "select_locked_cells": True,
    "select_unlocked_cells": True,
}  # fmt: skip


def make(call: Call, version: int, language: Language, *, upload_hint: Text | None = None) -> bytes:
    """The blank of `call` in `language`, as an XLSX file that names the call and the `version` of its definition.

    `upload_hint` says how the filled-in form is sent; without it, that it is sent on the call's page. The same input
    gives the same bytes.
    """
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "dd-mm-yyyy"})
    title = call.title.get(language)
    book.set_properties(
        {
            "title": f"{words('form', language)}: {title}",
            "author": call.administered_by.get(language),
            "keywords": f"{call.id}@{version}",
            "created": datetime.combine(call.last_updated, time(), UTC),
        }
    )
    book.set_custom_property(marks.CALL_PROPERTY, call.id, "text")
    book.set_custom_property(marks.VERSION_PROPERTY, str(version), "text")
    sheet = _Sheet(book, call, language)
    sheet.front(upload_hint)
    for number, section in enumerate(call.form.sections, 1):
        sheet.section(number, section)
    sheet.finish(version)
    book.close()
    return buffer.getvalue()


class _Sheet:
    """Writes the sheet to fill in from the top down, and the lists that it needs."""

    def __init__(self, book: Any, call: Call, language: Language) -> None:
        self._book, self._call, self._language = book, call, language
        self._sheet = book.add_worksheet(sheet_words("sheet", language))
        self._lists = book.add_worksheet(LISTS)
        self._formats: dict[tuple[str, str], Any] = {}
        self._sources: dict[tuple[str, ...], str] = {}
        self._row = 0
        self._first_answer: tuple[int, int] | None = None
        tables = [field for field in call.form.fields.values() if isinstance(field, TableField)]
        self._widths = sheetstyles.column_widths([[column.type for column in table.columns] for table in tables])
        self._last = ANSWERS + len(self._widths) - 1
        self._answers_width = sum(self._widths)
        self._width = LABEL_WIDTH + self._answers_width
        self._summed = {
            (rule.table, rule.column) for rule in call.rules if isinstance(rule, SumEquals) and rule.table is not None
        }

    def _say(self, text: Text | None) -> str:
        return text.get(self._language) if text else ""

    def _style(self, name: str, number_format: str = "") -> Any:
        if (name, number_format) not in self._formats:
            extra = {"num_format": number_format} if number_format else {}
            self._formats[name, number_format] = self._book.add_format(sheetstyles.STYLES[name] | extra)
        return self._formats[name, number_format]

    def _next(self, points: float, *, hidden: bool = False) -> int:
        row = self._row
        self._sheet.set_row(row, points, None, {"hidden": hidden})
        self._row += 1
        return row

    def _rich(self, row: int, column: int, pieces: list[tuple[str, str]], style: str) -> None:
        """A cell with pieces of text (style, text) in it."""
        pieces = [(name, text) for name, text in pieces if text]
        if len(pieces) < 2:
            text = pieces[0][1] if pieces else ""
            bold = self._style(style) if not pieces else self._mixed(style, pieces[0][0])
            self._sheet.write_string(row, column, text, bold)
            return
        flat = [part for name, text in pieces for part in (self._style(name), text)]
        self._sheet.write_rich_string(row, column, *flat, self._style(style))

    def _mixed(self, style: str, inner: str) -> Any:
        key = (f"{style} {inner}", "")
        if key not in self._formats:
            only = {
                name: value for name, value in sheetstyles.STYLES[inner].items() if name.startswith(("font", "bold"))
            }
            self._formats[key] = self._book.add_format(sheetstyles.STYLES[style] | only)
        return self._formats[key]

    def _across(self, text: str, style: str, points: float) -> None:
        """A text over the whole width."""
        row = self._next(points)
        self._sheet.merge_range(row, LABELS, row, self._last, text, self._style(style))

    def _paragraph(self, text: str, style: str = "text", line: float = LINE_HEIGHT) -> None:
        text = "\n".join(" ".join(part.split()) for part in text.split("\n") if part.strip())
        if text:
            self._across(text, style, height(line * lines(text, self._width * LINE_HEIGHT / line)))

    # -- the top --

    def front(self, upload_hint: Text | None) -> None:
        """What the sheet is, until when it is sent, and how it is filled in."""
        call, language = self._call, self._language
        title = self._say(call.title)
        self._across(title, "band", height(24 * lines(title, self._width / 1.75), 10))
        self._across(self._say(call.administered_by), "agency", 26)
        self._across(words("form", language), "subtitle", 25)
        self._next(7)
        questions = ", ".join(dict.fromkeys(each.email for each in call.contacts if each.role != "operations"))
        for name, fact in (
            (words("deadline", language), closing(call, language)),
            (words("who", language), self._say(call.who_can_apply.text)),
            (words("questions", language), questions),
        ):
            self._fact(name, " ".join(fact.split()))
        self._across(words("how", language), "heading", 28)
        sending = self._say(upload_hint) if upload_hint else sheet_words("sending", language)
        steps = [sheet_words(key, language) for key in ("fill", "required", "keep")]
        for number, step in enumerate([*steps, sending], 1):
            self._paragraph(f"{number}. {step}", "step")
        if call.form.intro:
            self._next(7)
            self._paragraph(self._say(call.form.intro))

    def _fact(self, name: str, fact: str) -> None:
        if fact:
            row = self._row
            self._across("", "text", height(LINE_HEIGHT * lines(f"{name}:  {fact}", self._width)) - 2)
            self._rich(row, LABELS, [("fact", f"{name}:  "), ("text", fact)], "text")

    # -- sections and single answers --

    def section(self, number: int, section: Section) -> None:
        """A section with its fields."""
        self._across(f"{number}. {self._say(section.title)}", "section", 40)
        self._next(4)
        self._paragraph(self._say(section.intro))
        for item in section.fields:
            if isinstance(item, TableField):
                self._table(item)
            elif isinstance(item, MultiChoiceField):
                self._options(item)
            else:
                self._field(item)

    def _field(self, item: AnyField) -> None:
        if isinstance(item, DeclarationField):
            self._paragraph(self._say(item.text))
        help_ = self._help(item)
        needed = self._label_height(item, help_)
        if isinstance(item, LongTextField):
            needed = max(needed, min(170.0, LINE_HEIGHT * max(5, item.max_length / self._answers_width * 0.6)))
        row = self._next(needed)
        self._label(row, item, help_, "long_label" if isinstance(item, LongTextField) else "label")
        one_cell = isinstance(item, DeclarationField)
        style = "tick" if one_cell else "long" if isinstance(item, LongTextField) else "answer"
        if not one_cell:
            self._sheet.merge_range(
                row, ANSWERS, row, self._last, "", self._style(style, sheetstyles.number_format(item))
            )
        self._answer(row, ANSWERS, item.id, item, style)
        if isinstance(item, ChoiceField):
            for choice in item.choices:
                if choice.description:
                    text = f"{self._say(choice.label)}: {self._say(choice.description)}"
                    self._paragraph(text, "quiet", SMALL_LINE_HEIGHT)

    def _label_height(self, item: AnyField, help_: str) -> float:
        small = SMALL_LINE_HEIGHT * lines(help_, LABEL_WIDTH * 1.2)
        return max(24.0, height(LINE_HEIGHT * lines(self._say(item.label) + " *", LABEL_WIDTH), small))

    def _help(self, item: AnyField) -> str:
        tick = prompt(item, self._language) if isinstance(item, DeclarationField | MultiChoiceField) else ""
        said = guidance(item, self._language)
        return " ".join(" ".join([self._say(item.help), said, "" if said and tick else tick]).split())

    def _label(self, row: int, item: AnyField, help_: str, style: str = "label") -> None:
        mark = f" {marks.REQUIRED_MARK}" if item.required else ""
        pieces = [("strong", self._say(item.label)), ("required", mark), ("help", f"\n{help_}" if help_ else "")]
        self._rich(row, LABELS, pieces, style)

    def _answer(self, row: int, column: int, key: str, item: AnyField, style: str) -> None:
        self._sheet.write_string(row, IDS, marks.hidden(key), self._style("id"))
        self._sheet.write_blank(row, column, None, self._style(style, sheetstyles.number_format(item)))
        self._name(key, row, column)
        self._validate(row, column, row, column, item)
        self._first_answer = self._first_answer or (row, column)

    def _name(self, key: str, row: int, column: int, end: tuple[int, int] | None = None) -> None:
        area = f"${xl_col_to_name(column)}${row + 1}"
        if end:
            area += f":${xl_col_to_name(end[1])}${end[0] + 1}"
        sheet = sheet_words("sheet", self._language)
        self._book.define_name(marks.defined_name(key), f"='{sheet}'!{area}")

    def _options(self, item: MultiChoiceField) -> None:
        help_ = self._help(item)
        row = self._next(self._label_height(item, help_))
        self._label(row, item, help_)
        for choice in item.choices:
            help_ = " ".join(self._say(choice.description).split())
            needed = height(
                LINE_HEIGHT * lines(self._say(choice.label), LABEL_WIDTH - 3),
                SMALL_LINE_HEIGHT * lines(help_, LABEL_WIDTH),
            )
            row = self._next(max(21.0, needed))
            self._rich(
                row, LABELS, [("text", self._say(choice.label)), ("help", f"\n{help_}" if help_ else "")], "option"
            )
            self._answer(row, ANSWERS, f"{item.id}.{choice.id}", item, "tick")

    # -- tables of rows --

    def _table(self, item: TableField) -> None:
        self._paragraph(self._help(item), "quiet", SMALL_LINE_HEIGHT)
        ids = self._next(0, hidden=True)
        heads = [self._head(column) for column in item.columns]
        needed = max(LINE_HEIGHT * lines(head, width * 0.9) for head, width in zip(heads, self._widths, strict=False))
        label = self._say(item.label)
        header = self._next(max(24.0, height(needed), height(LINE_HEIGHT * lines(label + " *", LABEL_WIDTH))))
        self._label(header, item, "")
        for column, (each, head) in enumerate(zip(item.columns, heads, strict=True), ANSWERS):
            key = f"{item.id}.{each.id}.{marks.HEADER}"
            self._sheet.write_string(ids, column, marks.hidden(key), self._style("id"))
            self._sheet.write_string(header, column, head, self._style("column"))
            self._name(key, header, column)
        first, last = header + 1, header + item.blank_rows
        for number in range(1, item.blank_rows + 1):
            self._body_row(item, number)
        for column, each in enumerate(item.columns, ANSWERS):
            self._validate(first, column, last, column, each)
        self._name(item.id, first, ANSWERS, (last, ANSWERS + len(item.columns) - 1))
        self._first_answer = self._first_answer or (first, ANSWERS)
        self._sums(item, first, last)
        self._next(8)

    def _head(self, column: AnyField) -> str:
        mark = f" {marks.REQUIRED_MARK}" if column.required else ""
        return "\n".join(filter(None, (self._say(column.label) + mark, self._say(column.help))))

    def _body_row(self, item: TableField, number: int) -> None:
        row = self._next(24)
        self._sheet.write_string(row, IDS, marks.hidden(item.id), self._style("id"))
        self._sheet.write_string(row, LABELS, f"{marks.ROW_WORDS[self._language]} {number}", self._style("number"))
        for column, each in enumerate(item.columns, ANSWERS):
            self._sheet.write_blank(row, column, None, self._style("answer", sheetstyles.number_format(each)))

    def _sums(self, item: TableField, first: int, last: int) -> None:
        summed = [
            (column, each) for column, each in enumerate(item.columns, ANSWERS) if (item.id, each.id) in self._summed
        ]
        if not summed:
            return
        row = self._next(24)
        self._sheet.write_string(row, LABELS, marks.SUM_WORDS[self._language], self._style("sum_label"))
        for column, each in summed:
            name, key = xl_col_to_name(column), f"{item.id}.{each.id}.{marks.SUM}"
            self._sheet.write_string(row, IDS, marks.hidden(key), self._style("id"))
            style = self._style("sum", sheetstyles.number_format(each))
            self._sheet.write_formula(row, column, f"=SUM({name}{first + 1}:{name}{last + 1})", style, 0)
            self._name(key, row, column)

    # -- what an answer can be --

    def _validate(self, top: int, left: int, bottom: int, right: int, item: AnyField) -> None:
        rule = sheetrules.rule(item, self._language, self._source)
        if rule is not None:
            self._sheet.data_validation(top, left, bottom, right, rule)

    def _source(self, texts: tuple[str, ...]) -> str:
        """The place of a list of answers, on the sheet that is not shown."""
        if texts not in self._sources:
            column = FIRST_LIST + len(self._sources)
            for row, text in enumerate(texts):
                self._lists.write_string(row, column, text)
            name = xl_col_to_name(column)
            self._sources[texts] = f"={LISTS}!${name}$1:${name}${len(texts)}"
        return self._sources[texts]

    # -- the whole --

    def finish(self, version: int) -> None:
        """Set up the page, say which call it is of, and protect what is not an answer."""
        call, sheet = self._call, self._sheet
        for row, (name, value) in enumerate(((marks.CALL_PROPERTY, call.id), (marks.VERSION_PROPERTY, str(version)))):
            self._lists.write_string(row, 0, name)
            self._lists.write_string(row, 1, value)
        self._lists.hide()
        self._lists.protect()
        sheet.set_column(IDS, IDS, 12, None, {"hidden": True})
        sheet.set_column(LABELS, LABELS, LABEL_WIDTH)
        for index, width in enumerate(self._widths, ANSWERS):
            sheet.set_column(index, index, width)
        sheet.hide_gridlines(2)
        sheet.freeze_panes(1, 0)
        sheet.protect("", _OPTIONS)
        if self._first_answer:
            sheet.set_selection(*self._first_answer, *self._first_answer)
        sheet.set_paper(9)
        sheet.set_margins(left=0.6, right=0.6, top=0.6, bottom=0.75)
        sheet.fit_to_pages(1, 0)
        sheet.center_horizontally()
        sheet.print_area(0, LABELS, self._row - 1, self._last)
        before, between = words("page", self._language).split("|")
        about = f"{call.id}, version {version}".replace("&", "&&")
        sheet.set_footer(f"&L&8{about}&R&8{before}&P{between}&N")
        self._book.set_calc_mode("auto")
