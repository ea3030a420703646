"""In Slack, after a restart with another UponAI workspace: what belongs to the former one is named, and not asked."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.service import history
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from bot.uponai.client import UponAIClient
from tests.slack.bot_harness import ACCOUNT_SID, UPONAI_TOKEN, BotHarness
from tests.slack.messages.test_card_truth import ask, cards, replies, work

NUMBER = "+14155550123"
OTHER = "+442079460958"
Restart = Callable[[int], None]


@pytest.fixture
async def restart(bot_world: BotHarness) -> AsyncIterator[Restart]:
    """A way to start the bot anew, set to another workspace."""
    clients: list[UponAIClient] = []

    def start(workspace_id: int) -> None:
        client = UponAIClient(
            token=UPONAI_TOKEN,
            account_sid=ACCOUNT_SID,
            workspace_id=workspace_id,
            base_url=bot_world.context.uponai._calls._base_url,
            timeout=timedelta(seconds=4),
            now=bot_world.clock.now,
        )
        clients.append(client)
        bot_world.context = replace(bot_world.context, uponai=client, workspace_id=workspace_id)
        bot_world.deliver_to(bot_world.make_app(PHONE_ROUTING))

    yield start
    for client in clients:
        await client.aclose()


async def applied_and_approved(bot_world: BotHarness) -> None:
    """Bring RN-1 to `applied`, and RN-2 to `approved`."""
    for number in (NUMBER, OTHER):
        await bot_world.alan.click("Approve", await ask(bot_world, number=number))
        if number == NUMBER:
            await work(bot_world)


async def test_pending_names_what_waits_for_another_workspace_and_until_when(
    bot_world: BotHarness, restart: Restart
) -> None:
    await applied_and_approved(bot_world)
    await ask(bot_world, number="+13125550111")
    assert "workspace" not in await bot_world.type(bot_world.alan, "pending")
    restart(2)
    said = await bot_world.type(bot_world.alan, "pending")
    assert "Decided, and waiting for another UponAI workspace" in said
    for label in ("RN-2", "RN-3"):
        assert f"{label} belongs to UponAI workspace 1, and I am set to UponAI workspace 2. It waits until" in said
    assert "RN-1" not in said
    assert f"UponAI workspace 1 of account {ACCOUNT_SID}" in await bot_world.type(bot_world.alan, "show RN-1")


async def test_a_revert_of_a_change_of_another_workspace_is_refused(bot_world: BotHarness, restart: Restart) -> None:
    await applied_and_approved(bot_world)
    await bot_world.post_cards()
    card = cards(bot_world)[0]
    revert = next(m for m in bot_world.rita.messages("phone-routing", card.ts) if "Revert" in bot_world.rita.buttons(m))
    restart(2)
    assert "RN-1 belongs to UponAI workspace 1" in await bot_world.type(bot_world.rita, "revert RN-1")
    await bot_world.rita.click("Revert", revert)
    assert not bot_world.rita.has_view
    record = await history.show(bot_world.context, bot_world.rita.user.team_id, 1)
    assert [event.event for event in record.events].count("ask.refused") == 2


async def test_a_form_that_was_opened_for_another_workspace_asks_for_nothing(
    bot_world: BotHarness, restart: Restart
) -> None:
    await bot_world.type(bot_world.rita, NUMBER)
    await bot_world.rita.fill("Time routing", "On")
    await bot_world.rita.fill("Reason", "Because")
    restart(2)
    assert (await bot_world.rita.submit())["ok"] is False
    assert "another UponAI workspace" in bot_world.rita.errors()["Number"]
    restart(1)
    assert await bot_world.rita.submit() == {"ok": True}


async def test_card_and_thread_of_a_change_of_another_workspace_go_on_to_tell(
    bot_world: BotHarness, restart: Restart
) -> None:
    card = await ask(bot_world)
    restart(2)
    await bot_world.alan.click("Approve", card)
    while (change := await claim_next(bot_world.context)) is not None:
        await apply(bot_world.context, change)
    await bot_world.post_cards()
    assert "State: approved" in bot_world.alan.read(cards(bot_world)[0])
    assert "I am set to UponAI workspace 2. It waits, and expires" in "\n".join(replies(bot_world))
    await bot_world.rita.click("Cancel", cards(bot_world)[0])
    await bot_world.post_cards()
    assert "State: canceled" in bot_world.alan.read(cards(bot_world)[0])
