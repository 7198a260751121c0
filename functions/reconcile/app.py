"""The function `reconcile`: every few minutes, and every night, what was lost on the way is put back on it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from puljeport import aws, observe, settings
from puljeport.delivery import wired
from puljeport.ledger import Ledger
from puljeport.objects import Objects
from puljeport.queues import Queue
from puljeport.reconcile import Findings, Reconcile, Remedy

logger, metrics, tracer = observe.logger(), observe.metrics(), observe.tracer()

RESERVE_MS = 45_000
"""Milliseconds that one step may take: sending one notice, three times tried (aws.py), or a folder of thousands."""

METRICS = {
    "ReconcileBegun", "ReconcileDone", "NoticesHelpedOn", "LooseEndsLeft", "LooseEndsFound", "PutBack",
    "ObjectsCounted",
}  # fmt: skip
"""What it counts. `LooseEndsLeft`: what waits after a light run; `LooseEndsFound`: what a nightly pass came upon."""


@cache
def _reconcile() -> Reconcile:
    given = settings.load(settings.ReconcileSettings)
    # Each process has a name of its own: a light run and the one that begins the nightly pass may come in the same
    # minute, and EventBridge may start one twice (its user guide, Troubleshooting, "My rule ran more than once").
    delivery = wired(given, aws.dynamodb(), aws.sns(), aws.ses(), f"reconcile-{uuid4().hex}")
    return Reconcile(
        store=delivery.store,
        outbox=delivery.outbox,
        ledger=Ledger(aws.dynamodb(), given.table),
        uploads=Objects(aws.s3(), given.uploads_bucket),
        queue=Queue(aws.sqs(), given.uploads_queue_url),
        delivery=delivery,
        now=_now,
        log=lambda submission, error: logger.error(
            "not sent", extra={"submission": submission, **observe.fault(error)}
        ),
    )


def _now() -> datetime:
    return datetime.now(UTC)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Handle a tick: `{"pass": "light"}`, or `{"pass": "full"}`, which begins what light ones then go on with."""

    def enough() -> bool:
        return context.get_remaining_time_in_millis() > RESERVE_MS

    metrics.add_metric("ReconcileBegun", MetricUnit.Count, 1)
    if event.get("pass") == "full":
        _reconcile().start()
    light = _reconcile().light(enough)
    _tell(light)
    metrics.add_metric("NoticesHelpedOn", MetricUnit.Count, light.sent)
    metrics.add_metric("LooseEndsLeft", MetricUnit.Count, len(light.loose_ends))
    full = _reconcile().proceed(enough)
    _tell(full)
    if full.tallies:
        metrics.add_metric("LooseEndsFound", MetricUnit.Count, len(full.loose_ends))
        counted = sum(tally.objects for tally in full.tallies.values())
        metrics.add_metric("ObjectsCounted", MetricUnit.Count, counted)
    metrics.add_metric("ReconcileDone", MetricUnit.Count, 1)
    return {"sent": light.sent, "left": len(light.loose_ends), "found": len(full.loose_ends)}


def _tell(findings: Findings) -> None:
    """Log each loose end by what it is and whose; a folder's own name is its uploader's, and is not told."""
    for end in findings.loose_ends:
        logger.warning("a loose end", kind=end.kind, submission=end.submission, remedy=end.remedy)
    back = sum(end.remedy is Remedy.PUT_BACK for end in findings.loose_ends)
    if back:
        metrics.add_metric("PutBack", MetricUnit.Count, back)
