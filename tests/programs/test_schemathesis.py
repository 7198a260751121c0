"""The portal held to its own description by schemathesis: every address, with requests that nobody would think of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

import applicants
import fillings
import portals
from applicants import SECRET
from portal import openapi, web

pytestmark = pytest.mark.slow

EXAMPLES = 8
"""For each operation: bounded, so that it fits into CI."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
WORLD, PAGES = applicants.applying()
SECTIONS = WORLD.versions[portals.EXTENDED][-1].call.form.sections
DRAFT = {"draft": fillings.draft_id("begun"), "secret": fillings.SECRET, "section": SECTIONS[0].id}
DESCRIPTION = json.loads(openapi.description(web.app, "http://127.0.0.1"))
OPERATIONS = {
    found.ok().label: found.ok()  # type: ignore[union-attr]
    for found in schemathesis.openapi.from_dict(DESCRIPTION).get_all_operations()
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The portal's address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_TRACE_DISABLED", "1")
        with portals.serving(patch, WORLD) as address:
            yield address


def run(site: str, label: str, known: dict[str, str]) -> None:
    """Make requests of one operation, with these parts of the path where it has them, and check each answer."""

    @given(case=OPERATIONS[label].as_strategy())
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def requests(case: Any) -> None:
        case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        case.call_and_validate(base_url=site, checks=CHECKS, timeout=30)

    requests()


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_that_is_described(site: str, label: str) -> None:
    """Whatever is sent wherever: no fault of ours, and just the statuses and types that the description names."""
    run(site, label, {})


@pytest.mark.parametrize("label", [label for label in OPERATIONS if "{call}" in label or "{secret}" in label])
def test_so_are_those_of_what_is_there(site: str, label: str) -> None:
    """The same for a call, a submission and a draft that exist, whose pages do more than say that they do not."""
    known = {"call": applicants.CALL, "secret": SECRET} | PAGES["status accepted"][1]
    run(site, label, known | (DRAFT if "{draft}" in label else {}))
