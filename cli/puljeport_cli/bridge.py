"""The bridge from SNS to the mail catcher, beside the local cloud.

The local cloud only notes e-mail subscriptions in its log. For each of them this process keeps a second subscription of
the same topic, protocol `http` and the same filter, that points here, and turns what arrives into a mail to the first.
Run as `python -m puljeport_cli.bridge`.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import smtplib
import sys
import threading
import time
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from puljeport_cli.processes import LOOPBACK

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

SENDER = Address("Puljeport (lokal)", "no-reply", "puljeport.example.dk")
MIRRORED = ("FilterPolicy", "FilterPolicyScope")
EVERY_SECONDS = 2.0
CONFIRM_SECONDS = 10.0
LARGEST_DELIVERY = 512 * 1024
"""SNS carries at most 256 KiB; wrapped in JSON it grows."""

CONFIRMATION = """Adressen er tilmeldt beskeder fra emnet {topic}.

På AWS står der et link her, og der kommer ingen beskeder, før modtageren har klikket på det (inden for 3 dage).
Her i den lokale sky er tilmeldingen bekræftet med det samme.

The address is subscribed to the topic {topic}. On AWS this mail holds a link, and no message arrives before the
recipient has followed it (within 3 days). Here, in the local cloud, it is confirmed at once."""


class Bridge:
    """The mirrored subscriptions and where their mail goes."""

    def __init__(self, sns: SNSClient, address: str, smtp_port: int) -> None:
        self._sns = sns
        self._address = address
        self._smtp_port = smtp_port
        self._lock = threading.Lock()
        self._mailboxes: dict[str, str] = {}
        self._greeted: set[str] = set()

    def sync(self) -> dict[str, int]:
        """Mirror every e-mail subscription as it is now, and wait until each mirror is confirmed."""
        with self._lock:
            subscriptions = self._subscriptions()
            mail = [entry for entry in subscriptions if entry["Protocol"] == "email"]
            wanted = {self._target(entry): entry for entry in mail}
            self._mailboxes = {target.rpartition("/")[2]: entry["Endpoint"] for target, entry in wanted.items()}
            mirrors = {entry["Endpoint"]: entry for entry in subscriptions if _is_mirror(entry)}
            for target, entry in wanted.items():
                self._mirror(target, entry, mirrors.get(target))
            for target in mirrors.keys() - wanted.keys():
                self._sns.unsubscribe(SubscriptionArn=mirrors[target]["SubscriptionArn"])
            self._await_confirmed(set(wanted))
            self._greet(mail)
            return {"mirrored": len(wanted)}

    def confirm(self, topic: str, token: str) -> None:
        """Confirm a mirror with the token that the local cloud posted."""
        self._sns.confirm_subscription(TopicArn=topic, Token=token)

    def deliver(self, mailbox: str, envelope: dict[str, Any]) -> bool:
        """Send what a mirror got to its e-mail address. False when the subscription is not known (any more)."""
        recipient = self._mailboxes.get(mailbox)
        if recipient is None:
            return False
        mail = EmailMessage()
        mail["Subject"] = str(envelope.get("Subject") or "AWS Notification Message")
        mail["X-Amz-Sns-Message-Id"] = str(envelope.get("MessageId", ""))
        mail.set_content(str(envelope.get("Message", "")))
        self._send(mail, recipient)
        return True

    def _subscriptions(self) -> list[dict[str, Any]]:
        pages = self._sns.get_paginator("list_subscriptions").paginate()
        return [dict(entry) for page in pages for entry in page["Subscriptions"]]

    def _target(self, entry: dict[str, Any]) -> str:
        mailbox = hashlib.sha256(entry["SubscriptionArn"].encode()).hexdigest()[:20]
        return f"{self._address}/mail/{mailbox}"

    def _mirror(self, target: str, entry: dict[str, Any], mirror: dict[str, Any] | None) -> None:
        wanted = self._attributes(entry["SubscriptionArn"])
        if mirror is None:
            self._sns.subscribe(TopicArn=entry["TopicArn"], Protocol="http", Endpoint=target, Attributes=wanted)
            return
        arn = mirror["SubscriptionArn"]
        present = self._attributes(arn)
        for name in MIRRORED:
            if wanted.get(name) != present.get(name):
                self._sns.set_subscription_attributes(
                    SubscriptionArn=arn, AttributeName=name, AttributeValue=wanted.get(name, "")
                )

    def _attributes(self, arn: str) -> dict[str, str]:
        found = self._sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        return {name: found[name] for name in MIRRORED if name in found}

    def _await_confirmed(self, targets: set[str]) -> None:
        deadline = time.monotonic() + CONFIRM_SECONDS
        while time.monotonic() < deadline:
            mirrors = [entry for entry in self._subscriptions() if entry["Endpoint"] in targets]
            if len(mirrors) == len(targets) and all(self._confirmed(entry) for entry in mirrors):
                return
            time.sleep(0.1)
        print("some mirrors are still unconfirmed", flush=True)

    def _confirmed(self, entry: dict[str, Any]) -> bool:
        arn = entry["SubscriptionArn"]
        if not arn.startswith("arn:"):
            return False
        attributes = self._sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        return attributes.get("PendingConfirmation") == "false"

    def _greet(self, mail: list[dict[str, Any]]) -> None:
        for entry in mail:
            if entry["SubscriptionArn"] not in self._greeted:
                topic = entry["TopicArn"].rpartition(":")[2]
                greeting = EmailMessage()
                greeting["Subject"] = "AWS Notification - Subscription Confirmation"
                greeting.set_content(CONFIRMATION.format(topic=topic))
                self._send(greeting, entry["Endpoint"])
                self._greeted.add(entry["SubscriptionArn"])

    def _send(self, mail: EmailMessage, recipient: str) -> None:
        mail["From"] = SENDER
        mail["To"] = recipient
        mail["Date"] = formatdate()
        with smtplib.SMTP(LOOPBACK, self._smtp_port, timeout=20) as smtp:
            smtp.send_message(mail)


def _is_mirror(entry: dict[str, Any]) -> bool:
    return bool(entry["Protocol"] == "http" and entry["Endpoint"].startswith(f"http://{LOOPBACK}:")
                and "/mail/" in entry["Endpoint"])  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """The bridge's web side: `/mail/<mailbox>` for SNS, `/sync` and `/health` for the command."""

    bridge: Bridge

    def do_GET(self) -> None:
        """Answer whether the bridge is there."""
        self._answer(200 if self.path == "/health" else 404)

    def do_POST(self) -> None:
        """Take a delivery or a confirmation of SNS, or the order to look for new subscriptions."""
        size = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(min(size, LARGEST_DELIVERY))
        try:
            self._post(body)
        except (BotoCoreError, ClientError, OSError, ValueError, KeyError) as error:
            print(f"{self.path}: {type(error).__name__}: {error}", flush=True)
            self._answer(500)

    def _post(self, body: bytes) -> None:
        if self.path == "/sync":
            self._answer(200, json.dumps(self.bridge.sync()).encode())
            return
        envelope = json.loads(body)
        if envelope.get("Type") == "SubscriptionConfirmation":
            self.bridge.confirm(envelope["TopicArn"], envelope["Token"])
            self._answer(200)
        else:
            known = self.bridge.deliver(self.path.rpartition("/")[2], envelope)
            self._answer(200 if known else 410)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep the log to what went wrong: a line per request would bury it."""


def main(arguments: list[str]) -> None:
    """Serve until ended."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cloud", required=True, help="address of the local cloud")
    options.add_argument("--port", required=True, type=int, help="port to listen on")
    options.add_argument("--smtp-port", required=True, type=int, help="the mail catcher's SMTP port")
    chosen = options.parse_args(arguments)
    sns = boto3.client("sns", endpoint_url=chosen.cloud, config=Config(read_timeout=20, proxies={}))
    bridge = Bridge(sns, f"http://{LOOPBACK}:{chosen.port}", chosen.smtp_port)
    Handler.bridge = bridge
    server = ThreadingHTTPServer((LOOPBACK, chosen.port), Handler)
    threading.Thread(target=_keep_syncing, args=(bridge,), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


def _keep_syncing(bridge: Bridge) -> None:
    while True:
        try:
            bridge.sync()
        except (BotoCoreError, ClientError, OSError) as error:
            print(f"sync: {type(error).__name__}: {error}", flush=True)
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1:])
