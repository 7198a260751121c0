"""The function `notify`: new outbox rows, told by the table's stream, become messages to the contacts."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord, DynamoDBRecordEventName
from aws_lambda_powertools.utilities.typing import LambdaContext

from puljeport import aws, observe, settings
from puljeport.delivery import Delivered, Delivery, wired
from puljeport.errors import Blocked

logger, metrics, tracer = observe.logger(), observe.metrics(), observe.tracer()

METRICS = {
    Delivered.SENT: "NoticeSent",
    Delivered.SKIPPED: "NoticeSkipped",
    Delivered.REFUSED: "NoticeFailed",
    Delivered.HELD: "NoticeHeld",
    Delivered.DELAYED: "NoticeDelayed",
    Delivered.NOT_CONFIGURED: "NoticeNotConfigured",
}
BLOCKED = "MailBlocked"
"""SES took no mail at all: the row waits."""


@cache
def _delivery() -> Delivery:
    given = settings.load(settings.NotifySettings)
    return wired(given, aws.dynamodb(), aws.sns(), aws.ses(), "notify")


def tell(record: DynamoDBRecord) -> None:
    """Send the notice behind one stream record. An error makes the stream deliver from this record on again."""
    keys = _outbox_keys(record)
    if keys is None:
        return
    try:
        outcome = _delivery().deliver(*keys)
    except Blocked as error:
        # What lies behind it in the shard must not wait for that; reconcile sends it once SES takes mail again.
        logger.error("no mail can be sent", extra=observe.fault(error))
        metrics.add_metric(BLOCKED, MetricUnit.Count, 1)
        return
    except Exception as error:
        logger.error("not sent", extra=observe.fault(error))
        metrics.add_metric("NoticeRetried", MetricUnit.Count, 1)
        raise
    logger.info("notice", about=keys[0], outcome=outcome)
    metrics.add_metric(METRICS[outcome], MetricUnit.Count, 1)


def _outbox_keys(record: DynamoDBRecord) -> tuple[str, str] | None:
    """The key of a new outbox row. Updates, expiries and other items tell nobody anything."""
    if record.event_name != DynamoDBRecordEventName.INSERT or record.dynamodb is None:
        return None
    keys = record.dynamodb.keys
    return (keys["PK"], keys["SK"]) if keys["SK"].startswith("NOTICE#") else None


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle a batch of stream records; the stream goes on from the first that failed."""
    metrics.add_metric("RecordsReceived", MetricUnit.Count, len(event["Records"]))
    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event=event, record_handler=tell, processor=processor, context=context))
