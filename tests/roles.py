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
    "TickRole": {
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "sns:ListSubscriptionsByTopic",
    },
    "PortalRole": {
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:ConditionCheckItem",
        "s3:ListBucket",
        "s3:GetObject",
        "s3:PutObject",
    },
    "NotifyRole": {"dynamodb:GetItem", "dynamodb:UpdateItem", "sns:Publish", "ses:SendEmail"},
    "FeedbackRole": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
    "ReconcileRole": {
        "s3:ListBucketVersions",
        "sqs:SendMessage",
        "sns:Publish",
        "ses:SendEmail",
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
    },
    "EraseRole": {
        "s3:DeleteObjectVersion",
        "s3:ListBucketVersions",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
    },
}

# Without it AWS answers 403 instead of 404 for an object that is gone (S3 API reference, GetObject, "Permissions"); the
# local cloud says 404 to everybody.
NOT_FOUND: dict[str, set[str]] = {"IntakeRole": {"s3:ListBucket"}}

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
    "FeedbackRole": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
}
EVERY_FUNCTION = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}

ATTRIBUTES = {
    "MarkNotices": {"status", "sent_at", "message_id", "why", "claimed_by", "claimed_until", "GSI1PK", "GSI1SK"},
    "CountMessages": {"item", "single", "gathered", "every", "expires_at"},
    "MarkWhatBounced": {"message_id", "bounced", "bounced_at", "events"},
}
"""The attributes that updates may name, by the statement that lets them. The local cloud looks at none of them; that
`notify` names no other is shown where it runs (tests/integration/test_notify.py)."""
