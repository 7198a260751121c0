"""Damages good forms in many ways, then reads and marks each: `fuzz.py KIND SEED COUNT`, or `make fuzz` for all kinds.

Exit 1, with the seed, for anything unexpected: an error that is not Unreadable, a file or a socket opened, more than
512 MB, or a file that takes too long. Each kind runs in a process of its own, since a fault in an engine kills it.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import random
import resource
import subprocess
import sys
import time
import zipfile
from io import BytesIO
from typing import Any

from pikepdf import ObjectStreamMode, Pdf, StreamDecodeLevel

from formfiles import sample_call
from puljeport import marking
from puljeport.blanks import csvform, docx, pdf, xlsx
from puljeport.errors import Unreadable
from puljeport.problems import problem
from puljeport.readers import read
from puljeport_cli.demo import SAMPLES

PDF_TOKENS = (
    b"<<", b">>", b"[", b"]", b"(", b")", b"/Kids", b"/Parent", b"/V", b"/FT", b"endobj", b"stream\n", b" 0 R", b"-1",
    b"99999999999", b"/Type/ObjStm", b"/Prev 0", b"\0",
)  # fmt: skip
XML_TOKENS = (
    b"<", b">", b"</", b"/>", b"]]>", b"<!DOCTYPE a>", b"<![CDATA[", b"&lt;", b"&#0;", b"&x;", b'="', b"xmlns=",
    b"\xff\xfe", b"999999999", b"-1", b"1e999",
)  # fmt: skip
JSON_TOKENS = (b"{", b"}", b"[", b"]", b'"', b"\\u0000", b"1e400", b"NaN", b",", b":", b"-", b"\xff")
MEMORY = 512 << 20
SLOWEST = 15
"""Seconds of processor time for one file."""
JSON = b'{"call": "samvaer-2018", "version": 3, "values": {"cvr": "12345678", "hours": 3, "partners": [{"name": "A"}]}}'


def corpus() -> dict[str, list[bytes]]:
    """Good files of every kind to damage."""
    call = sample_call()
    blank = pdf.make(call, 3, "da")
    return {
        "docx": [docx.make(call, 3, "da")],
        "xlsx": [xlsx.make(call, 3, "da")],
        "odt": [(SAMPLES / "Randers.odt").read_bytes()],
        "ods": [(SAMPLES / "Kolding.ods").read_bytes()],
        "csv": [csvform.make(call, 3, "da")],
        "json": [JSON],
        "pdf": [blank, _plain(blank)],
    }


def _plain(data: bytes) -> bytes:
    """The file with nothing packed, so that damage hits what it is made of."""
    with Pdf.open(BytesIO(data)) as document:
        buffer = BytesIO()
        document.save(
            buffer, object_stream_mode=ObjectStreamMode.disable, stream_decode_level=StreamDecodeLevel.generalized
        )
        return buffer.getvalue()


def damaged(data: bytes, kind: str, dice: random.Random) -> bytes:
    """The file with a few pieces changed, dropped, doubled or put in; of a package mostly inside one of its parts."""
    if kind in ("docx", "xlsx", "odt", "ods") and dice.random() < 0.8:
        return _inside(data, dice)
    return _mangled(data, PDF_TOKENS if kind == "pdf" else JSON_TOKENS, dice)


def _inside(data: bytes, dice: random.Random) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        parts = [entry for entry in old.infolist() if entry.filename.endswith((".xml", ".rels"))]
        # The larger a part, the more there is in it to go wrong.
        chosen = dice.choices(parts, weights=[entry.file_size + 1 for entry in parts])[0]
        for entry in old.infolist():
            content = old.read(entry)
            changed = _mangled(content, XML_TOKENS, dice) if entry is chosen else content
            # An OpenDocument file is known by its first part, which is not packed.
            new.writestr(entry.filename, changed, entry.compress_type)
    return buffer.getvalue()


def _mangled(data: bytes, tokens: tuple[bytes, ...], dice: random.Random) -> bytes:
    result = bytearray(data)
    for _ in range(dice.randint(1, 12)):
        at = dice.randrange(len(result) or 1)
        match dice.randrange(6):
            case 0:
                result[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del result[at : at + dice.randint(1, 200)]
            case 2:
                result[at:at] = result[at : at + dice.randint(1, 400)]
            case 3:
                result[at:at] = dice.choice(tokens)
            case 4:
                _swap_elements(result, dice)
            case _:
                other = dice.randrange(len(result) or 1)
                result[at : at + 40] = result[other : other + 40]
    return bytes(result)


def _swap_elements(data: bytearray, dice: random.Random) -> None:
    """Exchange two tags: mostly still XML, and no longer what it says it is."""
    pieces = bytes(data).split(b"<")
    if len(pieces) > 2:
        one, other = dice.randrange(1, len(pieces)), dice.randrange(1, len(pieces))
        pieces[one], pieces[other] = pieces[other], pieces[one]
        data[:] = b"<".join(pieces)


class Touched(BaseException):
    """Something outside the file was opened."""


def _watch(event: str, _arguments: Any) -> None:
    if event in {"open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "ctypes.dlopen"}:
        raise Touched(event)


def use(data: bytes) -> bool:
    """Read a file and mark it: whether it was a form."""
    try:
        form = read(data, "skema")
        place = next((field.cell.place for field in form.fields), None)
        marking.mark(data, [problem("empty_form", place=place), problem("missing")], "da")
    except Unreadable:
        return False
    return True


def run(kind: str, seed: int, count: int) -> None:
    """Read `count` damaged files and say how many were forms."""
    good = corpus()[kind]
    for data in good:
        # What is imported or opened once, when it is first needed.
        use(data)
    codecs.lookup("cp437")  # the names in a ZIP that does not say they are UTF-8
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + _held(), MEMORY + _held()))
    sys.addaudithook(_watch)
    dice = random.Random(seed)
    forms = 0
    for number in range(count):
        data = damaged(dice.choice(good), kind, dice)
        began = time.process_time()
        forms += use(data)
        if time.process_time() - began > SLOWEST:
            sys.exit(f"file {number} took {time.process_time() - began:.1f} s")
    print(count, "files,", forms, "forms")


def _held() -> int:
    """Bytes of address space that the process has already: libraries, and this corpus."""
    with open("/proc/self/statm") as told:  # noqa: PTH123 - not one more library in what is measured
        return int(told.read().split()[0]) * resource.getpagesize()


def every_kind(seconds: float) -> int:
    """Fuzz all kinds for a time each, with new seeds: 0, or 1 where something unexpected was found."""
    found = 0
    for kind in corpus():
        until, files, forms = time.monotonic() + seconds, 0, 0
        while time.monotonic() < until:
            seed = int.from_bytes(os.urandom(4))
            command = [sys.executable, __file__, kind, str(seed), "200"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                found = 1
                print(f"{kind}: seed {seed}: {done.stdout} {done.stderr[-2000:]}")
                break
            with contextlib.suppress(ValueError):
                words = done.stdout.split()
                files, forms = files + int(words[0]), forms + int(words[2])
        print(f"{kind}: {files} files, {forms} of them forms")
    return found


if __name__ == "__main__":
    if len(sys.argv) == 2:
        sys.exit(every_kind(float(sys.argv[1])))
    run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
