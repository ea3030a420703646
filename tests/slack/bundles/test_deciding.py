"""One press decides about all numbers, each by its own rules; each is applied, fails or goes stale for itself."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.state import State
from bot.sandbox.slack.workspace.seed import ADA, AMY
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next, expire_next, take_abandoned
from bot.service.applying.recover import recover
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.bundles.asking import FEW, ask_several, results_of, states, with_numbers
from tests.slack.messages.test_card_truth import cards, replies, work
from tests.slack.test_rules import press
from tests.transactions import counted

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)

LONDON = "+442079460958"


async def test_g1_one_press_approves_all_and_each_has_its_own_review(bot_world: BotHarness) -> None:
    card = await ask_several(bot_world, FEW)
    assert "You asked for RN-1 yourself" in await press(bot_world, bot_world.rita, "Approve", card)
    assert await press(bot_world, bot_world.alan, "Approve", card) == ""
    assert await states(bot_world) == [State.APPROVED] * 3
    async with bot_world.context.database.reading() as tx:
        found = await tx.execute(text("SELECT change_id, reviewer_id FROM reviews ORDER BY change_id"))
        assert [tuple(row) for row in found] == [(each, bot_world.alan.id) for each in (1, 2, 3)]
    await work(bot_world)
    assert await states(bot_world) == [State.APPLIED] * 3
    shown = bot_world.rita.read(cards(bot_world)[-1])
    assert "State: applied" in shown
    (told,) = replies(bot_world)
    assert "3 of 3 are live" in told
    assert told.count("✅ live: on") == 3
    assert bot_world.rita.buttons(results_of(bot_world)) == ["Revert", "Details"]


async def test_fifty_numbers_are_approved_with_few_statements(bot_world: BotHarness) -> None:
    numbers = await with_numbers(bot_world, 50)
    card = await ask_several(bot_world, numbers)
    with counted(bot_world.context.database) as cost:
        await bot_world.alan.click("Approve", card)
    assert cost.is_within(1, 14)
    assert await states(bot_world) == [State.APPROVED] * 50


async def test_fifty_numbers_one_goes_stale_one_fails_and_the_others_are_applied(bot_world: BotHarness) -> None:
    numbers = await with_numbers(bot_world, 50)
    card = await ask_several(bot_world, numbers)
    bot_world.uponai.account.set_number(numbers[6], {"is_time_routing_enabled": None})
    bot_world.uponai.account.numbers.pop(numbers[9])
    await press(bot_world, bot_world.alan, "Approve", card)
    await work(bot_world)
    # As many results as come together are shown at once: one update of the card, one of the table.
    updates = [each for each in bot_world.slack.recorder.requests if each.method == "chat.update"]
    assert len(updates) < 10
    found = dict(zip(numbers, await states(bot_world), strict=True))
    assert found[numbers[6]] is State.STALE
    assert found[numbers[9]] is State.FAILED
    assert sum(state is State.APPLIED for state in found.values()) == 48
    shown = bot_world.rita.read(cards(bot_world)[-1])
    assert "State: mixed" in shown
    told = replies(bot_world)
    assert len(told) == 3
    assert "48 of 50 are live" in told[0]
    assert sum("RN-7 was not sent" in each for each in told) == 1
    assert sum("RN-10 failed" in each for each in told) == 1


async def test_who_may_not_decide_about_one_is_refused_for_all_with_rule_and_number(bot_world: BotHarness) -> None:
    bot_world.policies.append(
        Policy(rules=(Rule(name="London", numbers=(LONDON,), approvers=People(frozenset({AMY, ADA}))),))
    )
    card = await ask_several(bot_world, FEW)
    said = await press(bot_world, bot_world.alan, "Approve", card)
    assert "RN-3 for +44 20 7946 0958" in said
    assert "“London”" in said
    assert await states(bot_world) == [State.PENDING] * 3
    assert await press(bot_world, bot_world.ada, "Approve", card) == ""
    assert await states(bot_world) == [State.APPROVED] * 3


async def test_quorum_counts_for_each_by_its_own_rules(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(rules=(Rule(name="London", numbers=(LONDON,), quorum=2),)))
    card = await ask_several(bot_world, FEW)
    assert await press(bot_world, bot_world.alan, "Approve", card) == ""
    assert await states(bot_world) == [State.APPROVED, State.APPROVED, State.PENDING]
    await work(bot_world)
    assert await states(bot_world) == [State.APPLIED, State.APPLIED, State.PENDING]
    assert "State: mixed" in bot_world.rita.read(cards(bot_world)[-1])
    assert any("RN-3 needs more approvals" in each for each in replies(bot_world))
    assert await press(bot_world, bot_world.ada, "Approve", cards(bot_world)[-1]) == ""
    await work(bot_world)
    assert await states(bot_world) == [State.APPLIED] * 3
    assert "3 of 3 are live" in replies(bot_world)[0] + replies(bot_world)[1]


async def test_a_denial_ends_all_of_them_and_is_told_once(bot_world: BotHarness) -> None:
    card = await ask_several(bot_world, FEW)
    await bot_world.alan.click("Deny", card)
    await bot_world.alan.fill("Reason", "Not today")
    await bot_world.alan.submit()
    await bot_world.post_cards()
    assert await states(bot_world) == [State.DENIED] * 3
    (told,) = replies(bot_world)
    assert "denied RN-1 and 2 more" in told
    assert "State: denied" in bot_world.rita.read(cards(bot_world)[-1])


async def test_a_denial_that_blocks_is_taken_back_for_all(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(denial=Denial.BLOCKS))
    card = await ask_several(bot_world, FEW)
    await bot_world.alan.click("Deny", card)
    await bot_world.alan.fill("Reason", "Not yet")
    await bot_world.alan.submit()
    await bot_world.post_cards()
    assert await states(bot_world) == [State.PENDING] * 3
    await bot_world.alan.click("Details", cards(bot_world)[-1])
    await bot_world.alan.click("Take back my denial")
    assert await press(bot_world, bot_world.ada, "Approve", cards(bot_world)[-1]) == ""
    assert await states(bot_world) == [State.APPROVED] * 3


async def test_the_requester_cancels_what_is_not_sent_yet(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(rules=(Rule(name="London", numbers=(LONDON,), quorum=2),)))
    card = await ask_several(bot_world, FEW)
    await press(bot_world, bot_world.alan, "Approve", card)
    claimed = await claim_next(bot_world.context)
    assert claimed is not None
    await apply(bot_world.context, claimed)
    assert "Only" in await press(bot_world, bot_world.alan, "Cancel", cards(bot_world)[-1])
    assert await press(bot_world, bot_world.rita, "Cancel", cards(bot_world)[-1]) == ""
    assert await states(bot_world) == [State.APPLIED, State.CANCELED, State.CANCELED]
    assert bot_world.rita.buttons(cards(bot_world)[-1]) == ["Details"]


async def test_g3_two_approvers_at_one_instant_make_one_decision(bot_world: BotHarness) -> None:
    card = await ask_several(bot_world, FEW)
    await asyncio.gather(bot_world.alan.click("Approve", card), bot_world.ada.click("Approve", card))
    assert await states(bot_world) == [State.APPROVED] * 3
    async with bot_world.context.database.reading() as tx:
        people = (await tx.execute(text("SELECT DISTINCT reviewer_id FROM reviews"))).all()
        assert len(people) == 1
        assert await tx.scalar(text("SELECT count(*) FROM audit_events WHERE event = 'change.approved'")) == 3
    said = [each for person in (bot_world.alan, bot_world.ada) for each in person.ephemeral("phone-routing")]
    assert len(said) == 1
    assert "was already approved by" in bot_world.alan.read(said[0])


async def test_g2_a_worker_lost_in_the_middle_leaves_the_rest_to_the_next(bot_world: BotHarness) -> None:
    card = await ask_several(bot_world, FEW)
    await press(bot_world, bot_world.alan, "Approve", card)
    lost = await claim_next(bot_world.context)
    assert lost is not None
    await work(bot_world)
    assert sorted(map(str, await states(bot_world))) == ["applied", "applied", "applying"]
    bot_world.clock.advance(timedelta(seconds=31))
    taken = await take_abandoned(bot_world.context)
    assert taken is not None
    await recover(bot_world.context, taken)
    await work(bot_world)
    assert await states(bot_world) == [State.APPLIED] * 3
    assert len(replies(bot_world)) == 1
    assert "3 of 3 are live" in replies(bot_world)[0]


async def test_they_expire_together_and_are_told_once(bot_world: BotHarness) -> None:
    await ask_several(bot_world, FEW)
    bot_world.clock.advance(timedelta(days=2))
    assert await expire_next(bot_world.context) is not None
    assert await expire_next(bot_world.context) is None
    await bot_world.post_cards()
    assert await states(bot_world) == [State.EXPIRED] * 3
    (told,) = replies(bot_world)
    assert "RN-1 and 2 more expired" in told
