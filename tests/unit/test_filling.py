"""Filling in online: what each page says and does, for one applicant, for two at once, and for strangers."""

from __future__ import annotations

import json
import re
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

import every_field
from builders import a_call, http_event
from fillings import Applicant, Forms
from portals import Remembered, answer, body
from puljeport import webform
from puljeport.applications import read_application
from puljeport.calls import Call
from puljeport.readers import jsonform
from puljeport.webdrafts import expiry

CALL = "samvaer-2018"
GOOD = {"municipality": "Aarhus", "contact_name": "Prøve Person", "background": "Vi vil mødes."}


@pytest.fixture
def someone(shown: Remembered) -> Applicant:
    """Somebody who has begun to fill in the small call's form, and sees its overview."""
    assert shown.versions
    return Applicant(answer).begin(CALL)


def open_section(someone: Applicant, section: str = "applicant") -> Applicant:
    """The section's page of a draft."""
    return someone.get(f"{someone.draft}/del/{section}")


def every_call(shown: Remembered) -> Call:
    """The call with a field of every type, published."""
    call = Call.model_validate(every_field.DEFINITION)
    shown.publish(call)
    return call


def words(page: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


# -- beginning -------------------------------------------------------------------------------------------------------


def test_looking_at_the_first_page_makes_no_draft(shown: Remembered) -> None:
    """A draft is made by the button alone: what only follows links leaves nothing behind."""
    first = Applicant(answer).get(f"/puljer/{CALL}/udfyld")
    assert first.status == 200
    assert shown.web.kept == {}
    first.press()
    assert shown.web.only().answers == {}


@pytest.mark.parametrize(("days", "said"), [(-30, "ikke søges endnu"), (40, "ikke søges mere")])
def test_only_an_open_call_can_be_begun(shown: Remembered, days: int, said: str) -> None:
    """Before it opens and after it closes the page says so and has no button; pressing one anyway makes nothing."""
    shown.moment += timedelta(days=days)
    page = Applicant(answer).get(f"/puljer/{CALL}/udfyld")
    assert said in words(page.page)
    assert Forms(page.page).forms == []
    page.post(f"/puljer/{CALL}/udfyld", b"")
    assert shown.web.kept == {}


def test_the_overview_has_the_whole_link_and_its_last_day(someone: Applicant, shown: Remembered) -> None:
    """The link to keep is there to be copied, with the day until which it works: 30 days after the deadline."""
    (value,) = re.findall(r'id="link" type="text" readonly value="([^"]+)"', someone.page)
    assert value == f"https://abc123.execute-api.eu-north-1.amazonaws.com{someone.draft}"
    assert shown.web.only().expires_at == int(datetime(2018, 5, 10, tzinfo=a_call().zone).timestamp())
    assert "til og med onsdag den 9. maj 2018" in words(someone.page)


def test_a_day_is_whole_where_the_clocks_change() -> None:
    """A draft goes as its last day ends in the call's own time, whichever side of summer time that is."""
    call = a_call(opens="2018-03-01T00:00:00", deadline="2018-03-10T12:00:00")
    assert expiry(call, call.opens_at) == int(datetime(2018, 4, 10, tzinfo=call.zone).timestamp())


def test_a_secret_has_160_bits_and_only_its_hash_is_kept(someone: Applicant, shown: Remembered) -> None:
    """Whoever reads the table cannot open a draft."""
    secret = someone.draft.rpartition("/")[2]
    assert len(secret) * 6 >= 160
    assert secret not in shown.web.only().model_dump_json()


# -- links -----------------------------------------------------------------------------------------------------------


def test_s12_unknown_foreign_and_expired_links_answer_alike(someone: Applicant, shown: Remembered) -> None:
    """S12: a draft that never was, one with another's secret, and one that has expired give the very same page."""
    other = Applicant(answer).begin(CALL)
    mine, theirs = someone.draft.split("/"), other.draft.split("/")
    paths = ["/kladde/" + "0" * 32 + "/" + mine[3], f"/kladde/{mine[2]}/{theirs[3]}", f"/kladde/{mine[2]}/x"]
    answers = [answer(http_event(path + rest)) for path in paths for rest in ("", "/del/applicant", "/tjek")]
    shown.moment += timedelta(days=60)
    answers.append(answer(http_event(someone.draft)))
    assert {(one["statusCode"], body(one)) for one in answers} == {(404, body(answers[0]))}
    assert len({json.dumps(one["headers"]) for one in answers}) == 1
    assert "slettet" in body(answers[0])


def test_a_draft_is_hidden_the_moment_it_expires(someone: Applicant, shown: Remembered) -> None:
    """The table may take days to remove it; its link stops at once, and a save does not bring it back."""
    open_section(someone)
    shown.moment += timedelta(seconds=shown.web.only().expires_at - shown.moment.timestamp() - 1)
    assert someone.get(someone.draft).status == 200
    open_section(someone)
    shown.moment += timedelta(seconds=1)
    someone.press("next", GOOD)
    assert someone.status == 404
    assert shown.web.only().answers == {}


def test_a_draft_of_a_call_without_a_deadline_lives_from_its_last_change(shown: Remembered) -> None:
    """90 days after it was saved last."""
    round_ = {"id": "foraar", "until": "2018-05-01T12:00:00"}
    shown.publish(a_call(id="hele-aaret", deadline=None, periods=[round_]))
    someone = Applicant(answer).begin("hele-aaret")
    shown.moment += timedelta(days=80)
    open_section(someone).press("later", GOOD)
    last = shown.moment.date() + timedelta(days=90)
    ends = datetime.combine(last + timedelta(days=1), time.min, a_call().zone)
    assert shown.web.only().expires_at == int(ends.timestamp())


@pytest.mark.parametrize("rest", ["", "/del/applicant", "/tjek"])
def test_no_page_of_a_draft_is_kept_or_told_of(someone: Applicant, rest: str) -> None:
    """No cache, no referrer, no search engine, and no address of it in the page's head."""
    headers = someone.get(someone.draft + rest).headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "noindex" in headers["x-robots-tag"]
    head = someone.page.partition("</head>")[0]
    assert "/kladde/" not in head
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


# -- saving ----------------------------------------------------------------------------------------------------------


def test_what_is_written_is_kept_before_it_is_judged(someone: Applicant, shown: Remembered) -> None:
    """A wrong answer is saved as it stands, and the page comes back with a summary that links to its field."""
    open_section(someone).press("next", GOOD | {"municipality": "Byen", "contact_email": "kontakt(at)example.dk"})
    assert shown.web.only().answers["contact_email"] == "kontakt(at)example.dk"
    assert someone.path.endswith("/del/applicant?check=1")
    assert "<title>Fejl: Ansøger (del 1 af 1): Støtte til samvær" in someone.page
    assert 'role="alert" tabindex="-1" autofocus' in someone.page
    links = re.findall(r'<li><a href="#([^"]+)">([^:]+):', someone.page)
    assert links == [("f-municipality", "Kommune"), ("f-contact_email", "E-mail")]
    for name, _ in links:
        (control,) = re.findall(rf'<input[^>]* id="{name}"[^>]*>', someone.page)
        assert 'aria-invalid="true"' in control
        assert f"{name}-error" in control
        assert f'id="{name}-error"' in someone.page


def test_errors_are_those_of_every_other_way_in(shown: Remembered) -> None:
    """What the page says of each field is what a file with the same answers is told."""
    call = every_call(shown)
    someone = Applicant(answer).begin(call.id)
    wrong = {"municipality": "Byen", "cvr": "12345678", "hours": "mange", "grant": "1.000", "start": "31-02-2018",
             "contact_phone": "12", "website": "javascript:alert(1)"}  # fmt: skip
    open_section(someone, "all").press("next", wrong)
    document = webform.document(call, 1, shown.web.only().answers)
    reading = read_application(call, jsonform.read(document))
    text = words(someone.page)
    assert reading.has_errors
    for found in reading.problems:
        assert found.message.da.replace("<", "&lt;") in text.replace("&#39;", "'"), found.code


def test_correct_answers_go_on_and_come_back_as_they_were_written(someone: Applicant) -> None:
    """Saved without a mistake, the next page opens; the section still has every letter, line breaks and blanks too."""
    written = GOOD | {"background": '\n  Første linje\nAnden <b>&amp; "linje"</b>\n\n'}
    open_section(someone).press("next", written)
    assert someone.path.endswith("/tjek")
    page = Forms(open_section(someone).page)
    assert dict(page.forms[0][1])["background"] == written["background"]


def test_a_break_shows_the_link_and_says_that_all_is_saved(someone: Applicant, shown: Remembered) -> None:
    """»Gem, og hold pause« judges nothing and leads to the link."""
    open_section(someone).press("later", {"municipality": "Byen"})
    assert someone.path.endswith("?saved=1")
    assert "Svarene er gemt" in someone.page
    assert shown.web.only().answers == {"municipality": "Byen"}
    assert "Mangler noget" in someone.page


def test_what_was_taken_out_is_gone(someone: Applicant, shown: Remembered) -> None:
    """An answer that is emptied is no answer any more."""
    open_section(someone).press("later", GOOD)
    open_section(someone).press("later", {"background": ""})
    assert "background" not in shown.web.only().answers


def test_saving_the_same_twice_writes_once(someone: Applicant, shown: Remembered) -> None:
    """A doubled click, with the revision of its page, changes nothing and is told nothing of a conflict."""
    first = open_section(someone).page
    someone.press("later", GOOD)
    revision = shown.web.only().revision
    someone.page = first
    someone.press("later", GOOD)
    assert someone.status == 200
    assert shown.web.only().revision == revision


def test_rows_are_added_and_removed_by_buttons(shown: Remembered) -> None:
    """Without a script: a row more keeps what is written; the row that is removed is that one; the last one stays."""
    call = every_call(shown)
    someone = Applicant(answer).begin(call.id)
    open_section(someone, "all").press("add.partners", {"partners.1.name": "A", "municipality": "Aarhus"})
    assert someone.path.endswith("#f-partners-2")
    assert 'id="f-partners-2"' in someone.page
    someone.press("add.partners", {"partners.2.name": "B"})
    assert "remove.partners.3" in someone.page
    assert "Der er ikke plads til flere rækker" in someone.page
    someone.press("add.partners", {"partners.3.name": "C"})
    someone.press("remove.partners.1")
    assert shown.web.only().answers["partners"] == [{"name": "B"}, {"name": "C"}]
    assert shown.web.only().answers["municipality"] == "Aarhus"
    someone.press("remove.partners.1")
    assert "remove.partners" not in someone.page


def test_errors_of_a_table_stand_at_the_row_that_is_seen(shown: Remembered) -> None:
    """An empty row between two is passed over by reading and not by the page: the mistake is at its own row."""
    call = every_call(shown)
    someone = Applicant(answer).begin(call.id)
    open_section(someone, "all").press("add.partners").press("add.partners")
    someone.press("next", {"partners.1.name": "A", "partners.3.name": "C", "partners.3.email": "c@"})
    assert '<a href="#f-partners-3-email">E-mail (række 3):' in someone.page
    assert 'id="f-partners-3-email-error"' in someone.page


def test_answers_that_are_too_much_are_not_saved_and_not_lost(someone: Applicant, shown: Remembered) -> None:
    """More than an application may hold is refused with 413, and stands on the page as it was written."""
    large = "æ" * 130_000
    open_section(someone).press("next", {"background": large})
    assert someone.status == 413
    assert large in someone.page
    assert "fylder for meget" in someone.page
    assert shown.web.only().answers == {}


# -- two at once -----------------------------------------------------------------------------------------------------


def test_two_tabs_do_not_overwrite_each_other(someone: Applicant, shown: Remembered) -> None:
    """The later save of a section that was changed meanwhile is told so, sees both texts, and decides."""
    other = Applicant(answer).get(open_section(someone).path)
    other.press("later", GOOD | {"background": "Den anden skrev dette."})
    someone.press("next", GOOD | {"background": "Jeg skrev dette."})
    assert someone.status == 409
    assert "Svarene er ændret et andet sted" in someone.page
    assert "Jeg skrev dette." in someone.page
    assert "Den anden skrev dette." in someone.page
    assert shown.web.only().answers["background"] == "Den anden skrev dette."
    # Only where they differ is there something to decide.
    assert someone.page.count("gemt:") == 1
    someone.press("next", {"background": "Vi skrev dette."})
    assert someone.path.endswith("/tjek")
    assert shown.web.only().answers["background"] == "Vi skrev dette."


def test_two_write_in_two_sections_at_once(shown: Remembered) -> None:
    """Who saves another section meanwhile is in nobody's way: both are kept."""
    definition = a_call().model_dump(mode="json")
    first = definition["form"]["sections"][0]
    field = {"id": "more", "type": "text", "label": {"da": "Mere"}}
    definition["form"]["sections"] = [first, {"id": "second", "title": {"da": "Anden"}, "fields": [field]}]
    shown.publish(Call.model_validate(definition | {"id": "to-dele"}))
    one = Applicant(answer).begin("to-dele")
    other = Applicant(answer).get(f"{one.draft}/del/second")
    open_section(one).press("later", GOOD)
    other.press("later", {"more": "Også her"})
    assert other.status == 200
    assert shown.web.only().answers == GOOD | {"more": "Også her"}


# -- sending ---------------------------------------------------------------------------------------------------------


def written_and_checked(someone: Applicant, **answers: str) -> Applicant:
    """Somebody at the page that sends, with everything filled in."""
    return open_section(someone).press("next", GOOD | answers)


def test_the_answers_are_shown_as_they_were_read_with_links_to_change_them(
    someone: Applicant, shown: Remembered
) -> None:
    """The page before sending has what we read, not just what was typed, and what there is to say of it."""
    call = every_call(shown)
    someone = Applicant(answer).begin(call.id)
    open_section(someone, "all").press("anyway", {"grant": "1500", "municipality": "århus", "start": "1/3-19"})
    text = words(someone.get(f"{someone.draft}/tjek").page)
    assert "1.500,00 kr." in text
    assert "Aarhus" in text
    assert "1. marts 2019" in text
    assert f'href="{someone.draft}/del/all"' in someone.page
    assert "Send ansøgningen</button>" not in someone.page


def test_sending_gives_the_application_that_a_file_would_be(someone: Applicant, shown: Remembered) -> None:
    """One object at the ticket's place, our form in JSON with call and version, and then the way to its status page."""
    written_and_checked(someone).press()
    draft = shown.web.only()
    ((key, data),) = shown.web.objects.items()
    assert key == f"incoming/{CALL}/{draft.id}/form"
    assert json.loads(data) == {"call": CALL, "version": 1, "values": GOOD}
    ticket = shown.web.tickets[draft.id]
    assert (ticket.call, ticket.file_name) == (CALL, "Udfyldt online")
    assert f'href="/status/{ticket.submission}/{shown.web.links[ticket.submission]}"' in someone.page
    assert "Ansøgningen er sendt" in someone.page


def test_a_doubled_click_is_one_submission(someone: Applicant, shown: Remembered) -> None:
    """The same page sent again, at once or a day later, puts nothing more and leads to the same place."""
    first = written_and_checked(someone).page
    someone.press()
    sent = someone.page
    for _ in range(2):
        someone.page = first
        someone.press()
        assert someone.page == sent
        shown.moment += timedelta(days=1)
    assert shown.web.puts == 1
    assert len(shown.web.tickets) == 1


def test_a_break_between_is_made_good_by_sending_again(
    someone: Applicant, shown: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the bucket fails, the answers are frozen, the page says that it was not sent, and once more sends it."""
    written_and_checked(someone)
    with monkeypatch.context() as broken:
        broken.setattr(shown.web, "put_once", lambda *_: 1 / 0)
        assert someone.press().status == 500
    assert someone.get(someone.draft).path.endswith("/tjek")
    assert "Vi nåede ikke at tage imod" in words(someone.page)
    assert open_section(someone).path.endswith("/tjek")
    someone.press()
    assert "Ansøgningen er sendt" in someone.page
    assert json.loads(next(iter(shown.web.objects.values())))["values"] == GOOD


def test_what_was_changed_since_it_was_checked_is_not_sent(someone: Applicant, shown: Remembered) -> None:
    """Answers that somebody changed while the page was open have to be seen first."""
    page = written_and_checked(someone).page
    other = open_section(Applicant(answer, path=someone.path))
    other.press("later", {"background": "Noget andet"})
    someone.page = page
    someone.press()
    assert someone.status == 409
    assert "er ikke sendt endnu" in someone.page
    assert "Noget andet" in someone.page
    assert shown.web.objects == {}
    someone.press()
    assert "Ansøgningen er sendt" in someone.page


def test_with_mistakes_nothing_is_sent(someone: Applicant, shown: Remembered) -> None:
    """The page has no button; a form made by hand is answered 422 with what is wrong."""
    open_section(someone).press("anyway", {"municipality": "Aarhus"})
    assert Forms(someone.page).forms == []
    draft = shown.web.only()
    key = someone.path.split("/")[3]
    fields = {"key": key, "version": "1", "revision": str(draft.revision)}
    someone.post(someone.path, urlencode(fields).encode())
    assert someone.status == 422
    assert f'href="{someone.draft}/del/applicant?check=1#f-contact_name"' in someone.page
    assert shown.web.objects == {}


def test_a_deadline_that_passes_while_the_page_is_open_is_said_first(someone: Applicant, shown: Remembered) -> None:
    """23:59:59 is on time; a second later the page says so before anything is sent, and sending then is deliberate."""
    written_and_checked(someone)
    closes = a_call().closes_at
    assert closes is not None
    shown.moment = closes
    someone.press()
    assert someone.status == 409
    assert "Fristen udløb, mens siden var åben" in words(someone.page)
    assert shown.web.objects == {}
    someone.press()
    assert len(shown.web.objects) == 1


def test_just_in_time_is_sent_at_once(someone: Applicant, shown: Remembered) -> None:
    """In the last second of the deadline nothing is asked."""
    written_and_checked(someone)
    closes = a_call().closes_at
    assert closes is not None
    shown.moment = closes - timedelta(seconds=1)
    someone.press()
    assert len(shown.web.objects) == 1


def test_what_was_sent_stays_and_is_corrected_in_a_new_draft(someone: Applicant, shown: Remembered) -> None:
    """A sent draft cannot be written in; its answers go on in another with a link of its own."""
    written_and_checked(someone).press()
    first = shown.web.only()
    assert open_section(someone).path == someone.draft
    someone.press()
    assert len(shown.web.kept) == 2
    (second,) = (one for one in shown.web.kept.values() if one.id != first.id)
    assert second.answers == first.answers
    assert second.sent_at is None
    assert second.id in someone.path


# -- the call changes ------------------------------------------------------------------------------------------------


def test_a_draft_goes_on_with_a_new_version_and_is_told(someone: Applicant, shown: Remembered) -> None:
    """Answers follow their fields' ids; what is new, changed and gone is said, and the new version is what is sent."""
    written_and_checked(someone)
    definition = a_call().model_dump(mode="json")
    fields = definition["form"]["sections"][0]["fields"]
    fields[3] = {"id": "reason", "type": "text", "label": {"da": "Begrundelse"}}
    fields[1]["max_length"] = 50
    shown.publish(Call.model_validate(definition))
    page = words(someone.get(f"{someone.draft}/tjek").page)
    assert "Skemaet er ændret, siden I begyndte" in page
    assert "Nyt: Begrundelse" in page
    assert "Ændret: Kontaktperson" in page
    assert "ikke bliver sendt: Baggrund" in page
    someone.press()
    (data,) = shown.web.objects.values()
    sent = json.loads(data)
    assert sent["version"] == 2
    assert sent["values"] == {"municipality": "Aarhus", "contact_name": "Prøve Person"}


def test_a_version_that_comes_between_checking_and_sending_is_seen_first(someone: Applicant, shown: Remembered) -> None:
    """What is sent is what was checked, by the form that it was checked by."""
    written_and_checked(someone)
    shown.publish(a_call(places=7))
    someone.press()
    assert someone.status == 409
    assert shown.web.objects == {}


# -- strangers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [{"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {"origin": "https://evil.example"}],
)
def test_forms_of_other_sites_are_refused(someone: Applicant, shown: Remembered, headers: dict[str, str]) -> None:
    """A form that another site's page sends changes nothing, even one that knows the link."""
    open_section(someone)
    action, fields = Forms(someone.page).forms[0]
    sent = urlencode([*fields, ("contact_name", "Fremmed")]).encode()
    for path in (action, f"{someone.draft}/tjek", f"{someone.draft}/ret", f"/puljer/{CALL}/udfyld"):
        someone.post(path, sent, **headers)
        assert someone.status == 403
    assert shown.web.only().answers == {}


@pytest.mark.parametrize("spoil", ["key", "revision", "cut", "empty", "latin"])
def test_half_a_form_changes_nothing(someone: Applicant, shown: Remembered, spoil: str) -> None:
    """Without its key, without its revision, cut short, or empty: 400, and what was saved stays."""
    open_section(someone).press("later", GOOD)
    action, fields = Forms(open_section(someone).page).forms[0]
    whole = urlencode(fields).encode()
    sent = {
        "key": urlencode([each for each in fields if each[0] != "key"]).encode(),
        "revision": urlencode([each for each in fields if each[0] != "revision"]).encode(),
        "cut": whole[:-12],
        "empty": b"",
        "latin": b"\xff\xfe=\xff&revision=1",
    }[spoil]
    assert someone.post(action, sent).status == 400
    assert shown.web.only().answers == GOOD


def test_a_form_that_is_too_large_is_refused_unread(someone: Applicant, shown: Remembered) -> None:
    """A megabyte and a byte is 413; ten thousand and one fields are 400."""
    action, _ = Forms(open_section(someone).page).forms[0]
    assert someone.post(action, b"a=" + b"x" * 1_000_000).status == 413
    assert someone.post(action, b"a=1&" * 10_001).status == 400
    assert shown.web.only().answers == {}


HOSTILE = (
    "<img src=x onerror=alert(1)>", "\"><script>alert(1)</script>", "{{ 7 * 7 }}", "javascript:alert(1)",
    "\u202egnp.exe", "'; DROP TABLE", "</textarea><script>", "&lt;b&gt;", "=1+1",
)  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
def test_s08_what_is_written_is_inert_on_every_page(shown: Remembered, hostile: str) -> None:
    """S8: markup, templates and turned writing in every field stand on every page as text, and come back unchanged."""
    call = every_call(shown)
    someone = Applicant(answer).begin(call.id)
    texts = [each.id for each in call.form.fields.values() if each.type not in ("table", "multi_choice")]
    wrong: dict[str, Any] = dict.fromkeys(texts, hostile) | {"partners.1.name": hostile, "topics": [hostile]}
    open_section(someone, "all").press("anyway", wrong)
    pages = [someone.page, someone.get(someone.draft).page, someone.get(f"{someone.draft}/del/all?check=1").page]
    for page in pages:
        assert "<img" not in page
        assert "<script>" not in page
        assert "49" not in re.findall(r"\b49\b", words(page))
        assert not re.findall(r'href="javascript:', page)
    assert dict(Forms(pages[2]).forms[0][1])["contact_name"] == hostile


def test_s10_nothing_that_was_written_is_logged(someone: Applicant, capsys: pytest.CaptureFixture[str]) -> None:
    """S10: neither answers nor links stand in what the function says, saved, refused or sent."""
    written_and_checked(someone, background="kanariefugl 010190-1234").press()
    secret = someone.draft.rpartition("/")[2]
    someone.post(f"{someone.draft}/del/applicant", b"kanariefugl")
    said = capsys.readouterr().out + capsys.readouterr().err
    for canary in ("kanariefugl", "010190", secret, "Prøve Person"):
        assert canary not in said


def test_s14_who_begins_or_saves_without_end_is_stopped(someone: Applicant, shown: Remembered) -> None:
    """S14: 30 drafts and 600 saves from one address in ten minutes; then 429, and what was saved stays."""
    for _ in range(29):
        assert Applicant(answer).begin(CALL).status == 200
    assert Applicant(answer).begin(CALL).status == 429
    assert len(shown.web.kept) == 30
    open_section(someone).press("later", GOOD)
    shown.web.counted = dict.fromkeys(shown.web.counted, 600)
    open_section(someone)
    assert someone.press("later", {"background": "Mere"}).status == 429
    assert "Intet af det, du har sendt, er gået tabt" in someone.page
    assert GOOD in [draft.answers for draft in shown.web.kept.values()]


def test_the_english_pages_are_english(shown: Remembered) -> None:
    """From the first page to the last, addresses and texts stay in the language that was begun in."""
    assert shown.versions
    someone = Applicant(answer).get(f"/en/calls/{CALL}/fill-in").press()
    assert someone.path.startswith("/en/draft/")
    someone.get(f"{someone.draft}/part/applicant")
    assert "Fields with * must be filled in" in someone.page
    someone.press("next", {"contact_email": "x"})
    assert "<title>Error: Applicant" in someone.page or "<title>Error: Ansøger" in someone.page
    someone.press("next", GOOD | {"contact_email": ""})
    assert someone.path.endswith("/check")
    assert "Send the application</button>" in someone.page
    someone.press()
    assert "The application has been sent" in someone.page
    assert 'href="/en/status/' in someone.page
    (ticket,) = shown.web.tickets.values()
    assert (ticket.language, ticket.file_name) == ("en", "Filled in online")
