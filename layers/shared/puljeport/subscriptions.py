"""Who is subscribed to the topic of notices, and what has to change so that every contact is reached.

A notice to a contact names its mailbox in an attribute, and the mailbox's subscription lets through what is addressed
to it. What a contact hears of is decided where the notice is made, so that this filter never changes: not with a call,
an event, a topic or a deputy. A filter that listed them would lose messages, since SNS takes up to 15 minutes until a
changed one holds, and would grow with every call towards SNS's limits.
Sources: SNS developer guide, "Subscription filter policies" and "Filter policy constraints".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from puljeport.calls import Call, Contact
from puljeport.contacts import GATHERINGS, stands_in_for
from puljeport.errors import LimitReached
from puljeport.notices import endpoint

type Policy = dict[str, list[Any]]

MAILBOX = "mailbox"
"""The attribute that says which mailbox a notice is for; its value is the mailbox without its address."""

POLICIES = 200
"""How many subscriptions of a topic may have a filter, unless AWS has raised it for the account."""
COMBINATIONS, KEYS = 150, 5
"""How complex one filter may be: its values, multiplied key by key, and its keys."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription of the topic. `arn` is None until its owner has confirmed it."""

    protocol: str
    endpoint: str
    arn: str | None
    filter_policy: Policy


class Reach(StrEnum):
    """Whether a contact's messages arrive. OUTDATED: subscribed by somebody else, to something else."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    OUTDATED = "outdated"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One contact of a call that may be told of something, and whether it is."""

    call: str
    contact: Contact
    reach: Reach


class Kind(StrEnum):
    """What becomes of a subscription. REMOVED: nobody's contact any more, so that no address is kept in vain."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One change to the topic's subscriptions. `subscription` is the one there is, `policy` the filter it gets.

    `contacts` are the contacts behind the mailbox as `call/contact`, none where it is removed.
    """

    kind: Kind
    address: str
    contacts: tuple[str, ...]
    policy: Policy
    subscription: Subscription | None = None


def policy(address: str) -> Policy:
    """The filter of a contact's subscription: what is addressed to its mailbox, and nothing else."""
    return {MAILBOX: [endpoint(address)]}


def recipients(calls: Iterable[Call], subscriptions: Iterable[Subscription]) -> tuple[Recipient, ...]:
    """Every contact that may be told of something, with what the topic's subscriptions make of it."""
    known = _by_mailbox(subscriptions)
    return tuple(
        Recipient(call.id, contact, _reach(known.get(endpoint(contact.email)), [(call, contact)]))
        for call, contact in _heard(calls)
    )


def changes(
    calls: Iterable[Call], subscriptions: Sequence[Subscription], left: Iterable[str] = (), quota: int = POLICIES
) -> tuple[Change, ...]:
    """What has to change so that every contact of `calls` (all that are published) is reached.

    `left` are addresses that a call has named at some time; those that none names now are removed. What is unconfirmed
    cannot be changed, nor has it to be. Raises LimitReached where SNS would refuse one of the changes.
    """
    known, wanted = _by_mailbox(subscriptions), _by_contact(calls)
    found = [*_additions(known, wanted), *_corrections(known, wanted), *_removals(known, wanted, left)]
    _within_limits(found, subscriptions, quota)
    return tuple(found)


# -- what changes ----------------------------------------------------------------------------------------------------

type Contacts = list[tuple[Call, Contact]]


def _heard(calls: Iterable[Call]) -> Iterator[tuple[Call, Contact]]:
    return ((call, each) for call in calls for each in call.contacts if stands_in_for(call.contacts, each))


def _by_mailbox(subscriptions: Iterable[Subscription]) -> dict[str, Subscription]:
    return {endpoint(entry.endpoint): entry for entry in subscriptions if entry.protocol == "email"}


def _by_contact(calls: Iterable[Call]) -> dict[str, Contacts]:
    found: dict[str, Contacts] = {}
    for call, contact in _heard(calls):
        found.setdefault(endpoint(contact.email), []).append((call, contact))
    return found


def _additions(known: Mapping[str, Subscription], wanted: Mapping[str, Contacts]) -> Iterator[Change]:
    for mailbox, contacts in wanted.items():
        if mailbox not in known:
            address = contacts[0][1].email
            yield Change(Kind.ADDED, address, _names(contacts), policy(address))


