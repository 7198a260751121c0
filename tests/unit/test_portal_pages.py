"""The portal's pages: what is on them, in both languages, and what stands on them when the call is hostile."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from builders import MIDWAY, a_call, http_event
from portal import addresses
from portals import Remembered, again, answer, body
from puljeport.texts import LANGUAGES, Language

pytestmark = pytest.mark.usefixtures("shown")

HOSTILE = '"><img src=x onerror=alert(1)></script><script>alert(2)</script>\u202e{{1337*1337}}'


class Tags(HTMLParser):
    """All tags of a page with their attributes, in order, and its visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


def get(path: str, query: str = "", status: int = 200) -> Tags:
    """A page that is there."""
    answered = answer(http_event(path, query=query))
    assert answered["statusCode"] == status, path
    return Tags(body(answered))


PAGES = [(name, language) for name in ("list", "call", "guide", "accessibility", "privacy") for language in LANGUAGES]


@pytest.mark.parametrize(("name", "language"), PAGES)
def test_every_page_says_its_language_and_where_the_other_is(name: str, language: Language) -> None:
    """The page's language stands on it, and links and hreflang lead to the same page in the other and back."""
    parts = {} if name in ("list", "accessibility", "privacy") else {"call": "samvaer-2018"}
    page = get(addresses.path(name, language, **parts))
    (html,) = page.all("html")
    assert html["lang"] == language
    origin = "https://abc123.execute-api.eu-north-1.amazonaws.com"
    paths = {each: addresses.path(name, each, **parts) for each in LANGUAGES}
    alternates = {link["hreflang"]: link["href"] for link in page.all("link") if "hreflang" in link}
    assert alternates == {"da": origin + paths["da"], "en": origin + paths["en"], "x-default": origin + paths["da"]}
    other = addresses.other(language)
    assert {"href": paths[other], "lang": other} in [
        {"href": a.get("href"), "lang": a.get("lang")} for a in page.all("a")
    ]
    assert [link["href"] for link in page.all("link") if link.get("rel") == "canonical"] == [origin + paths[language]]


@pytest.mark.parametrize(("name", "language"), PAGES)
def test_every_link_leads_somewhere(name: str, language: Language) -> None:
    """Each link of a page to the portal itself is answered, and each within a page has something to lead to."""
    parts = {} if name in ("list", "accessibility", "privacy") else {"call": "samvaer-2018"}
    page = get(addresses.path(name, language, **parts))
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    for link in page.all("a") + page.all("link"):
        href = link["href"]
        assert href
        if href.startswith("#"):
            assert href[1:] in ids, href
        elif href.startswith("/"):
            assert answer(http_event(href.partition("?")[0].partition("#")[0]))["statusCode"] == 200, href


@pytest.mark.parametrize(("name", "language"), PAGES)
def test_headings_skip_no_level_and_no_id_is_there_twice(shown: Remembered, name: str, language: Language) -> None:
    """A screen reader's outline: one h1, and never a heading two levels below the one before."""
    shown.publish(a_call(description={"da": "# Stor\n\n##### Lille\n\ntekst"}), guide="#### Dyb\n\n# Høj\n\n###### Lav")
    parts = {} if name in ("list", "accessibility", "privacy") else {"call": "samvaer-2018"}
    page = get(addresses.path(name, language, **parts))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1 or name == "guide"
    for before, after in pairwise(levels):
        assert after <= before + 1, levels
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_list_has_every_stage_with_its_times(shown: Remembered) -> None:
    """Open, upcoming, closed and awarded calls stand under headings of their own, with what comes next in words."""
    call = a_call()
    day = MIDWAY.replace(tzinfo=None, hour=0, minute=0)
    for name, opens, deadline in (("kommer-2018", 10, 40), ("lukket-2018", -20, -2)):
        times = {"opens": day + timedelta(days=opens), "deadline": day + timedelta(days=deadline)}
        shown.publish(again(call, id=name, **times))
    given = {"date": "2018-03-10", "awards": [{"applicant": "751"}]}
    shown.publish(again(call, id="fordelt-2018", deadline="2018-03-01T12:00:00", distributed=given))
    text = re.sub(r"\s+", " ", get("/").text)
    order = [text.index(words) for words in ("Åbne puljer", "Kommende puljer", "Lukkede puljer", "Fordelte puljer")]
    assert order == sorted(order)
    assert "Frist om 20 dage mandag den 9. april 2018 kl. 23.59 (dansk tid)" in text
    assert "Åbner om 10 dage fredag den 30. marts 2018" in text
    assert "Fristen var søndag den 18. marts 2018 kl. 00.00 (dansk tid)" in text
    assert "Deadline in 20 days Monday 9 April 2018 at 23:59 (Danish time)" in re.sub(r"\s+", " ", get("/en").text)


