"""Letters: every message renders, fits, says what it should and names nobody, whatever an applicant wrote."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MIDWAY, a_call, a_submission, with_documents
from puljeport import definitions, letters
from puljeport.applications import read_application
from puljeport.calls import Call, Event, Role
from puljeport.contacts import OF_A_SUBMISSION
from puljeport.feedback import Kind
from puljeport.letters import Letter, Links
from puljeport.letters.rendering import TEMPLATES
from puljeport.notices import FOR_APPLICANTS, LISTED, OPERATIONS, Notice
from puljeport.problems import Severity, problem
from puljeport.readers import read
from puljeport.submissions import Slot, State, Submission
from puljeport.texts import LANGUAGES, Language, Text
from puljeport.topic import variants
from puljeport_cli import specimens

CALLS = [definitions.load(path).call for path in sorted((Path(__file__).parents[2] / "calls").iterdir())]
PORTAL = "https://puljer.example.dk"
WITH_A_TICKET = Slot("samvaer-2018", "0" * 32).key
SAID_OF_DOCUMENTS: dict[Language, list[str]] = {
    "da": ["Vedtægter. Har I ikke", "så gør det på siden med jeres ansøgning; linket", "følger ikke med."],
    "en": ["Statutes. If you have not", "please do so on the page of your application; you", "do not come along."],
}
LEFT_OVER = ("{", "}", "None", "Undefined", "  ")

each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
each_language = pytest.mark.parametrize("language", LANGUAGES)
each_event = pytest.mark.parametrize("event", Event)
each_letter = pytest.mark.parametrize("event", sorted(FOR_APPLICANTS))


def a_notice(**changes: Any) -> Notice:
    """A notice to a contact, with defaults."""
    given: dict[str, Any] = {
        "submission": "id", "event": Event.ACCEPTED, "audience": "professional-1", "role": Role.PROFESSIONAL,
        "call": "samvaer-2018", "call_title": Text(da="Støtte til samvær", en="Support"), "reference": "SAM-7K3M-9QWX",
        "received_at": MIDWAY, "created_at": MIDWAY,
    }  # fmt: skip
    return Notice(**(given | changes))


def a_letter(call: Call, submission: Submission, event: Event = Event.ACCEPTED, **changes: Any) -> Letter:
    """The letter about a submission, in its language, with a status link."""
    told = {"event": event, "audience": "@applicant", "call": call.id, "call_title": call.title, "role": None}
    notice = a_notice(**(told | {"language": submission.language, "reference": submission.reference} | changes))
    return letters.to_applicant(notice, submission, call, Links(PORTAL), "hemmelighed")


class Page(HTMLParser):
    """What a screen reader finds in a mail: its tags, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text, but for the style sheet."""
        if self.tags and self.tags[-1][0] != "style":
            self.words += f" {data}"

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every tag of a name."""
        return [attributes for name, attributes in self.tags if name == tag]


# -- every message ---------------------------------------------------------------------------------------------------


@each_event
@each_language
@each_call
@pytest.mark.parametrize("portal", [PORTAL, None])
def test_every_message_to_a_contact_renders_and_fits(
    call: Call, event: Event, language: Language, portal: str | None
) -> None:
    """Each event has words in each language: a subject as SNS takes it, a text without anything left unfilled."""
    message = specimens.message(call, event, language, portal=portal)
    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert 20 < len(message.subject) < 100
    assert call.id in message.text
    assert not [left for left in LEFT_OVER if left in message.text]
    assert (PORTAL in message.text) is (portal is not None and event not in OF_A_SUBMISSION)


@each_event
@each_language
def test_a_message_fits_sns_however_much_it_gathers(event: Event, language: Language) -> None:
    """As many submissions as a row may list, each with the longest names there are, stay far below 256 KB."""
    row = {"reference": "X" * 300, "organisation": "Æ" * 10_000, "event": "accepted"}
    long = {"counts": {each.value: 10**9 for each in Event}, "listed": [row] * LISTED}
    told = {"facts": long, "organisation": "Ø" * 10_000, "call_title": Text(da="T" * 10_000)}
    message = letters.to_contact(a_notice(event=event, language=language, **told), Links())
    assert len(variants(message).encode()) < 200_000


