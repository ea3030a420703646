"""How a command ends early: one clear line on standard error, and the exit code."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import typer

from bot.settings import Group, SettingsError, read_settings
from bot.store.errors import BadDatabaseUrl, DatabaseUnavailable

CHECK_FAILED = 1
WRONG_USAGE = 2

GroupT = TypeVar("GroupT", bound=Group)
ResultT = TypeVar("ResultT")


def stop(*sentences: str, code: int = WRONG_USAGE) -> NoReturn:
    """Print the sentences, one a line, and end the command."""
    for sentence in sentences:
        typer.echo(sentence, err=True)
    raise typer.Exit(code)


def settings_or_stop(group: type[GroupT]) -> GroupT:
    """Read settings; what is wrong ends the command, one line a setting."""
    try:
        return read_settings(group)
    except SettingsError as error:
        stop(*error.problems)


def run(
    work: Coroutine[Any, Any, ResultT], *, make_loop: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> ResultT:
    """Run the asynchronous part of a command; a database that cannot be used ends it with one line."""
    try:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            return runner.run(work)
    except BadDatabaseUrl as error:
        stop(f"DATABASE_URL cannot be used. {error}")
    except DatabaseUnavailable as error:
        stop(f"The database of DATABASE_URL cannot be used. {error}")
