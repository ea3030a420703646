"""What the command answers to each text, to the caller alone."""

import pytest

from bot.sandbox.slack.client.person import Person
from bot.service import history
from tests.slack.bot_harness import BotHarness

NUMBER = "+14155550123"


async def ask(bot_world: BotHarness, person: Person, number: str, reason: str = "A good reason") -> None:
    await bot_world.type(person, number)
    await person.fill("Time routing", "Off" if person.read_view().count("Time routing: on") else "On")
    await person.fill("Reason", reason)
    assert await person.submit() == {"ok": True}


async def test_no_text_opens_the_empty_form(bot_world: BotHarness) -> None:
    assert await bot_world.type(bot_world.rita, "") == ""
    assert bot_world.rita.value("Number") is None


@pytest.mark.parametrize(
    "text",
    [
        "+1 415 555 0123",
        "0014155550123",
        "(415) 555-0123",
        "5550123",
        "tel:+1-415-555-0123",
        "<tel:+14155550123|415 555 0123>",
    ],
)
async def test_a_number_in_any_writing_opens_its_form(bot_world: BotHarness, text: str) -> None:
    assert await bot_world.type(bot_world.rita, text) == ""
    assert bot_world.rita.value("Number") == "+1 415-555-0123"


@pytest.mark.parametrize("text", ["ext-4001", "sip:front-desk/7"])
async def test_an_extension_identifier_opens_its_form(bot_world: BotHarness, text: str) -> None:
    assert await bot_world.type(bot_world.rita, text) == ""
    assert bot_world.rita.value("Number") == text


async def test_pending_history_and_show_list_what_there_is(bot_world: BotHarness) -> None:
    rita, alan = bot_world.rita, bot_world.alan
    assert "Nothing waits" in await bot_world.type(alan, "pending")
    await ask(bot_world, rita, NUMBER, "Look <!channel> *here*")
    await ask(bot_world, rita, "ext-4001")
    pending = await bot_world.type(alan, "pending")
    assert "RN-1" in pending
    assert "RN-2" in pending
    assert "Waiting for you" in pending
    of_one = await bot_world.type(alan, "history (415) 555-0123")
    assert "RN-1" in of_one
    assert "RN-2" not in of_one
    shown = await bot_world.type(alan, "show RN-1")
    assert "Look <!channel> *here*" in shown
    assert f"<{rita.id}> asked for this" in shown
    assert "change." not in shown


async def test_g11_what_was_typed_is_shown_literally(bot_world: BotHarness) -> None:
    await ask(bot_world, bot_world.rita, NUMBER, "<!channel> <@U07ALAN8M5X>")
    await bot_world.type(bot_world.alan, "show 1")
    message = bot_world.alan.ephemeral("phone-routing")[-1]
    quotes = [
        part for block in message.blocks for part in block.get("elements", []) if part["type"] == "rich_text_quote"
    ]
    assert quotes[0]["elements"] == [{"type": "text", "text": "<!channel> <@U07ALAN8M5X>"}]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("pendign", "Did you mean /route-number pending?"),
        ("histroy", "Did you mean /route-number history?"),
        ("frobnicate the phone", "I do not know “frobnicate the phone”"),
        ("show", "/route-number show RN-12"),
        ("show RN-99", "RN-99"),
        ("revert nothing", "/route-number revert RN-12"),
        ("resume now", "“resume” stands alone: type /route-number resume."),
    ],
)
async def test_anything_else_gets_a_short_correction(bot_world: BotHarness, text: str, sentence: str) -> None:
    assert sentence in await bot_world.type(bot_world.rita, text)
    assert not bot_world.rita.has_view


async def test_help_shows_every_word_with_an_example(bot_world: BotHarness) -> None:
    said = await bot_world.type(bot_world.rita, "help")
    for group in ("Change", "Look", "Administer"):
        assert group in said.splitlines()
    looking = ("pending", "history", "show RN-12", "show 555", "list", "policy", "help")
    for word in (*looking, "revert RN-12", "pause", "resume"):
        assert f"/route-number {word}" in said


@pytest.mark.parametrize("text", ["pending", "history", "show RN-1", "revert RN-1", "pause", "resume"])
async def test_g10_a_guest_is_refused_everywhere(bot_world: BotHarness, text: str) -> None:
    await ask(bot_world, bot_world.rita, NUMBER)
    assert "Guests may not" in await bot_world.type(bot_world.gus, text)
    assert not bot_world.gus.has_view
    assert len(await history.pending(bot_world.context, bot_world.rita.user.team_id, 5)) == 1
