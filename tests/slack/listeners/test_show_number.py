"""`show` with a number: who answers it now, what is open for it, and its form one press away."""

import pytest

from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.uponai.seed import SUPPORT
from bot.service.submit import submit
from bot.slack.listeners.showing import USAGE
from tests.slack.bot_harness import BotHarness
from tests.slack.listeners.test_lists import submission
from tests.slack.messages.test_card_truth import ask

NUMBER = "+14155550123"


def last(person: Person) -> Message:
    return person.ephemeral("phone-routing")[-1]


def rename(bot_world: BotHarness, number: str) -> None:
    """Let the account list one more number."""
    bot_world.uponai.account.set_number(number, {"inbound_agents": [{"agent_id": SUPPORT, "weight": 1}]})


@pytest.mark.parametrize("text", ["+1 415 555 0123", "(415) 555-0123", "5550123", "<tel:+14155550123|415 555 0123>"])
async def test_a_number_in_any_writing_is_shown_with_who_answers_it(bot_world: BotHarness, text: str) -> None:
    said = await bot_world.type(bot_world.rita, f"show {text}")
    assert "+1 415-555-0123 now:" in said
    assert "Sales" in said
    assert "No change is open for it." in said
    assert "As of" not in said
    assert last(bot_world.rita).text == "+1 415-555-0123: who answers it now"
    assert not bot_world.rita.has_view


async def test_route_opens_the_form_of_the_number_that_is_shown(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.rita, "show ext-4001")
    await bot_world.rita.click("Route", last(bot_world.rita))
    assert bot_world.rita.value("Number") == "ext-4001"


async def test_what_is_open_for_a_number_stands_below_it(bot_world: BotHarness) -> None:
    await ask(bot_world)
    await ask(bot_world, number="+442079460958")
    said = await bot_world.type(bot_world.alan, f"show {NUMBER}")
    assert "Open for it" in said
    assert "RN-1" in said
    assert "RN-2" not in said
    await bot_world.alan.click("Details", last(bot_world.alan))
    assert "What happened" in bot_world.alan.read_view()


async def test_many_open_changes_end_with_where_the_others_are(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    for at in range(12):
        await submit(bot_world.context, submission(rita.user.team_id, rita.id, at))
    said = await bot_world.type(rita, f"show {NUMBER}")
    assert "RN-10" in said
    assert "RN-11" not in said
    assert "There are more: `/route-number history`" in said


async def test_what_is_old_is_read_afresh_before_it_is_shown(bot_world: BotHarness) -> None:
    bot_world.uponai.account.set_number(NUMBER, {"inbound_agents": [{"agent_id": SUPPORT, "weight": 1}]})
    assert "Sales" in await bot_world.type(bot_world.rita, f"show {NUMBER}")
    bot_world.clock.advance(seconds=16)
    said = await bot_world.type(bot_world.rita, f"show {NUMBER}")
    assert "Support" in said
    assert "As of" not in said


async def test_a_number_that_the_account_has_only_now_is_found(bot_world: BotHarness) -> None:
    rename(bot_world, "+14155550999")
    assert "+1 415-555-0999 now:" in await bot_world.type(bot_world.rita, "show +1 415 555 0999")


async def test_g8_when_uponai_does_not_answer_the_time_of_what_is_shown_stands_there(bot_world: BotHarness) -> None:
    bot_world.fault("down")
    bot_world.clock.advance(seconds=16)
    said = await bot_world.type(bot_world.rita, f"show {NUMBER}")
    assert "Sales" in said
    assert "As of " in said
    assert "I could not read UponAI just now" in said
    assert "a new number may be missing" in await bot_world.type(bot_world.rita, "show +1 415 555 0999")


async def test_a_change_wins_over_a_number_that_is_written_like_it(bot_world: BotHarness) -> None:
    rename(bot_world, "RN-1")
    await bot_world.read_uponai()
    assert "RN-1 now:" in await bot_world.type(bot_world.alan, "show RN-1")
    await ask(bot_world)
    said = await bot_world.type(bot_world.alan, "show RN-1")
    assert said.startswith("This account lists a number “RN-1” too. To see that one, type /route-number list")
    assert "What happened" in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("RN-99", "There is no change RN-99."),
        ("9", "There is no change RN-9."),
        ("+1 415 555 0999", "which this account does not list"),
        ("4155550999", "There is no change RN-4155550999."),
        ("ext-9", "this account lists no identifier like it"),
        ("", USAGE.replace("`", "")),
        ("<!channel> please", USAGE.replace("`", "")),
    ],
)
async def test_what_is_neither_gets_a_sentence(bot_world: BotHarness, text: str, sentence: str) -> None:
    assert sentence in await bot_world.type(bot_world.rita, f"show {text}")


async def test_g10_a_guest_is_shown_no_number(bot_world: BotHarness) -> None:
    said = await bot_world.type(bot_world.gus, f"show {NUMBER}")
    assert "Guests may not" in said
    assert "Sales" not in said
    await bot_world.type(bot_world.rita, f"show {NUMBER}")
    shown = last(bot_world.rita)
    message = bot_world.slack.world.post(
        bot_world.slack.world.channels[shown.channel_id], text="x", blocks=shown.blocks, by_app=True
    )
    await bot_world.gus.click("Route", message)
    assert "Guests may not" in bot_world.gus.read(last(bot_world.gus))
    assert not bot_world.gus.has_view
