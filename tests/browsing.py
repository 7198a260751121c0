"""What tests in a browser have in common: what is looked at on a page, and how large letters are made."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

TEXT_200 = "html { font-size: 125% !important }"
"""The root is 62.5 % of what the reader chose: this is what a reader gets who chose twice as large letters."""
type Open = Callable[..., AbstractContextManager[Page]]

CUT_OFF = """[...document.querySelectorAll('main *, header *, footer *')].filter(each => {
  const style = getComputedStyle(each);
  return each.clientWidth > 1 && each.scrollWidth > each.clientWidth + 1
    && style.overflowX !== 'visible' && style.overflowX !== 'auto' && !each.matches('input, select');
}).map(each => each.outerHTML.slice(0, 80))"""
"""Elements whose content is wider than they are and cannot be moved into sight."""


def barriers(page: Page, libraries: Path) -> list[str]:
    """What axe-core finds on a page, in WCAG 2.2 AA and in its own best practices."""
    page.evaluate((libraries / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def drawn(page: Page) -> None:
    """Wait until a page that was just opened, or a place in it, is on the screen (JavaScript must be on).

    Browsers move the focus (autofocus, a field that the address names) when they next draw the page, which may be after
    it has loaded (HTML standard, "update the rendering", "flush autofocus candidates").
    """
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