@each_letter
@each_language
@each_call
@pytest.mark.parametrize("portal", [PORTAL, None])
def test_every_letter_to_an_applicant_renders(call: Call, event: Event, language: Language, portal: str | None) -> None:
    """Each event has words in each language, with and without a portal, and its reference in the subject."""
    letter = specimens.letter(call, event, language, portal)
    assert letter.subject.isprintable()
    assert "-" in letter.subject
    assert len(letter.subject) < 150
    assert not [left for left in LEFT_OVER if left in letter.text]
    assert letter.sender == call.administered_by.get(language)
    assert letter.reply_to in {contact.email for contact in call.contacts}
    assert ("/status/" in letter.text) is (portal is not None and event not in {Event.REPLACED, Event.WITHDRAWN})


@each_letter
@each_language
@each_call
def test_text_and_html_say_the_same(call: Call, event: Event, language: Language) -> None:
    """A message is written once: every word of its text stands in the HTML, in the same order."""
    letter = specimens.letter(call, event, language)
    shown = iter(re.findall(r"\w+", Page(letter.html).words))
    address = r"https://\S+"
    for word in re.findall(r"\w+", re.sub(address, "", letter.text)):
        assert word.isdigit() or word in shown, word


@each_letter
@each_language
def test_a_letter_can_be_read_by_a_screen_reader(event: Event, language: Language) -> None:
    """The language is said, headings do not skip, tables have headers with their scope, links say where they lead."""
    page = Page(specimens.letter(CALLS[1], event, language).html)
    assert page.named("html") == [{"lang": language}]
    assert len(page.named("h1")) == len(page.named("title")) == len(page.named("main")) == 1
    headings = [tag for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert set(headings) <= {"h1", "h2"}
    assert headings[0] == "h1"
    assert all(header["scope"] in {"row", "col"} for header in page.named("th"))
    assert len(page.named("th")) >= len(page.named("table"))
    assert not page.named("img")
    assert not page.named("script")
    assert all(str(link["href"]).startswith((f"{PORTAL}/status/", "mailto:")) for link in page.named("a"))


@each_language
@pytest.mark.parametrize("audience", ["applicant", "contact"])
def test_the_templates_have_words_for_every_event_and_no_other(audience: str, language: Language) -> None:
    """No event is without words in either language, and no words are left of an event that is gone."""
    text = (TEMPLATES / f"{audience}.{language}.j2").read_text(encoding="utf-8")
    worded = set(re.findall(r"{% macro (\w+)_subject\(\) %}", text))
    assert worded == {event.value for event in (FOR_APPLICANTS if audience == "applicant" else Event)}
    assert worded <= set(re.findall(r"{% macro (\w+)\(\) %}", text))


def test_who_hears_what_is_documented() -> None:
    """Every event, and every way in which a mail can fail to arrive, has a line in docs/messages.md."""
    document = (Path(__file__).parents[2] / "docs" / "messages.md").read_text(encoding="utf-8")
    applicants, contacts = document.split("## What a contact is told")
    assert {event for event in Event if f"| `{event}` |" in applicants} == set(FOR_APPLICANTS)
    assert [event for event in Event if f"`{event}`" not in contacts] == []
    assert [kind for kind in Kind if f"| `{kind}` |" not in contacts] == []


# -- what they say ---------------------------------------------------------------------------------------------------


def test_a_receipt_leaves_no_doubt_that_it_arrived() -> None:
    """Reference, time to the second with weekday, file name, what was read, the rule for replacing, and whom to ask."""
    call = a_call()
    sent = a_submission(
        state=State.ACCEPTED, file_name="Vores skema.docx", applicant_name="Aarhus", call_version=1,
        values={"municipality": "751", "contact_name": "Prøve Person", "background": "x" * 1312},
    )  # fmt: skip
    letter = a_letter(call, sent)
    for said in (
        "SAM-0000-0000", "tirsdag den 20. marts 2018 kl. 10.30.00 (dansk tid)", "Vores skema.docx",
        "- Kommune: Aarhus", "- Kontaktperson: læst (12 tegn)", "- E-mail: ikke besvaret",
        "- Baggrund: læst (1.312 tegn)",
        "senest mandag den 9. april 2018 kl. 23.59 (dansk tid)", "fra samme kommune", "administration@example.dk",
        "https://puljer.example.dk/status/a/hemmelighed",
    ):  # fmt: skip
        assert said in letter.text, said
    assert letter.subject == "Vi har modtaget jeres ansøgning (SAM-0000-0000)"
    assert (letter.sender, letter.reply_to) == ("Styrelsen for Prøver", "administration@example.dk")


@each_language
def test_a_receipt_names_the_documents_that_belong_to_the_application(language: Language) -> None:
    """Where a call wants documents beside the form, the letter names those, says where to send them and that others do
    not come along, and does not say that all is done."""
    sent = a_submission(state=State.ACCEPTED, language=language, key=WITH_A_TICKET)
    done = {"da": "ikke gøre mere", "en": "nothing more you need to do"}[language]
    for required in (True, False):
        text = a_letter(a_call(form=with_documents(statutes=required)), sent).text
        for said in SAID_OF_DOCUMENTS[language]:
            assert (said in text) is required, said
        assert (done in text) is not required


@each_language
def test_whoever_has_no_place_for_documents_is_told_to_ask(language: Language) -> None:
    """A form that came without the portal has no page that takes documents: no letter sends anybody there."""
    call, how = a_call(form=with_documents(statutes=True)), {"da": "spørg, hvordan", "en": "to ask how"}[language]
    sent = a_submission(state=State.ACCEPTED, language=language)
    for event, facts in ((Event.ACCEPTED, {}), (Event.REMINDER, {"missing": ["Vedtægter"]})):
        text = a_letter(call, sent, event, facts=facts).text
        assert how in text
        assert {"da": "på siden med", "en": "on the page of"}[language] not in text


@each_language
@pytest.mark.parametrize("event", [Event.REMINDER, Event.EXTENDED])
@pytest.mark.parametrize("names", [["Vedtægter"], ["Vedtægter", "Regnskab <b>"]], ids=["one", "two"])
def test_a_reminder_of_documents_names_them_and_asks_for_no_form(
    language: Language, event: Event, names: list[str]
) -> None:
    """What is missing stands in the letter, as text and as HTML, and nobody is asked to correct an accepted form."""
    sent = a_submission(state=State.ACCEPTED, language=language, key=WITH_A_TICKET)
    letter = a_letter(a_call(form=with_documents(statutes=True)), sent, event, facts={"days": 3, "missing": names})
    for shown in (letter.text, html.unescape(letter.html)):
        assert ", ".join(names) in shown
        assert {"da": "på siden med jeres ansøgning", "en": "on the page of your application"}[language] in shown
        assert {"da": "Ret det", "en": "Correct it"}[language] not in shown
        assert "/status/" in shown
    assert "<b>" not in letter.html


def test_a_receipt_in_a_round_says_when_the_round_ends() -> None:
    """A call without a deadline has rounds; what is sent until the round ends replaces what was sent before."""
    call = a_call(
        deadline=None, periods=[{"id": "spring", "until": "2018-06-01T12:00:00"}], reminders={"applicants": []}
    )
    letter = a_letter(call, a_submission(state=State.ACCEPTED, period="spring", values={"municipality": "751"}))
    assert "igen senest fredag den 1. juni 2018 kl. 12.00 (dansk tid)" in letter.text
    assert "Runde: den, der slutter fredag den 1. juni 2018" in letter.text


def test_a_letter_keeps_to_the_calls_time_zone() -> None:
    """Times are told where the call is, and the zone is named."""
    letter = a_letter(a_call(time_zone="America/Nuuk"), a_submission(state=State.ACCEPTED))
    assert "tirsdag den 20. marts 2018 kl. 06.30.00 (America/Nuuk)" in letter.text


def test_problems_are_listed_with_place_and_remedy_up_to_a_limit_with_the_total() -> None:
    """The first errors are numbered, each with field, place and what to do; how many there are is said."""
    found = [
        problem("missing", label=Text(da=f"Felt {number}"), place=Text(da=f"Række {number}")) for number in range(61)
    ]
    sent = a_submission(state=State.NEEDS_CORRECTION, problems=tuple(found), problem_count=70, error_count=61)
    letter = a_letter(a_call(), sent, Event.NEEDS_CORRECTION)
    assert "25. Felt 24 (Række 24): Feltet er ikke udfyldt" in letter.text
    assert "26. " not in letter.text
    assert "Det er de første 25 af 61." in letter.text
    assert "Der er 61 fejl, som skal rettes." in letter.text


def test_only_contacts_of_the_applications_topics_are_named() -> None:
    """Of consultants that share a call by topic the applicant is sent to the right one; operations is not bothered."""
    call = CALLS[1]
    choice = next(field for field in call.form.fields.values() if field.type == "choice")
    first, second = ({"field": choice.id, "answers": [option.id]} for option in choice.choices[:2])
    contacts = [
        {"id": "professional-1", "role": "professional", "email": "professional-1@example.dk", "topics": first},
        {"id": "professional-2", "role": "professional", "email": "professional-2@example.dk", "topics": second},
        {"id": "administration", "role": "administrative", "email": "administration@example.dk"},
        {"id": "operations", "role": "operations", "email": "operations@example.dk"},
    ]
    shared = Call.model_validate(call.model_dump(mode="json", exclude_none=True) | {"contacts": contacts})
    values = {choice.id: second["answers"][0]}
    letter = a_letter(shared, a_submission(call=call.id, state=State.ACCEPTED, values=values))
    assert re.findall(r"(\w+-?\d?)@example.dk", letter.text) == ["administration", "professional-2", "administration"]


@each_language
def test_operations_hears_of_a_file_for_no_call(language: Language) -> None:
    """A message without a call renders, and says why operations gets it."""
    notice = a_notice(event=Event.UNREADABLE, audience=OPERATIONS, call="", call_title=Text(da="?"), language=language)
    text = letters.to_contact(notice, Links()).text
    assert ("driften" if language == "da" else "operations") in text


def test_an_applicant_hears_although_the_call_is_gone() -> None:
    """A letter about a call that nobody finds any more still says what arrived, and when."""
    notice = a_notice(audience="@applicant", reference="SAM-0000-0000")
    letter = letters.to_applicant(notice, a_submission(state=State.ACCEPTED), None, Links(), None)
    assert "SAM-0000-0000" in letter.text
    assert (letter.sender, letter.reply_to) == ("Puljeport", None)


def test_a_machine_subscriber_can_tell_events_of_calls_apart() -> None:
    """The id of an event names its submission or its call, and which of its kind it is."""
    ids = {
        letters.to_contact(
            a_notice(submission="", reference="", call=call, event=Event.REMINDER, key=key), Links()
        ).body["id"]
        for call in ("samvaer-2018", "naboskab-2027")
        for key in ("7", "3")
    }
    assert len(ids) == 4


# -- what they must not say ------------------------------------------------------------------------------------------

HOSTILE = {
    "markup": "<img src=x onerror=alert(1)>",
    "header": "a@b\r\nBcc: offer@example.com",
    "override": "gpj.\u202eexe.docx",
    "long": "å" * 10_000,
    "lines": "første\u2028anden\x85tredje\x00fjerde",
    "script": "javascript:alert(1)",
    "link": "https://ondt.example.com/log-ind",
}
PERSONAL = ("010101-1234", "0101011234", "Hemmelig Vej 7", "Canary Canarysen", "canary@example.com", "+4587654321")


each_hostile = pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)


