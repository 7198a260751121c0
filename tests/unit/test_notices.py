"""Notices: who is told, and messages that fit SNS whatever the applicant wrote."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import DEFINITION, MIDWAY, a_call, a_submission
from puljeport import letters, notices
from puljeport.calls import Event, Role
from puljeport.notices import Notice
from puljeport.texts import LANGUAGES, Text

TOLD = sorted(set(Event) - {Event.CLOSED, Event.DIGEST})


def a_notice(**changes: Any) -> Notice:
    """A notice with defaults."""
    given: dict[str, Any] = {
        "submission": "id", "event": Event.ACCEPTED, "audience": "professional-1", "role": Role.PROFESSIONAL,
        "call": "samvaer-2018", "call_title": Text(da="Støtte til samvær", en="Support"), "reference": "SAM-7K3M-9QWX",
        "received_at": MIDWAY, "created_at": MIDWAY,
    }  # fmt: skip
    return Notice(**(given | changes))


@pytest.mark.parametrize("event", TOLD)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_has_words_in_every_language(event: Event, language: Any) -> None:
    """Each event renders: the reference in the subject, Copenhagen time in the text, nothing left unfilled."""
    message = letters.to_contact(a_notice(event=event, language=language), letters.Links())
    assert "SAM-7K3M-9QWX" in message.subject
    assert "20-03-2018 10:30:00" in message.text
    assert "{" not in message.subject + message.text


@given(st.text(max_size=5000), st.text(min_size=1, max_size=5000), st.sampled_from(TOLD), st.sampled_from(LANGUAGES))
def test_s09_no_input_can_break_out_of_subject_or_line(
    organisation: str, title: str, event: Event, language: Any
) -> None:
    """S9: whatever stands in a name or title, the subject is short ASCII on one line, and each name one line."""
    notice = a_notice(organisation=organisation, call_title=Text(da=title), event=event, language=language)
    message = letters.to_contact(notice, letters.Links())
    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert len(message.subject) < 100
    assert len(message.text.splitlines()) == len(
        letters.to_contact(a_notice(event=event, language=language), letters.Links()).text.splitlines()
    )
    assert len(message.text.encode()) < 256_000


def test_s09_a_header_smuggled_into_a_name_stays_in_its_line() -> None:
    """S9: line breaks and Bcc in an organisation's name become spaces in the text and never reach the subject."""
    message = letters.to_contact(a_notice(organisation="a@b\r\nBcc: x@example.dk"), letters.Links())
    assert "a@b Bcc: x@example.dk" in message.text
    assert "Bcc" not in message.subject


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
