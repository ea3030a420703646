"""`list`: numbers with names and who answers them, found by number, name or agent, twenty a page."""

import pytest

from bot.domain.rules.policy import Policy
from bot.sandbox.slack.block_kit.blocks import accept_message
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.sandbox.uponai.seed import NAMELESS
from bot.slack.listeners.replies import in_messages
from bot.slack.messages.numbers import UNREAD, NumberRow, list_blocks, remarks
from bot.store.database import Database
from tests.clock import Clock
from tests.slack import bot_harness
from tests.slack.bot_harness import BotHarness

NUMBER = "+14155550123"
NAMED = Policy(names=(("+493012345678", "Front line <!channel> *Berlin*"), ("+4900", "Front nobody")))


def last(person: Person) -> Message:
    return person.ephemeral("phone-routing")[-1]


def rows(message: Message) -> list[str]:
    return [block["text"]["text"].replace("\u2060", "") for block in message.blocks if block["type"] == "section"]


async def listed(bot_world: BotHarness, text: str) -> list[str]:
    await bot_world.type(bot_world.rita, f"list {text}".strip())
    return [row.splitlines()[0].strip("*") for row in rows(last(bot_world.rita))]


async def test_without_a_text_all_numbers_are_listed_with_who_answers(bot_world: BotHarness) -> None:
    assert len(await listed(bot_world, "")) == 12
    said = last(bot_world.rita)
    assert said.text == "Numbers"
    by_number = dict(row.split("\n") for row in rows(said))
    assert by_number["*+1 415-555-0145*"].startswith("60 % Sales v3 · 40 % Support")
    assert "Support …94de v1" in by_number["*+49 89 12345699*"]
    assert by_number["*+1 312-555-0111*"] == "No agent"
    assert "Webhook: https://hooks.example.com/inbound/berlin" in by_number["*+49 30 12345678*"]
    assert "do-not-show" not in str(by_number)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("(415) 555", ["+1 415-555-0123", "+1 415-555-0145"]),
        ("EXT", ["ext-4001"]),
        ("front", ["+1 212-555-0178", "ext-4001", "sip:front-desk/7"]),
        ("bookings", ["+44 20 7946 0991"]),
        (NAMELESS, ["+44 161 496 0123"]),
    ],
)
async def test_a_text_finds_numbers_by_number_and_by_agent(
    bot_world: BotHarness, text: str, numbers: list[str]
) -> None:
    assert await listed(bot_world, text) == numbers


async def test_g11_a_number_is_found_by_its_name_which_is_shown_literally(bot_world: BotHarness) -> None:
    bot_world.policies.append(NAMED)
    assert await listed(bot_world, "front LINE") == ["+49 30 12345678* Front line &lt;!channel&gt; \u2217Berlin\u2217"]
    for word in ("<!channel>", " *Berlin*"):
        assert word not in str(last(bot_world.rita).blocks)
    assert "(Front line <!channel> *Berlin*) now:" in await bot_world.type(bot_world.rita, "show +493012345678")


async def test_more_goes_on_behind_the_last_number_until_all_were_shown(bot_world: BotHarness) -> None:
    for at in range(45):
        bot_world.uponai.account.set_number(f"+1650555{at:04}", {})
    await bot_world.read_uponai()
    for text, count in (("", 57), ("650 555", 45)):
        seen = await listed(bot_world, text)
        while "More" in bot_world.rita.buttons(last(bot_world.rita)):
            assert len(rows(last(bot_world.rita))) == 20
            await bot_world.rita.click("More", last(bot_world.rita))
            assert last(bot_world.rita).text.startswith("More numbers")
            seen += [row.splitlines()[0].strip("*") for row in rows(last(bot_world.rita))]
        assert len(seen) == len(set(seen)) == count


async def test_route_opens_the_form_of_the_number_in_that_row(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.rita, "list 415")
    await bot_world.rita.click("Route", last(bot_world.rita), nth=1)
    assert bot_world.rita.value("Number") == "+1 415-555-0145"


