"""Nothing slips: what queues, streams and outages lose is found in the bucket and the table, and goes out once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from builders import BUCKET, MIDWAY, a_call, a_form, a_submission, s3_event
from care import Care
from puljeport.calls import Event
from puljeport.delivery import Delivered
from puljeport.erasure import Why
from puljeport.notices import Notice, Status
from puljeport.reconcile import Kind, Reconcile, Remedy
from puljeport.submissions import Slot, State, submission_id
from puljeport.tickets import Found
from reconcile.app import _reconcile as as_deployed
from worlds import TABLE, Crash, World, worker_client

FOLDER = "incoming/samvaer-2018/"
DOWN = ClientError({"Error": {"Code": "ServiceUnavailable"}}, "Any")


@pytest.fixture
def care(world: World) -> Care:
    """Reconciling over a fresh world."""
    return Care(world)


@pytest.fixture
def process(environment: pytest.MonkeyPatch) -> Callable[[], Reconcile]:
    """What makes reconciling as a process of the deployed function does when it starts."""
    for name, value in {
        "TABLE": TABLE, "NOTICES_TOPIC_ARN": "arn:aws:sns:eu-north-1:123456789012:notices", "UPLOADS_BUCKET": BUCKET,
        "UPLOADS_QUEUE_URL": "https://sqs.eu-north-1.amazonaws.com/123456789012/uploads",
    }.items():  # fmt: skip
        environment.setenv(f"PULJEPORT_{name}", value)
    return as_deployed.__wrapped__


def form(number: int = 0, **values: Any) -> bytes:
    """A form of one of several municipalities, with an address for the receipt."""
    municipality = ("751", "101", "147", "461", "851")[number]
    return a_form(municipality=municipality, contact_email=f"ansoeger-{number}@example.dk", **values)


def told(care: Care) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """How often each contact heard of each submission, and how many mails each applicant got."""
    contacts = Counter(
        (message["MessageAttributes"]["contact"]["Value"], message["Message"]["reference"])
        for message in care.world.received_messages()
    )
    return contacts, Counter(mail.destinations["ToAddresses"][0] for mail in care.world.mails())


# -- promise 1: each object has a record -----------------------------------------------------------------------------


def test_r13_queues_that_were_emptied_behind_its_back_lose_nothing(world: World, care: Care) -> None:
    """R13: with every announcement gone, the nightly pass finds the objects, and each becomes one record."""
    for number in range(3):
        world.put(f"{FOLDER}{number}.json", form(number))
    world.clock.advance(days=20)
    assert care.tick("full") == {"sent": 0, "left": 0, "found": 3}
    assert care.drain() == 3
    assert world.states() == {"accepted": 3}
    assert {one.received_at for one in world.submissions().values()} == {MIDWAY}
    assert care.tick("full")["found"] == 0
    findings = care.reconcile.full()
    assert findings.loose_ends == ()
    assert all(tally.adds_up for tally in findings.tallies.values())
    assert findings.tallies["samvaer-2018"].states == {State.ACCEPTED: 3}


TICKET = "0123456789abcdef" * 2
FORM = Slot("samvaer-2018", TICKET).key
DOCUMENTS = [Slot("samvaer-2018", TICKET, "budget", f"{number:032x}").key for number in range(3)]


def test_r13_documents_beside_a_form_that_nobody_was_told_of_are_found(world: World, care: Care) -> None:
    """R13: of three documents whose form is there, two lost their announcement: both are put back, and it adds up."""
    taken = world.take(FORM, form())
    records = [world.put(key, b"%PDF-1.7 ...") for key in DOCUMENTS]
    assert world.run_intake(s3_event(records[0])) == []
    world.clock.advance(hours=1)
    first = care.reconcile.full("samvaer-2018")
    assert Counter((end.kind, end.submission, end.remedy) for end in first.loose_ends) == {
        (Kind.UNRECORDED, taken.id, Remedy.PUT_BACK): 2
    }
    assert not first.tallies["samvaer-2018"].adds_up
    assert {end.remedy for end in care.reconcile.full("samvaer-2018").loose_ends} == {Remedy.WAITS}
    assert care.drain() == 2
    assert {one.found for one in world.intake.drawer.attachments(taken.id)} == {Found.FINE}
    second = care.reconcile.full("samvaer-2018")
    (tally,) = second.tallies.values()
    assert (second.loose_ends, tally.objects, tally.documents, tally.adds_up) == ((), 4, 3, True)
    assert (tally.states, world.states()) == ({State.ACCEPTED: 1}, {"accepted": 1})


def test_a_document_is_no_form_and_a_form_no_document(world: World, care: Care) -> None:
    """A document on its way is in flight; one is not taken for its form, neither where that has no record yet nor where
    it is gone; and what came again under a document's key is no second document."""
    world.put(FORM, form())
    for _ in range(2):
        assert world.run_intake(s3_event(world.put(DOCUMENTS[0], b"%PDF-1.7 ..."))) == []
    world.put(DOCUMENTS[1], b"%PDF-1.7 ...", at=world.clock() + timedelta(hours=1))
    world.clock.advance(hours=1)
    found = care.reconcile.full("samvaer-2018")
    assert [end.kind for end in found.loose_ends] == [Kind.UNRECORDED]
    tally = found.tallies["samvaer-2018"]
    assert (tally.objects, tally.documents, tally.in_flight) == (3, 1, 1)
    assert care.drain() == 1
    taken = world.only()
    world.s3.delete_object(Bucket=BUCKET, Key=taken.key, VersionId=taken.version_id)
    assert [end.kind for end in care.reconcile.full("samvaer-2018").loose_ends] == [Kind.OBJECT_GONE]


