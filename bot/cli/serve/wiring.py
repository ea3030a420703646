"""Builds the parts of a running bot from its settings. Everything that talks to the outside is made here, once."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.policy_file.book import PolicyBook
from bot.service.context import ServiceContext, Work
from bot.settings import Settings, UponAISettings
from bot.slack.api.calls import close_client, make_client
from bot.slack.api.identity import IdentityResolver
from bot.slack.delivery.courier import Courier
from bot.store.clock import DatabaseClock
from bot.store.database import Database
from bot.store.herald import Herald
from bot.store.stalled import ending_stalled
from bot.uponai.client import UponAIClient
from bot.worker.run import Worker

if TYPE_CHECKING:
    from bot.slack.app import SlackApp
    from bot.web.socket_mode import SocketReceiver


@dataclass
class Wake:
    """Wakes this process's worker after a commit; without one, those of other processes over PostgreSQL."""

    listeners: list[Callable[[Work], None]] = field(default_factory=list)

    def __call__(self, work: Work) -> None:
        """Wake whoever listens."""
        for listener in self.listeners:
            listener(work)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a process of the bot is made of; `worker`, `slack_app` and `socket` are None where it has none."""

    context: ServiceContext
    book: PolicyBook
    clock: DatabaseClock
    client: AsyncWebClient
    identity: IdentityResolver
    courier: Courier | None
    worker: Worker | None
    slack_app: "SlackApp | None"
    socket: "SocketReceiver | None"

    def warnings(self) -> list[str]:
        """List what an operator should mend although the process is ready."""
        problems = (
            self.clock.warning,
            self.book.problem,
            self.identity.problem,
            self.socket.problem if self.socket else None,
            self.courier.problem if self.courier else None,
        )
        return [problem for problem in problems if problem]


@asynccontextmanager
async def build(
    settings: Settings, database: Database, book: PolicyBook, *, has_web: bool, has_worker: bool
) -> AsyncIterator[Parts]:
    """Make the parts, and close their connections at the end."""
    client = make_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    clock = DatabaseClock()
    uponai = make_uponai(settings, clock.now)
    wake, herald = Wake(), Herald(database)
    context = ServiceContext(
        database=database,
        uponai=uponai,
        account_sid=settings.uponai_account_sid,
        workspace_id=settings.uponai_workspace_id,
        clock=clock,
        new_id=lambda: uuid4().hex,
        policy=book.current,
        change_ttl=settings.change_ttl_seconds,
        apply_within=settings.apply_within_seconds,
        lease=settings.worker_lease_seconds,
        uponai_timeout=settings.uponai_timeout_seconds,
        mirror_refresh=settings.mirror_refresh_seconds,
        default_region=settings.default_region,
        wake=wake,
        approval_channel=settings.slack_approval_channel,
    )
    try:
        identity = IdentityResolver(client)
        courier = worker = slack_app = socket = None
        if has_worker:
            courier = Courier(context=context, client=client)
            worker = Worker(context=context, courier=courier, poll=settings.worker_poll_seconds)
            wake.listeners.append(worker.wake)
        elif database.dialect == "postgresql":
            wake.listeners.append(lambda work: herald.send(work.value))
        if has_web:
            from bot.slack.app import SlackApp  # noqa: PLC0415 - a worker alone needs neither Bolt nor a listener.

            slack_app = SlackApp(
                context=context,
                client=client,
                resolve_identity=identity.get,
                approval_channel=settings.slack_approval_channel,
                present_identity=lambda: identity.present,
            )
            if settings.slack_app_token is not None:
                from bot.web.socket_mode import SocketReceiver  # noqa: PLC0415 - over HTTP there is no socket.

                socket = SocketReceiver(
                    client=client,
                    app_token=settings.slack_app_token.get_secret_value(),
                    handle=slack_app.handle,
                    now=now,
                )
        parts = Parts(
            context=context,
            book=book,
            clock=clock,
            client=client,
            identity=identity,
            courier=courier,
            worker=worker,
            slack_app=slack_app,
            socket=socket,
        )
        async with ending_stalled(database):
            yield parts
    finally:
        await herald.aclose()
        await context.aclose()
        await uponai.aclose()
        await close_client(client)


def make_uponai(settings: UponAISettings, now: Callable[[], datetime]) -> UponAIClient:
    """Make the client of UponAI."""
    return UponAIClient(
        token=settings.uponai_api_token,
        account_sid=settings.uponai_account_sid,
        workspace_id=settings.uponai_workspace_id,
        base_url=settings.uponai_api_url,
        timeout=settings.uponai_timeout_seconds,
        now=now,
    )


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


def secrets_of(settings: Settings) -> list[str]:
    """List what must never stand in a log."""
    found = [
        settings.slack_bot_token,
        settings.slack_signing_secret,
        settings.slack_app_token,
        settings.uponai_api_token,
    ]
    secrets = [secret.get_secret_value() for secret in found if secret is not None]
    try:
        password = make_url(settings.database_url.get_secret_value()).password
    except (ArgumentError, ValueError):
        password = None
    return [*secrets, str(password)] if password else secrets
