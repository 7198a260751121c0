"""The guide of a call, from its Markdown: as a tagged PDF, and as a page of HTML.

`puljeport.markdown` reads it, so that nothing in it can do harm on the authority's own site, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from io import BytesIO
from typing import Any

from markdown_it.tree import SyntaxTreeNode
from pikepdf import ObjectStreamMode, Pdf

from puljeport import markdown, marks
from puljeport.blanks.pdfcontent import about
from puljeport.blanks.typeset import typeset
from puljeport.calls import Call
from puljeport.texts import Language, Text

_KIND = Text(da="Puljevejledning", en="Guide")
_DEEPEST = 6
_STYLE = (
    "body{font:1.05rem/1.55 'Source Sans Pro','Segoe UI',Arial,sans-serif;color:#1b1f23;background:#fff;"
    "max-width:44rem;margin:2rem auto;padding:0 1.2rem}h1,h2,h3{color:#12394f;line-height:1.25}"
    "h2{margin-top:2rem}a{color:#12394f}"
    "table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:.45rem .7rem;"
    "border-bottom:1px solid #b9c8d1}th{background:#eef4f7}.agency{color:#12394f;font-weight:600}"
    ".about{margin-top:3rem;color:#4d5a63;font-size:.9rem}"
)


def html(call: Call, version: int, guide: str, language: Language = "da") -> bytes:
    """The guide as a whole page of HTML in UTF-8. It needs nothing from elsewhere and runs nothing."""
    title = f"{_KIND.get(language)}: {call.title.get(language)}"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="{marks.GUIDE_PROPERTY}" content="{call.id}@{version}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<p class="agency">{escape(call.administered_by.get(language))}</p>\n{markdown.html(guide, top=1)}'
        f'<p class="about">{escape(call.id)}, version {version}</p>\n</main>\n</body>\n</html>\n'
    ).encode()


def pdf(call: Call, version: int, guide: str, language: Language = "da") -> bytes:
    """The guide as a tagged PDF (PDF/UA-1). The same input gives the same bytes."""
    tree = SyntaxTreeNode(markdown.reader().parse(guide))
    content = {
        "about": about(call, version, language, _KIND.get(language)),
        "agency": call.administered_by.get(language),
        "blocks": _levelled(_headed(_blocks(tree), call.title.get(language))),
    }
    with Pdf.open(BytesIO(typeset("guide.typ", content, call.last_updated))) as document:
        document.docinfo[f"/{marks.GUIDE_PROPERTY}"] = f"{call.id}@{version}"
        buffer = BytesIO()
        document.save(buffer, deterministic_id=True, object_stream_mode=ObjectStreamMode.generate)
        return buffer.getvalue()


def _headed(blocks: list[dict[str, Any]], title: str) -> list[dict[str, Any]]:
    if blocks and blocks[0]["kind"] == "heading":
        return blocks
    return [{"kind": "heading", "level": 1, "parts": [{"kind": "text", "text": title}]}, *blocks]


def _levelled(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """No heading more than one level below the one before, which PDF/UA forbids and screen readers stumble over."""
    before = 0
    for block in blocks:
        if block["kind"] == "heading":
            before = block["level"] = min(block["level"], before + 1)
    return blocks


def _blocks(node: SyntaxTreeNode) -> list[dict[str, Any]]:
    return [_BLOCKS.get(child.type, _other)(child) for child in node.children]


def _heading(node: SyntaxTreeNode) -> dict[str, Any]:
    return {"kind": "heading", "level": min(int(node.tag[1:]), _DEEPEST), "parts": _text(node)}


def _paragraph(node: SyntaxTreeNode) -> dict[str, Any]:
    return {"kind": "paragraph", "parts": _text(node)}


def _list(node: SyntaxTreeNode) -> dict[str, Any]:
    items = [_blocks(item) for item in node.children]
    if node.type == "bullet_list":
        return {"kind": "list", "items": items}
    return {"kind": "numbers", "start": int(node.attrs.get("start", 1)), "items": items}


def _quote(node: SyntaxTreeNode) -> dict[str, Any]:
    return {"kind": "quote", "blocks": _blocks(node)}


def _code(node: SyntaxTreeNode) -> dict[str, Any]:
    return {"kind": "code", "text": node.content.rstrip("\n")}


def _rule(_: SyntaxTreeNode) -> dict[str, Any]:
    return {"kind": "rule"}


def _other(node: SyntaxTreeNode) -> dict[str, Any]:
    return {"kind": "paragraph", "parts": [{"kind": "text", "text": node.content}]}


def _table(node: SyntaxTreeNode) -> dict[str, Any]:
    head, *body = node.children
    rows = [row for part in body for row in part.children]
    return {
        "kind": "table",
        "head": [_text(cell) for cell in head.children[0].children],
        "rows": [[{"parts": _text(cell)} for cell in row.children] for row in rows],
    }


def _text(node: SyntaxTreeNode) -> list[dict[str, Any]]:
    """The inline parts of a block: its only child of kind `inline`, or its own children."""
    return [part for child in node.children for part in (_text(child) if child.type == "inline" else [_part(child)])]


def _part(node: SyntaxTreeNode) -> dict[str, Any]:
    match node.type:
        case "strong" | "em":
            return {"kind": node.type, "parts": _text(node)}
        case "link":
            return {"kind": "link", "url": str(node.attrs.get("href", "")), "parts": _text(node)}
        case "code_inline":
            return {"kind": "code", "text": node.content}
        case "hardbreak":
            return {"kind": "break"}
        case "softbreak":
            return {"kind": "text", "text": " "}
        case _:
            return {"kind": "text", "text": node.content}


_BLOCKS: dict[str, Callable[[SyntaxTreeNode], dict[str, Any]]] = {
    "heading": _heading,
    "paragraph": _paragraph,
    "bullet_list": _list,
    "ordered_list": _list,
    "blockquote": _quote,
    "table": _table,
    "fence": _code,
    "code_block": _code,
    "hr": _rule,
}
