"""What every page of the portal stands on: resolver, what pages are made from, routes, answers, what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPMethod, HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit

from portal import addresses, answers, forms, openapi, rendering
from portal.filling import Filling
from puljeport import aws, observe, settings
from puljeport.documents import Documents
from puljeport.drawer import Drawer
from puljeport.errors import (
    BadForm,
    Forbidden,
    NotTaken,
    ObjectGone,
    TooLarge,
    TooMany,
    UnknownCall,
    UnknownDraft,
    UnknownSubmission,
)
from puljeport.items import PublishedCall
from puljeport.models import is_slug
from puljeport.sending import Sending
from puljeport.settings import PortalSettings
from puljeport.store import Store
from puljeport.texts import Language
from puljeport.uploads import Copies, Posts
from puljeport.webdrafts import WebDrafts

logger, metrics, tracer = observe.logger(), observe.metrics(), observe.tracer()
app = APIGatewayHttpResolver()

ERRORS = {
    UnknownCall: HTTPStatus.NOT_FOUND,
    UnknownSubmission: HTTPStatus.NOT_FOUND,
    ObjectGone: HTTPStatus.GONE,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotTaken: HTTPStatus.CONFLICT,
    UnknownDraft: HTTPStatus.NOT_FOUND,
    BadForm: HTTPStatus.BAD_REQUEST,
    TooLarge: HTTPStatus.CONTENT_TOO_LARGE,
}
"""What a page answers to an error that is expected."""


@dataclass(frozen=True, slots=True)
class Portal:
    """What the pages are made from. `now` gives aware times."""

    store: Store
    drawer: Drawer
    documents: Documents
    copies: Copies
    posts: Posts
    drafts: WebDrafts
    given: PortalSettings
    now: Callable[[], datetime]

    def current(self, call: str) -> PublishedCall:
        """The call as it was last published. Raises UnknownCall."""
        found = self.store.current_call(call) if is_slug(call) else None
        if found is None:
            raise UnknownCall(call)
        return found

    @property
    def filling(self) -> Filling:
        """The use case of applicants who fill in online."""
        allow = self.sending.allow
        return Filling(self.store, self.drawer, self.drafts, self.posts, allow, self.current, self.now)

    @property
    def sending(self) -> Sending:
        """The use case of applicants who send something."""
        return Sending(self.store, self.drawer, self.posts, self.given.max_upload_bytes, self.now)


def portal() -> Portal:
    """The portal of this process."""
    return _made()


@cache
def _made() -> Portal:
    given = settings.load(PortalSettings)
    return Portal(
        store=Store(aws.dynamodb(), given.table),
        drawer=Drawer(aws.dynamodb(), given.table),
        documents=Documents(aws.s3(), given.documents_bucket),
        copies=Copies(aws.s3(), given.documents_bucket),
        posts=Posts(aws.s3(), given.uploads_bucket),
        drafts=WebDrafts(aws.dynamodb(), given.table),
        given=given,
        now=lambda: datetime.now(UTC),
    )


# -- routes: one function for an address in both languages ----------------------------------------------------------

READ = ("GET", "HEAD")
TAKES = {"send", "check", "withdraw", "attach", "fill", "section", "review", "again"}
"""The names of the addresses that something can be sent to."""


def route[**P](
    name: str, summary: str, content_type: str
) -> Callable[[Callable[P, Response[Any]]], Callable[P, Response[Any]]]:
    """Register a function for reading the addresses `name`; methods that they do not know are refused there."""

    def register(function: Callable[P, Response[Any]]) -> Callable[P, Response[Any]]:
        known = (*READ, "POST") if name in TAKES else READ
        for language, rule in addresses.rules(name).items():
            described = openapi.described(name, language, summary, content_type)
            app.get(rule, middlewares=[_named(name)], **described)(function)
            others = [method.value for method in HTTPMethod if method not in known]
            app.route(rule, others, middlewares=[_named(name)], include_in_schema=False)(_refusal(name))
        return function

    return register


def takes[**P](
    name: str, summary: str, content_type: str, body: dict[str, Any]
) -> Callable[[Callable[P, Response[Any]]], Callable[P, Response[Any]]]:
    """Register a function for what is sent to the addresses `name`, from pages of our own only.

    `body` describes what is sent (OpenAPI, Request Body Object).
    """

    def register(function: Callable[P, Response[Any]]) -> Callable[P, Response[Any]]:
        for language, rule in addresses.rules(name).items():
            described = openapi.described(name, language, summary, content_type, body)
            app.post(rule, middlewares=[_named(name), _from_ourselves], **described)(function)
        return function

    return register


def _named(name: str) -> Callable[..., Response[Any]]:
    def middleware(app: APIGatewayHttpResolver, next_middleware: Callable[..., Response[Any]]) -> Response[Any]:
        # What is logged of a request: paths may hold what must not be.
        logger.append_keys(route=name)
        return next_middleware(app)

    return middleware


def _from_ourselves(app: APIGatewayHttpResolver, next_middleware: Callable[..., Response[Any]]) -> Response[Any]:
    # Browsers say where a form was sent from and no page can lie about it (Fetch Metadata; OWASP CSRF cheat sheet).
    # A page that tells no referrer tells no origin either ("null"); then Sec-Fetch-Site alone decides.
    headers = app.current_event.headers
    site, sender = headers.get("sec-fetch-site", "none"), headers.get("origin", "null")
    if site not in ("same-origin", "none") or sender not in ("null", origin()):
        raise Forbidden
    return next_middleware(app)


def _refusal(name: str) -> Callable[..., Response[Any]]:
    allowed = answers.ALLOWED.replace("HEAD", "HEAD, POST") if name in TAKES else answers.ALLOWED

    def refused(**_: str) -> Response[Any]:
        if app.current_event.http_method == HTTPMethod.OPTIONS:
            return Response(HTTPStatus.NO_CONTENT, headers={"allow": allowed})
        return error_page(HTTPStatus.METHOD_NOT_ALLOWED, allow=allowed)

    return refused


# -- what was asked --------------------------------------------------------------------------------------------------


def language() -> Language:
    """The language of the page that is asked for."""
    return addresses.language(app.current_event.path)


def origin() -> str:
    """The portal's own address, without a path."""
    if named := portal().given.portal_address:
        return named
    domain, local = app.current_event.request_context.domain_name, urlsplit(settings.endpoint())
    return f"{local.scheme}://{domain}:{local.port}" if local.scheme else f"https://{domain}"


