"""What can go wrong in a command, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from typer import Exit
from typer.core import TyperGroup

from puljeport.errors import Contention, DefinitionError, PuljeportError, UnknownCall, UnknownSubmission
from puljeport_cli import screen


class Code(IntEnum):
    """Exit codes of every command. 2 is also what the command line itself answers to a wrong option."""

    OK = 0
    ERRORS = 1
    UNREADABLE = 2
    FAILED = 3


class Failure(Exception):
    """Something a command cannot do now. The message is one line that says what, and what to do."""

    def __init__(self, message: str, code: Code = Code.FAILED) -> None:
        super().__init__(message)
        self.code = code


class Commands(TyperGroup):
    """A group whose own options may stand anywhere, and whose failures are one clear line instead of a traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line as if the group's options stood first, where people do not always put them."""
        own = {name for option in self.params if option.name != "help" for name in option.opts}
        return super().parse_args(ctx, hoisted(args, own))

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        with failures_shown():
            return super().invoke(ctx)


def hoisted(args: list[str], names: set[str]) -> list[str]:
    """The arguments with those options that are in `names` (each takes one value) moved to the front."""
    front, rest, left = [], [], iter(args)
    for arg in left:
        if arg == "--":
            rest += [arg, *left]
        elif arg in names:
            front += [arg, *[value for value in [next(left, None)] if value is not None]]
        else:
            (front if arg.partition("=")[0] in names else rest).append(arg)
    return front + rest


@contextmanager
def failures_shown() -> Iterator[None]:
    """Turn every error that we expect into a line on the error output and the exit code that belongs to it."""
    try:
        yield
    except Failure as failure:
        screen.error(str(failure))
        raise Exit(failure.code) from None
    except (PuljeportError, BotoCoreError, ClientError, OSError) as error:
        code, line = explain(error)
        screen.error(line)
        raise Exit(code) from None


def explain(error: Exception) -> tuple[Code, str]:
    """The exit code and the line for an error of ours, of AWS, or of the operating system."""
    match error:
        case DefinitionError():
            return Code.ERRORS, str(error)
        case UnknownSubmission():
            return Code.ERRORS, f"No submission has the id or reference {error}."
        case UnknownCall():
            return Code.ERRORS, f"No call is published under the id {error}."
        case Contention():
            return Code.FAILED, f"Somebody else changed the same record ({error}). Try again."
        case ClientError():
            fault = error.response.get("Error", {})
            said = f"{fault.get('Code', '?')}: {fault.get('Message', '')}".rstrip(": ")
            return Code.FAILED, f"AWS refused {error.operation_name}: {said}"
        case _:
            return Code.FAILED, str(error) or type(error).__name__
