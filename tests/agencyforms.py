"""Forms as agencies make them by themselves: Word tables, no marks of ours."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import docx

ASKED = (
    ("Ansøger", ("Kommune *", "CVR-nummer *", "Kontaktperson *", "Kontaktpersonens e-mail *", "Telefonnummer")),
    ("Projektet", ("Projektets titel", "Beskriv projektets formål og målgruppe *", "Startdato", "Antal deltagere",
                   "Ansøgt beløb i kr.", "Hvilken model søger I om?", "Har I søgt før?")),
)  # fmt: skip
BOXES = {"Hvilken model søger I om?": ("Model A", "Model B", "Model C"), "Har I søgt før?": ("Ja", "Nej")}
COLUMNS = ("Navn", "E-mail", "Rolle i projektet")
DECLARATION = "Vi bekræfter, at oplysningerne er rigtige *"


def agency_form(answers: Mapping[str, str | list[list[str]]] | None = None) -> bytes:
    """A form with a title, two sections of labels and answers, a table of partners, and a declaration.

    `answers` by label; boxes are ticked by their own words.
    """
    given = answers or {}
    document = docx.Document()
    document.add_heading("Ansøgningsskema: Puljen for godt naboskab", 0)
    document.add_paragraph("Send skemaet til tilskud@example.dk senest den 1. marts.")
    for number, (title, labels) in enumerate(ASKED, 1):
        document.add_heading(f"{number}. {title}", 1)
        table = document.add_table(rows=0, cols=2)
        for label in labels:
            cells = table.add_row().cells
            cells[0].text, cells[1].text = label, _answer(label, str(given.get(label, "")))
    document.add_heading("3. Samarbejdspartnere", 1)
    document.add_paragraph("Partnere")
    rows = given.get("Partnere", [])
    partners = document.add_table(rows=1, cols=3)
    for cell, label in zip(partners.rows[0].cells, COLUMNS, strict=True):
        cell.text = label
    for row in [*(rows if isinstance(rows, list) else []), [""] * 3]:
        for cell, text in zip(partners.add_row().cells, row, strict=True):
            cell.text = text
    document.add_heading("4. Underskrift", 1)
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text = DECLARATION
    table.rows[0].cells[1].text = f"{'☒' if given.get(DECLARATION) else '☐'} Ja"
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _answer(label: str, answer: str) -> str:
    if label not in BOXES:
        return answer
    separator = " " if len(BOXES[label]) == 2 else "\n"
    return separator.join(f"{'☒' if box == answer else '☐'} {box}" for box in BOXES[label])
