"""One override lets all numbers pass that were asked together; it is told, reviewed and reminded of once for all."""

import pytest
from sqlalchemy import text

from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.domain.state import State
from bot.sandbox.slack.workspace.seed import ALAN, AMY
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.bundles.asking import FEW, ask_several, states
from tests.slack.listeners.test_home import read_home
from tests.slack.messages.test_card_truth import cards, replies, work
from tests.slack.test_override import DAY, WHY, direct, in_channel, override, remind, thread_message
from tests.slack.test_rules import press

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)

ON_DUTY = People(frozenset({AMY}))
TWO = Rule(name="Two", quorum=2, override=ON_DUTY)
LONDON = "+442079460958"


async def test_g1_one_override_lets_all_pass_and_each_has_its_own_row(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(rules=(TWO,)))
    card = await ask_several(bot_world, FEW)
    await override(bot_world, bot_world.person(AMY), card)
    assert await states(bot_world) == [State.APPROVED] * 3
    async with bot_world.context.database.reading() as tx:
        found = await tx.execute(text("SELECT change_id, overridden_by FROM overrides ORDER BY change_id"))
        assert [tuple(row) for row in found] == [(each, AMY) for each in (1, 2, 3)]
    [told] = in_channel(bot_world)
    assert "overrode RN-1 and 2 more" in told
    assert WHY in told
    assert len(direct(bot_world, bot_world.rita)) == 1
    assert sum(":rotating_light:" in each and "overrode RN-1 and 2 more" in each for each in replies(bot_world)) == 1
    await work(bot_world)
    assert await states(bot_world) == [State.APPLIED] * 3
    assert "Overridden, because:" in bot_world.rita.read(cards(bot_world)[-1])


async def test_several_are_overridden_by_who_may_for_each_of_them(bot_world: BotHarness) -> None:
    london = Rule(name="London", numbers=(LONDON,), override=People(frozenset({ALAN, AMY})))
    others = Rule(name="Others", quorum=2, override=ON_DUTY)
    bot_world.policies.append(Policy(rules=(london, others)))
    card = await ask_several(bot_world, FEW)
    assert "RN-1 for +1 415-555-0123" in await press(bot_world, bot_world.alan, "Override", card)
    bot_world.policies.append(Policy(rules=(london,)))
    assert "Override" not in bot_world.alan.buttons(await ask_several(bot_world, FEW))


async def test_several_are_reviewed_and_reminded_of_as_one(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(rules=(TWO,)))
    await override(bot_world, bot_world.person(AMY), await ask_several(bot_world, FEW))
    await work(bot_world)
    bot_world.clock.advance(DAY)
    assert len(await remind(bot_world)) == 1
    at_home = await read_home(bot_world, "alan")
    assert at_home.count("🚨") == 1
    assert "|RN-1> and 2 more* · +1 415-555-0123 and 2 more numbers" in at_home
    assert await press(bot_world, bot_world.alan, "Reviewed", thread_message(bot_world, "nobody has reviewed")) == ""
    async with bot_world.context.database.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM overrides WHERE reviewed_by IS NULL")) == 0
    bot_world.clock.advance(DAY)
    assert len(await remind(bot_world)) == 1


async def test_of_several_that_were_overridden_those_count_that_can_still_pass(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(rules=(TWO,)))
    await override(bot_world, bot_world.person(AMY), await ask_several(bot_world, FEW))
    # Somebody changes the first one elsewhere: it goes stale, and nothing of it is sent.
    bot_world.uponai.account.set_number(FEW[0], {"is_time_routing_enabled": True})
    await work(bot_world)
    assert (await states(bot_world))[0] is State.STALE
    assert "|RN-2> and 1 more* · +1 312-555-0111 and 1 more number ·" in await read_home(bot_world, "alan")
    bot_world.clock.advance(DAY)
    [reminder] = await remind(bot_world)
    assert "overrode RN-2 and 1 more" in reminder
    assert await press(bot_world, bot_world.alan, "Reviewed", thread_message(bot_world, "nobody has reviewed")) == ""
    assert "🚨" not in await read_home(bot_world, "alan")
