"""The function `portal`: the pages that applicants see, the files they fetch, and the feeds that programs read."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPMethod, HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from portal import addresses, answers, applying, assets, openapi, writing
from portal.web import answer, app, asked, error_page, language, logger, metrics, origin, page, portal, route, tracer
from puljeport import callpage, feeds, listing, markdown
from puljeport.documents import GUIDE_MARKDOWN, HANDED_OUT
from puljeport.errors import UnknownCall
from puljeport.items import PublishedCall
from puljeport.texts import Language, Text

__all__ = ["applying", "handler", "writing"]


# -- pages -----------------------------------------------------------------------------------------------------------


@route("list", "All calls, by stage; `q` searches, `kind` is who may apply", "text/html")
def show_list() -> Response[Any]:
    """The list of calls, or what a search found of it."""
    made = portal()
    wanted = listing.search(asked("q"), asked("kind"))
    found = listing.listing(made.store.calls(), wanted, made.now(), language())
    return page("list.html", "list", listing=found, kinds=listing.KINDS)


@route("call", "A call: what it is, who may apply, deadline, documents, contacts", "text/html")
def show_call(call: str) -> Response[Any]:
    """The page of one call."""
    made = portal()
    current = made.current(call)
    # One that was published since `current` was read is not told of, so that the page is of one piece.
    versions = [one for one in made.store.call_versions(call) if one.version <= current.version]
    shown = callpage.page(current, versions, made.documents.of(call, current.version), made.now(), language())
    address = origin() + addresses.path("call", language(), call=call)
    structured = callpage.structured(current.call, address, language())
    return page("call.html", "call", {"call": call}, page=shown, structured=structured)


@route("guide", "The guide to a call", "text/html")
def show_guide(call: str) -> Response[Any]:
    """The guide as a page of the portal."""
    made = portal()
    current = made.current(call)
    files = {file.name: file for file in made.documents.of(call, current.version)}
    if GUIDE_MARKDOWN not in files:
        raise UnknownCall(call)
    text = made.documents.fetch(call, current.version, GUIDE_MARKDOWN).decode()
    return page("guide.html", "guide", {"call": call}, call=current.call, guide=markdown.html(text, top=1))


@route("accessibility", "The accessibility statement", "text/html")
def show_accessibility() -> Response[Any]:
    """How accessible the portal is, and whom to tell when it is not."""
    return page("accessibility.html", "accessibility")


@route("privacy", "What becomes of what applicants send, call by call", "text/html")
def show_privacy() -> Response[Any]:
    """What is kept of applications, and for how long."""
    return page("privacy.html", "privacy", calls=portal().store.calls())


# -- files and feeds -------------------------------------------------------------------------------------------------


@route("document", "A form or the guide of a call, to be saved", "application/octet-stream")
def fetch_document(call: str, name: str) -> Response[Any]:
    """A document of the call's current version.

    It is handed on by the function rather than by a link to the bucket: the address stays the same and can be cached,
    and the browser needs to be let nowhere else. What applicants sent is never handed out here.
    """
    made = portal()
    current = made.current(call)
    if name not in HANDED_OUT:
        raise UnknownCall(call)
    data = made.documents.fetch(call, current.version, name)
    saved = answers.attachment(callpage.download_name(call, name))
    return answer(data, HANDED_OUT[name], **{"content-disposition": saved})


@route("asset", "Style, fonts and icons", "application/octet-stream")
def fetch_asset(name: str) -> Response[Any]:
    """A file whose name changes with its content."""
    found = assets.find(name, app.current_event.headers.get("accept-encoding", ""))
    if found is None:
        return error_page(HTTPStatus.NOT_FOUND)
    encoding = {"content-encoding": found.encoding} if found.encoding else {}
    headers = {"cache-control": answers.FOR_EVER} | encoding
    return Response(HTTPStatus.OK, found.content_type, found.data, headers, compress=False)


@route("atom", "News of calls (Atom)", "application/atom+xml")
def feed_atom() -> Response[Any]:
    """The calls as a feed, what was published last first."""
    own, home = (origin() + addresses.path(name, language()) for name in ("atom", "list"))
    body = feeds.atom(portal().store.calls(), _address(language()), own, home, language())
    return answer(body, "application/atom+xml; charset=utf-8")


@route("calendar", "The deadlines of all calls (iCalendar)", "text/calendar")
def feed_calendar() -> Response[Any]:
    """All deadlines, for a calendar to subscribe to."""
    return _calendar(portal().store.calls(), Text(da="puljer", en="calls"))


@route("deadline", "The deadline of one call (iCalendar)", "text/calendar")
def fetch_deadline(call: str) -> Response[Any]:
    """One deadline, to be put in a calendar."""
    return _calendar([portal().current(call)], Text(da=f"frist {call}", en=f"deadline {call}"))


def _calendar(calls: list[PublishedCall], name: Text) -> Response[Any]:
    body = feeds.calendar(calls, _address(language()), language())
    saved = answers.attachment(f"{name.get(language())}.ics")
    return answer(body, "text/calendar; charset=utf-8", **{"content-disposition": saved})


@route("json", "All calls, for programs", "application/json")
def feed_json() -> Response[Any]:
    """The calls with their stages and times."""
    made = portal()
    found = feeds.entries(made.store.calls(), made.now(), _address("da"))
    return answer(found.model_dump_json(), "application/json")


@route("openapi", "This description", "application/json")
def describe() -> Response[Any]:
    """The portal's addresses as OpenAPI, from the code that answers them."""
    return answer(openapi.description(app, origin()), "application/json")


def _address(in_language: Language) -> Callable[[str], str]:
    before = origin()
    return lambda call: before + addresses.path("call", in_language, call=call)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request that API Gateway passes on (HTTP API, payload 2.0)."""
    http = event["requestContext"]["http"]
    request = event
    if http["method"] == HTTPMethod.HEAD:
        request = event | {
            "requestContext": event["requestContext"] | {"http": http | {"method": HTTPMethod.GET.value}}
        }
    given = answers.finished(app.resolve(request, context), http["method"], event["headers"].get("if-none-match", ""))
    metrics.add_metric("PortalAnswered", MetricUnit.Count, 1)
    logger.info("answered", method=http["method"], status=given["statusCode"])
    return given