def test_the_list_is_searched_and_filtered_without_javascript(shown: Remembered) -> None:
    """A search finds by words in any order and case; a filter by who may apply; nothing found says what to do."""
    other = again(
        a_call(),
        id="foreninger",
        title={"da": "Fodbold"},
        who_can_apply={"kinds": ["association"], "text": {"da": "F"}},
    )
    shown.publish(other)
    assert "Fodbold" not in get("/", "q=SAMV%C3%86R+st%C3%B8tte").text
    assert "Fandt 1 af 2 puljer" in re.sub(r"\s+", " ", get("/", "q=samv%C3%A6r").text)
    found = get("/", "kind=association")
    assert "Fodbold" in found.text
    assert "Støtte til samvær" not in found.text
    assert [option["value"] for option in found.all("option") if "selected" in option] == ["association"]
    assert "Prøv med færre ord" in get("/", "q=zebra&kind=company").text
    assert get("/", "kind=martian").text == get("/").text
    (form,) = found.all("form")
    assert (form["method"], form["action"]) == ("get", "/")


def test_a_search_is_kept_when_the_language_is_changed() -> None:
    """The link to the other language carries what was searched for."""
    links = [a["href"] for a in get("/", "q=samv%C3%A6r&kind=municipality").all("a")]
    assert "/en?q=samv%C3%A6r&kind=municipality" in links


def test_an_empty_portal_says_so(shown: Remembered) -> None:
    """With no call at all there is a sentence rather than an empty page."""
    shown.versions.clear()
    assert "Der er ingen åbne puljer lige nu." in get("/").text
    assert "No call is open at the moment." in get("/en").text
    assert "Der er endnu ingen puljer." in get("/privatliv").text


def test_a_call_shows_all_that_an_applicant_needs(shown: Remembered) -> None:
    """What it is, who can apply, deadline with weekday and zone, places, documents with size, contacts, history."""
    choices = {
        "id": "model", "type": "choice", "label": {"da": "Hvilken model?"},
        "choices": [
            {"id": "a", "label": {"da": "Model A"}, "description": {"da": "Med kaffe."}},
            {"id": "b", "label": {"da": "Model B"}},
        ],
    }  # fmt: skip
    bilag = {"id": "bilag", "type": "attachment", "label": {"da": "Regnskab"}}
    form = a_call().form.model_dump(mode="json")
    form["sections"][0]["fields"] += [choices, bilag]
    link = {"kind": "link", "title": {"da": "Håndbogen"}, "url": "https://example.dk/h.pdf"}
    shown.publish(again(a_call(), form=form, places=3, documents=[link]))
    page = get("/puljer/samvaer-2018")
    text = re.sub(r"\s+", " ", page.text)
    for words in (
        "Støtte til samvær", "Åben", "Frist om 20 dage", "andag den 9. april 2018", "(dansk tid)", "Kommuner",
        "Pladser", "Hvilken model?", "Model A", "Med kaffe.", "Word-skema (DOCX, 1 kB)", "In English (1 kB)",
        "Hent vejledningen som PDF", "Håndbogen", "Regnskab", "Ansøgningsskema, frist og regler",
        "administration@example.dk", "Puljens faglige indhold", "Sidst opdateret den 27. februar 2018",
        "Ansøgningsskemaet er ændret", "Puljen blev offentliggjort",
    ):  # fmt: skip
        assert words in text, words
    hrefs = [a["href"] for a in page.all("a")]
    assert "mailto:administration@example.dk" in hrefs
    assert "/puljer/samvaer-2018/dokumenter/ansoegningsskema.docx" in hrefs


