"""What the list of calls shows: every published call at its stage, found by words and by who may apply."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from puljeport import timewords
from puljeport.calls import Call, Stage, WhoCanApply
from puljeport.items import PublishedCall
from puljeport.texts import Language, Text

KINDS: tuple[str, ...] = get_args(get_args(WhoCanApply.model_fields["kinds"].annotation)[0])
"""The kinds of applicants that calls know."""

ORDER = (Stage.OPEN, Stage.ANNOUNCED, Stage.CLOSED, Stage.DISTRIBUTED)
"""The stages in the order of what can be done about them."""

LONGEST_SEARCH = 200
"""Letters of a search; nobody writes more, and what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Times:
    """When a call opens and closes, in words. `left`: how long until what comes next, None when nothing does."""

    opens: str
    opens_iso: str
    deadline: str
    deadline_iso: str
    left: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """One call in the list."""

    call: Call
    stage: Stage
    times: Times

    @property
    def ends_at(self) -> datetime:
        """When it closes (aware), for sorting; a call without a deadline comes last."""
        return self.call.deadline_at or datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: all of these words, and calls that this kind of applicant may apply to. Empty finds all."""

    words: str = ""
    kind: str = ""

    @property
    def given(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.words or self.kind)

    def finds(self, call: Call) -> bool:
        """Whether a call is what is looked for, in either language and whatever the case of its letters."""
        if self.kind and self.kind not in call.who_can_apply.kinds:
            return False
        texts = (call.title, call.summary, call.description, call.administered_by, call.who_can_apply.text)
        said = " ".join(f"{text.da} {text.en or ''}" for text in texts).casefold()
        return all(word in f"{said} {call.id}" for word in self.words.casefold().split())


@dataclass(frozen=True, slots=True)
class Listing:
    """The calls that were found, by stage. `all` counts those that there are."""

    search: Search
    groups: dict[Stage, tuple[Card, ...]]
    all: int

    @property
    def found(self) -> int:
        """How many calls were found."""
        return sum(len(cards) for cards in self.groups.values())


def search(words: str, kind: str) -> Search:
    """A search from what somebody wrote. A kind that there is none of is no restriction."""
    return Search(" ".join(words[:LONGEST_SEARCH].split()), kind if kind in KINDS else "")


def listing(calls: Iterable[PublishedCall], wanted: Search, now: datetime, language: Language) -> Listing:
    """The list at `now` (aware). Next deadline or opening first; of what is over, the latest first."""
    every = [published.call for published in calls]
    cards = [card(call, now, language) for call in every if wanted.finds(call)]
    groups = {stage: _ordered(stage, [one for one in cards if one.stage is stage]) for stage in ORDER}
    return Listing(wanted, groups, len(every))


def _ordered(stage: Stage, cards: list[Card]) -> tuple[Card, ...]:
    if stage is Stage.ANNOUNCED:
        return tuple(sorted(cards, key=lambda one: (one.call.opens_at, one.call.id)))
    over = stage is not Stage.OPEN
    return tuple(sorted(cards, key=lambda one: (one.ends_at, one.call.id), reverse=over))


def card(call: Call, now: datetime, language: Language) -> Card:
    """One call as it stands at `now`."""
    return Card(call, call.stage(now), times(call, now, language))


def _closing(call: Call, ends: datetime | None, language: Language) -> str:
    if ends is None:
        return Text(da="løbende", en="open all the time").get(language)
    said = timewords.moment(ends, call.time_zone, language)
    if call.deadline is not None:
        return said
    return Text(da=f"løbende; denne runde slutter {said}", en=f"open all the time; this round ends {said}").get(
        language
    )


def times(call: Call, now: datetime, language: Language) -> Times:
    """When a call opens and closes. The only place that says so in words."""
    stage = call.stage(now)
    ends = call.ends(now)
    ends_at = ends.replace(tzinfo=call.zone) if ends else None
    following = {Stage.ANNOUNCED: call.opens_at, Stage.OPEN: ends_at}.get(stage)
    left: Text | None = timewords.until(following, now, call.zone) if following else None
    return Times(
        opens=timewords.beginning(call.opens, call.time_zone, language),
        opens_iso=call.opens.replace(tzinfo=call.zone).isoformat(),
        deadline=_closing(call, ends, language),
        deadline_iso=ends_at.isoformat() if ends_at else "",
        left=left.get(language) if left else None,
    )
