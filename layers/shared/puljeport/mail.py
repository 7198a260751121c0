"""Mail to applicants (SES): one message, one address, and a trace by which what becomes of it is known again."""

from __future__ import annotations

from email.headerregistry import Address
from email.utils import parseaddr
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from puljeport.aws import code
from puljeport.errors import Refused
from puljeport.letters import Letter
from puljeport.notices import Notice

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import BodyTypeDef

REFUSED = {"MessageRejected", "BadRequestException", "ValidationException"}
"""Answers that the same message will get every time. Source: SES API v2 reference, SendEmail, Errors. A sender that is
paused or not verified is no such answer: it is mended by a person, and the message then goes out."""

LONGEST_ADDRESS = 254
"""Characters of an address (RFC 5321, 4.5.3.1.3, less the angle brackets)."""


class Mail:
    """The sender of mail to applicants: an address that SES has verified, and the set that reports bounces."""

    def __init__(self, client: SESV2Client, sender: str, configuration_set: str) -> None:
        self._client = client
        self._sender = sender
        self._set = configuration_set

    def send(self, address: str, letter: Letter, notice: Notice) -> str:
        """Send a letter to an address and give SES's id of it. Raises Refused where trying again is no use."""
        body: BodyTypeDef = {
            "Text": {"Data": letter.text, "Charset": "UTF-8"},
            "Html": {"Data": letter.html, "Charset": "UTF-8"},
        }
        tags = {"submission": notice.submission, "event": notice.event.value, "round": str(notice.round)}
        if notice.key:
            tags["key"] = notice.key
        try:
            answer = self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [safe(address)]},
                Content={"Simple": {"Subject": {"Data": letter.subject, "Charset": "UTF-8"}, "Body": body}},
                ConfigurationSetName=self._set,
                EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
            )
        except ClientError as error:
            if code(error) in REFUSED:
                raise Refused(code(error)) from error
            raise
        return str(answer["MessageId"])


def safe(address: str) -> str:
    """The address, when it is one and nothing else. Raises Refused: nothing that could be a header leaves this house.

    It was checked when the form was read; this is the last look before it stands in a header (OWASP ASVS 5.0, 1.3.11).
    """
    plain = address.isprintable() and " " not in address and len(address) <= LONGEST_ADDRESS
    if not plain or parseaddr(address) != ("", address) or address.count("@") != 1:
        raise Refused("bad_address")
    name, _, domain = address.partition("@")
    try:
        return Address(username=name, domain=domain).addr_spec
    except ValueError:
        raise Refused("bad_address") from None
