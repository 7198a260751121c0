"""Style, scripts, fonts and icons: made by `make assets`, named by their content, and kept by browsers for ever."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "assets"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""How assets lie there compressed, the smaller first."""


@dataclass(frozen=True, slots=True)
class Asset:
    """The bytes of an asset as they are sent. `encoding` is empty for bytes as they are."""

    data: bytes
    content_type: str
    encoding: str


@cache
def names() -> dict[str, str]:
    """The name that each asset is asked for by, from its plain one: `portal.css` → `portal-….css`."""
    manifest: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    return dict(manifest["files"])


@cache
def _known() -> frozenset[str]:
    return frozenset(names().values())


def find(name: str, accepted: str) -> Asset | None:
    """The asset of that name, as small as the browser takes it (`Accept-Encoding`). None where there is none."""
    if name not in _known():
        return None
    content_type = TYPES[Path(name).suffix]
    offered = {part.partition(";")[0].strip() for part in accepted.lower().split(",") if "q=0" not in part}
    for encoding, ending in ENCODINGS.items():
        compressed = FOLDER / (name + ending)
        if encoding in offered and compressed.is_file():
            return Asset(compressed.read_bytes(), content_type, encoding)
    return Asset((FOLDER / name).read_bytes(), content_type, "")
