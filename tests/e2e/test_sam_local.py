"""`sam local invoke` with the samples in `events/`: each function really runs in Lambda's container.

Needs a Docker engine; without one these tests are deselected by `tests/e2e/conftest.py`, and the run says so.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import relay
from builders import a_call, a_form
from puljeport.submissions import State
from puljeport_cli import cloud, local
from puljeport_cli.stack import Stack, now

pytestmark = [pytest.mark.slow, pytest.mark.cloud, pytest.mark.sam_local]

EVENTS = Path(__file__).parent.parent.parent / "events"
CALL = "medborgerskab-2018"
IMAGE = f"public.ecr.aws/lambda/python:3.13-{'arm64' if platform.machine() in {'arm64', 'aarch64'} else 'x86_64'}"

type Invoke = Callable[[str, Path], dict[str, Any]]


@pytest.fixture(scope="module")
def endpoint(guarded: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A Docker network, and the address at which the local cloud answers there."""
    assert guarded.local
    folder = tmp_path_factory.mktemp("relay")
    shutil.copy(relay.__file__, folder / "relay.py")
    name = f"puljeport-{uuid.uuid4().hex[:8]}"
    with relay.serve(folder / "socket", guarded.local.ports.cloud, tls=guarded.local.certificate is not None):
        docker("network", "create", "--internal", name)
        try:
            docker(
                "run", "--detach", "--rm", "--name", name, "--network", name, "--volume", f"{folder}:/relay",
                "--entrypoint", "/var/lang/bin/python3.13", IMAGE, "/relay/relay.py", "/relay/socket",
            )  # fmt: skip
            # By number, since boto3 would put the bucket's name before a host's name.
            form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
            yield name, f"http://{docker('inspect', '--format', form, name)}:{relay.PORT}"
        finally:
            docker("rm", "--force", name)
            docker("network", "rm", name)


def docker(*words: str) -> str:
    """Run a command of Docker's: what it printed."""
    answer = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@pytest.fixture(scope="module")
def invoke(guarded_home: local.Home, guarded: Stack, endpoint: tuple[str, str]) -> Invoke:
    """Run one function with one event, as `sam local invoke` does: what it answered."""
    network, address = endpoint
    template = reaching(guarded_home.build / "template.yaml", address)
    sam = cloud.tool(".venv-sam", "sam")
    environment = local.isolated_environment() | {
        name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ
    }
    environment["PATH"] = f"{Path(sam).parent}{os.pathsep}{environment['PATH']}"
    overrides = guarded_home.root / "environment.json"
    overrides.write_text(json.dumps({"Parameters": variables(guarded)}))

    def run(function: str, event: Path) -> dict[str, Any]:
        command = [
            sam, "local", "invoke", function, "--template", str(template), "--event", str(event),
            "--env-vars", str(overrides), "--parameter-overrides", "Stage=local Tracing=off",
            "--docker-network", network, "--skip-pull-image", "--region", local.REGION,
        ]  # fmt: skip
        answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert answer.returncode == 0, answer.stderr[-3000:]
        print(answer.stderr)
        result: dict[str, Any] = json.loads(answer.stdout.strip().splitlines()[-1])
        assert "errorType" not in result, answer.stderr[-3000:]
        return result

    return run


def reaching(template: Path, endpoint: str) -> Path:
    """A copy of the built template whose functions reach the local cloud. SAM passes on only declared variables."""
    yaml = YAML(typ="safe", pure=True)
    # Between braces the `?` of a clock's expression would be taken for a key.
    yaml.default_flow_style = False
    built = yaml.load(template.read_text())
    built["Globals"]["Function"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"] = endpoint
    copy = template.with_name("template-local.yaml")
    with copy.open("w") as output:
        yaml.dump(built, output)
    return copy


def variables(stack: Stack) -> dict[str, str]:
    """What the deployed functions have in their environment."""
    return {
        "PULJEPORT_TABLE": stack.output("TableName"),
        "PULJEPORT_DOCUMENTS_BUCKET": stack.output("DocumentsBucketName"),
        "PULJEPORT_NOTICES_TOPIC_ARN": stack.output("NoticesTopicArn"),
        "PULJEPORT_UPLOADS_BUCKET": stack.output("UploadsBucketName"),
        "PULJEPORT_UPLOADS_QUEUE_URL": stack.output("UploadsQueueUrl"),
    }


def test_intake_leaves_a_real_record(invoke: Invoke, guarded: Stack) -> None:
    """Both shapes of S3's announcement name one object, and it is in the table afterwards, accepted."""
    guarded.store.publish_call(a_call(id=CALL, deadline="2048-04-09T23:59:59"), now())
    event = EVENTS / "intake-s3-put.json"
    (message,) = json.loads(event.read_text())["Records"]
    (record,) = json.loads(message["body"])["Records"]
    assert record["s3"]["bucket"]["name"] == guarded.output("UploadsBucketName")
    key = "incoming/medborgerskab-2018/Ansøgning fra en kommune.docx"
    stored = guarded.client("s3").put_object(Bucket=record["s3"]["bucket"]["name"], Key=key, Body=a_form(CALL))
    assert invoke("IntakeFunction", event) == {"batchItemFailures": []}
    (found,) = (one for one in guarded.store.list_submissions(CALL) if one.version_id == stored["VersionId"])
    assert (found.key, found.state) == (key, State.ACCEPTED)
    assert invoke("IntakeFunction", EVENTS / "intake-eventbridge.json") == {"batchItemFailures": []}
    assert len([one for one in guarded.store.list_submissions(CALL) if one.key == key]) == 1


def test_the_portal_answers_requests(invoke: Invoke, guarded: Stack) -> None:
    """In Lambda's own container the list of calls and a call's page are made from the real table and bucket."""
    guarded.store.publish_call(a_call(id=CALL, deadline="2048-04-09T23:59:59"), now())
    for event in ("portal-list", "portal-call"):
        assert invoke("PortalFunction", EVENTS / f"{event}.json")["statusCode"] == 200


@pytest.mark.parametrize(
    ("function", "event"),
    [
        ("IntakeFunction", "intake-s3-test"),
        ("IntakeFunction", "intake-batch"),
        ("NotifyFunction", "notify-accepted"),
        ("NotifyFunction", "notify-expiry"),
    ],
)
def test_every_other_sample_is_answered_without_a_failure(invoke: Invoke, function: str, event: str) -> None:
    """Noise, mixed batches, rows that are gone and expiries: the function answers, and nothing comes back."""
    assert invoke(function, EVENTS / f"{event}.json") == {"batchItemFailures": []}


@pytest.mark.parametrize(
    ("function", "event", "counts"),
    [
        ("ReconcileFunction", "reconcile-light", {"sent", "left", "found"}),
        ("ReconcileFunction", "reconcile-full", {"sent", "left", "found"}),
        ("EraseFunction", "erase-night", {"erased", "held"}),
    ],
)
def test_the_samples_of_the_clock_are_answered_with_counts(
    invoke: Invoke, function: str, event: str, counts: set[str]
) -> None:
    """What the schedules send is understood by the functions as they are built."""
    assert invoke(function, EVENTS / f"{event}.json").keys() == counts


@pytest.mark.parametrize("event", ["tick-schedule", "tick-contacts"])
def test_a_tick_runs_with_what_its_schedules_send(invoke: Invoke, event: str) -> None:
    """Both schedules' events are answered with counts, and no call went wrong."""
    assert "failed" not in invoke("TickFunction", EVENTS / f"{event}.json")
