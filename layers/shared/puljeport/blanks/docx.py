"""The blank as a Word document: made to be filled in with Word or LibreOffice, and to be found again by `readers.docx`.

Every answer is marked four times (control, bookmark, hidden id, label in the cell before): no program keeps all four.
The document is not protected: under Word's protection for forms nobody can add a row or check spelling, and LibreOffice
lets nobody write. Instead the controls are locked against deletion.
python-docx was considered: its default template brings an American theme, a picture and 160 styles, and it knows
neither content controls nor custom properties. What a form needs is eleven small parts, the same every time.
"""

from __future__ import annotations

from itertools import groupby

from lxml import etree

from puljeport import marks, municipalities
from puljeport.blanks import wordstyles
from puljeport.blanks.wordings import closing, words
from puljeport.blanks.wordxml import (
    MC,
    NOTHING,
    Element,
    R,
    bookmarked,
    cell,
    check_box,
    control,
    date_kind,
    field,
    kept,
    list_kind,
    named,
    paragraph,
    row,
    run,
    table,
    text_kind,
    w,
)
from puljeport.calls import (
    AnyField,
    Call,
    Choice,
    ChoiceField,
    ColumnField,
    DeclarationField,
    LongTextField,
    MultiChoiceField,
    Section,
    TableField,
)
from puljeport.guidance import guidance
from puljeport.texts import Language, Text

LABEL_WIDTH, ANSWER_WIDTH, TICK_WIDTH = 3289, 5215, 907
WIDTH = LABEL_WIDTH + ANSWER_WIDTH + TICK_WIDTH
_GRID = [LABEL_WIDTH, ANSWER_WIDTH, TICK_WIDTH]
_LONG_TEXT_HEIGHT, _ROW_HEIGHT = 1700, 454
_LOCALES: dict[Language, str] = {"da": "da-DK", "en": "en-GB"}
_WEIGHTS = {"integer": 2, "amount": 3, "date": 3, "yes_no": 2, "phone": 3, "cvr": 3}
_WEIGHT = 5


def make(call: Call, version: int, language: Language, *, upload_hint: Text | None = None) -> bytes:
    """The blank of `call` in `language`, as a DOCX file that names the call and the `version` of its definition.

    `upload_hint` says how the filled-in form is sent; without it, that it is sent on the call's page. The same input
    gives the same bytes.
    """
    page = _Page(language)
    body = w("body", *page.front(call, upload_hint))
    for number, section in enumerate(call.form.sections, 1):
        body.extend(page.section(number, section))
    body.append(_layout())
    document = w("document", body)
    document.set(f"{{{MC}}}Ignorable", "w14")
    stamp = f"{call.id}@{version}"
    title = call.title.get(language)
    about = {
        "title": f"{words('form', language)}: {title}",
        "author": call.administered_by.get(language),
        "locale": _LOCALES[language],
        "stamp": stamp,
    }
    properties = {marks.CALL_PROPERTY: call.id, marks.VERSION_PROPERTY: str(version)}
    footer = page.footer(call, version)
    return wordstyles.package(_bytes(document), _bytes(footer), about, properties, call.last_updated.isoformat())


def _bytes(element: Element) -> bytes:
    etree.cleanup_namespaces(element, keep_ns_prefixes=["w14", "mc", "r"])
    return etree.tostring(element, xml_declaration=True, encoding="UTF-8", standalone=True)


def _layout() -> Element:
    footer = w("footerReference", type="default")
    footer.set(f"{{{R}}}id", wordstyles.FOOTER_RELATIONSHIP)
    side = (11906 - WIDTH) // 2
    return w(
        "sectPr",
        footer,
        w("pgSz", w=11906, h=16838),
        w("pgMar", top=1134, right=side, bottom=1134, left=side, header=567, footer=510, gutter=0),
    )


