"""R21: what one release stored, the next one reads, and the reverse while both are at work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders import DEFINITION, a_call
from puljeport import items, letters
from puljeport.calls import to_json
from puljeport.contacts import Event
from puljeport.notices import Notice, Status

OLDEST = json.loads((Path(__file__).parents[1] / "records" / "notice-oldest.json").read_text("utf-8"))


def stored(definition: dict[str, Any], **more: Any) -> items.PublishedCall:
    """A call read from its item."""
    at = {"version": 1, "published_at": "2018-02-27T08:00:00Z"}
    return items.published({"definition": json.dumps(definition)} | at | more)


def test_r21_a_row_of_the_first_shape_is_sent() -> None:
    """R21: a row that knows neither mailbox, state nor key has its place and its key, and becomes a message."""
    row = Notice.model_validate(OLDEST)
    assert row.status is Status.PENDING
    assert items.notice_key(row) == {name: OLDEST[name] for name in ("PK", "SK")}
    assert (row.endpoint, row.state, row.facts) == ("", None, {})
    assert "SAM-7K3M-9QWX" in letters.to_contact(row, letters.Links()).subject


def test_r21_a_row_of_a_newer_shape_is_read() -> None:
    """R21: what this release does not know of is passed over."""
    row = Notice.model_validate(OLDEST | {"priority": {"of": "a newer kind"}})
    assert row == Notice.model_validate(OLDEST)


@pytest.mark.parametrize("gathered", ["digest", "summary"])
def test_r21_a_definition_that_was_sound_when_it_was_published_is_read(gathered: str) -> None:
    """R21: `digest` once stood among the events; a call published then is read, and the word means nothing more."""
    contact = DEFINITION["contacts"][0] | {"notify": ["late", gathered]}
    call = stored(to_json(a_call()) | {"contacts": [contact]}).call
    assert Event.LATE in call.contacts[0].hears


@pytest.mark.parametrize(
    "more",
    [
        {"quota": 7},
        {"reminders": {"contacts": [7], "by_post": True}},
        {"contacts": [DEFINITION["contacts"][0] | {"pigeon": "grey"}]},
    ],
    ids=["of the call", "in a group", "in a list"],
)
def test_r21_a_definition_of_a_newer_release_is_read(more: dict[str, Any]) -> None:
    """R21: functions of before read a call that a newer desk published, and pass over what they do not know."""
    call = stored(to_json(a_call()) | more).call
    assert call.id == "samvaer-2018"
    assert call.contacts[0].id == "administration"


def test_r21_a_call_of_before_extensions_has_none() -> None:
    """R21: an item without the attribute is a call that was never put off."""
    assert stored(to_json(a_call())).extensions == ()
    given = {
        "until": "2018-04-12T12:00:00",
        "reason": {"da": "Nedbrud."},
        "approved_by": "x",
        "at": "2018-04-09T20:00:00Z",
    }
    put_off = stored(to_json(a_call()), extensions=[given | {"letter": "of a newer kind"}])
    assert put_off.call.deadline != put_off.definition.deadline