def test_a_document_whose_submission_was_erased_is_not_put_back(world: World, care: Care) -> None:
    """It is told as an erasure that is not finished, which erasing goes on with."""
    taken = world.take(FORM, form())
    assert care.erasure.erase(taken.id, Why("asked for", "KM", forced="told by telephone"))
    world.put(DOCUMENTS[0], b"%PDF-1.7 ...")
    world.clock.advance(hours=1)
    (end,) = care.reconcile.full("samvaer-2018").loose_ends
    assert (end.kind, end.submission, care.queue.count()) == (Kind.HALF_ERASED, taken.id, 0)


def test_what_counts_and_was_not_decided_with_its_call_is_found(world: World, care: Care) -> None:
    """Accepted while the distribution was taken back, and published again for the same day: no tick decides it."""
    distributed = {"date": "2018-05-14", "awards": []}
    world.publish(a_call(distributed=distributed))
    world.run_tick("2018-05-14T06:00")
    world.publish(a_call())
    taken = world.take(FOLDER + "a.json", form())
    world.publish(a_call(distributed=distributed))
    world.run_tick("2018-05-14T07:00")
    assert care.reconcile.full("samvaer-2018").loose_ends == ()
    world.clock.advance(days=3)
    (end,) = care.reconcile.full("samvaer-2018").loose_ends
    assert (end.kind, end.reference, end.remedy) == (Kind.UNDECIDED, taken.reference, Remedy.NONE)


def test_what_is_on_its_way_is_not_put_back(world: World, care: Care) -> None:
    """An object of this half hour waits in a queue: it is counted in flight, and the count adds up."""
    world.put(FOLDER + "a.json", form(), at=world.clock())
    findings = care.reconcile.full("samvaer-2018")
    (tally,) = findings.tallies.values()
    assert (findings.loose_ends, tally.in_flight, tally.objects, tally.adds_up) == ((), 1, 1, True)
    assert care.queue.count() == 0


def test_what_was_put_back_is_left_alone_for_hours(world: World, care: Care) -> None:
    """A file that stays without a record goes back four times a day at most, however often somebody looks."""
    world.put(FOLDER + "a.json", form())
    world.clock.advance(hours=1)
    first, second = care.reconcile.full(), care.reconcile.full()
    assert [end.remedy for end in first.loose_ends] == [Remedy.PUT_BACK]
    assert [end.remedy for end in second.loose_ends] == [Remedy.WAITS]
    world.clock.advance(hours=7)
    assert [end.remedy for end in care.reconcile.full().loose_ends] == [Remedy.PUT_BACK]
    assert care.queue.count() == 2


