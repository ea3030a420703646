"""Where several numbers meet rules that differ, schedules, put-backs, overrides and edits."""

import json

import pytest
from sqlalchemy import text

from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.state import State
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import ADA, ALAN, AMY
from bot.sandbox.uponai.seed import BOOKINGS, SALES
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.bundles.asking import FEW, ask_several, results_of, states
from tests.slack.messages.test_card_truth import cards, replies, work
from tests.slack.test_override import direct, override
from tests.slack.test_picture import later
from tests.slack.test_rules import press
from tests.slack.test_schedules import in_hours

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)

ON_DUTY = People(frozenset({AMY}))
FIRST_NEEDS_TWO = Policy(
    rules=(
        Rule(name="First", numbers=(FEW[0],), quorum=2, override=ON_DUTY),
        Rule(name="Others", numbers=tuple(FEW[1:]), override=ON_DUTY),
    )
)


async def ask_to_be_put_back(bot_world: BotHarness, *, start: int | None = None) -> Message:
    """Ask for several numbers that are put back in some hours, and return the card."""
    rita = bot_world.rita
    await bot_world.type(rita, FEW[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", "\n".join(FEW[1:]))
    await rita.fill("Time routing", "On")
    await rita.fill("Put back", "At a time")
    await rita.fill("Put back at", in_hours(bot_world, 20))
    if start is not None:
        await rita.fill("When", "At a time")
        await rita.fill("Start", in_hours(bot_world, start))
    await rita.fill("Reason", "Night shift")
    assert await rita.submit() == {"ok": True}, rita.errors()
    await bot_world.post_cards()
    return cards(bot_world)[-1]


def direct_texts(bot_world: BotHarness) -> list[str]:
    return [bot_world.rita.read(each) for each in direct(bot_world, bot_world.rita)]


async def test_g9_while_some_need_more_approvals_nobody_is_told_that_all_are_approved(bot_world: BotHarness) -> None:
    bot_world.policies.append(FIRST_NEEDS_TWO)
    card = await ask_several(bot_world, FEW)
    await press(bot_world, bot_world.alan, "Approve", card)
    await later(bot_world, minutes=1)
    assert f"<{ALAN}> approved RN-2 and 1 more: 0 of 3" in bot_world.rita.read(results_of(bot_world))
    [first] = direct_texts(bot_world)
    assert f"<{ALAN}> approved RN-2 and 1 more. RN-1 still needs more approvals" in first
    await press(bot_world, bot_world.ada, "Approve", card)
    await later(bot_world, minutes=1)
    assert f"<{ALAN}>, <{ADA}> approved RN-1 and 2 more: 0 of 3" in bot_world.rita.read(results_of(bot_world)).replace(
        f"<{ADA}>, <{ALAN}>", f"<{ALAN}>, <{ADA}>"
    )
    _, second = direct_texts(bot_world)
    assert "approved them." in second
    await work(bot_world)
    await later(bot_world, minutes=1)
    assert len(direct_texts(bot_world)) == 3


async def test_g9_the_table_names_as_approvers_neither_who_overrode_nor_who_canceled(bot_world: BotHarness) -> None:
    bot_world.policies.append(FIRST_NEEDS_TWO)
    card = await ask_several(bot_world, FEW)
    await press(bot_world, bot_world.alan, "Approve", card)
    await override(bot_world, bot_world.person(AMY), card)
    head = bot_world.rita.read(results_of(bot_world)).partition(":")[0]
    assert head == f"@Rita Vogel, <{ALAN}> approved RN-2 and 1 more, @Amy Castillo overrode RN-1"
    await press(bot_world, bot_world.rita, "Cancel", card)
    assert await states(bot_world) == [State.CANCELED] * 3
    assert bot_world.rita.read(results_of(bot_world)).startswith("@Rita Vogel RN-1 and 2 more: 0 of 3 are live.")


async def test_what_was_canceled_says_as_what_it_was_asked_again_not_what_puts_another_one_back(
    bot_world: BotHarness,
) -> None:
    await press(bot_world, bot_world.alan, "Approve", await ask_to_be_put_back(bot_world))
    claimed = await claim_next(bot_world.context)
    assert claimed is not None
    await apply(bot_world.context, claimed)
    await press(bot_world, bot_world.rita, "Cancel", cards(bot_world)[0])
    told = bot_world.rita.find_message("phone-routing", "canceled RN-")
    assert await bot_world.rita.click("Ask again", told)
    assert await bot_world.rita.submit() == {"ok": True}
    await bot_world.post_cards()
    assert any("asked again as RN-5" in each for each in replies(bot_world))


async def test_the_number_whose_former_values_could_not_be_put_back_is_named(bot_world: BotHarness) -> None:
    split = [{"agent_id": each, "agent_version": 1, "weight": 0.5} for each in (SALES, BOOKINGS)]
    bot_world.uponai.account.set_number(FEW[2], {"outbound_agents": split})
    await bot_world.read_uponai()
    rita = bot_world.rita
    await bot_world.type(rita, FEW[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", FEW[2])
    await rita.fill("Outbound calls", "No agent")
    await rita.fill("Put back", "At a time")
    await rita.fill("Put back at", in_hours(bot_world, 5))
    await rita.fill("Reason", "Night shift")
    await rita.submit()
    assert rita.errors()["Put back at"].startswith("+44 20 7946 0958: What is live now could not be put back")
    await rita.fill("Put back at", in_hours(bot_world, -5))
    await rita.submit()
    assert rita.errors()["Put back at"] == "This time has passed: choose a later one."


async def test_an_edit_of_all_warns_of_none_of_them_and_records_when_they_are_sent(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await rita.click("Edit", await ask_to_be_put_back(bot_world))
    assert "also changes Time routing" not in rita.read_view()
    await rita.fill("When", "At a time")
    await rita.fill("Start", in_hours(bot_world, 3))
    assert await rita.submit() == {"ok": True}
    async with bot_world.context.database.reading() as tx:
        found = await tx.execute(text("SELECT after FROM audit_events WHERE event = 'change.edited'"))
        recorded = [json.loads(after) if isinstance(after, str) else after for (after,) in found]
    assert len(recorded) == len(FEW)
    assert all({"starts_at", "put_back_at"} <= each.keys() for each in recorded)


async def test_g7_who_reverts_what_was_reverted_meanwhile_is_refused_on_the_record(bot_world: BotHarness) -> None:
    await press(bot_world, bot_world.alan, "Approve", await ask_several(bot_world, FEW))
    await work(bot_world)
    for person in (bot_world.alan, bot_world.ada):
        await person.click("Revert", results_of(bot_world))
        await person.fill("Reason", "Open again")
    assert await bot_world.alan.submit() == {"ok": True}
    await bot_world.post_cards()
    await press(bot_world, bot_world.rita, "Approve", cards(bot_world)[-1])
    await work(bot_world)
    await bot_world.ada.submit()
    assert "left to revert" in bot_world.ada.errors()["Reason"]
    async with bot_world.context.database.reading() as tx:
        refused = await tx.execute(text("SELECT event, actor_id FROM audit_events WHERE event LIKE '%refused'"))
        assert [tuple(row) for row in refused] == [("revert.refused", ADA)]


async def test_what_is_taken_back_of_some_numbers_names_these_and_a_late_override_speaks_of_all(
    bot_world: BotHarness,
) -> None:
    blocks = Rule(name="First", numbers=(FEW[0],), denial=Denial.BLOCKS, override=ON_DUTY)
    bot_world.policies.append(Policy(rules=(blocks, Rule(name="Others", numbers=tuple(FEW[1:]), override=ON_DUTY))))
    alan, card = bot_world.alan, await ask_several(bot_world, FEW)
    await alan.click("Deny", card)
    await alan.fill("Reason", "Not now")
    await alan.submit()
    await bot_world.post_cards()
    assert await states(bot_world) == [State.PENDING, State.DENIED, State.DENIED]
    await alan.click("Details", card)
    await alan.click("Take back my denial")
    await bot_world.post_cards()
    assert any(f"<{ALAN}> took their denial of RN-1 back." in each for each in replies(bot_world))
    await override(bot_world, bot_world.person(AMY), await ask_to_be_put_back(bot_world, start=3))
    assert any("They go out 20" in each and "that they lack." in each for each in replies(bot_world))
