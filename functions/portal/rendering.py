"""Pages from their templates (Jinja2). All that is put into one is escaped; only `puljeport.markdown` gives HTML."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from portal import addresses, assets
from puljeport import guidance, municipalities, timewords, webform
from puljeport.texts import Language, Text

PAGES = Path(__file__).parent / "pages"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["markup"] = Markup
    made.globals["days"] = timewords.days_in_words
    made.globals["asset"] = lambda name: addresses.path("asset", "da", name=assets.names()[name])
    return made


def _municipalities() -> list[str]:
    return [each.name for each in municipalities.in_order()]


def page(template: str, language: Language, origin: str, name: str, parts: dict[str, str], **shown: Any) -> str:
    """A page in `language`. `name` and `parts` are its place among the addresses; `origin` goes before a path.

    In a template: `say(da, en)` picks a language; `text(t)` is a text of a call, marked as Danish where it was not
    translated; `url(name)` is a path in the page's language, `absolute(name, language)` a whole address.
    `guidance(field)` is what a field takes, `choices(field)` its options, `written(field, answer)` an answer as
    people read it.
    """

    def say(danish: str, english: str) -> str:
        return english if language == "en" else danish

    def text(given: Text) -> str | Markup:
        if language == "en" and given.en is None:
            return Markup('<span lang="da">{}</span>').format(given.da)
        return given.get(language)

    def url(to: str, /, **to_parts: str) -> str:
        return addresses.path(to, language, **to_parts)

    def absolute(to: str, to_language: Language, /, **to_parts: str) -> str:
        return origin + addresses.path(to, to_language, **to_parts)

    def choices(field: Any) -> list[tuple[str, str | Markup, Text | None]]:
        return [(option.id, text(option.label), option.description) for option in field.choices]

    return _environment().get_template(template).render(
        language=language, other=addresses.other(language), name=name, parts=parts, path=addresses.path,
        say=say, text=text, url=url, absolute=absolute, choices=choices, municipalities=_municipalities,
        guidance=lambda field: guidance.guidance(field, language),
        written=lambda field, answer: webform.written(field, answer, language), **shown,
    )  # fmt: skip
