"""Intake over moto: what every shape of delivery makes of a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from builders import BUCKET, DEFINITION, MIDWAY, a_call, a_form, eventbridge_event, s3_event
from puljeport.calls import Call
from puljeport.submissions import State, submission_id
from worlds import World

KEY = "incoming/samvaer-2018/skema.json"


def test_an_accepted_form_is_recorded_with_everything_that_is_known_of_it(world: World) -> None:
    """A valid form becomes one accepted record with values, hash, S3's own time, call version and history."""
    submission = world.take(KEY, a_form())
    assert submission.state is State.ACCEPTED
    assert submission.received_at == MIDWAY
    assert (submission.call, submission.call_version, submission.format) == ("samvaer-2018", 1, "json")
    assert submission.values["municipality"] == "751"
    assert (submission.applicant, submission.applicant_name) == ("751", "Aarhus")
    assert submission.reference.startswith("SAM-")
    assert submission.sha256
    assert len(submission.sha256) == 64
    assert [event.event for event in world.store.history(submission.id)] == ["received", "accepted"]


def test_one_outbox_row_per_contact_that_asked(world: World) -> None:
    """Each contact whose `notify` names the event gets one row, nobody else does."""
    submission = world.take(KEY, a_form())
    told = {(notice.audience, notice.event.value) for notice in world.notices.of_submission(submission.id)}
    assert told == {("professional-1", "accepted"), ("professional-2", "accepted")}


def test_a_form_with_mistakes_needs_correction_and_keeps_all_of_them(world: World) -> None:
    """All problems are recorded at once, each with field, place and both languages."""
    submission = world.take(KEY, a_form(municipality="Atlantis", contact_email="nej tak"))
    assert submission.state is State.NEEDS_CORRECTION
    assert {problem.field for problem in submission.problems} >= {"municipality", "contact_email"}
    assert all(problem.message.da and problem.message.en for problem in submission.problems)
    assert world.store.counting("samvaer-2018", "751") is None


@pytest.mark.parametrize(
    "body",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET},
        {"Records": []},
        {"Records": "none"},
        {"Records": [{"eventName": "ObjectRemoved:Delete"}]},
        {"source": "aws.s3", "detail-type": "Object Deleted", "detail": {}},
        "not JSON",
        "[1, 2]",
        "",
    ],
)
def test_r05_a_message_that_tells_of_no_upload_is_acknowledged(world: World, body: object) -> None:
    """R5: test events, empty lists, unknown events and noise never fail a batch, nor stop their neighbour."""
    assert world.run_intake(body, s3_event(world.put(KEY, a_form()))) == []
    assert world.states() == {"accepted": 1}


@pytest.mark.parametrize(
    "name", ["a+b.json", "a b.json", "æøå.json", "a%2Fb.json", "100%25.json", "%.json", "a&b=c?.json"]
)
def test_r06_exactly_the_object_of_the_event_is_read(world: World, name: str) -> None:
    """R6: keys with + space æøå % are decoded once for S3's own events and not at all for EventBridge's."""
    key = f"incoming/samvaer-2018/{name}"
    record = world.put(key, a_form())
    version = record["s3"]["object"]["versionId"]
    world.put(f"incoming/samvaer-2018/{name.replace('+', ' ')}x", b"decoy")
    assert world.run_intake(s3_event(record), eventbridge_event(key, version)) == []
    assert [submission.key for submission in world.submissions().values()] == [key]
    assert world.states() == {"accepted": 1}


def test_several_records_in_one_message_are_all_taken(world: World) -> None:
    """A message may tell of many objects; each becomes a submission."""
    records = [
        world.put(f"incoming/samvaer-2018/{number}.json", a_form(municipality=number))
        for number in ("751", "101", "461")
    ]
    assert world.run_intake(s3_event(*records)) == []
    assert world.states() == {"accepted": 3}


def test_an_event_without_a_version_id_means_the_current_version(world: World) -> None:
    """Without a version id in the event the record has the version that was read, as with one."""
    record = world.put(KEY, a_form())
    version = record["s3"]["object"].pop("versionId")
    assert world.run_intake(s3_event(record)) == []
    assert world.only().id == submission_id(BUCKET, KEY, version)


def test_r04_two_versions_of_one_key_are_two_submissions_and_the_later_counts(world: World) -> None:
    """R4: with the events reversed the later version still counts and the earlier is replaced; nothing is mixed."""
    first = world.put(KEY, a_form(contact_name="Første"), at=MIDWAY)
    second = world.put(KEY, a_form(contact_name="Anden"), at=MIDWAY + timedelta(seconds=1))
    assert world.run_intake(s3_event(second), s3_event(first)) == []
    found = world.submissions()
    earlier, later = (found[record["s3"]["object"]["versionId"]] for record in (first, second))
    assert (earlier.state, later.state) == (State.REPLACED, State.ACCEPTED)
    assert (earlier.values["contact_name"], later.values["contact_name"]) == ("Første", "Anden")
    assert earlier.replaced_by == later.id
    counting = world.store.counting("samvaer-2018", "751")
    assert counting is not None
    assert counting.id == later.id