def asked(name: str) -> str:
    """A part of the query; empty where it is not there."""
    return (app.current_event.query_string_parameters or {}).get(name, "")


def sent() -> dict[str, str]:
    """The fields of a form that was sent, each with its last value. One that is no form has none."""
    try:
        form = forms.posted(app.current_event.raw_event)
    except (BadForm, TooLarge):
        return {}
    return {name: values[-1] for name, values in form.items()}


def sender() -> str:
    """The network address that a request came from, as API Gateway saw it: nobody can choose it freely."""
    return str(app.current_event.request_context.http.source_ip)


# -- what is answered ------------------------------------------------------------------------------------------------


def page(template: str, name: str, parts: dict[str, str] | None = None, /, **shown: Any) -> Response[Any]:
    """A page that everybody may see and caches may keep for a minute."""
    body = rendering.page(template, language(), origin(), name, parts or {}, given=portal().given, **shown)
    return answer(body, "text/html; charset=utf-8")


def private(template: str, name: str, parts: dict[str, str], /, **shown: Any) -> Response[Any]:
    """A page that is for one reader only: kept nowhere, told to no other site, found by no search engine."""
    answered = page(template, name, parts, private=True, **shown)
    answered.headers |= answers.PRIVATE
    return answered


def answer(body: str | bytes, content_type: str, kept: str = answers.A_MINUTE, **headers: str) -> Response[Any]:
    """What was asked for, with how long it may be kept."""
    return Response(HTTPStatus.OK, content_type, body, {"cache-control": kept} | headers, compress=True)


def onward(address: str) -> Response[Any]:
    """The way to another address, which nobody remembers."""
    return Response(HTTPStatus.SEE_OTHER, "text/html", "", answers.PRIVATE | {"location": address})


# -- what goes wrong -------------------------------------------------------------------------------------------------


def _unknown(_: Exception) -> Response[Any]:
    path = app.current_event.path
    if path == "/en/":
        return Response(HTTPStatus.PERMANENT_REDIRECT, headers={"location": "/en", "cache-control": answers.A_MINUTE})
    return error_page(HTTPStatus.NOT_FOUND)


def _expected(error: Exception) -> Response[Any]:
    again = {"retry-after": str(error.seconds)} if isinstance(error, TooMany) else {}
    return error_page(ERRORS[type(error)], _why(error), **again)


def _why(error: Exception) -> str:
    return error.why if isinstance(error, NotTaken) else "draft" if isinstance(error, UnknownDraft) else ""


def _unexpected(error: Exception) -> Response[Any]:
    logger.error("not answered", extra=observe.fault(error))
    metrics.add_metric("PortalFailed", MetricUnit.Count, 1)
    return error_page(HTTPStatus.INTERNAL_SERVER_ERROR)


def error_page(status: HTTPStatus, why: str = "", /, **headers: str) -> Response[Any]:
    """The page that says what went wrong and what to do."""
    answered = page("error.html", "", status=status.value, why=why)
    answered.status_code = status
    answered.headers |= answers.PRIVATE | headers
    return answered


app.not_found(_unknown)
app.exception_handler(list(ERRORS))(_expected)
app.exception_handler(Exception)(_unexpected)
