"""The portal described for programs (OpenAPI 3.1), from the routes themselves."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.models import Server

from portal import addresses
from puljeport.feeds import CallList
from puljeport.texts import Language

VERSION = "0.1.0"
ABOUT = """Calls for grant applications: pages for people, and the same as feeds.

Calls and their documents are public and read only. What can be sent: a form is sent by asking for a ticket, and then by
the bucket's own form that comes with it, or filled in online, section by section. A draft and a submission are opened
by links that their applicant alone has. Pages are Danish, and English under `/en`. Times are ISO 8601."""

HTML = {"text/html": {"schema": {"type": "string"}}}


def _form(kind: str, required: tuple[str, ...] = (), **fields: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": fields}
    if required:
        schema["required"] = list(required)
    return {"required": True, "content": {kind: {"schema": schema}}}


URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
TICKET = _form(
    URLENCODED,
    ticket={
        "type": "string",
        "pattern": "^[0-9a-f]{32}$",
        "description": "One's own number: asking twice is once",
    },
    name={"type": "string", "description": "What the file is called"},
    email={"type": "string", "description": "Where the receipt goes"},
)
"""What a ticket is asked for with. `Accept: application/json` gives the bucket's form as JSON."""
ATTACHMENT = _form(
    URLENCODED, ("field",), field={"type": "string", "description": "The attachment's field"}, name={"type": "string"}
)
"""What leave to send a document is asked for with."""
WITHDRAWAL = _form(URLENCODED, ("secret",), secret={"type": "string", "description": "The same as in the address"})
"""What withdrawing takes."""
CHECKED = _form(MULTIPART, ("file",), file={"type": "string", "format": "binary"})
"""What checking takes."""

OPENING = {"key": {"type": "string", "description": "The secret of the draft's link"}}
REVISION = {"revision": {"type": "string", "description": "That of the page which the form stands on; the last field"}}
BEGINNING = _form(URLENCODED)
"""What a draft is begun with: nothing."""
WRITTEN = _form(
    URLENCODED, ("key", "revision"), **OPENING,
    do={"type": "string", "description": "`next`, `later`, `anyway`, `add.<table>` or `remove.<table>.<row>`"},
    **REVISION,
)  # fmt: skip
"""What a section is saved with, besides its answers by field id (in tables `table.row.column`, and `table.rows`)."""
FINISHED = _form(
    URLENCODED, ("key", "revision"), **OPENING, version={"type": "string", "description": "The call's, as shown"},
    late={"type": "string", "enum": ["1"], "description": "The deadline was known to have passed"}, **REVISION,
)  # fmt: skip
"""What an application is sent with."""
CONTINUED = _form(URLENCODED, ("key", "revision"), **OPENING, **REVISION)
"""What a sent draft is gone on from."""

REFUSALS = {
    400: "Not the whole of a form, or not one of the portal's",
    403: "Sent from a page that is not the portal's",
    409: "Nothing can be sent now",
    413: "The file is too large to be checked",
    422: "Something in the form is missing or wrong",
    429: "Too often; `Retry-After` says when to come again",
}
"""What else is answered to whoever sends something."""


ONWARD = {"returned", "attach", "receipt", "receipt_pdf", "withdraw", "fill", "draft", "section", "review", "again"}
"""The names of the addresses that may lead on to others."""


def described(
    name: str, language: Language, summary: str, content_type: str, sends: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What a route says of itself: its arguments for the resolver's `get` or, with what it `sends`, `post`."""
    body: dict[str, Any] = {"model": CallList} if name == "json" else {"schema": {"type": "string"}}
    responses: dict[int, Any] = {200: {"description": summary, "content": {content_type: body}}}
    if "<" in addresses.rules(name)[language]:
        responses[404] = {"description": "There is no such thing", "content": HTML}
    if sends:
        responses |= {status: {"description": why, "content": HTML} for status, why in REFUSALS.items()}
    if name in ONWARD:
        responses[303] = {"description": "The way on, in `Location`", "content": HTML}
    if name in {"send", "attach"} and sends:
        responses[200]["content"]["application/json"] = {"schema": {"type": "object"}}
    query = [_parameter("q", "Words that all have to be there"), _parameter("kind", "A kind of applicant")]
    return {
        "summary": summary,
        "operation_id": ("send_" if sends else "") + (f"{name}_{language}" if name in addresses.RULES else name),
        "tags": ["sending" if sends else "pages" if content_type == "text/html" else "files"],
        "responses": responses,
        "openapi_extensions": {"requestBody": sends} if sends else {"parameters": query} if name == "list" else None,
    }


def _parameter(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "required": False, "schema": {"type": "string"}}


def description(app: APIGatewayHttpResolver, origin: str) -> str:
    """The description as JSON."""
    return app.get_openapi_json_schema(
        title="Puljeport", version=VERSION, description=ABOUT, openapi_version="3.1.0", servers=[Server(url=origin)]
    )
