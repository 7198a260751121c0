"""The function `portal`: the pages that applicants see, the files they fetch, and the feeds that programs read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPMethod, HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from portal import addresses, answers, assets, openapi, rendering
from puljeport import aws, callpage, feeds, listing, markdown, observe, settings
from puljeport.documents import GUIDE_MARKDOWN, HANDED_OUT, Documents
from puljeport.errors import ObjectGone, TooMany, UnknownCall
from puljeport.items import PublishedCall
from puljeport.models import is_slug
from puljeport.settings import PortalSettings
from puljeport.store import Store
from puljeport.texts import Language, Text

logger, metrics, tracer = observe.logger(), observe.metrics(), observe.tracer()
app = APIGatewayHttpResolver()

ERRORS = {UnknownCall: HTTPStatus.NOT_FOUND, ObjectGone: HTTPStatus.GONE, TooMany: HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True, slots=True)
class Portal:
    """What the pages are made from. `now` gives aware times."""

    store: Store
    documents: Documents
    given: PortalSettings
    now: Callable[[], datetime]

    def current(self, call: str) -> PublishedCall:
        """The call as it was last published. Raises UnknownCall."""
        found = self.store.current_call(call) if is_slug(call) else None
        if found is None:
            raise UnknownCall(call)
        return found


@cache
def _portal() -> Portal:
    given = settings.load(PortalSettings)
    documents = Documents(aws.s3(), given.documents_bucket)
    return Portal(Store(aws.dynamodb(), given.table), documents, given, now=lambda: datetime.now(UTC))


# -- routes: one function for an address in both languages ----------------------------------------------------------


def route[**P](
    name: str, summary: str, content_type: str
) -> Callable[[Callable[P, Response[Any]]], Callable[P, Response[Any]]]:
    """Register a function for the addresses `name`; every other method than GET and HEAD is refused there."""

    def register(function: Callable[P, Response[Any]]) -> Callable[P, Response[Any]]:
        for language, rule in addresses.rules(name).items():
            described = openapi.described(name, language, summary, content_type)
            app.get(rule, middlewares=[_named(name)], **described)(function)
            others = [method.value for method in HTTPMethod if method not in (HTTPMethod.GET, HTTPMethod.HEAD)]
            app.route(rule, others, middlewares=[_named(name)], include_in_schema=False)(_refused)
        return function

    return register


def _named(name: str) -> Callable[..., Response[Any]]:
    def middleware(app: APIGatewayHttpResolver, next_middleware: Callable[..., Response[Any]]) -> Response[Any]:
        # What is logged of a request: paths may hold what must not be.
        logger.append_keys(route=name)
        return next_middleware(app)

    return middleware


def _refused(**_: str) -> Response[Any]:
    if app.current_event.http_method == HTTPMethod.OPTIONS:
        return Response(HTTPStatus.NO_CONTENT, headers={"allow": answers.ALLOWED})
    return _error_page(HTTPStatus.METHOD_NOT_ALLOWED, allow=answers.ALLOWED)


def _language() -> Language:
    return addresses.language(app.current_event.path)


def _origin() -> str:
    named = _portal().given.portal_address
    return named or f"https://{app.current_event.request_context.domain_name}"


def _asked(name: str) -> str:
    return (app.current_event.query_string_parameters or {}).get(name, "")


def _page(template: str, name: str, parts: dict[str, str] | None = None, **shown: Any) -> Response[Any]:
    body = rendering.page(template, _language(), _origin(), name, parts or {}, given=_portal().given, **shown)
    return _answer(body, "text/html; charset=utf-8")


def _answer(body: str | bytes, content_type: str, kept: str = answers.A_MINUTE, **headers: str) -> Response[Any]:
    return Response(HTTPStatus.OK, content_type, body, {"cache-control": kept} | headers, compress=True)


# -- pages -----------------------------------------------------------------------------------------------------------


@route("list", "All calls, by stage; `q` searches, `kind` is who may apply", "text/html")
def show_list() -> Response[Any]:
    """The list of calls, or what a search found of it."""
    portal = _portal()
    wanted = listing.search(_asked("q"), _asked("kind"))
    found = listing.listing(portal.store.calls(), wanted, portal.now(), _language())
    return _page("list.html", "list", listing=found, kinds=listing.KINDS)


@route("call", "A call: what it is, who may apply, deadline, documents, contacts", "text/html")
def show_call(call: str) -> Response[Any]:
    """The page of one call."""
    portal = _portal()
    current = portal.current(call)
    # One that was published since `current` was read is not told of, so that the page is of one piece.
    versions = [one for one in portal.store.call_versions(call) if one.version <= current.version]
    shown = callpage.page(current, versions, portal.documents.of(call, current.version), portal.now(), _language())
    address = _origin() + addresses.path("call", _language(), call=call)
    structured = callpage.structured(current.call, address, _language())
    return _page("call.html", "call", {"call": call}, page=shown, structured=structured)


@route("guide", "The guide to a call", "text/html")
def show_guide(call: str) -> Response[Any]:
    """The guide as a page of the portal."""
    portal = _portal()
    current = portal.current(call)
    files = {file.name: file for file in portal.documents.of(call, current.version)}
    if GUIDE_MARKDOWN not in files:
        raise UnknownCall(call)
    text = portal.documents.fetch(call, current.version, GUIDE_MARKDOWN).decode()
    return _page("guide.html", "guide", {"call": call}, call=current.call, guide=markdown.html(text, top=1))


@route("accessibility", "The accessibility statement", "text/html")
def show_accessibility() -> Response[Any]:
    """How accessible the portal is, and whom to tell when it is not."""
    return _page("accessibility.html", "accessibility")


@route("privacy", "What becomes of what applicants send, call by call", "text/html")
def show_privacy() -> Response[Any]:
    """What is kept of applications, and for how long."""
    return _page("privacy.html", "privacy", calls=_portal().store.calls())


# -- files and feeds -------------------------------------------------------------------------------------------------


@route("document", "A form or the guide of a call, to be saved", "application/octet-stream")
def fetch_document(call: str, name: str) -> Response[Any]:
    """A document of the call's current version.

    It is handed on by the function rather than by a link to the bucket: the address stays the same and can be cached,
    and the browser needs to be let nowhere else. What applicants sent is never handed out here.
    """
    portal = _portal()
    current = portal.current(call)
    if name not in HANDED_OUT:
        raise UnknownCall(call)
    data = portal.documents.fetch(call, current.version, name)
    saved = answers.attachment(callpage.download_name(call, name))
    return _answer(data, HANDED_OUT[name], **{"content-disposition": saved})


@route("asset", "Style, fonts and icons", "application/octet-stream")
def fetch_asset(name: str) -> Response[Any]:
    """A file whose name changes with its content."""
    found = assets.find(name, app.current_event.headers.get("accept-encoding", ""))
    if found is None:
        return _error_page(HTTPStatus.NOT_FOUND)
    encoding = {"content-encoding": found.encoding} if found.encoding else {}
    headers = {"cache-control": answers.FOR_EVER} | encoding
    return Response(HTTPStatus.OK, found.content_type, found.data, headers, compress=False)


@route("atom", "News of calls (Atom)", "application/atom+xml")
def feed_atom() -> Response[Any]:
    """The calls as a feed, what was published last first."""
    language, origin = _language(), _origin()
    own, home = (origin + addresses.path(name, language) for name in ("atom", "list"))
    body = feeds.atom(_portal().store.calls(), _address(language), own, home, language)
    return _answer(body, "application/atom+xml; charset=utf-8")


@route("calendar", "The deadlines of all calls (iCalendar)", "text/calendar")
def feed_calendar() -> Response[Any]:
    """All deadlines, for a calendar to subscribe to."""
    return _calendar(_portal().store.calls(), Text(da="puljer", en="calls"))


@route("deadline", "The deadline of one call (iCalendar)", "text/calendar")
def fetch_deadline(call: str) -> Response[Any]:
    """One deadline, to be put in a calendar."""
    return _calendar([_portal().current(call)], Text(da=f"frist {call}", en=f"deadline {call}"))


def _calendar(calls: list[PublishedCall], name: Text) -> Response[Any]:
    body = feeds.calendar(calls, _address(_language()), _language())
    saved = answers.attachment(f"{name.get(_language())}.ics")
    return _answer(body, "text/calendar; charset=utf-8", **{"content-disposition": saved})


@route("json", "All calls, for programs", "application/json")
def feed_json() -> Response[Any]:
    """The calls with their stages and times."""
    portal = _portal()
    found = feeds.entries(portal.store.calls(), portal.now(), _address("da"))
    return _answer(found.model_dump_json(), "application/json")


@route("openapi", "This description", "application/json")
def describe() -> Response[Any]:
    """The portal's addresses as OpenAPI, from the code that answers them."""
    return _answer(openapi.description(app, _origin()), "application/json")


