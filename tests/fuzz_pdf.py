"""Damages a PDF form in many ways and reads each: `fuzz_pdf.py SEED COUNT`. Exit 1 for anything unexpected.

A process of its own, since a fault in the engine kills it; the seed brings the same files again.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from io import BytesIO

from pikepdf import ObjectStreamMode, Pdf, StreamDecodeLevel

from formfiles import sample_call
from puljeport.blanks import pdf
from puljeport.errors import Unreadable
from puljeport.readers import read

TOKENS = (
    b"<<", b">>", b"[", b"]", b"(", b")", b"/Kids", b"/Parent", b"/V", b"/FT", b"endobj", b"stream\n", b" 0 R", b"-1",
    b"99999999999", b"/Type/ObjStm", b"/Prev 0", b"\0",
)  # fmt: skip
SLOWEST = 15


def plain(data: bytes) -> bytes:
    """The file with nothing packed, so that damage hits what it is made of."""
    with Pdf.open(BytesIO(data)) as document:
        buffer = BytesIO()
        document.save(
            buffer, object_stream_mode=ObjectStreamMode.disable, stream_decode_level=StreamDecodeLevel.generalized
        )
        return buffer.getvalue()


def damaged(data: bytes, dice: random.Random) -> bytes:
    """The file with a few pieces changed, dropped, doubled or put in."""
    result = bytearray(data)
    for _ in range(dice.randint(1, 12)):
        at = dice.randrange(len(result))
        match dice.randrange(5):
            case 0:
                result[at] = dice.randrange(256)
            case 1:
                del result[at : at + dice.randint(1, 200)]
            case 2:
                result[at:at] = result[at : at + dice.randint(1, 400)]
            case 3:
                result[at:at] = dice.choice(TOKENS)
            case _:
                other = dice.randrange(len(result))
                result[at : at + 40] = result[other : other + 40]
    return bytes(result)


def main(seed: int, count: int) -> None:
    """Read `count` damaged files and say how many were forms."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    dice = random.Random(seed)
    blank = pdf.make(sample_call(), 3, "da")
    good = [blank, plain(blank)]
    forms = 0
    for _ in range(count):
        data = damaged(dice.choice(good), dice)
        began = time.process_time()
        try:
            read(data, "skema.pdf")
            forms += 1
        except Unreadable:
            pass
        if time.process_time() - began > SLOWEST:
            sys.exit(f"one file took {time.process_time() - began:.1f} s")
    print(count, "files,", forms, "forms")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
