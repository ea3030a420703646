"""Edit: the requester's button makes a new revision of the same change; what was decided before counts no longer."""

import pytest
from sqlalchemy import text

from bot.domain.change import ChangeRequest
from bot.domain.rules.facts import ChangeKind
from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.domain.state import State
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import AMY
from bot.service import history
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import ask, cards, is_reply, is_told, replies

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)

SUPPORT = "C07SUPPORT2"
TWO = Rule(name="Two", quorum=2)


async def stored(bot_world: BotHarness, change_id: int = 1) -> ChangeRequest:
    return (await history.show(bot_world.context, bot_world.rita.user.team_id, change_id)).change


async def edit(bot_world: BotHarness, card: Message, **entries: str) -> dict[str, object]:
    """Open Edit, change some entries, send the form."""
    assert await bot_world.rita.click("Edit", card)
    for label, value in entries.items():
        await bot_world.rita.fill(label, value)
    answer = await bot_world.rita.submit()
    await bot_world.post_cards()
    return answer


def shown(bot_world: BotHarness) -> str:
    return bot_world.rita.read(cards(bot_world)[-1])


def said_to(person: Person) -> str:
    return person.read(person.ephemeral("phone-routing")[-1])


async def test_g1_an_edit_makes_a_new_revision_whose_former_reviews_count_no_longer(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(rules=(TWO,)))
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    assert await edit(bot_world, card, Reason="Day shift", **{"Inbound webhook": "Remove"}) == {"ok": True}
    change = await stored(bot_world)
    assert (change.revision, change.state, change.reason, len(cards(bot_world))) == (2, State.PENDING, "Day shift", 1)
    assert "0 of 2" in shown(bot_world)
    assert f"Void since the last edit: <@{bot_world.alan.id}>" in shown(bot_world)
    await bot_world.ada.click("Approve", card)
    assert (await stored(bot_world)).state is State.PENDING
    await bot_world.alan.click("Approve", card)
    assert (await stored(bot_world)).state is State.APPROVED


async def test_the_thread_and_details_say_what_an_edit_changed(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await edit(bot_world, card, **{"Time routing": "Keep as is", "Inbound calls": "No agent", "Reason": "Closed"})
    told = next(each for each in replies(bot_world) if "edited RN-1" in each)
    assert "Time routing: on → stays as it is" in told
    assert "Inbound calls: stays as it is → no agent" in told
    assert "→ “Closed”" in told
    await bot_world.alan.click("Details", cards(bot_world)[-1])
    assert "Inbound calls: stays as it is → no agent" in bot_world.alan.read_view()


async def test_only_the_requester_edits_and_only_while_it_is_undecided(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.ada.click("Edit", card)
    assert not bot_world.ada.has_view
    assert "can edit it" in said_to(bot_world.ada)
    await bot_world.rita.click("Edit", card)
    await bot_world.alan.click("Approve", card)
    await bot_world.rita.fill("Reason", "Too late")
    await bot_world.rita.submit()
    assert "already approved" in " ".join(bot_world.rita.errors().values())
    assert (await stored(bot_world)).revision == 1


async def test_a_form_that_changes_nothing_leaves_the_reviews_alone(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(rules=(TWO,)))
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    await edit(bot_world, card)
    assert "asks for exactly this already" in " ".join(bot_world.rita.errors().values())
    assert (await stored(bot_world)).revision == 1


async def test_a_form_that_is_sent_twice_makes_one_revision(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.rita.click("Edit", card)
    await bot_world.rita.fill("Reason", "Day shift")
    view = bot_world.rita.view()
    await bot_world.rita.submit()
    bot_world.slack.world.stack(bot_world.rita.id).append(view)
    await bot_world.rita.submit()
    assert (await stored(bot_world)).revision == 2


async def test_an_edit_is_held_to_the_rules_of_the_moment_in_which_it_is_sent(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    bot_world.policies.append(Policy(rules=(Rule(name="Amy", approvers=People(frozenset({AMY}))),)))
    await edit(bot_world, card, Reason="Day shift")
    await bot_world.alan.click("Approve", card)
    assert "“Amy”" in said_to(bot_world.alan)
    async with bot_world.context.database.reading() as tx:
        found = await tx.execute(text("SELECT revision, name FROM change_rules ORDER BY revision"))
        assert [tuple(row) for row in found] == [(1, ""), (2, "Amy")]
    await bot_world.person(AMY).click("Approve", card)
    assert (await stored(bot_world)).state is State.APPROVED


async def test_the_form_of_an_edit_is_filled_and_asks_for_the_same_number_alone(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.rita.click("Edit", card)
    assert "You edit RN-1" in bot_world.rita.read_view()
    assert bot_world.rita.value("Time routing") == "On"
    await bot_world.rita.fill("Number", "+14155550145")
    await bot_world.rita.submit()
    assert "For another number, cancel it and ask anew" in " ".join(bot_world.rita.errors().values())
    assert (await stored(bot_world)).revision == 1


async def test_g9_the_card_moves_to_the_channel_of_the_rules_that_hold_after_an_edit(bot_world: BotHarness) -> None:
    """Who must approve it now reads it there; the former card has no buttons and says where it is."""
    webhooks = Rule(name="Webhooks", changes=frozenset({ChangeKind.WEBHOOK}), channel=SUPPORT)
    bot_world.policies.append(Policy(rules=(webhooks,)))
    card = await ask(bot_world)
    entries = {"Inbound webhook": "Set", "Webhook URL": "https://hooks.example.com/in"}
    assert await edit(bot_world, card, **entries) == {"ok": True}
    bot_world.clock.advance(minutes=1)
    await bot_world.post_cards()
    change = await stored(bot_world)
    assert (change.channel_id, change.revision) == (SUPPORT, 2)
    [moved] = [m for m in bot_world.slack.world.messages[SUPPORT] if is_told(m) and not is_reply(m)]
    [edited] = [m for m in bot_world.slack.world.messages[SUPPORT] if is_told(m) and is_reply(m)]
    assert "edited RN-1" in bot_world.rita.read(edited)
    assert bot_world.rita.read(card) == f"The card of RN-1 is in <#{SUPPORT}> now."
    assert bot_world.rita.buttons(card) == []
    await bot_world.alan.click("Approve", moved)
    assert (await stored(bot_world)).state is State.APPROVED
