"""The topic of notices (SNS): one message per notice, and who is subscribed to which."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from puljeport.aws import code
from puljeport.errors import Refused
from puljeport.letters import Message
from puljeport.subscriptions import MAILBOX, Policy, Subscription

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

REFUSED = {"InvalidParameter", "InvalidParameterValue", "InvalidParameterException", "ParameterValueInvalid"}
"""Answers that the same message will get every time."""

MACHINES = ("https", "sqs", "lambda", "firehose", "email-json")
"""Protocols whose subscribers are programs: they get the event as JSON. All others get the text for people."""


class Topic:
    """One SNS topic that every notice is published to; subscriptions filter by message attributes."""

    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, message: Message, mailbox: str) -> str:
        """Publish a message for a mailbox and give SNS's id of it. Raises Refused where trying again is no use.

        Without a mailbox it is for whoever is subscribed to its other attributes.
        """
        attributes = message.attributes | ({MAILBOX: mailbox} if mailbox else {})
        try:
            answer = self._client.publish(
                TopicArn=self._arn,
                Subject=message.subject,
                Message=variants(message),
                MessageStructure="json",
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            )
        except ClientError as error:
            if code(error) in REFUSED:
                raise Refused(code(error)) from error
            raise
        return answer["MessageId"]

    def subscriptions(self) -> list[Subscription]:
        """All subscriptions of the topic with their filter policies, unconfirmed ones included."""
        pages = self._client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self._arn)
        return [self._subscription(dict(entry)) for page in pages for entry in page["Subscriptions"]]

    def confirmed(self) -> set[str]:
        """The e-mail addresses that have confirmed their subscription.

        The list alone says it, "PendingConfirmation" standing in the place of an ARN (SNS API reference,
        ListSubscriptionsByTopic), so that nobody who asks needs to read each subscription's attributes.
        """
        pages = self._client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self._arn)
        entries = [entry for page in pages for entry in page["Subscriptions"]]
        mails = (entry for entry in entries if entry["Protocol"] == "email")
        return {entry["Endpoint"] for entry in mails if entry["SubscriptionArn"].startswith("arn:")}

    def subscribe_email(self, address: str, policy: Policy) -> Subscription:
        """Subscribe an address to the notices that `policy` lets through. SNS mails it a link to confirm.

        Asking again for one that exists changes nothing but sends the link again while it is unconfirmed.
        """
        answer = self._client.subscribe(
            TopicArn=self._arn,
            Protocol="email",
            Endpoint=address,
            Attributes={"FilterPolicy": json.dumps(policy)},
            ReturnSubscriptionArn=True,
        )
        return Subscription("email", address, answer["SubscriptionArn"], policy)

    def refilter(self, subscription: Subscription, policy: Policy) -> None:
        """Give a confirmed subscription another filter policy."""
        if subscription.arn is None:
            raise ValueError("an unconfirmed subscription cannot be changed")
        self._client.set_subscription_attributes(
            SubscriptionArn=subscription.arn, AttributeName="FilterPolicy", AttributeValue=json.dumps(policy)
        )

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a confirmed subscription."""
        if subscription.arn is None:
            raise ValueError("an unconfirmed subscription cannot be ended; AWS forgets it by itself")
        self._client.unsubscribe(SubscriptionArn=subscription.arn)

    def _subscription(self, entry: dict[str, Any]) -> Subscription:
        arn = entry["SubscriptionArn"]
        confirmed = arn.startswith("arn:")
        policy: Policy = {}
        if confirmed:
            attributes = self._client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
            policy = json.loads(attributes.get("FilterPolicy", "{}"))
            confirmed = attributes.get("PendingConfirmation", "false") != "true"
        return Subscription(entry["Protocol"], entry["Endpoint"], arn if confirmed else None, policy)


def variants(message: Message) -> str:
    """What SNS gets: the text for people, and for each kind of program the event. All of it together may be 256 KB."""
    body = json.dumps(message.body, ensure_ascii=False)
    return json.dumps({"default": message.text} | dict.fromkeys(MACHINES, body), ensure_ascii=False)