@each_hostile
@each_letter
@each_language
def test_s08_s09_a_hostile_name_is_inert_in_a_letter(event: Event, language: Language, hostile: str) -> None:
    """S8, S9: as file name, answer, place or title it stays one line of text, and is in neither subject nor markup."""
    call = a_call(title={"da": one_line(hostile.replace("://", "")), "en": one_line(hostile.replace("://", ""))})
    found = problem("missing", label=Text(da="Felt"), place=Text(da=hostile))
    sent = a_submission(
        state=State.ACCEPTED,
        language=language,
        file_name=hostile,
        applicant_name=hostile,
        values={"contact_name": hostile, "background": hostile},
        problems=(found,),
        problem_count=1,
        error_count=1,
    )
    letter = a_letter(call, sent, event, organisation=hostile, facts={"reason": hostile.replace("://", ""), "days": 3})
    assert hostile.splitlines()[0] not in letter.subject
    assert letter.subject.isprintable()
    held_inert(letter.text)
    page = Page(letter.html)
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "table", "thead", "tbody", "tr",
        "th", "td", "ol", "li", "strong", "span", "br", "a", "footer",
    }  # fmt: skip
    assert all(str(link["href"]).startswith((f"{PORTAL}/", "mailto:")) for link in page.named("a"))
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert "\u202e" not in letter.html
    assert "https://ondt" not in letter.html


