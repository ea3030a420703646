"""Who is told something reads it where they look, and it is true: places, pauses, names, mentions, claims."""

import json
from typing import Any

from bot.sandbox.slack.block_kit.entries import Spot
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.sandbox.uponai.seed import SUPPORT
from bot.slack.payload_parts import Place
from bot.slack.request_check import parse
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import ask, cards, replies, work

NUMBER, OTHER = "+14155550123", "+14155550145"


async def applied(bot_world: BotHarness) -> None:
    """Apply RN-1: time routing goes on."""
    await bot_world.alan.click("Approve", await ask(bot_world))
    await work(bot_world)


# The place of an answer


async def test_who_is_refused_on_a_card_with_replies_is_answered_in_the_channel(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Approve", await ask(bot_world))
    await bot_world.post_cards()
    card = cards(bot_world)[0]
    assert replies(bot_world)
    await bot_world.gus.click("Details", card)
    told = bot_world.gus.ephemeral("phone-routing")[-1]
    assert "Guests may not" in bot_world.gus.read(told)
    assert told.thread_ts is None


async def test_who_presses_in_the_thread_is_answered_in_the_thread(bot_world: BotHarness) -> None:
    await applied(bot_world)
    result = bot_world.gus.find_message("phone-routing", "is live")
    await bot_world.gus.click("Revert", result)
    assert bot_world.gus.ephemeral("phone-routing")[-1].thread_ts == cards(bot_world)[0].ts


def test_a_message_is_in_a_thread_unless_it_is_its_root() -> None:
    where: dict[str, Any] = {
        "type": "block_actions",
        "channel": {"id": "C1"},
        "user": {"id": "U1", "team_id": "T1"},
        "actions": [{"action_id": "of-an-older-release"}],
    }
    root = {**where, "message": {"ts": "1.1", "thread_ts": "1.1"}, "container": {"message_ts": "1.1"}}
    answer = {**where, "message": {"ts": "1.2", "thread_ts": "1.1"}, "container": {"message_ts": "1.2"}}
    # Of an ephemeral message Slack tells the container alone.
    ephemeral = {**where, "container": {"message_ts": "1.3", "thread_ts": "1.1"}}
    alone = {**where, "message": {"ts": "1.4"}}
    threads = [None, "1.1", "1.1", None]
    places = [parse(body).place for body in (root, answer, ephemeral, alone)]
    assert places == [Place("C1", "U1", thread_ts) for thread_ts in threads]


# Pauses


async def test_while_sending_is_paused_the_thread_does_not_promise_to_send(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.type(bot_world.ada, "pause the line is down")
    await bot_world.alan.click("Approve", card)
    await bot_world.post_cards()
    (told,) = replies(bot_world)
    assert "Sending it to UponAI now" not in told
    assert f"Sending is paused: <{bot_world.ada.id}> paused it" in told
    await bot_world.type(bot_world.ada, "resume")
    await bot_world.alan.click("Approve", await ask(bot_world, number="+13125550111"))
    await bot_world.post_cards()
    assert "Sending it to UponAI now." in replies(bot_world)[-1]


# Direct messages


async def test_in_a_direct_message_the_command_says_where_to_type_it(bot_world_without_channel: BotHarness) -> None:
    rita = bot_world_without_channel.rita
    for text in ("", NUMBER, "pause", "resume"):
        said = await bot_world_without_channel.type(rita, text, "app")
        assert "Type the command in a channel that your approvers read as well" in said
    assert not rita.has_view
    assert "Nothing waits" in await bot_world_without_channel.type(rita, "pending", "app")


async def test_in_a_direct_message_the_command_names_the_approval_channel(bot_world: BotHarness) -> None:
    for text in ("", NUMBER, "revert RN-1", "pause", "resume"):
        said = await bot_world.type(bot_world.rita, text, "app")
        assert "Type the command in <C07PHONE1RT>" in said
    assert not bot_world.rita.has_view


async def test_a_scope_that_is_missing_is_not_a_moment_to_wait_for(bot_world: BotHarness) -> None:
    bot_world.slack.world.app.scopes.remove("channels:read")
    said = await bot_world.type(bot_world.rita, NUMBER)
    assert "I may not look at this conversation (missing_scope)" in said
    assert "try again" not in said


# Names and mentions


async def test_the_unclear_message_names_the_surprising_agent(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    bot_world.uponai.account.agents[SUPPORT]["agent_name"] = "Night desk"
    await bot_world.read_uponai()
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "No agent")
    await rita.fill("Reason", "Closed")
    await rita.submit()
    await bot_world.post_cards()
    bot_world.fault("interferes", times=1)
    await bot_world.alan.click("Approve", cards(bot_world)[0])
    await work(bot_world)
    assert bot_world.uponai.account.numbers[NUMBER]["inbound_agents"][0]["agent_id"] == SUPPORT
    told = rita.read(rita.find_message("phone-routing", "is unclear"))
    assert "Night desk" in told
    assert SUPPORT not in told


async def test_details_shows_people_as_mentions_and_words_as_words(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    await bot_world.post_cards()
    await bot_world.slack.acts.press_in_message(
        bot_world.ada.id, PHONE_ROUTING, card.ts, Spot("buttons", "card:approve")
    )
    await bot_world.ada.click("Details", cards(bot_world)[0])
    blocks = bot_world.ada.view().content["blocks"]
    assert "already approved by" in bot_world.ada.read_view()
    assert f"<@{bot_world.alan.id}>" not in json.dumps(blocks)
    assert {"type": "user", "user_id": bot_world.alan.id} in runs(blocks)
    assert "Night shift <!channel> *now*" in bot_world.ada.read_view()


def runs(part: Any) -> list[Any]:
    if isinstance(part, list):
        return [run for item in part for run in runs(item)]
    if isinstance(part, dict):
        return [part, *(run for item in part.values() for run in runs(item))]
    return []


# Claims


async def test_a_card_claims_to_undo_only_what_it_undoes(bot_world: BotHarness) -> None:
    await applied(bot_world)
    ada = bot_world.ada
    await bot_world.type(ada, "revert RN-1")
    assert "Filled with what was there before RN-1." in ada.read_view()
    assert ada.value("Reason") is None
    await ada.fill("Number", OTHER)
    await ada.fill("Time routing", "Keep as is")
    await ada.fill("Outbound calls", "No agent")
    await ada.fill("Reason", "Something else")
    assert await ada.submit() == {"ok": True}
    await bot_world.type(ada, "revert RN-1")
    await ada.fill("Reason", "It was wrong")
    assert await ada.submit() == {"ok": True}
    await bot_world.post_cards()
    other, undoing = sorted(ada.read(card) for card in cards(bot_world)[1:])
    assert "RN-1" not in other
    assert "to undo RN-1" in undoing


async def test_what_was_not_applied_cannot_be_reverted(bot_world: BotHarness) -> None:
    await ask(bot_world)
    assert "RN-1 is pending; only an applied change can be reverted." in await bot_world.type(
        bot_world.ada, "revert RN-1"
    )
    assert not bot_world.ada.has_view