def test_a_look_changes_nothing(world: World, care: Care) -> None:
    """Without `repair` everything is found and nothing is sent, noted or put back."""
    world.put(FOLDER + "lost.json", form(1))
    world.take(FOLDER + "a.json", form())
    world.clock.advance(hours=1)
    object.__setattr__(care.reconcile, "repair", False)
    before = care.everything()
    findings = care.reconcile.light(lambda: True).plus(care.reconcile.full())
    assert Counter(end.kind for end in findings.loose_ends) == {Kind.UNSENT: 3, Kind.UNRECORDED: 1}
    assert {end.remedy for end in findings.loose_ends} == {Remedy.NONE}
    assert (care.everything(), care.queue.count(), world.received_messages()) == (before, 0, [])


def test_r22_every_object_is_in_one_state_and_what_is_no_file_is_told_apart(world: World, care: Care) -> None:
    """R22: all states, delete markers, folders, files in no folder or an unnamed one: every folder's count adds up."""
    world.take(FOLDER + "1.json", form(0))
    world.take(FOLDER + "1.json", form(0), at=MIDWAY + timedelta(hours=1))
    world.take(FOLDER + "2.json", form(1, contact_name=None))
    world.take(FOLDER + "3.bin", b"\x89PNG\r\n\x1a\n")
    world.take(FOLDER + "4.json", form(2), at=MIDWAY + timedelta(days=60))
    world.take("incoming/ukendt/5.json", form(3))
    world.take("incoming/6.json", form(3))
    world.take("incoming//7.json", form(3))
    world.put(FOLDER, b"")
    world.put("other/8.json", b"")
    world.s3.delete_object(Bucket=BUCKET, Key=FOLDER + "2.json")
    findings = care.reconcile.full()
    assert findings.loose_ends == ()
    assert all(tally.adds_up for tally in findings.tallies.values())
    pool, unknown, nowhere = (findings.tallies[name] for name in ("samvaer-2018", "ukendt", ""))
    assert pool.states == {
        State.REPLACED: 1, State.ACCEPTED: 1, State.NEEDS_CORRECTION: 1, State.UNREADABLE: 1, State.LATE: 1,
    }  # fmt: skip
    assert (pool.objects, pool.markers, pool.folders) == (5, 1, 1)
    assert (unknown.objects, nowhere.objects) == (1, 2)


def test_a_record_whose_object_is_gone_is_found_every_night(world: World, care: Care) -> None:
    """Somebody took a version away for good: a person has to look, and reconciling says which."""
    taken = world.take(FOLDER + "a.json", form())
    world.s3.delete_object(Bucket=BUCKET, Key=taken.key, VersionId=taken.version_id)
    (end,) = care.reconcile.full().loose_ends
    assert (end.kind, end.reference, end.remedy) == (Kind.OBJECT_GONE, taken.reference, Remedy.NONE)
    assert care.tick("full")["found"] == 1


def test_a_file_that_was_gone_before_it_was_read_is_no_loose_end(world: World, care: Care) -> None:
    """Its record says so already and operations were told: it is counted apart, night after night."""
    record = world.put(FOLDER + "a.json", form())
    version = record["s3"]["object"]["versionId"]
    world.s3.delete_object(Bucket=BUCKET, Key=FOLDER + "a.json", VersionId=version)
    assert world.run_intake(s3_event(record)) == []
    findings = care.reconcile.full("samvaer-2018")
    assert (findings.loose_ends, findings.tallies["samvaer-2018"].never_there) == ((), 1)


def test_the_nightly_pass_goes_on_where_time_ran_out(world: World, care: Care) -> None:
    """With time for one folder per run, the light runs go on until each folder was seen once, and then stop."""
    pools = [f"pulje-{letter}-2018" for letter in "abc"]
    for number, pool in enumerate(pools):
        world.publish(a_call(id=pool))
        world.put(f"incoming/{pool}/1.json", a_form(call=pool, municipality=("751", "101", "147")[number]))
    world.clock.advance(hours=1)
    found = [care.tick("full", steps=1)["found"], *(care.tick(steps=1)["found"] for _ in range(8))]
    assert (sum(found), max(found)) == (3, 1)
    last = care.reconcile.ledger.last_pass()
    assert last
    assert (last.objects, last.loose_ends, last.finished_at) == (3, 3, world.clock())
    assert care.drain() == 3
    assert world.states() == {"accepted": 3}


def test_a_second_start_joins_the_pass_that_is_under_way(world: World, care: Care) -> None:
    """A schedule that fires twice begins one pass."""
    care.reconcile.start()
    first = care.reconcile.ledger.last_pass()
    world.clock.advance(minutes=1)
    care.reconcile.start()
    assert care.reconcile.ledger.last_pass() == first


