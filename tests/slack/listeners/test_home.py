"""The Home tab shows what waits, is true after each press in it, and shows nothing to those who may not see it."""

from datetime import timedelta

from bot.domain.rules.policy import Policy
from bot.sandbox.slack.block_kit.entries import Spot, elements_of
from bot.sandbox.slack.block_kit.views import accept_view
from bot.sandbox.slack.block_kit.words import words_of
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.service.history import Listing, Overview, Paused, Post
from bot.slack.messages.home import Home, home_blocks
from bot.store import pauses
from tests.clock import Clock
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import NUMBER, ask, work
from tests.slack.messages.test_words_of_others import change_of, flooded


async def read_home(bot_world: BotHarness, name: str) -> str:
    home = await bot_world.person(name).open_home()
    assert home is not None
    return words_of(home.content["blocks"])


def shown(bot_world: BotHarness, person: Person) -> str:
    """Read the tab as it stands, without opening it anew."""
    return words_of(bot_world.slack.world.homes[person.id].content["blocks"])


def buttons(bot_world: BotHarness, person: Person) -> list[str]:
    blocks = bot_world.slack.world.homes[person.id].content["blocks"]
    return [placed.label for placed in elements_of(blocks) if placed.kind == "button"]


async def press(bot_world: BotHarness, person: Person, words: str) -> None:
    home = bot_world.slack.world.homes[person.id]
    placed = next(each for each in elements_of(home.content["blocks"]) if each.label == words)
    assert await bot_world.slack.acts.use_in_view(person.id, home.id, Spot(placed.block_id, placed.action_id))


async def test_the_home_tab_lists_what_waits_and_says_that_sending_is_paused(bot_world: BotHarness) -> None:
    assert "Nothing waits for you." in await read_home(bot_world, "alan")
    await ask(bot_world)
    await bot_world.type(bot_world.ada, "pause the line is down")
    read = await read_home(bot_world, "alan")
    assert read.splitlines()[0] == "Route a number"
    assert f"Sending is paused* by <@{bot_world.ada.id}>" in read
    assert "Why: the line is down" in read
    order = ["Sending is paused", "Waiting for you", "RN-1", "Yours", "Numbers", "The last ten", "What you can type"]
    assert [read.index(each) for each in order] == sorted(read.index(each) for each in order)
    assert "/route-number revert RN-12" in read
    yours = (await read_home(bot_world, "rita")).partition("Yours")[2].partition("The last ten")[0]
    assert "RN-1" in yours


async def test_approve_in_the_tab_decides_and_the_tab_says_so(bot_world: BotHarness) -> None:
    await ask(bot_world)
    await read_home(bot_world, "alan")
    assert buttons(bot_world, bot_world.alan)[1:5] == ["Details", "Open card", "Approve", "Deny"]
    await press(bot_world, bot_world.alan, "Open card")
    await bot_world.app.drain(timedelta(seconds=5))
    assert not bot_world.alan.has_view
    await press(bot_world, bot_world.alan, "Approve")
    assert "Nothing waits for you." in shown(bot_world, bot_world.alan)
    assert "approved" in shown(bot_world, bot_world.alan)
    await work(bot_world)
    assert "applied" in await read_home(bot_world, "alan")


async def test_deny_in_the_tab_asks_why_and_the_tab_says_so(bot_world: BotHarness) -> None:
    alan = bot_world.alan
    await ask(bot_world)
    await read_home(bot_world, "alan")
    await press(bot_world, alan, "Deny")
    await alan.fill("Reason", "Not today")
    assert await alan.submit() == {"ok": True}
    assert "Nothing waits for you." in shown(bot_world, alan)
    assert "denied" in shown(bot_world, alan)


async def test_g3_who_comes_second_in_the_tab_reads_who_was_first_and_sees_it(bot_world: BotHarness) -> None:
    alan = bot_world.alan
    card = await ask(bot_world)
    await read_home(bot_world, "alan")
    await bot_world.ada.click("Approve", card)
    await press(bot_world, alan, "Approve")
    assert f"already approved by <{bot_world.ada.id}>" in alan.read_view()
    assert "Nothing waits for you." in shown(bot_world, alan)


async def test_when_no_window_opens_the_tab_itself_says_it(bot_world: BotHarness) -> None:
    alan = bot_world.alan
    card = await ask(bot_world)
    await read_home(bot_world, "alan")
    await bot_world.rita.click("Cancel", card)
    bot_world.slack.faults.add(Fault("error", methods=["views.open"], code="expired_trigger_id", times=1))
    await press(bot_world, alan, "Deny")
    assert not alan.has_view


