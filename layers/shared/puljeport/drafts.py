"""Drafts: a call definition begun from a form that an agency has already, a Word file without our marks.

The form is seen as `readers` will see it when it comes back filled in: by the labels of its tables, under its headings.
So what the draft asks for is what can be read. Types are guessed from the labels' words; every guess is said in the
draft, and what only the officer knows is left empty, where `call check` asks for it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from puljeport.characters import fold
from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.rawforms import Way
from puljeport.readers import docx
from puljeport.readers.labels import show
from puljeport.readers.package import Package
from puljeport.readers.pageform import PageForm
from puljeport.readers.slots import Slot
from puljeport.readers.wordparts import word_text
from puljeport.readers.wordtext import MAX_ELEMENTS, Paragraph, Row

LONGEST_ID = 40
_BOXES = re.compile("[☐☒☑]([^☐☒☑]*)")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_REQUIRED = re.compile(r"\*\s*$|\((?:skal udfyldes|obligatorisk|påkrævet|required|mandatory)\)", re.IGNORECASE)
_NUMBERED = re.compile(r"^\d{1,3}[.)]?\s+")
_YES_NO = [{"ja", "nej"}, {"yes", "no"}]

# The first that a label's words fit. Order matters: "dato for bevilget beløb" is a date, "antal kommuner" a number.
_TYPES = (
    ("email", r"\be-?mail|\bmail\b"),
    ("phone", r"\btelefon|\btlf\b|\bmobil|\bphone"),
    ("cvr", r"\bcvr"),
    ("url", r"\bhjemmeside|\bwebsted|\bwebsite|\burl\b|\blink\b"),
    ("date", r"\bdato|\bdate\b|startdato|slutdato|\bden \(dd"),
    ("integer", r"\bantal|\bhvor mange|\bnumber of|\bhow many"),
    ("amount", r"beløb|\bkr\b|kroner|\bbudget|udgift|\bamount|ansøgt støtte|tilskud"),
    ("municipality", r"^(?:ansøgende )?kommunen?\b|^municipality\b|kommunens navn"),
    ("attachment", r"\bbilag\b|vedlagt|vedlæg|\battachment"),
    (
        "long_text",
        r"beskriv|begrund|redegør|formål|baggrund|hvorfor|hvordan|målgruppe|aktiviteter|describe|explain|why\b",
    ),
)
_GUESSES = tuple((kind, re.compile(words)) for kind, words in _TYPES)
_IN_TABLES = frozenset({"email", "phone", "cvr", "url", "date", "integer", "amount", "municipality"})


@dataclass(slots=True)
class Guess:
    """One field of the draft: its id, label, type, whether it must be answered, and how the type was found."""

    id: str
    label: str
    type: str
    required: bool
    why: str
    choices: list[str] = field(default_factory=list)
    columns: list[Guess] = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """What a form gives of a call. `guide` is its running text, as Markdown; `mails` the addresses that stand in it."""

    title: str = ""
    sections: dict[str, list[Guess]] = field(default_factory=dict)
    guide: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)

    @property
    def fields(self) -> list[Guess]:
        """All fields, in the order of the form."""
        return [guess for guesses in self.sections.values() for guess in guesses]


def draft(data: bytes) -> Draft:
    """What a DOCX form gives of a call. Raises Unreadable for a file that cannot be read, or asks for nothing."""
    if not docx.sniff(data):
        raise Unreadable(problem("unknown_format"))
    form = _Drafting()
    for block in word_text(Package(data, broken="bad_docx", most=MAX_ELEMENTS)):
        form.see(block) if isinstance(block, Paragraph) else form.add(block)
    if not form.draft.fields:
        raise Unreadable(problem("empty_form"))
    return form.draft


class _Drafting(PageForm):
    """Sees a form as the reader does, and keeps what the reader has no use for."""

    def __init__(self) -> None:
        super().__init__()
        self.draft = Draft()
        self._ids: set[str] = set()
        self._heading = ""

    def see(self, paragraph: Paragraph) -> None:
        """Take a paragraph: a heading, or running text."""
        self.add(paragraph)
        text = paragraph.slot.text()
        if not text:
            return
        self.draft.mails += [mail for mail in _MAIL.findall(text) if mail not in self.draft.mails]
        if not self.draft.title:
            self.draft.title = " ".join(text.split())
        elif paragraph.heading:
            self._heading = _NUMBERED.sub("", " ".join(text.split()))
            self.draft.guide.append(f"## {self._heading}")
        else:
            self.draft.guide.append(text)

    def _add_field(self, slot: Slot, label: str | None, *, whole: bool) -> None:
        before = len(self.fields)
        super()._add_field(slot, label, whole=whole)
        if len(self.fields) > before and label:
            self._keep(self._single(label, slot.text()))

    def _add_table(self, rows: list[Row]) -> None:
        super()._add_table(rows)
        table = self.tables[-1]
        labels = [
            next((name.key for name in names if name.way is Way.LABEL and name.key), "") for names in table.columns
        ]
        caption = next((name.key for name in table.names if name.way is Way.LABEL and name.key), "") or "Tabel"
        columns: list[Guess] = []
        taken: set[str] = set()
        for label in labels:
            if label:
                kind, why = _type(label)
                kind = kind if kind in _IN_TABLES else "text"
                columns.append(Guess(_unused(_slug(label), taken), show(label), kind, _is_required(label), why))
        if columns:
            name = _unused(_slug(caption), self._ids)
            self._keep(
                Guess(name, show(caption), "table", _is_required(caption), "rows under a header", columns=columns)
            )

    def _keep(self, guess: Guess) -> None:
        self.draft.sections.setdefault(self._heading, []).append(guess)

    def _single(self, label: str, text: str) -> Guess:
        shown, required = show(_NUMBERED.sub("", label)), _is_required(label)
        boxes = [" ".join(box.split()) for box in _BOXES.findall(text)]
        name = _unused(_slug(shown), self._ids)
        if len(boxes) == 1:
            return Guess(name, shown, "declaration", required, "one box to tick")
        if len(boxes) > 1 and {fold(box) for box in boxes} in _YES_NO:
            return Guess(name, shown, "yes_no", required, "boxes for yes and no")
        if len(boxes) > 1 and all(boxes):
            return Guess(name, shown, "multi_choice", required, "boxes to tick", choices=boxes)
        kind, why = _type(shown)
        return Guess(name, shown, kind, required, why)


def _type(label: str) -> tuple[str, str]:
    folded = fold(label)
    for kind, words in _GUESSES:
        if found := words.search(folded):
            return kind, f"the word “{found[0].strip()}”"
    if folded.endswith("?") or len(folded) > 60:
        return "long_text", "a whole question"
    return "text", "nothing said otherwise"


def _is_required(label: str) -> bool:
    return _REQUIRED.search(label) is not None


def _slug(text: str) -> str:
    """An id made of a label: `Økonomi og CVR-nr.` is `oekonomi_og_cvr_nr`."""
    folded = text.lower().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    plain = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST_ID].strip("_")
    return words if words[:1].isalpha() else f"felt_{words}"[:LONGEST_ID].strip("_")


def _unused(name: str, taken: set[str]) -> str:
    found, number = name, 2
    while found in taken:
        found = f"{name[: LONGEST_ID - 3]}_{number}"
        number += 1
    taken.add(found)
    return found


# -- as YAML ---------------------------------------------------------------------------------------------------------


def definition(found: Draft, call: str) -> str:
    """The draft as `call.yaml`. What only the officer knows is empty, and `call check` asks for each of it."""
    keys = [guess for guess in found.fields if guess.type in ("municipality", "cvr")]
    key = next((guess for guess in keys if guess.type == "municipality"), keys[0] if keys else None)
    named = next((guess for guess in found.fields if guess.type == "text"), None)
    mails = [guess for guess in found.fields if guess.type == "email"]
    mail = next((guess for guess in mails if guess.required), mails[0] if mails else None)
    lines = [
        "# A draft, made from a form with `puljeport call import`. Every guess is marked; `puljeport call check` says",
        "# what is still missing. Every key is explained in docs/call-definition.md.",
        "",
        f"id: {call}",
        'reference_prefix: ""  # two to five capitals, such as MBF',
        f"title: {{da: {_quoted(found.title)}}}",
        'summary: {da: ""}  # two or three lines for the list of calls',
        'description: {da: ""}  # the whole description, in Markdown',
        'administered_by: {da: ""}  # the authority',
        "who_can_apply:",
        f"  kinds: [{'municipality' if key and key.type == 'municipality' else 'association'}]  # guessed",
        '  text: {da: ""}',
        'last_updated: ""  # a day, such as 2027-01-04',
        'opens: ""  # a time, such as 2027-01-11T00:00:00',
        'deadline: ""  # a time, such as 2027-03-15T23:59:59',
        f"one_per: {key.id}  # guessed" if key else "one_per: cvr  # no field of the form could be it",
    ]
    if key and key.type == "cvr" and named:
        lines.append(f"applicant_name: {named.id}  # guessed: the field with the applicant's name")
    if mail:
        lines.append(f"receipt_to: {mail.id}  # guessed: the field with the address that receipts go to")
    lines += ["documents:", "  - {kind: guide, file: guide.md}", "contacts:", *_contacts(found)]
    lines += ["form:", "  sections:"]
    by_name = {key.id} if key else set()
    if key and key.type == "cvr" and named:
        by_name.add(named.id)
    for number, (title, guesses) in enumerate(found.sections.items(), 1):
        lines += [
            f"    - id: section_{number}",
            f"      title: {{da: {_quoted(title or 'Ansøgning')}}}",
            "      fields:",
        ]
        for guess in guesses:
            lines += _field(guess, " " * 8, required=guess.required or guess.id in by_name)
    return "\n".join(lines) + "\n"


def guide(found: Draft) -> str:
    """The form's own running text, as a start for the guide."""
    return "\n\n".join([f"# {found.title}", *found.guide]) + "\n"


