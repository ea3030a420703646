"""Lanes after an outage of their channel: card and thread come to the stored state without a person (G9)."""

import pytest

from bot.sandbox.slack.workspace.seed import PHONE_ROUTING, SUPPORT_OPS
from bot.service.applying.claim import expire_next
from bot.service.review import approve, cancel
from bot.slack.api.error_codes import NO_CHANNEL
from bot.slack.messages.no_channel import WHY, why_not
from tests.slack.bot_harness import BotHarness
from tests.slack.delivery.lanes import (
    REQUESTER,
    REVIEWER,
    archive,
    asked,
    card_posts,
    deliver_card_alone,
    deliver_for,
    direct_messages,
    has_buttons,
    invite_bot,
    lose_the_next,
    move,
    remove_bot,
    restrict,
    rows,
    thread_facts,
    told,
)

both_databases = pytest.mark.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)


@both_databases
async def test_g9_a_thread_message_that_waited_for_its_channel_follows_the_card_to_another(
    bot_world: BotHarness,
) -> None:
    change = await asked(bot_world)
    await bot_world.post_cards()
    fault = restrict(bot_world, PHONE_ROUTING)
    await approve(bot_world.context, REVIEWER, change.id)
    await bot_world.post_cards()
    [waiting] = await rows(bot_world, undone=True)
    assert (waiting["kind"], waiting["is_parked"]) == ("thread", True)
    await move(bot_world, change, SUPPORT_OPS)
    await deliver_for(bot_world, 1)
    old, new = card_posts(bot_world, change)
    assert fault.hits > 0
    assert new.channel_id == SUPPORT_OPS
    assert "State: approved" in bot_world.alan.read(new)
    assert thread_facts(bot_world, change) == ["approved"]
    assert not has_buttons(old)
    assert bot_world.rita.read(old) == f"The card of RN-{change.id} is in <#{SUPPORT_OPS}> now."
    assert await rows(bot_world, undone=True) == []


@both_databases
@pytest.mark.parametrize("minutes", [1, 60, 3 * 24 * 60])
async def test_g9_after_an_outage_of_the_channel_of_any_length_all_is_told_without_a_person(
    bot_world: BotHarness, minutes: int
) -> None:
    standing, unposted = await asked(bot_world), await asked(bot_world, SUPPORT_OPS)
    remove_bot(bot_world, SUPPORT_OPS)
    await bot_world.post_cards()
    archive(bot_world, PHONE_ROUTING)
    await cancel(bot_world.context, REQUESTER, standing.id)
    await deliver_for(bot_world, minutes)
    assert await rows(bot_world, undone=True) != []
    archive(bot_world, PHONE_ROUTING, on=False)
    invite_bot(bot_world, SUPPORT_OPS)
    await deliver_for(bot_world, 15)
    [card] = card_posts(bot_world, standing)
    assert "State: canceled" in bot_world.rita.read(card)
    assert thread_facts(bot_world, standing) == ["canceled"]
    [card] = card_posts(bot_world, unposted)
    assert "State: pending" in bot_world.rita.read(card)
    assert await rows(bot_world, undone=True) == []


async def test_the_requester_is_told_once_for_each_outage(bot_world: BotHarness) -> None:
    change = await asked(bot_world)
    await bot_world.post_cards()
    archive(bot_world, PHONE_ROUTING)
    await approve(bot_world.context, REVIEWER, change.id)
    await deliver_for(bot_world, 60)
    await cancel(bot_world.context, REQUESTER, change.id)
    await deliver_for(bot_world, 60)
    assert len(direct_messages(bot_world, "that channel is archived")) == 1
    archive(bot_world, PHONE_ROUTING, on=False)
    await deliver_for(bot_world, 15)
    assert thread_facts(bot_world, change) == ["approved", "canceled"]
    other = await asked(bot_world)
    archive(bot_world, PHONE_ROUTING)
    await deliver_for(bot_world, 15)
    assert (
        len(direct_messages(bot_world, f"I recorded RN-{other.id}, but cannot post its card in <#{PHONE_ROUTING}>"))
        == 1
    )
    archive(bot_world, PHONE_ROUTING, on=False)
    await deliver_for(bot_world, 15)
    archive(bot_world, PHONE_ROUTING)
    await cancel(bot_world.context, REQUESTER, other.id)
    await deliver_for(bot_world, 15)
    assert len(direct_messages(bot_world, f"I recorded RN-{other.id}")) == 2


