"""What holds of every answer of the portal: headers, methods, errors, caches, files, and what is logged of it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

import portal.web
from builders import http_event
from portal import answers, assets
from portals import Remembered, answer, body
from puljeport.errors import TooMany

pytestmark = pytest.mark.usefixtures("shown")

FONT = assets.names()["IBMPlexSans-Regular-Latin1.woff2"]
CSS = assets.names()["portal.css"]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """All that the function logs from here on: its logger writes to the output that was there when it was made."""
    logged = io.StringIO()
    monkeypatch.setattr(portal.web.logger.registered_handler, "stream", logged)
    return lambda: logged.getvalue() + capsys.readouterr().out


ANSWERED = {
    "/": 200, "/en": 200, "/en/": 308, "/puljer/samvaer-2018": 200, "/en/calls/samvaer-2018": 200,
    "/puljer/samvaer-2018/vejledning": 200, "/puljer/samvaer-2018/frist.ics": 200, "/puljer.atom": 200,
    "/en/calls.ics": 200, "/puljer.json": 200, "/openapi.json": 200, f"/assets/{CSS}": 200, f"/assets/{FONT}": 200,
    "/puljer/samvaer-2018/dokumenter/ansoegningsskema.docx": 200, "/tilgaengelighed": 200, "/en/privacy": 200,
    "/puljer/samvaer-2018/dokumenter/ansoegningsskema.pdf": 410,
    "/nope": 404, "/en/nope": 404, "/puljer/nope": 404, "/puljer/": 404, "//": 404, "/puljer/../../etc/passwd": 404,
    "/assets/../app.py": 404, "/assets/manifest.json": 404, "/assets/..%2fapp.py": 404, "/assets/%00": 404,
    "/puljer/SUB#x": 404, "/puljer/samvaer-2018#0": 404, "/puljer/samvaer-2018/dokumenter/guide.md": 404,
    "/puljer/samvaer-2018/dokumenter/..": 404, "/puljer/" + "a" * 5000: 404, "/puljer/æøå": 404, "/<script>": 404,
}  # fmt: skip


@pytest.mark.parametrize(("path", "status"), ANSWERED.items())
def test_every_answer_is_safe_and_has_its_status(path: str, status: int) -> None:
    """Pages, files, feeds and errors all forbid script, frames, sniffing and leaks, and nothing else is reached."""
    answered = answer(http_event(path))
    assert answered["statusCode"] == status
    headers = answered["headers"]
    expected = answers.ALWAYS | ({"referrer-policy": "no-referrer"} if status in (404, 410) else {})
    assert {name: headers.get(name) for name in answers.ALWAYS} == expected
    assert "cache-control" in headers
    assert all(name == name.lower() for name in headers)
    if status in (404, 410):
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert headers["cache-control"] == "no-store"
        assert re.search(r"<h1>.+</h1>", body(answered))


def test_the_policy_lets_no_script_run_and_nothing_in_from_elsewhere() -> None:
    """No directive of the policy names another origin or lets inline code in; what is not named is forbidden."""
    directives = dict(part.split(" ", 1) for part in answers.POLICY.split("; "))
    assert directives["default-src"] == directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert set(directives.values()) == {"'none'", "'self'"}
    assert "script-src" not in directives


@pytest.mark.parametrize("path", ["/", "/puljer/samvaer-2018", f"/assets/{CSS}", "/puljer.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_what_can_only_be_read_refuses_other_methods(path: str, method: str) -> None:
    """405 with what is allowed, as a page that says so."""
    answered = answer(http_event(path, method))
    assert answered["statusCode"] == 405
    assert answered["headers"]["allow"] == "GET, HEAD, OPTIONS"
    assert "<h1>" in body(answered)


def test_options_tells_what_is_allowed_and_head_has_no_body() -> None:
    """OPTIONS answers 204; HEAD answers what GET would, without its body, also for what is not there."""
    told = answer(http_event("/", "OPTIONS"))
    assert (told["statusCode"], told["headers"]["allow"], told["body"]) == (204, "GET, HEAD, OPTIONS", "")
    for path, status in (("/puljer/samvaer-2018", 200), ("/nope", 404)):
        got, head = answer(http_event(path)), answer(http_event(path, "HEAD"))
        assert (head["statusCode"], head["body"], head["isBase64Encoded"]) == (status, "", False)
        assert head["headers"] == got["headers"]


def test_what_is_known_already_is_not_sent_again() -> None:
    """If-None-Match with the page's tag gives 304 without a body; another page at that address gives it whole."""
    first = answer(http_event("/puljer/samvaer-2018"))
    tag = first["headers"]["etag"]
    again = answer(http_event("/puljer/samvaer-2018", if_none_match=f'"x", {tag}'))
    assert (again["statusCode"], again["body"]) == (304, "")
    assert again["headers"]["etag"] == tag
    assert answer(http_event("/", if_none_match=tag))["statusCode"] == 200


