"""The demonstration's second part: the days of a call in half a minute.

A trial call lives from its opening to its closing and beyond: the announcement of an upload gets lost and the upload is
found again, a late one is in time after an outage, an applicant takes an application back, and one is erased. Nothing
here is played: it is what the functions and the operator's commands do, on the same local cloud.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from puljeport.calls import Call
from puljeport.conclusions import withdraw
from puljeport.erasure import Why
from puljeport.extensions import Cause, Extension
from puljeport.submissions import State, Submission
from puljeport.texts import Text
from puljeport_cli import calendar, demo_answers, mailbox, screen
from puljeport_cli import stack as stacks
from puljeport_cli.demo_uploads import until, upload
from puljeport_cli.stack import Stack
from puljeport_cli.submissions import send_again

PATIENCE_SECONDS = 60
BY = "demonstration"


@dataclass
class Days:
    """A trial call on the local cloud, a new one each time, since a deadline that was put off cannot be taken back.

    `unmet`: what should have happened and did not, as sentences.
    """

    stack: Stack
    pool: Call
    seen: int
    unmet: list[str] = field(default_factory=list)
    call: str = field(default_factory=lambda: f"proevepulje-{stacks.now():%H%M%S}")

    def live(self) -> None:
        """Let the call live."""
        with screen.step("A trial call opens; one upload is taken in, the announcement of another gets lost"):
            self.publish(stacks.now() + timedelta(days=1))
            first = self.wait(self.send("Aarhus"), State.ACCEPTED)
            with self.deaf():
                lost = self.send("Odense")
        with screen.step("It closes: the contacts hear how many came; one more comes late"):
            call = self.publish(stacks.now())
            until(stacks.now, call.is_late, PATIENCE_SECONDS)
            late = self.wait(self.send("Esbjerg"), State.LATE)
            calendar.of(self.stack, self.unmet).tick(stacks.now())
        with screen.step("Reconciling finds the lost one by its object: it came in time"):
            # What came in the last half hour counts as on its way: so this pass is an hour ahead.
            ahead = replace(self.stack.reconcile(repair=True), now=lambda: stacks.now() + timedelta(hours=1))
            ahead.full(self.call)
            found = self.wait(lost, State.ACCEPTED)
        with screen.step("An outage is made good for everybody, and the late one is in time"):
            self.extend(call)
            if late:
                send_again(self.stack, late)
                self.wait(late.id, State.ACCEPTED)
        with screen.step("One applicant takes its application back, another asks to be erased"):
            if found:
                self.stack.store.conclude(found, withdraw(found, call, stacks.now()), stacks.now(), by=BY)
            if first:
                self.stack.erasure.erase(first.id, Why("asked for by the applicant", BY, "a demonstration"))
        self.check()

    def publish(self, deadline: datetime) -> Call:
        """The trial call with this deadline: the pool under another name."""
        local = deadline.astimezone(self.pool.zone).replace(tzinfo=None, microsecond=0)
        named = Text(da="Prøvepulje (demonstration)", en="Trial call (demonstration)")
        opens = local - timedelta(days=30)
        changes = {"id": self.call, "reference_prefix": "PRV", "title": named, "opens": opens, "deadline": local}
        call = self.pool.model_copy(update=changes)
        publisher = self.stack.publisher()
        return publisher.publish(publisher.plan(call)).published.call

    def send(self, municipality: str) -> str:
        """One application in the bucket: the id that its submission will have."""
        answers = demo_answers.GOOD | {"municipality": municipality, "contact_email": "proeve@example.dk"}
        data = json.dumps({"call": self.call, "values": answers}, ensure_ascii=False).encode()
        return upload(self.stack, self.call, f"{municipality}.json", data)

    def wait(self, identity: str, state: State) -> Submission | None:
        """The submission once it is in a state; what it is when the patience ends."""
        store = self.stack.store

        def is_there(found: Submission | None) -> bool:
            return found is not None and not found.pending and found.state is state

        found = until(lambda: store.submission(identity), is_there, PATIENCE_SECONDS)
        if not is_there(found):
            self.unmet.append(f"{self.call}: {identity} is {found.state if found else 'not recorded'}, not {state}.")
        return found

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """Meanwhile intake hears of nothing, and what its queue holds at the end is thrown away."""
        functions, queue = self.stack.client("lambda"), self.stack.queue("UploadsQueueUrl")
        (mapping,) = functions.list_event_source_mappings(FunctionName=self.stack.output("IntakeFunctionName"))[
            "EventSourceMappings"
        ]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
            until(queue.count, bool, PATIENCE_SECONDS)
            for letter in queue.take(queue.count(), 60):
                queue.drop(letter)
        finally:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def extend(self, call: Call) -> None:
        """Put the deadline off by an hour from now, for everybody."""
        until_local = (stacks.now() + timedelta(hours=1)).astimezone(call.zone).replace(tzinfo=None, microsecond=0)
        reason = Text(da="Portalen var nede", en="The portal was down")
        given = Extension(until=until_local, reason=reason, cause=Cause.OUTAGE, approved_by=BY, at=stacks.now())
        self.stack.publisher().extend(self.call, given)

    def check(self) -> None:
        """Compare what there is with what there should be: two records, one of them withdrawn, and the closing told."""
        states = Counter(each.state for each in self.stack.store.list_submissions(self.call))
        expected = {State.ACCEPTED: 1, State.WITHDRAWN: 1}
        if states != expected:
            self.unmet.append(f"{self.call}: the records are {dict(states)}, not {expected}.")
        told: Callable[[], list[mailbox.Mail]] = self.mails
        if not until(told, lambda mails: any("PRV-" not in mail.subject for mail in mails), PATIENCE_SECONDS):
            self.unmet.append(f"{self.call}: nobody was told that it closed.")

    def mails(self) -> list[mailbox.Mail]:
        """The mails about the trial call."""
        found = mailbox.mails(self.stack.local, self.seen) if self.stack.local else []
        return [mail for mail in found if self.call in mail.subject or "PRV-" in mail.subject]

    def report(self) -> None:
        """Print what became of it."""
        rows = [
            (event.event, each.reference, screen.when(event.at), event.by)
            for each in self.stack.store.list_submissions(self.call)
            for event in self.stack.store.history(each.id)
        ]
        screen.table("The days of a call", ("what", "reference", "when", "by"), rows, empty="nothing")
        screen.table("E-mails about it", ("to", "subject"), [(mail.recipient, mail.subject) for mail in self.mails()])
        erased = len([line for line in self.stack.erasure.eraser.log() if line.call == self.call])
        screen.say(f"Erased in {self.call}: {erased}. What is due when: puljeport calendar --call {self.call}")
