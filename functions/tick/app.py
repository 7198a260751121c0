"""The function `tick`: what has come is told. Woken every five minutes, and once a day for the contacts."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from puljeport import aws, observe, settings
from puljeport.calendar import Calendar, Did
from puljeport.drawer import Drawer
from puljeport.outbox import Outbox
from puljeport.store import Store
from puljeport.topic import Topic

logger, metrics, tracer = observe.logger(), observe.metrics(), observe.tracer()

METRICS = {
    Did.TOLD: "MomentTold",
    Did.PASSED_OVER: "MomentPassedOver",
    Did.WAITING: "MomentWaiting",
    Did.DECIDED: "SubmissionDecided",
    Did.GATHERED: "GatheringTold",
    Did.PUT_OFF: "CallPutOff",
    Did.FAILED: "CallFailed",
}
BEGUN, TICKED, UNREACHED = "TickBegun", "TickDone", "ContactUnreached"

CONTACTS = "contacts"
"""The task that the daily schedule names; without a task, it is an ordinary tick."""


@cache
def _calendar() -> Calendar:
    given = settings.load(settings.TickSettings)
    return Calendar(
        store=Store(aws.dynamodb(), given.table),
        outbox=Outbox(aws.dynamodb(), given.table),
        drawer=Drawer(aws.dynamodb(), given.table),
        topic=Topic(aws.sns(), given.notices_topic_arn),
        log=lambda call, error: logger.error("a call went wrong", extra={"call": call, **observe.fault(error)}),
    )


def _now() -> datetime:
    return datetime.now(UTC)


def tick() -> dict[str, int]:
    """One tick: what was done, by name. The metric that says it ran is what the dead man's alarm waits for."""
    done = {each.value: count for each, count in _calendar().tick(_now()).items() if count}
    logger.info("tick", extra={"done": done})
    for name, count in done.items():
        metrics.add_metric(METRICS[Did(name)], MetricUnit.Count, count)
    metrics.add_metric(TICKED, MetricUnit.Count, 1)
    return done


def look_after_contacts() -> dict[str, int]:
    """Count the contacts that nothing reaches, and name each in the log by its id."""
    found = _calendar().unreached(_now())
    for each in found:
        logger.warning("a contact is not reached", call=each.call, contact=each.contact)
    metrics.add_metric(UNREACHED, MetricUnit.Count, len(found))
    return {"unreached": len(found)}


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - Lambda passes both
    """Do what the schedule asks for. A tick that fails is not tried again: the next one is the retry."""
    metrics.add_metric(BEGUN, MetricUnit.Count, 1)
    return look_after_contacts() if event.get("task") == CONTACTS else tick()
