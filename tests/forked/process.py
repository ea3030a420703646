"""A command line of the bot in a forked process."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Protocol

_forkserver = get_context("forkserver")
_forkserver.set_forkserver_preload(["tests.forked.loaded"])


class Process(Protocol):
    """What tests do with a process; `asyncio.subprocess.Process` is one."""

    @property
    def returncode(self) -> int | None: ...

    def send_signal(self, number: int) -> None: ...

    async def wait(self) -> int: ...


class Forked:
    """One such process."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process

    @property
    def returncode(self) -> int | None:
        """The exit code, negative after a signal; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal. Raises ProcessLookupError when it has ended."""
        if self._process.pid is None or self._process.exitcode is not None:
            raise ProcessLookupError
        os.kill(self._process.pid, number)

    async def wait(self) -> int:
        """Wait for its end; return the exit code."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode


def fork(
    arguments: list[str], environment: dict[str, str], log: Path, *, before: Callable[[], None] | None = None
) -> Forked:
    """Start `python -m bot` with these arguments, in this folder; what it prints goes to `log`.

    `before` is called in the new process, before anything of the bot.
    """
    log.touch()
    process = _forkserver.Process(target=_live, args=(arguments, environment, str(log), before), daemon=True)
    process.start()
    return Forked(process)


def _live(arguments: list[str], environment: dict[str, str], log: str, before: Callable[[], None] | None) -> None:
    from bot.cli.main import main  # noqa: PLC0415 - as late as a start would.

    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(out, number)
    os.close(out)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["route-number", *arguments]
    if before is not None:
        before()
    main()
