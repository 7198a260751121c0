"""The portal's assets, made anew from the design system's npm package by the program that made them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from portal import assets

pytestmark = [pytest.mark.slow, pytest.mark.program("node"), pytest.mark.program("npm")]

SOURCES = Path(__file__).parents[2] / "assets"


def test_the_assets_are_what_their_sources_make(tmp_path: Path) -> None:
    """`make assets` from a clean install gives just what is committed."""
    source, made = tmp_path / "assets", tmp_path / "made"
    shutil.copytree(SOURCES, source, ignore=shutil.ignore_patterns("node_modules"))
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=source, check=True, capture_output=True, timeout=300)
    subprocess.run(["node", "build.mjs", str(made)], cwd=source, check=True, capture_output=True, timeout=120)
    assert json.loads((made / "manifest.json").read_text("utf-8"))["files"] == assets.names()
