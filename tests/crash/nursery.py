"""A process that has everything loaded and does nothing but fork: each child is a whole bot, at the cost of its work.

It reads orders as lines of JSON: the environment of a bot, where to send its log, and the port at which its effects
are listened to. It ends, and its children with it, when its standard input does.
"""

import functools
import gc
import json
import os
import signal
import socket
import ssl
import sys
from importlib import import_module
from typing import Any

import httpx
import typer

from bot.cli.serve.command import serve
from tests.crash.effects import Effects, watch

# What a bot would load when it needs it first.
_LOADED_LATE = (
    "anyio._backends._asyncio",
    "bot.slack.app",
    "certifi",
    "encodings.idna",
    "h11",
    "httpcore",
    "phonenumbers.data.region_US",
    "uvicorn.lifespan.off",
)


def main() -> None:
    """Fork a bot for each order."""
    for module in _LOADED_LATE:
        import_module(module)
    # Each client would read what the machine trusts, for 30 ms, and none here speaks TLS.
    ssl.create_default_context = functools.cache(ssl.create_default_context)  # type: ignore[assignment]  # As it was.
    httpx.create_ssl_context()
    gc.freeze()
    # Nobody waits for the children here: whoever ordered one hears of its end by its socket.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        if os.fork() == 0:
            _live(order)
            os._exit(1)


def _live(order: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(log, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(order["environment"])
    told = socket.create_connection(("127.0.0.1", order["port"]))
    told.sendall(f"{order['name']} {os.getpid()}\n".encode())
    watch(Effects(told))
    try:
        serve(only=None)
    except typer.Exit as end:
        os._exit(end.exit_code)
    os._exit(0)


if __name__ == "__main__":
    main()
