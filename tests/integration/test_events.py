"""The sample events in `events/`: each is a trigger of a function, and the function answers it as it should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders import BUCKET, a_form
from puljeport.feedback import callback
from puljeport.uploads import arrivals
from worlds import World

EVENTS = Path(__file__).parent.parent.parent / "events"
LOCAL_BUCKET = "puljeport-local-uploads-000000000000-eu-north-1"


def load(name: str) -> Any:
    """A sample event, told of the test's own bucket."""
    return json.loads((EVENTS / name).read_text().replace(LOCAL_BUCKET, BUCKET))


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_is_named_for_a_function_and_comes_from_its_trigger(path: Path) -> None:
    """`<function>-<shape>.json` holds what that function's trigger sends."""
    function = path.stem.partition("-")[0]
    sources = {record["eventSource"] for record in json.loads(path.read_text())["Records"]}
    assert sources == {{"intake": "aws:sqs", "notify": "aws:dynamodb", "feedback": "aws:sqs"}[function]}


def test_every_trigger_has_a_sample() -> None:
    """Every function and both shapes of S3's announcements are there to be invoked."""
    assert {path.stem for path in EVENTS.glob("*.json")} >= {
        "intake-s3-put", "intake-s3-test", "intake-eventbridge", "intake-batch", "notify-accepted", "notify-expiry",
        "feedback-bounce",
    }  # fmt: skip


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