# -- received, and never concluded -----------------------------------------------------------------------------------


def test_a_file_that_was_received_and_lost_is_concluded_within_the_hour(world: World, care: Care) -> None:
    """A worker died after the record and the queue forgot the message: the light runs put it back, and it is read."""
    record = world.put(FOLDER + "a.json", form())
    world.faults.fail("TransactWriteItems", Crash(), nth=2)
    with pytest.raises(Crash):
        world.run_intake(s3_event(record))
    world.faults.heal()
    assert world.states() == {"received": 1}
    care.ticks(hours=1)
    assert world.states() == {"accepted": 1}
    assert len(world.only().reference) > 4


def test_a_replay_whose_message_was_lost_is_read_all_the_same(world: World, care: Care) -> None:
    """An operator's replay that nobody read is put back like a file that was never concluded."""
    taken = world.take("incoming/ny-pulje-2018/a.json", form())
    assert taken.state is State.UNREADABLE
    world.publish(a_call(id="ny-pulje-2018"))
    world.store.reopen(taken, world.clock(), "operator")
    assert [one.id for one in world.store.list_submissions(state=State.UNREADABLE)] == [taken.id]
    assert world.store.list_submissions(state=State.RECEIVED) == []
    care.ticks(hours=1)
    assert world.only().pending is False
    assert world.only().rounds == 1


# -- notices ---------------------------------------------------------------------------------------------------------


def test_r13_a_stream_that_lost_its_records_costs_ten_minutes(world: World, care: Care) -> None:
    """R13: no stream record ever came; every row is sent by the light runs, once to each."""
    first, second = world.take(FOLDER + "1.json", form(0)), world.take(FOLDER + "2.json", form(1))
    care.tick()
    assert world.received_messages() == [], "what is fresh is notify's"
    care.ticks(hours=1)
    contacts, applicants = told(care)
    assert contacts == {
        (contact, one.reference): 1 for contact in ("professional-1", "professional-2") for one in (first, second)
    }
    assert applicants == {"ansoeger-0@example.dk": 1, "ansoeger-1@example.dk": 1}


@pytest.mark.parametrize("operation", ["Publish", "SendEmail"])
def test_r15_an_outage_of_25_hours_ends_with_everything_sent_once(world: World, care: Care, operation: str) -> None:
    """R15: longer than the stream keeps anything, one way out fails at every call; then all goes out, once."""
    world.take(FOLDER + "1.json", form(0))
    world.faults.fail(operation, DOWN)
    with pytest.raises(AssertionError):
        world.notify_all()
    care.ticks(hours=25, every=60)
    contacts, applicants = told(care)
    assert (len(contacts), len(applicants)) == ((0, 1) if operation == "Publish" else (2, 0))
    assert care.seen[-1]["left"] == (2 if operation == "Publish" else 1)
    world.faults.heal()
    care.ticks(hours=1)
    contacts, applicants = told(care)
    assert (set(contacts.values()), len(contacts)) == ({1}, 2)
    assert applicants == {"ansoeger-0@example.dk": 1}
    assert care.seen[-1] == {"sent": 0, "left": 0, "found": 0}


def test_two_runs_at_once_send_a_notice_once(world: World, process: Callable[[], Reconcile]) -> None:
    """The nightly run beside a light one: they are two processes, and what one of them is sending the other leaves."""
    world.take(FOLDER + "1.json", form())
    first, second = (replace(world.reconcile.delivery, by=process().delivery.by) for _ in range(2))
    pk, sk = world.outbox()[0]
    others: list[Delivered] = []

    def meanwhile(**_: object) -> None:
        if not others:
            others.append(second.deliver(pk, sk))

    worker_client("sns").meta.events.register_first("provide-client-params.sns.Publish", meanwhile)
    assert first.deliver(pk, sk) is Delivered.SENT
    worker_client("sns").meta.events.unregister("provide-client-params.sns.Publish", meanwhile)
    assert others == [Delivered.DELAYED]
    assert len(world.received_messages()) == 1