class _Page:
    """Writes the parts of the document in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def _say(self, text: Text) -> str:
        return text.get(self._language)

    # -- the top of the first page, and the foot of each --

    def front(self, call: Call, upload_hint: Text | None) -> list[Element]:
        say, language = self._say, self._language
        questions = ", ".join(dict.fromkeys(contact.email for contact in call.contacts if contact.role != "operations"))
        facts = [
            (words("deadline", language), closing(call, language)),
            (words("who", language), say(call.who_can_apply.text)),
            (words("questions", language), questions),
        ]
        sending = say(upload_hint) if upload_hint else words("sending", language)
        return [
            paragraph("Agency", run(say(call.administered_by))),
            paragraph("Title", run(say(call.title))),
            paragraph("Subtitle", run(words("form", language))),
            *(
                paragraph("Fact", run(f"{name}\t", "FactName"), run(fact, None if index else "Strong"))
                for index, (name, fact) in enumerate(facts)
                if fact
            ),
            paragraph("Heading2", run(words("how", language))),
            paragraph("Step", run(words("fill", language))),
            paragraph("Step", *self._required_step()),
            paragraph("Step", run(words("keep", language))),
            paragraph("Step", run(sending)),
            *self._paragraphs("Intro", call.form.intro),
        ]

    def _required_step(self) -> list[Element]:
        before, after = words("required", self._language).split(marks.REQUIRED_MARK)
        return [run(before), run(marks.REQUIRED_MARK, "Required"), run(after)]

    def _paragraphs(self, style: str, text: Text | None) -> list[Element]:
        lines = self._say(text).split("\n") if text else []
        return [paragraph(style, run(" ".join(line.split()))) for line in lines if line.strip()]

    def footer(self, call: Call, version: int) -> Element:
        before, between = words("page", self._language).split("|")
        about = f"{self._say(call.title)}\u2002·\u2002{call.id}, version {version}"
        if len(about) > 90:
            about = f"{call.id}, version {version}"
        return w(
            "ftr",
            paragraph("Footer", run(f"{about}\t{before}"), *field("PAGE"), run(between), *field("NUMPAGES")),
        )

    # -- sections --

    def section(self, number: int, section: Section) -> list[Element]:
        title = self._say(section.title)
        result = [paragraph("Heading1", run(f"{number}. {title}")), *self._paragraphs("Normal", section.intro)]
        for repeats, fields in groupby(section.fields, lambda item: isinstance(item, TableField)):
            if repeats:
                for item in fields:
                    result.extend(self._rows(item))  # type: ignore[arg-type]
            else:
                rows = [line for item in fields for line in self._answer(item)]
                result.extend([table("Answers", _GRID, rows, title), paragraph("Gap")])
        return result

    def _label(self, item: AnyField, style: str = "Label") -> list[Element]:
        mark = run(f"\u00a0{marks.REQUIRED_MARK}", "Required") if item.required else None
        lines = [self._say(item.help) if item.help else "", guidance(item, self._language)]
        help_ = " ".join(" ".join(lines).split())
        return [
            paragraph(style, run(self._say(item.label)), mark),
            *([paragraph("Help", run(help_))] if help_ else ()),
        ]

    # -- single answers --

    def _answer(self, item: AnyField) -> list[Element]:
        """The rows of one field: label beside answer, or above it where the answer needs the width."""
        if isinstance(item, DeclarationField):
            tick = paragraph("AnswerTick", *named(item.id, check_box(item.id, self._say(item.label))))
            declared = [*self._label(item), *self._paragraphs("Declared", item.text)]
            return [
                row(
                    cell(LABEL_WIDTH + ANSWER_WIDTH, *declared, span=2),
                    cell(TICK_WIDTH, tick, tint=True, check=True),
                )
            ]
        label, answer = self._label(item), self._written(item)
        if isinstance(item, LongTextField):
            return [
                row(cell(WIDTH, *kept(label), span=3)),
                row(cell(WIDTH, *answer, span=3, tint=True), height=_LONG_TEXT_HEIGHT, may_break=True),
            ]
        if isinstance(item, ChoiceField) and any(choice.description for choice in item.choices):
            return [
                row(cell(WIDTH, *kept([*label, *self._described(item)]), span=3)),
                row(cell(WIDTH, *answer, span=3, tint=True)),
            ]
        beside = cell(ANSWER_WIDTH + TICK_WIDTH, *answer, span=2, tint=True)
        return [row(cell(LABEL_WIDTH, *label), beside, height=_ROW_HEIGHT)]

    def _described(self, item: ChoiceField) -> list[Element]:
        return [
            paragraph("Option", run(self._say(choice.label), "Strong"), run(f": {self._say(choice.description)}"))
            if choice.description
            else paragraph("Option", run(self._say(choice.label), "Strong"))
            for choice in item.choices
        ]

    def _written(self, item: AnyField) -> list[Element]:
        if isinstance(item, MultiChoiceField):
            return [line for choice in item.choices for line in self._option(f"{item.id}.{choice.id}", choice)]
        return [paragraph("Answer", *named(item.id, self._control(item, item.id, self._shown(item))))]

    def _option(self, key: str, choice: Choice) -> list[Element]:
        label = self._say(choice.label)
        ticked = paragraph("AnswerOption", *named(key, check_box(key, label)), run(f"\t{label}"))
        return [ticked, *self._paragraphs("OptionHelp", choice.description)]

    def _shown(self, item: AnyField) -> str:
        texts = marks.PLACEHOLDERS[self._language]
        return texts.get(item.type, texts["choice"] if item.type == "yes_no" else texts["text"])

    def _control(self, item: AnyField, key: str, shown: str, *, locked: bool = True) -> Element:
        if item.type == "date":
            kind = date_kind(_LOCALES[self._language])
        elif isinstance(item, ChoiceField):
            kind = list_kind((choice.id, self._say(choice.label)) for choice in item.choices)
        elif item.type == "municipality" and locked:
            kind = list_kind(((each.name, each.name) for each in municipalities.in_order()), open_ended=True)
        elif item.type == "yes_no":
            kind = list_kind((answer, words(answer, self._language)) for answer in ("yes", "no"))
        else:
            kind = text_kind(lines=isinstance(item, LongTextField))
        return control(key, self._say(item.label), kind, shown, locked=locked)

    # -- tables of rows --

    def _rows(self, item: TableField) -> list[Element]:
        weights = [_WEIGHTS.get(column.type, _WEIGHT) for column in item.columns]
        widths = [WIDTH * weight // sum(weights) for weight in weights]
        widths[-1] += WIDTH - sum(widths)
        head = row(
            *(self._head(item, column, width) for column, width in zip(item.columns, widths, strict=True)), header=True
        )
        body = [
            row(
                *(
                    cell(width, paragraph("Answer", *self._row_control(item, column, number)), tint=True)
                    for column, width in zip(item.columns, widths, strict=True)
                ),
                height=_ROW_HEIGHT,
            )
            for number in range(1, item.blank_rows + 1)
        ]
        return [
            *kept(self._label(item, "TableLabel")),
            table("Rows", widths, [head, *body], self._say(item.label)),
            paragraph("Gap"),
        ]

    def _head(self, item: TableField, column: ColumnField, width: int) -> Element:
        mark = run(f"\u00a0{marks.REQUIRED_MARK}") if column.required else None
        name = named(f"{item.id}.{column.id}.0", run(self._say(column.label)))
        filled = cell(width, paragraph("ColumnHead", *name, mark), *self._paragraphs("ColumnHelp", column.help))
        shade = w("shd", val="clear", color="auto", fill=wordstyles.ACCENT)
        filled[0].append(shade)
        return filled

    def _row_control(self, item: TableField, column: ColumnField, number: int) -> list[Element]:
        key = f"{item.id}.{column.id}.{number}"
        chosen = isinstance(column, ChoiceField) or column.type == "yes_no"
        shown = marks.PLACEHOLDERS[self._language]["choice"] if chosen else NOTHING
        return bookmarked(key, self._control(column, key, shown, locked=False))
