"""Rendering: one macro of a template, as text or as HTML.

`templates/say.txt.j2` and `say.html.j2` know the same few building blocks (a paragraph, facts, a list of problems, a
link); a message is written with them once. What a template does not find is an error, never an empty place. In HTML
everything that is not written in a template is escaped.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from puljeport.texts import Language

if TYPE_CHECKING:
    from jinja2 import Environment

type Flavour = Literal["txt", "html"]
type Audience = Literal["applicant", "contact"]

TEMPLATES = Path(__file__).parent / "templates"

_BLANKS = re.compile(r"\n\s*\n")


class Rendered(NamedTuple):
    """A subject and a body in the flavour that was asked for."""

    subject: str
    body: str


@cache
def _environment(flavour: Flavour) -> Environment:
    # Imported here: only whoever writes letters pays for it, and the first letter of a process compiles its template.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape((), (), default=flavour == "html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["flow"] = _flow
    return environment


def _flow(text: str) -> str:
    """The text of a paragraph on one line: programs wrap it to their own width."""
    # Of what is already escaped the same type is made again.
    return type(text)(" ".join(text.split()))


def render(audience: Audience, event: str, language: Language, flavour: Flavour, context: dict[str, Any]) -> Rendered:
    """The message of an event to an audience.

    Raises jinja2.UndefinedError for a name that `context` lacks, AttributeError for an event without words.
    """
    environment = _environment(flavour)
    say = environment.get_template(f"say.{flavour}.j2").make_module({"language": language})
    template = environment.get_template(f"{audience}.{language}.j2")
    words = template.make_module(context | {"say": say, "language": language})
    subject = _flow(getattr(words, f"{event}_subject")())
    body = getattr(words, event)()
    page = environment.get_template(f"page.{flavour}.j2")
    whole = page.render(subject=subject, body=body, language=language, agency=context.get("agency"))
    return Rendered(str(subject), _BLANKS.sub("\n\n", whole).strip() + "\n")
