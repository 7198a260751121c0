"""A call that exists is sound: whatever an officer can get wrong is refused by the models themselves, all at once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from puljeport import definitions, soundness
from puljeport.calls import Call, Stage, to_json
from puljeport.explanations import place

CALLS = Path(__file__).parents[2] / "calls"
PLACES = to_json(definitions.load(CALLS / "medborgerskab-2018").call)
MONEY = to_json(definitions.load(CALLS / "frivillig-faellesskaber-2027").call)
TEXT = {"da": "Tekst", "en": "Text"}

type Change = Callable[[dict[str, Any]], object]


def faults(definition: dict[str, Any], change: Change) -> list[tuple[str, str]]:
    """Where the models find fault with a changed copy of a definition, and what they say."""
    changed = copy.deepcopy(definition)
    change(changed)
    with pytest.raises(ValidationError) as caught:
        Call.model_validate(changed)
    return [(definitions.spelled(place(error["loc"], changed)), error["msg"]) for error in caught.value.errors()]


def field(definition: dict[str, Any], name: str) -> dict[str, Any]:
    """The definition of one field of a form."""
    return next(f for section in definition["form"]["sections"] for f in section["fields"] if f["id"] == name)


def put(*path: str | int, value: object) -> Change:
    """Write `value` at a path of the definition."""

    def change(definition: Any) -> None:
        for part in path[:-1]:
            definition = definition[part]
        definition[path[-1]] = value

    return change


def ask(name: str, **keys: object) -> Change:
    """Change the definition of one field."""
    return lambda definition: field(definition, name).update(keys)


def rule(**keys: object) -> Change:
    """Have this rule alone."""
    return put("rules", value=[{"message": TEXT, **keys}])


def asked_when(**condition: object) -> Change:
    """Have one rule: an optional field must be answered under this condition."""
    return rule(kind="required_if", field="continuation", when=condition)


def choice(name: str) -> dict[str, Any]:
    """One choice of a field."""
    return {"id": name, "label": TEXT}


def digest(**keys: object) -> Change:
    """Have the first contact want a digest."""
    return put("contacts", 0, "digest", value=keys)


def topics(name: str, *answers: str) -> Change:
    """Have the second contact answer for these topics."""
    return put("contacts", 1, "topics", value={"field": name, "answers": list(answers)})


def away(contact: int, first: str, last: str) -> Change:
    """Have a contact be away."""
    return put("contacts", contact, "away", value=[{"first": first, "last": last}])


def rounds(*names: str, month: int = 4, day: int = 1) -> Change:
    """Have rounds of these names in the place of the deadline, `day` days apart."""
    times = [
        {"id": name, "until": f"2018-{month:02}-{1 + number * day:02}T12:00:00"} for number, name in enumerate(names)
    ]

    def change(definition: dict[str, Any]) -> None:
        del definition["deadline"]
        definition["periods"] = times

    return change


WHEN = {"field": "political_decision", "equals": True}

WRONG_PLACES: list[tuple[str, Change, str, str]] = [
    ("opens after deadline", put("opens", value="2018-04-10T00:00:00"), "deadline", "not after `opens`"),
    ("unknown zone", put("time_zone", value="Europe/Kopenhagen"), "time_zone", "did you mean `Europe/Copenhagen`"),
    ("zone that is a folder", put("time_zone", value="Europe"), "time_zone", "no time zone"),
    ("zone outside", put("time_zone", value="../etc/passwd"), "time_zone", "no time zone"),
    ("time that is skipped", put("deadline", value="2018-03-25T02:30:00"), "deadline", "does not exist"),
    ("time that comes twice", put("deadline", value="2018-10-28T02:30:00"), "deadline", "comes twice"),
    ("deadline without time", put("deadline", value="2018-04-09"), "deadline", "the day and the time"),
    ("deadline with zone", put("deadline", value="2018-04-09T23:59:59Z"), "deadline", "without Z"),
    ("deadline as number", put("deadline", value=20180409), "deadline", "the day and the time"),
    ("day as number", put("last_updated", value=20180227), "last_updated", "year-month-day"),
    ("number as text", put("places", value="3"), "places", "integer"),
    ("flag as text", put("late_policy", value={"accept_for_decision": "no"}), "late_policy.accept_for_decision", ""),
    ("empty text", put("title", "en", value="  "), "title.en", "empty"),
    ("control character", put("title", "da", value="a\x07"), "title.da", "control character"),
    ("kind twice", put("who_can_apply", "kinds", value=["company"] * 2), "who_can_apply.kinds[1]", "already"),
    ("no such one_per", put("one_per", value="municipalty"), "one_per", "did you mean `municipality`"),
    ("one_per of wrong type", put("one_per", value="contact_name"), "one_per", "type text"),
    ("one_per not required", ask("municipality", required=False), "one_per", "required: true"),
    ("cvr without name", put("one_per", value="cvr"), "one_per", "applicant_name"),
    ("applicant_name of wrong type", put("applicant_name", value="model"), "applicant_name", "must be text"),
    ("applicant_name not required", put("applicant_name", value="department"), "applicant_name", "required: true"),
    ("contact twice", put("contacts", 1, "id", value="administration"), "contacts[1].id", "already"),
    ("deputy unknown", put("contacts", 1, "deputy", value="professional-3"), "contacts[1].deputy", "did you mean"),
    ("deputy of oneself", put("contacts", 1, "deputy", value="professional-1"), "contacts[1].deputy", "its own"),
    ("no e-mail", put("contacts", 0, "email", value="tilskud(at)example.dk"), "contacts[0].email", "e-mail"),
    (
        "e-mail with a line break",
        put("contacts", 0, "email", value="a@example.dk\r\nBcc: b@example.dk"),
        "contacts[0].email",
        "e-mail",
    ),
    ("no telephone", put("contacts", 0, "phone", value="ring"), "contacts[0].phone", "telephone"),
    ("event twice", put("contacts", 0, "notify", value=["late", "late"]), "contacts[0].notify[1]", "already"),
    ("two guides", lambda d: d["documents"].append(d["documents"][0]), "documents[2]", "guide already"),
    ("section twice", put("form", "sections", 1, "id", value="applicant"), "form.sections[1].id", "already"),
    ("field twice", ask("background", id="cvr"), "form.sections[2].fields[0].id", "section `applicant`"),
    (
        "choice twice",
        ask("second_model", choices=[choice("a"), choice("a")]),
        "form.sections[1].fields[2].choices[1].id",
        "already",
    ),
    (
        "choice twice of many",
        ask("settings", choices=[choice("a"), choice("a")]),
        "form.sections[2].fields[3].choices[1].id",
        "already",
    ),
    (
        "tag too long for Word",
        ask("settings", id="s" * 40, choices=[choice("a"), choice("b" * 24)]),
        "form.sections[2].fields[3].choices[1].id",
        "65 characters",
    ),
    (
        "more choices than there are",
        ask("settings", max_choices=7),
        "form.sections[2].fields[3].max_choices",
        "6 choices",
    ),
    (
        "column twice",
        lambda d: field(d, "partners")["columns"].append(field(d, "partners")["columns"][0]),
        "form.sections[4].fields[0].columns[5].id",
        "already",
    ),
    (
        "more rows asked than allowed",
        ask("partners", min_rows=21),
        "form.sections[4].fields[0].min_rows",
        "`max_rows` (20)",
    ),
    ("minimum over maximum", ask("own_hours", maximum=0), "form.sections[5].fields[0].minimum", "no answer could fit"),
    (
        "earliest after latest",
        ask("start", earliest="2018-06-02", latest="2018-06-01"),
        "form.sections[5].fields[4].earliest",
        "no answer could fit",
    ),
    (
        "award to no code",
        put("distributed", "awards", 0, "applicant", value="Aarhus"),
        "distributed.awards[0].applicant",
        "three digits",
    ),
    (
        "award twice",
        put("distributed", "awards", 1, "applicant", value="751"),
        "distributed.awards[1].applicant",
        "already",
    ),
    (
        "award of no choice",
        put("distributed", "awards", 0, "choice", value="model-4"),
        "distributed.awards[0].choice",
        "did you mean `model-",
    ),
    ("more awards than places", put("places", value=2), "distributed.awards", "`places` is 2"),
    (
        "distributed too early",
        put("distributed", "date", value="2018-04-08"),
        "distributed.date",
        "before the deadline",
    ),
    (
        "rule names no field",
        rule(kind="word_limit", field="backgrund", words=9),
        "rules[0].field",
        "did you mean `background`",
    ),
    (
        "rule names a column",
        rule(kind="required_if", field="email", when=WHEN),
        "rules[0].field",
        "column of the table `partners`",
    ),
    ("word limit of a number", rule(kind="word_limit", field="own_hours", words=9), "rules[0].field", "type integer"),
    ("required twice over", rule(kind="required_if", field="cvr", when=WHEN), "rules[0].field", "already"),
    (
        "depends on itself",
        rule(kind="required_if", field="second_model", when={"field": "second_model", "answered": True}),
        "rules[0].when.field",
        "itself",
    ),
    ("condition on no field", asked_when(field="x", answered=True), "rules[0].when.field", "no field `x`"),
    ("condition of no kind", asked_when(field="cvr"), "rules[0].when", "exactly one"),
    (
        "condition of both kinds",
        asked_when(field="model", equals="model-1", answered=True),
        "rules[0].when",
        "exactly one",
    ),
    (
        "condition on no choice",
        asked_when(field="model", equals="model1"),
        "rules[0].when.equals",
        "did you mean `model-1`",
    ),
    ("condition on ja", asked_when(field="political_decision", equals="ja"), "rules[0].when.equals", "true or false"),
    (
        "condition on a number in quotes",
        asked_when(field="own_hours", equals="9"),
        "rules[0].when.equals",
        "without quotes",
    ),
    (
        "condition on true for a number",
        asked_when(field="own_hours", equals=True),
        "rules[0].when.equals",
        "whole number",
    ),
    ("condition on a name", asked_when(field="municipality", equals="Aarhus"), "rules[0].when.equals", "code"),
    ("condition on free text", asked_when(field="department", equals="x"), "rules[0].when.equals", "answered: true"),
    ("distinct with nothing", rule(kind="distinct"), "rules[0]", "exactly one"),
    (
        "distinct with both",
        rule(kind="distinct", fields=["model", "second_model"], table="partners", column="name"),
        "rules[0]",
        "exactly one",
    ),
    ("distinct without column", rule(kind="distinct", table="partners"), "rules[0]", "`table` with `column`"),
    ("distinct twice the same", rule(kind="distinct", fields=["model", "model"]), "rules[0].fields[1]", "already"),
    ("distinct of two types", rule(kind="distinct", fields=["model", "cvr"]), "rules[0].fields", "always differ"),
    (
        "distinct of a table",
        rule(kind="distinct", fields=["model", "partners"]),
        "rules[0].fields[1]",
        "cannot be compared",
    ),
    ("distinct in no table", rule(kind="distinct", table="model", column="name"), "rules[0].table", "must be table"),
    (
        "distinct in no column",
        rule(kind="distinct", table="partners", column="nam"),
        "rules[0].column",
        "did you mean `name`",
    ),
    ("before with no date", rule(kind="before", earlier="model", later="end"), "rules[0].earlier", "must be date"),
    ("before what is no date", rule(kind="before", earlier="start", later="model"), "rules[0].later", "must be date"),
    ("no name is near", put("one_per", value="x"), "one_per", "none has a similar name"),
    ("before itself", rule(kind="before", earlier="end", later="end"), "rules[0].later", "itself"),
    ("receipts to no address", put("receipt_to", value="contact_name"), "receipt_to", "must be email"),
    ("reminded twice", put("reminders", value={"contacts": [7, 7]}), "reminders.contacts[1]", "already"),
    ("never to close", lambda d: d.pop("deadline"), "deadline", "or `periods`"),
    ("closed and open", put("periods", value=[{"id": "one", "until": "2018-04-01T12:00:00"}]), "periods", "leave out"),
    ("period twice", rounds("one", "one"), "periods[1].id", "already"),
    ("period with a taken name", rounds("one", "later"), "periods[1].id", "choose another"),
    ("periods out of order", rounds("one", "two", day=0), "periods[1].until", "put them in order"),
    ("period before it opens", rounds("one", month=1), "periods[0].until", "not after 2018-02-27"),
    (
        "period that ends in a skipped hour",
        put("periods", value=[{"id": "one", "until": "2018-03-25T02:30:00"}]),
        "periods[0].until",
        "does not exist",
    ),
    ("gathered as an event", put("contacts", 0, "notify", value=["digest"]), "contacts[0].notify[0]", "under the key"),
    ("digest of the call", digest(events=["closed"]), "contacts[0].digest.events[0]", "under `notify`"),
    ("digest of an event twice", digest(events=["replaced"] * 2), "contacts[0].digest.events[1]", "already"),
    ("at once and gathered", digest(events=["late"]), "contacts[0].digest.events[0]", "at once or in its digest"),
    ("weekday of every day", digest(day="monday", events=["replaced"]), "contacts[0].digest.day", "every: week"),
    ("hour as a number", digest(at=8, events=["replaced"]), "contacts[0].digest.at", "in quotes"),
    ("hour with seconds", digest(at="08:00:00", events=["replaced"]), "contacts[0].digest.at", "hour and minute"),
    ("topics of a text", topics("background", "model-1"), "contacts[1].topics.field", "must be choice or"),
    ("topics of no field", topics("modell", "model-1"), "contacts[1].topics.field", "did you mean `model`"),
    ("topic that is no choice", topics("model", "model-4"), "contacts[1].topics.answers[0]", "did you mean `model-"),
    ("topic twice", topics("model", "model-1", "model-1"), "contacts[1].topics.answers[1]", "already"),
    ("away without deputy", away(0, "2018-03-01", "2018-03-02"), "contacts[0].away", "nobody stands in"),
    ("back before gone", away(1, "2018-03-02", "2018-03-01"), "contacts[1].away[0].last", "is before"),
]

WRONG_MONEY: list[tuple[str, Change, str, str]] = [
    (
        "thousands with a dot",
        ask("own_amount", minimum="250.000"),
        "form.sections[2].fields[3].minimum",
        "two decimals",
    ),
    ("minimum over maximum", ask("total", maximum="0.50"), "form.sections[2].fields[1].minimum", "no answer"),
    (
        "sum of texts",
        rule(kind="sum_equals", table="budget", column="item", total="total"),
        "rules[0].column",
        "amount or integer",
    ),
    (
        "sum into a text",
        rule(kind="sum_equals", table="budget", column="amount", total="purpose"),
        "rules[0].total",
        "amount or integer",
    ),
    (
        "sum of a date",
        rule(kind="sum_equals", fields=["own_amount", "start"], total="total"),
        "rules[0].fields[1]",
        "type date",
    ),
    (
        "sum of itself",
        rule(kind="sum_equals", fields=["own_amount", "total"], total="total"),
        "rules[0].total",
        "its own part",
    ),
    ("sum of nothing", rule(kind="sum_equals", total="total"), "rules[0]", "exactly one"),
    ("a text at most", rule(kind="at_most", field="purpose", limit=1), "rules[0].field", "amount or integer"),
    (
        "no column is near",
        rule(kind="distinct", table="budget", column="x"),
        "rules[0].column",
        "there is `item`, `kind`",
    ),
    ("at most nothing", rule(kind="at_most", field="total"), "rules[0]", "exactly one"),
    ("at most half said", rule(kind="at_most", field="total", percent=50), "rules[0]", "`of` with `percent`"),
    (
        "at most both",
        rule(kind="at_most", field="own_amount", of="total", percent=50, limit=1),
        "rules[0]",
        "exactly one",
    ),
    ("at most a text", rule(kind="at_most", field="own_amount", of="purpose", percent=50), "rules[0].of", "long_text"),
    ("at most itself", rule(kind="at_most", field="total", of="total", percent=50), "rules[0].of", "itself"),
    (
        "award to no CVR",
        put("distributed", value={"date": "2027-06-01", "awards": [{"applicant": "12345678"}]}),
        "distributed.awards[0].applicant",
        "eight digits",
    ),
]

WRONG = [(PLACES, *row) for row in WRONG_PLACES] + [(MONEY, *row) for row in WRONG_MONEY]


@pytest.mark.parametrize(("definition", "what", "change", "where", "said"), WRONG, ids=[row[1] for row in WRONG])
def test_each_fault_is_found_where_it_stands(
    definition: dict[str, Any], what: str, change: Change, where: str, said: str
) -> None:
    """Each thing an officer can get wrong gives a fault at its own place, which says what to write."""
    found = faults(definition, change)
    assert any(path == where and said in message for path, message in found), f"{what}: {found}"


def test_all_faults_come_at_once() -> None:
    """Faults across the call are told together, not one per attempt."""

    def change(definition: dict[str, Any]) -> None:
        put("time_zone", value="Mars")(definition)
        put("one_per", value="nobody")(definition)
        put("contacts", 1, "deputy", value="nobody")(definition)
        put("rules", 0, "fields", value=["model", "nobody"])(definition)
        put("rules", 9, "field", value="nobody")(definition)

    found = [path for path, _ in faults(PLACES, change)]
    assert found == ["time_zone", "one_per", "contacts[1].deputy", "rules[0].fields[1]", "rules[9].field"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "model-2"),
        ("settings", "online"),
        ("partners_agreed", False),
        ("own_hours", 0),
        ("municipality", "751"),
    ],
)
def test_conditions_that_can_hold_are_taken(name: str, value: object) -> None:
    """A condition may wait for any answer that its field can have."""
    changed = copy.deepcopy(PLACES)
    rule(kind="required_if", field="continuation", when={"field": name, "equals": value})(changed)
    assert Call.model_validate(changed).rules


@pytest.mark.parametrize("definition", [PLACES, MONEY], ids=["places", "money"])
def test_a_call_comes_back_from_json_unchanged(definition: dict[str, Any]) -> None:
    """`Call.model_validate` takes what `to_json` gives, any number of times, and nothing is lost."""
    call = Call.model_validate(definition)
    assert Call.model_validate(to_json(call)) == call
    assert to_json(call) == definition


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just("model"),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(sorted(PLACES)),
)
def test_strange_values_are_refused_and_never_crash(value: object, key: str) -> None:
    """Any value under any key either makes a call that is sound or is refused; no other error comes out."""
    try:
        call = Call.model_validate(PLACES | {key: value})
    except ValidationError:
        return
    assert not list(soundness.call(call))


@given(st.timedeltas(min_value=timedelta(days=-3), max_value=timedelta(days=120)))
def test_the_stage_follows_from_the_dates(after_deadline: timedelta) -> None:
    """Announced, open, closed, distributed: each from its own moment, whatever moment is asked about."""
    call = Call.model_validate(PLACES)
    now = datetime(2018, 4, 9, 21, 59, 59, tzinfo=UTC) + after_deadline
    if now.astimezone(call.zone).date() >= date(2018, 5, 14):
        assert call.stage(now) is Stage.DISTRIBUTED
    else:
        assert call.stage(now) is (Stage.OPEN if after_deadline < timedelta(seconds=1) else Stage.CLOSED)
    assert call.stage(call.opens_at - timedelta(microseconds=1)) is Stage.ANNOUNCED


def test_texts_are_found_everywhere() -> None:
    """Every text of a definition is reached with its path: those of columns and rules too."""
    paths = {path for path, _ in soundness.texts(Call.model_validate(PLACES))}
    assert ("title",) in paths
    assert ("form", "sections", 4, "fields", 0, "columns", 1, "choices", 6, "label") in paths
    assert ("rules", 9, "message") in paths
    assert ("distributed", "note") in paths


ROUNDS = PLACES | {
    "deadline": None,
    "distributed": None,
    "periods": [{"id": "spring", "until": "2018-03-25T01:59:59"}, {"id": "autumn", "until": "2018-10-28T03:00:00"}],
}


@pytest.mark.parametrize(
    ("received", "period"),
    [
        ("2018-01-01T00:00:00Z", "spring"),
        ("2018-03-25T00:59:59.999Z", "spring"),
        ("2018-03-25T01:00:00Z", "autumn"),
        ("2018-10-28T02:00:00.999Z", "autumn"),
        ("2018-10-28T02:00:01Z", "later"),
        ("2028-02-29T12:00:00Z", "later"),
    ],
)
def test_each_file_belongs_to_one_round_of_a_call_without_deadline(received: str, period: str) -> None:
    """The whole of a round's last second is in it, on both nights of the clocks; what comes after all of them waits."""
    call = Call.model_validate(ROUNDS)
    at = datetime.fromisoformat(received)
    assert call.period(at) == period
    assert call.period(at.astimezone(call.zone)) == period


