"""The function `feedback`: what becomes of mails, told by SES through a topic and a queue."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from puljeport import aws, observe, settings
from puljeport.feedback import Feedback, Outcome
from puljeport.outbox import Outbox
from puljeport.store import Store

logger, metrics, tracer = observe.logger(), observe.metrics(), observe.tracer()

METRICS = {
    Outcome.RECORDED: "MailBounced",
    Outcome.REPEATED: "CallbackRepeated",
    Outcome.UNKNOWN: "CallbackUnknown",
    Outcome.IGNORED: "CallbackIgnored",
}


@cache
def _feedback() -> Feedback:
    given = settings.load(settings.FeedbackSettings)
    return Feedback(
        store=Store(aws.dynamodb(), given.table),
        outbox=Outbox(aws.dynamodb(), given.table),
        now=lambda: datetime.now(UTC),
    )


def take(record: SQSRecord) -> None:
    """Record what one callback tells. An error sends the message back to the queue."""
    try:
        outcome = _feedback().take(record.body)
    except Exception as error:
        logger.error("not recorded", extra={"message_id": record.message_id, **observe.fault(error)})
        metrics.add_metric("CallbackRetried", MetricUnit.Count, 1)
        raise
    logger.info("callback", message_id=record.message_id, outcome=outcome)
    metrics.add_metric(METRICS[outcome], MetricUnit.Count, 1)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle a batch of SQS messages; those that failed are named in the answer and come back."""
    metrics.add_metric("MessagesReceived", MetricUnit.Count, len(event["Records"]))
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event=event, record_handler=take, processor=processor, context=context))
