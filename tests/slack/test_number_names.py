"""A number's name in the policy file stands wherever the number is, literally, and as the file has it now."""

from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.sandbox.slack.workspace.seed import ALAN
from bot.store import changes
from tests.slack.bot_harness import BotHarness
from tests.slack.listeners.test_home import read_home
from tests.slack.messages.test_card_truth import NUMBER, ask, cards, replies, work

NAME = "Support <!channel> *US*"


def name(bot_world: BotHarness, words: str) -> None:
    bot_world.policies.append(Policy(names=((NUMBER, words),)))


async def test_g11_the_name_stands_on_card_thread_details_and_forms_literally(bot_world: BotHarness) -> None:
    name(bot_world, NAME)
    card = await ask(bot_world)
    shown = f"+1 415-555-0123 ({NAME})"
    assert f"RN-1 · {shown}" in bot_world.alan.read(card)
    assert "to change +1 415-555-0123 (Support &lt;!channel&gt; \u2217US\u2217)." in card.text
    await bot_world.alan.click("Details", card)
    assert shown in bot_world.alan.read_view()
    await bot_world.alan.click("Deny", card)
    assert shown in bot_world.alan.read_view()
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    assert shown in replies(bot_world)[0]
    assert "*US*" not in str([block for block in cards(bot_world)[0].blocks if block["type"] in ("section", "context")])


async def test_a_name_is_shown_as_the_file_has_it_now_and_stored_with_nothing(bot_world: BotHarness) -> None:
    name(bot_world, "Support US")
    card = await ask(bot_world)
    name(bot_world, "Front line")
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    assert "(Front line)" in bot_world.alan.read(cards(bot_world)[0])
    bot_world.policies.append(Policy())
    assert "RN-1 · +1 415-555-0123\n" in await bot_world.type(bot_world.rita, "show RN-1")
    async with bot_world.context.database.reading() as tx:
        stored = await changes.get(tx, 1)
    assert stored.number_name is None
    assert "Front line" not in str(changes.to_row(stored))


async def test_g11_lines_of_lists_show_number_and_name_literally(bot_world: BotHarness) -> None:
    name(bot_world, NAME)
    await ask(bot_world)
    named = "+1 415-555-0123 (Support &lt;!channel&gt; \u2217US\u2217) ·"
    for text in ("pending", "history", f"history {NUMBER}", f"show {NUMBER}"):
        await bot_world.type(bot_world.alan, text)
        lines = [
            block["text"]["text"] for block in bot_world.alan.ephemeral("phone-routing")[-1].blocks if "text" in block
        ]
        assert any(named in str(line) for line in lines), text
    home = await read_home(bot_world, "alan")
    assert home.count(named) == 2


async def test_the_form_of_an_override_names_the_number(bot_world: BotHarness) -> None:
    rule = Rule(name="Main lines", quorum=2, override=People(frozenset({ALAN})))
    bot_world.policies.append(Policy(rules=(rule,), names=((NUMBER, NAME),)))
    await bot_world.alan.click("Override", await ask(bot_world))
    assert f"RN-1 · +1 415-555-0123 ({NAME})" in bot_world.alan.read_view()
    await bot_world.alan.fill("Reason", "The line is down")
    await bot_world.alan.submit()
    await bot_world.post_cards()
    told = bot_world.alan.find_message("phone-routing", "overrode RN-1 by")
    assert f"for +1 415-555-0123 ({NAME}):" in bot_world.alan.read(told)