def test_a_later_submission_replaces_the_earlier_and_says_so(world: World) -> None:
    """In order: the earlier becomes replaced with a line of history, and the contact that asked hears of it once."""
    earlier = world.take("incoming/samvaer-2018/1.json", a_form())
    later = world.take("incoming/samvaer-2018/2.json", a_form(), at=MIDWAY + timedelta(hours=1))
    earlier = world.store.find(earlier.reference)
    assert (earlier.state, earlier.replaced_by, later.replaces) == (State.REPLACED, later.id, earlier.id)
    assert [event.event for event in world.store.history(earlier.id)] == ["received", "accepted", "replaced"]
    told = {(notice.audience, notice.event.value) for notice in world.notices.of_submission(earlier.id)}
    assert ("professional-1", "replaced") in told


def test_a_submission_with_mistakes_does_not_replace_a_valid_one(world: World) -> None:
    """What counts stays what counts until a better one is accepted."""
    good = world.take("incoming/samvaer-2018/1.json", a_form())
    world.take("incoming/samvaer-2018/2.json", a_form(contact_name=None), at=MIDWAY + timedelta(hours=1))
    counting = world.store.counting("samvaer-2018", "751")
    assert counting is not None
    assert counting.id == good.id


def test_r07_an_object_deleted_meanwhile_ends_in_a_named_state(world: World) -> None:
    """R7: a vanished version is concluded unreadable, with the reason, and is not tried for ever."""
    record = world.put(KEY, a_form())
    world.s3.delete_object(Bucket=BUCKET, Key=KEY, VersionId=record["s3"]["object"]["versionId"])
    assert world.run_intake(s3_event(record)) == []
    assert world.only().state is State.UNREADABLE
    assert [problem.code for problem in world.only().problems] == ["object_missing"]


def test_r07_a_delete_marker_does_not_hide_the_version_of_the_event(world: World) -> None:
    """R7: what was uploaded and then deleted by marker is still read: nothing that arrived is lost."""
    record = world.put(KEY, a_form())
    world.s3.delete_object(Bucket=BUCKET, Key=KEY)
    assert world.run_intake(s3_event(record)) == []
    assert world.only().state is State.ACCEPTED


def test_r08_put_and_multipart_completion_of_one_version_give_one_record(world: World) -> None:
    """R8: two announcements of the same version are one submission."""
    record = world.put(KEY, a_form())
    again = record | {"eventName": "ObjectCreated:CompleteMultipartUpload"}
    assert world.run_intake(s3_event(record), s3_event(again)) == []
    assert world.states() == {"accepted": 1}


@pytest.mark.parametrize(
    ("key", "problem"),
    [("incoming/ukendt-2018/a.json", "unknown_call"), ("incoming/a.json", "unknown_call")],
)
def test_an_unknown_call_is_kept_for_a_person_and_operations_hears(world: World, key: str, problem: str) -> None:
    """A file for a call that nobody published is recorded, listed, and told to operations."""
    submission = world.take(key, a_form())
    assert submission.state is State.UNREADABLE
    assert [one.code for one in submission.problems] == [problem]
    assert [notice.audience for notice in world.notices.of_submission(submission.id)] == ["@operations"]
    assert submission.id in {listed.id for listed in world.store.list_submissions()}


def test_objects_outside_of_incoming_are_no_submissions(world: World) -> None:
    """Another prefix and the console's folder objects are acknowledged and leave no record."""
    assert world.run_intake(s3_event(world.put("other/a.json", a_form()))) == []
    folder = world.put("incoming/samvaer-2018/", b"")
    folder["s3"]["object"]["size"] = 0
    assert world.run_intake(s3_event(folder)) == []
    assert world.states() == {}


def test_a_file_over_the_limit_is_refused_without_being_read(world: World) -> None:
    """Oversize: unreadable with both sizes in the text; the content is never fetched into memory."""
    submission = world.take(KEY, b"x" * 100_001)
    assert submission.state is State.UNREADABLE
    (problem,) = submission.problems
    assert (problem.code, submission.sha256) == ("too_large", None)
    assert "0,1 MB" in problem.message.da
    assert "0.1 MB" in problem.message.get("en")