def _corrections(known: Mapping[str, Subscription], wanted: Mapping[str, Contacts]) -> Iterator[Change]:
    for mailbox, contacts in wanted.items():
        entry = known.get(mailbox)
        if _reach(entry, contacts) is Reach.OUTDATED and entry is not None:
            more = _any_of([*_alternatives(entry.filter_policy), policy(entry.endpoint)])
            yield Change(Kind.CHANGED, entry.endpoint, _names(contacts), more, entry)


def _removals(
    known: Mapping[str, Subscription], wanted: Mapping[str, Contacts], left: Iterable[str]
) -> Iterator[Change]:
    for mailbox in dict.fromkeys(map(endpoint, left)):
        entry = known.get(mailbox)
        if entry is None or entry.arn is None or mailbox in wanted:
            continue
        parts = _alternatives(entry.filter_policy)
        others = [part for part in parts if part != policy(entry.endpoint)]
        if len(others) < len(parts):
            kind = Kind.CHANGED if others else Kind.REMOVED
            yield Change(kind, entry.endpoint, (), _any_of(others) if others else {}, entry)


def _names(contacts: Contacts) -> tuple[str, ...]:
    return tuple(f"{call.id}/{contact.id}" for call, contact in contacts)


# -- what a filter lets through --------------------------------------------------------------------------------------


def _reach(subscription: Subscription | None, contacts: Contacts) -> Reach:
    if subscription is None:
        return Reach.MISSING
    if subscription.arn is None:
        return Reach.UNCONFIRMED
    parts = _alternatives(subscription.filter_policy)
    # Without a filter, a subscriber hears everything.
    heard = not parts or all(any(_passes(part, told) for part in parts) for told in _told(contacts))
    return Reach.CONFIRMED if heard else Reach.OUTDATED


def _told(contacts: Contacts) -> Iterator[dict[str, str]]:
    """The attributes of every message that the contacts of one mailbox can get."""
    for call, contact in contacts:
        to = {"call": call.id, "contact": contact.id, "role": contact.role.value, "language": contact.language}
        for event in (*GATHERINGS, *stands_in_for(call.contacts, contact)):
            yield to | {"event": event.value, MAILBOX: endpoint(contact.email)}


def _passes(part: Policy, attributes: Mapping[str, str]) -> bool:
    return all(attributes.get(name) in allowed for name, allowed in part.items())


def _alternatives(found: Policy) -> list[Policy]:
    if set(found) == {"$or"}:
        return list(found["$or"])
    return [found] if found else []


def _any_of(parts: list[Policy]) -> Policy:
    """One filter that lets through what any of `parts` does ("AND/OR logic": `$or` has two alternatives or more)."""
    return parts[0] if len(parts) == 1 else {"$or": parts}


# -- limits ----------------------------------------------------------------------------------------------------------


def _within_limits(found: Iterable[Change], subscriptions: Iterable[Subscription], quota: int) -> None:
    number = sum(entry.arn is None or bool(entry.filter_policy) for entry in subscriptions)
    for change in found:
        number += {Kind.ADDED: 1, Kind.CHANGED: 0, Kind.REMOVED: -1}[change.kind]
        if change.kind is Kind.ADDED and number > quota:
            raise LimitReached(
                f"SNS filters for {quota} mailboxes on a topic; {change.address} is one too many. Nothing was done. "
                "Use fewer mailboxes, or have AWS raise the quota and name the new one with --mailboxes."
            )
        if combinations(change.policy) > COMBINATIONS or len(_keys(change.policy)) > KEYS:
            raise LimitReached(
                f"{change.address} was subscribed by somebody else, with a filter that SNS lets nothing be added to. "
                "Nothing was done. Take that subscription away, or give the contact another address."
            )


def combinations(found: Policy) -> int:
    """How complex a filter is, as SNS counts: the numbers of values, multiplied key by key.

    SNS does not say how it counts alternatives (`$or`). Here all of them are multiplied, each twice for being nested.
    """
    number = 1
    for name, values in found.items():
        number *= len(values)
        if name == "$or":
            for part in values:
                number *= combinations(part) * 2 ** len(part)
    return number


def _keys(found: Policy) -> set[str]:
    return {name for part in _alternatives(found) for name in part}