async def test_resume_in_the_tab_restarts_sending_and_names_what_goes_out(bot_world: BotHarness) -> None:
    alan = bot_world.alan
    await alan.click("Approve", await ask(bot_world))
    await bot_world.type(bot_world.ada, "pause the line is down")
    await read_home(bot_world, "alan")
    await press(bot_world, alan, "Resume")
    assert "Sending is paused" not in shown(bot_world, alan)
    assert "Going out now: RN-1." in shown(bot_world, alan)
    await bot_world.post_cards()
    assert bot_world.rita.find_message("phone-routing", "resumed sending")
    async with bot_world.context.database.reading() as tx:
        assert await pauses.paused(tx, alan.user.team_id) is None


async def test_without_an_approval_channel_resume_is_told_where_the_pause_was(
    bot_world_without_channel: BotHarness,
) -> None:
    world = bot_world_without_channel
    await world.type(world.ada, "pause the line is down", "support-ops")
    await read_home(world, "ada")
    await press(world, world.ada, "Resume")
    await world.post_cards()
    assert world.ada.find_message("support-ops", "resumed sending")


async def test_without_an_approval_channel_the_tab_asks_for_one(bot_world_without_channel: BotHarness) -> None:
    world = bot_world_without_channel
    rita = world.rita
    await read_home(world, "rita")
    await press(world, rita, "Route a number")
    assert "Pick the channel where approval is asked" in rita.read_view()
    await rita.click("Close")
    home = world.slack.world.homes[rita.id]
    assert await world.slack.acts.use_in_view(rita.id, home.id, Spot("top", "home:channel"), PHONE_ROUTING)
    await world.app.drain(timedelta(seconds=5))
    assert not rita.has_view
    await press(world, rita, "Route a number")
    await rita.fill("Number", NUMBER)
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Because")
    assert await rita.submit() == {"ok": True}
    await world.post_cards()
    assert rita.find_message("phone-routing", "RN-1 pending")
    await read_home(world, "rita")
    (select,) = [each.element for each in elements_of(home.content["blocks"]) if each.action_id == "home:channel"]
    assert select["initial_conversation"] == PHONE_ROUTING
    await press(world, rita, "Route a number")
    assert rita.value("Number") is None


async def test_route_a_number_opens_the_form(bot_world: BotHarness) -> None:
    await read_home(bot_world, "rita")
    await press(bot_world, bot_world.rita, "Route a number")
    assert bot_world.rita.value("Number") is None


async def test_g10_a_guest_sees_no_changes_on_the_home_tab(bot_world: BotHarness) -> None:
    await ask(bot_world)
    assert "Guests may not" in await read_home(bot_world, "gus")
    assert buttons(bot_world, bot_world.gus) == []


async def test_g10_a_press_in_a_tab_that_outlived_the_right_is_refused(bot_world: BotHarness) -> None:
    alan = bot_world.alan
    await ask(bot_world)
    await read_home(bot_world, "alan")
    alan.user.is_restricted = True
    bot_world.clock.advance(minutes=2)
    await press(bot_world, alan, "Approve")
    assert "Guests may not" in alan.read_view()
    assert "RN-1" not in shown(bot_world, alan)


def test_g9_a_tab_full_of_the_longest_changes_fits() -> None:
    many = Listing([flooded() for _ in range(10)], {1: Post("C1", "1.2")}, has_more=True)
    paused = Paused("U1", Clock().now(), "&" * 500, "C1", 12)
    home = Home(
        Overview(many, many, many, paused), "https://x.slack.com", lambda _: "&" * 500, asks_where=True, can_resume=True
    )
    blocks = home_blocks(home)
    # Two changes are never one; here all ten are, and blocks may not share an id.
    for at, block in enumerate(blocks):
        if "block_id" in block:
            block["block_id"] = f"{block['block_id']}:{at}"
    accept_view({"type": "home", "blocks": blocks}, kind="home")
    assert "Approve" not in words_of(blocks)
    whole = Listing([change_of()], {}, has_more=False)
    assert "Approve" in words_of(
        home_blocks(Home(Overview(whole, whole, whole, None), "", lambda _: None, asks_where=True, can_resume=True))
    )


async def test_what_is_asked_from_the_tab_stands_in_it_at_once(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await read_home(bot_world, "rita")
    await press(bot_world, rita, "Route a number")
    await rita.fill("Number", "+14155550123")
    await bot_world.until_view(rita, "now:")
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Because")
    assert await rita.submit() == {"ok": True}
    await bot_world.app.drain(timedelta(seconds=5))
    assert "RN-1" in shown(bot_world, rita).partition("Yours")[2].partition("Numbers")[0]


async def test_an_approval_that_is_taken_back_in_details_waits_in_the_tab_again(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(quorum=2))
    alan = bot_world.alan
    await ask(bot_world)
    await read_home(bot_world, "alan")
    await press(bot_world, alan, "Approve")
    assert "Nothing waits for you." in shown(bot_world, alan)
    await press(bot_world, alan, "Details")
    await alan.click("Take back my approval")
    assert "Nothing waits for you." not in shown(bot_world, alan)
    assert "RN-1" in shown(bot_world, alan).partition("Waiting for you")[2].partition("Yours")[0]
