"""Drafts over moto: what is kept, who may write it, and what becomes of it when AWS loses an answer."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import timedelta
from http import HTTPStatus
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto.s3.models import s3_backends

import portal.web
from builders import BUCKET, s3_event, s3_record
from care import Care
from fillings import Applicant
from portals import answer
from puljeport.erasure import Why
from puljeport.errors import Contention, UnknownDraft
from puljeport.submissions import State
from puljeport.uploads import Posts
from puljeport.webdrafts import begin
from worlds import ACCOUNT, World, worker_client

CALL = "samvaer-2018"
GOOD = {"municipality": "Aarhus", "contact_name": "Prøve Person", "contact_email": "person@example.dk"}


def checked() -> Applicant:
    """Somebody at the page that sends."""
    someone = Applicant(answer).begin(CALL)
    return someone.get(f"{someone.draft}/del/applicant").press("next", GOOD)


def objects(world: World) -> list[dict[str, Any]]:
    """Every version of every object that came in."""
    return list(world.s3.list_object_versions(Bucket=BUCKET).get("Versions", []))


def taken(world: World) -> None:
    """Let intake have the events of all that came in, at the time of the world."""
    for one in s3_backends[ACCOUNT]["aws"].buckets[BUCKET].keys.values():
        one.last_modified = world.clock().replace(tzinfo=None)
    records = [s3_record(one["Key"], one["VersionId"]) for one in objects(world)]
    assert world.run_intake(s3_event(*records)) == []


def test_what_is_sent_online_is_taken_in_like_a_file(shown: World) -> None:
    """From the last button to a concluded submission: accepted, with its values, its notices, and its page."""
    someone = checked().press()
    taken(shown)
    submission = shown.only()
    assert (submission.state, submission.format, submission.file_name) == (State.ACCEPTED, "json", "Udfyldt online")
    assert submission.values == {
        "municipality": "751",
        "contact_name": "Prøve Person",
        "contact_email": GOOD["contact_email"],
    }
    assert (submission.call_version, submission.form_version) == (1, 1)
    assert f"/status/{submission.id}/{shown.store.link(submission.id)}" in someone.page
    assert {row.audience for row in shown.rows()} >= {"professional-1"}


def test_sending_twice_is_one_object_and_one_submission(shown: World) -> None:
    """The bucket itself refuses a second one under that key, so that even two processes at once put one."""
    someone = checked()
    page = someone.page
    someone.press()
    someone.page = page
    someone.press()
    key = objects(shown)[0]["Key"]
    portal.web.portal().posts.put_once(key, b"another")
    assert len(objects(shown)) == 1
    taken(shown)
    taken(shown)
    assert shown.states() == {"accepted": 1}


def test_two_clicks_at_the_same_moment_both_lead_to_what_was_sent(shown: World) -> None:
    """The second click overtakes the first just before it is written: both end at the application that was sent."""
    first, second = checked(), Applicant(answer)
    second.page, second.path = first.page, first.path

    def meanwhile(**_: object) -> None:
        worker_client("dynamodb").meta.events.unregister("provide-client-params.dynamodb.PutItem", meanwhile)
        second.press()

    worker_client("dynamodb").meta.events.register_first("provide-client-params.dynamodb.PutItem", meanwhile)
    first.press()
    assert "Ansøgningen er sendt" in second.page
    assert (first.status, "Ansøgningen er sendt" in first.page) == (200, True)
    assert len(objects(shown)) == 1


def test_a_ticket_that_the_other_click_is_just_getting_is_waited_for(shown: World) -> None:
    """DynamoDB lets one transaction at a time have an item: the click that came second does not end at an error."""
    someone = checked()
    busy = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": [{"Code": "TransactionConflict"}]}
    shown.faults.fail("TransactWriteItems", ClientError(cast("Any", busy), "TransactWriteItems"), nth=1)
    assert someone.press().status == 200
    assert "Ansøgningen er sendt" in someone.page


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize(
    ("operation", "nth"), [("PutItem", 1), ("PutItem", 2), ("TransactWriteItems", 1), ("PutObject", 1)]
)
def test_r01_a_crash_anywhere_in_sending_is_made_good_by_the_next_click(
    shown: World, operation: str, nth: int, phase: str
) -> None:
    """R1: whichever call to AWS fails, before or after it was done, sending again gives one object with the answers."""
    someone = checked()
    page = someone.page
    shown.faults.fail(operation, RuntimeError(), phase=phase, nth=nth)
    assert someone.press().status == 500
    shown.faults.heal()
    someone.page = page
    someone.press()
    assert "Ansøgningen er sendt" in someone.page
    (one,) = objects(shown)
    data = shown.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
    assert json.loads(data)["values"] == GOOD


def test_r02_a_save_whose_answer_was_lost_counts(shown: World) -> None:
    """R2: the SDK's second try meets its own write; that is success, and another's write is not."""
    drafts, now = portal.web.portal().drafts, shown.clock()
    current = shown.store.current_call(CALL)
    assert current
    draft, secret = begin(current.call, 1, "da", now, {})
    drafts.add(draft)
    drafts.add(draft)
    later = draft.written(now, current.call, answers={"background": "a"})
    drafts.save(later)
    drafts.save(later)
    assert drafts.open(draft.id, secret, now) == later
    with pytest.raises(Contention):
        drafts.save(draft.written(now, current.call, answers={"background": "b"}))
    assert drafts.open(draft.id, secret, now).answers == {"background": "a"}


def test_a_draft_is_opened_by_its_link_and_until_it_expires(shown: World) -> None:
    """Another secret, another id, and the second in which it expires find nothing."""
    drafts, now = portal.web.portal().drafts, shown.clock()
    current = shown.store.current_call(CALL)
    assert current
    draft, secret = begin(current.call, 1, "da", now, {"partners": [{}, {"name": "æ"}]})
    drafts.add(draft)
    assert drafts.open(draft.id, secret, now) == draft
    ends = timedelta(seconds=draft.expires_at - now.timestamp())
    for identity, key, at in ((draft.id, "x", now), ("0" * 32, secret, now), (draft.id, secret, now + ends)):
        with pytest.raises(UnknownDraft):
            drafts.open(identity, key, at)


def test_the_table_knows_when_a_draft_may_go(shown: World) -> None:
    """TTL's attribute is a number of seconds on the item, and no readable answer or secret stands beside it."""
    someone = checked()
    (item,) = shown.items("draft")
    assert int(item["expires_at"]["N"]) > shown.clock().timestamp()
    assert set(item["answers"]) == {"S"}
    assert someone.draft.rpartition("/")[2] not in json.dumps(item)


