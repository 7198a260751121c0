"""Sending: an applicant asks for a ticket, puts a file in the bucket with it, and may take back what came of it.

The file goes from the browser to S3 and never through here. What is asked for again is the same; what is sent again
with the same ticket is no second submission.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from puljeport.calls import AttachmentField, Call, Stage
from puljeport.conclusions import withdraw
from puljeport.drawer import Drawer
from puljeport.errors import Contention, NotTaken, TooMany, UnknownSubmission
from puljeport.items import PublishedCall
from puljeport.store import Store
from puljeport.submissions import UNDECIDED, Slot, State, Submission, shown_name, slot, submission_id
from puljeport.texts import Language
from puljeport.tickets import KEPT, LIFE, MAX_FILES, Attachment, Ticket, new_number
from puljeport.uploads import Post, Posts, Stored

SPAN = timedelta(minutes=10)
"""What allowances are counted in."""
PER_ADDRESS = {"ticket": 60, "check": 30, "attach": 60, "withdraw": 30, "begin": 30, "save": 600}
"""How often one network address may do something in a span: a town hall shares one address."""
PER_CALL = {"ticket": 6000, "check": 1200, "begin": 3000}
"""How often all together may for one call: well above a rush before a deadline, well below a flood."""

_IDENTITY = re.compile(r"[a-z2-7]{26}")
_NOBODY = "-" * 27
"""What a secret is compared with where there is none: it takes as long, and no secret has this many hyphens."""

PATIENCE = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What a ticket is asked for with: the file's name and the address for the receipt, where they are known."""

    number: str
    file_name: str = ""
    email: str | None = None
    language: Language = "da"


