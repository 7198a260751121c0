"""What applicants do: ask for leave to send a file, follow what became of it, add to it, take it back, check a form.

A file goes from the browser to the bucket. Every step is a page with a form, so that it works without a script; with
one, the same address answers as JSON. The secret in a status page's address is all that it takes to act on it.
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from email_validator import EmailNotValidError, validate_email

from portal import addresses, answers, fileforms, openapi
from portal.web import (
    answer,
    app,
    language,
    logger,
    onward,
    origin,
    page,
    portal,
    private,
    route,
    sender,
    sent,
    takes,
)
from puljeport import callpage, listing, observe, sending, statuspage
from puljeport.calls import Call
from puljeport.checking import Checking
from puljeport.errors import NotTaken, UnknownSubmission
from puljeport.items import PublishedCall
from puljeport.readers import printed, read
from puljeport.sending import Asked, Followed
from puljeport.tickets import is_ticket, new_number
from puljeport.uploads import Post

CHECKED_BYTES = 4_000_000
"""The largest file that can be checked: a request to a function may hold 6 MB, and a file in it grows by a third
(Lambda quotas; base64)."""

SAVED_FOR = timedelta(minutes=5)
"""How long the address of a returned copy can be used."""

LONGEST = 10_000
"""Characters of a field of ours that are looked at."""


# -- sending a form --------------------------------------------------------------------------------------------------


@route("send", "The page from which a form is sent to a call", "text/html")
def show_send(call: str) -> Response[Any]:
    """The page to send a form from: what may be sent, how large, until when."""
    return _send_page(portal().current(call))


@takes("send", "Ask for leave to send one form: a ticket", "text/html", openapi.TICKET)
def give_ticket(call: str) -> Response[Any]:
    """Leave to send one file: as a form of the bucket's, or as JSON for the script of the page."""
    made, current, fields = portal(), portal().current(call), sent()
    made.sending.allow("ticket", sender(), call)
    email, number = fields.get("email", "")[:LONGEST].strip(), fields.get("ticket", "")
    address = _address(email)
    if email and address is None:
        return _send_page(current, HTTPStatus.UNPROCESSABLE_ENTITY, email=email)
    asked = Asked(
        number=number if is_ticket(number) else new_number(),
        file_name=fields.get("name", "")[:LONGEST],
        email=address,
        language=language(),
    )
    ticket = made.sending.ticket(current, asked)
    status = _status_path(ticket.submission)
    if _wants_json():
        there, progress = made.sending.has_arrived(ticket), _status_path(ticket.submission, "progress")
        return _json_post(made.sending.form(ticket), status, arrived=there, progress=progress)
    post = made.sending.form(ticket, origin() + status)
    return _post_page(post, "send", {"call": call}, ticket=ticket, call=current.call, field=None)


def _send_page(current: PublishedCall, status: HTTPStatus = HTTPStatus.OK, email: str = "") -> Response[Any]:
    made, call = portal(), current.call
    try:
        sending.takes(call, made.now())
        why = ""
    except NotTaken as refused:
        why = refused.why
    shown = page(
        "send.html", "send", {"call": call.id}, call=call, why=why, card=listing.card(call, made.now(), language()),
        limit=made.given.max_upload_bytes, limit_shown=_limit_shown(),
        email=email, wrong_email=status is not HTTPStatus.OK,
    )  # fmt: skip
    shown.status_code = status
    shown.headers |= answers.policy(made.posts.origin, script=True) | {"cache-control": answers.NOT_KEPT}
    return shown


def _limit_shown() -> str:
    """How large a file may be, as people write it."""
    return callpage.size(portal().given.max_upload_bytes, language())


def _post_page(post: Post, name: str, parts: dict[str, str], **shown: Any) -> Response[Any]:
    made = portal()
    answered = private("post.html", name, parts, post=post, limit_shown=_limit_shown(), **shown)
    answered.headers |= answers.policy(made.posts.origin)
    return answered


def _json_post(post: Post, status: str, **known: bool | str) -> Response[Any]:
    body = {"url": post.url, "fields": post.fields, "status": status, **known}
    return answer(json.dumps(body), "application/json", answers.NOT_KEPT)


def _wants_json() -> bool:
    return "application/json" in app.current_event.headers.get("accept", "")