async def test_g9_a_waiting_lane_is_tried_seldom(bot_world: BotHarness) -> None:
    await asked(bot_world)
    fault = restrict(bot_world, PHONE_ROUTING)
    await deliver_for(bot_world, 6 * 60, steps=6 * 12)
    assert 24 <= fault.hits <= 36


def test_every_fault_of_a_channel_has_words() -> None:
    assert set(WHY) == NO_CHANNEL


@pytest.mark.parametrize("code", sorted(NO_CHANNEL))
async def test_what_is_wrong_with_a_channel_is_no_fault_of_the_installation(bot_world: BotHarness, code: str) -> None:
    change = await asked(bot_world)
    restrict(bot_world, PHONE_ROUTING, code=code)
    await bot_world.post_cards()
    assert bot_world.courier.problem is None
    [said] = direct_messages(bot_world, f"I recorded RN-{change.id}")
    assert said.splitlines()[0].endswith(f": {why_not(code)} Until then I keep trying there.")
    await move(bot_world, change, SUPPORT_OPS)
    await bot_world.post_cards()
    [card] = card_posts(bot_world, change)
    assert card.channel_id == SUPPORT_OPS


async def test_a_code_that_nobody_knows_is_told_as_it_is(bot_world: BotHarness) -> None:
    assert why_not("new_refusal") == "Slack refused it (new_refusal). Pick another channel."
    change = await asked(bot_world)
    restrict(bot_world, PHONE_ROUTING, code="new_refusal")
    await bot_world.post_cards()
    assert bot_world.courier.problem is not None
    assert "new_refusal" in bot_world.courier.problem
    bot_world.slack.faults.clear()
    await deliver_for(bot_world, 1)
    assert len(card_posts(bot_world, change)) == 1


async def test_g9_an_answer_to_a_card_that_is_gone_brings_the_card_back(bot_world: BotHarness) -> None:
    change = await asked(bot_world)
    await bot_world.post_cards()
    await approve(bot_world.context, REVIEWER, change.id)
    # The card is brought up to date, and deleted before its thread is told.
    await deliver_card_alone(bot_world)
    bot_world.slack.world.delete_message(card_posts(bot_world, change)[0])
    await bot_world.post_cards()
    [card] = card_posts(bot_world, change)
    assert "State: approved" in bot_world.alan.read(card)
    assert [len(posts) for posts in told(bot_world, change).values()] == [1, 1]
    assert await rows(bot_world, undone=True) == []


@pytest.mark.parametrize("code", ["thread_not_found", "invalid_thread_ts"])
async def test_g9_a_thread_that_is_not_found_is_told_under_a_new_card(bot_world: BotHarness, code: str) -> None:
    change = await asked(bot_world)
    await bot_world.post_cards()
    await approve(bot_world.context, REVIEWER, change.id)
    await deliver_card_alone(bot_world)
    bot_world.slack.world.delete_message(card_posts(bot_world, change)[0])
    restrict(bot_world, PHONE_ROUTING, code=code).times = 1
    await deliver_for(bot_world, 1)
    [card] = card_posts(bot_world, change)
    assert "State: approved" in bot_world.alan.read(card)
    [fact] = [m for fact, posts in told(bot_world, change).items() if "/approved/" in fact for m in posts]
    assert fact.thread_ts == card.ts


@pytest.mark.parametrize("code", ["cant_update_message", "edit_window_closed"])
async def test_g9_a_card_that_cannot_be_updated_is_posted_anew(bot_world: BotHarness, code: str) -> None:
    change = await asked(bot_world)
    await bot_world.post_cards()
    restrict(bot_world, PHONE_ROUTING, code=code, method="chat.update")
    await cancel(bot_world.context, REQUESTER, change.id)
    await deliver_for(bot_world, 1)
    assert "State: canceled" in bot_world.rita.read(card_posts(bot_world, change)[-1])
    assert len(card_posts(bot_world, change)) == 2
    assert await rows(bot_world, undone=True) == []


async def test_g9_a_card_deleted_while_nobody_steps_is_back_with_the_next_step(bot_world: BotHarness) -> None:
    change = await asked(bot_world)
    await bot_world.post_cards()
    bot_world.slack.world.delete_message(card_posts(bot_world, change)[0])
    lose_the_next(bot_world)
    bot_world.clock.advance(days=2)
    assert await expire_next(bot_world.context) is not None
    await deliver_for(bot_world, 1)
    [card] = card_posts(bot_world, change)
    assert "State: expired" in bot_world.rita.read(card)
    assert thread_facts(bot_world, change) == ["expired"]
