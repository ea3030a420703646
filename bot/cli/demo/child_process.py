"""Runs the command line on a tether: the process ends when whoever started it is gone, even when that was killed.

The starter holds the other end of standard input and writes nothing. When it goes, the operating system closes it.
"""

import os
import signal
import threading
import time

from bot.cli.main import main

_STANDARD_INPUT = 0
_GRACE_SECONDS = 10


def _watch() -> None:
    # Read below Python's buffer, whose lock would be held when the interpreter ends.
    while os.read(_STANDARD_INPUT, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    # A process that cannot end by itself must not outlive its starter either.
    time.sleep(_GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_watch, daemon=True).start()
    main()
