"""The addresses at which an applicant fills in a call's form online; `filling` says what happens at each."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from portal import answers, forms, openapi
from portal.filling import Link, Moved, Outcome
from portal.web import app, asked, language, onward, portal, private, route, sender, takes

HTML = "text/html"


def _done(outcome: Outcome) -> Response[Any]:
    if isinstance(outcome, Moved):
        return onward(outcome.to)
    answered = private(outcome.template, outcome.name, outcome.parts, **outcome.given)
    answered.status_code = outcome.status
    answered.headers |= answers.policy(script=True)
    return answered


def _link(draft: str, secret: str) -> Link:
    return Link(draft, secret, language())


def _posted() -> forms.Posted:
    return forms.posted(app.current_event.raw_event)


@route("fill", "Before filling in a call's form online", HTML)
def show_fill(call: str) -> Response[Any]:
    """The page before the first."""
    return _done(portal().filling.start(call, language()))


@takes("fill", "Begin to fill in a call's form online", HTML, openapi.BEGINNING)
def begin_draft(call: str) -> Response[Any]:
    """Make a draft, and go on to it."""
    return _done(portal().filling.begin(call, language(), sender()))


@route("draft", "An application that is being filled in: its link, and how far it has come", HTML)
def show_draft(draft: str, secret: str) -> Response[Any]:
    """The overview of a draft."""
    return _done(portal().filling.overview(_link(draft, secret), saved=bool(asked("saved"))))


@route("section", "One section of the form", HTML)
def show_section(draft: str, secret: str, section: str) -> Response[Any]:
    """A section to fill in."""
    return _done(portal().filling.section(_link(draft, secret), section, check=bool(asked("check"))))


@takes("section", "Save a section as it is written", HTML, openapi.WRITTEN)
def save_section(draft: str, secret: str, section: str) -> Response[Any]:
    """Keep what was written in a section."""
    return _done(portal().filling.save(_link(draft, secret), section, _posted(), sender()))


@route("review", "All answers as they were read, before they are sent", HTML)
def show_review(draft: str, secret: str) -> Response[Any]:
    """The answers to check."""
    return _done(portal().filling.review(_link(draft, secret)))


@takes("review", "Send the application", HTML, openapi.FINISHED)
def send_draft(draft: str, secret: str) -> Response[Any]:
    """Send the application, once."""
    return _done(portal().filling.send(_link(draft, secret), _posted()))


@takes("again", "A new draft with the answers of one that was sent", HTML, openapi.CONTINUED)
def correct_draft(draft: str, secret: str) -> Response[Any]:
    """Begin to correct what was sent."""
    return _done(portal().filling.again(_link(draft, secret), _posted(), sender()))
