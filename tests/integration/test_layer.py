"""The layer as it is deployed: small enough, and whole enough for all that the functions do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from formfiles import sample_call
from printing import flattened
from puljeport.blanks import docx, pdf
from puljeport.calls import to_json
from puljeport_cli.fill import Answers, fill_docx
from puljeport_cli.fillpdf import fill_pdf

ROOT = Path(__file__).parents[2]
LIMIT = 25_000_000
RUNTIME = ("boto3", "botocore", "s3transfer", "dateutil", "six.py", "urllib3")
"""What Lambda's own Python brings along."""

USE = """
import importlib, json, pathlib, sys
importlib.import_module(sys.argv[2] + ".app")
assert "portal.receipts" not in sys.modules  # no page but the receipt pays for it
if sys.argv[2] != "portal":
    sys.exit()
from puljeport.applications import read_application
from puljeport.calls import Call
from puljeport.readers import printed, read
folder = pathlib.Path(sys.argv[1])
call = Call.model_validate(json.loads((folder / "call.json").read_text()))
for name in ("skema.docx", "skema.pdf"):
    print(sorted(problem.code for problem in read_application(call, read((folder / name).read_bytes(), name)).problems))
form = printed.read((folder / "print.pdf").read_bytes(), [(folder / "blank.pdf").read_bytes()])
print(sorted(problem.code for problem in read_application(call, form).problems))
from portal import app, openapi, receipts, rendering
from puljeport import markdown
from puljeport.settings import PortalSettings
given = PortalSettings(table="table", documents_bucket="documents", uploads_bucket="uploads")
assert "Siden findes ikke" in rendering.page(
    "error.html", "da", "https://x.dk", "", {}, given=given, status=404, why=""
)
assert "<table" in markdown.html("| a |\\n|---|\\n| b |")
assert "/puljer/{call}" in openapi.description(app.app, "https://x.dk")
assert receipts.filled(dict.fromkeys(receipts.known()["da"]["fields"], "Ærø"), "da").startswith(b"%PDF-1.7")
for name, module in sys.modules.items():
    if name.partition(".")[0] in {"puljeport", "pydantic", "phonenumbers", "pypdfium2_raw"}:
        assert module.__file__ is None or module.__file__.startswith(sys.path[0]), name
"""
ANSWERS: Answers = {
    "municipality": "Aarhus", "cvr": "55133018", "contact_name": "A", "contact_email": "a@example.dk",
    "contact_phone": "+46 8 123 456 78", "website": "example.dk", "model": "model-1", "background": "b",
    "partners": [{"name": "A", "email": "b@example.dk"}], "no_money": "ja", "signed_by": "A", "signed_on": "9/4-2018",
}  # fmt: skip


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer, built as for AWS, for this machine's architecture."""
    folder = tmp_path_factory.mktemp("layer")
    shutil.copytree(ROOT / "layers" / "shared", folder / "source")
    machine = "arm64" if os.uname().machine in ("arm64", "aarch64") else "x86_64"
    uv = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
    # The python that compiles must be a 3.13, and there is one where this runs.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    own = {"PULJEPORT_ARCHITECTURE": machine, "UV": uv, "ARTIFACTS_DIR": str(folder / "built"), "PATH": path}
    settings = os.environ | own
    command = ["make", "--silent", "build-SharedLayer"]
    subprocess.run(command, cwd=folder / "source", env=settings, check=True)
    return folder / "built" / "python"


@pytest.mark.slow
def test_the_layer_is_at_most_25_megabytes(layer: Path) -> None:
    """Libraries, our package and compiled files together stay within what was decided."""
    size = sum(file.stat().st_size for file in layer.rglob("*") if file.is_file())
    assert size <= LIMIT, f"{size / 1e6:.1f} MB"
    assert list(layer.glob("puljeport/__pycache__/*.pyc"))


@pytest.mark.slow
def test_functions_work_with_what_the_layer_holds(layer: Path, tmp_path: Path) -> None:
    """With the layer, and boto3 as Lambda brings it, every function works: forms and a print are read, pages made."""
    call = sample_call()
    (tmp_path / "call.json").write_text(json.dumps(to_json(call)))
    (tmp_path / "skema.docx").write_bytes(fill_docx(docx.make(call, 1, "da"), ANSWERS))
    blank = pdf.make(call, 1, "da")
    filled = fill_pdf(blank, ANSWERS)
    for name, data in (("skema", filled), ("blank", blank), ("print", flattened(filled))):
        (tmp_path / f"{name}.pdf").write_bytes(data)
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    installed = next(Path(entry) for entry in sys.path if (Path(entry) / "boto3").is_dir())
    for name in RUNTIME:
        (runtime / name).symlink_to(installed / name)
    functions = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    start = f"import sys; sys.path[:0] = {[str(layer), str(ROOT / 'functions'), str(runtime)]!r}\n{USE}"
    settings = {
        "POWERTOOLS_TRACE_DISABLED": "1", "AWS_DEFAULT_REGION": "eu-north-1", "PATH": os.environ["PATH"],
        "POWERTOOLS_METRICS_NAMESPACE": "puljeport",
    }  # fmt: skip
    said = list[str]()
    for function in functions:  # each in a process of its own, as Lambda has them
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", start, tmp_path, function],
            env=settings, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{function}: {done.stderr}"
        said += done.stdout.splitlines()
    assert "portal" in functions
    assert said == ["[]", "[]", "['pdf_printed']"]
