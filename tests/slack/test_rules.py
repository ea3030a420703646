"""Rules through the whole app: who may ask and decide, progress on the card, taking back, and rights that were lost."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.state import State
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.model import Message, UserGroup
from bot.sandbox.slack.workspace.seed import ADA, ALAN, AMY, RITA
from bot.service import history
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import NUMBER, ask, cards, replies

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)

LEADS = "S07LEADS001"
MAIN = Rule(name="Main lines", approvers=People(groups=frozenset({LEADS})), quorum=2)
OPERATIONS = Rule(name="Operations", approvers=People(frozenset({AMY})))
HELD_UP = Rule(name="Main lines", approvers=People(groups=frozenset({LEADS})), denial=Denial.BLOCKS)


def hold(bot_world: BotHarness, *rules: Rule, leads: tuple[str, ...] = (ALAN, ADA, RITA)) -> None:
    """Let these rules hold from now on, with a group of leads."""
    bot_world.slack.world.usergroups[LEADS] = UserGroup(LEADS, "leads", "Leads", list(leads))
    bot_world.policies.append(Policy(rules=rules))


def amy(bot_world: BotHarness) -> Person:
    return bot_world.person(AMY)


async def press(bot_world: BotHarness, person: Person, words: str, card: Message) -> str:
    """Press a button of the card, deliver what follows, and return what the bot said to this person alone."""
    before = len(person.ephemeral("phone-routing"))
    assert await person.click(words, card), person.notices
    await bot_world.post_cards()
    return "\n".join(person.read(each) for each in person.ephemeral("phone-routing")[before:])


async def state(bot_world: BotHarness, change_id: int = 1) -> State:
    return (await history.show(bot_world.context, bot_world.rita.user.team_id, change_id)).change.state


def shown(bot_world: BotHarness) -> str:
    return bot_world.rita.read(cards(bot_world)[-1])


async def test_g1_each_rule_needs_its_own_people_and_the_card_counts_them(bot_world: BotHarness) -> None:
    hold(bot_world, MAIN, OPERATIONS)
    card = await ask(bot_world)
    assert "Main lines*: 0 of 2, still needed: 2 of @leads" in shown(bot_world)
    assert await press(bot_world, bot_world.alan, "Approve", card) == ""
    assert "1 of 2, still needed: one of" in shown(bot_world)
    assert await press(bot_world, bot_world.ada, "Approve", card) == ""
    assert await state(bot_world) is State.PENDING
    assert await press(bot_world, amy(bot_world), "Approve", card) == ""
    assert await state(bot_world) is State.APPROVED


async def test_the_card_names_who_may_approve_and_calls_nobody(bot_world: BotHarness) -> None:
    """A mention in a new message calls whoever it names; in the thread they are called once."""
    hold(bot_world, MAIN, OPERATIONS)
    card = await ask(bot_world)
    assert "Main lines*: 0 of 2, still needed: 2 of @leads" in shown(bot_world)
    assert "Operations*: 0 of 1, still needed: one of @Amy Castillo" in shown(bot_world).replace("\u2060", "")
    posted = json.dumps(card.blocks)
    assert [each for each in (LEADS, AMY) if each in posted] == []


@pytest.mark.parametrize("method", ["usergroups.list", "users.info"])
async def test_g9_a_card_stands_there_though_slack_tells_no_names(bot_world: BotHarness, method: str) -> None:
    hold(bot_world, MAIN, OPERATIONS)
    await bot_world.type(bot_world.rita, NUMBER)
    await bot_world.rita.fill("Time routing", "On")
    await bot_world.rita.fill("Reason", "Night shift")
    assert await bot_world.rita.submit() == {"ok": True}
    bot_world.slack.faults.add(Fault("down", methods=[method], times=5))
    await bot_world.post_cards()
    assert "State: pending" in shown(bot_world)
    assert (LEADS if method == "usergroups.list" else AMY) in shown(bot_world)


async def test_g10_who_counts_for_no_rule_is_told_which_and_who_may(bot_world: BotHarness) -> None:
    hold(bot_world, MAIN)
    card = await ask(bot_world)
    for button in ("Approve", "Deny"):
        assert "“Main lines”" in await press(bot_world, amy(bot_world), button, card)
        assert not amy(bot_world).has_view
    assert await state(bot_world) is State.PENDING


@pytest.mark.parametrize("kind", ["down", "error"])
async def test_g10_a_group_that_cannot_be_looked_up_refuses(bot_world: BotHarness, kind: str) -> None:
    hold(bot_world, MAIN)
    card = await ask(bot_world)
    bot_world.clock.advance(seconds=61)
    bot_world.slack.faults.add(Fault(kind, methods=["usergroups.users.list"], times=5))  # type: ignore[arg-type]  # One of its kinds.
    assert "could not check with Slack who is in" in await press(bot_world, bot_world.alan, "Approve", card)
    assert await state(bot_world) is State.PENDING


async def test_g10_a_group_is_known_for_a_minute_and_no_longer(bot_world: BotHarness) -> None:
    hold(bot_world, replace(MAIN, quorum=1))
    card = await ask(bot_world)
    bot_world.slack.world.usergroups[LEADS].users.remove(ALAN)
    bot_world.clock.advance(seconds=61)
    assert "“Main lines”" in await press(bot_world, bot_world.alan, "Approve", card)


async def test_g10_an_approval_by_somebody_who_left_the_group_does_not_count_and_the_card_says_so(
    bot_world: BotHarness,
) -> None:
    hold(bot_world, MAIN)
    card = await ask(bot_world)
    await press(bot_world, bot_world.alan, "Approve", card)
    bot_world.slack.world.usergroups[LEADS].users[:] = [ADA, AMY]
    bot_world.clock.advance(seconds=61)
    assert await press(bot_world, bot_world.ada, "Approve", card) == ""
    assert await state(bot_world) is State.PENDING
    assert "may no longer approve for “Main lines”, so theirs does not count" in shown(bot_world)
    await press(bot_world, amy(bot_world), "Approve", card)
    assert await state(bot_world) is State.APPROVED


async def test_g10_an_approval_by_somebody_deactivated_does_not_count_without_any_rule_either(
    bot_world: BotHarness,
) -> None:
    hold(bot_world, Rule(name="Two", quorum=2))
    card = await ask(bot_world)
    await press(bot_world, bot_world.alan, "Approve", card)
    bot_world.alan.user.deleted = True
    bot_world.clock.advance(seconds=61)
    await press(bot_world, bot_world.ada, "Approve", card)
    assert await state(bot_world) is State.PENDING
    assert "1 of 2 approvals" in shown(bot_world)


async def test_an_approval_is_taken_back_in_details(bot_world: BotHarness) -> None:
    hold(bot_world, MAIN)
    card = await ask(bot_world)
    await press(bot_world, bot_world.alan, "Approve", card)
    await bot_world.ada.click("Details", card)
    assert "Take back my approval" not in bot_world.ada.buttons()
    await bot_world.alan.click("Details", card)
    await bot_world.alan.click("Take back my approval")
    assert "Take back my approval" not in bot_world.alan.buttons()
    await bot_world.post_cards()
    assert "0 of 2" in shown(bot_world)
    assert any("took their approval of RN-1 back" in each for each in replies(bot_world))
    await press(bot_world, bot_world.alan, "Approve", card)
    assert "1 of 2" in shown(bot_world)


async def deny(bot_world: BotHarness, person: Person, card: Message) -> None:
    await person.click("Deny", card)
    await person.fill("Reason", "Not on a Friday")
    await person.submit()
    await bot_world.post_cards()


async def test_a_denial_that_blocks_holds_up_until_it_is_taken_back(bot_world: BotHarness) -> None:
    hold(bot_world, HELD_UP)
    card = await ask(bot_world)
    await deny(bot_world, bot_world.ada, card)
    assert await state(bot_world) is State.PENDING
    assert "holds this up until they take that back: Not on a Friday" in shown(bot_world)
    await press(bot_world, bot_world.alan, "Approve", card)
    assert await state(bot_world) is State.PENDING
    await bot_world.ada.click("Details", card)
    await bot_world.ada.click("Take back my denial")
    await bot_world.post_cards()
    change = (await history.show(bot_world.context, bot_world.rita.user.team_id, 1)).change
    assert (change.state, change.decided_by) == (State.APPROVED, ALAN)


async def test_a_card_has_room_for_many_rules_and_people(bot_world: BotHarness) -> None:
    crowd = People(frozenset({ALAN, ADA, *(f"U{number:09d}" for number in range(100))}))
    hold(bot_world, *(Rule(name=f"{number}. {'x' * 70}", approvers=crowd, quorum=2) for number in range(30)))
    await ask(bot_world)
    assert "State: pending" in shown(bot_world)


async def test_a_denial_that_ends_ends_it(bot_world: BotHarness) -> None:
    hold(bot_world, MAIN)
    card = await ask(bot_world)
    await deny(bot_world, bot_world.ada, card)
    assert await state(bot_world) is State.DENIED


async def refused(bot_world: BotHarness, **entries: str) -> str:
    """Ask by the form, and return the errors at its fields."""
    await bot_world.type(bot_world.rita, NUMBER)
    for label, value in (entries or {"Time routing": "On"}).items():
        await bot_world.rita.fill(label, value)
    await bot_world.rita.fill("Reason", "Night shift")
    await bot_world.rita.submit()
    return " ".join(bot_world.rita.errors().values())


async def test_g10_who_may_not_ask_is_told_by_which_rule(bot_world: BotHarness) -> None:
    hold(bot_world, Rule(name="Leads ask", requesters=People(groups=frozenset({LEADS}))), leads=(ALAN,))
    assert "“Leads ask” lets only a user group ask for this." in await refused(bot_world)
    await bot_world.slack.until(lambda: bool(bot_world.rita.ephemeral("phone-routing")), 10)
    named = bot_world.rita.read(bot_world.rita.ephemeral("phone-routing")[-1])
    assert "“Leads ask” lets only " in named
    assert LEADS in named or "leads" in named


@pytest.mark.parametrize("leads", [(RITA, ALAN), (RITA, ALAN, "U07GUSG6P1W")])
async def test_what_nobody_could_get_approved_is_refused_with_the_rules_name(
    bot_world: BotHarness, leads: tuple[str, ...]
) -> None:
    """The requester is taken away, and a guest can approve nothing."""
    hold(bot_world, MAIN, leads=leads)
    assert "“Main lines” asks for 2 approvals" in await refused(bot_world)


async def test_a_webhook_at_another_host_is_refused_at_its_field(bot_world: BotHarness) -> None:
    hold(bot_world, Rule(name="Our hosts", webhook_hosts=("*.example.com",)))
    entries = {"Inbound webhook": "Set", "Webhook URL": "https://evil.example.net/in"}
    assert "“Our hosts” allows only webhooks at *.example.com" in await refused(bot_world, **entries)


async def test_a_rules_channel_and_time_are_the_changes(bot_world: BotHarness) -> None:
    hold(bot_world, Rule(name="Elsewhere", channel="C07SUPPORT2", expires_after=timedelta(hours=2)))
    await bot_world.type(bot_world.rita, NUMBER)
    await bot_world.rita.fill("Time routing", "On")
    await bot_world.rita.fill("Reason", "Night shift")
    assert await bot_world.rita.submit() == {"ok": True}
    change = (await history.show(bot_world.context, bot_world.rita.user.team_id, 1)).change
    assert (change.channel_id, change.expires_at - change.created_at) == ("C07SUPPORT2", timedelta(hours=2))
    assert change.policy.policy_hash == bot_world.policies[-1].hash


async def test_later_edits_of_the_file_move_nothing_that_is_open(bot_world: BotHarness) -> None:
    hold(bot_world, MAIN)
    card = await ask(bot_world)
    hold(bot_world)
    assert "“Main lines”" in await press(bot_world, amy(bot_world), "Approve", card)
