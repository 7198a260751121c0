"""S4 to S6: whatever is done to a form, reading and marking it ends well, within bounds, touching nothing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import fuzz

FUZZ = str(Path(fuzz.__file__))


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(fuzz.corpus()))
def test_s06_damaged_files_end_as_a_form_or_as_unreadable(kind: str) -> None:
    """Some hundred damaged files kill nothing, raise nothing but Unreadable, and stay within 512 MB. By process."""
    seed = str(int.from_bytes(os.urandom(4)))
    command = [sys.executable, FUZZ, kind, seed, "1000" if kind == "pdf" else "300"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, f"seed {seed}: {done.stdout} {done.stderr}"
    assert "files," in done.stdout


def test_the_same_seed_damages_the_same_way() -> None:
    """What was found once is found again."""
    (good,) = fuzz.corpus()["docx"]
    assert fuzz.damaged(good, "docx", random.Random(7)) == fuzz.damaged(good, "docx", random.Random(7))


def test_what_opens_something_is_seen() -> None:
    """The watch would not let a reader open a file unseen."""
    with pytest.raises(fuzz.Touched):
        fuzz._watch("open", ("a",))
