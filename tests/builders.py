"""Builders with defaults: calls, forms and events, so that a test names only what it is about."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from puljeport.calls import Call, Event, Role
from puljeport.conclusions import Conclusion
from puljeport.mail import trace
from puljeport.notices import Notice
from puljeport.submissions import State, Submission
from puljeport.texts import Text

BUCKET = "puljeport-test-uploads"
OPENS = datetime(2018, 2, 27, tzinfo=UTC)
MIDWAY = datetime(2018, 3, 20, 9, 30, tzinfo=UTC)

DEFINITION: dict[str, Any] = {
    "id": "samvaer-2018",
    "reference_prefix": "SAM",
    "title": {"da": "Støtte til samvær", "en": "Support for company"},
    "summary": {"da": "En pulje til brug i prøver.", "en": "A call for tests."},
    "description": {"da": "En pulje til brug i prøver.", "en": "A call for tests."},
    "administered_by": {"da": "Styrelsen for Prøver", "en": "The Agency for Tests"},
    "who_can_apply": {"kinds": ["municipality"], "text": {"da": "Kommuner", "en": "Municipalities"}},
    "last_updated": "2018-02-27",
    "opens": "2018-02-27T00:00:00",
    "deadline": "2018-04-09T23:59:59",
    "one_per": "municipality",
    "contacts": [
        {
            "id": "administration",
            "role": "administrative",
            "email": "administration@example.dk",
            "notify": ["needs_correction", "late"],
        },
        {
            "id": "professional-1",
            "role": "professional",
            "email": "konsulent-1@example.dk",
            "notify": ["accepted", "replaced"],
        },
        {
            "id": "professional-2",
            "role": "professional",
            "email": "konsulent-2@example.dk",
            "language": "en",
            "notify": ["accepted"],
        },
    ],
    "form": {
        "sections": [
            {
                "id": "applicant",
                "title": {"da": "Ansøger", "en": "Applicant"},
                "fields": [
                    {
                        "id": "municipality",
                        "type": "municipality",
                        "required": True,
                        "label": {"da": "Kommune", "en": "Municipality"},
                    },
                    {
                        "id": "contact_name",
                        "type": "text",
                        "required": True,
                        "label": {"da": "Kontaktperson", "en": "Contact person"},
                    },
                    {"id": "contact_email", "type": "email", "label": {"da": "E-mail", "en": "E-mail"}},
                    {"id": "background", "type": "long_text", "label": {"da": "Baggrund", "en": "Background"}},
                ],
            }
        ]
    },
}


def a_call(**changes: Any) -> Call:
    """A small valid call; `changes` replace top-level keys of its definition."""
    return Call.model_validate(DEFINITION | changes)


def with_documents(**required: bool) -> dict[str, Any]:
    """The small call's form with documents beside it."""
    section = DEFINITION["form"]["sections"][0]
    label = {"statutes": {"da": "Vedtægter", "en": "Statutes"}, "drawing": {"da": "Tegning", "en": "Drawing"}}
    fields = [
        {"id": name, "type": "attachment", "label": label[name], "required": needed}
        for name, needed in required.items()
    ]
    return {"sections": [section | {"fields": [*section["fields"], *fields]}]}


def a_form(call: str = "samvaer-2018", **values: Any) -> bytes:
    """A filled-in JSON form, valid unless `values` say otherwise. A value of None leaves the field out."""
    answers = {"municipality": "Aarhus", "contact_name": "Prøve Person"} | values
    given = {name: value for name, value in answers.items() if value is not None}
    return json.dumps({"call": call, "version": 1, "values": given}, ensure_ascii=False).encode()


def a_submission(**changes: Any) -> Submission:
    """A record with defaults."""
    given: dict[str, Any] = {
        "id": "a", "reference": "SAM-0000-0000", "call": "samvaer-2018", "state": State.RECEIVED, "bucket": "b",
        "key": "incoming/samvaer-2018/a", "version_id": "v", "received_at": MIDWAY, "recorded_at": MIDWAY,
    }  # fmt: skip
    return Submission(**(given | changes))


def only_changes(submission: Submission) -> Conclusion:
    """A conclusion that only changes the record."""
    return Conclusion(submission, ())


