"""Markdown on pages: its structure fits the page around it, and nothing in it does harm."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puljeport import markdown


def test_headings_fit_under_the_page() -> None:
    """The highest heading gets the level asked for, the next one below, and none is skipped."""
    html = markdown.html("### Først\n\n###### Dyb\n\n#### Midt\n\n### Sidst", top=2)
    assert re.findall(r"<(h\d)>", html) == ["h2", "h3", "h3", "h2"]
    assert re.findall(r"<(h\d)>", markdown.html("# A\n\n## B", top=1)) == ["h1", "h2"]


def test_tables_have_heads_and_no_style() -> None:
    """Columns are told by their heads, sums stand to the right by a class, an empty corner is no heading."""
    html = markdown.html("| A | B | |\n|---|---:|---|\n| 1 | 2 | 3 |")
    assert re.findall(r"<th( [^>]*)>", html) == [' scope="col"', ' class="right" scope="col"']
    assert "<td></td>" in html
    assert "style=" not in html
    assert html.count("<div") == html.count("</div>") == 1


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "<javascript:alert(1)>", "[x](data:text/html,<b>)",
        "[x](&#106;avascript:alert(1))", "[x](vbscript:x)", "[x](/relativ)", "[x](//evil.example)",
        "[x]:javascript:a\n\n[x]",
        "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "![x](https://evil.example/x.png)",
        "<b onclick=a>",
    ],
)  # fmt: skip
def test_s08_nothing_in_it_runs_or_is_fetched(text: str) -> None:
    """S8: no link but to web and mail, no picture, no markup."""
    html = markdown.html(text)
    assert "href" not in html
    assert not re.search(r"<(?!/?p>)", html), html


def test_links_to_web_and_mail_are_links() -> None:
    """What people do link to works."""
    html = markdown.html("[a](https://example.dk/x?y=1&z) <mailto:a@example.dk> <b@example.dk>")
    assert re.findall(r'href="([^"]+)"', html) == [
        "https://example.dk/x?y=1&amp;z",
        "mailto:a@example.dk",
        "mailto:b@example.dk",
    ]


@given(st.text(alphabet="#|-*_[]()<>&\"'\\`!:/.ax1 \n", max_size=80))
def test_whatever_is_written_gives_only_known_tags(text: str) -> None:
    """No text, however odd, gives a tag or an attribute that is not one of Markdown's own."""
    known = {
        "p", "em", "strong", "code", "pre", "ul", "ol", "li", "a", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr",
        "br", "table", "thead", "tbody", "tr", "th", "td", "div",
    }  # fmt: skip
    for tag, attributes in re.findall(r"</?([a-zA-Z0-9]+)([^>]*)>", markdown.html(text)):
        assert tag in known
        assert set(re.findall(r"([a-z]+)=", re.sub(r'"[^"]*"', "", attributes))) <= {
            "href", "title", "class", "scope", "tabindex", "start",
        }  # fmt: skip
