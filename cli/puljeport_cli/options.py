"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from puljeport.texts import Language

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead.")]
Label = Annotated[str, typer.Argument(metavar="ID", help="The submission's id, or its reference.")]
InLanguage = Annotated[Language, typer.Option("--lang", help="Language of what applicants read.")]