def test_another_error_of_the_bucket_is_not_taken_for_done(shown: World) -> None:
    """Only "there is one already" counts as sent; a bucket that is not there does not."""
    assert objects(shown) == []
    with pytest.raises(ClientError):
        Posts(worker_client("s3"), "nobodys").put_once("incoming/x/y/form", b"{}")


@pytest.mark.parametrize(("conflicts", "sent"), [(2, True), (3, False)])
def test_a_conflict_at_the_bucket_is_tried_again_and_not_for_ever(conflicts: int, sent: bool) -> None:
    """Something else is under way with the key: it is put again, and given up the third time."""
    client = worker_client("s3")
    with Stubber(client) as stub:
        for _ in range(conflicts):
            stub.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=HTTPStatus.CONFLICT)
        stub.add_response("put_object", {})
        with nullcontext() if sent else pytest.raises(ClientError):
            Posts(client, BUCKET).put_once("incoming/x/y/form", b"{}")


def test_s17_erasing_a_submission_erases_what_it_was_written_in(shown: World) -> None:
    """S17: the draft goes with the submission; another draft of the same call stays."""
    checked().press()
    taken(shown)
    other = checked()
    submission = shown.only()
    line = Care(shown).erasure.erase(submission.id, Why("asked for", "desk", forced="a test"))
    assert line is not None
    (left,) = shown.items("draft")
    assert left["PK"]["S"] == "DRAFT#" + other.draft.split("/")[2]
    assert objects(shown) == []
