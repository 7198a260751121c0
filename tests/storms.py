"""Bad weather on the local cloud: a proxy between the functions and AWS that fails what it is told to fail.

The proxy is microburst: it answers as AWS does, so that the SDK's own retries are at work. Each function names itself
in its User-Agent (`AWS_SDK_UA_APP_ID`), so that one operation can fail for one function alone.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from puljeport_cli import cloud, demo_uploads, processes
from puljeport_cli.local import Home, isolated_environment
from puljeport_cli.processes import LOOPBACK, free_port
from puljeport_cli.stack import Stack
from roles import SHOWN

type Operation = tuple[str, str]
"""An operation of a service, as in `("s3", "GetObject")`. Of SES, which the proxy knows in its older shape, all."""

type How = Callable[[Operation], dict[str, Any]]
"""In which way an operation fails: that part of the proxy's rule."""

SES: Operation = ("ses", "")

OPERATIONS: dict[str, tuple[Operation, ...]] = {
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


def operations_of(role: str) -> dict[Operation, str]:
    """The operations that a role's permissions are for, each with one action that needs it."""
    return {operation: action for action in sorted(SHOWN[role], reverse=True) for operation in OPERATIONS[action]}


def function_of(role: str) -> str:
    """The function, by its logical name, that works in a role."""
    return role.removesuffix("Role") + "Function"


def refusal(operation: Operation) -> dict[str, Any]:
    """The service answers that it has too much to do."""
    return {"error": UNAVAILABLE[operation[0]]}


def cut(_: Operation) -> dict[str, Any]:
    """The connection breaks before the service has heard anything."""
    return {"reset": True}


def lost_answer(_: Operation) -> dict[str, Any]:
    """The service does what it was asked for, and the connection breaks before its answer has come."""
    return {"response": {"abort_bytes": 0}}


@dataclass(frozen=True)
class Storm:
    """A running proxy, on one port of this machine."""

    port: int

    @property
    def address(self) -> str:
        """Where AWS is found, through it."""
        return f"http://{LOOPBACK}:{self.port}"

    def fail(
        self, function: str, operations: Iterable[Operation], how: Any = refusal, times: int | None = None
    ) -> None:
        """From now on, fail these operations for a function: each so many times, or until `heal`."""
        self._rules(
            [
                _rule(function, operation) | how(operation) | ({"times": times} if times else {})
                for operation in operations
            ]
        )

    def outage(self, *services: str) -> None:
        """From now on, fail whatever any function asks of these services."""
        self.heal()
        self._rules([{"service": service} | refusal((service, "")) for service in services])

    def watch(self, functions: Iterable[str]) -> None:
        """From now on, note what each function asks for, and let it through."""
        self.heal()
        self._rules([{"service": "*", "headers": {"User-Agent": f"app/{name}"}, "latency": 1} for name in functions])

    def heal(self) -> None:
        """Let everything through again, and forget what was failed."""
        self._rules([])
        self._ask("fired", "DELETE")

    def seen(self) -> set[Operation]:
        """The operations that were failed, or noted, since the last `heal`."""
        return {_operation(event) for event in self._ask("fired?limit=2000")}

    @contextmanager
    def failing(
        self, function: str, *operations: Operation, how: How = refusal, times: int | None = None
    ) -> Iterator[None]:
        """Meanwhile, fail these operations for a function: each so many times, or always."""
        self.heal()
        most = {"times": times} if times else {}
        self._rules([_rule(function, operation) | how(operation) | most for operation in operations])
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


def _rule(function: str, operation: Operation) -> dict[str, Any]:
    service, name = operation
    named = {"operation": name} if name else {}
    return {"service": service, "headers": {"User-Agent": f"app/{function}"}} | named


def _operation(event: dict[str, Any]) -> Operation:
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
        storm = Storm(port)
        assert demo_uploads.until(lambda: cloud.answers(f"{storm.address}/_microburst/health"), bool, 60)
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
