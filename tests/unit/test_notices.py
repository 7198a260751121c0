"""Notices: who is told of what."""

from __future__ import annotations

from builders import DEFINITION, MIDWAY, a_call, a_notice, a_submission
from puljeport import notices
from puljeport.calls import Event, Role


def test_operations_hears_of_the_unreadable_even_without_a_call() -> None:
    """A file for an unknown call has one audience: operations."""
    told = notices.for_submission(None, Event.UNREADABLE, a_submission(), MIDWAY)
    assert [(notice.audience, notice.role) for notice in told] == [("@operations", Role.OPERATIONS)]


def test_operations_hears_once_when_the_call_has_an_operations_contact() -> None:
    """A call's own contact for operations takes the place of the general one: one row, one message."""
    own = {"id": "operations", "role": "operations", "email": "drift@example.dk", "notify": ["unreadable"]}
    call = a_call(contacts=[*DEFINITION["contacts"], own])
    told = notices.for_submission(call, Event.UNREADABLE, a_submission(), MIDWAY)
    assert [(notice.audience, notice.role) for notice in told] == [("operations", Role.OPERATIONS)]


def test_only_who_asked_is_told() -> None:
    """A contact hears of the events its `notify` lists and of no other."""
    told = notices.for_submission(a_call(), Event.LATE, a_submission(), MIDWAY)
    assert [notice.audience for notice in told] == ["administration"]


def test_a_replay_is_an_event_of_its_own() -> None:
    """The natural key of a notice names event and audience, and the round of an operator's replay."""
    assert a_notice().sort_key == "NOTICE#accepted#professional-1"
    assert a_notice(round=2).sort_key == "NOTICE#accepted#professional-1#2"
