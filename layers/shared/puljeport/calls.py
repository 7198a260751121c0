"""Calls: the definition of a grant pool, as strict models.

A definition is data: what is not declared here is refused (`extra="forbid"`), and rules are a closed set of kinds,
never code. Each model answers for what it can see by itself (`faults`), the call for what goes across; all faults are
raised together, and a `Call` that exists is a sound one. `puljeport.definitions` reads one from YAML and turns what
is refused into findings with file, line and path.
Times of a definition are local to its `time_zone`; everything this module hands out is aware (UTC unless it says so).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from puljeport import soundness
from puljeport.contacts import Absence, Contact, Digest, Event, Role, Topics
from puljeport.forms import (
    AmountField,
    AnyField,
    AttachmentField,
    BaseField,
    Choice,
    ChoiceField,
    ColumnField,
    CvrField,
    DateField,
    DeclarationField,
    EmailField,
    Form,
    IntegerField,
    LongTextField,
    MultiChoiceField,
    MunicipalityField,
    PhoneField,
    Section,
    TableField,
    TextField,
    UrlField,
    YesNoField,
)
from puljeport.models import Day, FieldId, Flag, Kroner, LocalTime, Model, Slug, Whole
from puljeport.soundness import Fault
from puljeport.texts import Text

__all__ = [
    "Absence",
    "AmountField",
    "AnyField",
    "AtMost",
    "AttachmentField",
    "Award",
    "BaseField",
    "Before",
    "Call",
    "Choice",
    "ChoiceField",
    "ColumnField",
    "Condition",
    "Contact",
    "CvrField",
    "DateField",
    "DeclarationField",
    "Digest",
    "Distinct",
    "Distribution",
    "Document",
    "EmailField",
    "Event",
    "FieldId",
    "Form",
    "GuideDocument",
    "IntegerField",
    "LatePolicy",
    "LinkDocument",
    "LongTextField",
    "Model",
    "MultiChoiceField",
    "MunicipalityField",
    "Period",
    "PhoneField",
    "Reminders",
    "RequiredIf",
    "Retention",
    "Role",
    "Rule",
    "Section",
    "Slug",
    "Stage",
    "SumEquals",
    "TableField",
    "TextField",
    "Topics",
    "UrlField",
    "WhoCanApply",
    "WordLimit",
    "YesNoField",
    "to_json",
]


class Stage(StrEnum):
    """Where a call is in its life; computed, never stored."""

    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    DISTRIBUTED = "distributed"


# -- the rules -------------------------------------------------------------------------------------------------------


class Condition(Model):
    """When another field has a certain answer (a choice id, `true`/`false` for yes_no), or any answer at all."""

    field: FieldId
    equals: str | bool | int | None = None
    answered: Literal[True] | None = None

    def faults(self) -> Iterable[Fault]:
        """Neither or both of `equals` and `answered`."""
        return soundness.one_way(self, ("equals",), ("answered",))


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

    def faults(self) -> Iterable[Fault]:
        """Neither or both of `fields` and a table's column, or a field named twice."""
        yield from soundness.one_way(self, ("fields",), ("table", "column"))
        yield from soundness.doubled("fields", self.fields or ())


class Before(Model):
    """The date `earlier` is before the date `later`; or the same day where `or_same_day`."""

    kind: Literal["before"]
    earlier: FieldId
    later: FieldId
    or_same_day: Flag = False
    message: Text


class SumEquals(Model):
    """The column of a table, or several fields, add up to the amount or number in `total`."""

    kind: Literal["sum_equals"]
    table: FieldId | None = None
    column: FieldId | None = None
    fields: tuple[FieldId, ...] | None = Field(default=None, min_length=2)
    total: FieldId
    message: Text

    def faults(self) -> Iterable[Fault]:
        """Neither or both of `fields` and a table's column, or a field that is added twice."""
        yield from soundness.one_way(self, ("fields",), ("table", "column"))
        yield from soundness.doubled("fields", self.fields or ())
        if self.total in (self.fields or ()):
            yield ("total",), f"`{self.total}` cannot be its own part: name the field that holds the sum"


class AtMost(Model):
    """`field` is at most `limit`, or at most `percent` per cent of the field `of`."""

    kind: Literal["at_most"]
    field: FieldId
    limit: Kroner | None = None
    of: FieldId | None = None
    percent: Decimal | None = Field(default=None, gt=0, le=100)
    message: Text

    def faults(self) -> Iterable[Fault]:
        """Neither or both of `limit` and a share of another field."""
        return soundness.one_way(self, ("limit",), ("of", "percent"))


class WordLimit(Model):
    """`field` has at most `words` words (runs of characters between white space)."""

    kind: Literal["word_limit"]
    field: FieldId
    words: Whole = Field(ge=1)
    message: Text


Rule = Annotated[RequiredIf | Distinct | Before | SumEquals | AtMost | WordLimit, Field(discriminator="kind")]


# -- the call --------------------------------------------------------------------------------------------------------


