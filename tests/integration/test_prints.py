"""A form that was printed to a new PDF is taken in by the blank that lies in the documents bucket."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError

from builders import DEFINITION, a_call, s3_event
from printing import flattened
from puljeport.blanks import pdf
from puljeport.calls import Call
from puljeport.documents import FORM_NAMES, folder
from puljeport.submissions import State
from puljeport.texts import LANGUAGES, Language
from puljeport_cli.fill import Answers
from puljeport_cli.fillpdf import fill_pdf
from worlds import DOCUMENTS, World

KEY = "incoming/samvaer-2018/skema.pdf"
ANSWERS: Answers = {"municipality": "Aarhus", "contact_name": "Åse Øst", "background": "Vi mødes.\nTit."}


def later_call() -> Call:
    """The call with a question more before the others, so that each field of it stands elsewhere."""
    form: dict[str, Any] = DEFINITION["form"]
    (section,) = form["sections"]
    question = {"id": "motto", "type": "text", "label": {"da": "Motto", "en": "Motto"}}
    return a_call(form={"sections": [section | {"fields": [question, *section["fields"]]}]})


@cache
def blank(version: int, language: Language) -> bytes:
    """The PDF blank of a version: of the call, or of what became of it."""
    return pdf.make(a_call() if version == 1 else later_call(), version, language)


@cache
def print_of(version: int = 1, language: Language = "da", **answers: str) -> bytes:
    """A form of a version, filled in and printed."""
    return flattened(fill_pdf(blank(version, language), ANSWERS | answers))


def publish(world: World, *versions: int) -> None:
    """Publish versions of the call with their blanks."""
    for version in versions:
        world.publish(a_call() if version == 1 else later_call())
        for language in LANGUAGES:
            key = f"{folder('samvaer-2018', version)}{FORM_NAMES[language]}.pdf"
            world.s3.put_object(Bucket=DOCUMENTS, Key=key, Body=blank(version, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_print_is_accepted_with_a_warning(world: World, language: Language) -> None:
    """Its answers are those that were written, in the form's own language, and one warning says how they were read."""
    publish(world, 1)
    taken = world.take(KEY, print_of(language=language))
    assert (taken.state, taken.format, taken.form_version, taken.language) == (State.ACCEPTED, "pdf", 1, language)
    assert taken.values == {"municipality": "751", "contact_name": "Åse Øst", "background": "Vi mødes.\nTit."}
    assert [found.code for found in taken.problems] == ["pdf_printed"]


def test_a_print_of_an_earlier_version_is_read_by_that_versions_blank(world: World) -> None:
    """The foot of the pages names the version; its fields stand elsewhere, and its answers are carried over."""
    publish(world, 1, 2)
    taken = world.take(KEY, print_of())
    assert (taken.state, taken.call_version, taken.form_version) == (State.ACCEPTED, 2, 1)
    assert taken.values["contact_name"] == "Åse Øst"
    assert {found.code for found in taken.problems} == {"pdf_printed", "older_version"}


def test_a_print_with_a_mistake_is_not_returned(world: World) -> None:
    """What must be corrected is told; there is no copy, since nothing can be corrected in a print."""
    publish(world, 1)
    taken = world.take(KEY, print_of(municipality="Atlantis"))
    assert (taken.state, taken.returned) == (State.NEEDS_CORRECTION, None)
    assert "municipality_unknown" in {found.code for found in taken.problems}


def test_a_print_of_something_else_needs_correction(world: World) -> None:
    """A print that is not of the form is understood well enough to say so, and alarms nobody."""
    publish(world, 1)
    other = Call.model_validate(DEFINITION | {"id": "andet-2018"})
    taken = world.take(KEY, flattened(pdf.make(other, 1, "da")))
    assert (taken.state, [found.code for found in taken.problems]) == (State.NEEDS_CORRECTION, ["other_call"])


def test_without_the_blank_nothing_is_read(world: World) -> None:
    """Where somebody deleted the blank, the applicant is asked for the form itself, and no worker fails."""
    world.publish()
    taken = world.take(KEY, print_of())
    assert (taken.state, [found.code for found in taken.problems]) == (State.NEEDS_CORRECTION, ["printed_not_our_form"])


def test_an_outage_while_the_blank_is_fetched_brings_the_message_back(world: World) -> None:
    """It stays received, its attempt is not held against it, and next time it is read."""
    publish(world, 1)
    record = world.put(KEY, print_of())
    # The first is the form itself.
    world.faults.fail("GetObject", ClientError({"Error": {"Code": "SlowDown"}}, "GetObject"), nth=2)
    assert world.run_intake(s3_event(record)) == ["m1"]
    assert (world.only().state, world.only().attempts) == (State.RECEIVED, 0)
    world.faults.heal()
    assert world.run_intake(s3_event(record)) == []
    assert world.only().state is State.ACCEPTED