def test_pages_are_compressed_for_those_who_can() -> None:
    """gzip where it is accepted, plain where not, the same page in both; caches keep the two apart."""
    plain = answer(http_event("/"))
    packed = answer(http_event("/", accept_encoding="br, gzip"))
    assert "content-encoding" not in plain["headers"]
    assert packed["headers"]["content-encoding"] == "gzip"
    assert gzip.decompress(base64.b64decode(packed["body"])).decode() == plain["body"]
    assert packed["headers"]["vary"] == plain["headers"]["vary"] == "accept-encoding"


def test_unexpected_errors_tell_the_reader_what_to_do_and_nothing_of_themselves(
    shown: Remembered, said: Callable[[], str]
) -> None:
    """A fault gives a page of ours in the right language and a metric; its text is neither shown nor logged."""
    shown.fault = RuntimeError("hemmelig 010190-1234")
    answered = answer(http_event("/en"))
    assert answered["statusCode"] == 500
    assert "Try again in a few minutes" in body(answered)
    logged = said()
    assert "hemmelig" not in body(answered) + logged
    assert "PortalFailed" in logged
    assert "RuntimeError" in logged


def test_s14_whoever_asks_too_often_hears_when_to_come_again(shown: Remembered) -> None:
    """S14: 429 with Retry-After, and a page that says that nothing is lost."""
    shown.fault = TooMany(90)
    answered = answer(http_event("/"))
    assert (answered["statusCode"], answered["headers"]["retry-after"]) == (429, "90")
    assert "Prøv igen" in body(answered)


def test_every_error_has_its_page_in_both_languages(shown: Remembered) -> None:
    """404, 405, 410, 429 and 500 each have a heading of their own, a way on, and the reader's language."""
    headings = set()
    for prefix in ("/", "/en"):
        for fault, path, method in (
            (None, prefix.rstrip("/") + "/nope", "GET"), (None, prefix, "POST"),
            (TooMany(1), prefix, "GET"), (ValueError(), prefix, "GET"),
        ):  # fmt: skip
            shown.fault = fault
            page = body(answer(http_event(path, method)))
            (heading,) = re.findall(r"<h1>(.+)</h1>", page)
            headings.add(heading)
            assert f'class="button button-primary" href="{prefix}"' in page
    assert len(headings) == 8


# -- files -----------------------------------------------------------------------------------------------------------


def test_s11_documents_are_saved_under_their_own_names(shown: Remembered) -> None:
    """S11: a form comes as its type, to be saved and not shown, under a name with Danish letters (RFC 6266)."""
    answered = answer(http_event("/puljer/samvaer-2018/dokumenter/ansoegningsskema.docx"))
    assert answered["headers"]["content-type"].startswith("application/vnd.openxmlformats")
    assert answered["headers"]["content-disposition"] == (
        'attachment; filename="Ansoegningsskema samvaer-2018.docx"; '
        "filename*=UTF-8''Ans%C3%B8gningsskema%20samvaer-2018.docx"
    )
    assert base64.b64decode(answered["body"]) == shown.kept["calls/samvaer-2018/v1/ansoegningsskema.docx"]


def test_a_name_cannot_break_out_of_its_header() -> None:
    """Quotation marks, line breaks and other letters in a name end up as signs in the name."""
    value = answers.attachment('a"; x="y\r\nSet-Cookie: z\\ 漢.pdf')
    assert "\r" not in value
    assert "\n" not in value
    assert value.count('"') == 2


def test_documents_that_are_gone_are_told_from_those_that_never_were(shown: Remembered) -> None:
    """A form that the call should have and that is no longer there is 410; a name that is none of ours is 404."""
    gone = answer(http_event("/en/calls/samvaer-2018"))
    assert gone["statusCode"] == 200
    shown.kept.clear()
    assert answer(http_event("/puljer/samvaer-2018/dokumenter/guide.pdf"))["statusCode"] == 410
    assert answer(http_event("/puljer/samvaer-2018/dokumenter/guide.exe"))["statusCode"] == 404
    assert answer(http_event("/puljer/samvaer-2018/vejledning"))["statusCode"] == 404
    assert "Der er endnu ingen dokumenter." in body(answer(http_event("/puljer/samvaer-2018")))


def test_nothing_but_an_id_is_ever_looked_up(shown: Remembered) -> None:
    """What could not be a call's id does not reach the table, whatever stands in it."""
    for path in (
        "/puljer/SUB#1",
        "/puljer/a",
        "/puljer/samvaer-2018%23",
        "/puljer/" + "b" * 100,
        "/puljer/Æ/vejledning",
    ):
        assert answer(http_event(path))["statusCode"] == 404
    assert shown.looked_up == []


