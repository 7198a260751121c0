"""`puljeport contacts`: who is told of what, and whether it reaches them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from puljeport.errors import UnknownCall
from puljeport.notices import endpoint
from puljeport.publish import Reach, Recipient, recipients
from puljeport_cli import cloud, screen
from puljeport_cli import stack as stacks
from puljeport_cli.options import AsJson
from puljeport_cli.stack import Stack

REMEDIES = {
    Reach.UNCONFIRMED: "has to follow the link in the mail from AWS; until then nothing is delivered",
    Reach.OUTDATED: "hears something else than the call says: publish the call again",
    Reach.MISSING: "is not subscribed: publish the call again",
}


def contacts(
    ctx: typer.Context,
    call: Annotated[str | None, typer.Option(metavar="ID", help="Only the contacts of this call.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the calls' contacts, what each is told of, and whether their subscription is confirmed."""
    stack = stacks.find(ctx.obj)
    published = [entry.call for entry in stack.store.calls() if call in {None, entry.call.id}]
    if call is not None and not published:
        raise UnknownCall(call)
    found = recipients(published, stack.topic.subscriptions())
    if as_json:
        screen.as_json([row(recipient) for recipient in found])
        return
    show(found)
    for address in dict.fromkeys(recipient.contact.email for recipient in found):
        if bounce := stack.store.bounce(endpoint(address)):
            when = screen.when(bounce.at)
            screen.say(f"[yellow]![/] {screen.quote(address)}: a mail did not arrive ({bounce.kind}, {when})")


def row(recipient: Recipient) -> dict[str, Any]:
    """One contact for programs."""
    contact = recipient.contact
    return {
        "call": recipient.call,
        "contact": contact.id,
        "role": contact.role.value,
        "email": contact.email,
        "notify": [event.value for event in contact.notify],
        "subscription": recipient.reach.value,
    }


def show(found: Sequence[Recipient]) -> None:
    """Print contacts as a table, then what has to be done for those that nothing reaches."""
    columns = ("call", "contact", "role", "email", "notify", "subscription")
    rows = [row(recipient) for recipient in found]
    shown = [[", ".join(each[name]) if name == "notify" else each[name] for name in columns] for each in rows]
    screen.table("Contacts", columns, shown, empty="none asked to be told")
    for recipient in found:
        if remedy := REMEDIES.get(recipient.reach):
            screen.say(f"[yellow]![/] {screen.quote(recipient.contact.email)} {remedy}")


def take_up_locally(stack: Stack) -> None:
    """In the local cloud, have the bridge deliver to new subscriptions from now on."""
    if stack.local:
        cloud.sync_mail(stack.local)
