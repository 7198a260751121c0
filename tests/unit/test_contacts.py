"""Who is told of what: topics, deputies and digests; whatever a call says, somebody hears whenever somebody asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puljeport.contacts import Absence, Contact, Digest, Event, Role, Topics, listeners, stands_in_for

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
TODAY = date(2027, 2, 10)
AWAY = (Absence(first=TODAY, last=TODAY),)


def who(name: str, **changes: Any) -> Contact:
    """A contact that wants to hear of accepted applications."""
    given = {"id": name, "role": "professional", "email": f"{name}@example.dk", "notify": (Event.ACCEPTED,)}
    return Contact.model_validate(given | changes)


def on(*answers: str) -> Topics:
    """Topics of the field `model`."""
    return Topics(field="model", answers=answers)


def told(*contacts: Contact, day: date = TODAY, **values: object) -> list[str]:
    """Who hears of an accepted application with these answers."""
    return [contact.id for contact in listeners(contacts, Event.ACCEPTED, day, values)]


ONE, TWO = who("one", topics=on("model-1")), who("two", topics=on("model-2", "model-3"))


def test_each_topic_has_its_consultant() -> None:
    """An application reaches the contact whose topic the applicant chose, and no other."""
    assert told(ONE, TWO, model="model-1") == ["one"]
    assert told(ONE, TWO, model="model-3") == ["two"]


def test_an_answer_of_several_choices_touches_the_topics_of_each() -> None:
    """A field of several choices reaches everybody who answers for one of them."""
    assert told(ONE, TWO, model=["model-2", "model-1"]) == ["one", "two"]


@pytest.mark.parametrize("values", [{}, {"model": None}, {"model": "model-9"}, {"model": []}])
def test_nothing_slips_between_two_topics(values: dict[str, object]) -> None:
    """What no topic fits, such as a file nobody could read, goes to all who asked for the event."""
    assert listeners((ONE, TWO), Event.ACCEPTED, TODAY, values) == (ONE, TWO)


def test_who_has_no_topics_hears_of_all_and_keeps_the_others_quiet() -> None:
    """A contact without topics hears of every application; so nothing is left over for those with another topic."""
    assert told(ONE, who("all"), model="model-1") == ["one", "all"]
    assert told(ONE, who("all"), model="model-9") == ["all"]


def test_an_event_of_the_whole_call_has_no_topic() -> None:
    """Without answers, such as for a deadline that has passed, topics keep nobody from hearing."""
    assert [contact.id for contact in listeners((ONE, TWO), Event.ACCEPTED, TODAY)] == ["one", "two"]


def test_who_did_not_ask_is_not_told() -> None:
    """Only `notify` and `digest` make a contact hear."""
    gathered = who("gathered", notify=(), digest=Digest(events=(Event.ACCEPTED,)))
    assert told(who("late", notify=(Event.LATE,)), gathered, who("silent", notify=())) == ["gathered"]


@pytest.mark.parametrize(("day", "hears"), [(9, "one"), (10, "two"), (12, "two"), (13, "one")])
def test_both_days_of_an_absence_belong_to_it(day: int, hears: str) -> None:
    """The deputy hears from the first day to the last, both included."""
    gone = who("one", deputy="two", away=[{"first": "2027-02-10", "last": "2027-02-12"}])
    assert told(gone, who("two", notify=()), day=date(2027, 2, day)) == [hears]


def test_a_deputy_that_hears_anyway_is_told_once() -> None:
    """Standing in for somebody makes no second message of the same event."""
    assert told(who("one", deputy="two", away=AWAY), who("two")) == ["two"]


def test_the_deputy_of_a_deputy_hears_when_both_are_away() -> None:
    """The chain is followed to the first who is there."""
    chain = (who("one", deputy="two", away=AWAY), who("two", notify=(), deputy="three", away=AWAY))
    assert told(*chain, who("three", notify=())) == ["three"]


@pytest.mark.parametrize("last", ["one", "two"])
def test_when_all_who_could_are_away_the_contact_itself_hears(last: str) -> None:
    """A chain of deputies that comes back to where it began, or to its middle, leads to who asked."""
    loop = (("one", "two"), ("two", "three"), ("three", last))
    away = [who(name, deputy=deputy, away=AWAY, notify=()) for name, deputy in loop]
    assert told(away[0].model_copy(update={"notify": (Event.ACCEPTED,)}), *away[1:]) == ["one"]


def test_a_deputy_may_be_told_of_all_that_it_stands_in_for() -> None:
    """Its own events, and those of everybody it is a deputy of, directly or not: its subscription lets them through."""
    chain = (
        who("one", notify=(Event.LATE,), deputy="two"),
        who("two", notify=(), digest=Digest(events=(Event.REPLACED,)), deputy="three"),
        who("three", notify=(Event.CLOSED,), deputy="one"),
        who("four", notify=(Event.OPENED,)),
    )
    assert stands_in_for(chain, chain[2]) == {Event.LATE, Event.REPLACED, Event.CLOSED}
    assert stands_in_for(chain, chain[3]) == {Event.OPENED}


NAMES = ("aaa", "bbb", "ccc", "ddd")
EVENTS = (Event.ACCEPTED, Event.LATE)


@st.composite
def a_set_of_contacts(draw: st.DrawFn) -> tuple[Contact, ...]:
    """Any contacts that a call can have: deputies in chains and loops, absences, topics and digests."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    return tuple(_any_contact(draw, name, names) for name in names)


