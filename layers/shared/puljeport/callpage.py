"""What the page of one call shows, in the order in which an applicant needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from puljeport import changes, listing, markdown, municipalities, timewords
from puljeport.amounts import show_amount
from puljeport.calls import (
    AmountField,
    AttachmentField,
    Award,
    Call,
    ChoiceField,
    Contact,
    LinkDocument,
    MunicipalityField,
    Role,
)
from puljeport.changes import Change
from puljeport.documents import FORM_NAMES, FORM_TYPES, GUIDE_MARKDOWN, GUIDE_PDF, HANDED_OUT, Kept
from puljeport.items import PublishedCall
from puljeport.listing import Card
from puljeport.texts import LANGUAGES, Language, Text

KILOBYTE = 1000


@dataclass(frozen=True, slots=True)
class File:
    """A document to download: its name in the address, and its size in words."""

    name: str
    size: str


@dataclass(frozen=True, slots=True)
class Blank:
    """The form in one format: the file in the reader's language, and in the other one."""

    ending: str
    own: File
    other: File


@dataclass(frozen=True, slots=True)
class Awarded:
    """Who got a place, and with what: a choice or an amount; empty where the call says neither."""

    who: str
    what: str


@dataclass(frozen=True, slots=True)
class CallPage:
    """All that a call's page shows. `description` is HTML that can do no harm."""

    card: Card
    version: int
    description: str
    choices: tuple[ChoiceField, ...]
    attachments: tuple[AttachmentField, ...]
    blanks: tuple[Blank, ...]
    has_guide: bool
    guide_pdf: File | None
    guide_title: Text | None
    links: tuple[LinkDocument, ...]
    contacts: dict[Role, tuple[Contact, ...]]
    last_updated: str
    history: tuple[Change, ...]
    distributed_on: str
    awards: tuple[Awarded, ...]

    @property
    def call(self) -> Call:
        """The call itself."""
        return self.card.call


def page(
    current: PublishedCall, versions: Sequence[PublishedCall], files: Sequence[Kept], now: datetime, language: Language
) -> CallPage:
    """The page of a call, with all its versions as they were published (oldest first) and the documents there are."""
    call = current.call
    there = {file.name: file for file in files}
    pdf = there.get(GUIDE_PDF)
    fields = call.form.fields.values()
    return CallPage(
        card=listing.card(call, now, language),
        version=current.version,
        description=markdown.html(call.description.get(language)),
        choices=tuple(
            each for each in fields if isinstance(each, ChoiceField) and any(c.description for c in each.choices)
        ),
        attachments=call.form.attachments,
        blanks=blanks(there, language),
        has_guide=GUIDE_MARKDOWN in there,
        guide_pdf=File(pdf.name, size(pdf.size, language)) if pdf else None,
        guide_title=next((document.title for document in call.documents if document.kind == "guide"), None),
        links=tuple(document for document in call.documents if isinstance(document, LinkDocument)),
        contacts={role: tuple(one for one in call.contacts if one.role is role) for role in Role},
        last_updated=timewords.day(call.last_updated, language),
        history=changes.history(versions, current.extensions, language),
        distributed_on=timewords.day(call.distributed.date, language) if call.distributed else "",
        awards=tuple(awarded(call, award, language) for award in call.distributed.awards) if call.distributed else (),
    )


def blanks(there: Mapping[str, Kept], language: Language) -> tuple[Blank, ...]:
    """The forms that are there in both languages, in the order of how many people they suit."""
    (other,) = (each for each in LANGUAGES if each != language)
    found = []
    for ending in FORM_TYPES:
        pair = [there.get(f"{FORM_NAMES[each]}.{ending}") for each in (language, other)]
        if pair[0] and pair[1]:
            own, foreign = (File(file.name, size(file.size, language)) for file in pair if file)
            found.append(Blank(ending, own, foreign))
    return tuple(found)


def size(count: int, language: Language) -> str:
    """A number of bytes as people read it: `38 kB`, `1,2 MB`, with a no-break space."""
    if count < KILOBYTE * KILOBYTE:
        return f"{max(1, round(count / KILOBYTE))}\N{NO-BREAK SPACE}kB"
    shown = f"{count / KILOBYTE / KILOBYTE:.1f}".removesuffix(".0") + "\N{NO-BREAK SPACE}MB"
    return shown if language == "en" else shown.replace(".", ",")


def awarded(call: Call, award: Award, language: Language) -> Awarded:
    """One award, with the applicant's name where the key tells it, and the name of the choice."""
    who = award.applicant
    if isinstance(call.form.fields[call.one_per], MunicipalityField):
        found = municipalities.by_code(award.applicant)
        if found:
            who = f"{found.name} Municipality" if language == "en" else f"{found.name} Kommune"
    chosen = next(
        (
            choice.label.get(language)
            for each in call.form.fields.values()
            if isinstance(each, ChoiceField)
            for choice in each.choices
            if choice.id == award.choice
        ),
        award.choice or "",
    )
    amount = show_amount(award.amount).get(language) if award.amount is not None else ""
    return Awarded(who, ", ".join(part for part in (chosen, amount) if part))


def download_name(call: str, name: str) -> str:
    """What a document is called on the disk of whoever fetches it. Raises KeyError for what is not handed out."""
    HANDED_OUT[name]
    if name == GUIDE_PDF:
        return f"Puljevejledning {call}.pdf"
    stem, _, ending = name.partition(".")
    words = "Application form" if stem == FORM_NAMES["en"] else "Ansøgningsskema"
    return f"{words} {call}.{ending}"


def structured(call: Call, address: str, language: Language) -> dict[str, Any]:
    """The call for machines that read pages: a schema.org Grant, with when it can be applied for."""
    money = any(isinstance(each, AmountField) for each in call.form.fields.values())
    return {
        "@context": "https://schema.org",
        "@type": "MonetaryGrant" if money else "Grant",
        "@id": address,
        "identifier": call.id,
        "name": call.title.get(language),
        "description": call.summary.get(language),
        "url": address,
        "sponsor": {"@type": "GovernmentOrganization", "name": call.administered_by.get(language)},
        "potentialAction": {"@type": "ApplyAction", "startTime": call.opens_at.isoformat(), "target": address}
        | ({"endTime": call.deadline_at.isoformat()} if call.deadline_at else {}),
    }