def test_one_way_out_that_is_down_does_not_hold_up_the_other(world: World, care: Care) -> None:
    """With SES down for a hundred receipts, no more than a few are tried in one run, and contacts hear all the same."""
    for number in range(20):
        row = Notice(
            submission=f"s{number}", event=Event.ACCEPTED, audience="@applicant", call="samvaer-2018",
            call_title=a_call().title, created_at=world.clock(),
        )  # fmt: skip
        world.store._transact([world.store._put({"PK": f"SUB#s{number}", "SK": "SUB", "item": "submission"}
                                                | a_submission(id=f"s{number}", email="a@example.dk")
                                                .model_dump(mode="json", exclude_none=True))])  # fmt: skip
        world.notices.add([row])
    world.take(FOLDER + "1.json", a_form())
    world.clock.advance(minutes=11)
    world.faults.fail("SendEmail", DOWN)
    before = world.faults.calls.count("sesv2:SendEmail")
    assert care.tick() == {"sent": 2, "left": 20, "found": 0}
    assert world.faults.calls.count("sesv2:SendEmail") - before == 5


def test_a_run_without_time_leaves_the_rest_to_the_next(world: World, care: Care) -> None:
    """No step is begun that may not end in time; nothing is lost by it."""
    for number in range(3):
        world.take(f"{FOLDER}{number}.json", form(number))
    world.clock.advance(minutes=11)
    assert care.tick(steps=2)["sent"] == 2
    assert care.tick()["sent"] == 7
    contacts, applicants = told(care)
    assert (set(contacts.values()), set(applicants.values())) == ({1}, {1})


@pytest.mark.parametrize("phase", ["before", "after"])
def test_r01_a_run_that_dies_at_any_call_is_made_good_by_the_next(world: World, care: Care, phase: str) -> None:
    """R1: killed at each call of a run in turn, the runs after it still end with one record and everybody told."""
    world.put(FOLDER + "lost.json", form(1))
    world.take(FOLDER + "1.json", form(0))
    world.clock.advance(hours=1)
    struck = 0
    for target in range(200):
        base = len(world.faults.calls)

        def strike(index: int, at: str, target: int = base + target) -> BaseException | None:
            return Crash() if index == target and at == phase else None

        world.faults.strike = strike
        try:
            care.tick("full")
        except Crash:
            struck += 1
        else:
            break
        finally:
            world.faults.heal()
        world.clock.advance(hours=7)
    assert struck > 5
    care.ticks(hours=8, every=30)
    assert world.states() == {"accepted": 2}
    contacts, applicants = told(care)
    assert len(contacts) == 4
    assert set(applicants) == {"ansoeger-0@example.dk", "ansoeger-1@example.dk"}
    # One more copy each at the most for a worker that died between sending and marking.
    assert max([*contacts.values(), *applicants.values()]) <= 2


def test_r12_a_redrive_after_13_days_gives_no_second_record_and_no_second_mail(world: World, care: Care) -> None:
    """R12: a message that lay in the dead letter queue for 13 days meets the record that reconciling made meanwhile."""
    record = world.put(FOLDER + "a.json", form())
    world.clock.advance(hours=2)
    care.tick("full")
    care.drain()
    care.ticks(hours=1)
    before = told(care)
    history = world.store.history(world.only().id)
    world.clock.advance(days=13)
    assert world.run_intake(s3_event(record), s3_event(record)) == []
    care.ticks(hours=1)
    assert told(care) == before
    assert (world.states(), world.store.history(world.only().id)) == ({"accepted": 1}, history)
    assert set(before[0].values()) == set(before[1].values()) == {1}


def test_rows_that_can_never_be_sent_do_not_wait_for_ever(world: World, care: Care) -> None:
    """A row that SNS refuses is marked as failed by reconciling as it would be by notify."""
    world.take(FOLDER + "a.json", a_form())
    world.clock.advance(minutes=11)
    world.faults.fail("Publish", ClientError({"Error": {"Code": "InvalidParameter"}}, "Publish"))
    assert care.tick()["left"] == 0
    assert {row.status for row in world.notices.unsent()} == {Status.FAILED}


def test_ids_of_versions_are_those_of_records(world: World, care: Care) -> None:
    """A listing and an event name the same version the same: put back, it meets its own record."""
    taken = world.take(FOLDER + "Årsplan 100% + bilag.json", form())
    (version,) = care.reconcile.uploads.versions("incoming/")
    assert version.submission == taken.id == submission_id(taken.bucket, taken.key, taken.version_id)