def _address(text: str) -> str | None:
    """An address in the ASCII form that a mail server takes, as the form's own is read; None for what none takes."""
    try:
        return validate_email(text, check_deliverability=False, allow_smtputf8=False).ascii_email
    except EmailNotValidError:
        return None


# -- following it ----------------------------------------------------------------------------------------------------


@route("status", "Where a submission stands, by the link that its applicant has", "text/html")
def show_status(submission: str, secret: str) -> Response[Any]:
    """The page of a submission."""
    followed = portal().sending.follow(submission, secret)
    answered = private(
        "status.html", "status", _parts(submission, secret), page=_status(followed), secret=secret,
        limit_shown=_limit_shown(),
    )  # fmt: skip
    answered.headers |= answers.policy(portal().posts.origin, script=True)
    return answered


@route("receipt", "A receipt to read or print", "text/html")
def show_receipt(submission: str, secret: str) -> Response[Any]:
    """What was received, and when."""
    followed = portal().sending.follow(submission, secret)
    if followed.submission is None:
        return onward(_status_path(submission))
    return private("receipt.html", "receipt", _parts(submission, secret), page=_status(followed))


@route("receipt_pdf", "A receipt as PDF, to be saved", "application/pdf")
def fetch_receipt(submission: str, secret: str) -> Response[Any]:
    """The same as a tagged PDF."""
    # Imported when first needed: no other page should pay for it.
    from portal import receipts  # noqa: PLC0415

    followed = portal().sending.follow(submission, secret)
    if followed.submission is None:
        return onward(_status_path(submission))
    shown, word = _status(followed), "kvittering" if language() == "da" else "receipt"
    data = receipts.receipt(shown, portal().given.portal_owner, language())
    saved = {"content-disposition": answers.attachment(f"{shown.reference} {word}.pdf")}
    answered = answer(data, "application/pdf", answers.NOT_KEPT, **saved)
    answered.headers |= answers.PRIVATE
    return answered


@route("progress", "Whether a submission has been read yet", "application/json")
def tell_progress(submission: str, secret: str) -> Response[Any]:
    """What the script of a status page asks for until there is something new to show."""
    followed = portal().sending.follow(submission, secret)
    waiting = [
        one for one in portal().drawer.attachments(submission) if one.version_id is None
    ] if followed.concluded else []  # fmt: skip
    body = {"arrived": followed.arrived, "concluded": followed.concluded, "waiting": len(waiting)}
    answered = answer(json.dumps(body), "application/json", answers.NOT_KEPT)
    answered.headers |= answers.PRIVATE
    return answered


@route("returned", "The applicant's own file with its problems marked, from the bucket", "text/plain")
def fetch_returned(submission: str, secret: str) -> Response[Any]:
    """The way to the returned copy: the bucket hands it out, to be saved, for a few minutes."""
    followed = portal().sending.follow(submission, secret)
    found = followed.submission
    if found is None or found.returned is None:
        raise UnknownSubmission(submission)
    ending = found.returned.rpartition(".")[2]
    name = f"{found.reference} rettes.{ending}" if language() == "da" else f"{found.reference} to correct.{ending}"
    return onward(portal().copies.link(found.returned, name, SAVED_FOR))


@takes("attach", "Ask for leave to send a document beside the form", "text/html", openapi.ATTACHMENT)
def give_place(submission: str, secret: str) -> Response[Any]:
    """Leave to send one document: as a form of the bucket's, or as JSON for the script."""
    made, fields = portal(), sent()
    followed = made.sending.follow(submission, secret)
    made.sending.allow("attach", sender())
    call = made.current(followed.call).call
    status = addresses.path("status", language(), submission=submission, secret=secret)
    field, name = fields.get("field", ""), fields.get("name", "")[:LONGEST]
    scripted = _wants_json()
    _, post = made.sending.document(followed, call, field, name, "" if scripted else origin() + status)
    if scripted:
        return _json_post(post, status)
    return _post_page(post, "status", _parts(submission, secret), ticket=None, call=call, field=call.form.fields[field])


