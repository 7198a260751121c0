"""`puljeport notice preview`: what it shows, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from puljeport.calls import Event
from puljeport.notices import FOR_APPLICANTS
from puljeport_cli.main import app

CALL = str(Path(__file__).parents[2] / "calls" / "medborgerskab-2018")


def preview(*words: str, code: int = 0) -> str:
    """What the command prints."""
    answer = CliRunner().invoke(app, ["notice", "preview", *words, "--call", CALL])
    assert answer.exit_code == code, answer.output
    return answer.output


@pytest.mark.parametrize("event", Event)
def test_every_event_has_a_preview(event: Event) -> None:
    """Each shows a subject; where applicants hear of it, their letter with its sender, else a contact's message."""
    shown = preview(event)
    assert "Subject: " in shown
    assert shown.startswith("From: Styrelsen for") is (event in FOR_APPLICANTS)


def test_a_letter_is_written_as_html(tmp_path: Path) -> None:
    """`--html` writes the page that a mail program gets, in the language that was asked for."""
    file = tmp_path / "brev.html"
    preview("accepted", "--html", str(file), "--lang", "en")
    assert '<html lang="en">' in file.read_text(encoding="utf-8")


def test_what_nobody_hears_is_refused_with_what_they_do_hear() -> None:
    """An audience that does not hear of an event, and HTML for a contact, end with code 2 and say why."""
    assert "No applicant hears of `opened`" in preview("opened", "--audience", "applicant", code=2)
    assert "bounced, unconsidered, unreadable" in preview("opened", "--audience", "operations", code=2)
    assert "SNS, which sends text" in preview("opened", "--html", "x.html", code=2)
