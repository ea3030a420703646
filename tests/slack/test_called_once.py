"""One event calls nobody twice: a mention in a new message calls, and so does a direct message."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.domain.bundle import Bundle
from bot.domain.facts import Fact
from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.domain.state import State
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import ALAN, AMY, RITA
from bot.service import picture
from bot.service.applying.claim import expire_next
from bot.slack.messages.thread import render_channel_fact, render_fact
from bot.slack.messages.unmentioned import named_in_channel, named_in_thread, unmentioned
from tests.databases import DIALECTS
from tests.domain.strategies import NOW, change
from tests.slack.bot_harness import BotHarness
from tests.slack.bundles.asking import FEW, ask_several
from tests.slack.messages.test_card_truth import ask, cards, replies, work
from tests.slack.messages.test_facts import IN_CHANNELS, SHAPES
from tests.slack.test_override import override
from tests.slack.test_rules import hold
from tests.slack.test_schedules import planned

_PERSON = re.compile(r"<@(U\w+)>|'user_id': '(U\w+)'|\"user_id\": ?\"(U\w+)\"")
OPERATIONS = Rule(name="Operations", approvers=People(frozenset({ALAN})), override=People(frozenset({AMY})))
STEPS = {
    Fact.DENIED: State.PENDING,
    Fact.EXPIRED: State.PENDING,
    Fact.APPLIED: State.APPLYING,
    Fact.FAILED: State.APPLYING,
    Fact.STALE: State.APPROVED,
    Fact.UNCLEAR: State.APPLYING,
    Fact.RESOLVED: State.UNCLEAR,
    Fact.CANCELED: State.PENDING,
}


def people_in(message: object) -> list[str]:
    return sorted({each for found in _PERSON.findall(str(message)) for each in found if each})


@pytest.mark.parametrize("fact", [fact for fact in Fact if fact not in IN_CHANNELS])
def test_a_thread_calls_no_requester_who_is_told_directly_and_names_them_all_the_same(fact: Fact) -> None:
    asked = change(requester_id="URITA", decided_by="UALAN")
    if fact in STEPS:
        asked = change(requester_id="URITA", decided_by="UALAN", state=State(fact.value))
        is_told = bool(picture.stepped(change(requester_id="URITA", state=STEPS[fact]), asked, NOW))
    else:
        is_told = fact in (Fact.OVERRIDDEN, Fact.RESULTS, Fact.LEFT_OUT, Fact.OVERRIDE_UNREVIEWED)
    payload = {"name": fact.value, "at": NOW.isoformat(), **SHAPES[fact].to_json()}
    rendered = render_fact(asked, payload)
    people = named_in_thread(Bundle((asked,)), payload)
    shown = unmentioned(rendered, people, {"URITA": "Rita <b> *R*"})
    assert ("URITA" in people) is is_told
    assert not people & set(people_in(shown))
    if is_told and "URITA" in people_in(rendered):
        assert "@Rita" in str(shown).replace("\\u2060", "")
        assert "<b>" not in shown[0]
    assert set(people_in(shown)) == set(people_in(rendered)) - people


def test_the_end_of_one_number_calls_its_requester_while_others_go_on() -> None:
    one = change(requester_id="URITA", state=State.UNCLEAR)
    payload = {"name": "unclear"}
    assert named_in_thread(Bundle((one, change(id=13, state=State.APPROVED))), payload) == frozenset()
    assert named_in_thread(Bundle((one, change(id=13, state=State.APPLIED))), payload) == {"URITA"}


def test_the_channel_calls_whoever_overrode_and_not_the_requester() -> None:
    payload = {"name": Fact.OVERRIDDEN_HERE.value, **SHAPES[Fact.OVERRIDDEN_HERE].to_json()}
    shown = unmentioned(render_channel_fact(payload), named_in_channel(payload), {})
    assert people_in(shown) == ["UALAN"]
    assert "URITA for +1" in shown[0]


def posted(bot_world: BotHarness) -> int:
    return len(bot_world.slack.recorder.calls("chat.postMessage"))


def called(bot_world: BotHarness, since: int) -> Counter[str]:
    """Count for each person the messages that called them."""
    found: Counter[str] = Counter()
    for each in bot_world.slack.recorder.calls("chat.postMessage")[since:]:
        channel = bot_world.slack.world.channels[each.args["channel"]]
        direct = [person for person in channel.members if person != bot_world.slack.world.app.bot_user_id]
        found.update(direct if channel.kind == "im" else people_in(each.args))
    return found


async def approve(bot_world: BotHarness, card: Message) -> None:
    await bot_world.alan.click("Approve", card)
    await work(bot_world)


async def deny(bot_world: BotHarness, card: Message) -> None:
    await bot_world.alan.click("Deny", card)
    await bot_world.alan.fill("Reason", "Not now")
    await bot_world.alan.submit()


async def overrule(bot_world: BotHarness, card: Message) -> None:
    await override(bot_world, bot_world.person(AMY), card)


async def forget(bot_world: BotHarness, _: Message) -> None:
    bot_world.clock.advance(hours=24)
    while await expire_next(bot_world.context) is not None:
        pass


@pytest.mark.parametrize("dialect", DIALECTS, indirect=True)
@pytest.mark.parametrize("is_several", [False, True])
@pytest.mark.parametrize("step", [approve, deny, overrule, forget])
async def test_no_step_calls_anybody_twice_and_each_tells_its_requester(
    bot_world: BotHarness, step: Callable[[BotHarness, Message], Awaitable[None]], *, is_several: bool
) -> None:
    hold(bot_world, OPERATIONS)
    card = await ask_several(bot_world, [*FEW, "ext-4001"]) if is_several else await ask(bot_world)
    assert called(bot_world, 0) == {RITA: 1, ALAN: 1}
    before = posted(bot_world)
    await step(bot_world, card)
    await bot_world.post_cards()
    bot_world.clock.advance(timedelta(seconds=5))
    await bot_world.post_cards()
    count = called(bot_world, before)
    assert count[RITA] == 1
    assert max(count.values()) == 1, count


@pytest.mark.parametrize("dialect", DIALECTS, indirect=True)
async def test_whom_an_edit_asks_to_look_again_is_not_called_by_its_new_rules_as_well(bot_world: BotHarness) -> None:
    hold(bot_world, Rule(name="Two", quorum=2))
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    await bot_world.post_cards()
    bot_world.policies.append(Policy(rules=(Rule(name="Operations", approvers=People(frozenset({ALAN, AMY}))),)))
    before = posted(bot_world)
    await bot_world.rita.click("Edit", card)
    await bot_world.until_view(bot_world.rita, "now:")
    await bot_world.rita.fill("Reason", "Another reason")
    assert await bot_world.rita.submit() == {"ok": True}
    await bot_world.post_cards()
    assert called(bot_world, before) == {RITA: 1, ALAN: 1, AMY: 1}
    assert len(cards(bot_world)) == 1
    assert "@Rita" not in str(replies(bot_world))


@pytest.mark.parametrize("dialect", DIALECTS, indirect=True)
@pytest.mark.parametrize("is_kept", [True, False])
async def test_the_end_of_a_put_back_calls_nobody_twice_and_tells_its_requester(
    bot_world: BotHarness, *, is_kept: bool
) -> None:
    post = await planned(bot_world)
    bot_world.clock.advance(timedelta(seconds=5))
    await bot_world.post_cards()
    before = posted(bot_world)
    if is_kept:
        await bot_world.ada.click("Keep", post)
    else:
        bot_world.clock.advance(timedelta(hours=5))
    await work(bot_world)
    bot_world.clock.advance(timedelta(seconds=5))
    await bot_world.post_cards()
    count = called(bot_world, before)
    assert count[RITA] == 1
    assert max(count.values()) == 1, count