def test_a_call_without_deadline_never_closes_and_nothing_is_late() -> None:
    """It is announced, then open for good, until the day of its distribution."""
    call = Call.model_validate(ROUNDS)
    assert (call.deadline_at, call.closes_at) == (None, None)
    years = timedelta(days=9999)
    assert not call.is_late(call.opens_at + years)
    assert call.stage(call.opens_at - timedelta(seconds=1)) is Stage.ANNOUNCED
    assert call.stage(call.opens_at + years) is Stage.OPEN
    shared_out = Call.model_validate(ROUNDS | {"distributed": {"date": "2019-01-01"}})
    assert shared_out.stage(datetime(2018, 12, 31, 23, tzinfo=UTC)) is Stage.DISTRIBUTED


def test_a_call_with_deadline_has_no_rounds() -> None:
    """Without `periods` no file belongs to one."""
    assert Call.model_validate(PLACES).period(datetime(2018, 3, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("deadline", "grace", "closes"),
    [
        ("2018-04-09T23:59:59", 0, "2018-04-09T22:00:00"),
        ("2018-04-09T12:00:00", 0, "2018-04-09T10:00:01"),
        ("2018-04-09T23:59:59", 10, "2018-04-09T22:10:00"),
        ("2018-03-25T01:59:59", 0, "2018-03-25T01:00:00"),
        ("2018-10-28T01:59:59", 120, "2018-10-28T02:00:00"),
        ("2028-02-29T23:59:59", 0, "2028-02-29T23:00:00"),
    ],
)
def test_a_call_closes_a_second_after_its_deadline_and_grace(deadline: str, grace: int, closes: str) -> None:
    """At noon and at the end of a day, over both changes of the clocks (grace is time that passes), on a leap day."""
    dates = {"deadline": deadline, "late_policy": {"grace_minutes": grace}, "distributed": None}
    call = Call.model_validate(PLACES | dates)
    first = datetime.fromisoformat(closes).replace(tzinfo=UTC)
    assert call.closes_at == first
    assert call.is_late(first)
    assert not call.is_late(first - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("named", "mails", "field_id"),
    [
        ("other", [("first", True), ("other", False)], "other"),
        (None, [("first", False), ("other", True)], "other"),
        (None, [("first", False), ("other", False)], "first"),
        (None, [], None),
    ],
)
def test_receipts_go_to_the_field_that_is_named_or_that_must_be_answered(
    named: str | None, mails: list[tuple[str, bool]], field_id: str | None
) -> None:
    """Else to the first e-mail field of the form, else to none."""
    changed = copy.deepcopy(PLACES)
    fields = [f for s in changed["form"]["sections"] for f in s["fields"]]
    assert [f["id"] for f in fields if f["type"] == "email"] == ["contact_email"]
    section = next(s for s in changed["form"]["sections"] if any(f["type"] == "email" for f in s["fields"]))
    section["fields"] = [f for f in section["fields"] if f["type"] != "email"]
    section["fields"] += [{"id": name, "type": "email", "required": must, "label": TEXT} for name, must in mails]
    assert Call.model_validate(changed | {"receipt_to": named}).receipt_field == field_id