def _contacts(found: Draft) -> Iterator[str]:
    for number, mail in enumerate(found.mails or [""], 1):
        yield f"  - id: {'administration' if number == 1 else f'contact-{number}'}"
        yield "    role: administrative  # guessed"
        yield f"    email: {_quoted(mail)}{'' if mail else '  # no address stands in the form'}"
        if number == 1:
            yield "    notify: [accepted, needs_correction, unreadable, late, closed]"


def _field(guess: Guess, indent: str, *, required: bool) -> Iterator[str]:
    yield f"{indent}- id: {guess.id}"
    yield f"{indent}  type: {guess.type}  # guessed: {guess.why}"
    if required:
        yield f"{indent}  required: true"
    yield f"{indent}  label: {{da: {_quoted(guess.label)}}}"
    if guess.type == "declaration":
        yield f"{indent}  text: {{da: {_quoted(guess.label)}}}"
    if guess.choices:
        taken: set[str] = set()
        yield f"{indent}  choices:"
        for choice in guess.choices:
            yield f"{indent}    - {{id: {_unused(_slug(choice), taken)}, label: {{da: {_quoted(choice)}}}}}"
    if guess.columns:
        yield f"{indent}  columns:"
        for column in guess.columns:
            yield from _field(column, f"{indent}    ", required=column.required)


def _quoted(text: str) -> str:
    # A JSON string is a YAML string (YAML 1.2, 1.2 and 7.3.1).
    return json.dumps(text, ensure_ascii=False)
