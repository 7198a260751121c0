"""The portal over moto: what it reads of the table and the bucket is what publishing put there."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from builders import a_call, http_event
from portals import again, answer, body
from puljeport.documents import Documents, folder
from puljeport.errors import ObjectGone
from worlds import DOCUMENTS, World, worker_client


@pytest.fixture
def shown(shown: World) -> World:
    """The portal's world, in which the small call was published with one form."""
    for name in ("ansoegningsskema.docx", "application-form.docx"):
        shown.s3.put_object(Bucket=DOCUMENTS, Key=folder("samvaer-2018", 1) + name, Body=name.encode())
    return shown


def test_a_published_call_is_listed_shown_and_its_form_handed_out(shown: World) -> None:
    """List, page and document come from the table and the bucket."""
    assert "Støtte til samvær" in body(answer(http_event("/")))
    assert "Word-skema" in body(answer(http_event("/puljer/samvaer-2018")))
    form = answer(http_event("/puljer/samvaer-2018/dokumenter/application-form.docx"))
    assert (form["statusCode"], body(form)) == (200, "application-form.docx")
    assert shown.states() == {}


def test_versions_come_oldest_first_also_after_the_ninth(shown: World) -> None:
    """Eleven versions are eleven changes in order: the tenth does not sort before the second."""
    for places in range(1, 11):
        shown.clock.advance(days=1)
        shown.publish(again(a_call(), places=places))
    assert [one.version for one in shown.store.call_versions("samvaer-2018")] == list(range(1, 12))
    page = body(answer(http_event("/puljer/samvaer-2018")))
    assert page.index("(version 11)") < page.index("(version 10)") < page.index("(version 2)")


def test_a_call_that_is_published_while_its_page_is_made_is_whole(
    shown: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that comes between the two reads is not mixed into the page of the one before."""
    real = shown.store.call_versions

    def meanwhile(call: str) -> object:
        shown.clock.advance(days=1)
        shown.publish(again(a_call(), title={"da": "Nyere"}))
        return real(call)

    monkeypatch.setattr(shown.store, "call_versions", meanwhile)
    page = body(answer(http_event("/puljer/samvaer-2018")))
    assert "Støtte til samvær" in page
    assert "Nyere" not in page
    assert "(version 2)" not in page


def test_documents_of_a_version_are_told_from_those_of_another(shown: World) -> None:
    """`v1` does not list what lies under `v10`; what is not there is gone; what is refused is an error."""
    documents = Documents(worker_client("s3"), DOCUMENTS)
    shown.s3.put_object(Bucket=DOCUMENTS, Key=folder("samvaer-2018", 10) + "guide.pdf", Body=b"x" * 3)
    assert [kept.name for kept in documents.of("samvaer-2018", 1)] == ["ansoegningsskema.docx", "application-form.docx"]
    (guide,) = documents.of("samvaer-2018", 10)
    assert (guide.name, guide.size) == ("guide.pdf", 3)
    with pytest.raises(ObjectGone):
        documents.fetch("samvaer-2018", 1, "guide.pdf")
    with pytest.raises(ClientError):
        Documents(worker_client("s3"), "nobodys").fetch("samvaer-2018", 1, "guide.pdf")


@pytest.mark.parametrize("operation", ["Query", "GetItem", "ListObjectsV2", "GetObject"])
def test_r14_an_error_of_aws_becomes_a_page_that_says_so(shown: World, operation: str) -> None:
    """R14: whatever of AWS fails, the reader gets a page of ours with 500, and the next reader the page itself."""
    paths = {
        "Query": "/", "GetItem": "/puljer/samvaer-2018", "ListObjectsV2": "/puljer/samvaer-2018",
        "GetObject": "/puljer/samvaer-2018/dokumenter/application-form.docx",
    }  # fmt: skip
    shown.faults.fail(operation, RuntimeError("AWS is down"))
    answered = answer(http_event(paths[operation]))
    assert (answered["statusCode"], "Prøv igen" in body(answered)) == (500, True)
    shown.faults.heal()
    assert answer(http_event(paths[operation]))["statusCode"] == 200
