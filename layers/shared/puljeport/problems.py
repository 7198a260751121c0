"""Problems: what is wrong with a file or a value, where, and what to write instead.

Every problem that Puljeport can find is a row of `CATALOGUE`, so that the codes can be documented and the texts
reviewed in one place. `{…}` in a text is filled from the finding's own facts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from puljeport.texts import Text


class Severity(StrEnum):
    """ERROR: must be corrected before the application counts. WARNING: it counts, but somebody should look."""

    ERROR = "error"
    WARNING = "warning"


class Kind(NamedTuple):
    """One row of the catalogue: severity and the text in both languages, with `{…}` for the facts."""

    severity: Severity
    text: Text


class Problem(BaseModel):
    """One finding. `field` is a field id, `table[2].column` for a cell (rows from 1), or None for the whole file."""

    model_config = ConfigDict(frozen=True)

    code: str
    severity: Severity
    message: Text
    field: str | None = None
    label: Text | None = None
    place: Text | None = None


def _error(da: str, en: str) -> Kind:
    return Kind(Severity.ERROR, Text(da=da, en=en))


def _warning(da: str, en: str) -> Kind:
    return Kind(Severity.WARNING, Text(da=da, en=en))


CATALOGUE: dict[str, Kind] = {
    # -- the file --
    "too_large": _error(
        "Filen fylder {size_mb} MB; den må højst fylde {limit_mb} MB. Fjern billeder fra skemaet, eller send bilag for sig.",
        "The file is {size_mb} MB; the limit is {limit_mb} MB. Remove pictures from the form, or send attachments separately.",
    ),
}


def problem(
    code: str,
    *,
    field: str | None = None,
    label: Text | None = None,
    place: Text | None = None,
    **facts: object,
) -> Problem:
    """The problem `code` of the catalogue with its texts filled in.

    `facts` fill the `{…}` of both texts; a fact that is a `Text` is given in the language of each.
    Raises KeyError for a code or a fact that the catalogue does not know: that is our own mistake, never the input's.
    """
    kind = CATALOGUE[code]
    message = Text(
        da=kind.text.da.format_map({k: v.da if isinstance(v, Text) else v for k, v in facts.items()}),
        en=kind.text.get("en").format_map({k: v.get("en") if isinstance(v, Text) else v for k, v in facts.items()}),
    )
    return Problem(code=code, severity=kind.severity, message=message, field=field, label=label, place=place)
