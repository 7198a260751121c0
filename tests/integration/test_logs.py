"""S10: what functions say of themselves holds nothing of what applicants wrote, and one JSON object a line."""

from __future__ import annotations

import json
import sys

import pytest

import intake.app
import notify.app
import tick.app
from builders import a_form, s3_event
from worlds import World

CANARIES = {
    "contact_name": "Kanarie Fuglesang",
    "contact_email": "kanarie@example.dk",
    "background": 'CPR 010190-1234\n{"level": "ERROR"}\x1b[31m',
}


@pytest.mark.parametrize("fault", ["none", "reader", "aws"])
def test_s10_no_canary_reaches_the_logs_or_metrics(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """S10: names, addresses, numbers, file names and error texts stay out, when all is well and when it is not."""
    for function in (intake.app, notify.app, tick.app):
        # Loggers were made when the functions were imported, and would write to what was the output then.
        monkeypatch.setattr(function.logger.registered_handler, "stream", sys.stdout)
    key = "incoming/samvaer-2018/Kanarie Fuglesang.json"
    record = world.put(key, a_form(**CANARIES))
    if fault == "reader":
        world.read = lambda data, name: (_ for _ in ()).throw(ValueError(f"{name}: {data!r}"))
    if fault == "aws":
        world.faults.fail("TransactWriteItems", RuntimeError(f"refused {key} {CANARIES}"), nth=2)
    world.run_intake(s3_event(record), s3_event(world.put("incoming/samvaer-2018/kanarie@example.dk", b"{")))
    world.notify_all()
    world.run_tick("2018-04-06T06:00")
    said = capsys.readouterr()
    lines = [line for line in (said.out + said.err).splitlines() if line.strip()]
    assert {"submission", "notice", "tick"} <= {json.loads(line).get("message") for line in lines}
    for line in lines:
        json.loads(line)
        for canary in ("Kanarie", "kanarie", "010190", "\\u001b"):
            assert canary not in line
