"""The function `erase`: every night, what the calls keep no longer is erased. The only function that may delete."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from puljeport import aws, observe, settings
from puljeport.eraser import Eraser
from puljeport.erasure import Erasure
from puljeport.objects import Objects
from puljeport.outbox import Outbox
from puljeport.store import Store

logger, metrics, tracer = observe.logger(), observe.metrics(), observe.tracer()

RESERVE_MS = 45_000
"""Milliseconds that erasing one submission may take, some of its calls to AWS three times tried (aws.py)."""

METRICS = {"EraseBegun", "EraseDone", "Erased", "EraseHeld", "CallsUndecided"}


@cache
def _erasure() -> Erasure:
    given = settings.load(settings.EraseSettings)
    return Erasure(
        store=Store(aws.dynamodb(), given.table),
        outbox=Outbox(aws.dynamodb(), given.table),
        eraser=Eraser(aws.dynamodb(), given.table),
        uploads=Objects(aws.s3(), given.uploads_bucket),
        documents=Objects(aws.s3(), given.documents_bucket),
        now=lambda: datetime.now(UTC),
        log=lambda submission, error: logger.error(
            "not erased", extra={"submission": submission, **observe.fault(error)}
        ),
    )


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Handle the nightly tick: go on with what was begun, then erase what is past its day."""

    def enough() -> bool:
        return context.get_remaining_time_in_millis() > RESERVE_MS

    metrics.add_metric("EraseBegun", MetricUnit.Count, 1)
    begun, due = _erasure().go_on(enough), _erasure().retain(enough)
    for line in (*begun.erased, *due.erased):
        logger.info("erased", submission=line.id, call=line.call, counts=line.counts)
    for identity in due.held:
        logger.warning("past its day, and held", submission=identity)
    undecided = _erasure().undecided()
    for call in undecided:
        logger.warning("a call that was never distributed", call=call)
    counts = {"erased": len(begun.erased) + len(due.erased), "held": len(begun.held) + len(due.held)}
    metrics.add_metric("Erased", MetricUnit.Count, counts["erased"])
    metrics.add_metric("EraseHeld", MetricUnit.Count, counts["held"])
    metrics.add_metric("CallsUndecided", MetricUnit.Count, len(undecided))
    metrics.add_metric("EraseDone", MetricUnit.Count, 1)
    return counts
