"""What everything kept in the table shares: reading, querying, and writing several items as one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from puljeport import items
from puljeport.aws import cancellations, code
from puljeport.errors import Contention
from puljeport.items import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX = "ByCall"
RACES = {"ConditionalCheckFailed", "TransactionConflict"}
LOST_RACE = {"ConditionalCheckFailedException", "TransactionConflictException", "TransactionInProgressException"}
UNDER_WAY = {"TransactionConflictException", "TransactionInProgressException"}
PAUSES = (0.05, 0.1, 0.2, 0.4)
"""Seconds to wait for a transaction that has an item: it takes some hundredths of one."""

BATCH = 100
"""How many items DynamoDB gives at once (API reference, BatchGetItem)."""


class Table:
    """One table of DynamoDB. What is kept in it is for the classes that build on this one."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def _get(self, key: Item) -> Item | None:
        answer = self._client.get_item(TableName=self._table, Key=items.wire(key), ConsistentRead=True)
        return items.plain(answer["Item"]) if "Item" in answer else None

    def _batch(self, keys: Iterable[Item], names: Sequence[str]) -> Iterator[Item]:
        """Those of many items that are there, in any order, with only the attributes `names`."""
        slots, expression = _only(names)
        for chunk in batched(keys, BATCH, strict=False):
            wanted: Item = {
                "Keys": [items.wire(key) for key in chunk],
                "ConsistentRead": True,
                "ProjectionExpression": expression,
                "ExpressionAttributeNames": slots,
            }
            left: Item = {self._table: wanted}
            while left:
                # An answer holds 16 MB at most; what did not fit is asked for again.
                answer = self._client.batch_get_item(RequestItems=left)
                yield from (items.plain(item) for item in answer["Responses"].get(self._table, []))
                left = dict(answer.get("UnprocessedKeys", {}))

    def _query(
        self,
        condition: str,
        values: Item,
        *,
        index: bool = False,
        limit: int | None = None,
        names: Sequence[str] = (),
    ) -> Iterator[Item]:
        arguments: Item = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": items.wire(values),
        }
        arguments |= {"IndexName": INDEX} if index else {"ConsistentRead": True}
        arguments |= {"PaginationConfig": {"MaxItems": limit}} if limit else {}
        if names:
            slots, expression = _only(names)
            arguments |= {"ProjectionExpression": expression, "ExpressionAttributeNames": slots}
        for page in self._client.get_paginator("query").paginate(**arguments):
            yield from (items.plain(item) for item in page["Items"])

    def _partition(self, pk: str, begins: str) -> Iterator[Item]:
        return self._query("PK = :pk AND begins_with(SK, :sk)", {":pk": pk, ":sk": begins})

    def _put(self, item: Item, condition: str = "attribute_not_exists(PK)", values: Item | None = None) -> Item:
        put: Item = {"TableName": self._table, "Item": items.wire(item), "ConditionExpression": condition}
        if values:
            put["ExpressionAttributeValues"] = items.wire(values)
        return {"Put": put}

    def _check(self, key: Item, condition: str, values: Item | None = None) -> Item:
        check: Item = {"TableName": self._table, "Key": items.wire(key), "ConditionExpression": condition}
        if values:
            check["ExpressionAttributeValues"] = items.wire(values)
        return {"ConditionCheck": check}

    def _change(self, key: Item, changes: Item, gone: list[str], condition: str, values: Item) -> Item:
        """One update: attributes set and removed where the condition holds; `values` are what the condition names."""
        names = {f"#{index}": name for index, name in enumerate([*changes, *gone])}
        slots = dict(zip(changes, names, strict=False))
        expression = "SET " + ", ".join(f"{slot} = :{slot[1:]}" for slot in slots.values())
        if gone:
            expression += " REMOVE " + ", ".join(slot for slot, name in names.items() if name in gone)
        given = {f":{slot[1:]}": changes[name] for name, slot in slots.items()} | values
        return {
            "TableName": self._table,
            "Key": items.wire(key),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": items.wire(given),
        }

    def _applied(self, update: Item) -> bool:
        """Make one update. False when its condition does not hold (any more).

        An item that a transaction has is another thing: nobody has looked at the condition yet, so it is tried again
        (API reference, UpdateItem, TransactionConflictException; the SDK does not try again by itself).
        """
        for pause in PAUSES:
            try:
                return self._updated(update)
            except ClientError as error:
                if code(error) not in UNDER_WAY:
                    raise
            time.sleep(pause)
        return self._updated(update)

    def _updated(self, update: Item) -> bool:
        try:
            self._client.update_item(**update)
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _transact(self, writes: list[Item]) -> None:
        try:
            self._client.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]
        except ClientError as error:
            if code(error) == "TransactionCanceledException" and RACES & set(cancellations(error)):
                raise Contention("a record changed meanwhile") from error
            if code(error) in LOST_RACE:
                raise Contention("a transaction is under way") from error
            raise


def _only(names: Sequence[str]) -> tuple[dict[str, str], str]:
    """What asks for some attributes only: their placeholders (many are reserved words), and the expression."""
    slots = {f"#p{index}": name for index, name in enumerate(names)}
    return slots, ", ".join(slots)
