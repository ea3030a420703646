"""A number that was changed outside: what the channel reads, and who puts it back or keeps it."""

from dataclasses import replace

import pytest

from bot.sandbox.slack.web_api.faults import Fault, FaultKind
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.service import lookup
from bot.store import audit
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import NUMBER, ask, cards, refusal, replies, work

THEIRS = "https://hooks.example.com/in?key=secret"
SUPPORT = [{"agent_id": "agent_1f864a29b7c2ab407103c88335", "agent_version": 2, "weight": 1}]

both_databases = pytest.mark.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)


def told(bot_world: BotHarness) -> list[Message]:
    return [m for m in bot_world.slack.world.messages[PHONE_ROUTING] if m.text.startswith("Changed outside: ")]


async def found(bot_world: BotHarness, number: str = NUMBER, **fields: object) -> Message:
    """Have somebody change a number in the dashboard, and the channel told of it."""
    bot_world.uponai.account.set_number(number, fields or {"inbound_agents": SUPPORT})
    await read(bot_world)
    return told(bot_world)[-1]


async def read(bot_world: BotHarness) -> None:
    """Refresh as a worker does that knows where approvals are asked, and deliver."""
    context = replace(bot_world.context, approval_channel=PHONE_ROUTING)
    await lookup.refresh_numbers(context)
    await bot_world.post_cards()


async def events(bot_world: BotHarness) -> list[str]:
    async with bot_world.context.database.reading() as tx:
        return [event.event for event in await audit.read(tx, limit=1000)]


@both_databases
async def test_the_channel_reads_before_and_after_by_name_and_anyone_keeps_it(bot_world: BotHarness) -> None:
    message = await found(bot_world, inbound_agents=SUPPORT, inbound_webhook_url=THEIRS)
    assert message.text.startswith("Changed outside: +1 415-555-0123.")
    shown = bot_world.alan.read(message)
    assert "Sales v3  →  Support …8335 v2" in shown
    assert "secret" not in f"{message.text}{message.blocks}"
    assert bot_world.alan.buttons(message) == ["Put back", "Keep"]
    await bot_world.ada.click("Keep", message)
    await bot_world.post_cards()
    [message] = told(bot_world)
    assert bot_world.alan.buttons(message) == []
    assert f"<@{bot_world.ada.id}> keeps it" in str(message.blocks)
    await bot_world.read_uponai()
    assert len(told(bot_world)) == 1
    assert (await events(bot_world))[-2:] == ["number.changed_outside", "number.kept"]


@both_databases
async def test_put_back_asks_for_the_former_assignment_which_needs_an_approval(bot_world: BotHarness) -> None:
    message = await found(bot_world)
    await bot_world.rita.click("Put back", message)
    await bot_world.until_view(bot_world.rita, "Sales")
    await bot_world.rita.fill("Reason", "Nobody asked for it")
    assert await bot_world.rita.submit() == {"ok": True}
    await bot_world.post_cards()
    [card] = cards(bot_world)
    assert "Support …8335 v2  →  Sales v3" in bot_world.alan.read(card)
    assert bot_world.uponai.account.numbers[NUMBER]["inbound_agents"] == SUPPORT
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    assert "State: applied" in bot_world.alan.read(cards(bot_world)[0])
    await read(bot_world)
    assert len(told(bot_world)) == 1


async def test_who_comes_second_is_told_who_kept_it(bot_world: BotHarness) -> None:
    message = await found(bot_world)
    old = replace(message, blocks=list(message.blocks))
    await bot_world.ada.click("Keep", message)
    await bot_world.post_cards()
    for button in ("Keep", "Put back"):
        await bot_world.alan.click(button, old)
        assert "was first: it stays as it is now" in refusal(bot_world.alan)


async def test_g10_guests_and_strangers_neither_keep_nor_put_back(bot_world: BotHarness) -> None:
    message = await found(bot_world)
    for person in (bot_world.gus, bot_world.eve):
        for number, button in enumerate(("Put back", "Keep"), start=1):
            await person.click(button, message)
            assert not person.has_view
            assert len(person.ephemeral("phone-routing")) == number
    assert "number.kept" not in await events(bot_world)


async def test_an_open_change_that_it_makes_stale_is_told_in_its_thread(bot_world: BotHarness) -> None:
    await ask(bot_world)
    await found(bot_world, is_time_routing_enabled=True)
    assert "State: stale" in bot_world.alan.read(cards(bot_world)[0])
    assert any("was changed since RN-1 was asked: time routing" in reply for reply in replies(bot_world))


async def test_many_are_told_in_one_message_that_says_how_many_more(bot_world: BotHarness) -> None:
    names = [f"+1650555{at:04}" for at in range(60)]
    for name in names:
        bot_world.uponai.account.set_number(name, {})
    await read(bot_world)
    for name in names:
        bot_world.uponai.account.set_number(name, {"inbound_agents": SUPPORT})
    message = await found(bot_world, names[0], inbound_agents=SUPPORT)
    assert len(told(bot_world)) == 1
    assert message.text.startswith("Changed outside: +1 650-555-0000 and 59 more numbers.")
    shown = bot_world.alan.read(message)
    assert "and 40 more." in shown
    assert bot_world.alan.buttons(message) == ["Put back"] * 20 + ["Keep"]


@pytest.mark.parametrize("kind", ["lost_answer", "error_before"])
async def test_g9_a_post_whose_answer_was_lost_is_looked_for_before_it_is_repeated(
    bot_world: BotHarness, kind: FaultKind
) -> None:
    bot_world.slack.faults.add(Fault(kind, methods=["chat.postMessage"], times=1))
    bot_world.uponai.account.set_number(NUMBER, {"inbound_agents": SUPPORT})
    await read(bot_world)
    bot_world.clock.advance(minutes=5)
    await bot_world.post_cards()
    assert len(told(bot_world)) == 1
