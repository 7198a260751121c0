"""`puljeport contacts`: who is told of what, when, and whether it reaches them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from puljeport.calls import Contact
from puljeport.errors import UnknownCall
from puljeport.notices import endpoint
from puljeport.subscriptions import Reach, Recipient, policy, recipients
from puljeport_cli import cloud, screen
from puljeport_cli import stack as stacks
from puljeport_cli.options import AsJson
from puljeport_cli.stack import Stack

REMEDIES = {
    Reach.UNCONFIRMED: "has to follow the link in the mail from AWS; until then nothing is delivered. "
    "`puljeport contacts --send-again` sends another link",
    Reach.OUTDATED: "was subscribed by somebody else, to something else: publish the call again",
    Reach.MISSING: "is not subscribed (AWS forgets links that nobody followed): publish the call again",
}


def contacts(
    ctx: typer.Context,
    call: Annotated[str | None, typer.Option(metavar="ID", help="Only the contacts of this call.")] = None,
    send_again: Annotated[
        bool, typer.Option("--send-again", help="Have AWS send the link again to those who have not confirmed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the calls' contacts, what each is told of and when, and whether their subscription is confirmed."""
    stack = stacks.find(ctx.obj)
    published = [entry.call for entry in stack.store.calls() if call in {None, entry.call.id}]
    if call is not None and not published:
        raise UnknownCall(call)
    found = recipients(published, stack.topic.subscriptions())
    if send_again:
        asked_again(stack, found)
    if as_json:
        screen.as_json([row(recipient) for recipient in found])
        return
    show(found)
    for address in dict.fromkeys(recipient.contact.email for recipient in found):
        if bounce := stack.store.bounce(endpoint(address)):
            when = screen.when(bounce.at)
            screen.say(f"[yellow]![/] {screen.quote(address)}: a mail did not arrive ({bounce.kind}, {when})")


def asked_again(stack: Stack, found: Sequence[Recipient]) -> None:
    """Have AWS send another link to each mailbox that has not confirmed."""
    for address in dict.fromkeys(each.contact.email for each in found if each.reach is Reach.UNCONFIRMED):
        stack.topic.subscribe_email(address, policy(address))
        screen.note(f"AWS sends a link to {screen.quote(address)}")


def row(recipient: Recipient) -> dict[str, Any]:
    """One contact for programs."""
    contact = recipient.contact
    return {
        "call": recipient.call,
        "contact": contact.id,
        "role": contact.role.value,
        "email": contact.email,
        "notify": [event.value for event in contact.notify],
        "digest": contact.digest.model_dump(mode="json", exclude_none=True) if contact.digest else None,
        "topics": contact.topics.model_dump(mode="json") if contact.topics else None,
        "deputy": contact.deputy,
        "away": [absence.model_dump(mode="json") for absence in contact.away],
        "subscription": recipient.reach.value,
    }


def show(found: Sequence[Recipient]) -> None:
    """Print contacts as a table, then what has to be done for those that nothing reaches."""
    columns = ("call", "contact", "role", "email", "at once", "in the digest", "topics", "deputy", "subscription")
    screen.table("Contacts", columns, [_shown(recipient) for recipient in found], empty="none asked to be told")
    for recipient in found:
        if remedy := REMEDIES.get(recipient.reach):
            screen.say(f"[yellow]![/] {screen.quote(recipient.contact.email)} {remedy}.")


def _shown(recipient: Recipient) -> tuple[object, ...]:
    contact, reach = recipient.contact, recipient.reach
    return (
        recipient.call,
        contact.id,
        contact.role,
        contact.email,
        ", ".join(contact.notify),
        _digest(contact),
        f"{contact.topics.field}: {', '.join(contact.topics.answers)}" if contact.topics else "",
        _deputy(contact),
        reach.value if reach is Reach.CONFIRMED else reach.value.upper(),
    )


def _digest(contact: Contact) -> str:
    if contact.digest is None:
        return ""
    when = "each day" if contact.digest.every == "day" else f"each {contact.digest.day or 'monday'}"
    return f"{', '.join(contact.digest.events)} ({when} at {contact.digest.at:%H:%M})"


def _deputy(contact: Contact) -> str:
    away = ", ".join(f"{absence.first} to {absence.last}" for absence in contact.away)
    return f"{contact.deputy or ''} ({away})" if away else contact.deputy or ""


def take_up_locally(stack: Stack) -> None:
    """In the local cloud, have the bridge deliver to new subscriptions from now on."""
    if stack.local:
        cloud.sync_mail(stack.local)
