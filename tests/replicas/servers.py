"""A PostgreSQL of its own for one test, with a standby that has every commit before it is answered."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.postgresql_server import USER, _free_port, _readable_by_all, _somebody

# Nothing survives the machine here; what a server that was killed had written is read again.
_OPTIONS = "-h 127.0.0.1 -c unix_socket_directories='' -c max_connections=200 -c fsync=off -c full_page_writes=off"
# The shell outlives a test run that was killed: its standard input ends then, and it stops the servers and cleans up.
_CLEAN_UP = """
cat >/dev/null
for data in "$2"/primary "$2"/standby; do
    [ -f "$data/postmaster.pid" ] && "$1/pg_ctl" -D "$data" -m immediate stop >/dev/null 2>&1 </dev/null
done
rm -rf "$2"
"""


class Server:
    """One server; its data outlives it."""

    def __init__(self, tools: "Tools", name: str) -> None:
        self.port = _free_port()
        self._tools = tools
        self.data = tools.home / name

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"{_OPTIONS} -p {self.port} -c wal_retrieve_retry_interval=100ms"
        await self._control("start", "-l", f"{self.data}.log", "-o", options)

    async def kill(self) -> None:
        """End it as a crash does."""
        await self._control("stop", "-m", "immediate")

    async def promote(self) -> None:
        """Let a standby take writes."""
        await self._control("promote")

    async def copy_to(self, standby: "Server") -> None:
        """Make a standby that follows this server."""
        to, whom = ("-D", str(standby.data)), ("-h", "127.0.0.1", "-p", str(self.port), "-U", USER)
        await self._tools.run("pg_basebackup", *to, *whom, "-R", "-X", "stream", "-c", "fast", "--no-sync")

    async def _control(self, *arguments: str) -> None:
        await self._tools.run("pg_ctl", "-D", str(self.data), "-w", *arguments)


class Tools:
    """The programs of a server, run as somebody who may."""

    def __init__(self, binaries: Path, home: Path) -> None:
        self.home = home
        self.user = _somebody() if os.geteuid() == 0 else None
        if self.user is not None:
            binaries = _readable_by_all(binaries, home)
            shutil.chown(home, self.user)
        self.binaries = binaries

    async def run(self, program: str, *arguments: str) -> None:
        """Run one to its end. Raises RuntimeError with what it said."""
        said = self.home / "tools.log"
        with said.open("a") as log:
            # Not a pipe: a server that was started keeps it open.
            whole = str(self.binaries / program)
            process = await asyncio.create_subprocess_exec(
                whole, *arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.as_user()
            )
            code = await process.wait()
        if code:
            raise RuntimeError(f"{program} {arguments}: {said.read_text()[-2000:]}")

    def clean_up_at_the_end(self) -> "subprocess.Popen[bytes]":
        """Start what stops the servers and removes their data when its standard input ends."""
        command = ["/bin/sh", "-c", _CLEAN_UP, "sh", str(self.binaries), str(self.home)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, **self.as_user())

    def as_user(self) -> dict[str, Any]:
        """Return how to run something as this user."""
        how: dict[str, Any] = {"cwd": self.home, "start_new_session": True}
        if self.user is None:
            return how
        return how | {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}


@asynccontextmanager
async def server_pair(binaries: Path) -> AsyncIterator[tuple[Server, Server]]:
    """Run a server, which has an empty database `bot`; and name one that is to become its standby."""
    home = Path(tempfile.mkdtemp(prefix="route-number-replicas-"))
    tools = Tools(binaries, home)
    with tools.clean_up_at_the_end() as cleaner:
        primary, standby = Server(tools, "primary"), Server(tools, "standby")
        how = ("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        await tools.run("initdb", "-D", str(primary.data), "-U", USER, *how)
        await primary.start()
        address = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", USER)
        await tools.run("createdb", *address, "bot")
        yield primary, standby
        cleaner.communicate()
    shutil.rmtree(home, ignore_errors=True)
