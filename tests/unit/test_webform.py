"""The web form: what is written on its pages is the application that a file would have been."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings

import anyapplication
from anyapplication import APPLICATIONS, CALL
from fillings import Applicant
from portals import Remembered, answer
from puljeport import webform
from puljeport.applications import read_application
from puljeport.calls import Call
from puljeport.readers import jsonform


def as_json(call: Call, answers: dict[str, Any]) -> bytes:
    """Answers as a system sends them: JSON with the words that a person would write."""
    values = {name: value for name, value in answers.items() if value not in (None, [], "")}
    return json.dumps({"call": call.id, "version": 1, "values": values}, ensure_ascii=False).encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(APPLICATIONS)
@example(dict.fromkeys(CALL.form.fields) | {"topics": [], "partners": []})
def test_any_application_written_on_the_pages_is_the_one_in_json(
    shown: Remembered, application: dict[str, Any]
) -> None:
    """Typed section by section, with rows added by their button, it is read just as the same answers sent as JSON."""
    shown.web.kept.clear()
    shown.web.counted.clear()
    shown.versions.clear()
    shown.publish(CALL)
    answers = anyapplication.answers_of(application)
    someone = Applicant(answer).begin(CALL.id)
    someone.fill(CALL, answers)
    draft = shown.web.only()
    sent = jsonform.read(webform.document(CALL, 1, draft.answers))
    same = read_application(CALL, jsonform.read(as_json(CALL, answers)))
    read = read_application(CALL, sent)
    assert read.values == same.values
    assert [(found.code, found.field) for found in read.problems] == [
        (found.code, found.field) for found in same.problems
    ]