def test_a_distributed_call_shows_who_got_a_place(shown: Remembered) -> None:
    """Municipalities are named, a CVR number stands for itself, with the choice or the amount."""
    given = {"date": "2018-05-14", "awards": [{"applicant": "751", "amount": "250000"}], "note": {"da": "Tillykke."}}
    shown.publish(again(a_call(), distributed=given))
    shown.moment += timedelta(days=200)
    text = get("/puljer/samvaer-2018").text
    for words in ("Fordelt", "Tillykke.", "Aarhus Kommune", "250.000,00 kr.", "14. maj 2018"):
        assert words in text, words
    assert "Hent ansøgningsskemaet" not in text
    assert "Aarhus Municipality" in get("/en/calls/samvaer-2018").text


def test_a_call_whose_rounds_are_over_says_that_it_is_open_all_the_time(shown: Remembered) -> None:
    """After its last round there is no moment to name, nor a number of days: not in words, and not for programs."""
    shown.publish(again(a_call(), deadline=None, periods=[{"id": "spring", "until": "2018-05-01T12:00:00"}]))
    shown.moment += timedelta(days=100)
    for path in ("/", "/puljer/samvaer-2018", "/puljer/samvaer-2018/indsend"):
        page = get(path)
        assert "løbende" in page.text
        assert "None" not in page.text
        assert all(time["datetime"] for time in page.all("time"))


def test_what_is_not_translated_says_that_it_is_danish(shown: Remembered) -> None:
    """On an English page, a text without an English version is marked as Danish, so that it is read out right."""
    shown.publish(again(a_call(), title={"da": "Kun på dansk"}))
    page = answer(http_event("/en/calls/samvaer-2018"))["body"]
    assert '<h1><span lang="da">Kun på dansk</span></h1>' in page


def test_the_structured_data_is_json_and_names_the_call(shown: Remembered) -> None:
    """What search engines read is valid JSON of a grant with its times, and closes no script early."""
    shown.publish(again(a_call(), title={"da": HOSTILE}))
    page = answer(http_event("/puljer/samvaer-2018"))["body"]
    ((attributes, data),) = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert attributes == ' type="application/ld+json"'
    found = json.loads(data)
    assert found["@type"] == "Grant"
    assert found["name"] == HOSTILE
    assert found["potentialAction"]["endTime"] == "2018-04-09T21:59:59+00:00"


def _hostile(value: Any) -> Any:
    """A definition with every text that people read made hostile."""
    if isinstance(value, dict):
        if set(value) <= {"da", "en"} and value:
            return {"da": f"{HOSTILE} [x](javascript:alert(3))", "en": HOSTILE}
        return {key: _hostile(inner) for key, inner in value.items()}
    return [_hostile(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("name", "language"), PAGES)
def test_s08_hostile_texts_of_a_call_are_inert(shown: Remembered, name: str, language: Language) -> None:
    """S8: markup, script addresses and template signs in every text of a call and its guide stay text."""
    shown.publish(
        _hostile_call(), guide=f"# {HOSTILE}\n\n[x](javascript:alert(1)) <javascript:alert(1)> ![p](https://e.dk/x)"
    )
    parts = {} if name in ("list", "accessibility", "privacy") else {"call": "samvaer-2018"}
    page = get(addresses.path(name, language, **parts))
    assert not page.all("img")
    for tag, attributes in page.tags:
        assert tag != "script" or attributes == {"type": "application/ld+json"}, attributes
        for attribute, value in attributes.items():
            assert not attribute.startswith("on"), attributes
            assert attribute != "style", attributes
            assert not re.match(r"\s*javascript:", value or "", re.IGNORECASE), attributes
    assert "1787569" not in page.text
    assert name == "accessibility" or "onerror=alert(1)" in page.text


def _hostile_call() -> Any:
    call = a_call()
    return type(call).model_validate(_hostile(call.model_dump(mode="json")))


def test_s08_a_hostile_search_is_inert() -> None:
    """S8: what is searched for comes back as the value of a field, and as nothing else."""
    page = get("/", "q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert not page.all("script")
    assert [each["value"] for each in page.all("input")] == ['"><script>alert(1)</script>']
