"""Runs the command line on a tether: the process ends when whoever started it is gone, even when that was killed.

The starter holds the other end of standard input and writes nothing. When it goes, the operating system closes it.
"""

import os
import signal
import sys
import threading

from bot.cli.main import main

_GRACE_SECONDS = 10


def _watch() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    # A process that cannot end by itself must not outlive its starter either.
    threading.Timer(_GRACE_SECONDS, os._exit, [1]).start()


if __name__ == "__main__":
    threading.Thread(target=_watch, daemon=True).start()
    main()
