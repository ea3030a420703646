"""A small town for whole-bot tests: both stand-ins on real sockets, the bot as real processes between them."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.serving import running
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING, demo_world
from bot.sandbox.uponai.app import UponAIStandIn
from tests.forked.process import Process, fork

BOT_TOKEN = "xoxb-town"
APP_TOKEN = "xapp-town"
SIGNING_SECRET = "town-signing-secret"
UPONAI_TOKEN = "town-uponai-token"
ACCOUNT_SID = "29e90072-fb58-4c6c-870a-43005115131e"
WORKSPACE_ID = 1
# Long enough for a busy machine; nothing waits for it to pass.
PATIENCE_SECONDS = 60.0
# Below those that a system gives out by itself: one of those can be in use again before a process listens on it.
# A demo takes the ports next to its own.
# Chromium opens no page there.
UNSAFE_PORT = 10_080
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = count(10_000 + 1_000 * (_WORKER % 20) + os.getpid() % 500, 5)


class BotProcess:
    """One bot, which can be killed for real."""

    def __init__(self, process: Process, port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    async def kill(self) -> None:
        """Kill it without a chance to clean up."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()


class ProcessHarness:
    """The stand-ins, the people, and the bot's processes."""

    def __init__(
        self,
        slack: SlackStandIn,
        slack_url: str,
        uponai: UponAIStandIn,
        uponai_url: str,
        *,
        settings: dict[str, str],
        folder: Path,
    ) -> None:
        self.slack = slack
        self.uponai_stand_in = uponai
        self.slack_url = slack_url
        self.settings = settings
        self.folder = folder
        self.uponai = httpx.AsyncClient(base_url=uponai_url, timeout=10)
        self.bots: list[BotProcess] = []
        self.rita = slack.person("rita")
        self.alan = slack.person("alan")
        self.ada = slack.person("ada")
        self.gus = slack.person("gus")

    async def start(self, *arguments: str, wait: bool = True, **extra: str) -> BotProcess:
        """Start one bot process, and by default wait until it is ready."""
        port = free_port()
        log = self.folder / f"bot-{len(self.bots)}.log"
        environment = {**os.environ, **self.settings, "PORT": str(port), **extra}
        bot = BotProcess(fork(["serve", *arguments], environment, log), port, log)
        self.bots.append(bot)
        if wait:
            await self.is_ready(bot)
        return bot

    async def is_ready(self, bot: BotProcess) -> None:
        """Wait until a bot says that it is ready."""
        async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient() as http:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(f"http://127.0.0.1:{bot.port}/readyz")).status_code == httpx.codes.OK:
                        return
                if bot.process.returncode is not None:
                    raise AssertionError(f"The bot ended with {bot.process.returncode}:\n{bot.log.read_text()}")
                # Each look takes processor time from the start that it waits for.
                await asyncio.sleep(0.1)

    async def is_connected(self) -> None:
        """Wait until a bot's socket is up: ready is said of the database alone."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if self.slack.socket_mode.connections:
                    return
                await asyncio.sleep(0.02)

    def deliver_to(self, bot: BotProcess) -> None:
        """Let Slack's deliveries go to this bot."""
        self.slack.request_url = f"http://127.0.0.1:{bot.port}/slack/events"

    async def until(self, what: str, is_so: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> Any:
        """Wait for the Slack side to show something; every change there wakes the look."""
        watcher = self.slack.world.watch()
        try:
            async with asyncio.timeout(seconds):
                while True:
                    watcher.clear()
                    found = is_so()
                    if found:
                        return found
                    await watcher.wait()
        except TimeoutError:
            raise AssertionError(f"Never came: {what}\n{self.transcript()}") from None
        finally:
            self.slack.world.unwatch(watcher)

    async def card_says(self, label: str, state: str) -> Message:
        """Wait for a card to show a state, and return it."""

        def look() -> Message | None:
            return next((m for m in self.cards(label) if f"State: {state}" in self.rita.read(m).splitlines()), None)

        found = await self.until(f"{label} {state}", look)
        assert isinstance(found, Message)
        return found

    def cards(self, label: str) -> list[Message]:
        """Return the messages that are cards of a change."""
        return [m for m in self._posted(label) if m.thread_ts in (None, m.ts)]

    def thread(self, label: str) -> list[str]:
        """Return what a change's thread says, oldest first."""
        return [self.rita.read(m) for m in self._posted(label) if m.thread_ts not in (None, m.ts)]

    def facts(self, label: str) -> list[str]:
        """Return the facts of everything posted about a change."""
        return [m.metadata["event_payload"]["fact"] for m in self._posted(label) if m.metadata]

    def _posted(self, label: str) -> list[Message]:
        return [
            m
            for m in self.slack.world.messages[PHONE_ROUTING]
            if m.metadata and m.metadata["event_payload"].get("change") == label
        ]

    async def puts(self) -> list[dict[str, Any]]:
        """Return the PUTs that UponAI received, oldest first."""
        return await self.calls("PUT")

    async def calls(self, method: str) -> list[dict[str, Any]]:
        """Return what UponAI was asked, oldest first, answered or not."""
        state = (await self.uponai.get("/_control/state")).json()
        return [request for request in reversed(state["requests"]) if request["method"] == method]

    async def number(self, number: str) -> dict[str, Any]:
        """Return one number as UponAI holds it."""
        state = (await self.uponai.get("/_control/state")).json()
        found: dict[str, Any] = next(n for n in state["numbers"] if n["number"] == number)
        return found

    async def fault(self, name: str, **options: Any) -> None:
        """Switch one fault of UponAI on, or off with on=False."""
        answer = await self.uponai.post("/_control/fault", json={"fault": name, "on": True, **options})
        answer.raise_for_status()

    async def ask_time_routing(self, person: Person, number: str, choice: str, reason: str = "A good reason") -> None:
        """Ask for the smallest change there is."""
        assert await person.command("phone-routing", f"/route-number {number}"), person.notices
        await person.fill("Time routing", choice)
        await person.fill("Reason", reason)
        answer = await person.submit()
        assert answer == {"ok": True}, answer

    def transcript(self) -> str:
        """Return all that stands in the channel, and the ends of the bots' logs."""
        said = [self.rita.read(m) for m in self.slack.world.messages[PHONE_ROUTING]]
        logs = [bot.log.read_text()[-3000:] for bot in self.bots]
        return "\n--\n".join([*said, *logs])


@contextlib.asynccontextmanager
async def town(
    database_url: str, folder: Path, *, is_socket_mode: bool = False, **settings: str
) -> AsyncIterator[ProcessHarness]:
    """Build a town around a database; the bots are ended with it."""
    slack = SlackStandIn(
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        signing_secret=SIGNING_SECRET,
        request_url=None if is_socket_mode else "http://127.0.0.1:1/slack/events",
        world=demo_world(),
        page=False,
    )
    uponai = UponAIStandIn(token=UPONAI_TOKEN, account_sid=ACCOUNT_SID, workspace_id=WORKSPACE_ID)
    async with running(slack.app) as slack_url, running(uponai.app) as uponai_url:
        environment = {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": f"{slack_url}/api/",
            "SLACK_APPROVAL_CHANNEL": PHONE_ROUTING,
            "UPONAI_API_TOKEN": UPONAI_TOKEN,
            "UPONAI_ACCOUNT_SID": ACCOUNT_SID,
            "UPONAI_WORKSPACE_ID": str(WORKSPACE_ID),
            "UPONAI_API_URL": uponai_url,
            "UPONAI_TIMEOUT_SECONDS": "1",
            "WORKER_LEASE_SECONDS": "3",
            "WORKER_POLL_SECONDS": "0.2",
            "DATABASE_URL": database_url,
            "HOST": "127.0.0.1",
            "LOG_FORMAT": "json",
            **({"SLACK_APP_TOKEN": APP_TOKEN} if is_socket_mode else {}),
            **settings,
        }
        built = ProcessHarness(slack, slack_url, uponai, uponai_url, settings=environment, folder=folder)
        try:
            yield built
        finally:
            for bot in built.bots:
                await bot.kill()
            await built.uponai.aclose()
            await slack.close()


def free_port() -> int:
    """Return a port of this machine that nobody listens on, and that no other worker of this run is given."""
    for port in _PORTS:
        if port == UNSAFE_PORT:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError
