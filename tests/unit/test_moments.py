"""The calendar of a call: what is due when, what overtakes it, and that every moment comes once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_call
from puljeport import moments
from puljeport.calls import Call, Event
from puljeport.extensions import Extension, extended
from puljeport.moments import SETTLING, Audience, Moment
from puljeport.submissions import State
from puljeport.texts import Text

REMINDED = {"contacts": [14, 7, 1], "applicants": [3]}
ROUNDS = [{"id": "spring", "until": "2026-03-31T12:00:00"}, {"id": "autumn", "until": "2026-10-31T23:59:59"}]


def a_reminding_call(**changes: Any) -> Call:
    """The small call with reminders."""
    return a_call(**({"reminders": REMINDED} | changes))


def an_extension(until: str, at: str, **changes: Any) -> Extension:
    """An extension that was given at a time in UTC."""
    given: dict[str, Any] = {"until": until, "reason": Text(da="Nedbrud"), "approved_by": "kontorchef", "at": at}
    return Extension.model_validate(given | changes)


def by_name(call: Call, *extensions: Extension) -> dict[str, Moment]:
    """The call's moments by name; each name once."""
    found = moments.of_call(extended(call, extensions), extensions)
    assert len({each.name for each in found}) == len(found)
    return {each.name: each for each in found}


def utc(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Ticker:
    """Looks at a call's calendar now and then, and remembers by name what it told and what it passed over."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.passed: list[str] = []

    def tick(self, call: Call, now: datetime, *extensions: Extension) -> None:
        """One look."""
        done = {*self.told, *self.passed}
        for moment in moments.due(extended(call, extensions), extensions, done, now):
            (self.passed if moment.is_overtaken(now) else self.told).append(moment.name)


def test_a_call_with_a_deadline_has_these_moments() -> None:
    """Opening at its time, reminders in the morning of their day, the summary when the last second has settled."""
    found = [(each.name, each.due) for each in moments.of_call(a_reminding_call())]
    assert found == [
        ("opened#contacts", utc("2018-02-26T23:00")),
        ("reminder#contacts#14", utc("2018-03-26T06:00")),
        ("reminder#contacts#7", utc("2018-04-02T06:00")),
        ("reminder#applicants#3", utc("2018-04-06T06:00")),
        ("reminder#contacts#1", utc("2018-04-08T06:00")),
        ("closed#contacts#2018-04-09T235959", utc("2018-04-09T22:00") + SETTLING),
    ]


@pytest.mark.parametrize(
    ("deadline", "over"),
    [("2018-04-09T12:00:00", "2018-04-09T10:00:01"), ("2018-04-09T23:59:59", "2018-04-09T22:00:00")],
)
def test_r17_a_reminder_is_worth_sending_until_the_deadlines_last_second(deadline: str, over: str) -> None:
    """R17: at 12:00 or at 23:59:59, that second included; from the next one on the reminder is passed over."""
    moment = by_name(a_reminding_call(deadline=deadline))["reminder#contacts#1"]
    assert moment.over == utc(over)
    assert not moment.is_overtaken(utc(over) - timedelta(microseconds=1))
    assert moment.is_overtaken(utc(over))


def test_grace_puts_off_the_closing_and_not_the_reminders() -> None:
    """Grace counts as on time: the summary waits for it."""
    plain, kind = (by_name(a_reminding_call(late_policy={"grace_minutes": minutes})) for minutes in (0, 30))
    closed = "closed#contacts#2018-04-09T235959"
    assert kind[closed].due - plain[closed].due == timedelta(minutes=30)
    assert kind["reminder#contacts#7"].due == plain["reminder#contacts#7"].due


@pytest.mark.parametrize(
    ("deadline", "days", "due"),
    [
        ("2026-03-30T12:00:00", 1, "2026-03-29T06:00"),  # the night before, the clocks go forward
        ("2026-03-30T12:00:00", 2, "2026-03-28T07:00"),
        ("2026-10-26T12:00:00", 1, "2026-10-25T07:00"),  # the night before, they go back
        ("2026-10-26T12:00:00", 2, "2026-10-24T06:00"),
        ("2028-03-01T12:00:00", 1, "2028-02-29T07:00"),  # a leap day
        ("2027-03-01T12:00:00", 1, "2027-02-28T07:00"),
    ],
)
def test_r17_reminders_come_at_eight_whatever_the_clocks_do(deadline: str, days: int, due: str) -> None:
    """R17: days are counted on the calendar of the call's zone, across both clock changes and a leap day."""
    call = a_call(opens="2026-01-01T00:00:00", deadline=deadline, reminders={"contacts": [days]})
    assert by_name(call)[f"reminder#contacts#{days}"].due == utc(due)


@pytest.mark.parametrize(
    ("deadline", "closes"),
    [("2026-03-29T23:59:59", "2026-03-29T22:00"), ("2026-10-25T23:59:59", "2026-10-25T23:00")],
)
def test_r17_a_call_that_closes_on_a_night_of_the_clocks_closes_once(deadline: str, closes: str) -> None:
    """R17: the day has 23 or 25 hours, and its end is still midnight."""
    call = a_call(opens="2026-01-01T00:00:00", deadline=deadline)
    (closed,) = (each for each in moments.of_call(call) if each.event is Event.CLOSED)
    assert closed.due == utc(closes) + SETTLING


def test_nothing_is_reminded_of_before_the_call_opens() -> None:
    """A reminder of fourteen days makes no sense for a call that is open for ten."""
    names = by_name(a_reminding_call(opens="2018-03-31T00:00:00"))
    assert [name for name in names if "reminder#contacts" in name] == ["reminder#contacts#7", "reminder#contacts#1"]


def test_r18_a_tick_missed_until_the_next_reminder_passes_the_first_over() -> None:
    """R18: after a week without ticks, contacts hear the reminder of seven days, not that of fourteen as well."""
    ticker = Ticker()
    ticker.tick(a_reminding_call(), utc("2018-03-01T12:00"))
    ticker.tick(a_reminding_call(), utc("2018-04-03T12:00"))
    assert ticker.told == ["opened#contacts", "reminder#contacts#7"]
    assert ticker.passed == ["reminder#contacts#14"]


def test_r18_a_call_first_seen_when_all_is_over_sends_no_old_news() -> None:
    """R18: published long after its deadline, a call has neither opened nor reminds; its final counts are told."""
    ticker = Ticker()
    ticker.tick(a_reminding_call(), utc("2018-05-01T12:00"))
    assert ticker.told == ["closed#contacts#2018-04-09T235959"]
    assert len(ticker.passed) == 5


def test_r18_a_reminder_comes_once_though_the_deadline_moves() -> None:
    """R18: reminded of 9 April and extended to 23 April: nobody gets the reminder of seven days again."""
    ticker, call = Ticker(), a_reminding_call()
    extension = an_extension("2018-04-23T23:59:59", "2018-04-03T10:00:00Z")
    ticker.tick(call, utc("2018-04-02T12:00"))
    for day in range(3, 23):
        ticker.tick(call, utc(f"2018-04-{day:02}T12:00"), extension)
    assert ticker.told.count("reminder#contacts#7") == 1
    assert ticker.told[-1] == "reminder#contacts#1"


def test_r18_a_call_that_was_extended_after_it_had_closed_closes_again() -> None:
    """R18: one summary for each deadline that was in force when it passed, none for one that was put off in time."""
    call = a_call()
    first = an_extension("2018-04-12T23:59:59", "2018-04-11T08:00:00Z")
    second = an_extension("2018-04-20T12:00:00", "2018-04-12T08:00:00Z")
    ticker = Ticker()
    ticker.tick(call, utc("2018-04-10T08:00"))
    ticker.tick(call, utc("2018-04-11T09:00"), first)
    for day in range(12, 25):
        ticker.tick(call, utc(f"2018-04-{day}T09:00"), first, second)
    assert [name for name in ticker.told if name.startswith("closed")] == [
        "closed#contacts#2018-04-09T235959", "closed#contacts#2018-04-20T120000",
    ]  # fmt: skip


def test_an_extension_is_told_until_another_takes_its_place_or_it_has_passed() -> None:
    """Two extensions between two ticks: only the second is told, to contacts and to applicants."""
    call = a_call()
    first = an_extension("2018-04-12T23:59:59", "2018-04-08T08:00:00Z")
    second = an_extension("2018-04-20T12:00:00", "2018-04-08T09:00:00Z")
    ticker = Ticker()
    ticker.tick(call, utc("2018-04-08T10:00"), first, second)
    told = [name for name in ticker.told if name.startswith("extended")]
    assert told == ["extended#applicants#2018-04-20T120000", "extended#contacts#2018-04-20T120000"]
    late = Ticker()
    late.tick(call, utc("2018-04-20T10:00:01"), first, second)
    assert not [name for name in late.told if name.startswith("extended")]


def test_rounds_of_a_continuous_call_each_remind_and_close() -> None:
    """A call without a deadline stays open; each round has its own reminders and summary."""
    call = a_call(deadline=None, opens="2026-01-01T00:00:00", periods=ROUNDS, reminders={"contacts": [7]})
    found = by_name(call)
    assert list(found) == [
        "opened#contacts",
        "reminder#contacts#spring-7", "reminder#applicants#spring-3", "closed#contacts#spring-2026-03-31T120000",
        "reminder#contacts#autumn-7", "reminder#applicants#autumn-3", "closed#contacts#autumn-2026-10-31T235959",
    ]  # fmt: skip
    assert found["opened#contacts"].over is None
    assert found["closed#contacts#spring-2026-03-31T120000"].due == utc("2026-03-31T10:00:01") + SETTLING
    assert found["closed#contacts#autumn-2026-10-31T235959"].period == "autumn"


def test_distribution_is_told_in_the_morning_and_makes_the_closing_old_news() -> None:
    """From then on the counts at the closing are passed over, since who got something says more."""
    call = a_call(distributed={"date": "2018-05-14", "awards": []})
    found = by_name(call)
    assert found["distributed#contacts#2018-05-14"].due == utc("2018-05-14T06:00")
    assert found["closed#contacts#2018-04-09T235959"].over == utc("2018-05-14T06:00")


def test_a_call_distributed_on_the_day_of_its_deadline_is_distributed_after_it() -> None:
    """Nothing is decided before the last second is over, and the closing is told all the same."""
    call = a_call(distributed={"date": "2018-04-09", "awards": []})
    found = by_name(call)
    assert found["distributed#contacts#2018-04-09"].due == call.closes_at + SETTLING  # type: ignore[operator]
    assert found["closed#contacts#2018-04-09T235959"].over is None


def test_contacts_hear_of_an_erasure_beforehand_and_never_afterwards() -> None:
    """Declined applications go after a year, awarded ones after five; contacts hear thirty days before each."""
    call = a_call(distributed={"date": "2018-05-14", "awards": []}, retention={"remind_days_before": 30})
    assert moments.erased_on(call, State.DECLINED) == moments.erased_on(call, State.REPLACED) == date(2019, 5, 14)
    assert moments.erased_on(call, State.AWARDED) == date(2023, 5, 13)
    assert moments.erased_on(a_call(), State.DECLINED) is None
    soon = by_name(call)["expiring#contacts#declined-2019-05-14"]
    assert (soon.due, soon.over) == (utc("2019-04-14T06:00"), utc("2019-05-13T22:00"))


def test_keys_of_what_applicants_hear_fit_a_tag_of_a_mail() -> None:
    """SES takes letters, digits, hyphens and underscores in a tag, and the key travels in one."""
    call = a_call(deadline=None, opens="2026-01-01T00:00:00", periods=ROUNDS)
    extension = an_extension("2018-04-12T23:59:59", "2018-04-08T08:00:00Z")
    found = [*moments.of_call(call), *moments.of_call(a_call(), [extension])]
    keys = [each.key for each in found if each.audience is Audience.APPLICANTS]
    assert len(keys) == 4
    assert all(key.replace("-", "").replace("_", "").isalnum() and key.isascii() for key in keys)


HOURS = st.integers(min_value=-24 * 40, max_value=24 * 120)


@given(st.lists(HOURS, min_size=1, max_size=30), st.integers(min_value=0, max_value=3))
def test_r18_however_the_ticks_fall_each_moment_is_settled_once(hours: list[int], doubled: int) -> None:
    """R18: early, late, skipped, doubled or running backwards: told or passed over once, and never before it is due."""
    call, ticker = a_reminding_call(distributed={"date": "2018-05-14", "awards": []}), Ticker()
    start = call.opens_at
    for hour in hours:
        for _ in range(1 + doubled):
            ticker.tick(call, start + timedelta(hours=hour))
    settled = [*ticker.told, *ticker.passed]
    assert len(settled) == len(set(settled))
    come = {each.name for each in moments.of_call(call) if each.due <= start + timedelta(hours=max(hours))}
    assert set(settled) == come


@given(st.data())
def test_r18_edits_and_extensions_between_ticks_repeat_no_reminder(data: st.DataObject) -> None:
    """R18: the officer moves the deadline to and fro, and extends it: one reminder per kind, one opening, and one
    summary for each deadline."""
    ticker, call = Ticker(), a_reminding_call()
    extensions: list[Extension] = []
    now = call.opens_at - timedelta(days=3)
    for _ in range(data.draw(st.integers(min_value=1, max_value=25))):
        now += timedelta(hours=data.draw(st.integers(min_value=1, max_value=24 * 9)))
        local = now.astimezone(call.zone).replace(tzinfo=None, microsecond=0)
        edit = data.draw(st.sampled_from(["none", "none", "deadline", "extend"]))
        ahead = local + timedelta(days=data.draw(st.integers(min_value=1, max_value=20)))
        if edit == "deadline":
            call = call.model_copy(update={"deadline": max(ahead, call.opens + timedelta(days=1))})
        if edit == "extend":
            extensions.append(an_extension(ahead.isoformat(), now.isoformat()))
        ticker.tick(call, now, *extensions)
    settled = [*ticker.told, *ticker.passed]
    assert len(settled) == len(set(settled))
    kinds = [name for name in settled if name.startswith(("opened", "reminder"))]
    assert set(kinds) <= {"opened#contacts", "reminder#applicants#3", *(f"reminder#contacts#{n}" for n in (1, 7, 14))}


@given(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2028, 12, 31)), st.integers(1, 90))  # noqa: DTZ001
def test_a_reminder_is_always_due_on_its_day_and_before_the_deadline(deadline: datetime, days: int) -> None:
    """Whatever the deadline: so many days before on the calendar, at eight, and earlier than the deadline itself."""
    call = a_call().model_copy(update={"opens": datetime(2025, 1, 1), "deadline": deadline.replace(microsecond=0)})  # noqa: DTZ001
    call = call.model_copy(update={"reminders": call.reminders.model_copy(update={"contacts": (days,)})})
    moment = by_name(call)[f"reminder#contacts#{days}"]
    local = moment.due.astimezone(call.zone)
    assert (local.hour, local.minute) == (8, 0)
    assert (deadline.date() - local.date()).days == days
    assert moment.over is not None
    assert moment.due < moment.over
