"""`puljeport call publish` and `puljeport contacts` over moto: what is shown before it is done, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from puljeport.subscriptions import policy
from puljeport.topic import Topic
from puljeport_cli import stack as stacks
from puljeport_cli.main import app
from puljeport_cli.stack import Stack
from worlds import DOCUMENTS, TABLE, World

CALL = Path(__file__).parents[2] / "calls" / "medborgerskab-2018"
MAILBOXES = ["konsulent-1@example.dk", "konsulent-2@example.dk", "tilskud@example.dk"]

type Run = Callable[..., str]


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command against moto; gives what it prints."""
    topic = world.sns.list_topics()["Topics"][0]["TopicArn"]
    outputs = {"TableName": TABLE, "NoticesTopicArn": topic, "DocumentsBucketName": DOCUMENTS}
    monkeypatch.setattr(stacks, "find", lambda *_, **__: Stack("test", outputs, "CREATE_COMPLETE"))

    def command(*words: str) -> str:
        outcome = CliRunner().invoke(app, list(words))
        assert outcome.exit_code == 0, outcome.output
        return outcome.stdout

    return command


def mailboxes(world: World) -> list[str]:
    """The addresses that are subscribed by mail."""
    found = [entry for entry in world.topic.subscriptions() if entry.protocol == "email"]
    return sorted(entry.endpoint for entry in found)


def test_a_dry_run_shows_the_subscriptions_and_changes_nothing(run: Run, world: World) -> None:
    """The plan lists each mailbox with the contacts behind it; neither topic nor table nor bucket has anything new."""
    said = run("call", "publish", str(CALL), "--dry-run")
    assert "medborgerskab-2018: a new version 1" in said
    assert all(address in said for address in MAILBOXES)
    assert "medborgerskab-2018/professional-1" in said
    assert mailboxes(world) == []
    assert world.store.current_call("medborgerskab-2018") is None
    assert "Contents" not in world.s3.list_objects_v2(Bucket=DOCUMENTS)


def test_publishing_shows_the_plan_does_it_and_shows_the_contacts(run: Run, world: World) -> None:
    """What was planned is what is made: the same mailboxes, each subscribed to what is addressed to it."""
    planned = json.loads(run("call", "publish", str(CALL), "--dry-run", "--json"))
    said = run("call", "publish", str(CALL))
    assert said.index("Subscriptions to be changed") < said.index("published as version 1") < said.index("Contacts")
    assert mailboxes(world) == sorted(change["email"] for change in planned["changes"])
    entry = next(each for each in world.topic.subscriptions() if each.endpoint == MAILBOXES[0])
    assert entry.filter_policy == policy(MAILBOXES[0])
    again = json.loads(run("call", "publish", str(CALL), "--json"))
    assert (again["new"], again["version"], again["changes"], again["kept"]) == (False, 1, [], [])


def test_contacts_are_listed_with_what_each_hears_and_when(run: Run) -> None:
    """Role, events at once, the digest and its hour, topics, deputy and subscription, for people and for programs."""
    run("call", "publish", str(CALL))
    rows = {row["contact"]: row for row in json.loads(run("contacts", "--call", CALL.name, "--json"))}
    assert rows["administration"]["digest"]["at"] == "08:00"
    assert rows["professional-1"]["topics"]["field"] == "model"
    assert rows["professional-1"]["deputy"] == "professional-2"
    assert {row["subscription"] for row in rows.values()} == {"confirmed"}
    said = " ".join(run("contacts", "--call", CALL.name).split())
    assert "08:00)" in said
    assert "model:" in said


def test_who_has_not_confirmed_stands_out_and_can_be_asked_again(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a contact is in capitals, with what to do about it below the table; AWS is asked for one more link each."""
    run("call", "publish", str(CALL))
    listed = Topic.subscriptions
    monkeypatch.setattr(Topic, "subscriptions", lambda topic: [replace(each, arn=None) for each in listed(topic)])
    said = run("contacts")
    assert "UNCONFIRMED" in said
    assert f"! {MAILBOXES[0]} has to follow the link" in said
    assert "--send-again" in said
    asked: list[str] = []
    monkeypatch.setattr(Topic, "subscribe_email", lambda _topic, address, _policy: asked.append(address))
    run("contacts", "--send-again")
    assert sorted(set(asked)) == sorted(asked)
    assert set(MAILBOXES) <= set(asked)
    assert mailboxes(world)
