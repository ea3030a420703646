"""`demo`: the real bot, in its real processes, with stand-ins of Slack and UponAI on this machine."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.demo import examples
from bot.cli.demo.main_lines import add_main_lines, policy_file
from bot.cli.demo.processes import Process, Processes
from bot.cli.exits import CHECK_FAILED, stop
from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.serving import running
from bot.sandbox.slack.workspace.seed import demo_world
from bot.sandbox.uponai.app import UponAIStandIn

DEFAULT_PORT = 8321
FOLDER = Path(".demo")
ACCOUNT_SID = "29e90072-fb58-4c6c-870a-43005115131e"
WORKSPACE_ID = 1
# The page begins with its examples, unless the machine is so slow that they come while one already looks at it.
_EXAMPLES_SECONDS = 5
# Shorter than the defaults, so that one can watch a killed worker's claim being taken over. `DEMO_` and the name of a
# setting in the environment replaces it, for the tests of the page; the names themselves are for the real Slack.
PACE = {
    "UPONAI_TIMEOUT_SECONDS": "4",
    "WORKER_LEASE_SECONDS": "10",
    "WORKER_POLL_SECONDS": "0.3",
    "MIRROR_REFRESH_SECONDS": "15",
}


def demo(
    *,
    port: Annotated[int, typer.Option(help="Port of the page.", min=1, max=65535)] = DEFAULT_PORT,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Forget what earlier demos left in .demo.")] = False,
) -> None:
    """Run the whole bot with stand-ins of Slack (a web page) and UponAI: no account, no token, no network."""
    folder = FOLDER.absolute()
    with _only_one(folder):
        if reset:
            _clear(folder)
        is_over = asyncio.run(_demo(folder, port, opens_browser=not no_browser and _has_display()))
    if not is_over:
        raise typer.Exit(CHECK_FAILED)


async def _demo(folder: Path, port: int, *, opens_browser: bool) -> bool:
    """Run until Ctrl-C; returns whether the demo came up."""
    is_stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, is_stopping.set)
    is_fresh = not (folder / "slack.json").exists()
    async with _stand_ins(folder, port) as (address, slack, processes):
        await processes.start()
        try:
            ready = asyncio.create_task(processes.until_ready())
            stopping = asyncio.create_task(is_stopping.wait())
            await asyncio.wait([ready, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not ready.done():
                ready.cancel()
                return True
            if dead := ready.result():
                typer.echo(f"The bot's {dead.name} process did not start; the end of its log:", err=True)
                typer.echo("\n".join(dead.last_lines()), err=True)
                return False
            async with _examples(slack, are_wanted=is_fresh, stopping=stopping):
                _welcome(address)
                if opens_browser:
                    await asyncio.to_thread(webbrowser.open, address)
                await stopping
        finally:
            await processes.end()
    return True


@contextlib.asynccontextmanager
async def _examples(slack: SlackStandIn, *, are_wanted: bool, stopping: asyncio.Task[Any]) -> AsyncIterator[None]:
    """Play the examples, and go on with them beside the body where they take longer than one likes to wait."""
    if not are_wanted or os.environ.get("DEMO_EXAMPLES") == "off":
        yield
        return
    playing = asyncio.create_task(examples.play(slack))
    try:
        await asyncio.wait([playing, stopping], timeout=_EXAMPLES_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        yield
    finally:
        playing.cancel()
        await asyncio.wait([playing])


@contextlib.asynccontextmanager
async def _stand_ins(folder: Path, port: int) -> AsyncIterator[tuple[str, SlackStandIn, Processes]]:
    token, bot_token = secrets.token_urlsafe(24), f"xoxb-{secrets.token_hex(16)}"
    signing_secret = secrets.token_hex(16)
    web_port, worker_port = islice(_free_ports(port), 2)
    pace = {name: os.environ.get(f"DEMO_{name}", seconds) for name, seconds in PACE.items()}
    uponai = UponAIStandIn(
        token=token,
        account_sid=ACCOUNT_SID,
        workspace_id=WORKSPACE_ID,
        snapshot=folder / "uponai.json",
        patience=float(pace["UPONAI_TIMEOUT_SECONDS"]),
    )
    slack = SlackStandIn(
        bot_token=bot_token,
        app_token=f"xapp-{secrets.token_hex(16)}",
        signing_secret=signing_secret,
        request_url=f"http://127.0.0.1:{web_port}/slack/events",
        world=demo_world(),
        snapshot=folder / "slack.json",
    )
    add_main_lines(uponai.account)
    async with contextlib.AsyncExitStack() as stack:
        uponai_address = await stack.enter_async_context(running(uponai.app))
        try:
            address = await stack.enter_async_context(running(slack.app, port=port))
        except OSError:
            stop(f"Port {port} is in use by another program; choose another one with --port.")
        stack.push_async_callback(slack.close)
        settings = {
            "SLACK_BOT_TOKEN": bot_token,
            "SLACK_SIGNING_SECRET": signing_secret,
            "SLACK_API_URL": f"{address}/api/",
            "UPONAI_API_TOKEN": token,
            "UPONAI_ACCOUNT_SID": ACCOUNT_SID,
            "UPONAI_WORKSPACE_ID": str(WORKSPACE_ID),
            "UPONAI_API_URL": uponai_address,
            **pace,
            "DEFAULT_REGION": "US",
            "POLICY_FILE": str(policy_file(folder)),
            "DATABASE_URL": f"sqlite:///{folder / 'route-number.db'}",
            "HOST": "127.0.0.1",
            "LOG_FORMAT": "console",
        }
        processes = Processes(
            [
                Process("web", port=web_port, settings=settings, folder=folder),
                Process("worker", port=worker_port, settings=settings, folder=folder),
            ]
        )
        slack.control.uponai_control_url = f"{uponai_address}/_control"
        slack.control.processes = processes
        yield f"{address}/", slack, processes


def _welcome(address: str) -> None:
    typer.echo(f"The demo is ready: {address}")
    typer.echo("Slack and UponAI are stand-ins here, the bot is the real one. Nothing leaves this machine.")
    typer.echo("State and logs are kept in .demo; --reset starts afresh. Ctrl-C ends the demo.")
    sys.stdout.flush()


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Keep a second demo out of the folder."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stop("Another demo is running in this folder; end it first.")
        yield


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()


def _free_ports(page: int) -> Iterator[int]:
    """Find ports above the page's, with room for a second demo's page.

    A port that the system picks by itself can be taken again, by anybody's connection, before the bot listens there.
    """
    for port in chain(range(page + 100, 65536), range(page - 100, 0, -1)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            yield port


def _has_display() -> bool:
    if not sys.stdout.isatty():
        return False
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
