"""Fills a PDF blank in as a PDF program would leave it: for the demonstration and for tests."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from pikepdf import Array, Name, Object, Pdf, String

from puljeport import marks
from puljeport_cli.fill import YES, Answers


def fill_pdf(blank: bytes, answers: Answers) -> bytes:
    """The blank with answers by field id: a text, the ids of ticked choices, or rows of texts by column id.

    The answer to a list or to buttons may be the choice's id or what is shown; a declaration is ticked by "ja" or
    "yes". Raises KeyError for a field, a choice or a row that the blank does not have.
    """
    with Pdf.open(BytesIO(blank)) as pdf:
        fields = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        for key, text in _by_key(answers):
            name = marks.flat(key)
            if name not in fields:
                raise KeyError(f"the blank has no field {key!r}")
            _write(fields[name], text)
        # Whoever shows the file draws the answers: this only stores them.
        pdf.Root.AcroForm.NeedAppearances = True
        buffer = BytesIO()
        pdf.save(buffer, deterministic_id=True)
        return buffer.getvalue()


def _by_key(answers: Answers) -> Iterator[tuple[str, str]]:
    for field, answer in answers.items():
        if isinstance(answer, str):
            yield field, answer
            continue
        for number, item in enumerate(answer, 1):
            if isinstance(item, dict):
                yield from ((f"{field}.{column}.{number}", text) for column, text in item.items())
            else:
                yield f"{field}.{item}", "ja"


def _write(field: Object, text: str) -> None:
    kids = field.get("/Kids")
    if kids is not None:
        _press(field, kids, text)
    elif field.FT == "/Btn":
        on = next(state for state in field.AP.N.keys() if state != "/Off")  # noqa: SIM118 - pikepdf iterates values
        field.V = field.AS = Name(on) if text.strip().casefold() in YES else Name.Off
    elif text:
        field.V = String(_value(field, text))


def _value(field: Object, text: str) -> str:
    options = [option for option in Array(field.get("/Opt", Array())) if isinstance(option, Array)]
    return next((str(value) for value, shown in options if str(shown) == text), text)


def _press(field: Object, kids: Object, text: str) -> None:
    pressed = False
    for kid in Array(kids):
        on = next(state for state in kid.AP.N.keys() if state != "/Off")  # noqa: SIM118 - pikepdf iterates values
        shown = str(kid.TU).partition(marks.HINT)[0].rpartition(": ")[2]
        wanted = text.casefold() in (on.removeprefix("/"), shown.casefold())
        kid.AS = Name(on) if wanted else Name.Off
        if wanted:
            field.V, pressed = Name(on), True
    if text and not pressed:
        raise KeyError(f"{field.T} has no button {text!r}")
