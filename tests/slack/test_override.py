"""Override through the whole app: who may, who is told, and the review afterwards, of which people are reminded."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.errors import AlreadyDecided
from bot.domain.events import Event
from bot.domain.rules.people import People
from bot.domain.rules.rule import Rule
from bot.domain.rules.windows import Freeze
from bot.domain.state import State
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import ADA, ALAN, AMY, PHONE_ROUTING, RITA
from bot.service import history
from bot.service.applying.claim import expire_next
from bot.service.context import Actor
from bot.service.override_review import review_override
from bot.store import audit
from tests.chain import first_break
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.listeners.test_home import buttons, read_home
from tests.slack.listeners.test_home import press as press_at_home
from tests.slack.listeners.test_home import shown as at_home
from tests.slack.messages.test_card_truth import ask, is_reply, is_told, replies, work
from tests.slack.test_rules import LEADS, amy, hold, press, shown, state

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)

DAY = timedelta(days=1)
ON_DUTY = People(frozenset({AMY}))
EMERGENCY = Rule(name="Main lines", approvers=People(groups=frozenset({LEADS})), quorum=2, override=ON_DUTY)
WHY = "The line is down <!channel> *now*"


async def override(bot_world: BotHarness, person: Person, card: Message, why: str = WHY) -> None:
    assert await person.click("Override", card), person.notices
    await person.fill("Reason", why)
    await person.submit()
    await bot_world.post_cards()


def in_channel(bot_world: BotHarness) -> list[str]:
    """Return what was told in the channel itself, cards and threads left out."""
    found = [m for m in bot_world.slack.world.messages[PHONE_ROUTING] if not is_reply(m) and not is_told(m)]
    return [bot_world.rita.read(m) for m in found if m.metadata]


def direct(bot_world: BotHarness, person: Person) -> list[Message]:
    channels = [
        each for each in bot_world.slack.world.channels.values() if each.kind == "im" and person.id in each.members
    ]
    return [m for each in channels for m in bot_world.slack.world.messages[each.id]]


async def is_whole(bot_world: BotHarness) -> bool:
    async with bot_world.context.database.reading() as tx:
        return first_break([each async for each in audit.stream(tx)]) is None


async def events(bot_world: BotHarness) -> list[str]:
    return [each.event for each in (await history.show(bot_world.context, bot_world.rita.user.team_id, 1)).events]


def thread_message(bot_world: BotHarness, words: str) -> Message:
    return bot_world.alan.find_message("phone-routing", words)


async def test_g1_an_override_sends_a_change_at_once_and_everybody_is_told_why(bot_world: BotHarness) -> None:
    hold(bot_world, EMERGENCY)
    card = await ask(bot_world)
    await override(bot_world, amy(bot_world), card)
    assert await state(bot_world) is State.APPROVED
    [told] = in_channel(bot_world)
    for words in (
        told,
        shown(bot_world),
        replies(bot_world)[1],
        bot_world.rita.read(direct(bot_world, bot_world.rita)[-1]),
    ):
        assert WHY in words
    assert told.startswith(":rotating_light:")
    assert "<!channel>" not in thread_message(bot_world, "overrode RN-1 by").text
    assert f"Overridden by <@{AMY}>" in shown(bot_world)
    assert f"Please review it: <!subteam^{LEADS}>. Anyone who could" in replies(bot_world)[-1]
    assert "Override" not in bot_world.alan.buttons(card)
    await work(bot_world)
    assert "State: applied" in shown(bot_world)
    assert "Overridden, because:" in shown(bot_world)
    assert [each for each in await events(bot_world) if "over" in each] == [Event.OVERRIDDEN]
    assert await is_whole(bot_world)


async def test_two_overrides_of_one_moment_are_told_apart_and_each_leads_to_its_thread(bot_world: BotHarness) -> None:
    hold(bot_world, EMERGENCY)
    first = await ask(bot_world)
    second = await ask(bot_world, number="+13125550111")
    for card in (first, second):
        assert await amy(bot_world).click("Override", card), amy(bot_world).notices
        await amy(bot_world).fill("Reason", WHY)
        await amy(bot_world).submit()
    await bot_world.post_cards()
    told = [each for each in direct(bot_world, bot_world.rita) if "overrode your" in each.text]
    # Each has a lane of its own, and lanes wait for nobody.
    told.sort(key=lambda each: each.text)
    for message, label, card in zip(told, ("RN-1", "RN-2"), (first, second), strict=True):
        assert f"overrode your {label} for" in message.text
        assert f"thread_ts={card.ts}&cid={PHONE_ROUTING}|Open the thread>" in message.text
        assert "Open the thread" in bot_world.rita.read(message)


async def test_there_is_no_override_where_the_policy_names_nobody_for_each_of_its_rules(bot_world: BotHarness) -> None:
    hold(bot_world, EMERGENCY, Rule(name="Operations"))
    card = await ask(bot_world)
    assert "Override" not in amy(bot_world).buttons(card)
    hold(bot_world, EMERGENCY, Rule(name="Others", override=People(frozenset({ALAN}))))
    assert "Override" not in amy(bot_world).buttons(await ask(bot_world))


async def test_g10_only_who_the_policy_names_overrides_and_the_others_are_told_who_may(bot_world: BotHarness) -> None:
    hold(bot_world, EMERGENCY)
    card = await ask(bot_world)
    assert f"“Main lines” lets only <{AMY}> override it." in await press(bot_world, bot_world.alan, "Override", card)
    assert not bot_world.alan.has_view
    amy(bot_world).user.is_restricted = True
    assert "Guests may not" in await press(bot_world, amy(bot_world), "Override", card)
    assert await state(bot_world) is State.PENDING
    assert Event.OVERRIDE_REFUSED in await events(bot_world)


@pytest.mark.parametrize("kind", ["down", "error"])
async def test_g10_who_cannot_be_looked_up_does_not_override(bot_world: BotHarness, kind: str) -> None:
    hold(bot_world, Rule(name="Main lines", quorum=2, override=People(groups=frozenset({LEADS}))))
    card = await ask(bot_world)
    assert await bot_world.alan.click("Override", card)
    await bot_world.alan.fill("Reason", WHY)
    bot_world.clock.advance(seconds=61)
    bot_world.slack.faults.add(Fault(kind, methods=["usergroups.users.list"], times=5))  # type: ignore[arg-type]  # One of its kinds.
    await bot_world.alan.submit()
    assert "could not check with Slack who is in" in bot_world.alan.read_view()
    assert await state(bot_world) is State.PENDING


async def test_the_requester_overrides_where_the_policy_names_them_and_is_not_told_directly(
    bot_world: BotHarness,
) -> None:
    hold(bot_world, Rule(name="Main lines", quorum=2, override=People(frozenset({RITA}))))
    card = await ask(bot_world)
    before = len(direct(bot_world, bot_world.rita))
    await override(bot_world, bot_world.rita, card)
    assert await state(bot_world) is State.APPROVED
    assert len(direct(bot_world, bot_world.rita)) == before


async def test_an_override_needs_a_reason_and_the_revision_that_was_read(bot_world: BotHarness) -> None:
    hold(bot_world, EMERGENCY)
    card = await ask(bot_world)
    await amy(bot_world).click("Override", card)
    await amy(bot_world).fill("Reason", "  ")
    await amy(bot_world).submit()
    assert amy(bot_world).errors() == {"Reason": "Say why: everyone is told."}
    await amy(bot_world).fill("Reason", WHY)
    await bot_world.rita.click("Edit", card)
    await bot_world.rita.fill("Reason", "Another reason")
    assert await bot_world.rita.submit() == {"ok": True}
    await amy(bot_world).submit()
    assert "was edited after this form was opened" in amy(bot_world).read_view()
    assert await state(bot_world) is State.PENDING


async def test_g3_who_approves_after_an_override_is_told_who_was_first(bot_world: BotHarness) -> None:
    hold(bot_world, EMERGENCY)
    card = await ask(bot_world)
    await amy(bot_world).click("Override", card)
    await amy(bot_world).fill("Reason", WHY)
    await amy(bot_world).submit()
    for person, button in ((bot_world.alan, "Approve"), (amy(bot_world), "Override")):
        assert f"was already overridden by <{AMY}>" in await press_at_once(person, button, card)


async def press_at_once(person: Person, words: str, card: Message) -> str:
    """Press a button before the card shows what happened, and return what the bot said to this person alone."""
    assert await person.click(words, card)
    return person.read(person.ephemeral("phone-routing")[-1])


async def test_no_freeze_holds_what_was_overridden(bot_world: BotHarness) -> None:
    freeze = Freeze(datetime(2020, 1, 1), datetime(2099, 1, 1), "UTC", "for good")  # noqa: DTZ001 - the clock on the wall of its zone
    hold(bot_world, replace(EMERGENCY, freezes=(freeze,)))
    card = await ask(bot_world)
    await override(bot_world, amy(bot_world), card)
    assert "goes out now" in replies(bot_world)[1]
    await work(bot_world)
    assert await state(bot_world) is State.APPLIED


async def test_g3_of_two_overrides_at_the_same_instant_one_counts(bot_world: BotHarness) -> None:
    hold(bot_world, replace(EMERGENCY, override=People(frozenset({AMY, ADA}))))
    card = await ask(bot_world)
    both = [amy(bot_world), bot_world.ada]
    for person in both:
        await person.click("Override", card)
        await person.fill("Reason", WHY)
    await asyncio.gather(*(person.submit() for person in both))
    late = [person for person in both if person.has_view]
    assert len(late) == 1
    assert "was already overridden by" in late[0].read_view()
    assert (await events(bot_world)).count(Event.OVERRIDDEN) == 1


@pytest.mark.parametrize("end", ["canceled", "expired"])
async def test_what_was_overridden_and_ended_before_it_was_sent_needs_no_review(
    bot_world: BotHarness, end: str
) -> None:
    hold(bot_world, EMERGENCY)
    card = await ask(bot_world)
    await override(bot_world, amy(bot_world), card)
    asks = thread_message(bot_world, "Please review it")
    assert "Overridden, to be reviewed" in await read_home(bot_world, "alan")
    if end == "canceled":
        assert await press(bot_world, bot_world.rita, "Cancel", card) == ""
    else:
        bot_world.clock.advance(hours=2)
        assert await expire_next(bot_world.context) is not None
        await bot_world.post_cards()
    assert await state(bot_world) == end
    assert "Overridden, to be reviewed" not in await read_home(bot_world, "alan")
    bot_world.clock.advance(DAY)
    assert await remind(bot_world) == []
    assert "Nothing of it was sent, so there is nothing to review." in bot_world.rita.read(asks)
    assert "Reviewed" not in bot_world.alan.buttons(asks)
    with pytest.raises(AlreadyDecided, match="nothing to review"):
        await review_override(bot_world.context, Actor(bot_world.alan.user.team_id, ALAN, "slack:button"), 1)
    assert await is_whole(bot_world)


async def test_a_pause_holds_what_was_overridden_and_the_thread_says_so(bot_world: BotHarness) -> None:
    hold(bot_world, EMERGENCY)
    card = await ask(bot_world)
    await bot_world.type(bot_world.alan, "pause Lunch")
    await override(bot_world, amy(bot_world), card)
    await work(bot_world)
    assert await state(bot_world) is State.APPROVED
    assert "Sending is paused" in replies(bot_world)[1]


async def test_it_is_reviewed_afterwards_by_an_approver_who_is_neither_requester_nor_overrider(
    bot_world: BotHarness,
) -> None:
    hold(bot_world, EMERGENCY, leads=(ALAN, AMY, RITA))
    await override(bot_world, amy(bot_world), await ask(bot_world))
    asked = thread_message(bot_world, "Please review it")
    assert "asked for RN-1 yourself" in await press(bot_world, bot_world.rita, "Reviewed", asked)
    assert "overrode RN-1 yourself" in await press(bot_world, amy(bot_world), "Reviewed", asked)
    assert "could have approved RN-1" in await press(bot_world, bot_world.ada, "Reviewed", asked)
    assert await bot_world.alan.click("Reviewed", asked)
    assert "has reviewed the override" in await press(bot_world, bot_world.alan, "Reviewed", asked)
    assert "Reviewed" not in bot_world.alan.buttons(thread_message(bot_world, "overrode RN-1 for"))
    assert f"<{ALAN}> reviewed the override of RN-1 for +1 415-555-0123, by <{AMY}>" in replies(bot_world)[-1]
    assert (await events(bot_world)).count(Event.OVERRIDE_REVIEWED) == 1
    assert await is_whole(bot_world)
    await bot_world.alan.click("Details", bot_world.alan.find_message("phone-routing", "State: "))
    assert "reviewed the override" in bot_world.alan.read_view()
    assert f"overrode the approvals that were missing: {WHY}" in bot_world.alan.read_view()


async def remind(bot_world: BotHarness) -> list[str]:
    """Remind of what is due, and return the reminders that stand in the thread."""
    await bot_world.worker._look_once()
    await bot_world.worker._expire_once()
    await bot_world.post_cards()
    return [each for each in replies(bot_world) if "nobody has reviewed that yet" in each]


async def test_people_are_reminded_once_a_day_until_it_is_reviewed(bot_world: BotHarness) -> None:
    hold(bot_world, EMERGENCY)
    await override(bot_world, amy(bot_world), await ask(bot_world))
    await work(bot_world)
    bot_world.clock.advance(DAY - timedelta(minutes=1))
    assert await remind(bot_world) == []
    bot_world.clock.advance(minutes=1)
    assert len(await remind(bot_world)) == 1
    assert len(await remind(bot_world)) == 1
    bot_world.clock.advance(DAY * 5)
    assert len(await remind(bot_world)) == 2
    bot_world.clock.advance(DAY)
    assert len(await remind(bot_world)) == 3
    await press(bot_world, bot_world.alan, "Reviewed", thread_message(bot_world, "nobody has reviewed that yet"))
    assert "Reviewed" not in bot_world.alan.buttons(thread_message(bot_world, "nobody has reviewed that yet"))
    bot_world.clock.advance(DAY * 3)
    assert len(await remind(bot_world)) == 3


async def test_the_home_tab_shows_what_is_to_be_reviewed_until_it_is(bot_world: BotHarness) -> None:
    hold(bot_world, EMERGENCY)
    await override(bot_world, amy(bot_world), await ask(bot_world))
    assert "Overridden, to be reviewed" in await read_home(bot_world, "alan")
    assert f"🚨 <@{AMY}>: The line is down" in await read_home(bot_world, "alan")
    assert "Reviewed" in buttons(bot_world, bot_world.alan)
    for person in (amy(bot_world), bot_world.rita):
        assert "Overridden, to be reviewed" in await read_home(bot_world, person.user.name)
        assert "Reviewed" not in buttons(bot_world, person)
    await press_at_home(bot_world, bot_world.alan, "Reviewed")
    assert "Overridden, to be reviewed" not in at_home(bot_world, bot_world.alan)
    assert Event.OVERRIDE_REVIEWED in await events(bot_world)
