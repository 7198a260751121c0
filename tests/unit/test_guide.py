"""The guide as PDF and as HTML, from the same Markdown."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pikepdf import Array, Dictionary, Object, Pdf

from formfiles import sample_call
from puljeport import definitions
from puljeport.blanks import guide
from puljeport.errors import Unreadable
from puljeport.readers import read

CALL = sample_call()
MIXED = """# Vejledning

Et **fedt** og *kursivt* ord, `kode`, [et link](https://example.dk) og <post@example.dk>.

#### For dybt

3. tre
   - under
4. fire

| a | b |
|---|---|
| 1 | 2 |

> Citat

```
#panic()
```

---

![et billede](https://example.dk/billede.png) <script>alert(1)</script> [fælde](javascript:alert(1)) #panic() $x$
"""


def kinds(node: Object) -> list[str]:
    """The kinds of structure elements below `node`, in reading order."""
    if isinstance(node, Array):
        return [kind for child in node for kind in kinds(child)]
    if not isinstance(node, Dictionary):
        return []
    own = [str(node.S)] if "/S" in node else []
    return own + (kinds(node.K) if "/K" in node else [])


def test_the_pdf_is_tagged_as_the_markdown_is_built() -> None:
    """Headings, lists, tables and links are elements of their own kind, and no heading level is skipped."""
    data = guide.pdf(CALL, 3, MIXED)
    assert data == guide.pdf(CALL, 3, MIXED)
    with Pdf.open(BytesIO(data)) as document:
        found = kinds(document.Root.StructTreeRoot)
        assert str(document.Root.Lang) == "da-DK"
    assert [kind for kind in found if kind.startswith("/H") and kind[2:].isdigit()] == ["/H1", "/H2"]
    assert {"/L", "/LI", "/Table", "/TH", "/TD", "/Link", "/BlockQuote", "/Code", "/Strong", "/Em"} <= set(found)


def test_a_guide_without_a_heading_gets_the_calls_title() -> None:
    """A document needs a first heading; without one in the guide it is the call's title."""
    with Pdf.open(BytesIO(guide.pdf(CALL, 3, "Kun tekst."))) as document:
        assert kinds(document.Root.StructTreeRoot).count("/H1") == 1


def test_the_page_runs_and_fetches_nothing() -> None:
    """HTML in a guide is text, a script address no link, and a picture is told by its words."""
    page = guide.html(CALL, 3, MIXED).decode()
    assert '<html lang="da">' in page
    assert '<a href="https://example.dk">et link</a>' in page
    assert "&lt;script&gt;" in page
    assert not [bad for bad in ("<script", "<img", 'href="javascript', "src=") if bad in page]


@pytest.mark.parametrize("folder", ["medborgerskab-2018", "frivillig-faellesskaber-2027"])
def test_the_guides_of_the_checkout_can_be_made(folder: str) -> None:
    """Both guides become PDF and HTML with their headings."""
    definition = definitions.load(Path(__file__).parents[2] / "calls" / folder)
    assert guide.pdf(definition.call, 1, definition.guide).startswith(b"%PDF-")
    assert b"<h2>" in guide.html(definition.call, 1, definition.guide)


def test_a_guide_sent_back_as_a_form_is_told_apart() -> None:
    """Who sends the guide instead of the form is told just that."""
    with pytest.raises(Unreadable) as caught:
        read(guide.pdf(CALL, 3, MIXED), "skema.pdf")
    assert caught.value.problem.code == "guide_returned"
