"""`make bench`: what things cost, always beside a named baseline in the same run, as ratios of medians.

Files are one application of 140 answers in each format, written by our own blanks; ODT and ODS are the demonstration's,
saved by LibreOffice. Floors: inflate the part that holds the answers and parse its XML once (expat, nothing listening);
for PDF, let the engine open the file and its pages. Writes `docs/benchmarks.md` and the picture in it.
"""

from __future__ import annotations

import io
import json
import logging
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

import docx
import kreuzberg
import matplotlib as mpl
import openpyxl
import pypdf
from markitdown import MarkItDown

from formfiles import sample_call
from puljeport.applications import read_application
from puljeport.blanks import csvform, pdf, xlsx
from puljeport.blanks import docx as docx_blank
from puljeport.items import published
from puljeport.marking import mark
from puljeport.pages.engine import library
from puljeport.readers import pdfium, read
from puljeport.readers.walk import Walk
from puljeport_cli.demo import SAMPLES
from puljeport_cli.fill import Answers, fill_docx
from puljeport_cli.fill_sheets import fill_csv, fill_xlsx
from puljeport_cli.fillpdf import fill_pdf

mpl.use("svg")
from matplotlib import pyplot as plt

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
LIBRARIES = (
    "import boto3, pydantic, aws_lambda_powertools.utilities.batch, aws_lambda_powertools.metrics, aws_xray_sdk.core"
)
HANDLER = "import intake.app"
# The high-water mark of a process can be taken back (Linux, proc(5), /proc/pid/clear_refs, 5).
PEAK = """
import re, sys
from puljeport.readers import read
def kilobytes(name):
    return int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read())[1])
data = open(sys.argv[1], "rb").read()
open("/proc/self/clear_refs", "w").write("5")
before = kilobytes("VmRSS")
read(data, "")
print(kilobytes("VmHWM") - before)
"""

