"""What all models of a call definition have in common: strictness, and values as an officer writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from puljeport.soundness import Fault

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LOCAL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?")


def _unsound(message: str) -> PydanticCustomError:
    return PydanticCustomError("unsound", "{fault}", {"fault": message})


def _day(value: object) -> object:
    """Only a day: pydantic alone would take the number 20180409 for seconds since 1970."""
    if (isinstance(value, date) and not isinstance(value, datetime)) or (
        isinstance(value, str) and _DAY.fullmatch(value)
    ):
        return value
    raise _unsound("write a day as year-month-day, for example 2027-03-15")


def _local_time(value: object) -> object:
    """Only a day with its time: a deadline without one would silently become the midnight before."""
    written = value.isoformat() if isinstance(value, datetime) else value
    if isinstance(written, str) and _LOCAL_TIME.fullmatch(written):
        return value
    if isinstance(written, str) and _LOCAL_TIME.match(written):
        raise _unsound("write local time without Z, offset or fractions; the zone stands in `time_zone`")
    raise _unsound("write the day and the time, for example 2027-03-15T23:59:59")


def _kroner(value: Decimal) -> Decimal:
    """Kroner and øre: three decimals are most often a Danish thousand, 250.000, that YAML reads as 250."""
    if int(value.as_tuple().exponent) < -2:
        raise _unsound("an amount has at most two decimals; write thousands without a dot: 250000")
    return value


SLUG = r"^[a-z][a-z0-9-]{1,62}[a-z0-9]$"
Slug = Annotated[str, Field(pattern=SLUG)]
"""An id that people type and that stands in addresses and object keys: lower case, digits, hyphens."""
FieldId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A field's id. No `.`, which separates it from a choice or a column, and short enough for a Word tag."""
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Day = Annotated[date, BeforeValidator(_day)]
LocalTime = Annotated[datetime, BeforeValidator(_local_time)]
"""A date with its time of day, without an offset: local to the call's `time_zone`."""
Kroner = Annotated[Decimal, AfterValidator(_kroner)]
"""Danish kroner, with øre as two decimals."""


def is_slug(text: str) -> bool:
    """Whether `text` could be the id of a call, so that nothing else is ever looked up."""
    return re.fullmatch(SLUG, text) is not None


PUBLISHED: dict[str, bool] = {"published": True}
"""The context in which a definition is read back that was sound when it was published: only types are looked at."""


class Model(BaseModel):
    """Strict and unchangeable: an unknown key or a value of another type is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def faults(self) -> Iterable[Fault]:
        """What is wrong although every value has the right type: where (from this model on), and what to write."""
        return ()

    @model_validator(mode="after")
    def _sound(self, info: ValidationInfo) -> Self:
        """Raise one error with all faults, so that whoever reads the definition sees them at once."""
        if info.context is PUBLISHED:
            return self
        found = [InitErrorDetails(type=_unsound(message), loc=path, input=None) for path, message in self.faults()]
        if found:
            raise ValidationError.from_exception_data(type(self).__name__, found)
        return self