@each_hostile
@each_event
@each_language
def test_s08_s09_a_hostile_name_is_inert_in_a_message_to_a_contact(
    event: Event, language: Language, hostile: str
) -> None:
    """S8, S9: as organisation, title, reason, or one of many in a digest it stays one line of text."""
    bare = hostile.replace("://", "")
    listed = [{"reference": "SAM-0000-0000", "organisation": hostile, "event": "accepted"}] * 3
    facts = {"reason": bare, "kind": "permanent", "days": 3, "listed": listed, "counts": {"accepted": 3}}
    message = letters.to_contact(
        a_notice(
            event=event, language=language, organisation=hostile, call_title=Text(da=bare, en=bare), facts=facts
        ),
        Links(PORTAL),
    )  # fmt: skip
    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert "Bcc" not in message.subject
    held_inert(message.text)


def held_inert(text: str) -> None:
    """What a program makes of a text: no line of its own, no sign that turns or hides others, no address, no flood."""
    lines = text.splitlines()
    assert not [line for line in lines if line.startswith(("Bcc", "anden", "tredje"))]
    assert all(line.isprintable() for line in lines)
    assert len(text) < 20_000
    assert "https://ondt" not in text


def one_line(text: str) -> str:
    """A text that a definition may hold."""
    return " ".join(letters.one_line(text, 20_000).split())