def a_notice(**changes: Any) -> Notice:
    """A notice with defaults."""
    given: dict[str, Any] = {
        "submission": "id", "event": Event.ACCEPTED, "audience": "professional-1", "role": Role.PROFESSIONAL,
        "call": "samvaer-2018", "call_title": Text(da="Støtte til samvær", en="Support"), "reference": "SAM-7K3M-9QWX",
        "received_at": MIDWAY, "created_at": MIDWAY,
    }  # fmt: skip
    return Notice(**(given | changes))


def s3_record(key: str, version_id: str | None = None, *, bucket: str = BUCKET, **changes: Any) -> dict[str, Any]:
    """One record of S3's own event message, its key encoded as S3 does."""
    thing: dict[str, Any] = {"key": quote_plus(key, safe="/"), "size": 1, "eTag": "0" * 32, "sequencer": "0055AED6DCD9"}
    if version_id:
        thing["versionId"] = version_id
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-north-1",
        "eventTime": "2018-03-20T09:30:00.123Z",
        "eventName": "ObjectCreated:Put",
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": bucket}, "object": thing},
    } | changes


def s3_event(*records: dict[str, Any]) -> dict[str, Any]:
    """S3's own event message."""
    return {"Records": list(records)}


def eventbridge_event(key: str, version_id: str, *, bucket: str = BUCKET, **changes: Any) -> dict[str, Any]:
    """EventBridge's event for a created object; the key is not encoded."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "time": "2018-03-20T09:30:01Z",
        "region": "eu-north-1",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": 1, "etag": "0" * 32, "version-id": version_id, "sequencer": "0055AED6DCD9"},
            "request-id": "N4N7GDK58NMKJ12R",
            "requester": "123456789012",
            "reason": "PutObject",
        },
    } | changes


def sqs_event(*bodies: object) -> dict[str, Any]:
    """A batch of queue messages. A body that is not a text is written as JSON; message ids are m1, m2, …"""
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": "handle",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-north-1:123456789012:uploads",
                "awsRegion": "eu-north-1",
            }
            for number, body in enumerate(bodies, start=1)
        ]
    }


def ses_event(mail: Notice, kind: str = "Bounce", **changes: Any) -> dict[str, Any]:
    """What SES tells of a mail that was sent, as it comes through the topic.

    Source: SES developer guide, "Examples of event data that Amazon SES publishes to Amazon SNS".
    """
    at = "2018-03-20T10:05:00.000Z"
    tags = {name: [value] for name, value in trace(mail).items()} | {"ses:configuration-set": ["puljeport-test"]}
    told = {
        "Bounce": {"bounceType": "Permanent", "bounceSubType": "General", "timestamp": at},
        "Complaint": {"complaintFeedbackType": "abuse", "timestamp": at},
        "Reject": {"reason": "Bad content"},
    }
    return {
        "eventType": kind,
        "mail": {
            "timestamp": at,
            "source": "puljer@example.dk",
            "messageId": mail.message_id or "0100-first-000000",
            "destination": ["kontakt@example.dk"],
            "tags": tags,
        },
        kind.lower(): told.get(kind, {}) | changes,
    }


def stream_event(*keys: tuple[str, str], name: str = "INSERT", **changes: Any) -> dict[str, Any]:
    """A batch of stream records for the items with these (PK, SK); sequence numbers are 1, 2, …"""
    return {
        "Records": [
            {
                "eventID": str(number),
                "eventName": name,
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "eu-north-1",
                "dynamodb": {
                    "Keys": {"PK": {"S": pk}, "SK": {"S": sk}},
                    "SequenceNumber": str(number),
                    "StreamViewType": "NEW_IMAGE",
                },
                "eventSourceARN": "arn:aws:dynamodb:eu-north-1:123456789012:table/t/stream/2018",
            }
            | changes
            for number, (pk, sk) in enumerate(keys, start=1)
        ]
    }


def http_event(path: str = "/", method: str = "GET", query: str = "", **headers: str) -> dict[str, Any]:
    """A request as API Gateway passes it on (HTTP API, payload 2.0). `accept_encoding="br"` is that header."""
    sent = {"host": "abc123.execute-api.eu-north-1.amazonaws.com", "x-forwarded-proto": "https"}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": sent | {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "domainName": "abc123.execute-api.eu-north-1.amazonaws.com",
            "domainPrefix": "abc123",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "20/Mar/2018:09:30:00 +0000",
            "timeEpoch": 1521538200000,
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
    return event
