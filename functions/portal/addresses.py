"""Every address of the portal: Danish ones without a prefix, English ones under `/en`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from puljeport.texts import LANGUAGES, Language

RULES: dict[str, dict[Language, str]] = {
    "list": {"da": "/", "en": "/en"},
    "atom": {"da": "/puljer.atom", "en": "/en/calls.atom"},
    "calendar": {"da": "/puljer.ics", "en": "/en/calls.ics"},
    "call": {"da": "/puljer/<call>", "en": "/en/calls/<call>"},
    "guide": {"da": "/puljer/<call>/vejledning", "en": "/en/calls/<call>/guide"},
    "deadline": {"da": "/puljer/<call>/frist.ics", "en": "/en/calls/<call>/deadline.ics"},
    "send": {"da": "/puljer/<call>/indsend", "en": "/en/calls/<call>/apply"},
    "check": {"da": "/puljer/<call>/tjek", "en": "/en/calls/<call>/check"},
    "status": {"da": "/status/<submission>/<secret>", "en": "/en/status/<submission>/<secret>"},
    "receipt": {
        "da": "/status/<submission>/<secret>/kvittering",
        "en": "/en/status/<submission>/<secret>/receipt",
    },
    "receipt_pdf": {
        "da": "/status/<submission>/<secret>/kvittering.pdf",
        "en": "/en/status/<submission>/<secret>/receipt.pdf",
    },
    "attach": {"da": "/status/<submission>/<secret>/bilag", "en": "/en/status/<submission>/<secret>/attachments"},
    "withdraw": {
        "da": "/status/<submission>/<secret>/traek-tilbage",
        "en": "/en/status/<submission>/<secret>/withdraw",
    },
    "fill": {"da": "/puljer/<call>/udfyld", "en": "/en/calls/<call>/fill-in"},
    "draft": {"da": "/kladde/<draft>/<secret>", "en": "/en/draft/<draft>/<secret>"},
    "section": {"da": "/kladde/<draft>/<secret>/del/<section>", "en": "/en/draft/<draft>/<secret>/part/<section>"},
    "review": {"da": "/kladde/<draft>/<secret>/tjek", "en": "/en/draft/<draft>/<secret>/check"},
    "again": {"da": "/kladde/<draft>/<secret>/ret", "en": "/en/draft/<draft>/<secret>/correct"},
    "accessibility": {"da": "/tilgaengelighed", "en": "/en/accessibility"},
    "privacy": {"da": "/privatliv", "en": "/en/privacy"},
}
"""By the name of a page, in both languages."""

SHARED: dict[str, str] = {
    "json": "/puljer.json",
    "document": "/puljer/<call>/dokumenter/<name>",
    "progress": "/status/<submission>/<secret>/nu.json",
    "returned": "/status/<submission>/<secret>/rettes",
    "asset": "/assets/<name>",
    "openapi": "/openapi.json",
}
"""What is the same in every language."""


def rules(name: str) -> dict[Language, str]:
    """The patterns of a page's addresses, one where they are the same in every language."""
    return RULES[name] if name in RULES else {"da": SHARED[name]}


def path(name: str, language: Language, query: Mapping[str, str] | None = None, /, **parts: str) -> str:
    """The path of a page: `path("call", "da", call="medborgerskab-2018")`. Empty parts of a query are left out."""
    rule = RULES[name][language] if name in RULES else SHARED[name]
    filled = re.sub(r"<(\w+)>", lambda found: quote(parts[found[1]], safe=""), rule)
    asked = urlencode({key: value for key, value in (query or {}).items() if value})
    return f"{filled}?{asked}" if asked else filled


def language(asked: str) -> Language:
    """The language that a path is in."""
    return "en" if asked == "/en" or asked.startswith("/en/") else "da"


def other(mine: Language) -> Language:
    """The language that is not `mine`."""
    return next(each for each in LANGUAGES if each != mine)
