"""The demo's processes of the real bot: started with its real settings, watched, killed and restarted on demand."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import httpx

import bot
from bot.settings import setting_names

_END_SECONDS = 10
_LAST_LINES = 15
_READY_SECONDS = 60


class Process:
    """One process of the bot, by its name; its log is a file in the demo's folder."""

    def __init__(self, name: str, *, port: int, settings: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.ready_url = f"http://127.0.0.1:{port}/readyz"
        self._arguments = ["serve", "--only", name]
        self._environment = _environment({**settings, "PORT": str(port)})
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._was_killed = False

    @property
    def is_running(self) -> bool:
        """Say whether it lives."""
        return self._process is not None and self._process.returncode is None

    def to_json(self) -> dict[str, Any]:
        """Describe it for the control panel."""
        state = "running" if self.is_running else "killed" if self._was_killed else "stopped"
        return {
            "name": self.name,
            "state": state,
            "pid": self._process.pid if self.is_running and self._process else None,
        }

    async def start(self) -> None:
        """Start it; it ends with this process, because its standard input does."""
        self._was_killed = False
        with self._log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot.cli.demo.child_process",
                *self._arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Its own folder, so that a `.env` for the real Slack that lies here is not read.
                cwd=self._folder,
                env=self._environment,
                # Ctrl-C in the terminal is for the demo, which ends its processes in order.
                start_new_session=True,
            )

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None and self.is_running:
            self._was_killed = True
            self._process.kill()
            await self._process.wait()

    async def end(self) -> None:
        """End it in order; kill it when that takes too long."""
        if self._process is None or not self.is_running:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def last_lines(self) -> list[str]:
        """Return the end of its log."""
        return self._log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]

    @property
    def _log_file(self) -> Path:
        return self._folder / f"{self.name}.log"


class Processes:
    """All of the demo's processes; what the control panel's buttons act upon."""

    def __init__(self, processes: list[Process]) -> None:
        self._processes = {process.name: process for process in processes}

    def list(self) -> list[dict[str, Any]]:
        """Describe every process."""
        return [process.to_json() for process in self._processes.values()]

    async def act(self, name: str, action: Literal["kill", "restart"]) -> None:
        """Kill or restart one process."""
        process = self._processes[name]
        if action == "kill":
            await process.kill()
            return
        await process.end()
        await process.start()

    async def start(self) -> None:
        """Start all of them."""
        for process in self._processes.values():
            await process.start()

    async def end(self) -> None:
        """End all of them."""
        await asyncio.gather(*(process.end() for process in self._processes.values()))

    async def until_ready(self) -> Process | None:
        """Wait until every process is ready; return one that ended instead, or did not get ready in time."""
        waiting = [*self._processes.values()]
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(_READY_SECONDS * 20):
                if dead := next((process for process in waiting if not process.is_running), None):
                    return dead
                with contextlib.suppress(httpx.HTTPError):  # It does not listen yet.
                    while waiting and (await client.get(waiting[0].ready_url)).is_success:
                        waiting.pop(0)
                if not waiting:
                    return None
                await asyncio.sleep(0.05)
        return waiting[0]


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with the bot's settings replaced: none of the operator's own may leak in."""
    names = set(setting_names())
    kept = {name: value for name, value in os.environ.items() if name.upper() not in names}
    root = str(Path(bot.__file__).parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, **settings, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}
