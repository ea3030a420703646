"""Pausing: why is asked and told, what is held and what goes out is said, and nobody reads the same twice."""

import pytest

from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.service.pause import REASON_LIMIT
from bot.store import audit, pauses
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import ask, work

WHY = "UponAI moves <!channel> *tonight*"


def told(bot_world: BotHarness, words: str) -> Message:
    """Find what the channel was told last."""
    return [m for m in bot_world.slack.world.messages[PHONE_ROUTING] if words in m.text and not m.ephemeral_for][-1]


async def stored(bot_world: BotHarness) -> pauses.Pause | None:
    async with bot_world.context.database.reading() as tx:
        return await pauses.paused(tx, bot_world.ada.user.team_id)


async def test_pause_without_a_reason_asks_for_one_in_a_form(bot_world: BotHarness) -> None:
    ada = bot_world.ada
    assert await bot_world.type(ada, "pause") == ""
    assert await stored(bot_world) is None
    await ada.fill("Reason", "   ")
    assert (await ada.submit())["ok"] is False
    assert "Say why" in ada.errors()["Reason"]
    await ada.fill("Reason", WHY)
    assert await ada.submit() == {"ok": True}
    paused = await stored(bot_world)
    assert paused is not None
    assert (paused.by, paused.reason, paused.channel_id) == (ada.id, WHY, PHONE_ROUTING)
    await bot_world.post_cards()
    message = told(bot_world, "paused all sending")
    assert WHY in bot_world.rita.read(message)
    assert "<!channel>" not in message.text


async def test_g7_the_reason_is_in_the_record(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.ada, f"pause {WHY}")
    async with bot_world.context.database.reading() as tx:
        event = (await audit.latest(tx, limit=1))[0]
    assert (event.event, event.after) == ("sending.paused", {"reason": WHY, "held": 0})


async def test_who_pauses_reads_what_is_held_and_the_channel_why(bot_world: BotHarness) -> None:
    ada = bot_world.ada
    for number in ("+14155550123", "+442079460958"):
        await bot_world.alan.click("Approve", await ask(bot_world, number=number))
    answer = await bot_world.type(ada, f"pause {WHY}")
    await bot_world.post_cards()
    public = bot_world.rita.read(told(bot_world, "paused all sending"))
    assert "2 approved changes are held." in public
    assert "Held for now:" in answer
    assert "RN-1" in answer
    assert WHY not in answer
    # The channel at hand is told what goes out: nobody reads it twice.
    assert await bot_world.type(ada, "resume") == ""
    await bot_world.post_cards()
    public = bot_world.rita.read(told(bot_world, "resumed sending"))
    for label in ("RN-1", "RN-2"):
        assert label in public
    await work(bot_world)
    await bot_world.type(ada, f"pause {WHY}")
    await bot_world.type(ada, "resume")
    await bot_world.post_cards()
    assert "Nothing was held." in bot_world.rita.read(told(bot_world, "resumed sending"))


async def test_who_is_second_reads_who_was_first_and_gets_no_form(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.ada, f"pause {WHY}")
    for text in ("PAUSE", "pause me too"):
        assert f"already paused by <{bot_world.ada.id}>" in await bot_world.type(bot_world.alan, text)
    assert not bot_world.alan.has_view
    assert await bot_world.type(bot_world.ada, "resume") == ""
    assert "nothing to resume" in await bot_world.type(bot_world.ada, "resume")


async def test_a_form_that_comes_second_is_told_so_in_its_place(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.alan, "pause")
    await bot_world.alan.fill("Reason", "Me too")
    await bot_world.type(bot_world.ada, f"pause {WHY}")
    await bot_world.alan.submit()
    assert "already paused" in bot_world.alan.read_view()
    paused = await stored(bot_world)
    assert paused is not None
    assert paused.reason == WHY


async def test_a_reason_that_is_too_long_is_refused(bot_world: BotHarness) -> None:
    said = await bot_world.type(bot_world.ada, f"pause {'x' * (REASON_LIMIT + 1)}")
    assert f"up to {REASON_LIMIT}" in said
    assert await stored(bot_world) is None


@pytest.mark.parametrize("who", ["alan", "rita"])
async def test_pending_names_who_paused_why_and_what_is_held(bot_world: BotHarness, who: str) -> None:
    await bot_world.alan.click("Approve", await ask(bot_world))
    await bot_world.type(bot_world.ada, f"pause {'y' * REASON_LIMIT}")
    bot_world.clock.advance(hours=1)
    said = await bot_world.type(bot_world.person(who), "pending")
    assert f"Sending is paused* by <@{bot_world.ada.id}>" in said
    assert "y" * REASON_LIMIT in said
    assert "1 approved change is held." in said
    assert "Nothing waits for approval." in said
