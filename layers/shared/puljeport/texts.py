"""Text in the languages of the people who read it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Literal["da", "en"]
LANGUAGES: tuple[Language, ...] = ("da", "en")


class Text(BaseModel):
    """A text in Danish, and in English where one is given.

    Danish is the language of the authority and always there; English falls back to it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    da: str = Field(min_length=1)
    en: str | None = Field(default=None, min_length=1)

    def get(self, language: Language) -> str:
        """The text in `language`, or in Danish where it was not translated."""
        return (self.en or self.da) if language == "en" else self.da
