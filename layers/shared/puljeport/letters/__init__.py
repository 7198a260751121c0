"""Letters: what people read. A notice becomes a message to a contact (SNS) or a letter to an applicant (SES).

The words are templates, one file per audience and language (`templates/contact.da.j2` …), with one macro per event. A
macro is written once and rendered twice, as text and as HTML (`rendering`). Nothing here is sent, and nothing from
outside is trusted: every name stands on one line, and of the answers only those kinds are repeated that can be misread
and tell nothing of a person (`readback`).
"""

from __future__ import annotations

from puljeport.letters.applicants import to_applicant
from puljeport.letters.contacts import to_contact
from puljeport.letters.parts import Letter, Links, Message, one_line

__all__ = ["Letter", "Links", "Message", "one_line", "to_applicant", "to_contact"]
