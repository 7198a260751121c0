"""The committed assets: each is what its name says, none is missing, and where they come from is told."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from portal import assets
from portal.rendering import PAGES

ROOT = Path(__file__).parents[2]
LIMIT = 300_000


def test_names_tell_the_content() -> None:
    """The hash in a name is that of the file: a browser that keeps it for ever has the right one."""
    for name in assets.names().values():
        told = re.fullmatch(r".+-([0-9a-f]{16})\.\w+", name)
        assert told
        assert hashlib.sha256((assets.FOLDER / name).read_bytes()).hexdigest().startswith(told[1])


def test_nothing_is_there_that_is_not_used() -> None:
    """All files are assets of the manifest, their compressed twins, or licences; together they stay small."""
    known = set(assets.names().values())
    for file in assets.FOLDER.iterdir():
        stem = file.name.removesuffix(".br").removesuffix(".gz")
        assert stem in known or file.name == "manifest.json" or file.name.startswith("LICENSE"), file.name
    assert sum(file.stat().st_size for file in assets.FOLDER.iterdir()) < LIMIT


def test_the_style_asks_for_nothing_that_is_missing_or_elsewhere() -> None:
    """Every address in the style sheet is an asset beside it."""
    css = (assets.FOLDER / assets.names()["portal.css"]).read_text("utf-8")
    wanted = set(re.findall(r"url\(([^)]+)\)", css))
    assert wanted
    assert wanted <= set(assets.names().values())
    assert "@import" not in css


def test_every_icon_and_asset_of_the_pages_is_there() -> None:
    """What templates name exists in the file of icons or in the manifest."""
    icons = (assets.FOLDER / assets.names()["icons.svg"]).read_text("utf-8")
    for page in PAGES.glob("*.html"):
        text = page.read_text("utf-8")
        for name in re.findall(r'icon\("([a-z-]+)"\)', text):
            assert f'id="{name}"' in icons, name
        for name in re.findall(r'asset\("([^"]+)"\)', text):
            assert name in assets.names(), name


def test_where_the_look_comes_from_is_told() -> None:
    """The manifest has the design system's version and licence, which are those that `make assets` installs."""
    manifest = json.loads((assets.FOLDER / "manifest.json").read_text("utf-8"))
    package = json.loads((ROOT / "assets" / "package.json").read_text("utf-8"))
    version = package["devDependencies"]["dkfds"]
    assert manifest["made from"] == f"dkfds {version} ((MIT AND OFL-1.1 AND Apache-2.0))"
    for licence in ("LICENSE-dkfds.md", "LICENSE-IBM-Plex.txt"):
        assert "Copyright" in (assets.FOLDER / licence).read_text("utf-8")