@dataclass(frozen=True, slots=True)
class Followed:
    """Everything an applicant's link leads to. `stored` is the file as it lies in the bucket, where it has not been
    recorded yet; one of `ticket` and `submission` is there at least."""

    identity: str
    ticket: Ticket | None
    submission: Submission | None
    stored: Stored | None = None

    @property
    def call(self) -> str:
        """The id of the call it was sent to."""
        if self.submission:
            return self.submission.call
        return self.ticket.call if self.ticket else ""

    @property
    def arrived(self) -> bool:
        """Whether there is a file."""
        return self.submission is not None or self.stored is not None

    @property
    def concluded(self) -> bool:
        """Whether it has been read."""
        return self.submission is not None and not self.submission.pending


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending works with. `limit` is the most bytes of one file; `now` gives aware times."""

    store: Store
    drawer: Drawer
    posts: Posts
    limit: int
    now: Callable[[], datetime]

    # -- tickets -----------------------------------------------------------------------------------------------------

    def ticket(self, published: PublishedCall, asked: Asked) -> Ticket:
        """A ticket for one form, or the one that was given for the same number.

        Raises NotTaken for a call that is not open yet or distributed already (one that is closed takes files still:
        they are kept and marked late), and for a number whose ticket ran out or cannot be given.
        """
        takes(published.call, self.now())
        now = self.now().replace(microsecond=0)
        place = Slot(published.call.id, asked.number)
        wanted = Ticket(
            id=asked.number, submission=submission_id(self.posts.bucket, place.key, ""), call=published.call.id,
            file_name=shown_name(asked.file_name), language=asked.language, email=asked.email,
            created_at=now, until=now + LIFE,
        )  # fmt: skip
        try:
            given = self.drawer.issue(wanted)
        except Contention:
            raise NotTaken("expired") from None
        # Also where its file came: a number stands in the bucket's keys, and must not lead to an applicant for ever.
        if not given.lives(now):
            raise NotTaken("expired")
        return given

    def form(self, ticket: Ticket, then: str = "") -> Post:
        """The form by which a ticket's file is sent to the bucket. `then`: where the browser goes afterwards."""
        return self.posts.make(ticket.slot.key, self.limit, ticket.until - self.now(), then)

    def has_arrived(self, ticket: Ticket) -> bool:
        """Whether a ticket's file is there, recorded or not yet."""
        return self.store.submission(ticket.submission) is not None or self.posts.stored(ticket.slot.key) is not None

    def document(
        self, followed: Followed, call: Call, field: str, file_name: str, then: str = ""
    ) -> tuple[Attachment, Post]:
        """The form by which a document beside a submission's form is sent.

        Raises NotTaken when nothing can be added any more, UnknownSubmission for a field that the call does not have.
        """
        place = slot(followed.submission.key) if followed.submission else None
        if place is None or not isinstance(call.form.fields.get(field), AttachmentField):
            raise UnknownSubmission(field)
        if not changeable(followed):
            raise NotTaken("decided")
        if sum(one.counts(self.now()) for one in self.drawer.attachments(followed.identity)) >= MAX_FILES:
            raise NotTaken("full")
        number = new_number()
        expected = Attachment(
            field=field, number=number, file_name=shown_name(file_name), asked_at=self.now().replace(microsecond=0)
        )
        self.drawer.expect(followed.identity, expected)
        key = Slot(place.call, place.ticket, field, number).key
        return expected, self.posts.make(key, self.limit, LIFE, then)

    # -- the applicant's link ----------------------------------------------------------------------------------------

    def follow(self, identity: str, secret: str) -> Followed:
        """What a link leads to. Raises UnknownSubmission, the same for a link that never was, belongs to something
        else, was taken away, ran out unused, or whose submission was erased."""
        known = self.store.link(identity) if _IDENTITY.fullmatch(identity) else None
        if not hmac.compare_digest((known or _NOBODY).encode(), secret.encode()) or known is None:
            raise UnknownSubmission
        submission = self.store.submission(identity)
        if submission is not None:
            return Followed(identity, None, submission)
        ticket = self.drawer.ticket(identity)
        if ticket is None or self.now() >= ticket.created_at + KEPT:
            raise UnknownSubmission
        return Followed(identity, ticket, None, self.posts.stored(ticket.slot.key))

    def withdraw(self, identity: str) -> Submission:
        """Take a submission back for its applicant; once more changes nothing.

        Raises NotTaken for one that is decided, replaced, or still being read; Contention when it keeps changing.
        """
        for _ in range(PATIENCE):
            submission = self.store.submission(identity)
            if submission is None:
                raise UnknownSubmission(identity)
            if submission.state is State.WITHDRAWN:
                return submission
            published = self.store.current_call(submission.call)
            now = self.now()
            try:
                conclusion = withdraw(submission, published.call if published else None, now)
            except ValueError:
                raise NotTaken("decided") from None
            try:
                return self.store.conclude(submission, conclusion, now, by="applicant")
            except Contention:
                continue
        raise Contention("the submission keeps changing")

    # -- fairness ----------------------------------------------------------------------------------------------------

    def allow(self, what: str, address: str, call: str = "") -> None:
        """Count one more `what` for a network address, and for a call. Raises TooMany beyond what is fair."""
        for name, most in ((address_hash(address), PER_ADDRESS[what]), (call, PER_CALL.get(what, 0))):
            if name and most and self.drawer.count(f"{what}#{name}", SPAN, self.now()) > most:
                seconds = int(SPAN.total_seconds())
                raise TooMany(seconds - int(self.now().timestamp()) % seconds)


def takes(call: Call, now: datetime) -> None:
    """Whether a call takes files at `now`. Raises NotTaken where it does not."""
    stage = call.stage(now)
    if stage in (Stage.ANNOUNCED, Stage.DISTRIBUTED):
        raise NotTaken("early" if stage is Stage.ANNOUNCED else "distributed")


def changeable(followed: Followed) -> bool:
    """Whether documents may still be added to a submission: to one that came with a ticket, until it is decided."""
    one = followed.submission
    return one is not None and slot(one.key) is not None and one.state in UNDECIDED | {State.RECEIVED}


def address_hash(address: str) -> str:
    """A network address as it is counted by: of IPv6 the /64 that one connection has, and nothing to be read off it."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return ""
    net = ipaddress.ip_network(f"{address}/{64 if given.version == 6 else 32}", strict=False)
    return hashlib.sha256(f"puljeport {net.network_address}".encode()).hexdigest()[:24]
