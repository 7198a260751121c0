"""The portal's assets, made anew from the design system's npm package by the program that made them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from portal import assets, receipts
from puljeport.blanks import receipt

pytestmark = [pytest.mark.slow, pytest.mark.program("node"), pytest.mark.program("npm")]

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "assets"
(FONTS,) = re.findall(r"^DESIGN_FONTS := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources with a clean install of what they are made from."""
    folder = tmp_path_factory.mktemp("sources") / "assets"
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns("node_modules"))
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=300)
    return folder


def test_the_assets_are_what_their_sources_make(source: Path, tmp_path: Path) -> None:
    """`make assets` from a clean install gives just what is committed."""
    made = tmp_path / "made"
    subprocess.run(["node", "build.mjs", str(made)], cwd=source, check=True, capture_output=True, timeout=120)
    assert json.loads((made / "manifest.json").read_text("utf-8"))["files"] == assets.names()


def test_so_are_the_templates_of_receipts(source: Path, tmp_path: Path) -> None:
    """The templates and what is known of them, byte by byte, whenever they are made."""
    receipt.write(source / FONTS, tmp_path)
    for name in ("receipt-da.pdf", "receipt-en.pdf", "receipt.json"):
        assert (tmp_path / name).read_bytes() == (receipts.FOLDER / name).read_bytes(), name
    assert len(list(receipts.FOLDER.iterdir())) == 3