def _address(language: Language) -> Callable[[str], str]:
    origin = _origin()
    return lambda call: origin + addresses.path("call", language, call=call)


# -- what goes wrong -------------------------------------------------------------------------------------------------


def _unknown(_: Exception) -> Response[Any]:
    path = app.current_event.path
    if path == "/en/":
        return Response(HTTPStatus.PERMANENT_REDIRECT, headers={"location": "/en", "cache-control": answers.A_MINUTE})
    return _error_page(HTTPStatus.NOT_FOUND)


def _expected(error: Exception) -> Response[Any]:
    again = {"retry-after": str(error.seconds)} if isinstance(error, TooMany) else {}
    return _error_page(ERRORS[type(error)], **again)


def _unexpected(error: Exception) -> Response[Any]:
    logger.error("not answered", extra=observe.fault(error))
    metrics.add_metric("PortalFailed", MetricUnit.Count, 1)
    return _error_page(HTTPStatus.INTERNAL_SERVER_ERROR)


def _error_page(status: HTTPStatus, **headers: str) -> Response[Any]:
    answer = _page("error.html", "", status=status.value)
    answer.status_code = status
    answer.headers |= {"cache-control": answers.NOT_KEPT} | headers
    return answer


app.not_found(_unknown)
app.exception_handler(list(ERRORS))(_expected)
app.exception_handler(Exception)(_unexpected)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request that API Gateway passes on (HTTP API, payload 2.0)."""
    http = event["requestContext"]["http"]
    asked = event
    if http["method"] == HTTPMethod.HEAD:
        asked = event | {"requestContext": event["requestContext"] | {"http": http | {"method": HTTPMethod.GET.value}}}
    answer = answers.finished(app.resolve(asked, context), http["method"], event["headers"].get("if-none-match", ""))
    metrics.add_metric("PortalAnswered", MetricUnit.Count, 1)
    logger.info("answered", method=http["method"], status=answer["statusCode"])
    return answer
