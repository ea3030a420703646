"""Moving a card: only where it cannot stand, never undone, and the old card is told."""

import pytest

from bot.domain.errors import NotAllowed
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING, SUPPORT_OPS
from bot.service.move_card import move_card
from bot.service.review import approve, cancel
from tests.slack.bot_harness import BotHarness
from tests.slack.delivery.lanes import (
    OTHER,
    REQUESTER,
    REVIEWER,
    archive,
    asked,
    card_posts,
    card_row,
    deliver_card_alone,
    deliver_for,
    direct_messages,
    events,
    has_buttons,
    interrupted,
    invite_bot,
    lose_the_next,
    move,
    remove_bot,
    restrict,
    rows,
    stored,
    thread_facts,
    told,
)

both_databases = pytest.mark.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)


@both_databases
async def test_a_card_that_stands_well_is_not_moved_and_the_refusal_is_recorded(bot_world: BotHarness) -> None:
    change = await asked(bot_world)
    for _ in range(2):
        with pytest.raises(NotAllowed, match="can be posted in <#C07PHONE1RT>, so that is where it stays"):
            await move(bot_world, change, SUPPORT_OPS)
        await bot_world.post_cards()
    with pytest.raises(NotAllowed, match="can move its card"):
        await move_card(bot_world.context, OTHER, change.id, SUPPORT_OPS)
    assert (await events(bot_world)).count("move.refused") == 3
    [card] = card_posts(bot_world, change)
    assert card.channel_id == PHONE_ROUTING
    assert (await stored(bot_world, change)).version == 1


async def test_a_press_that_comes_too_late_is_told_that_the_card_stays(bot_world: BotHarness) -> None:
    change = await asked(bot_world)
    archive(bot_world, PHONE_ROUTING)
    await bot_world.post_cards()
    archive(bot_world, PHONE_ROUTING, on=False)
    await deliver_for(bot_world, 1)
    rita = bot_world.rita
    message = rita.find_message("app", "cannot post its card")
    await rita.press("app", message.ts, "direct:move", SUPPORT_OPS)
    said = rita.read(rita.ephemeral("app")[-1])
    assert f"The card of RN-{change.id} can be posted in" in said
    await deliver_for(bot_world, 1)
    assert [card.channel_id for card in card_posts(bot_world, change)] == [PHONE_ROUTING]


@both_databases
async def test_the_same_channel_again_means_try_now(bot_world: BotHarness) -> None:
    change = await asked(bot_world)
    remove_bot(bot_world, PHONE_ROUTING)
    await deliver_for(bot_world, 60)
    invite_bot(bot_world, PHONE_ROUTING)
    await bot_world.post_cards()
    assert card_posts(bot_world, change) == []
    for _ in range(2):
        await move(bot_world, change, PHONE_ROUTING)
        await bot_world.post_cards()
    assert len(card_posts(bot_world, change)) == 1
    assert (await stored(bot_world, change)).version == 1
    assert (await events(bot_world)).count("card.tried_again") == 2


@both_databases
@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_card_in_flight_does_not_undo_a_move_and_is_told(bot_world: BotHarness, is_lost: bool) -> None:
    change = await asked(bot_world)
    restrict(bot_world, PHONE_ROUTING).times = 1
    await bot_world.post_cards()

    async def move_meanwhile() -> None:
        await move(bot_world, change, SUPPORT_OPS)

    bot_world.clock.advance(minutes=1)
    if is_lost:
        lose_the_next(bot_world)
    await interrupted(bot_world, move_meanwhile, after=1).deliver_due()
    assert [card.channel_id for card in card_posts(bot_world, change)] == [PHONE_ROUTING]
    await deliver_for(bot_world, 2)
    old, new = card_posts(bot_world, change)
    assert (new.channel_id, has_buttons(new)) == (SUPPORT_OPS, True)
    assert not has_buttons(old)
    card = await card_row(bot_world, change)
    assert card is not None
    assert (card.channel_id, card.message_ts) == (SUPPORT_OPS, new.ts)
    assert await rows(bot_world, undone=True) == []


@both_databases
async def test_an_update_in_flight_does_not_bring_the_old_card_back_to_life(bot_world: BotHarness) -> None:
    change = await asked(bot_world)
    await bot_world.post_cards()
    fault = restrict(bot_world, PHONE_ROUTING, code="is_archived", method="chat.update")
    await approve(bot_world.context, REVIEWER, change.id)
    await bot_world.post_cards()
    bot_world.slack.faults.clear()
    bot_world.clock.advance(minutes=1)

    async def move_meanwhile() -> None:
        await move(bot_world, change, SUPPORT_OPS)
        await bot_world.post_cards()

    await interrupted(bot_world, move_meanwhile, after=1).deliver_due()
    await deliver_for(bot_world, 2)
    assert fault.hits == 1
    old, new = card_posts(bot_world, change)
    assert not has_buttons(old)
    assert "State: approved" in bot_world.rita.read(new)
    assert thread_facts(bot_world, change) == ["approved"]


async def test_g9_a_fact_whose_answer_was_lost_is_looked_for_in_the_thread_of_the_old_card(
    bot_world: BotHarness,
) -> None:
    change = await asked(bot_world)
    await bot_world.post_cards()
    await approve(bot_world.context, REVIEWER, change.id)
    await deliver_card_alone(bot_world)
    lose_the_next(bot_world)
    await bot_world.courier.deliver_due()
    restrict(bot_world, PHONE_ROUTING)
    restrict(bot_world, PHONE_ROUTING, method="chat.update", code="is_archived")
    await cancel(bot_world.context, REQUESTER, change.id)
    await deliver_for(bot_world, 1)
    bot_world.slack.faults.clear()
    restrict(bot_world, PHONE_ROUTING)
    await move(bot_world, change, SUPPORT_OPS)
    await deliver_for(bot_world, 1)
    [first] = [m for fact, posts in told(bot_world, change).items() if "/approved/" in fact for m in posts]
    assert first.channel_id == PHONE_ROUTING
    assert thread_facts(bot_world, change) == ["approved", "canceled"]


async def test_g9_where_nobody_can_look_any_more_a_fact_is_repeated_and_says_so(bot_world: BotHarness) -> None:
    change = await asked(bot_world)
    await bot_world.post_cards()
    await approve(bot_world.context, REVIEWER, change.id)
    await deliver_card_alone(bot_world)
    lose_the_next(bot_world)
    await bot_world.courier.deliver_due()
    remove_bot(bot_world, PHONE_ROUTING)
    await deliver_for(bot_world, 1)
    assert len(direct_messages(bot_world, "I am not a member there")) == 1
    await move(bot_world, change, SUPPORT_OPS)
    await deliver_for(bot_world, 1)
    [first, again] = [m for fact, posts in told(bot_world, change).items() if "/approved/" in fact for m in posts]
    assert (first.channel_id, again.channel_id) == (PHONE_ROUTING, SUPPORT_OPS)
    assert "may repeat" not in first.text
    assert "may repeat" in again.text
    # The old card is told as soon as somebody lets the bot in again.
    [waiting] = await rows(bot_world, undone=True)
    assert waiting["kind"] == "former_card"
    invite_bot(bot_world, PHONE_ROUTING)
    await deliver_for(bot_world, 15)
    assert not has_buttons(card_posts(bot_world, change)[0])
    assert await rows(bot_world, undone=True) == []
