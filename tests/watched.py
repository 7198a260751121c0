"""A call whose calendar is watched: its contacts and applicants, and what they were told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from builders import MIDWAY, a_call, a_form
from puljeport.calls import Call
from puljeport.extensions import Extension
from puljeport.items import plain
from puljeport.notices import Notice
from puljeport.submissions import Submission
from worlds import World

FOLDER = "incoming/samvaer-2018/"
OFFICE = {
    "id": "office", "role": "administrative", "email": "kontor@example.dk",
    "notify": ["opened", "reminder", "extended", "closed", "distributed", "expiring"],
}  # fmt: skip
READER = {
    "id": "reader", "role": "professional", "email": "laeser@example.dk", "language": "en",
    "notify": ["closed"], "digest": {"at": "08:00", "events": ["accepted", "needs_correction"]},
}  # fmt: skip
AARHUS, KOBENHAVN, ODENSE, HERNING = "751", "101", "461", "657"


def a_watched_call(**changes: Any) -> Call:
    """The small call with contacts that hear all of its calendar, and reminders."""
    given = {"contacts": [OFFICE, READER], "reminders": {"contacts": [7], "applicants": [3]}}
    return a_call(**given | changes)


def watching(world: World) -> World:
    """The world with the watched call, its opening told."""
    world.publish(a_watched_call())
    world.run_tick()
    return world


def sends(world: World, applicant: str, at: datetime = MIDWAY, *, wrong: bool = False, **values: Any) -> Submission:
    """An applicant sends a form, one with a mistake where `wrong`."""
    given = {"municipality": applicant, "contact_email": f"{applicant}@example.dk"} | values
    if wrong:
        given["contact_name"] = None
    return world.take(f"{FOLDER}{applicant}-{at:%d%H%M%S}.json", a_form(**given), at)


def told(world: World, event: str) -> list[Notice]:
    """The rows of one event, by audience."""
    found = [Notice.model_validate(plain(item)) for item in world.items("notice") if item["event"]["S"] == event]
    return sorted(found, key=lambda notice: (notice.audience, notice.reference))


def audiences(world: World, event: str) -> list[str]:
    """Who was told of an event."""
    return [notice.audience for notice in told(world, event)]


def extend(world: World, until: str) -> None:
    """The officer puts the deadline off."""
    given = {
        "until": until, "reason": {"da": "Portalen var nede", "en": "The portal was down"}, "cause": "outage",
        "approved_by": "kontorchef", "at": world.clock(),
    }  # fmt: skip
    world.store.extend("samvaer-2018", Extension.model_validate(given))
