"""Settings: the only module that reads the environment.

Each function has a frozen model of what it needs. A name such as `uploads_bucket` is read from
`PULJEPORT_UPLOADS_BUCKET`. Nothing is read at import: a handler loads its settings on its first event.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from puljeport.errors import ConfigError

PREFIX = "PULJEPORT_"

MEGABYTE = 1_000_000


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True)


class IntakeSettings(_Settings):
    """What the function `intake` needs."""

    table: Annotated[str, Field(min_length=3)]
    documents_bucket: Annotated[str, Field(min_length=3)]
    max_upload_bytes: Annotated[int, Field(ge=1, le=100 * MEGABYTE)] = 10 * MEGABYTE
    attempt_lease_seconds: Annotated[int, Field(ge=1, le=900)] = 90


class NotifySettings(_Settings):
    """What the function `notify` needs."""

    table: Annotated[str, Field(min_length=3)]
    notices_topic_arn: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sns:")]
    mail_sender: str = ""
    mail_set: str = ""
    portal_url: Annotated[str, Field(pattern=r"^$|^https?://[^\s]+[^/]$")] = ""


class PortalSettings(_Settings):
    """What the function `portal` needs.

    `portal_address` is the address that people know it by, without a slash at its end; empty: whatever it is called by.
    In lower case, as browsers name where a form comes from (RFC 6454, 4): of any other address every form is foreign.
    `portal_owner` is the authority that answers for it, `portal_contact` its mailbox for remarks on accessibility.
    """

    table: Annotated[str, Field(min_length=3)]
    documents_bucket: Annotated[str, Field(min_length=3)]
    uploads_bucket: Annotated[str, Field(min_length=3)]
    max_upload_bytes: Annotated[int, Field(ge=1, le=100 * MEGABYTE)] = 10 * MEGABYTE
    portal_address: Annotated[str, Field(pattern=r"^(https?://[^/\sA-Z]+)?$")] = ""
    portal_owner: Annotated[str, Field(min_length=1)] = "Puljeport"
    portal_contact: Annotated[str, Field(pattern=r"^([^@\s]+@[^@\s]+)?$")] = ""


class ReconcileSettings(NotifySettings):
    """What the function `reconcile` needs: to send what `notify` did not, and to put back what the queue lost."""

    uploads_bucket: Annotated[str, Field(min_length=3)]
    uploads_queue_url: Annotated[str, Field(pattern=r"^https?://")]


class TickSettings(_Settings):
    """What the function `tick` needs."""

    table: Annotated[str, Field(min_length=3)]
    notices_topic_arn: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sns:")]


class EraseSettings(_Settings):
    """What the function `erase` needs."""

    table: Annotated[str, Field(min_length=3)]
    uploads_bucket: Annotated[str, Field(min_length=3)]
    documents_bucket: Annotated[str, Field(min_length=3)]


class FeedbackSettings(_Settings):
    """What the function `feedback` needs."""

    table: Annotated[str, Field(min_length=3)]


def endpoint() -> str:
    """Where AWS is, when it is not at AWS: a local cloud (SDKs and tools reference, `AWS_ENDPOINT_URL`). Else empty."""
    return os.environ.get("AWS_ENDPOINT_URL", "")


def load[S: _Settings](model: type[S], environment: Mapping[str, str] | None = None) -> S:
    """The settings `model` from the environment (or the mapping given).

    Raises ConfigError naming every setting that is missing or wrong, and the value it has.
    """
    environment = os.environ if environment is None else environment
    given = {name: environment.get(PREFIX + name.upper()) for name in model.model_fields}
    try:
        return model.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise ConfigError("; ".join(_describe(fault["loc"], given, fault["msg"]) for fault in error.errors())) from None


def for_a_child() -> dict[str, str]:
    """What a process of our own needs of the environment to start: where Python's libraries are, and no secret."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


def _describe(location: tuple[int | str, ...], given: Mapping[str, str | None], message: str) -> str:
    name = str(location[0])
    value = given[name]
    variable = PREFIX + name.upper()
    return f"{variable} is not set" if value is None else f"{variable} has value {value!r}: {message}"
