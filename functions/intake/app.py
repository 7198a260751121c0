"""The function `intake`: created objects, told by the uploads queue, become concluded submissions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from puljeport import aws, observe, settings
from puljeport.documents import Documents
from puljeport.drawer import Drawer
from puljeport.intake import Intake
from puljeport.marking import mark
from puljeport.readers import printed, read
from puljeport.store import Store
from puljeport.uploads import Copies, Uploads, arrivals, is_folder

logger, metrics, tracer = observe.logger(), observe.metrics(), observe.tracer()


@cache
def _intake() -> Intake:
    given = settings.load(settings.IntakeSettings)
    return Intake(
        store=Store(aws.dynamodb(), given.table),
        drawer=Drawer(aws.dynamodb(), given.table),
        uploads=Uploads(aws.s3()),
        copies=Copies(aws.s3(), given.documents_bucket),
        documents=Documents(aws.s3(), given.documents_bucket),
        read=read,
        read_printed=printed.read,
        mark=mark,
        now=lambda: datetime.now(UTC),
        log=lambda submission, error: logger.error(
            "reading or marking failed", extra={"submission": submission, **observe.fault(error)}
        ),
        max_upload_bytes=given.max_upload_bytes,
        lease=timedelta(seconds=given.attempt_lease_seconds),
    )


def take(record: SQSRecord) -> None:
    """Take in all objects that one queue message tells of. An error sends the message back to the queue."""
    try:
        told = arrivals(record.body)
        if not told:
            logger.info("a message without created objects", message_id=record.message_id)
        for arrival in told:
            _take_one(arrival)
    except Exception as error:
        logger.error("not concluded", extra={"message_id": record.message_id, **observe.fault(error)})
        metrics.add_metric("IntakeFailed", MetricUnit.Count, 1)
        raise


def _take_one(arrival: Any) -> None:
    if is_folder(arrival) or not arrival.key.startswith("incoming/"):
        logger.warning("an object outside of incoming", bucket=arrival.bucket)
        metrics.add_metric("ObjectIgnored", MetricUnit.Count, 1)
        return
    submission = _intake().take(arrival)
    if submission is None:
        logger.info("a document beside a form, or an erased upload announced again")
        return
    logger.info(
        "submission", submission=submission.id, state=submission.state, call_version=submission.call_version,
        format=submission.format, problems=submission.problem_count, size=submission.size,
    )  # fmt: skip
    name = "Submission" + submission.state.value.title().replace("_", "")
    metrics.add_metric(name, MetricUnit.Count, 1)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle a batch of SQS messages; those that failed are named in the answer and come back."""
    metrics.add_metric("MessagesReceived", MetricUnit.Count, len(event["Records"]))
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event=event, record_handler=take, processor=processor, context=context))