def _any_contact(draw: st.DrawFn, name: str, names: list[str]) -> Contact:
    notify = draw(st.lists(st.sampled_from(EVENTS), unique=True))
    rest = [event for event in EVENTS if event not in notify]
    gathered = draw(st.lists(st.sampled_from(rest), unique=True)) if rest else []
    deputy = draw(st.sampled_from([None, *(other for other in names if other != name)]))
    answers = draw(st.lists(st.sampled_from(["model-1", "model-2"]), unique=True))
    return who(
        name,
        role=draw(st.sampled_from(Role)),
        notify=notify,
        digest=Digest(events=tuple(gathered)) if gathered else None,
        deputy=deputy,
        away=AWAY if deputy and draw(st.booleans()) else (),
        topics=on(*answers) if answers else None,
    )


@given(
    a_set_of_contacts(),
    st.sampled_from(EVENTS),
    st.sampled_from([TODAY, TODAY + timedelta(days=1)]),
    st.sampled_from([None, {}, {"model": "model-1"}, {"model": "model-9"}, {"model": ["model-1", "model-2"]}]),
)
def test_each_is_told_once_and_somebody_hears_whenever_somebody_asked(
    contacts: tuple[Contact, ...], event: Event, day: date, values: dict[str, object] | None
) -> None:
    """For any contacts: nobody twice, nobody outside of the call, somebody if anybody asked; and subscriptions fit."""
    heard = listeners(contacts, event, day, values)
    assert len({contact.id for contact in heard}) == len(heard)
    assert set(heard) <= set(contacts)
    assert bool(heard) == any(event in contact.hears for contact in contacts)
    assert all(event in stands_in_for(contacts, contact) for contact in heard)
    there = [contact for contact in contacts if event in contact.hears and not contact.is_away(day)]
    untouched = values is None or not any(c.topics is None or c.topics.touch(values) for c in contacts)
    assert not untouched or set(there) <= set(heard)


YEARS = (datetime(2026, 1, 1), datetime(2030, 12, 31))  # noqa: DTZ001 - Hypothesis wants its bounds without a zone

# -- digests ---------------------------------------------------------------------------------------------------------


