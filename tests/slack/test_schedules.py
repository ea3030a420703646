"""Schedules through the whole app: the form's fields and errors, what card and thread say, and the put-back."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.change import ChangeRequest
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.domain.rules.windows import Freeze
from bot.domain.state import State
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.uponai.seed import SALES
from bot.service import history
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import NUMBER, cards, is_reply, is_told, replies, work

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)

HOUR = timedelta(hours=1)


def in_hours(bot_world: BotHarness, hours: int) -> int:
    """Return a full minute so many hours from now, as Slack says what was picked."""
    at = bot_world.clock.now() + hours * HOUR
    return int(at.replace(second=0, microsecond=0).timestamp())


def token(seconds: int) -> str:
    """Return what stands in a text for this time."""
    return f"<!date^{seconds}^"


async def fill(bot_world: BotHarness, *, start: int | None = None, put_back: int | None = None) -> None:
    """Open the form and enter everything."""
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Night shift")
    if start is not None:
        await rita.fill("When", "At a time")
        await rita.fill("Start", start)
    if put_back is not None:
        await rita.fill("Put back", "At a time")
        await rita.fill("Put back at", put_back)


async def ask(bot_world: BotHarness, *, start: int | None = None, put_back: int | None = None) -> Message:
    await fill(bot_world, start=start, put_back=put_back)
    assert await bot_world.rita.submit() == {"ok": True}, bot_world.rita.errors()
    await bot_world.post_cards()
    return cards(bot_world)[-1]


async def stored(bot_world: BotHarness, change_id: int = 1) -> ChangeRequest:
    return (await history.show(bot_world.context, bot_world.rita.user.team_id, change_id)).change


def shown(bot_world: BotHarness, card: Message) -> str:
    return bot_world.rita.read(next(each for each in cards(bot_world) if each.ts == card.ts))


async def test_start_and_put_back_at_are_shown_when_they_apply_in_the_order_of_the_form(bot_world: BotHarness) -> None:
    await fill(bot_world, start=in_hours(bot_world, 1), put_back=in_hours(bot_world, 2))
    rita = bot_world.rita
    assert rita.labels()[4:] == ["Time routing", "When", "Start", "Put back", "Put back at", "Reason"]
    assert "In your time zone, Europe/Berlin." in rita.read_view()
    await rita.fill("When", "As soon as approved")
    await rita.fill("Put back", "Never")
    assert rita.labels()[4:] == ["Time routing", "When", "Put back", "Reason"]


async def test_a_wrong_time_is_answered_at_its_own_field_and_the_rest_stays(bot_world: BotHarness) -> None:
    # Nine digits, which Slack would not take back as what the field starts with.
    await fill(bot_world, start=10**9 - 1)
    rita = bot_world.rita
    await rita.fill("Put back", "At a time")
    assert "Put back at" in rita.labels()
    await rita.fill("Put back", "Never")
    for start in (10**9 - 1, in_hours(bot_world, -1)):
        await rita.fill("Start", start)
        await rita.submit()
        assert list(rita.errors()) == ["Start"]
    await rita.fill("Start", in_hours(bot_world, 3))
    await rita.fill("Put back", "At a time")
    await rita.fill("Put back at", in_hours(bot_world, 2))
    await rita.submit()
    assert list(rita.errors()) == ["Put back at"]
    assert rita.value("Reason") == "Night shift"
    await rita.fill("Put back at", in_hours(bot_world, 4))
    assert await rita.submit() == {"ok": True}


@pytest.mark.parametrize(
    ("agents", "why"),
    [
        ([{"agent_id": SALES, "agent_version": 3, "weight": 0.9}], "The weights total 90 %"),
        (
            [{"agent_id": "agent_gone", "agent_version": 1, "weight": 1}],
            "this workspace does not list the agent agent_gone",
        ),
    ],
)
async def test_what_uponai_would_not_take_back_is_told_at_put_back_at_and_can_be_asked_for_good(
    bot_world: BotHarness, agents: list[dict[str, object]], why: str
) -> None:
    bot_world.uponai.account.set_number(NUMBER, {"inbound_agents": agents})
    await bot_world.read_uponai()
    await fill(bot_world, put_back=in_hours(bot_world, 2))
    rita = bot_world.rita
    await rita.fill("Inbound calls", "No agent")
    await rita.submit()
    assert list(rita.errors()) == ["Put back at"]
    assert f"What is live now could not be put back: {why}" in rita.errors()["Put back at"]
    await rita.fill("Put back", "Never")
    assert await rita.submit() == {"ok": True}


async def test_card_and_thread_say_when_it_is_sent_and_it_is_sent_then(bot_world: BotHarness) -> None:
    start = in_hours(bot_world, 2)
    card = await ask(bot_world, start=start)
    assert (await stored(bot_world)).starts_at == datetime.fromtimestamp(start, UTC)
    assert f"Start {token(start)}" in shown(bot_world, card)
    await bot_world.alan.click("Approve", card)
    await bot_world.post_cards()
    assert f"Will be sent {token(start)}" in shown(bot_world, card)
    assert any("It will be sent" in each for each in replies(bot_world))
    await work(bot_world)
    assert (await stored(bot_world)).state is State.APPROVED
    bot_world.clock.advance(2 * HOUR)
    await work(bot_world)
    assert "State: applied" in shown(bot_world, card)


async def test_while_its_rules_are_closed_card_and_thread_say_until_when(bot_world: BotHarness) -> None:
    now = datetime.now(UTC).replace(tzinfo=None, second=0, microsecond=0)
    rule = Rule(name="Holidays", freezes=(Freeze(now - HOUR, now + 48 * HOUR, "UTC"),))
    bot_world.policies.append(Policy(rules=(rule,)))
    card = await ask(bot_world)
    opens = token(int((now + 48 * HOUR).replace(tzinfo=UTC).timestamp()))
    assert f"not sent before {opens}" in shown(bot_world, card)
    await bot_world.alan.click("Approve", card)
    await bot_world.post_cards()
    assert f"Will be sent {opens}" in shown(bot_world, card)
    assert any("Its rules let nothing be sent now" in each for each in replies(bot_world))
    await work(bot_world)
    assert (await stored(bot_world)).state is State.APPROVED


async def test_edit_carries_the_schedule_and_asking_again_starts_without_one(bot_world: BotHarness) -> None:
    start, later = in_hours(bot_world, 2), in_hours(bot_world, 3)
    card = await ask(bot_world, start=start)
    rita = bot_world.rita
    await rita.click("Edit", card)
    assert (rita.value("When"), rita.value("Start")) == ("At a time", start)
    await rita.fill("Start", later)
    assert await rita.submit() == {"ok": True}
    await bot_world.post_cards()
    change = await stored(bot_world)
    assert (change.revision, change.due_at, change.expires_at) == (2, change.starts_at, change.starts_at)
    assert any("Start: 2" in each and "UTC → 2" in each for each in replies(bot_world))
    await rita.click("Cancel", card)
    await bot_world.post_cards()
    await rita.click("Ask again", thread(bot_world)[-1])
    assert rita.value("When") == "As soon as approved"


def thread(bot_world: BotHarness) -> list[Message]:
    """Return the replies to the first card."""
    first = cards(bot_world)[0]
    found = bot_world.slack.world.messages[first.channel_id]
    return [m for m in found if is_told(m) and is_reply(m) and m.thread_ts == first.ts]


async def planned(bot_world: BotHarness) -> Message:
    """Have a change applied that is to be put back, and return the post with the buttons of its put-back."""
    card = await ask(bot_world, put_back=in_hours(bot_world, 5))
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    return next(each for each in thread(bot_world) if "RN-2 puts" in bot_world.rita.read(each))


async def test_the_thread_names_the_put_back_which_is_sent_at_its_time(bot_world: BotHarness) -> None:
    post = await planned(bot_world)
    assert bot_world.ada.buttons(post) == ["Put back now", "Keep"]
    assert "State: approved" in bot_world.rita.read(cards(bot_world)[-1])
    assert "Cancel" not in bot_world.rita.buttons(cards(bot_world)[-1])
    bot_world.clock.advance(5 * HOUR)
    await work(bot_world)
    assert (await stored(bot_world, 2)).state is State.APPLIED
    assert any("is back to what was there before RN-1" in bot_world.rita.read(each) for each in thread(bot_world))
    assert bot_world.ada.buttons(next(each for each in thread(bot_world) if each.ts == post.ts)) == []


async def test_keep_is_for_an_approver_and_the_requester_is_refused_alone(bot_world: BotHarness) -> None:
    post = await planned(bot_world)
    for button in ("Keep", "Put back now"):
        await bot_world.rita.click(button, post)
        said = bot_world.rita.read(bot_world.rita.ephemeral("phone-routing")[-1])
        assert "You asked for RN-1 yourself" in said
    await bot_world.ada.click("Keep", post)
    await bot_world.post_cards()
    assert (await stored(bot_world, 2)).state is State.CANCELED
    assert any("keeps what RN-1 set" in bot_world.rita.read(each) for each in thread(bot_world))


async def test_put_back_now_puts_it_back_now(bot_world: BotHarness) -> None:
    post = await planned(bot_world)
    await bot_world.ada.click("Put back now", post)
    await work(bot_world)
    assert (await stored(bot_world, 2)).state is State.APPLIED


async def test_what_is_scheduled_stands_in_the_lists_with_when(bot_world: BotHarness) -> None:
    start = in_hours(bot_world, 3)
    card = await ask(bot_world, start=start)
    assert f"Start {token(start)}" in await bot_world.type(bot_world.ada, "pending")
    await bot_world.alan.click("Approve", card)
    listed = await bot_world.type(bot_world.ada, "pending")
    assert listed.startswith("Scheduled")
    home = await bot_world.ada.open_home()
    assert home is not None
    for text in (listed, await bot_world.type(bot_world.ada, f"show {NUMBER}"), str(home.content)):
        assert f"Will be sent {token(start)}" in text
    assert "'Scheduled'" in str(home.content)
