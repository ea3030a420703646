"""Whatever goes wrong behind an open form, it comes to say what is known: no form waits for ever."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot.sandbox.slack.web_api.faults import Fault
from bot.slack.app import SlackApp
from bot.slack.form.current_assignment import LOOKING_UP
from bot.uponai.client import UponAIClient
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness, resolve

NEW = "+15125550100"
KNOWN = "+14155550123"
AGENT = "agent_4c1e7d3a8f9b20657e1d9c3b52"


class Unheard(httpx.AsyncBaseTransport):
    """A way to UponAI that fails as nobody expects."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise LookupError(request.method)


def move_away(folder: Path) -> None:
    for file in folder.glob("route-number.db*"):
        file.rename(folder / f"away-{file.name}")


async def until_it_waits_no_longer(bot_world: BotHarness) -> str:
    await bot_world.until_view(bot_world.rita, LOOKING_UP, is_there=False)
    return bot_world.rita.read_view()


@pytest.mark.parametrize("dialect", DIALECTS, indirect=True)
async def test_a_half_emoji_anywhere_in_the_account_keeps_no_form_waiting(bot_world: BotHarness) -> None:
    account = bot_world.uponai.account
    account.agents[AGENT]["agent_name"] = "Front desk \ud83d"
    agents = [{"agent_id": AGENT, "agent_version": 1, "weight": 1}]
    account.set_number(NEW, {"inbound_agents": agents, "inbound_webhook_url": "https://hooks.example.com/\ud83d\0"})
    await bot_world.type(bot_world.rita, NEW)
    assert "Front desk v1" in await until_it_waits_no_longer(bot_world)
    await bot_world.rita.fill("Time routing", "On")
    await bot_world.rita.fill("Reason", "It works all the same")
    assert await bot_world.rita.submit() == {"ok": True}


@pytest.mark.parametrize("number", [NEW, KNOWN])
async def test_a_read_that_breaks_unheard_of_is_said_in_the_form(bot_world: BotHarness, number: str) -> None:
    uponai = UponAIClient(
        token="t",
        account_sid=bot_world.context.account_sid,
        workspace_id=1,
        base_url="http://uponai.test",
        timeout=timedelta(seconds=1),
        now=bot_world.clock.now,
        transport=Unheard(),
    )
    app = SlackApp(
        context=replace(bot_world.context, uponai=uponai),
        client=bot_world.client,
        resolve_identity=lambda: resolve(bot_world.client),
        approval_channel=None,
    )
    bot_world.others.append(app)
    bot_world.deliver_to(app)
    bot_world.clock.advance(seconds=20)
    await bot_world.type(bot_world.rita, number)
    await bot_world.until_view(bot_world.rita, "something went wrong on my side")
    assert LOOKING_UP not in bot_world.rita.read_view()
    assert ("As of" in bot_world.rita.read_view()) is (number == KNOWN)
    await uponai.aclose()


async def test_what_slack_will_never_show_is_shown_plainer(bot_world: BotHarness) -> None:
    bot_world.uponai.account.set_number(NEW, {})
    bot_world.slack.faults.add(Fault("error", methods=["views.update"], code="invalid_arguments", times=1))
    await bot_world.type(bot_world.rita, NEW)
    assert "I cannot show who answers this number just now" in await until_it_waits_no_longer(bot_world)
    assert bot_world.rita.value("Number") == "+1 512-555-0100"


async def test_g8_a_database_that_goes_away_during_the_read_is_said_in_the_form(
    bot_world: BotHarness, tmp_path: Path
) -> None:
    bot_world.fault("slow", delay=0.5, scope="reads")
    await bot_world.type(bot_world.rita, NEW)
    await bot_world.context.database.dispose()
    move_away(tmp_path)
    said = await until_it_waits_no_longer(bot_world)
    assert "I cannot show who answers this number just now" in said
    assert "I could not read UponAI just now" in said
