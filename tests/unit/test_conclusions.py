"""What is decided of a file, apart from the reading before it and the writing after it."""

from __future__ import annotations

import json

from pydantic import JsonValue

from builders import MIDWAY, a_call, a_submission
from puljeport import items
from puljeport.applications import MAX_VALUES_KB, Reading
from puljeport.conclusions import STORED_PROBLEMS, Standing, conclude
from puljeport.problems import problem
from puljeport.texts import Text

MOST = 400 * 1024
"""Bytes of an item in DynamoDB."""


def test_a_record_with_all_that_may_be_in_it_fits_in_the_table() -> None:
    """The most values beside a hundred long problems are a record that DynamoDB takes, and the count is told."""
    values: dict[str, JsonValue] = {"background": "æ" * (MAX_VALUES_KB * 500 - 20)}
    choices = Text(da="; ".join(["Et langt svar med mange ord " * 5] * 12), en="; ".join(["A long answer " * 10] * 12))
    wrong = tuple(
        problem("choice_unknown", field=f"partners[{row}].kind", label=Text(da="Slags"), choices=choices)
        for row in range(1, 151)
    )
    settled = conclude(a_submission(), a_call(), Reading(values, wrong), Standing(), MIDWAY).submission
    assert settled.problem_count == 150
    assert 10 < len(settled.problems) < STORED_PROBLEMS
    assert settled.problems == wrong[: len(settled.problems)]
    assert len(json.dumps(items.record(settled), ensure_ascii=False).encode()) < MOST


def test_a_hundred_short_problems_are_kept() -> None:
    """The bound on bytes takes nothing from an ordinary list of mistakes."""
    wrong = tuple(problem("missing", field=f"field_{number}", label=Text(da="Navn")) for number in range(150))
    settled = conclude(a_submission(), a_call(), Reading({}, wrong), Standing(), MIDWAY).submission
    assert settled.problems == wrong[:STORED_PROBLEMS]


def test_errors_are_kept_before_warnings_and_all_are_counted() -> None:
    """After a hundred warnings, what must be corrected is still said, and contacts hear how much that is."""
    doubts = tuple(problem("hidden_characters", field=f"field_{number}", count=1) for number in range(120))
    wrong = tuple(problem("missing", field=f"field_{number}") for number in range(120, 123))
    concluded = conclude(a_submission(), a_call(), Reading({}, (*doubts, *wrong)), Standing(), MIDWAY)
    assert concluded.submission.problems == (*doubts[: STORED_PROBLEMS - 3], *wrong)
    assert [(notice.errors, notice.warnings) for notice in concluded.notices] == [(3, 120)]
