"""A submission that needs correction comes with a copy of its own file, with the problems marked in it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from builders import a_call, a_form, s3_event
from puljeport.applications import read_application
from puljeport.blanks import docx
from puljeport.calls import Call
from puljeport.errors import ObjectGone
from puljeport.readers import read
from puljeport.submissions import State
from puljeport.uploads import Copies
from puljeport_cli.fill import Answers, fill_docx
from worlds import DOCUMENTS, Crash, World

KEY = "incoming/samvaer-2018/Fra Århus.docx"


def faulty(call: Call | None = None, version: int = 1, **answers: str) -> bytes:
    """A DOCX form without its contact person."""
    given: Answers = {"municipality": "Aarhus", **answers}
    return fill_docx(docx.make(call or a_call(), version, "da"), given)


def test_the_copy_lies_beside_the_submission_and_reads_as_it_did(world: World) -> None:
    """Its key is the submission's id and tells nothing of the file; the record knows it; it reads the same."""
    world.publish()
    taken = world.take(KEY, faulty())
    assert (taken.state, taken.returned) == (State.NEEDS_CORRECTION, f"returned/{taken.id}.docx")
    copy = Copies(world.s3, DOCUMENTS).fetch(taken.returned or "")
    assert read_application(a_call(), read(copy, "")).problems == taken.problems
    head = world.s3.head_object(Bucket=DOCUMENTS, Key=taken.returned)
    assert head["ContentDisposition"].startswith("attachment")


def test_what_counts_or_cannot_be_marked_has_no_copy(world: World) -> None:
    """Nothing is put in the bucket for an accepted file, one that nobody could read, or a JSON form."""
    world.publish()
    files = {"a.docx": faulty(contact_name="Ane"), "b.json": a_form(contact_name=None), "c.bin": b"\x89PNG\r\n\x1a\n"}
    taken = [world.take(f"incoming/samvaer-2018/{name}", data) for name, data in files.items()]
    assert [one.state for one in taken] == [State.ACCEPTED, State.NEEDS_CORRECTION, State.UNREADABLE]
    assert [one.returned for one in taken] == [None, None, None]
    assert "Contents" not in world.s3.list_objects_v2(Bucket=DOCUMENTS)


def test_a_file_that_breaks_the_marking_is_concluded_without_a_copy(world: World) -> None:
    """The problems are recorded and the contacts told, as if there were no copies."""

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    world.mark = broken
    world.publish()
    taken = world.take(KEY, faulty())
    assert (taken.state, taken.returned) == (State.NEEDS_CORRECTION, None)
    assert len(world.items("notice")) == 1


def test_an_outage_of_the_bucket_brings_the_message_back(world: World) -> None:
    """Nothing is half-written: it stays received, its attempt is not held against it, and next time it has its copy."""
    world.publish()
    record = world.put(KEY, faulty())
    world.faults.fail("PutObject", ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"))
    assert world.run_intake(s3_event(record)) == ["m1"]
    assert (world.only().state, world.only().attempts) == (State.RECEIVED, 0)
    world.faults.heal()
    assert world.run_intake(s3_event(record)) == []
    assert world.only().returned


def test_a_file_that_ended_a_worker_while_it_was_marked_is_not_marked_again(world: World) -> None:
    """The second attempt reads and concludes it: poison in the marking costs the copy, not the application."""

    def deadly(*_: Any) -> None:
        raise Crash

    world.mark = deadly
    world.publish()
    record = world.put(KEY, faulty())
    with pytest.raises(Crash):
        world.run_intake(s3_event(record))
    world.clock.advance(seconds=360)
    assert world.run_intake(s3_event(record)) == []
    assert (world.only().state, world.only().returned) == (State.NEEDS_CORRECTION, None)


def test_a_copy_that_is_gone_says_so(world: World) -> None:
    """Fetching what was erased is an error with a name."""
    with pytest.raises(ObjectGone):
        Copies(world.s3, DOCUMENTS).fetch("returned/x.docx")


def test_a_form_of_an_earlier_version_is_read_by_it(world: World) -> None:
    """The call was changed after the blank was fetched: the record names both versions, and what changed is said."""
    old = world.publish()
    definition = old.model_dump(mode="json", exclude_none=True)
    fields = definition["form"]["sections"][0]["fields"]
    fields.append({"id": "goal", "type": "text", "required": True, "label": {"da": "Mål"}})
    world.publish(Call.model_validate(definition))
    taken = world.take(KEY, faulty(old, 1, contact_name="Ane"))
    assert (taken.call_version, taken.form_version) == (2, 1)
    assert [problem.code for problem in taken.problems] == ["older_version", "field_new"]


def test_a_version_that_never_was_is_read_by_the_one_in_force(world: World) -> None:
    """A form that says it is of version 7 is read as what is published, and that is said."""
    world.publish()
    taken = world.take(KEY, faulty(a_call(), 7, contact_name="Ane"))
    assert (taken.state, [problem.code for problem in taken.problems]) == (State.ACCEPTED, ["unknown_version"])


def test_the_guide_sent_back_by_mistake_says_so_and_alarms_nobody(world: World) -> None:
    """It was understood very well: its sender is to send the form, and no operator has to look."""
    world.publish()
    guide = b'<!doctype html><html><head><meta name="puljeport-guide" content="samvaer-2018@1"></head></html>'
    taken = world.take("incoming/samvaer-2018/guide.html", guide)
    assert (taken.state, [problem.code for problem in taken.problems]) == (State.NEEDS_CORRECTION, ["guide_returned"])
    assert [row["audience"]["S"] for row in world.items("notice")] == ["administration"]
