"""What reconciling remembers and looks up: how far the nightly pass came, what was put back, who has a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from puljeport import items
from puljeport.items import Item
from puljeport.submissions import State, slot
from puljeport.table import Table

LISTED = ("id", "reference", "call", "state", "bucket", "key", "version_id", "sha256", "recorded_at")
"""What reconciling needs of a record: never an answer, and a hundredth of what a record weighs."""

AGAIN = timedelta(hours=6)
"""How long what was put back is left alone: longer than a queue tries (8 times 6 minutes), lest copies pile up."""
REMEMBERED = timedelta(days=30)
"""How long it is remembered that something was put back: until well after every queue has forgotten it."""

PASS = {"PK": "RECONCILE", "SK": "PASS"}


class Listed(BaseModel):
    """A submission's record as reconciling sees it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    reference: str
    call: str
    state: State
    bucket: str
    key: str
    version_id: str
    sha256: str | None = None
    recorded_at: AwareDatetime

    @property
    def folder(self) -> str:
        """The folder under `incoming/` that its file lies in; "" for one that lies in none."""
        parts = self.key.split("/", 2)
        return parts[1] if len(parts) == 3 else ""


class Pass(BaseModel):
    """A pass over all folders: which it has done (the last of them, by name), what it found, and when it was over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    after: str | None = None
    objects: int = 0
    loose_ends: int = 0
    writes: int = 0


class Ledger(Table):
    """The table as reconciling uses it."""

    def records(self, call: str) -> list[Listed]:
        """The records listed under a call; "" for those that name no published call."""
        return [
            Listed.model_validate(item)
            for shard in range(items.SHARDS)
            for item in self._query("GSI1PK = :pk", {":pk": f"CALL#{call}#{shard}"}, index=True, names=LISTED)
        ]

    def recorded(self, identities: Iterable[str]) -> dict[str, Listed]:
        """Which of many submissions have a record at this moment, by id; the index may be behind."""
        found = self._batch((items.submission_key(each) for each in identities), LISTED)
        return {item["id"]: Listed.model_validate(item) for item in found}

    def noted(self, documents: Mapping[str, str]) -> set[str]:
        """Which documents beside a form are noted with it as arrived, by key; `documents` says whose they are. What
        comes again under a key is no other document."""
        places = ((identity, slot(key)) for key, identity in documents.items())
        keys = [items.attachment_key(identity, place.field, place.number) for identity, place in places if place]
        return {item["key"] for item in self._batch(keys, ("key", "version_id")) if item.get("version_id")}

    def erased(self, identities: Iterable[str]) -> set[str]:
        """Which of many submissions were erased."""
        return {item["id"] for item in self._batch((items.erased_key(each) for each in identities), ("id",))}

    def put_back(self, identity: str, now: datetime) -> bool:
        """Note that a submission is put back through intake. False when it was, less than `AGAIN` ago."""
        key = {"PK": f"RECONCILE#{identity}", "SK": "PUT_BACK"}
        changes = {
            "item": "put_back",
            "at": items.stamp(now),
            "expires_at": int((now + REMEMBERED).timestamp()),
        }
        condition = "attribute_not_exists(PK) OR #1 < :again"
        return self._applied(self._change(key, changes, [], condition, {":again": items.stamp(now - AGAIN)}))

    def last_pass(self) -> Pass | None:
        """The pass that is under way, or was the last."""
        item = self._get(PASS)
        return Pass.model_validate(item) if item else None

    def save_pass(self, before: Pass | None, after: Pass) -> Pass:
        """Note how far a pass is. Raises Contention when another worker noted something meanwhile."""
        seen = before.writes if before else 0
        kept = after.model_copy(update={"writes": seen + 1})
        item: Item = PASS | {"item": "pass"} | kept.model_dump(mode="json", exclude_none=True)
        condition = "attribute_not_exists(PK) OR writes = :seen"
        self._transact([self._put(item, condition, {":seen": seen})])
        return kept
