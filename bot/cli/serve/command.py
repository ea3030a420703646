"""`serve`: the bot itself, as one process or split over several."""

import asyncio
import gc
import signal
import sys
from contextlib import AsyncExitStack
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import structlog
import typer

from bot.cli.exits import run, settings_or_stop, stop
from bot.cli.serve.http_server import HttpServer, allow_many_connections, listen
from bot.cli.serve.readiness import Readiness
from bot.cli.serve.wiring import Parts, build, now, secrets_of
from bot.policy_file.book import PolicyBook
from bot.policy_file.reading import BadPolicy
from bot.settings import Settings, SettingsError, require_signing_secret
from bot.store import revisions
from bot.store.database import Database
from bot.store.errors import DatabaseUnavailable
from bot.store.migrate import schema_state, upgrade
from bot.telemetry import configure_logging
from bot.web.app import create_web

if sys.platform == "win32":
    _make_loop = None
else:
    from uvloop import new_event_loop as _make_loop

log = structlog.get_logger(__name__)

# In a burst of ends (a deploy), Slack's requests need three seconds at most, and what follows from them a little more.
_DRAIN = timedelta(seconds=5)
# Whoever stops a process kills it after ten seconds at the earliest. What hangs until then is left as after a kill:
# others take it over when its lease runs out.
_STOP_WITHIN = timedelta(seconds=9)
_LEAST = 0.1


class Part(StrEnum):
    """A part of the bot that can be a process of its own."""

    WEB = "web"
    WORKER = "worker"


def serve(
    only: Annotated[Part | None, typer.Option(help="Run one part alone; the other one is another process.")] = None,
) -> None:
    """Run the bot: Slack surface and worker in one process, or one of them."""
    settings = settings_or_stop(Settings)
    has_web, has_worker = only is not Part.WORKER, only is not Part.WEB
    try:
        if has_web:
            require_signing_secret(settings)
    except SettingsError as error:
        stop(*error.problems)
    configure_logging(level=settings.log_level, log_format=settings.log_format, secrets=secrets_of(settings))
    try:
        book = PolicyBook(settings.policy_file)
    except BadPolicy as error:
        stop(*(f"POLICY_FILE cannot be used. {problem}" for problem in error.problems))
    run(_serve(settings, book, has_web=has_web, has_worker=has_worker), make_loop=_make_loop)


async def _serve(settings: Settings, book: PolicyBook, *, has_web: bool, has_worker: bool) -> None:
    async with AsyncExitStack() as stack:
        allow_many_connections()
        listener = listen(settings.host, settings.port)
        stack.callback(listener.close)
        database = Database.connect(settings.database_url.get_secret_value())
        stack.push_async_callback(database.dispose)
        await _prepare_schema(database)
        parts = await stack.enter_async_context(build(settings, database, book, has_web=has_web, has_worker=has_worker))
        secret = settings.slack_signing_secret
        is_http = has_web and not settings.is_socket_mode
        readiness = Readiness(database, parts)
        web = create_web(
            signing_secret=secret.get_secret_value() if secret and is_http else None,
            handle=parts.slack_app.handle if parts.slack_app and is_http else None,
            is_ready=readiness.reason,
            warnings=readiness.warnings,
            facts=lambda: [f"policy {book.hash}"],
            measure=readiness.measure,
            now=now,
        )
        log.info(
            "serve.started",
            port=settings.port,
            web=has_web,
            worker=has_worker,
            socket_mode=parts.socket is not None,
            policy=book.hash,
        )
        # What a start has made stays to the end: later collections need not walk it.
        gc.freeze()
        await _run_until_stopped(parts, HttpServer(web, listener, drain=_DRAIN))
        log.info("serve.stopped")


async def _prepare_schema(database: Database) -> None:
    """Bring SQLite to the newest schema; refuse a PostgreSQL that is behind.

    A PostgreSQL that is away does not keep the bot from starting: people get their sentence, and it is tried again.
    """
    if database.dialect == "sqlite":
        before, after = await upgrade(database)
        if before != after:
            log.info("schema.migrated", before=before, after=after)
        _warn_of_newer(after)
        return
    try:
        state = await schema_state(database)
    except DatabaseUnavailable as error:
        log.warning("database.unavailable", problem=str(error))
        return
    if not state.is_ready:
        stop(state.sentence)
    _warn_of_newer(state.current)


def _warn_of_newer(current: str | None) -> None:
    if current is not None and current not in revisions.known():
        log.warning("schema.newer", current=current, known=revisions.head())


async def _run_until_stopped(parts: Parts, server: HttpServer) -> None:
    """Run every part until a signal, or until one of them ends by itself; then end them in order."""
    is_stopping = asyncio.Event()
    socket_stop, worker_stop = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop_at_signal() -> None:
        if is_stopping.is_set():
            server.hurry()
        is_stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop_at_signal)
    running = [asyncio.create_task(server.serve(), name="http")]
    if parts.worker is not None:
        running.append(asyncio.create_task(parts.worker.run(worker_stop), name="worker"))
    receiving = [asyncio.create_task(parts.socket.run(socket_stop), name="socket")] if parts.socket else []
    running.extend(receiving)
    background = [asyncio.create_task(parts.identity.run(), name="identity")] if parts.slack_app else []
    waiting = asyncio.create_task(is_stopping.wait(), name="stop")
    try:
        await asyncio.wait([*running, waiting], return_when=asyncio.FIRST_COMPLETED)
    finally:
        deadline = loop.time() + _STOP_WITHIN.total_seconds()

        def left() -> float:
            return max(deadline - loop.time(), _LEAST)

        # First nothing new comes in, then what came in is answered, then the worker puts down what it holds.
        socket_stop.set()
        if receiving:
            await asyncio.wait(receiving, timeout=left())
        server.stop()
        await asyncio.wait([running[0]], timeout=left())
        if parts.slack_app is not None:
            await parts.slack_app.drain(min(_DRAIN, timedelta(seconds=left())))
        worker_stop.set()
        for task in (*background, waiting):
            task.cancel()
        await asyncio.gather(*background, waiting, return_exceptions=True)
        await _end(running, left())


async def _end(running: list[asyncio.Task[None]], seconds: float) -> None:
    """Wait for the parts to end, and leave what hangs; what ended by a fault of its own shows here."""
    _, late = await asyncio.wait(running, timeout=seconds)
    for task in late:
        log.warning("serve.left_unfinished", part=task.get_name())
        task.cancel()
    for ended in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
