"""Bad weather on the local cloud: a proxy between the functions and AWS that fails what it is told to fail.

The proxy is microburst: it answers as AWS does, so that the SDK's own retries are at work. Each function names itself
in its User-Agent (`AWS_SDK_UA_APP_ID`), so that one operation can fail for one function alone.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from puljeport_cli import cloud, demo, processes
from puljeport_cli.local import Home, isolated_environment
from puljeport_cli.processes import LOOPBACK, free_port
from puljeport_cli.stack import Stack
from roles import SHOWN

type Call = tuple[str, str]
"""An operation of a service, as in `("s3", "GetObject")`. Of SES, which the proxy knows in its older shape, all."""

SES: Call = ("ses", "")

CALLS: dict[str, tuple[Call, ...]] = {
    "s3:GetObject": (("s3", "GetObject"),),
    "s3:GetObjectVersion": (("s3", "GetObject"),),
    "s3:PutObject": (("s3", "PutObject"),),
    "s3:ListBucket": (("s3", "ListObjectsV2"),),
    "s3:ListBucketVersions": (("s3", "ListObjectVersions"),),
    "s3:DeleteObjectVersion": (("s3", "DeleteObject"),),
    "dynamodb:GetItem": (("dynamodb", "GetItem"),),
    "dynamodb:BatchGetItem": (("dynamodb", "BatchGetItem"),),
    "dynamodb:Query": (("dynamodb", "Query"),),
    "dynamodb:PutItem": (("dynamodb", "PutItem"), ("dynamodb", "TransactWriteItems")),
    "dynamodb:UpdateItem": (("dynamodb", "UpdateItem"), ("dynamodb", "TransactWriteItems")),
    "dynamodb:DeleteItem": (("dynamodb", "DeleteItem"), ("dynamodb", "TransactWriteItems")),
    "dynamodb:ConditionCheckItem": (("dynamodb", "TransactWriteItems"),),
    "sns:Publish": (("sns", "Publish"),),
    "sns:ListSubscriptionsByTopic": (("sns", "ListSubscriptionsByTopic"),),
    "sqs:SendMessage": (("sqs", "SendMessage"),),
    "ses:SendEmail": (SES,),
}
"""The operations that an action permits. Source: Service Authorization Reference, by service."""

UNAVAILABLE: dict[str, dict[str, Any]] = {
    "s3": {"code": "SlowDown", "status": 503},
    "dynamodb": {"code": "ProvisionedThroughputExceededException", "status": 400},
    "sns": {"code": "Throttling", "status": 400},
    "sqs": {"code": "ServiceUnavailable", "status": 503},
    "ses": {"code": "ServiceUnavailable", "status": 503},
}
"""How each service says that it cannot just now."""


HURRIED = {"PULJEPORT_ATTEMPT_LEASE_SECONDS": "1"}
"""What a worker that AWS failed holds is free again at once."""


def calls_of(role: str) -> dict[Call, str]:
    """The operations that a role's permissions are for, each with one action that needs it."""
    return {call: action for action in sorted(SHOWN[role], reverse=True) for call in CALLS[action]}


def function_of(role: str) -> str:
    """The function, by its logical name, that works in a role."""
    return role.removesuffix("Role") + "Function"


def refusal(call: Call) -> dict[str, Any]:
    """The service answers that it has too much to do."""
    return {"error": UNAVAILABLE[call[0]]}


def cut(_call: Call) -> dict[str, Any]:
    """The connection breaks before the service has heard anything."""
    return {"reset": True}


def lost_answer(_call: Call) -> dict[str, Any]:
    """The service does what it was asked for, and the connection breaks before its answer has come."""
    return {"response": {"abort_bytes": 0}}


@dataclass(frozen=True)
class Storm:
    """A running proxy."""

    address: str

    def fail(self, function: str, calls: Iterable[Call], how: Any = refusal, times: int | None = None) -> None:
        """From now on, fail these operations for a function: each so many times, or until `heal`."""
        self._rules([_rule(function, call) | how(call) | ({"times": times} if times else {}) for call in calls])

    def outage(self, *services: str) -> None:
        """From now on, fail whatever any function asks of these services."""
        self._rules([{"service": service} | refusal((service, "")) for service in services])

    def watch(self, functions: Iterable[str]) -> None:
        """From now on, note what each function asks for, and let it through."""
        self._rules([{"service": "*", "headers": {"User-Agent": f"app/{name}"}, "latency": 1} for name in functions])

    def heal(self) -> None:
        """Let everything through again, and forget what was failed."""
        self._rules([])
        self._ask("fired", "DELETE")

    def seen(self) -> set[Call]:
        """The operations that were failed, or noted, since the last `heal`."""
        return {_call(event) for event in self._ask("fired?limit=2000")}

    @contextmanager
    def failing(self, function: str, *calls: Call, how: Any = refusal, times: int | None = None) -> Iterator[None]:
        """Fail operations for a function meanwhile."""
        self.heal()
        self.fail(function, calls, how, times)
        try:
            yield
        finally:
            self._rules([])

    def _rules(self, rules: list[dict[str, Any]]) -> None:
        self._ask("rules", "POST", rules)

    def _ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/_microburst/{path}", data=data, method=method)  # noqa: S310
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return json.load(answer)


def _rule(function: str, call: Call) -> dict[str, Any]:
    service, operation = call
    named = {"operation": operation} if operation else {}
    return {"service": service, "headers": {"User-Agent": f"app/{function}"}} | named


def _call(event: dict[str, Any]) -> Call:
    return event["service"], event["operation"] or ""


@contextmanager
def brewing(home: Home, stack: Stack) -> Iterator[Storm]:
    """A proxy before the local cloud, and the stack's functions behind it; as it was afterwards."""
    assert stack.local
    port = free_port()
    program = [cloud.tool(".venv-cloud", "python"), str(Path(__file__).with_name("weather.py"))]
    command = [*program, "--upstream", stack.local.endpoint, "--port", str(port)]
    process = processes.start(command, isolated_environment(), home.log("microburst"))
    try:
        storm = Storm(f"http://{LOOPBACK}:{port}")
        assert demo.until(lambda: cloud.answers(f"{storm.address}/_microburst/health"), bool, 60)
        with _behind(stack, storm.address):
            yield storm
    finally:
        processes.stop(process)


@contextmanager
def _behind(stack: Stack, address: str) -> Iterator[None]:
    functions = stack.client("lambda")
    resources = stack.client("cloudformation").describe_stack_resources(StackName="puljeport-local")["StackResources"]
    names = {
        one["PhysicalResourceId"]: one["LogicalResourceId"]
        for one in resources if one["ResourceType"] == "AWS::Lambda::Function"
    }  # fmt: skip
    before = {name: functions.get_function_configuration(FunctionName=name)["Environment"] for name in names}
    for name, logical in names.items():
        ours = {"AWS_ENDPOINT_URL": address, "AWS_SDK_UA_APP_ID": logical} | HURRIED
        given = {"Variables": before[name]["Variables"] | ours}
        functions.update_function_configuration(FunctionName=name, Environment=given)
    try:
        yield
    finally:
        for name in names:
            functions.update_function_configuration(FunctionName=name, Environment=before[name])
