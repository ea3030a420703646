"""Lists: one line a change, the reader's own business first, and a way onward from each line."""

from bot.sandbox.slack.block_kit.blocks import accept_message
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.service.context import Actor
from bot.service.history import Listing, Pending, Post
from bot.service.submission import Submission
from bot.service.submit import submit
from bot.slack.listeners.replies import in_messages
from bot.slack.messages import lists
from bot.slack.messages.rows import permalink
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import ask, cards, work
from tests.slack.messages.test_words_of_others import TIME_ROUTING, change_of, flooded

NUMBERS = ("+14155550123", "+442079460958", "+13125550111")


def last(person: Person) -> Message:
    return person.ephemeral("phone-routing")[-1]


def links(message: Message) -> list[str]:
    return [block["text"]["text"] for block in message.blocks if block["type"] == "section"]


async def test_pending_begins_with_what_waits_for_the_reader(bot_world: BotHarness) -> None:
    await ask(bot_world, bot_world.alan, NUMBERS[0])
    await ask(bot_world, bot_world.rita, NUMBERS[1])
    for person, first, second in ((bot_world.alan, "RN-2", "RN-1"), (bot_world.rita, "RN-1", "RN-2")):
        lines = (await bot_world.type(person, "pending")).splitlines()
        assert lines[0] == lists.WAITING
        assert first in lines[1]
        assert lists.OWN in lines
        assert second in lines[lines.index(lists.OWN) + 1]


async def test_a_line_shows_number_change_person_and_time_and_leads_to_the_card(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.type(bot_world.alan, "pending")
    (line,) = links(last(bot_world.alan))
    team = bot_world.slack.world.team.domain
    assert f"<https://{team}.slack.com/archives/{card.channel_id}/p{card.ts.replace('.', '')}|RN-1>" in line
    for part in ("⏳", "+1 415-555-0123", "off → on", f"<@{bot_world.rita.id}>", "until <!date"):
        assert part in line
    await bot_world.alan.click("Details", last(bot_world.alan))
    assert "What happened" in bot_world.alan.read_view()


async def test_without_a_card_a_line_has_no_link() -> None:
    assert permalink("https://x.slack.com/", None) is None
    assert permalink("", Post("C1", "1.2")) is None
    assert permalink("https://x.slack.com/", Post("C1", "1.2")) == "https://x.slack.com/archives/C1/p12"


async def test_history_says_what_came_of_each(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Approve", await ask(bot_world))
    await work(bot_world)
    await ask(bot_world, number=NUMBERS[1])
    await bot_world.rita.click("Cancel", cards(bot_world)[1])
    said = await bot_world.type(bot_world.alan, "history")
    assert "{ago}" in links(last(bot_world.alan))[0]
    newest, oldest = [line for line in said.splitlines() if "RN-" in line and "Details" not in line]
    assert "canceled" in newest
    assert "applied" in oldest


def submission(team_id: str, user_id: str, at: int) -> Submission:
    return Submission(
        actor=Actor(team_id, user_id, "test"),
        channel_id=PHONE_ROUTING,
        number=NUMBERS[0],
        patch=TIME_ROUTING,
        reason=f"Reason {at}",
        submission_key=f"form-{at}",
    )


async def test_more_goes_on_with_a_list_where_it_ended(bot_world: BotHarness) -> None:
    rita, alan = bot_world.rita, bot_world.alan
    for at in range(23):
        await submit(bot_world.context, submission(rita.user.team_id, rita.id, at))
    seen: list[str] = []
    for text in ("pending", "history", f"history {NUMBERS[0]}"):
        first = await bot_world.type(alan, text)
        message = last(alan)
        while "More" in alan.buttons(message):
            await alan.click("More", message)
            message = last(alan)
            first += f"\n{alan.read(message)}"
        seen = [f"RN-{at}" for at in range(1, 24) if f"|RN-{at}>" in first or f"*RN-{at}*" in first]
        assert len(seen) == 23, text


async def test_g10_a_guest_gets_no_more_of_a_list(bot_world: BotHarness) -> None:
    first = change_of()
    listing = Listing([first], {}, has_more=True)
    more = lists.recent_blocks("", "The last changes", listing, lambda _: None, is_of_one=True)[-1]
    message = bot_world.slack.world.post(
        bot_world.slack.world.channels[PHONE_ROUTING], text="More", blocks=[{**more, "block_id": "more"}], by_app=True
    )
    await bot_world.gus.click("More", message)
    assert "Guests may not" in bot_world.gus.read(last(bot_world.gus))


def test_g9_fifty_of_the_longest_changes_fit_into_messages() -> None:
    many = Listing([flooded() for _ in range(50)], {1: Post("C" * 20, "1700000000.000001")}, has_more=True)
    found = Pending(many, many, many, None, (10**17, 10**17))
    blocks = lists.pending_blocks("https://example.slack.com/", found, many, lambda _: "Belongs elsewhere. " * 100)
    messages = in_messages(blocks)
    for each in messages:
        accept_message("Waiting", each)
    assert sum(map(len, messages)) == len(blocks) == 4 * 51 + 1


def test_g11_words_of_others_are_no_formatting_in_a_line() -> None:
    change = change_of("*front* @here #general `x` _y_ <!channel> :tada:\n> x")
    blocks = lists.group_blocks("", "Title", Listing([change]), lambda _: None)
    for word in ("*front*", "@here", "#general", "`x`", "_y_", "<!channel>", ":tada:"):
        assert word not in blocks[1]["text"]["text"]
    assert blocks[1]["text"]["verbatim"] is True
