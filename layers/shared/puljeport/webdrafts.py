"""Web drafts (DynamoDB): applications that are being filled in online, until they are sent or expire.

A draft is found by the link that its applicant was given and by nothing else. Of the link's secret only a hash is kept:
whoever reads the table cannot open a draft. `revision` counts the writes, and every write names the one it was made on.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime, time, timedelta
from hmac import compare_digest
from typing import Any

from botocore.exceptions import ClientError
from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

from puljeport import items
from puljeport.aws import code
from puljeport.calls import Call
from puljeport.errors import Contention, UnknownDraft
from puljeport.items import Item
from puljeport.store import new_secret
from puljeport.table import LOST_RACE, Table
from puljeport.texts import Language

ID_BYTES = 16
"""Random bytes of an id: a ticket's."""
KEPT_AFTER_DEADLINE = timedelta(days=30)
KEPT_WITHOUT_DEADLINE = timedelta(days=90)
"""After the last change, where a call is open all the time."""


class Draft(BaseModel):
    """An application as far as it is written.

    `version` is the call's when it was begun. `changed` tells for each section the revision that changed it last.
    `expires_at` (seconds since 1970) is when it is gone for its applicant; the table takes it within days of that.
    `sent_at` is when its applicant sent it: from then on its answers stay as they are. `arrived`: the bucket has it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    secret_hash: str
    call: str
    version: int
    language: Language
    revision: int = 1
    changed: dict[str, int] = {}
    answers: dict[str, JsonValue] = {}
    begun_at: AwareDatetime
    saved_at: AwareDatetime
    expires_at: int
    sent_at: AwareDatetime | None = None
    arrived: bool = False

    def opened_by(self, secret: str) -> bool:
        """Whether that is the secret of its link."""
        return compare_digest(self.secret_hash, hashed(secret))

    def written(self, now: datetime, call: Call, **changes: Any) -> Draft:
        """The next revision, saved at `now`."""
        moved = {"revision": self.revision + 1, "saved_at": now, "expires_at": expiry(call, now)}
        return self.model_copy(update=moved | changes)


def hashed(secret: str) -> str:
    """What is kept of a secret. It is random and long: no salt is needed, and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def expiry(call: Call, now: datetime) -> int:
    """When a draft that is saved at `now` is gone, in seconds since 1970: as a day ends where the call is."""
    ends = call.closes_at - timedelta(seconds=1) if call.closes_at else now
    kept = KEPT_AFTER_DEADLINE if call.closes_at else KEPT_WITHOUT_DEADLINE
    last = ends.astimezone(call.zone).date() + kept
    return int(datetime.combine(last + timedelta(days=1), time.min, call.zone).timestamp())


def begin(
    call: Call, version: int, language: Language, now: datetime, answers: dict[str, JsonValue]
) -> tuple[Draft, str]:
    """A new draft, and the secret of its link, which is nowhere else. Its id will be its ticket's."""
    secret = new_secret()
    draft = Draft(
        id=secrets.token_hex(ID_BYTES), secret_hash=hashed(secret), call=call.id, version=version, language=language,
        answers=answers, begun_at=now, saved_at=now, expires_at=expiry(call, now),
    )  # fmt: skip
    return draft, secret


class WebDrafts(Table):
    """The drafts in the table."""

    def open(self, identity: str, secret: str, now: datetime) -> Draft:
        """The draft of a link. Raises UnknownDraft for one that never was, is another link's, or expired."""
        item = self._get(_key(identity))
        found = Draft.model_validate(item | {"answers": json.loads(item["answers"])}) if item else None
        if found is None or not found.opened_by(secret) or now.timestamp() >= found.expires_at:
            raise UnknownDraft
        return found

    def add(self, draft: Draft) -> None:
        """Keep a new draft."""
        self._write(draft, "attribute_not_exists(PK)", {})

    def save(self, draft: Draft) -> None:
        """Keep the next revision of a draft. Raises Contention when somebody wrote it meanwhile."""
        self._write(draft, "revision = :before", {":before": draft.revision - 1})

    def _write(self, draft: Draft, condition: str, values: Item) -> None:
        item = _item(draft)
        put: Item = {"TableName": self._table, "Item": items.wire(item), "ConditionExpression": condition}
        if values:
            put["ExpressionAttributeValues"] = items.wire(values)
        try:
            self._client.put_item(**put)
        except ClientError as error:
            if code(error) not in LOST_RACE:
                raise
            # Our own write, committed before its answer was lost.
            if self._get(_key(draft.id)) != item:
                raise Contention("the draft changed meanwhile") from error


def _key(identity: str) -> Item:
    return {"PK": f"DRAFT#{identity}", "SK": "DRAFT"}


def _item(draft: Draft) -> Item:
    body = draft.model_dump(mode="json", exclude_none=True)
    # One text: what somebody wrote is nothing for the table to look into.
    answers = json.dumps(draft.answers, ensure_ascii=False)
    return _key(draft.id) | {"item": "draft"} | body | {"answers": answers}