def latest(now: str, at: time = time(8), every: Literal["day", "week"] = "day", **more: Any) -> str:
    """The digest that was due last, seen from a local time of Copenhagen."""
    digest = Digest(every=every, at=at, events=(Event.ACCEPTED,), **more)
    return digest.latest(datetime.fromisoformat(now).astimezone(COPENHAGEN)).strftime("%Y-%m-%d %H:%M %A")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2027-02-10T07:59:59+01:00", "2027-02-09 08:00 Tuesday"),
        ("2027-02-10T08:00:00+01:00", "2027-02-10 08:00 Wednesday"),
        ("2028-02-29T08:00:00+01:00", "2028-02-29 08:00 Tuesday"),
        ("2028-03-01T00:00:00+01:00", "2028-02-29 08:00 Tuesday"),
        ("2027-03-28T08:00:00+02:00", "2027-03-28 08:00 Sunday"),
        ("2027-10-31T07:59:59+01:00", "2027-10-30 08:00 Saturday"),
    ],
)
def test_a_digest_of_each_day_is_due_at_its_local_hour(now: str, due: str) -> None:
    """To the second, over a leap day, and on both days on which the clocks change."""
    assert latest(now) == due


@pytest.mark.parametrize(
    ("now", "day", "due"),
    [
        ("2027-02-10T12:00:00+01:00", None, "2027-02-08 08:00 Monday"),
        ("2027-02-10T12:00:00+01:00", "wednesday", "2027-02-10 08:00 Wednesday"),
        ("2027-02-10T07:00:00+01:00", "wednesday", "2027-02-03 08:00 Wednesday"),
        ("2027-02-10T12:00:00+01:00", "thursday", "2027-02-04 08:00 Thursday"),
        ("2028-03-06T07:00:00+01:00", "monday", "2028-02-28 08:00 Monday"),
        ("2027-01-02T12:00:00+01:00", "sunday", "2026-12-27 08:00 Sunday"),
    ],
)
def test_a_digest_of_each_week_is_due_on_its_day(now: str, day: str | None, due: str) -> None:
    """Mondays unless it says otherwise; on its day it is due at the hour, not before; over months and years."""
    assert latest(now, every="week", day=day) == due


def test_the_hour_that_comes_twice_makes_a_digest_due_once() -> None:
    """02:30 on the night when the clocks are put back is due the first time, and stays due when it comes again."""
    at = time(2, 30)
    assert latest("2027-10-31T02:29:00+02:00", at) == "2027-10-30 02:30 Saturday"
    assert latest("2027-10-31T02:30:00+02:00", at) == "2027-10-31 02:30 Sunday"
    assert latest("2027-10-31T02:10:00+01:00", at) == "2027-10-31 02:30 Sunday"


def test_the_hour_that_is_skipped_makes_a_digest_due_all_the_same() -> None:
    """02:30 does not exist on the night when the clocks are put forward: it is due when it would have been."""
    at = time(2, 30)
    assert latest("2027-03-28T03:29:59+02:00", at) == "2027-03-27 02:30 Saturday"
    assert latest("2027-03-28T03:30:00+02:00", at) == "2027-03-28 02:30 Sunday"


@given(
    st.datetimes(*YEARS, timezones=st.just(UTC)),
    st.times(),
    st.sampled_from(["day", "week"]),
    st.timedeltas(timedelta(0), timedelta(days=8)),
)
def test_what_is_due_never_lies_ahead_nor_goes_back(
    now: datetime, at: time, every: Literal["day", "week"], later: timedelta
) -> None:
    """At any moment the last due one is in the past, less than one turn (and an hour of the clocks) ago, in order."""
    digest = Digest(every=every, at=at.replace(second=0, microsecond=0), events=(Event.LATE,))
    due = digest.latest(now.astimezone(COPENHAGEN)).astimezone(UTC)
    turn = timedelta(days=1 if every == "day" else 7, hours=1)
    assert timedelta(0) <= now - due <= turn
    assert due <= digest.latest((now + later).astimezone(COPENHAGEN)).astimezone(UTC)


def test_an_hour_is_stored_as_it_is_written() -> None:
    """A digest comes back from JSON as it was: its hour is hour and minute there too."""
    digest = Digest.model_validate({"every": "week", "day": "friday", "at": "07:30", "events": ["late"]})
    stored = digest.model_dump(mode="json")
    assert stored["at"] == "07:30"
    assert Digest.model_validate(stored) == digest
