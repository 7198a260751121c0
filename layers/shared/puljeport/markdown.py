"""Markdown, as calls and guides are written in it: CommonMark with tables, and nothing that could do harm.

HTML inside the Markdown is text, not markup. Only web and mail addresses become links. Pictures, which would be fetched
from elsewhere, are told in words. So what comes out is inert, whoever wrote what went in.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

DEEPEST = 6
LINKED = ("https://", "http://", "mailto:")
_SIDEWAYS = '<div class="table--responsive-scroll" tabindex="0">\n'


@cache
def reader() -> MarkdownIt:
    """What reads Markdown here. It keeps nothing between texts."""
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.validateLink = lambda url: url.lower().startswith(LINKED)  # type: ignore[method-assign]
    made.add_render_rule("image", lambda _, tokens, index, *__: escape(tokens[index].content))
    made.add_render_rule("table_open", lambda self, *seen: _SIDEWAYS + self.renderToken(*seen))
    made.add_render_rule("table_close", lambda self, *seen: self.renderToken(*seen) + "</div>\n")
    return made


def html(text: str, top: int = 2) -> str:
    """Markdown as HTML for the inside of a page. Its highest headings become `<h{top}>`, and none is skipped below.

    Without style attributes, which the portal's policy forbids; a wide table can be moved sideways, also by keyboard.
    """
    tokens = reader().parse(text)
    _level(tokens, top)
    _plain_tables(tokens)
    return str(reader().renderer.render(tokens, reader().options, {}))


def _level(tokens: Sequence[Token], top: int) -> None:
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    highest = min((int(token.tag[1:]) for token in headings), default=top)
    before = top - 1
    for opening, closing in zip(headings[::2], headings[1::2], strict=True):
        before = min(int(opening.tag[1:]) - highest + top, before + 1, DEEPEST)
        opening.tag = closing.tag = f"h{before}"


def _plain_tables(tokens: Sequence[Token]) -> None:
    for position, token in enumerate(tokens):
        if token.type in ("th_open", "td_open"):
            if "right" in str(token.attrs.pop("style", "")):
                token.attrSet("class", "right")
            if token.type == "th_open" and tokens[position + 1].content:
                token.attrSet("scope", "col")
            elif token.type == "th_open":
                # A heading of nothing is read out as one.
                token.tag = tokens[position + 2].tag = "td"
        elif token.type == "table_open":
            token.attrSet("class", "table")
