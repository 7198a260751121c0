"""Moments: what the calendar of a call holds, when each thing is due, and what overtakes it.

A moment is for one audience and has a name of its own among the call's. Whoever records that name once tells of the
moment once, however often and however late anybody looks, and whatever was edited meanwhile:

- `opened` has one name for ever;
- a reminder is named by its days, so that a deadline that moves reminds nobody twice;
- `closed`, `extended`, `distributed` and `expiring` are named by the time they speak of: a call that was extended after
  it had closed closes again, with the final counts.

Days are counted in the call's own time zone, and what is due on a day is due in its morning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import zip_longest

from pydantic import AwareDatetime, BaseModel, ConfigDict

from puljeport.calls import Call, Event
from puljeport.extensions import Extension
from puljeport.submissions import State

MORNING = time(8)
"""When what is due on a day is told, local to the call."""

SETTLING = timedelta(minutes=10)
"""How long after the last second of the deadline a call is summed up: what came in that second is on its way to us."""

PATIENCE = timedelta(hours=1)
"""How much longer the closing waits for submissions that are received and not yet read."""


class Audience(StrEnum):
    """Whom a moment is told to: the contacts that asked for its event, or applicants who have something to do."""

    CONTACTS = "contacts"
    APPLICANTS = "applicants"


class Outcome(StrEnum):
    """What became of a moment. PASSED_OVER: it was overtaken before anybody looked, and nobody was told."""

    TOLD = "told"
    PASSED_OVER = "passed_over"


class Record(BaseModel):
    """What is kept of a moment once it is done: `at` when, and how many `notices` it gave."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    event: Event
    audience: Audience
    due: AwareDatetime
    at: AwareDatetime
    outcome: Outcome
    notices: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of a call. From `due` on it is to be told of, from `over` on (None: never) it is too late to; aware.

    `key` tells apart the moments of one event and audience. `until` is the end that it speaks of, local to the call,
    `period` the round where the call has rounds; `extension` what put the deadline off; `state` and `day` say which
    submissions are erased on which day.
    """

    event: Event
    audience: Audience
    due: datetime
    over: datetime | None = None
    key: str = ""
    until: datetime | None = None
    period: str | None = None
    extension: Extension | None = None
    state: State | None = None
    day: date | None = None

    @property
    def name(self) -> str:
        """Its natural key among the call's moments."""
        return "#".join(part for part in (self.event.value, self.audience.value, self.key) if part)

    def is_overtaken(self, now: datetime) -> bool:
        """Whether it has become pointless to tell of it."""
        return self.over is not None and now >= self.over

    def record(self, now: datetime, notices: int) -> Record:
        """What is kept of it when it is done at `now` (aware): told with so many notices, or passed over."""
        return Record(
            name=self.name,
            event=self.event,
            audience=self.audience,
            due=self.due,
            at=now,
            outcome=Outcome.PASSED_OVER if self.is_overtaken(now) else Outcome.TOLD,
            notices=notices,
        )


def of_call(call: Call, extensions: Collection[Extension] = ()) -> tuple[Moment, ...]:
    """Every moment of a call as it is now defined, in the order they are due.

    `call` has its deadline as it was last put off; `extensions` are all that were given.
    """
    found = [_opened(call), *_extended(call, extensions), *_distributed(call), *_expiring(call)]
    for end in _ends(call):
        found += [*_reminders(call, end), _closed(call, end)]
    return tuple(sorted(found, key=lambda moment: (moment.due, moment.name)))


def due(call: Call, extensions: Collection[Extension], done: Collection[str], now: datetime) -> tuple[Moment, ...]:
    """The moments that have come by `now` (aware) and are not among the names in `done`, in the order they were due."""
    return tuple(each for each in of_call(call, extensions) if each.due <= now and each.name not in done)


def erased_on(call: Call, state: State) -> date | None:
    """The day, local to the call, on which submissions in `state` are erased; None while the call is not distributed.

    What was not awarded is kept for as long as what was declined.
    """
    if call.distributed is None:
        return None
    kept = call.retention.after_distribution_days if state is State.AWARDED else call.retention.declined_days
    return call.distributed.date + timedelta(days=kept)