@pytest.mark.parametrize("personal", PERSONAL)
@each_call
@each_language
def test_s10_no_answer_that_tells_of_a_person_is_repeated(call: Call, language: Language, personal: str) -> None:
    """S10: written into every field and column, it is read, or found wrong, and never stands in a mail to anybody."""
    values: dict[str, Any] = {}
    for field in call.form.fields.values():
        values[field.id] = (
            [{column.id: personal for column in field.columns}] * 2 if field.type == "table" else personal
        )
    values["unknown"] = personal
    form = json.dumps({"call": call.id, "values": values}).encode()
    reading = read_application(call, read(form, "a.json"))
    errors = sum(found.severity is Severity.ERROR for found in reading.problems)
    kept = reading.values | {field.id: personal for field in call.form.fields.values() if field.type.endswith("text")}
    sent = a_submission(
        call=call.id, state=State.NEEDS_CORRECTION, values=kept, problems=reading.problems, language=language,
        problem_count=len(reading.problems), error_count=errors,
    )  # fmt: skip
    letter = a_letter(call, sent, Event.NEEDS_CORRECTION)
    assert personal not in letter.subject + letter.text + letter.html
    if (digits := personal.replace("-", "")).isdigit():
        assert f"{int(digits):,}" not in letter.text
        assert f"{int(digits):,}".replace(",", ".") not in letter.text


def test_s10_words_of_the_file_that_a_problem_cites_are_left_out_of_the_mail() -> None:
    """S10: text beside an unknown label, or the name of another call, stands on the record and not in the mail."""
    found = (problem("unknown_field", name="CPR 010101-1234"), problem("other_call", found="Canary", call=Text(da="x")))
    sent = a_submission(state=State.NEEDS_CORRECTION, problems=found, problem_count=2, error_count=1)
    letter = a_letter(a_call(), sent, Event.NEEDS_CORRECTION)
    assert "010101" not in letter.text
    assert "Canary" not in letter.text
    assert "Der står tekst ved »…«" in letter.text


@given(st.text(max_size=5000), st.text(min_size=1, max_size=5000), st.sampled_from(Event), st.sampled_from(LANGUAGES))
def test_s09_no_input_can_break_out_of_a_contacts_subject_or_line(
    organisation: str, title: str, event: Event, language: Language
) -> None:
    """S9: whatever stands in a name or title, the subject is short ASCII on one line, and each name one line."""
    notice = a_notice(organisation=organisation, call_title=Text(da=title), event=event, language=language)
    message = letters.to_contact(notice, Links())
    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert len(message.subject) < 100
    plain = letters.to_contact(a_notice(event=event, language=language), Links()).text
    assert len(message.text.splitlines()) <= len(plain.splitlines())
    assert len(message.text.encode()) < 256_000


def test_s09_a_header_smuggled_into_a_name_stays_in_its_line() -> None:
    """S9: line breaks and Bcc in an organisation's name become spaces in the text and never reach the subject."""
    message = letters.to_contact(a_notice(organisation="a@b\r\nBcc: x@example.dk"), Links())
    assert "a@b Bcc: x@example.dk" in message.text
    assert "Bcc" not in message.subject


def test_a_subject_keeps_danish_letters_readable() -> None:
    """SNS takes ASCII alone: æ, ø and å are written out rather than lost."""
    subject = letters.to_contact(a_notice(event=Event.OPENED, reference=""), Links()).subject
    assert subject == "Puljeport: puljen er aaben (samvaer-2018)"
