"""Extensions: a deadline that was put off after the call was published, for everybody or for one applicant.

They are not part of the definition: the officer's file stays as it was published, and the public page shows what was
extended, when and why.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from puljeport.calls import Call
from puljeport.models import LocalTime
from puljeport.texts import Text


class Cause(StrEnum):
    """Why a deadline was put off: a decision on the call, or an outage of ours that everybody is made good for."""

    DECISION = "decision"
    OUTAGE = "outage"


class Extension(BaseModel):
    """One extension of a call's deadline for everybody. `until` is local to the call, that second included."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    until: LocalTime
    reason: Text
    cause: Cause = Cause.DECISION
    approved_by: str
    at: AwareDatetime

    def says_the_same(self, other: Extension) -> bool:
        """Whether the other differs in nothing but when it was given."""
        return self.model_copy(update={"at": other.at}) == other


class Waiver(BaseModel):
    """Leave for one applicant (by its key) to send until a later time, local to the call, that second included."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    applicant: str
    until: LocalTime
    reason: str
    approved_by: str
    at: AwareDatetime

    def ends_at(self, call: Call) -> datetime:
        """The last second in which the applicant may send, aware."""
        return self.until.replace(tzinfo=call.zone)


def extended(call: Call, extensions: Iterable[Extension]) -> Call:
    """The call with its deadline as it was last put off. A definition that names a later one keeps its own."""
    if call.deadline is None:
        return call
    latest = max([call.deadline, *(extension.until for extension in extensions)])
    return call if latest == call.deadline else call.model_copy(update={"deadline": latest})