CALL = sample_call()
ANSWERS: Answers = {
    "municipality": "Ærø", "cvr": "55133018", "contact_name": "Ane Æbelø", "contact_email": "ane@example.dk",
    "contact_phone": "+45 12 34 56 78", "website": "https://www.example.dk", "model": "model-2", "topics": ["sport"],
    "background": "Vi vil åbne for nye møder. " * 20, "hours": "12", "budget": "1.234,50", "decided": "Ja",
    "starts": "2018-06-01", "plan": "tidsplan.pdf", "no_money": "ja", "signed_by": "Ane", "signed_on": "2018-03-01",
}  # fmt: skip
ROW = {"kind": "Andet", "email": "a@example.dk", "since": "2018-01-01", "hours": "3"}
MAIN = {
    "docx": "word/document.xml", "xlsx": "xl/worksheets/sheet1.xml", "odt": "content.xml", "ods": "content.xml",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One comparison: medians in milliseconds of processor time, and the median of the ratios pair by pair."""

    what: str
    baseline: str
    ours: float
    other: float
    ratio: float
    goal: str = ""

    @property
    def met(self) -> str:
        """Whether the goal is met, as it is shown."""
        if not self.goal:
            return ""
        sign, limit = self.goal.split()[:2]
        ratio = self.ratio if sign == "≤" else 1 / self.ratio
        return "yes" if (ratio <= float(limit) if sign == "≤" else ratio >= float(limit)) else "**no**"


def compare(
    what: str, ours: Callable[[], object], baseline: tuple[str, Callable[[], object]], goal: str, runs: int
) -> Row:
    """Both run in turns after a warm-up, so that a busy machine slows both."""
    name, other = baseline
    ours(), other()
    seconds = [(_timed(ours), _timed(other)) for _ in range(runs)]
    first, second = (statistics.median(column) * 1000 for column in zip(*seconds, strict=True))
    return Row(what, name, first, second, statistics.median(one / two for one, two in seconds), goal)


def _timed(action: Callable[[], object]) -> float:
    start = _processor_seconds()
    action()
    return _processor_seconds() - start


def _processor_seconds() -> float:
    """What this process and those that it waited for have had of the processor: a busy machine changes that little."""
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + others.ru_utime + others.ru_stime


def files() -> dict[str, bytes]:
    """The forms, by format."""
    # The PDF has as many rows as its page: eight of them are filled in there.
    rows: list[dict[str, str]] = [ROW | {"name": f"Forening {number}"} for number in range(25)]
    few = ANSWERS | {"partners": rows[: _pdf_rows()]}
    many = ANSWERS | {"partners": rows}
    return {
        "docx": fill_docx(docx_blank.make(CALL, 1, "da"), many),
        "xlsx": fill_xlsx(xlsx.make(CALL, 1, "da"), many),
        "pdf": fill_pdf(pdf.make(CALL, 1, "da"), few),
        "csv": fill_csv(csvform.make(CALL, 1, "da"), many),
        "odt": (SAMPLES / "Randers.odt").read_bytes(),
        "ods": (SAMPLES / "Kolding.ods").read_bytes(),
    }


def _pdf_rows() -> int:
    (table,) = (field for field in CALL.form.fields.values() if field.type == "table")
    return max(table.blank_rows, table.min_rows)


def floor(kind: str, data: bytes) -> tuple[str, Callable[[], object]]:
    """The least that must be done to a file of a format."""
    if kind == "pdf":
        return "PDFium opens it and its pages", lambda: _engine(data)
    if kind == "csv":
        return "decode it", lambda: data.decode("utf-8-sig").splitlines()
    return "inflate and parse once", lambda: _parse(data, MAIN[kind])


def _parse(data: bytes, part: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        expat.ParserCreate().Parse(package.read(part), True)


def _engine(data: bytes) -> None:
    engine = library()
    with pdfium.loaded(engine, data) as document, pdfium.filling(engine, document):
        for number in range(engine.FPDF_GetPageCount(document)):
            engine.FPDF_ClosePage(engine.FPDF_LoadPage(document, number))


def steps(forms: dict[str, bytes]) -> str:
    """What each step above the floor costs, as multiples of it, in a table: nobody has looked at an answer yet."""
    lines = ["| format | " + " | ".join(STEPS) + " |", "|---" * (len(STEPS) + 1) + "|"]
    for kind, part in MAIN.items():
        at_floor = floor(kind, forms[kind])
        taken = [
            compare(name, partial(_stepped, step, forms[kind], part), at_floor, "", 40) for name, step in STEPS.items()
        ]
        lines.append(f"| {kind} | " + " | ".join(f"{row.ratio:.1f}" for row in taken) + " |")
    return "\n".join(lines)


def _stepped(step: Callable[[bytes], object], data: bytes, part: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        step(package.read(part))


def _resolving(part: bytes) -> None:
    expat.ParserCreate(namespace_separator=" ").Parse(part, True)


def _asking(part: bytes) -> None:
    Walk("", lambda _name: None, lambda _name: None, None).feed(iter([part]))


STEPS: dict[str, Callable[[bytes], object]] = {
    "names resolved, nobody listening": _resolving,
    "a tree built in C (xml.etree), not looked at": ET.fromstring,
    "Python asked about each element, its depth counted": _asking,
}


def libraries(kind: str, data: bytes) -> list[tuple[str, Callable[[], object], str]]:
    """What people would read the file with instead: name, how, and our goal against it."""
    convert, mime = MarkItDown(enable_plugins=False), {
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pdf": "application/pdf",
    }  # fmt: skip
    found: list[tuple[str, Callable[[], object], str]] = []
    if kind == "docx":
        found.append(("python-docx", lambda: _every_cell(docx.Document(io.BytesIO(data))), "≥ 3 times as fast"))
    if kind == "xlsx":
        found.append(("openpyxl", lambda: _every_value(data), "≥ 3 times as fast"))
    if kind == "pdf":
        found.append(("pypdf", lambda: pypdf.PdfReader(io.BytesIO(data)).get_fields(), "≥ 3 times as fast"))
    if kind in mime:
        stream = lambda: convert.convert_stream(io.BytesIO(data), file_extension=f".{kind}")  # noqa: E731
        found.append(("markitdown", stream, "≥ 20 times as fast"))
        found.append(("kreuzberg", lambda: kreuzberg.extract_bytes_sync(data, mime[kind]), ""))
    return found


def _every_cell(document: Any) -> list[str]:
    return [cell.text for table in document.tables for row in table.rows for cell in row.cells]


def _every_value(data: bytes) -> list[Any]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]


def reading(forms: dict[str, bytes]) -> list[Row]:
    """Each reader against its floor, and against what people would use instead."""
    rows = []
    for kind, data in forms.items():
        goal = "" if kind == "csv" else "≤ 1.5"
        ours = partial(read, data, "")
        rows.append(compare(f"read a {kind.upper()}", ours, floor(kind, data), goal, 40))
        for name, other, wanted in libraries(kind, data):
            runs = 5 if name == "markitdown" else 15
            rows.append(compare(f"read a {kind.upper()}", ours, (name, other), wanted, runs))
    return rows


def deciding(forms: dict[str, bytes]) -> list[Row]:
    """What comes after reading, against the reading of a DOCX."""
    raw = read(forms["docx"], "")
    faulty = fill_docx(docx_blank.make(CALL, 1, "da"), ANSWERS | {"hours": "en del"})
    problems = read_application(CALL, read(faulty, "")).problems
    item = {"definition": CALL.model_dump_json(exclude_none=True), "version": 1, "published_at": "2018-01-01T00:00:00Z"}
    baseline = ("read a DOCX", lambda: read(forms["docx"], ""))
    return [
        compare("read a published definition", lambda: published(item), baseline, "", 20),
        compare("check the answers", lambda: read_application(CALL, raw), baseline, "", 20),
        compare("mark a DOCX", lambda: mark(faulty, problems, "da"), baseline, "", 20),
    ]


def importing() -> list[Row]:
    """A cold import of the intake handler against its libraries alone, each in a process of its own.

    All of it is compiled, as it is in the layer; the first run, which does that, does not count.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}

        def python(code: str) -> Callable[[], object]:
            return lambda: subprocess.run([sys.executable, "-c", code], check=True, env=environment)

        return [compare("import intake.app", python(HANDLER), ("its libraries alone", python(LIBRARIES)), "≤ 1.3", 15)]


