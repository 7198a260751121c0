"""Calls: the definition of a grant pool, as strict models.

A definition is data: what is not declared here is refused (`extra="forbid"`), and rules are a closed set of kinds, never
code. `puljeport.definitions` reads one from YAML and turns what is refused into findings with file, line and path.
Times of a definition are local to its `time_zone`; everything this module hands out is aware (UTC unless it says so).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from puljeport.texts import Language, Text

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,62}[a-z0-9]$")]
"""An id that people type and that stands in addresses and object keys: lower case, digits, hyphens."""
FieldId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A field's id. No `.`, which separates it from a choice or a column, and short enough for a Word tag."""


class Model(BaseModel):
    """Strict and unchangeable: an unknown key or a value of another type is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Stage(StrEnum):
    """Where a call is in its life; computed, never stored."""

    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    DISTRIBUTED = "distributed"


class Event(StrEnum):
    """What a contact can be told of a submission."""

    ACCEPTED = "accepted"
    NEEDS_CORRECTION = "needs_correction"
    UNREADABLE = "unreadable"
    LATE = "late"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    DIGEST = "digest"


class Role(StrEnum):
    """Which kind of question a contact answers."""

    ADMINISTRATIVE = "administrative"
    PROFESSIONAL = "professional"
    OPERATIONS = "operations"


# -- the form --------------------------------------------------------------------------------------------------------


class BaseField(Model):
    """What all fields have. `help` is the line of guidance under the label."""

    id: FieldId
    label: Text
    help: Text | None = None
    required: bool = False


class TextField(BaseField):
    """One line of text. `max_length` counts characters."""

    type: Literal["text"]
    max_length: int = Field(default=200, ge=1, le=1000)


class LongTextField(BaseField):
    """Text of several lines. `max_length` counts characters, line breaks included."""

    type: Literal["long_text"]
    max_length: int = Field(default=4000, ge=1, le=20_000)


class IntegerField(BaseField):
    """A whole number."""

    type: Literal["integer"]
    minimum: int | None = None
    maximum: int | None = None


class AmountField(BaseField):
    """An amount in Danish kroner with at most two decimals."""

    type: Literal["amount"]
    minimum: Decimal | None = None
    maximum: Decimal | None = None


class DateField(BaseField):
    """A calendar day."""

    type: Literal["date"]
    earliest: date | None = None
    latest: date | None = None


class Choice(Model):
    """One answer to choose. `description` explains it where there is room."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    label: Text
    description: Text | None = None


class ChoiceField(BaseField):
    """One of several answers. The value is the choice's id."""

    type: Literal["choice"]
    choices: tuple[Choice, ...] = Field(min_length=2, max_length=100)


class MultiChoiceField(BaseField):
    """Any of several answers. The value is a list of choice ids, in the order of the definition."""

    type: Literal["multi_choice"]
    choices: tuple[Choice, ...] = Field(min_length=2, max_length=30)
    max_choices: int | None = Field(default=None, ge=1)


class YesNoField(BaseField):
    """Yes or no. No is an answer; nothing is not."""

    type: Literal["yes_no"]


class DeclarationField(BaseField):
    """A statement the applicant must tick when it is required. `label` is its short name, `text` what is declared."""

    type: Literal["declaration"]
    text: Text


class EmailField(BaseField):
    """An e-mail address."""

    type: Literal["email"]


class PhoneField(BaseField):
    """A telephone number; Danish unless it begins with + or 00."""

    type: Literal["phone"]


class CvrField(BaseField):
    """A number of the Danish business register (CVR): eight digits, the last a check digit."""

    type: Literal["cvr"]


class MunicipalityField(BaseField):
    """One of the 98 Danish municipalities. The value is its three-digit code."""

    type: Literal["municipality"]


class UrlField(BaseField):
    """A web address (http or https)."""

    type: Literal["url"]


class AttachmentField(BaseField):
    """A document that is sent beside the form. In the form itself the applicant writes its file name."""

    type: Literal["attachment"]


ColumnField = Annotated[
    TextField | IntegerField | AmountField | DateField | ChoiceField | YesNoField | EmailField | PhoneField | CvrField
    | MunicipalityField | UrlField,
    Field(discriminator="type"),
]


class TableField(BaseField):
    """Rows of the same columns. The value is a list of rows; a row maps column ids to values."""

    type: Literal["table"]
    columns: tuple[ColumnField, ...] = Field(min_length=1, max_length=12)
    min_rows: int = Field(default=0, ge=0)
    max_rows: int = Field(default=50, ge=1, le=500)
    blank_rows: int = Field(default=8, ge=1, le=100)


AnyField = Annotated[
    TextField | LongTextField | IntegerField | AmountField | DateField | ChoiceField | MultiChoiceField | YesNoField
    | DeclarationField | EmailField | PhoneField | CvrField | MunicipalityField | UrlField | AttachmentField | TableField,
    Field(discriminator="type"),
]


class Section(Model):
    """A part of the form under a heading of its own."""

    id: FieldId
    title: Text
    intro: Text | None = None
    fields: tuple[AnyField, ...] = Field(min_length=1)


class Form(Model):
    """The application form: what a call asks for."""

    intro: Text | None = None
    sections: tuple[Section, ...] = Field(min_length=1)

    @cached_property
    def fields(self) -> dict[str, AnyField]:
        """All fields by id, in the order of the form."""
        return {field.id: field for section in self.sections for field in section.fields}


# -- the rules -------------------------------------------------------------------------------------------------------


class Condition(Model):
    """When another field has a certain answer (a choice id, `true`/`false` for yes_no), or any answer at all."""

    field: FieldId
    equals: str | bool | int | None = None
    answered: Literal[True] | None = None


