"""Dates as an operator gives them: `now`, `+30d`, or ISO; and moving a call's dates by them."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from puljeport.calls import Call
from puljeport_cli.failures import Code, Failure

DAY_ENDS = time(23, 59, 59)
AHEAD = re.compile(r"\+(\d{1,4})d")


def local_time(text: str, now: datetime, whole_day: time) -> datetime:
    """The local time that `text` names, without time zone, as call definitions have it.

    `now` is the local time of this moment. A day without a time (`+30d`, `2027-02-01`) takes its time from `whole_day`.
    Raises Failure with what may be written instead.
    """
    if text == "now":
        return now
    if ahead := AHEAD.fullmatch(text):
        return datetime.combine(now.date() + timedelta(days=int(ahead[1])), whole_day)
    try:
        named = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(
            f"'{text}' is no date: write `now`, a number of days ahead such as `+30d`, "
            "or a date such as 2027-02-01 or 2027-02-01T12:00 (the call's local time).",
            Code.UNREADABLE,
        ) from None
    if named.tzinfo is not None:
        raise Failure(f"'{text}' names a time zone; write the call's local time without one.", Code.UNREADABLE)
    return datetime.combine(named.date(), whole_day) if len(text) == len("2027-02-01") else named


def rescheduled(call: Call, opens: str | None, deadline: str | None, now: datetime, current: Call | None) -> Call:
    """The call with other dates; a call that is open for applications again is no longer distributed.

    `now` is aware. `current` is the call as published: `opens="now"` leaves it alone where it is open already, so that
    publishing twice is publishing once. Raises Failure when it would close before it opens.
    """
    if opens is None and deadline is None:
        return call
    here = now.astimezone(call.zone).replace(tzinfo=None, microsecond=0)
    opening, closing = call.opens, call.deadline
    if opens is not None:
        already = current is not None and current.opens_at <= now and not current.is_late(now)
        opening = current.opens if opens == "now" and already and current else local_time(opens, here, time.min)
    if deadline is not None:
        closing = local_time(deadline, here, DAY_ENDS)
    if closing is None:
        return call.model_copy(update={"opens": opening})
    if closing <= opening:
        raise Failure(f"The deadline ({closing}) is not after the opening ({opening}).", Code.UNREADABLE)
    reopened = {"distributed": None} if closing > here else {}
    return call.model_copy(update={"opens": opening, "deadline": closing} | reopened)