@pytest.mark.parametrize("name", assets.names().values())
def test_assets_are_kept_for_ever_and_as_small_as_the_browser_takes_them(name: str) -> None:
    """Each asset has its type, may be cached for ever, and is the same whether it comes compressed or not."""
    plain = answer(http_event(f"/assets/{name}"))
    assert plain["headers"]["cache-control"] == "public, max-age=31536000, immutable"
    assert plain["headers"]["content-type"].split(";")[0] in (
        "text/css", "image/svg+xml", "font/woff2", "text/javascript",
    )  # fmt: skip
    data = base64.b64decode(plain["body"])
    packed = answer(http_event(f"/assets/{name}", accept_encoding="gzip"))
    raw = base64.b64decode(packed["body"])
    assert (gzip.decompress(raw) if "content-encoding" in packed["headers"] else raw) == data
    refused = answer(http_event(f"/assets/{name}", accept_encoding="br;q=0, gzip;q=0"))
    assert base64.b64decode(refused["body"]) == data


def test_style_comes_as_brotli() -> None:
    """Browsers of the last years get the style sheet as brotli, less than an eighth of its size."""
    answered = answer(http_event(f"/assets/{CSS}", accept_encoding="gzip, deflate, br"))
    assert answered["headers"]["content-encoding"] == "br"
    plain = answer(http_event(f"/assets/{CSS}"))
    assert len(answered["body"]) * 6 < len(plain["body"])


# -- descriptions and logs -------------------------------------------------------------------------------------------


def test_the_description_names_every_address() -> None:
    """The OpenAPI description is made from the routes, in both languages, and describes the JSON."""
    found = json.loads(body(answer(http_event("/openapi.json"))))
    assert found["openapi"].startswith("3.1")
    assert found["servers"] == [{"url": "https://abc123.execute-api.eu-north-1.amazonaws.com"}]
    assert {
        "/",
        "/en",
        "/puljer/{call}",
        "/en/calls/{call}",
        "/puljer.json",
        "/puljer/{call}/dokumenter/{name}",
    } <= set(found["paths"])
    sent_to = {path for path, methods in found["paths"].items() if "post" in methods}
    assert len(sent_to) == 2 * len(portal.web.TAKES)
    assert all("requestBody" in found["paths"][path]["post"] for path in sent_to)
    assert all(set(methods) <= {"get", "post"} for methods in found["paths"].values())
    operations = [one for methods in found["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert {each["name"] for each in found["paths"]["/"]["get"]["parameters"]} == {"q", "kind"}
    schema = found["paths"]["/puljer.json"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["$ref"].rpartition("/")[2] in found["components"]["schemas"]


def test_the_json_is_what_its_description_says() -> None:
    """The calls as data have their stage, times and address, and nothing of contacts."""
    answered = answer(http_event("/puljer.json"))
    (call,) = json.loads(answered["body"])["calls"]
    assert answered["headers"]["content-type"] == "application/json"
    assert (call["id"], call["stage"], call["deadline"]) == ("samvaer-2018", "open", "2018-04-09T21:59:59Z")
    assert call["url"].endswith("/puljer/samvaer-2018")
    assert "@" not in answered["body"]


@pytest.mark.parametrize("path", ["/puljer/hemmeligt-token", "/hemmeligt-token", "/puljer/samvaer-2018"])
def test_s10_the_route_is_logged_and_not_the_path(said: Callable[[], str], path: str) -> None:
    """S10: a line of JSON says which route and how it went, and nothing of the path, the query or the reader."""
    event: dict[str, Any] = http_event(path, query="q=hemmeligt", user_agent="hemmeligt", x_forwarded_for="192.0.2.1")
    answer(event)
    lines = [json.loads(line) for line in said().splitlines() if line.strip()]
    (told,) = (line for line in lines if line.get("message") == "answered")
    assert told["status"] in (HTTPStatus.OK, HTTPStatus.NOT_FOUND)
    assert told.get("route") == ("call" if path.startswith("/puljer/") else None)
    for canary in ("hemmeligt", "192.0.2.1", "samvaer-2018"):
        assert canary not in json.dumps(lines)


def test_the_portal_is_known_by_the_address_it_is_given(shown: Remembered, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a domain of one's own, whole addresses name that, and never what a request claims to have asked for."""
    made = shown.portal(
        portal_address="https://puljer.example.dk", portal_owner="Styrelsen", portal_contact="a@example.dk"
    )
    monkeypatch.setattr("portal.web._made", lambda: made)
    page = body(answer(http_event("/", host="evil.example", x_forwarded_host="evil.example")))
    assert '<link rel="canonical" href="https://puljer.example.dk/">' in page
    assert "evil.example" not in page
    assert "mailto:a@example.dk" in body(answer(http_event("/tilgaengelighed")))
