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

Everything here is public and read only. Pages are Danish, and English under `/en`. Times are ISO 8601."""


def described(
    name: str, language: Language, summary: str, content_type: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What a route says of itself: its arguments for the resolver's `get`, or with the `body` it takes, `post`."""
    shown: dict[str, Any] = {"model": CallList} if name == "json" else {"schema": {"type": "string"}}
    responses: dict[int, Any] = {200: {"description": summary, "content": {content_type: shown}}}
    if "<" in addresses.rules(name)[language]:
        responses[404] = {
            "description": "There is no such thing",
            "content": {"text/html": {"schema": {"type": "string"}}},
        }
    method = "" if body is None else "send_"
    query = [_parameter("q", "Words that all have to be there"), _parameter("kind", "A kind of applicant")]
    return {
        "summary": summary,
        "operation_id": method + (f"{name}_{language}" if name in addresses.RULES else name),
        "tags": ["pages" if content_type == "text/html" else "files"],
        "responses": responses,
        "openapi_extensions": {"parameters": query} if name == "list" else {"requestBody": body} if body else None,
    }


def _parameter(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "required": False, "schema": {"type": "string"}}


def description(app: APIGatewayHttpResolver, origin: str) -> str:
    """The description as JSON."""
    return app.get_openapi_json_schema(
        title="Puljeport", version=VERSION, description=ABOUT, openapi_version="3.1.0", servers=[Server(url=origin)]
    )
