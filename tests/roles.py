"""What each role may do, and what shows that it must: the template's tests and the local cloud's agree on these."""

from __future__ import annotations

# Taken away one by one on the local cloud, where each makes the function fail (tests/e2e/test_permissions.py).
SHOWN: dict[str, set[str]] = {
    "IntakeRole": {
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:ConditionCheckItem",
    },
    "NotifyRole": {"dynamodb:GetItem", "dynamodb:UpdateItem", "sns:Publish"},
    "PortalRole": {
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "s3:ListBucket",
        "s3:GetObject",
        "s3:PutObject",
    },
}

# Without it AWS answers 403 instead of 404 for an object that is gone (S3 API reference, GetObject, "Permissions"); the
# local cloud says 404 to everybody.
NOT_FOUND: dict[str, set[str]] = {"IntakeRole": {"s3:ListBucket"}, "NotifyRole": set(), "PortalRole": set()}

# What Lambda itself does in the role's name, which the local cloud does not hold against the role. Sources: Lambda
# developer guide, "Using Lambda with Amazon SQS" and "Using Lambda with DynamoDB", execution role permissions; "Sending
# Lambda function logs to CloudWatch Logs"; "Visualize Lambda function invocations using AWS X-Ray".
LAMBDA_ITSELF: dict[str, set[str]] = {
    "IntakeRole": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "NotifyRole": {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        "sqs:SendMessage",
    },
    "PortalRole": set(),
}
EVERY_FUNCTION = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
