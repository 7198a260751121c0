"""Typesetting: from a layout beside this module and data to a tagged PDF (PDF/UA-1), with fonts that come along."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import font_source_sans_pro
import typst

FONTS = Path(font_source_sans_pro.font_directory)


def typeset(layout: str, content: dict[str, Any], changed: date, fonts: Path = FONTS) -> bytes:
    """The PDF that `layout` (a file name) makes of `content`, in `fonts` (a folder). The same input gives the same
    bytes."""
    with as_file(files("puljeport.blanks")) as folder:
        return typst.compile(
            folder / layout,
            root=folder,
            font_paths=[fonts],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
            pdf_standards=["ua-1"],
            timestamp=int(datetime.combine(changed, time(), UTC).timestamp()),
        )
