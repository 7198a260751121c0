"""Forms: the sections and fields that a call asks an applicant to fill in, as strict models."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from puljeport import soundness
from puljeport.models import Day, FieldId, Flag, Kroner, Model, Whole
from puljeport.soundness import Fault
from puljeport.texts import Text


class BaseField(Model):
    """What all fields have. `help` is the line of guidance under the label."""

    id: FieldId
    label: Text
    help: Text | None = None
    required: Flag = False


class TextField(BaseField):
    """One line of text. `max_length` counts characters."""

    type: Literal["text"]
    max_length: Whole = Field(default=200, ge=1, le=1000)


class LongTextField(BaseField):
    """Text of several lines. `max_length` counts characters, line breaks included."""

    type: Literal["long_text"]
    max_length: Whole = Field(default=4000, ge=1, le=20_000)


class IntegerField(BaseField):
    """A whole number."""

    type: Literal["integer"]
    minimum: Whole | None = None
    maximum: Whole | None = None

    def faults(self) -> Iterable[Fault]:
        """`minimum` above `maximum`."""
        return soundness.ordered("minimum", self.minimum, "maximum", self.maximum)


class AmountField(BaseField):
    """An amount in Danish kroner with at most two decimals."""

    type: Literal["amount"]
    minimum: Kroner | None = None
    maximum: Kroner | None = None

    def faults(self) -> Iterable[Fault]:
        """`minimum` above `maximum`."""
        return soundness.ordered("minimum", self.minimum, "maximum", self.maximum)


class DateField(BaseField):
    """A calendar day."""

    type: Literal["date"]
    earliest: Day | None = None
    latest: Day | None = None

    def faults(self) -> Iterable[Fault]:
        """`earliest` after `latest`."""
        return soundness.ordered("earliest", self.earliest, "latest", self.latest)


class Choice(Model):
    """One answer to choose. `description` explains it where there is room."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    label: Text
    description: Text | None = None


class ChoiceField(BaseField):
    """One of several answers. The value is the choice's id."""

    type: Literal["choice"]
    choices: tuple[Choice, ...] = Field(min_length=2, max_length=100)

    def faults(self) -> Iterable[Fault]:
        """Choices that share an id."""
        return soundness.doubled("choices", [choice.id for choice in self.choices], "id")


class MultiChoiceField(BaseField):
    """Any of several answers. The value is a list of choice ids, in the order of the definition."""

    type: Literal["multi_choice"]
    choices: tuple[Choice, ...] = Field(min_length=2, max_length=30)
    max_choices: Whole | None = Field(default=None, ge=1)

    def faults(self) -> Iterable[Fault]:
        """Choices that share an id, names too long for a Word tag, and more answers allowed than there are."""
        return soundness.multi_choice(self)


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
    TextField
    | IntegerField
    | AmountField
    | DateField
    | ChoiceField
    | YesNoField
    | EmailField
    | PhoneField
    | CvrField
    | MunicipalityField
    | UrlField,
    Field(discriminator="type"),
]


class TableField(BaseField):
    """Rows of the same columns. The value is a list of rows; a row maps column ids to values."""

    type: Literal["table"]
    columns: tuple[ColumnField, ...] = Field(min_length=1, max_length=12)
    min_rows: Whole = Field(default=0, ge=0)
    max_rows: Whole = Field(default=50, ge=1, le=500)
    blank_rows: Whole = Field(default=8, ge=1, le=100)

    def faults(self) -> Iterable[Fault]:
        """Columns that share an id, and fewer rows allowed than asked for."""
        yield from soundness.doubled("columns", [column.id for column in self.columns], "id")
        yield from soundness.ordered("min_rows", self.min_rows, "max_rows", self.max_rows)


AnyField = Annotated[
    TextField
    | LongTextField
    | IntegerField
    | AmountField
    | DateField
    | ChoiceField
    | MultiChoiceField
    | YesNoField
    | DeclarationField
    | EmailField
    | PhoneField
    | CvrField
    | MunicipalityField
    | UrlField
    | AttachmentField
    | TableField,
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

    def faults(self) -> Iterable[Fault]:
        """Sections or fields that share an id, wherever in the form they stand."""
        return soundness.form(self)

    @cached_property
    def fields(self) -> dict[str, AnyField]:
        """All fields by id, in the order of the form."""
        return {field.id: field for section in self.sections for field in section.fields}

    @property
    def attachments(self) -> tuple[AttachmentField, ...]:
        """The fields that are answered by documents beside the form."""
        return tuple(field for field in self.fields.values() if isinstance(field, AttachmentField))
