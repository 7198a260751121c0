"""What can happen to Puljeport, as plain data: a history is a list of these; hypothesis finds the shortest bad one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

type FaultKind = Literal["dies-before", "dies-after", "refused", "throttled", "lost-answer"]
FAULTS: tuple[FaultKind, ...] = ("dies-before", "dies-after", "refused", "throttled", "lost-answer")
"""A worker dies just before a call to AWS or just after it was carried out; AWS is down, is throttling, or carries out
the call and its answer is lost."""

APPLICANTS = ("101", "147", "751", "461")
"""Municipalities by their code."""
MODELS = ("model-1", "model-2")


@dataclass(frozen=True)
class Fault:
    """What befalls the n-th call to AWS of a step (from 0)."""

    call: int
    kind: FaultKind


@dataclass(frozen=True)
class Upload:
    """An applicant sends a form: a good one, one with a mistake, one that is none, or one that stops the reader.

    `key`: under which of its names, so that a second upload may be a new version of the first. `told`: how often S3
    tells of it.
    """

    applicant: str
    content: Literal["good", "faulty", "unreadable", "poison"] = "good"
    model: str = "model-1"
    key: int = 0
    told: int = 1


@dataclass(frozen=True)
class Receive:
    """The queue hands a batch to intake, in the order that `order` makes of it."""

    size: int = 10
    order: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Tell:
    """The stream hands a batch to notify; with `again`, records that it has handed out before come first."""

    size: int = 10
    again: bool = False
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Tick:
    """The calendar ticks."""

    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Reconcile:
    """The reconciler passes, over all that is stored or only over what waits."""

    full: bool = False
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Wait:
    """Time passes, and whatever should have run by then did not."""

    minutes: int


@dataclass(frozen=True)
class Withdraw:
    """An applicant takes back what counts for it."""

    applicant: str


@dataclass(frozen=True)
class Edit:
    """The officer publishes the call anew, its deadline moved by some days and hours."""

    hours: int


@dataclass(frozen=True)
class Distribute:
    """The officer publishes who got something: so many days after today, or after the deadline if that is later."""

    days: int


@dataclass(frozen=True)
class Extend:
    """The deadline is put off for everybody, from where it is."""

    hours: int


@dataclass(frozen=True)
class Waive:
    """One applicant may send for some hours more, from now."""

    applicant: str
    hours: int


@dataclass(frozen=True)
class Replay:
    """An operator sends everything unreadable through intake again."""


@dataclass(frozen=True)
class Redrive:
    """An operator moves the dead letters back to the queue."""


@dataclass(frozen=True)
class Emptied:
    """Somebody empties the queue and its dead letters, or the stream's records grow too old."""

    what: Literal["queue", "stream"]


@dataclass(frozen=True)
class Bounce:
    """A mail to an applicant comes back; SES tells of it twice."""

    applicant: str


type Step = (
    Upload
    | Receive
    | Tell
    | Tick
    | Reconcile
    | Wait
    | Withdraw
    | Edit
    | Distribute
    | Extend
    | Waive
    | Replay
    | Redrive
    | Emptied
    | Bounce
)

applicants = st.sampled_from((*APPLICANTS[:1] * 3, *APPLICANTS))
faults = st.lists(st.builds(Fault, st.integers(0, 25), st.sampled_from(FAULTS)), max_size=2).map(tuple)

uploads = st.builds(
    Upload,
    applicants,
    st.sampled_from(("good", "good", "good", "faulty", "unreadable", "poison")),
    st.sampled_from(MODELS),
    st.integers(0, 1),
    st.sampled_from((1, 1, 2, 3, 0)),
)
workers = st.one_of(
    st.builds(Receive, st.integers(1, 10), st.integers(0, 5), faults),
    st.builds(Tell, st.integers(1, 10), st.booleans(), faults),
    st.builds(Tick, faults),
    st.builds(Reconcile, st.booleans(), faults),
)
waits = st.builds(Wait, st.sampled_from((1, 6, 7, 60, 60 * 24, 60 * 24 * 6, 60 * 24 * 13, 60 * 24 * 30)))
people = st.one_of(
    st.builds(Withdraw, applicants),
    st.builds(Edit, st.sampled_from((-48, -1, 1, 24 * 7))),
    st.builds(Distribute, st.sampled_from((1, 7))),
    st.builds(Extend, st.sampled_from((1, 24 * 3))),
    st.builds(Waive, applicants, st.sampled_from((1, 48))),
    st.builds(Replay),
    st.builds(Redrive),
    st.builds(Emptied, st.sampled_from(("queue", "stream"))),
    st.builds(Bounce, applicants),
)
# Mostly uploads and workers: the rest disturbs them.
histories: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(uploads, uploads, workers, workers, workers, waits, people), min_size=4, max_size=30
)
