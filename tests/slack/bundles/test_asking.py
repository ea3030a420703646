"""Several numbers in one request: the form, what it cannot read, what is stored, and the one card of all."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot.domain.rules.facts import ChangeKind
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.domain.rules.windows import Freeze
from bot.domain.state import State
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.bundles.asking import FEW, ask_several, stored, with_numbers
from tests.slack.form.test_form_warnings import warned
from tests.slack.listeners.test_home import read_home
from tests.slack.messages.test_card_truth import cards, replies
from tests.transactions import counted

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)


async def test_several_numbers_are_one_card_with_a_line_for_each(bot_world: BotHarness) -> None:
    card = await ask_several(bot_world, FEW, separator="; ")
    bundle = await stored(bot_world)
    assert [each.key.number for each in bundle.members] == FEW
    assert {each.bundle_id for each in bundle.members} == {bundle.lead.id}
    shown = bot_world.rita.read(card)
    assert len(cards(bot_world)) == 1
    assert shown.count("State: ") == 1
    assert "State: pending" in shown
    assert card.text.startswith("RN-1 pending: ")
    for each in bundle.members:
        assert f"{each.label} · " in shown
    assert "+44 20 7946 0958: Time routing: off → on" in shown
    assert list(bot_world.alan.buttons(card)) == ["Approve", "Deny", "Edit", "Cancel", "Details"]


async def test_the_first_entry_that_cannot_be_read_is_named_at_the_field_and_nothing_is_stored(
    bot_world: BotHarness,
) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, FEW[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", f"{FEW[1]}, +49 30 99999999\nnonsense")
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Night shift")
    await rita.submit()
    assert "+49 30 99999999" in rita.errors()["More numbers"]
    async with bot_world.context.database.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM changes")) == 0


async def test_numbers_for_which_nothing_differs_are_named_and_left_out(bot_world: BotHarness) -> None:
    await ask_several(bot_world, [*FEW, "ext-4001", FEW[1]])
    assert [each.key.number for each in (await stored(bot_world)).members] == FEW
    told = next(each for each in replies(bot_world) if "left them out" in each)
    assert "ext-4001" in told


async def test_one_number_that_is_left_is_a_change_by_itself(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(rules=(Rule(name="Many", changes=frozenset({ChangeKind.SEVERAL}), quorum=2),)))
    await ask_several(bot_world, ["ext-4001", FEW[0]])
    async with bot_world.context.database.reading() as tx:
        row = (await tx.execute(text("SELECT id, bundle_id, quorum FROM changes"))).one()
    assert tuple(row) == (1, None, 1)
    assert "ext-4001" in replies(bot_world)[0]


async def test_a_rule_for_several_holds_for_each_of_them(bot_world: BotHarness) -> None:
    bot_world.policies.append(
        Policy(
            rules=(
                Rule(name="Many", changes=frozenset({ChangeKind.SEVERAL}), quorum=2),
                Rule(name="London", numbers=("+44*",)),
            )
        )
    )
    card = await ask_several(bot_world, FEW)
    quorums = {each.key.number: [rule.name for rule in each.policy.rules] for each in (await stored(bot_world)).members}
    assert quorums == {FEW[0]: ["Many"], FEW[1]: ["Many"], FEW[2]: ["Many", "London"]}
    shown = bot_world.rita.read(card)
    assert "RN-1, RN-2:" in shown
    assert "RN-3:" in shown
    assert "London" in shown


async def test_fifty_numbers_are_stored_in_one_transaction_with_few_statements(bot_world: BotHarness) -> None:
    numbers = await with_numbers(bot_world, 50)
    rita = bot_world.rita
    await bot_world.type(rita, numbers[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", "\n".join(numbers[1:]))
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Night shift")
    with counted(bot_world.context.database) as cost:
        assert await rita.submit() == {"ok": True}, rita.errors()
    assert cost.is_within(4, 30)
    await bot_world.post_cards()
    bundle = await stored(bot_world)
    assert len(bundle.members) == 50
    assert bundle.shared_state is State.PENDING
    assert len(cards(bot_world)) == 1


async def test_a_fifty_first_number_is_refused_at_the_field(bot_world: BotHarness) -> None:
    numbers = await with_numbers(bot_world, 51)
    rita = bot_world.rita
    await bot_world.type(rita, numbers[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", "\n".join(numbers[1:]))
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Night shift")
    await rita.submit()
    assert "up to 49" in rita.errors()["More numbers"]


async def test_the_form_says_which_numbers_are_like_the_first(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    numbers = await with_numbers(bot_world, 2)
    await bot_world.type(rita, numbers[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", f"{numbers[1]}\n{FEW[2]}\n12")
    assert "3 numbers in all: 1 of the others is like this one now." in rita.read_view()
    assert "+44 20 7946 0958 has Inbound calls: Billing" in rita.read_view()
    assert "1 entry is no number of this account yet." in rita.read_view()


async def test_a_form_that_is_sent_twice_asks_once(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, FEW[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", "\n".join([*FEW[1:], "ext-4001"]))
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Night shift")
    view = rita.view()
    assert await rita.submit() == {"ok": True}
    bot_world.slack.world.stack(rita.id).append(view)
    assert await rita.submit() == {"ok": True}
    async with bot_world.context.database.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM changes")) == 3


async def test_each_is_read_like_a_typed_number(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, FEW[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", "555 0111, 020 7946 0958\n0958")
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Night shift")
    assert await rita.submit() == {"ok": True}, rita.errors()
    assert [each.key.number for each in (await stored(bot_world)).members] == FEW


async def test_a_number_whose_rules_never_let_it_be_sent_is_named(bot_world: BotHarness) -> None:
    for_good = Freeze(datetime(2020, 1, 1), datetime(2099, 1, 1), "UTC", "for good")  # noqa: DTZ001 - the clock on the wall of its zone
    bot_world.policies.append(Policy(rules=(Rule(name="London", numbers=("+44*",), freezes=(for_good,)),)))
    rita = bot_world.rita
    await bot_world.type(rita, FEW[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", "\n".join(FEW[1:]))
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Night shift")
    await rita.submit()
    assert "+44 20 7946 0958: The rules that hold for this change never let it be sent." in rita.errors().values()


async def test_of_several_that_are_approved_those_are_scheduled_that_are_sent_later(bot_world: BotHarness) -> None:
    now = bot_world.clock.now().replace(tzinfo=None)
    shut = Freeze(now - timedelta(hours=1), now + timedelta(hours=9), "UTC")
    bot_world.policies.append(Policy(rules=(Rule(name="London", numbers=("+44*",), freezes=(shut,)),)))
    await bot_world.alan.click("Approve", await ask_several(bot_world, FEW))
    scheduled = (await read_home(bot_world, "rita")).partition("\nScheduled\n")[2].partition("\nNumbers\n")[0]
    assert "|RN-3>* · +44 20 7946 0958 ·" in scheduled
    assert "⏰" in scheduled


async def test_the_form_warns_of_dangers_at_the_other_numbers_too(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "+13125550111")
    await rita.click("Several numbers")
    await rita.fill("More numbers", f"{FEW[0]}\n{FEW[2]}")
    await rita.fill("Inbound calls", "No agent")
    assert warned(rita) == ["+1 415-555-0123 and 1 more: No agent will answer inbound calls."]
