"""An approval and the result that follows within seconds are one message in the thread; each is told once (G9)."""

from bot.domain.change import ChangeRequest
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from bot.service.review import approve, cancel
from tests.slack.bot_harness import BotWorld
from tests.slack.delivery.lanes import (
    REQUESTER,
    REVIEWER,
    approve_and_wait,
    asked,
    lose_the_next,
    thread_facts,
    told,
)


async def send(world: BotWorld) -> None:
    change = await claim_next(world.context)
    assert change is not None
    await apply(world.context, change)
    await world.post_cards()


def text_of(world: BotWorld, change: ChangeRequest, name: str) -> str:
    [message] = [m for fact, posts in told(world, change).items() if f"/{name}/" in fact for m in posts]
    return message.text


async def test_g9_a_result_within_seconds_tells_the_approval_as_well(bot_world: BotWorld) -> None:
    change = await asked(bot_world)
    await approve(bot_world.context, REVIEWER, change.id)
    await bot_world.post_cards()
    await send(bot_world)
    assert thread_facts(bot_world, change) == ["applied"]
    said = text_of(bot_world, change, "applied")
    assert said.startswith(f"✅ <@{REQUESTER.user_id}>, <@{REVIEWER.user_id}> approved; RN-1 is live ")


async def test_g9_a_result_that_takes_longer_is_told_by_itself(bot_world: BotWorld) -> None:
    change = await asked(bot_world)
    await approve_and_wait(bot_world, change)
    await bot_world.post_cards()
    assert thread_facts(bot_world, change) == ["approved"]
    await send(bot_world)
    assert thread_facts(bot_world, change) == ["approved", "applied"]
    assert "approved" not in text_of(bot_world, change, "applied")


async def test_g9_an_approval_that_may_have_arrived_is_not_told_again_with_the_result(bot_world: BotWorld) -> None:
    change = await asked(bot_world)
    await bot_world.post_cards()
    await approve_and_wait(bot_world, change)
    await bot_world.courier.deliver_due()
    lose_the_next(bot_world)
    await bot_world.courier.deliver_due()
    bot_world.clock.advance(minutes=1)
    await send(bot_world)
    assert thread_facts(bot_world, change) == ["approved", "applied"]
    assert "approved" not in text_of(bot_world, change, "applied")


async def test_what_calls_a_person_does_not_wait_for_the_approval_before_it(bot_world: BotWorld) -> None:
    change = await asked(bot_world)
    bot_world.fault("import_error", times=1)
    await approve(bot_world.context, REVIEWER, change.id)
    await send(bot_world)
    assert thread_facts(bot_world, change) == ["approved", "unclear"]


async def test_a_cancel_after_the_approval_is_told_at_once_behind_it(bot_world: BotWorld) -> None:
    change = await asked(bot_world)
    await approve(bot_world.context, REVIEWER, change.id)
    await cancel(bot_world.context, REQUESTER, change.id)
    await bot_world.post_cards()
    assert thread_facts(bot_world, change) == ["approved", "canceled"]