# -- each kind -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _End:
    """An end that applicants have to keep: of the call, or of one round. `until` is local; `after` the first moment
    that is too late, in UTC."""

    until: datetime
    after: datetime
    period: str | None = None

    def key(self, rest: object) -> str:
        """What names one of several moments of this end."""
        return f"{self.period}-{rest}" if self.period else str(rest)


def _ends(call: Call) -> Iterator[_End]:
    if call.deadline is not None and call.closes_at is not None:
        yield _End(call.deadline, call.closes_at)
    for period in call.periods:
        yield _End(period.until, _utc(call, period.until) + timedelta(seconds=1), period.id)


def _opened(call: Call) -> Moment:
    return Moment(Event.OPENED, Audience.CONTACTS, call.opens_at, over=call.closes_at)


def _reminders(call: Call, end: _End) -> Iterator[Moment]:
    for audience, days in (
        (Audience.CONTACTS, call.reminders.contacts),
        (Audience.APPLICANTS, call.reminders.applicants),
    ):
        mornings = [(_morning(call, end.until.date() - timedelta(days=number)), number) for number in days]
        # There is nothing to remind of before the call opens; and where two have come, the later one says it all.
        coming = sorted((at, number) for at, number in mornings if at > call.opens_at)
        for (at, number), later in zip_longest(coming, coming[1:]):
            over = later[0] if later else end.after
            yield Moment(
                Event.REMINDER, audience, at, over=over, key=end.key(number), until=end.until, period=end.period
            )


def _closed(call: Call, end: _End) -> Moment:
    summed_up = end.after + SETTLING
    distribution = _distribution(call)
    # Who got something says more than what came in.
    over = distribution if distribution and distribution > summed_up else None
    key = end.key(_stamp(end.until))
    return Moment(Event.CLOSED, Audience.CONTACTS, summed_up, over=over, key=key, until=end.until, period=end.period)


def _extended(call: Call, extensions: Collection[Extension]) -> Iterator[Moment]:
    given = list(extensions)
    for extension, later in zip_longest(given, given[1:]):
        closes = _utc(call, extension.until) + timedelta(minutes=call.late_policy.grace_minutes, seconds=1)
        over = min(closes, later.at) if later else closes
        for audience in Audience:
            yield Moment(
                Event.EXTENDED, audience, extension.at.astimezone(UTC), over=over, key=_stamp(extension.until),
                until=extension.until, extension=extension,
            )  # fmt: skip


def _distributed(call: Call) -> Iterator[Moment]:
    at = _distribution(call)
    if at is not None and call.distributed is not None:
        yield Moment(Event.DISTRIBUTED, Audience.CONTACTS, at, key=call.distributed.date.isoformat())


def _distribution(call: Call) -> datetime | None:
    """When a call is distributed: in the morning of its day, and never before its last second is over."""
    if call.distributed is None:
        return None
    morning = _morning(call, call.distributed.date)
    return max(morning, call.closes_at + SETTLING) if call.closes_at else morning


def _expiring(call: Call) -> Iterator[Moment]:
    distribution = _distribution(call)
    for state in (State.DECLINED, State.AWARDED):
        day = erased_on(call, state)
        if day is None or distribution is None:
            continue
        told = _morning(call, day - timedelta(days=call.retention.remind_days_before))
        over = _utc(call, datetime.combine(day, time.min))
        yield Moment(
            Event.EXPIRING, Audience.CONTACTS, max(told, distribution), over, f"{state}-{day}", state=state, day=day
        )


# -- times -----------------------------------------------------------------------------------------------------------


def _morning(call: Call, day: date) -> datetime:
    return _utc(call, datetime.combine(day, MORNING))


def _utc(call: Call, local: datetime) -> datetime:
    """A local time of the call in UTC, where times can be subtracted and compared whatever the clocks do."""
    return local.replace(tzinfo=call.zone).astimezone(UTC)


def _stamp(local: datetime) -> str:
    """A local time as part of a key: without colons, since it travels in a tag of a mail, which takes none."""
    return f"{local:%Y-%m-%dT%H%M%S}"
