"""The errors of Puljeport, one tree.

PuljeportError
├── ConfigError          a setting is missing or cannot be read
├── DefinitionError      a call definition is not valid; carries every finding with file, line and path
├── Unreadable           a file cannot be read as a form; carries the problem to show the applicant
├── UnknownCall          no call is published under that id
├── UnknownSubmission    no submission has that id or reference
├── Undelivered          somebody has yet to be told of a submission that is to be erased
├── UnknownDraft         no draft has that link, or no longer
├── BadForm              what came is no form of a page of ours, or not the whole of it
├── TooLarge             a form is larger than any of ours
├── Refused              AWS will never take this message; carries its reason
├── Blocked              AWS takes no mail from this account now, whatever it says; carries its reason
├── LimitReached         AWS would refuse a change for its quotas; says which, and what to do
├── ObjectGone           the stored object (or that version of it) no longer exists
├── Forbidden            a page of somebody else's tried to act for a reader
├── NotTaken             the call takes no applications now, or the ticket ran out; carries which
├── TooMany              somebody asks more often than is fair to the others
└── Contention           a record kept changing under us; try again later
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from puljeport.problems import Problem


class PuljeportError(Exception):
    """Base of every error that Puljeport raises on purpose."""


class ConfigError(PuljeportError):
    """A setting is missing or cannot be read; the message names the setting and its value."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in a call definition: where it is (file, 1-based line, path in the document) and what to do."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.path}: {self.message}"


class DefinitionError(PuljeportError):
    """A call definition is not valid. `findings` holds all of its faults, in the order of the file."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__("\n".join(str(finding) for finding in findings))


class Unreadable(PuljeportError):
    """A file cannot be read as a form. `problem` says why, and what the sender can do, in both languages."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.code)


class UnknownCall(PuljeportError):
    """No call is published under that id."""


class UnknownSubmission(PuljeportError):
    """No submission has that id or reference."""


class Undelivered(PuljeportError):
    """A submission is to be erased and somebody has yet to be told of it: `reference`, and how many notices wait."""

    def __init__(self, reference: str, waiting: int) -> None:
        self.reference, self.waiting = reference, waiting
        super().__init__(f"{reference}: {waiting} notices wait to be delivered")


class UnknownDraft(PuljeportError):
    """No draft has that link, or no longer."""


class BadForm(PuljeportError):
    """What a browser sent is no form of a page of ours, or not the whole of it."""


class TooLarge(PuljeportError):
    """What a browser sent is larger than any form of ours."""


class Refused(PuljeportError):
    """SNS or SES will never take this message. `code` is its reason."""

    def __init__(self, reason: str) -> None:
        self.code = reason
        super().__init__(reason)


class Blocked(PuljeportError):
    """SES takes no mail from this account now, whichever it is: the message waits. `code` is its reason."""

    def __init__(self, reason: str) -> None:
        self.code = reason
        super().__init__(reason)


class LimitReached(PuljeportError):
    """AWS has a quota that what was asked for would pass. The message says which, and what to do; nothing was done."""


class ObjectGone(PuljeportError):
    """The stored object, or that version of it, no longer exists."""


class Forbidden(PuljeportError):
    """A form was sent from a page that is not the portal's."""


class NotTaken(PuljeportError):
    """Nothing can be sent now. `why`: `early`, `distributed`, `expired` (the ticket), `decided` or `full`."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class TooMany(PuljeportError):
    """Somebody asks more often than is fair to the others. `seconds`: after how long they may ask again."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"again in {seconds} seconds")


class Contention(PuljeportError):
    """A record kept changing under us for longer than is worth waiting; the delivery is to be tried again."""