class RequiredIf(Model):
    """`field` must be answered when the condition holds."""

    kind: Literal["required_if"]
    field: FieldId
    when: Condition
    message: Text


class Distinct(Model):
    """The answers to `fields` differ from each other; or the rows of `table` differ in `column`."""

    kind: Literal["distinct"]
    fields: tuple[FieldId, ...] | None = Field(default=None, min_length=2)
    table: FieldId | None = None
    column: FieldId | None = None
    message: Text


class Before(Model):
    """The date `earlier` is before the date `later`; or the same day where `or_same_day`."""

    kind: Literal["before"]
    earlier: FieldId
    later: FieldId
    or_same_day: bool = False
    message: Text


class SumEquals(Model):
    """The column of a table, or several fields, add up to the amount or number in `total`."""

    kind: Literal["sum_equals"]
    table: FieldId | None = None
    column: FieldId | None = None
    fields: tuple[FieldId, ...] | None = Field(default=None, min_length=2)
    total: FieldId
    message: Text


class AtMost(Model):
    """`field` is at most `limit`, or at most `percent` per cent of the field `of`."""

    kind: Literal["at_most"]
    field: FieldId
    limit: Decimal | None = None
    of: FieldId | None = None
    percent: Decimal | None = Field(default=None, gt=0, le=100)
    message: Text


class WordLimit(Model):
    """`field` has at most `words` words (runs of characters between white space)."""

    kind: Literal["word_limit"]
    field: FieldId
    words: int = Field(ge=1)
    message: Text


Rule = Annotated[RequiredIf | Distinct | Before | SumEquals | AtMost | WordLimit, Field(discriminator="kind")]


# -- the call --------------------------------------------------------------------------------------------------------


class WhoCanApply(Model):
    """Which kinds of organisation may apply, and how that is put to them."""

    kinds: tuple[Literal["municipality", "association", "institution", "company"], ...] = Field(min_length=1)
    text: Text


class LatePolicy(Model):
    """`grace_minutes` after the deadline still count as on time. A late file is always kept and marked late."""

    grace_minutes: int = Field(default=0, ge=0, le=1440)
    accept_for_decision: bool = True


class GuideDocument(Model):
    """The guide: a Markdown file beside the definition."""

    kind: Literal["guide"]
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.md$")]
    title: Text | None = None


class LinkDocument(Model):
    """A document that lives elsewhere."""

    kind: Literal["link"]
    title: Text
    url: Annotated[str, Field(pattern=r"^https://[^\s]+$")]


Document = Annotated[GuideDocument | LinkDocument, Field(discriminator="kind")]


class Contact(Model):
    """A person or mailbox that answers one kind of question. `notify` lists what it is told of, and nothing else."""

    id: Slug
    role: Role
    unit: Text | None = None
    title: Text | None = None
    email: str
    phone: str | None = None
    language: Language = "da"
    notify: tuple[Event, ...] = ()
    deputy: Slug | None = None


class Award(Model):
    """One place given: to the applicant with this key, with the choice or amount it was given for."""

    applicant: str
    choice: str | None = None
    amount: Decimal | None = None


class Distribution(Model):
    """When the pool was distributed, and to whom."""

    date: date
    note: Text | None = None
    awards: tuple[Award, ...] = ()


class Retention(Model):
    """How long applications are kept, in days."""

    after_distribution_days: int = Field(default=1825, ge=1)
    declined_days: int = Field(default=365, ge=1)


class Call(Model):
    """One call for applications, whole."""

    id: Slug
    reference_prefix: Annotated[str, Field(pattern=r"^[A-Z]{2,5}$")]
    title: Text
    summary: Text
    description: Text
    administered_by: Text
    who_can_apply: WhoCanApply
    places: int | None = Field(default=None, ge=1)
    last_updated: date
    opens: datetime
    deadline: datetime
    time_zone: str = "Europe/Copenhagen"
    late_policy: LatePolicy = LatePolicy()
    one_per: FieldId
    applicant_name: FieldId | None = None
    documents: tuple[Document, ...] = ()
    contacts: tuple[Contact, ...] = Field(min_length=1)
    form: Form
    rules: tuple[Rule, ...] = ()
    retention: Retention = Retention()
    distributed: Distribution | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of `opens` and `deadline`."""
        return ZoneInfo(self.time_zone)

    @property
    def opens_at(self) -> datetime:
        """The first moment at which an application counts, in UTC."""
        return self.opens.replace(tzinfo=self.zone).astimezone(UTC)

    @property
    def deadline_at(self) -> datetime:
        """The last second at which an application is on time, in UTC, without grace."""
        return self.deadline.replace(tzinfo=self.zone).astimezone(UTC)

    def is_late(self, received_at: datetime) -> bool:
        """Whether a file that S3 took at `received_at` (aware) missed the deadline and its grace.

        The whole of the deadline's last second is on time: 23:59:59.999 counts for a deadline of 23:59:59.
        """
        grace = timedelta(minutes=self.late_policy.grace_minutes)
        return received_at >= self.deadline_at + grace + timedelta(seconds=1)

    def stage(self, now: datetime) -> Stage:
        """The stage of the call's life at `now` (aware)."""
        if self.distributed is not None and now.astimezone(self.zone).date() >= self.distributed.date:
            return Stage.DISTRIBUTED
        if self.is_late(now):
            return Stage.CLOSED
        return Stage.OPEN if now >= self.opens_at else Stage.ANNOUNCED


def to_json(call: Call) -> dict[str, Any]:
    """The definition as plain JSON values; `Call.model_validate` takes it back unchanged."""
    return call.model_dump(mode="json", exclude_none=True)
