"""What stands on a card beside its own change: other changes of its number, and what stops all sending (G9)."""

from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.workspace.model import Message
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import NUMBER, ask, cards, work


def read(bot_world: BotHarness) -> list[str]:
    return [bot_world.ada.read(card) for card in cards(bot_world)]


async def deny(bot_world: BotHarness, person: Person, card: Message) -> None:
    await person.click("Deny", card)
    await person.fill("Reason", "No")
    assert await person.submit() == {"ok": True}
    await bot_world.post_cards()


async def test_g9_two_changes_of_one_field_name_each_other_while_both_are_open(bot_world: BotHarness) -> None:
    await ask(bot_world)
    assert "also changes" not in read(bot_world)[0]
    await ask(bot_world, bot_world.ada)
    first, second = read(bot_world)
    assert "RN-2 also changes Time routing; approving one ends the other." in first
    assert "RN-1 also changes Time routing; approving one ends the other." in second
    await deny(bot_world, bot_world.alan, cards(bot_world)[1])
    assert "also changes" not in read(bot_world)[0]


async def test_changes_of_other_fields_or_numbers_do_not_name_each_other(bot_world: BotHarness) -> None:
    await ask(bot_world)
    for number, field, choice in (("+14155550145", "Time routing", "Off"), (NUMBER, "Inbound calls", "No agent")):
        await bot_world.type(bot_world.rita, number)
        await bot_world.rita.fill(field, choice)
        await bot_world.rita.fill("Reason", "Something else")
        assert await bot_world.rita.submit() == {"ok": True}
        await bot_world.post_cards()
    assert len(read(bot_world)) == 3
    assert not [words for words in read(bot_world) if "also changes" in words]


async def test_g9_while_sending_is_paused_the_cards_say_so_and_afterwards_no_longer(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.type(bot_world.ada, "pause maintenance")
    await bot_world.post_cards()
    approve = next(e for b in cards(bot_world)[0].blocks for e in b.get("elements", []) if "confirm" in e)
    assert "Sending is paused, so it takes effect later." in approve["confirm"]["text"]["text"]
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    assert "paused sending" in read(bot_world)[0]
    assert "RN-1 expires" in read(bot_world)[0]
    await bot_world.type(bot_world.ada, "resume")
    await bot_world.post_cards()
    assert "paused" not in read(bot_world)[0]
    await work(bot_world)
    assert "State: applied" in read(bot_world)[0]


async def test_a_card_says_that_uponai_makes_its_change_wait_and_since_when(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Approve", await ask(bot_world))
    bot_world.fault("unauthorized")
    await work(bot_world)
    assert "UponAI has refused my token since" in read(bot_world)[0]
    assert "I keep trying. RN-1 expires" in read(bot_world)[0]


async def test_marking_as_resolved_is_confirmed(bot_world: BotHarness) -> None:
    bot_world.fault("import_error", times=1)
    await bot_world.alan.click("Approve", await ask(bot_world))
    await work(bot_world)
    told = bot_world.rita.find_message("phone-routing", "is unclear")
    [confirm] = [e["confirm"] for b in told.blocks for e in b.get("elements", []) if "confirm" in e]
    assert confirm["title"]["text"] == "Mark RN-1 as resolved?"