def test_the_fullest_record_there_can_be_still_fits_into_the_table(world: World) -> None:
    """Values up to the limit and a hundred wordy problems stay under DynamoDB's 400 kB for one item."""
    sections: Any = [dict(DEFINITION["form"]["sections"][0])]
    wordy = {"da": "Æ" * 120, "en": "Ø" * 120}
    long = [{"id": f"long_{n}", "type": "long_text", "max_length": 20_000, "label": wordy} for n in range(3)]
    columns = [{"id": "email", "type": "email", "label": wordy}]
    rows = {"id": "rows", "type": "table", "max_rows": 150, "columns": columns, "label": wordy}
    sections[0]["fields"] = [*sections[0]["fields"], *long, rows]
    world.publish(a_call(form={"sections": sections}))
    world.intake = replace(world.intake, max_upload_bytes=1_000_000)
    texts = {f"long_{n}": "🙂" * 19_500 for n in range(3)}
    wrong: Any = [{"email": "🙂" * 60} for _ in range(150)]
    submission = world.take(KEY, a_form(rows=wrong, **texts))
    assert submission.state is State.NEEDS_CORRECTION
    assert submission.problem_count >= 150
    assert len(submission.values["long_0"]) == 19_500


def test_before_the_call_opens_a_file_has_to_come_again(world: World) -> None:
    """A file that is too early is kept, and told when the call opens."""
    submission = world.take(KEY, a_form(), at=datetime(2018, 2, 26, 22, 59, 59, tzinfo=UTC))
    assert submission.state is State.NEEDS_CORRECTION
    assert submission.problems[0].code == "not_open_yet"


COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@pytest.mark.parametrize(
    "deadline",
    ["2018-04-09T23:59:59", "2018-03-25T23:59:59", "2018-10-28T23:59:59", "2018-10-28T03:30:00", "2018-04-09T12:00:00"],
)
@pytest.mark.parametrize(("seconds", "state"), [(0, State.ACCEPTED), (1, State.LATE)])
def test_r17_on_time_is_when_s3_took_it(world: World, deadline: str, seconds: int, state: State) -> None:
    """R17: the deadline's last second is on time and the next is late, however late we get round to it."""
    world.publish(a_call(deadline=deadline))
    last = datetime.fromisoformat(deadline).replace(tzinfo=COPENHAGEN).astimezone(UTC)
    world.clock.moment = last + timedelta(days=3)
    assert world.take(KEY, a_form(), at=last + timedelta(seconds=seconds)).state is state


def test_a_late_file_is_read_kept_and_told_but_does_not_count(world: World) -> None:
    """Late: values and the lateness are recorded, contacts hear, and the one on time still counts."""
    on_time = world.take("incoming/samvaer-2018/1.json", a_form())
    late = world.take("incoming/samvaer-2018/2.json", a_form(), at=MIDWAY + timedelta(days=60))
    assert late.state is State.LATE
    assert late.values["municipality"] == "751"
    assert late.problems[0].code == "late"
    assert [notice.event.value for notice in world.notices.of_submission(late.id)] == ["late"]
    counting = world.store.counting("samvaer-2018", "751")
    assert counting is not None
    assert counting.id == on_time.id


def test_grace_counts_as_on_time(world: World) -> None:
    """Minutes of grace move the border, to the second."""
    world.publish(a_call(late_policy={"grace_minutes": 10}))
    last = datetime(2018, 4, 9, 22, 9, 59, tzinfo=UTC)
    assert world.take("incoming/samvaer-2018/1.json", a_form(), at=last).state is State.ACCEPTED
    assert world.take("incoming/samvaer-2018/2.json", a_form(), at=last + timedelta(seconds=1)).state is State.LATE


def test_replay_reads_an_unreadable_file_again_and_keeps_its_history(world: World) -> None:
    """After a mend an operator's replay concludes anew under the same id; contacts hear of the new outcome."""
    healthy, world.read = world.read, lambda _data, _name: int("a bug")
    record = world.put(KEY, a_form())
    assert world.run_intake(s3_event(record)) == []
    world.read = healthy
    reopened = world.store.reopen(world.only(), world.clock(), by="operator")
    assert reopened.state is State.UNREADABLE
    assert world.run_intake(s3_event(record)) == []
    assert world.only().state is State.ACCEPTED
    assert [event.event for event in world.store.history(world.only().id)] == [
        "received", "unreadable", "replayed", "accepted",
    ]  # fmt: skip


def test_replaying_what_is_concluded_changes_nothing(world: World) -> None:
    """The same message again, days later, gives the same record and not one write more."""
    record = world.put(KEY, a_form())
    world.run_intake(s3_event(record))
    before = world.dynamodb.scan(TableName="puljeport-test")["Items"]
    world.clock.advance(days=13)
    assert world.run_intake(s3_event(record)) == []
    assert world.dynamodb.scan(TableName="puljeport-test")["Items"] == before


def test_a_changed_call_is_a_new_version_and_the_same_call_is_not(world: World) -> None:
    """Publishing the same definition again changes nothing; another becomes the next version, and the old one stays."""
    same: Call = world.publish()
    assert world.store.current_call(same.id).version == 1  # type: ignore[union-attr]
    world.publish(a_call(places=3))
    current = world.store.current_call(same.id)
    assert current is not None
    assert (current.version, current.call.places) == (2, 3)
    assert world.store.call_version(same.id, 1).call.places is None  # type: ignore[union-attr]
