"""The whole bot in one process, between both stand-ins: real door, real app, real store, real wire formats."""

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.rules.policy import Policy
from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.serving import running
from bot.sandbox.slack.workspace.seed import ADA, ALAN, EVE, GUS, PHONE_ROUTING, RITA, demo_world
from bot.sandbox.uponai.app import UponAIStandIn
from bot.service import lookup
from bot.service.context import ServiceContext, Work
from bot.service.messages import TOLD_AFTER
from bot.slack.api.calls import call, close_client, make_client
from bot.slack.api.identity import Identity
from bot.slack.app import Answer, SlackApp
from bot.slack.delivery.courier import Courier
from bot.store.database import Database
from bot.uponai.client import UponAIClient
from bot.web.app import create_web
from bot.worker.run import Worker
from tests.clock import Clock

BOT_TOKEN = "xoxb-1-2-made-up"
APP_TOKEN = "xapp-1-A-2-made-up"
SIGNING_SECRET = "made-up-secret"
UPONAI_TOKEN = "made-up-uponai-token"
ACCOUNT_SID = "29e90072-fb58-4c6c-870a-43005115131e"
WORKSPACE_ID = 1
EVENTS_URL = "http://bot/slack/events"


@dataclass
class BotHarness:
    """Both stand-ins, the people, and one bot between them."""

    slack: SlackStandIn
    uponai: UponAIStandIn
    context: ServiceContext
    client: AsyncWebClient
    app: SlackApp
    courier: Courier
    worker: Worker
    clock: Clock
    http: httpx.AsyncClient
    others: list[SlackApp] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    # The last one holds.
    policies: list[Policy] = field(default_factory=lambda: [Policy()])

    def person(self, user_id: str) -> Person:
        return self.slack.person(user_id)

    @property
    def rita(self) -> Person:
        return self.person(RITA)

    @property
    def alan(self) -> Person:
        return self.person(ALAN)

    @property
    def ada(self) -> Person:
        return self.person(ADA)

    @property
    def gus(self) -> Person:
        return self.person(GUS)

    @property
    def eve(self) -> Person:
        return self.person(EVE)

    def make_app(self, approval_channel: str | None = None) -> SlackApp:
        """Make another process's app on the same database."""
        app = SlackApp(
            context=self.context,
            client=self.client,
            resolve_identity=lambda: resolve(self.client),
            approval_channel=approval_channel,
        )
        self.others.append(app)
        return app

    def deliver_to(self, app: SlackApp) -> None:
        """Let Slack's requests go to this app from now on."""
        self.slack._transport = transport_to(app, self.clock)
        self.slack.request_url = EVENTS_URL

    async def read_uponai(self) -> None:
        """Fill the mirror as a worker does."""
        await lookup.refresh_agents(self.context)
        await lookup.refresh_numbers(self.context)

    def fault(self, name: str, **order: Any) -> None:
        """Switch a fault of UponAI on, or off with `on=False`."""
        self.uponai.faults.switch({"fault": name, **order})

    async def post_cards(self) -> None:
        """Deliver what is in the outbox, what is told a moment later too."""
        for wait in (timedelta(0), TOLD_AFTER):
            self.clock.advance(wait)
            while await self.courier.deliver_due():
                pass

    async def type(self, person: Person, text: str, channel: str = "phone-routing") -> str:
        """Type the command, and return what the bot answered to this person alone; empty when it said nothing."""
        before = len(person.ephemeral(channel))
        assert await person.command(channel, f"/route-number {text}".strip()), person.notices
        said = person.ephemeral(channel)[before:]
        return "\n".join(person.read(message) for message in said)

    async def until_view(self, person: Person, words: str, *, is_there: bool = True, seconds: float = 30) -> None:
        """Wait until the person's form says something, or says it no longer."""
        await self.slack.until(lambda: (words in person.read_view()) is is_there, seconds)


class Handles(Protocol):
    """What answers parsed requests, as the app does."""

    async def handle(self, body: Mapping[str, Any]) -> Answer: ...


def transport_to(app: Handles, clock: Clock) -> httpx.AsyncBaseTransport:
    """Reach an app through the real door."""

    async def is_ready() -> str | None:
        return None

    # The stand-in signs with the real time, so the door has to look at it too.
    _ = clock
    web = create_web(signing_secret=SIGNING_SECRET, handle=app.handle, is_ready=is_ready, now=lambda: datetime.now(UTC))
    return httpx.ASGITransport(app=web)


async def resolve(client: AsyncWebClient) -> Identity:
    """Ask Slack who the bot is."""
    answer = await call(client, "auth.test", timeout=timedelta(seconds=2))
    return Identity(
        team_id=answer["team_id"],
        bot_user_id=answer["user_id"],
        bot_id=answer["bot_id"],
        team_name=answer["team"],
        team_url=answer["url"],
    )


@asynccontextmanager
async def bot_world(
    database: Database,
    *,
    approval_channel: str | None = PHONE_ROUTING,
    clock: Clock | None = None,
    reads: bool = True,
) -> AsyncIterator[BotHarness]:
    """Build the world around a migrated database; its mirror is filled when it `reads`."""
    clock, numbers, policies = clock or Clock(), itertools.count(1), [Policy()]
    slack = SlackStandIn(
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        signing_secret=SIGNING_SECRET,
        request_url=None,
        world=demo_world(),
        page=False,
    )
    uponai = UponAIStandIn(token=UPONAI_TOKEN, account_sid=ACCOUNT_SID, workspace_id=WORKSPACE_ID)
    async with running(slack.app) as slack_url, running(uponai.app) as uponai_url:
        slack.base_url = slack_url
        client = make_client(BOT_TOKEN, f"{slack_url}/api/")
        workers: list[Worker] = []

        def wake(work: Work) -> None:
            for each in workers:
                each.wake(work)

        context = ServiceContext(
            database=database,
            uponai=UponAIClient(
                token=UPONAI_TOKEN,
                account_sid=ACCOUNT_SID,
                workspace_id=WORKSPACE_ID,
                base_url=uponai_url,
                timeout=timedelta(seconds=4),
                now=clock.now,
            ),
            account_sid=ACCOUNT_SID,
            workspace_id=WORKSPACE_ID,
            clock=clock,
            new_id=lambda: f"id-{next(numbers)}",
            policy=lambda: policies[-1],
            change_ttl=timedelta(days=1),
            apply_within=timedelta(hours=1),
            lease=timedelta(seconds=30),
            uponai_timeout=timedelta(seconds=4),
            mirror_refresh=timedelta(seconds=60),
            default_region=None,
            wake=wake,
        )
        courier = Courier(context=context, client=client)
        worker = Worker(context=context, courier=courier, poll=timedelta(seconds=0.2))
        workers.append(worker)
        app = SlackApp(
            context=context,
            client=client,
            resolve_identity=lambda: resolve(client),
            approval_channel=approval_channel,
        )
        world = BotHarness(slack, uponai, context, client, app, courier, worker, clock, httpx.AsyncClient(), [app])
        world.workers, world.policies = workers, policies
        world.deliver_to(app)
        if reads:
            await world.read_uponai()
        try:
            yield world
        finally:
            for each in world.others:
                await each.drain(timedelta(seconds=1))
            await slack.close()
            await context.aclose()
            await context.uponai.aclose()
            await close_client(client)
            await world.http.aclose()
