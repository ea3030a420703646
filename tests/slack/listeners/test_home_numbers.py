"""Home's Numbers: found by type-ahead, shown with who answers now, and routed from there."""

import pytest

from bot.domain.rules.policy import Policy
from bot.sandbox.slack.block_kit.entries import Spot, elements_of
from bot.sandbox.slack.block_kit.views import accept_view
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.sandbox.uponai.seed import SUPPORT
from bot.service.history import Listing, Overview
from bot.slack.form.current_assignment import Shown, present_blocks
from bot.slack.messages.home import FIND, Found, Home, home_blocks
from bot.slack.messages.numbers import route_button
from tests.slack.bot_harness import BotHarness
from tests.slack.listeners.test_home import buttons, press, read_home, shown
from tests.slack.messages.test_card_truth import NUMBER, ask
from tests.slack.messages.test_words_of_others import flooded


def find_spot(bot_world: BotHarness, person: Person) -> Spot:
    blocks = bot_world.slack.world.homes[person.id].content["blocks"]
    return next(each.spot for each in elements_of(blocks) if each.action_id == FIND)


async def offered(bot_world: BotHarness, person: Person, text: str) -> list[dict[str, object]]:
    home, spot = bot_world.slack.world.homes[person.id], find_spot(bot_world, person)
    return await person.options(home.id, *spot, text)


async def find(bot_world: BotHarness, person: Person, text: str) -> None:
    """Choose the first number that is offered for a text."""
    (first, *_) = await offered(bot_world, person, text)
    home, spot = bot_world.slack.world.homes[person.id], find_spot(bot_world, person)
    assert await bot_world.slack.acts.use_in_view(person.id, home.id, spot, first)


def numbers(bot_world: BotHarness, person: Person) -> str:
    return shown(bot_world, person).partition("\nNumbers\n")[2].partition("The last ten")[0]


async def test_a_number_that_is_chosen_shows_who_answers_it(bot_world: BotHarness) -> None:
    await read_home(bot_world, "rita")
    assert "now:" not in numbers(bot_world, bot_world.rita)
    await find(bot_world, bot_world.rita, "415 555 0123")
    assert "+1 415-555-0123 now:" in numbers(bot_world, bot_world.rita)
    assert "Sales" in numbers(bot_world, bot_world.rita)
    assert "As of" not in numbers(bot_world, bot_world.rita)
    assert not bot_world.rita.has_view


@pytest.mark.parametrize("text", ["front line", "berlin", "493012"])
async def test_the_search_finds_by_number_by_name_and_offers_the_name(bot_world: BotHarness, text: str) -> None:
    bot_world.policies.append(Policy(names=(("+493012345678", "Front line Berlin"), ("+4999", "Front line gone"))))
    await read_home(bot_world, "rita")
    (only,) = await offered(bot_world, bot_world.rita, text)
    assert "+49 30 12345678 Front line Berlin" in str(only)
    await find(bot_world, bot_world.rita, text)
    assert "+49 30 12345678 (Front line Berlin) now:" in numbers(bot_world, bot_world.rita)


async def test_route_in_numbers_opens_the_form_of_the_number(bot_world: BotHarness) -> None:
    await read_home(bot_world, "rita")
    await find(bot_world, bot_world.rita, "front desk")
    await press(bot_world, bot_world.rita, "Route")
    assert bot_world.rita.value("Number") == "+1 212-555-0178"


async def test_without_an_approval_channel_route_asks_for_one(bot_world_without_channel: BotHarness) -> None:
    world, rita = bot_world_without_channel, bot_world_without_channel.rita
    await read_home(world, "rita")
    await find(world, rita, NUMBER)
    await press(world, rita, "Route")
    assert "Pick the channel where approval is asked" in rita.read_view()
    await rita.click("Close")
    home = world.slack.world.homes[rita.id]
    assert await world.slack.acts.use_in_view(rita.id, home.id, Spot("top", "home:channel"), PHONE_ROUTING)
    await press(world, rita, "Route")
    assert rita.value("Number") == "+1 415-555-0123"


async def test_the_chosen_number_stays_when_something_else_is_pressed_and_is_true_then(bot_world: BotHarness) -> None:
    alan = bot_world.alan
    await ask(bot_world)
    await read_home(bot_world, "alan")
    await find(bot_world, alan, NUMBER)
    bot_world.uponai.account.set_number(NUMBER, {"inbound_agents": [{"agent_id": SUPPORT, "weight": 1}]})
    await bot_world.read_uponai()
    await press(bot_world, alan, "Approve")
    assert "Nothing waits for you." in shown(bot_world, alan)
    assert "Support" in numbers(bot_world, alan)
    await read_home(bot_world, "alan")
    assert "now:" not in numbers(bot_world, alan)


async def test_what_is_old_is_read_afresh_when_it_is_chosen_and_else_says_its_age(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await read_home(bot_world, "rita")
    bot_world.clock.advance(seconds=16)
    await find(bot_world, rita, NUMBER)
    assert "As of" not in numbers(bot_world, rita)
    bot_world.fault("unauthorized")
    bot_world.clock.advance(seconds=16)
    await find(bot_world, rita, "ext-4001")
    assert "As of" in numbers(bot_world, rita)


async def test_a_number_that_the_account_does_not_list_has_no_route(bot_world: BotHarness) -> None:
    await read_home(bot_world, "rita")
    await find(bot_world, bot_world.rita, "+1 415 555 0999")
    assert "which this account does not list" in numbers(bot_world, bot_world.rita)
    assert "Route" not in buttons(bot_world, bot_world.rita)


async def test_an_identifier_too_long_for_an_option_is_shown_and_routed(bot_world: BotHarness) -> None:
    bot_world.uponai.account.set_number(f"zone-{'9' * 400}", {})
    await bot_world.read_uponai()
    await read_home(bot_world, "rita")
    await find(bot_world, bot_world.rita, "zone")
    await press(bot_world, bot_world.rita, "Route")
    assert "zone-999" in str(bot_world.rita.value("Number"))


async def test_g10_who_became_a_guest_finds_nothing_in_a_tab_that_outlived_the_right(bot_world: BotHarness) -> None:
    alan = bot_world.alan
    await read_home(bot_world, "alan")
    (option, *_) = await offered(bot_world, alan, NUMBER)
    alan.user.is_restricted = True
    bot_world.clock.advance(minutes=2)
    home, spot = bot_world.slack.world.homes[alan.id], find_spot(bot_world, alan)
    assert await bot_world.slack.acts.use_in_view(alan.id, home.id, spot, option)
    assert "Guests may not" in shown(bot_world, alan)
    assert "Sales" not in shown(bot_world, alan)


def test_g9_a_tab_with_the_longest_number_fits() -> None:
    many, number = Listing([flooded() for _ in range(10)], has_more=True), "9" * 4000
    option = {"text": {"type": "plain_text", "text": "&" * 75, "emoji": False}, "value": "~" + "9" * 149}
    found = Found(
        option,
        present_blocks(Shown(sentence="&" * 4000), explains_unpinned=True),
        route_button(number, str(option["value"]), "home:route_found"),
    )
    overview = Overview(many, many, many, None)
    home = Home(overview, "", lambda _: "&" * 500, asks_where=True, can_resume=True, found=found, news="&" * 2000)
    blocks = home_blocks(home)
    # Two changes are never one; here all ten are, and blocks may not share an id.
    for at, block in enumerate(blocks):
        if str(block.get("block_id", "")).startswith("decide:"):
            block["block_id"] = f"{block['block_id']}:{at}"
    accept_view({"type": "home", "blocks": blocks}, kind="home")