async def test_route_in_a_direct_message_says_where_to_type_instead(bot_world: BotHarness) -> None:
    assert "+1 415-555-0123" in await bot_world.type(bot_world.rita, "list", "app")
    await bot_world.rita.click("Route", bot_world.rita.ephemeral("app")[-1])
    assert "Nobody else could read it in a direct message." in bot_world.rita.read(bot_world.rita.ephemeral("app")[-1])
    assert not bot_world.rita.has_view


async def test_an_identifier_too_long_for_a_button_is_listed_and_routed(bot_world: BotHarness) -> None:
    names = [f"zone-{'9' * 400}-{at:02}" for at in range(21)]
    for name in names:
        bot_world.uponai.account.set_number(name, {})
    await bot_world.read_uponai()
    await bot_world.type(bot_world.rita, "list zone")
    await bot_world.rita.click("Route", last(bot_world.rita), nth=3)
    assert f"{names[3][:20]}" in str(bot_world.rita.value("Number"))
    await bot_world.rita.click("Close")
    await bot_world.rita.click("More", last(bot_world.rita))
    assert len(rows(last(bot_world.rita))) == 1


async def test_g11_what_was_looked_for_stands_in_the_answer_literally(bot_world: BotHarness) -> None:
    said = await bot_world.type(bot_world.rita, "list <!channel> <@U07ALAN8M5X>")
    assert "that match “<!channel> <@U07ALAN8M5X>”: none." in said
    message = last(bot_world.rita)
    assert "<@U07ALAN8M5X>" not in message.text
    assert [run["type"] for run in message.blocks[0]["elements"][0]["elements"]] == ["text"]


async def test_g8_the_age_of_an_old_list_and_why_it_is_old_stand_below(bot_world: BotHarness) -> None:
    assert "As of" not in await bot_world.type(bot_world.rita, "list")
    bot_world.clock.advance(seconds=16)
    said = await bot_world.type(bot_world.rita, "list")
    assert "As of <!date^" in said
    bot_world.fault("unauthorized")
    await bot_world.type(bot_world.rita, f"show {NUMBER}")
    assert "I could not read UponAI just now" in await bot_world.type(bot_world.rita, "list")


async def test_before_the_first_reading_the_list_says_so(database: Database) -> None:
    async with bot_harness.bot_world(database, reads=False) as made:
        assert await made.type(made.rita, "list") == UNREAD


async def test_a_text_that_is_too_long_is_refused(bot_world: BotHarness) -> None:
    assert "up to 200 characters" in await bot_world.type(bot_world.rita, f"list {'x' * 201}")


async def test_g10_a_guest_gets_no_list_and_no_more_of_one(bot_world: BotHarness) -> None:
    assert "Guests may not" in await bot_world.type(bot_world.gus, "list")
    blocks = list_blocks("Numbers", [], more='["", "=+1"]', remarks=[])
    channel = bot_world.slack.world.channels[last(bot_world.gus).channel_id]
    message = bot_world.slack.world.post(channel, text="x", blocks=blocks, by_app=True)
    await bot_world.gus.click("More", message)
    assert "Guests may not" in bot_world.gus.read(last(bot_world.gus))


@pytest.mark.parametrize("value", ["", "[]", "[1", '["", "=+9999"]', '["", "~gone"]', "7", '{"a": 1, "b": 2}'])
async def test_a_value_that_no_list_made_ends_in_a_sentence(bot_world: BotHarness, value: str) -> None:
    blocks = list_blocks("Numbers", [], more=value or " ", remarks=[])
    channel = bot_world.slack.world.channels[PHONE_ROUTING]
    message = bot_world.slack.world.post(channel, text="x", blocks=blocks, by_app=True)
    assert await bot_world.rita.click("More", message)
    assert bot_world.rita.read(last(bot_world.rita))


def test_g9_twenty_of_the_longest_numbers_fit_into_messages() -> None:
    longest = NumberRow("9" * 4000, "=" + "9" * 149, "&" * 4000, "<" * 75)
    said = remarks(as_of=Clock().now(), problem="&" * 4000, is_cut=True)
    blocks = list_blocks("Numbers", [longest] * 20, more="x" * 1900, remarks=said)
    messages = in_messages(blocks)
    for each in messages:
        accept_message("Numbers", each)
    assert sum(map(len, messages)) == len(blocks)
