"""The sample events in `events/`: each is a trigger of a function, and the function answers it as it should."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

import erase.app
import portal.web
import reconcile.app
import tick.app
from builders import BUCKET, a_call, a_form
from care import Care
from portals import Remembered, again, answer
from puljeport.feedback import callback
from puljeport.uploads import arrivals
from worlds import Context, World

EVENTS = Path(__file__).parent.parent.parent / "events"
LOCAL_BUCKET = "puljeport-local-uploads-000000000000-eu-north-1"

SCHEDULED = {"reconcile", "erase", "tick"}
"""Functions that a clock wakes: with the input that the template gives, or with EventBridge's own event."""


SOURCES: dict[str, set[str]] = {"intake": {"aws:sqs"}, "notify": {"aws:dynamodb"}, "feedback": {"aws:sqs"}}


def load(name: str) -> Any:
    """A sample event, told of the test's own bucket."""
    return json.loads((EVENTS / name).read_text().replace(LOCAL_BUCKET, BUCKET))


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_is_named_for_a_function_and_comes_from_its_trigger(path: Path) -> None:
    """`<function>-<shape>.json` holds what that function's trigger sends."""
    function = path.stem.partition("-")[0]
    event = json.loads(path.read_text())
    if function == "portal":
        assert (event["version"], event["routeKey"]) == ("2.0", "$default")
        return
    if function in SCHEDULED:
        assert event.keys() <= {"pass", "task"} or event["source"] == "aws.events"
        return
    assert {record["eventSource"] for record in event["Records"]} == SOURCES[function]


def test_every_trigger_has_a_sample() -> None:
    """Every function and every shape of what wakes it are there to be invoked."""
    assert {path.stem for path in EVENTS.glob("*.json")} >= {
        "intake-s3-put", "intake-s3-test", "intake-eventbridge", "intake-batch", "notify-accepted", "notify-expiry",
        "tick-schedule", "tick-contacts",
        "portal-list", "portal-call", "portal-document", "portal-refused",
        "feedback-bounce", "reconcile-light", "reconcile-full", "erase-night",
    }  # fmt: skip


def test_the_samples_of_the_clock_do_what_the_schedules_ask_for(world: World) -> None:
    """The nightly sample begins a pass and finds the lost file, the light one does not; erasing has nothing to do."""
    care = Care(world)
    world.put("incoming/samvaer-2018/a.json", a_form())
    world.clock.advance(hours=1)
    assert reconcile.app.handler(load("reconcile-light.json"), Context())["found"] == 0
    assert reconcile.app.handler(load("reconcile-full.json"), Context())["found"] == 1
    assert care.drain() == 1
    assert erase.app.handler(load("erase-night.json"), Context()) == {"erased": 0, "held": 0}


@pytest.mark.parametrize(("name", "answer"), [("tick-schedule.json", {}), ("tick-contacts.json", {"unreached": 3})])
def test_both_schedules_are_answered(world: World, name: str, answer: dict[str, int]) -> None:
    """What EventBridge sends every five minutes is a tick, and what the template has it send every day a look at who
    confirmed."""
    world.run_tick()
    assert tick.app.handler(load(name), Context()) == answer


@pytest.mark.parametrize("name", ["intake-s3-put.json", "intake-eventbridge.json"])
def test_the_announcements_lead_to_an_accepted_record(world: World, name: str) -> None:
    """Both shapes name the same object, with æøå and spaces in its key, and it is read."""
    event = load(name)
    (arrival,) = arrivals(event["Records"][0]["body"])
    world.put(arrival.key.replace("medborgerskab-2018", "samvaer-2018"), a_form())
    bodies = [record["body"].replace("medborgerskab-2018", "samvaer-2018") for record in event["Records"]]
    assert world.run_intake(*bodies) == []
    assert world.states() == {"accepted": 1}


def test_a_mixed_batch_fails_nowhere(world: World) -> None:
    """Noise, an unknown call and a deleted object: all acknowledged, what there was of files recorded as unreadable."""
    assert world.run_intake(*(record["body"] for record in load("intake-batch.json")["Records"])) == []
    assert world.states() == {"unreadable": 3}


def test_the_test_event_leaves_nothing(world: World) -> None:
    """S3's greeting to a new queue is acknowledged."""
    assert world.run_intake(*(record["body"] for record in load("intake-s3-test.json")["Records"])) == []
    assert world.states() == {}


def test_a_callback_names_the_row_of_its_mail(world: World) -> None:
    """The tags of the sample lead to a receipt; about a submission that is not there nothing is recorded."""
    (record,) = load("feedback-bounce.json")["Records"]
    told = callback(record["body"])
    assert told
    assert told.row == ("SUB#t7gxv4ssxdj4lu3ozyxcaz2g4q", "NOTICE#accepted#@applicant")
    assert world.run_feedback(record["body"]) == []
    assert world.items("address") == []


def test_an_expiry_on_the_stream_sends_nothing(world: World) -> None:
    """TTL's removals come marked as a service's own, and nobody hears of them."""
    (record,) = load("notify-expiry.json")["Records"]
    keys = record["dynamodb"]["Keys"]
    assert world.run_notify((keys["PK"]["S"], keys["SK"]["S"]), name=record["eventName"]) == []
    assert world.received_messages() == []


@pytest.mark.parametrize(("name", "status"), [("list", 200), ("call", 200), ("document", 200), ("refused", 405)])
def test_the_requests_are_answered(monkeypatch: pytest.MonkeyPatch, name: str, status: int) -> None:
    """Each request to the portal gets the answer that its name promises."""
    world = Remembered()
    world.publish(again(a_call(), id="medborgerskab-2018"))
    made = world.portal()
    monkeypatch.setattr(portal.web, "_made", lambda: made)
    answered = answer(load(f"portal-{name}.json"))
    assert answered["statusCode"] == status
    if name == "list":
        page = gzip.decompress(base64.b64decode(answered["body"])).decode()
        assert re.search(r'id="found">\s+Fandt <strong>1</strong>', page)
