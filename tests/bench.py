"""`make bench`: what things cost, always beside a named baseline in the same run, as ratios of medians.

Rows: a cold import of the intake handler against its libraries alone, and reading a filled-in DOCX against the floor
(inflate the main part and parse its XML once) and against python-docx opening the same file.
"""

from __future__ import annotations

import io
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

import docx

from puljeport import definitions
from puljeport.applications import read_application
from puljeport.blanks.docx import make
from puljeport.readers import read
from puljeport_cli.demo_answers import GOOD
from puljeport_cli.fill import fill_docx

ROOT = Path(__file__).parent.parent
LIBRARIES = "import boto3, pydantic, aws_lambda_powertools.utilities.batch, aws_lambda_powertools.metrics, aws_xray_sdk"
HANDLER = "import intake.app"


def pairs(ours: Callable[[], object], baseline: Callable[[], object], runs: int) -> tuple[float, float, float]:
    """Median milliseconds of each, run in turns after one warm-up, and the median of the ratios pair by pair."""
    ours(), baseline()
    seconds = [(_timed(ours), _timed(baseline)) for _ in range(runs)]
    ratio = statistics.median(first / second for first, second in seconds)
    return *(statistics.median(column) * 1000 for column in zip(*seconds, strict=True)), ratio


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _python(code: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def _floor(data: bytes) -> object:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda _name, _attributes: None
        parser.CharacterDataHandler = lambda _text: None
        return parser.Parse(package.read("word/document.xml"), True)


def main() -> None:
    """Print the table."""
    call = definitions.load(ROOT / "calls" / "medborgerskab-2018").call
    filled = fill_docx(make(call, 1, "da"), GOOD)
    raw = read(filled, "skema.docx")
    rows = [
        ("import intake.app", "its libraries alone", *pairs(_python(HANDLER), _python(LIBRARIES), 15)),
        ("read a DOCX", "inflate and parse once", *pairs(lambda: read(filled, "a"), lambda: _floor(filled), 40)),
        (
            "read a DOCX",
            "python-docx opens it",
            *pairs(lambda: read(filled, "a"), lambda: docx.Document(io.BytesIO(filled)), 40),
        ),
        (
            "check the answers",
            "read a DOCX",
            *pairs(lambda: read_application(call, raw), lambda: read(filled, "a"), 40),
        ),
    ]
    print(f"{'ours':<20} {'baseline':<24} {'ours ms':>9} {'base ms':>9} {'ratio':>7}")
    for ours, baseline, first, second, ratio in rows:
        print(f"{ours:<20} {baseline:<24} {first:9.1f} {second:9.1f} {ratio:7.2f}")


if __name__ == "__main__":
    main()
