"""Every command and option of the operator's command is in docs/commands.md, and nothing else is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from puljeport_cli.main import app

DOCUMENT = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its full name."""
    children = getattr(command, "commands", {})
    if not children:
        yield name, command
    for child, each in children.items():
        yield from commands(each, f"{name} {child}")


COMMANDS = dict(commands(typer.main.get_command(app), "puljeport"))
SECTIONS = dict(re.findall(r"^### `([^`]+)`\n(.*?)(?=^#|\Z)", DOCUMENT, flags=re.MULTILINE | re.DOTALL))


def test_every_command_has_a_section_with_an_example_and_no_section_is_left_over() -> None:
    """Each command has a heading of its own and an example that calls it; no heading names a command that is gone."""
    assert SECTIONS.keys() == COMMANDS.keys()
    for name, text in SECTIONS.items():
        assert f"`{name}" in text, f"{name} has no example"


def test_every_option_is_named_in_its_commands_section() -> None:
    """Each option stands in the section of its command, by every name it has."""
    for name, command in COMMANDS.items():
        for option in command.params:
            for word in [*option.opts, *option.secondary_opts]:
                if word.startswith("-") and word != "--help":
                    assert word in SECTIONS[name], f"{name} {word} is not documented"


def test_the_options_for_all_commands_are_documented_with_their_variable() -> None:
    """The options that choose the installation stand in the chapter about it, with the variable that sets each."""
    for option in typer.main.get_command(app).params:
        if option.name != "help":
            assert f"`{option.opts[0]}` | `{option.envvar}`" in DOCUMENT