class WhoCanApply(Model):
    """Which kinds of organisation may apply, and how that is put to them."""

    kinds: tuple[Literal["municipality", "association", "institution", "company"], ...] = Field(min_length=1)
    text: Text

    def faults(self) -> Iterable[Fault]:
        """A kind that is listed twice."""
        return soundness.doubled("kinds", self.kinds)


class LatePolicy(Model):
    """`grace_minutes` after the deadline still count as on time. A late file is always kept and marked late."""

    grace_minutes: Whole = Field(default=0, ge=0, le=1440)
    accept_for_decision: Flag = True


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


class Award(Model):
    """One place given: to the applicant with this key, with the choice or amount it was given for."""

    applicant: str
    choice: str | None = None
    amount: Kroner | None = None


class Distribution(Model):
    """When the pool was distributed, and to whom."""

    date: Day
    note: Text | None = None
    awards: tuple[Award, ...] = ()


class Reminders(Model):
    """How many days before the deadline contacts are reminded, and applicants who still have something to do: their
    last form needs correction, or a required document is missing beside it."""

    contacts: tuple[Annotated[Whole, Field(ge=1, le=90)], ...] = ()
    applicants: tuple[Annotated[Whole, Field(ge=1, le=90)], ...] = (3,)

    def faults(self) -> Iterable[Fault]:
        """A number of days that is listed twice."""
        yield from soundness.doubled("contacts", [str(days) for days in self.contacts])
        yield from soundness.doubled("applicants", [str(days) for days in self.applicants])


class Period(Model):
    """One round of a call without a deadline: what arrives by `until` is considered in it."""

    id: Slug
    until: LocalTime


class Retention(Model):
    """How long applications are kept, in days, and how long before their erasure the contacts are told."""

    after_distribution_days: Whole = Field(default=1825, ge=1)
    declined_days: Whole = Field(default=365, ge=1)
    remind_days_before: Whole = Field(default=30, ge=1, le=365)


class Call(Model):
    """One call for applications, whole."""

    id: Slug
    reference_prefix: Annotated[str, Field(pattern=r"^[A-Z]{2,5}$")]
    title: Text
    summary: Text
    description: Text
    administered_by: Text
    who_can_apply: WhoCanApply
    places: Whole | None = Field(default=None, ge=1)
    last_updated: Day
    opens: LocalTime
    deadline: LocalTime | None = None
    periods: tuple[Period, ...] = ()
    time_zone: str = "Europe/Copenhagen"
    late_policy: LatePolicy = LatePolicy()
    one_per: FieldId
    applicant_name: FieldId | None = None
    receipt_to: FieldId | None = None
    reminders: Reminders = Reminders()
    documents: tuple[Document, ...] = ()
    contacts: tuple[Contact, ...] = Field(min_length=1)
    form: Form
    rules: tuple[Rule, ...] = ()
    retention: Retention = Retention()
    distributed: Distribution | None = None

    def faults(self) -> Iterable[Fault]:
        """What only the whole call shows: names of nothing, times out of order, empty texts."""
        return soundness.call(self)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of `opens` and `deadline`."""
        return ZoneInfo(self.time_zone)

    @property
    def opens_at(self) -> datetime:
        """The first moment at which an application counts, in UTC."""
        return self.opens.replace(tzinfo=self.zone).astimezone(UTC)

    @property
    def deadline_at(self) -> datetime | None:
        """The last second at which an application is on time, in UTC, without grace; None for a call that has none."""
        return None if self.deadline is None else self.deadline.replace(tzinfo=self.zone).astimezone(UTC)

    @property
    def closes_at(self) -> datetime | None:
        """The first moment at which an application is late, in UTC; None for a call without a deadline.

        The whole of the deadline's last second is on time: 23:59:59.999 counts for a deadline of 23:59:59.
        """
        if (deadline := self.deadline_at) is None:
            return None
        return deadline + timedelta(minutes=self.late_policy.grace_minutes, seconds=1)

    def is_late(self, received_at: datetime) -> bool:
        """Whether a file that S3 took at `received_at` (aware) missed the deadline and its grace."""
        return self.closes_at is not None and received_at >= self.closes_at

    def period(self, received_at: datetime) -> str | None:
        """The id of the round in which a file that S3 took at `received_at` (aware) is considered, where there are any.

        What comes after the last one belongs to "later": the officer has yet to say when that ends.
        """
        if not self.periods:
            return None
        last = ((period.until.replace(tzinfo=self.zone).astimezone(UTC), period.id) for period in self.periods)
        return next((name for moment, name in last if received_at < moment + timedelta(seconds=1)), "later")

    def ends(self, now: datetime) -> datetime | None:
        """When what arrives at `now` (aware) must have arrived, local to the call: the deadline, or the round's end.

        None where a call without a deadline names no further round.
        """
        if self.deadline is not None:
            return self.deadline
        return next((period.until for period in self.periods if period.id == self.period(now)), None)

    @property
    def receipt_field(self) -> str | None:
        """The field whose address receipts go to: the one that is named, else the first required, else the first."""
        if self.receipt_to is not None:
            return self.receipt_to
        mails = [field for field in self.form.fields.values() if field.type == "email"]
        return next((field.id for field in sorted(mails, key=lambda field: not field.required)), None)

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