@route("attach", "Documents beside the form are on the status page", "text/plain")
def show_attachments(submission: str, secret: str) -> Response[Any]:
    """The way back for whoever reloads the address that a document was asked for at."""
    portal().sending.follow(submission, secret)
    return onward(addresses.path("status", language(), submission=submission, secret=secret))


@route("withdraw", "Ask whether a submission is really to be withdrawn", "text/html")
def show_withdraw(submission: str, secret: str) -> Response[Any]:
    """What it means to withdraw, and the button that does it."""
    followed = portal().sending.follow(submission, secret)
    shown = _status(followed)
    if not shown.can_be_withdrawn:
        return onward(addresses.path("status", language(), submission=submission, secret=secret))
    return private("withdraw.html", "withdraw", _parts(submission, secret), page=shown, secret=secret)


@takes("withdraw", "Withdraw a submission", "text/html", openapi.WITHDRAWAL)
def do_withdraw(submission: str, secret: str) -> Response[Any]:
    """Take a submission back. The form holds the secret too, so that no other page could have made it."""
    made = portal()
    made.sending.follow(submission, secret)
    made.sending.follow(submission, sent().get("secret", ""))
    made.sending.allow("withdraw", sender())
    made.sending.withdraw(submission)
    return onward(addresses.path("status", language(), submission=submission, secret=secret))


def _parts(submission: str, secret: str) -> dict[str, str]:
    return {"submission": submission, "secret": secret}


def _status_path(submission: str, name: str = "status") -> str:
    secret = portal().store.link(submission)
    if secret is None:
        raise UnknownSubmission(submission)
    return addresses.path(name, language(), submission=submission, secret=secret)


def _status(followed: Followed) -> statuspage.StatusPage:
    made, found = portal(), followed.submission
    published = made.store.current_call(followed.call)
    decided: Call | None = None
    if found and found.call_version and published and found.call_version != published.version:
        version = made.store.call_version(found.call, found.call_version)
        decided = version.call if version else None
    known = statuspage.Known(
        call=published.call if published else None,
        decided_by=decided,
        history=made.store.history(followed.identity) if found else [],
        attachments=made.drawer.attachments(followed.identity) if found else [],
        others=made.drawer.others(followed.identity) if found else 0,
    )
    return statuspage.page(followed, known, made.now(), language())


# -- checking a form -------------------------------------------------------------------------------------------------


@route("check", "The page from which a form is checked without being sent", "text/html")
def show_check(call: str) -> Response[Any]:
    """The page to check a form from."""
    return _check_page(portal().current(call))


@takes("check", "Read a form as if it were sent, and keep nothing of it", "text/html", openapi.CHECKED)
def do_check(call: str) -> Response[Any]:
    """What was read of a form, field by field, and what is wrong with it. Nothing of it is kept, or logged."""
    made, current = portal(), portal().current(call)
    made.sending.allow("check", sender(), call)
    headers = app.current_event.headers
    file = fileforms.file(headers.get("content-type", ""), _body(), CHECKED_BYTES)
    if file is None:
        return _check_page(current, HTTPStatus.UNPROCESSABLE_ENTITY, wrong="none")
    if file.data is None:
        return _check_page(current, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, wrong="large")
    checking = Checking(
        made.store, made.documents, read, printed.read,
        log=lambda error: logger.error("checking failed", extra=observe.fault(error)),
    )  # fmt: skip
    reading = checking.check(current, file.data, file.name)
    found = statuspage.read_out(current.call, reading.values, reading.problems, language())
    return _check_page(current, readout=found, file_name=file.name)


def _body() -> bytes:
    event = app.current_event
    text = event.body or ""
    return base64.b64decode(text) if event.is_base64_encoded else text.encode()


def _check_page(
    current: PublishedCall, status: HTTPStatus = HTTPStatus.OK, wrong: str = "",
    readout: statuspage.Readout | None = None, file_name: str = "",
) -> Response[Any]:  # fmt: skip
    made = portal()
    answered = page(
        "check.html", "check", {"call": current.call.id}, call=current.call, wrong=wrong, readout=readout,
        file_name=file_name, limit_shown=callpage.size(CHECKED_BYTES, language()),
        card=listing.card(current.call, made.now(), language()),
    )  # fmt: skip
    answered.status_code = status
    answered.headers |= {"cache-control": answers.NOT_KEPT}
    return answered