def memory(forms: dict[str, bytes]) -> list[tuple[str, float]]:
    """The most memory (MB) that reading each file adds to a process that has only imported the readers."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, data in forms.items():
            file = Path(folder) / f"form.{kind}"
            file.write_bytes(data)
            answer = subprocess.run([sys.executable, "-c", PEAK, str(file)], capture_output=True, check=True, text=True)
            found.append((kind, int(answer.stdout) / 1024))
    return found


def layer() -> int | None:
    """Bytes of the layer as `make build` left it, .pyc included; None where it was not built."""
    folder = ROOT / ".aws-sam" / "build" / "SharedLayer"
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()] if folder.is_dir() else []
    return sum(sizes) or None


def table(rows: list[Row]) -> str:
    """The comparisons as a table in Markdown."""
    lines = ["| ours | beside | ours, ms | theirs, ms | ratio | goal | met |", "|---|---|--:|--:|--:|---|---|"]
    lines += [
        f"| {row.what} | {row.baseline} | {row.ours:.1f} | {row.other:.1f} | {row.ratio:.2f} | {row.goal} | {row.met} |"
        for row in rows
    ]
    return "\n".join(lines)


def picture(rows: list[Row], target: Path) -> None:
    """A bar for each library: how many times as long as ours it takes."""
    shown = [row for row in rows if row.baseline in {"python-docx", "openpyxl", "pypdf", "markitdown", "kreuzberg"}]
    plt.rcParams |= {"font.family": "sans-serif", "svg.hashsalt": "puljeport", "font.size": 11}
    figure, axes = plt.subplots(figsize=(8, 0.5 * len(shown) + 1.2))
    labels = [f"{row.what.removeprefix('read a ')}: {row.baseline}" for row in shown]
    times = [1 / row.ratio for row in shown]
    bars = axes.barh(labels, times, color="#14506e")
    axes.bar_label(bars, [f"{value:.1f} ×" for value in times], padding=6, backgroundcolor="white")
    axes.axvline(1, color="#b3261e", linewidth=2)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("times as long as Puljeport takes for the same file (logarithmic; the red line is Puljeport)")
    axes.set_xlim(right=max(times) * 2)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(target, bbox_inches="tight", metadata={"Date": None})


def main() -> None:
    """Measure, print, and write the page."""
    logging.disable(logging.WARNING)
    forms = files()
    rows = [*reading(forms), *deciding(forms), *importing()]
    used = memory(forms)
    size = layer()
    picture(rows, DOCS / "benchmarks.svg")
    shown = f"{size / 1e6:.1f} million bytes (goal: 25)" if size else "not built (`make build`)"
    numbers = "\n".join(f"| {kind} | {megabytes:.1f} |" for kind, megabytes in used)
    explained = (Path(__file__).parent / "bench.md").read_text()
    page = explained.format(
        date=datetime.now(UTC).date(),
        machine=f"{platform.machine()}, Python {platform.python_version()}, {_processors()} processors",
        table=table(rows),
        steps=steps(forms),
        memory=numbers,
        layer=shown,
    )
    (DOCS / "benchmarks.md").write_text(page)
    print(table(rows))
    print(json.dumps({"layer": size, "memory": used}))


def _processors() -> int:
    return len({line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("processor")})


if __name__ == "__main__":
    main()
