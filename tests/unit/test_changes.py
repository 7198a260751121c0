"""What is told of the difference between two versions of a call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import DEFINITION, MIDWAY, a_call
from portals import again
from puljeport import changes
from puljeport.calls import Call
from puljeport.extensions import Extension
from puljeport.items import PublishedCall
from puljeport.texts import Text


def told(**changed: Any) -> tuple[str, ...]:
    """What the second version of the small call brought."""
    first, second = a_call(), again(a_call(), **changed)
    versions = [PublishedCall(first, 1, MIDWAY), PublishedCall(second, 2, MIDWAY + timedelta(days=1))]
    newest, oldest = changes.history(versions, (), "da")
    assert (newest.version, newest.day, oldest.version) == (2, "21. marts 2018", 1)
    assert oldest.what == ("Puljen blev offentliggjort",)
    return newest.what


def test_a_moved_deadline_is_told_with_both_times() -> None:
    """Whoever planned by the old deadline sees what became of it."""
    (only,) = told(deadline="2018-04-16T23:59:59")
    assert only.replace("\N{NO-BREAK SPACE}", " ") == (
        "Fristen er flyttet fra mandag den 9. april 2018 kl. 23.59 (dansk tid) "
        "til mandag den 16. april 2018 kl. 23.59 (dansk tid)"
    )


def test_an_extension_stands_among_the_changes_on_its_own_day() -> None:
    """Applicants see until when the deadline was put off, why, and on which day that was decided."""
    versions = [PublishedCall(a_call(), 1, datetime(2018, 2, 27, tzinfo=UTC))]
    given = Extension(
        until=datetime.fromisoformat("2018-04-12T12:00"), reason=Text(da="Portalen var nede"), approved_by="chefen",
        at=datetime(2018, 4, 9, 20, tzinfo=UTC),
    )  # fmt: skip
    newest = changes.history(versions, (given,), "da")[0]
    assert (newest.day, newest.version) == ("9. april 2018", 1)
    assert newest.what[0].replace("\N{NO-BREAK SPACE}", " ") == (
        "Fristen er forlænget til torsdag den 12. april 2018 kl. 12.00 (dansk tid): Portalen var nede"
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"deadline": None, "periods": ({"id": "round-1", "until": "2018-06-30T12:00:00"},)},
            "Rundernes frister er ændret",
        ),
        ({"places": 4}, "Antallet af pladser er ændret"),
        ({"opens": "2018-03-01T00:00:00"}, "Puljen åbner nu torsdag den 1. marts 2018"),
        ({"title": {"da": "Andet"}}, "Puljens navn er ændret"),
        ({"summary": {"da": "Andet"}, "description": {"da": "Andet"}}, "Beskrivelsen er ændret"),
        ({"distributed": {"date": "2018-05-14"}}, "Det blev offentliggjort, hvem der fik plads"),
        ({"contacts": [DEFINITION["contacts"][0]]}, "Kontaktoplysningerne er ændret"),
        ({"contacts": [each | {"notify": ["closed"]} for each in DEFINITION["contacts"]]}, "Mindre rettelser"),
        ({"reference_prefix": "ABC"}, "Mindre rettelser"),
    ],
)
def test_other_changes_are_told_once_each(changed: dict[str, Any], words: str) -> None:
    """Each kind of change has a sentence; what concerns no applicant is a minor correction."""
    assert told(**changed) == (words,)


def test_every_part_of_a_call_is_told_or_known_to_be_minor() -> None:
    """A part that a definition gets later must be given a sentence, or be named here as of no concern."""
    minor = {"id", "reference_prefix", "administered_by", "last_updated", "time_zone", "one_per", "applicant_name"}
    minor |= {"receipt_to", "reminders"}
    assert set(Call.model_fields) == set(changes.TOLD) | minor | {"opens", "deadline", "distributed"}
