"""Mail to applicants (SES): one message, one address, and a trace by which what becomes of it is known again."""

from __future__ import annotations

import base64
import binascii
import re
from email.header import Header
from email.utils import formataddr
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from puljeport.aws import code
from puljeport.errors import Blocked, Refused
from puljeport.letters import Letter
from puljeport.notices import Notice

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import MessageTypeDef

REFUSED = {"MessageRejected", "BadRequestException", "ValidationException"}
"""Answers that the same message gets every time. Source: SES API v2 reference, SendEmail, Errors."""
BLOCKED = {
    "AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException", "NotFoundException",
    "LimitExceededException",
}  # fmt: skip
"""Answers that every message gets until somebody mends the account, its sender or its configuration set (ibid.)."""
BLOCKED_WORDS = ("not verified", "daily message quota exceeded")
"""What SES says where its code alone does not tell: MessageRejected while the sender is not verified, and in the
sandbox for every address that is not; throttled, for the rest of the day. Source: SES developer guide, "Amazon SES
email sending errors". Whatever else it answers (too many a second, a failure of its own) comes back by itself."""

ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
"""An address as a mail server takes it, without the quoted and commented forms that nobody uses and that can hold
anything (RFC 5321, 4.1.2 and 4.5.3.1)."""
LONGEST_ADDRESS = 254
"""Characters of an address (RFC 5321, 4.5.3.1.3, less the angle brackets)."""
LONGEST_HEADER = 200
"""Characters of a subject or of a sender's name."""


class Mail:
    """The sender of mail to applicants: an address that SES has verified, and the set that reports bounces."""

    def __init__(self, client: SESV2Client, sender: str, configuration_set: str) -> None:
        self._client = client
        self._sender = sender
        self._set = configuration_set

    def send(self, address: str, letter: Letter, notice: Notice) -> str:
        """Send a letter to an address and give SES's id of it. Raises Refused where trying again is no use, and
        Blocked where SES takes nothing from this account now."""
        message: MessageTypeDef = {
            "Subject": {"Data": header(letter.subject), "Charset": "UTF-8"},
            "Body": {
                "Text": {"Data": letter.text, "Charset": "UTF-8"},
                "Html": {"Data": letter.html, "Charset": "UTF-8"},
            },
            # So that no out-of-office program answers (RFC 3834, 5).
            "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
        }
        try:
            answer = self._client.send_email(
                FromEmailAddress=named(letter.sender, self._sender),
                Destination={"ToAddresses": [safe(address)]},
                ReplyToAddresses=[safe(letter.reply_to)] if letter.reply_to else [],
                Content={"Simple": message},
                ConfigurationSetName=self._set,
                EmailTags=[{"Name": name, "Value": value} for name, value in trace(notice).items()],
            )
        except ClientError as error:
            if is_blocked(error):
                raise Blocked(code(error)) from error
            if code(error) in REFUSED:
                raise Refused(code(error)) from error
            raise
        return str(answer["MessageId"])


def is_blocked(error: ClientError) -> bool:
    """Whether an answer of SES is about the account and not about the message."""
    said = str(error.response.get("Error", {}).get("Message", "")).lower()
    return code(error) in BLOCKED or any(words in said for words in BLOCKED_WORDS)


def trace(notice: Notice) -> dict[str, str]:
    """The tags of a mail, which SES gives back with what becomes of it: they name its row, and nobody.

    A tag takes letters, digits, `-` and `_` (SES API v2 reference, MessageTag), a row's key others too.
    """
    row = base64.urlsafe_b64encode(notice.sort_key.encode()).decode().rstrip("=")
    return {"submission": notice.submission, "event": notice.event.value, "row": row}


def traced(tags: dict[str, str]) -> tuple[str, str] | None:
    """The partition and sort key of the row that a mail's tags name; None for a mail that is not ours."""
    row = tags.get("row", "")
    try:
        key = base64.b64decode(row + "=" * (-len(row) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    submission = tags.get("submission", "")
    return (f"SUB#{submission}", key) if submission and key.startswith("NOTICE#") else None


def safe(address: str) -> str:
    """The address, when it is one and nothing else. Raises Refused: nothing that could be a header leaves this house.

    It was checked when the form was read; this is the last look before it stands in a header (OWASP ASVS 5.0, 1.3.11).
    """
    if len(address) > LONGEST_ADDRESS or not ADDRESS.fullmatch(address):
        raise Refused("bad_address")
    return address


def named(name: str, address: str) -> str:
    """An address with the name of whoever writes from it, in ASCII (RFC 2047: words of at most 75 characters)."""
    if header(name).isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8').encode(linesep='', maxlinelen=75)} <{address}>"


def header(text: str) -> str:
    """The text, when it can be a header's. Raises Refused for a line break, a control character or a whole letter."""
    if not text.isprintable() or not 0 < len(text) <= LONGEST_HEADER:
        raise Refused("bad_header")
    return text
