"""A form whose first submission was stored, but answered too late: it is corrected, and the correction counts."""

from dataclasses import replace

import pytest

from bot.domain.state import State
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.model import View
from bot.service import history
from bot.service.applying.claim import claim_next
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import cards

NUMBER = "+14155550123"
OTHER = "+14155550145"


async def answered_too_late(bot_world: BotHarness, person: Person) -> View:
    """Send a form whose answer does not come in time, so that it stays open: only the answer is lost."""
    await bot_world.type(person, NUMBER)
    await person.fill("Time routing", "On")
    await person.fill("Reason", "Night shift")
    view = person.view()
    assert await person.submit() == {"ok": True}
    bot_world.slack.world.stacks[person.id] = [view]
    return view


async def states(bot_world: BotHarness) -> list[str]:
    changes = await history.recent(bot_world.context, bot_world.rita.user.team_id, None, 9)
    return [change.state.value for change in reversed(changes)]


@pytest.mark.parametrize("dialect", DIALECTS, indirect=True)
async def test_g2_a_correction_is_refused_at_its_field_and_can_be_asked_for_after_withdrawing(
    bot_world: BotHarness,
) -> None:
    rita = bot_world.rita
    await answered_too_late(bot_world, rita)
    await rita.fill("Reason", "Night shift, from Monday on")
    assert (await rita.submit())["ok"] is False
    said = rita.errors()["Reason"]
    assert "You asked for RN-1 from this form already, and it is pending." in said
    assert "+1 415-555-0123, Time routing: on, because “Night shift”" in said
    assert rita.value("Reason") == "Night shift, from Monday on"
    assert await states(bot_world) == ["pending"]
    assert "You asked for RN-1 from this form already" in rita.read_view()
    await rita.click("Withdraw RN-1")
    assert "RN-1 is withdrawn. Send this form to ask for what it holds now." in rita.read_view()
    assert "Withdraw RN-1" not in rita.buttons()
    assert await rita.submit() == {"ok": True}
    assert await states(bot_world) == ["canceled", "pending"]
    change = (await history.show(bot_world.context, rita.user.team_id, 2)).change
    assert change.reason == "Night shift, from Monday on"


async def test_what_was_withdrawn_by_mistake_can_be_asked_for_again_as_it_was(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await answered_too_late(bot_world, rita)
    await rita.fill("Reason", "Other words")
    await rita.submit()
    await rita.click("Withdraw RN-1")
    await rita.fill("Reason", "Night shift")
    assert await rita.submit() == {"ok": True}
    assert await states(bot_world) == ["canceled", "pending"]


@pytest.mark.parametrize(
    ("entries", "at"),
    [
        ({"Number": OTHER, "Reason": "Other words"}, "Number"),
        ({"Inbound webhook": "Set", "Webhook URL": "https://hooks.example.com/in"}, "Webhook URL"),
        ({"Inbound calls": "No agent", "Time routing": "Keep as is"}, "Inbound calls"),
        ({"Inbound webhook": "Remove", "Outbound calls": "No agent"}, "Outbound calls"),
    ],
)
async def test_the_refusal_stands_where_the_form_differs(
    bot_world: BotHarness, entries: dict[str, str], at: str
) -> None:
    await answered_too_late(bot_world, bot_world.rita)
    for label, value in entries.items():
        await bot_world.rita.fill(label, value)
    await bot_world.rita.submit()
    assert set(bot_world.rita.errors()) == {at}
    assert "You asked for RN-1 from this form already" in bot_world.rita.errors()[at]


async def test_what_changes_nothing_makes_no_other_wish(bot_world: BotHarness) -> None:
    await answered_too_late(bot_world, bot_world.rita)
    await bot_world.rita.fill("Inbound webhook", "Remove")
    assert await bot_world.rita.submit() == {"ok": True}
    assert await states(bot_world) == ["pending"]


async def test_the_same_once_more_closes_the_form_and_stays_one_change(bot_world: BotHarness) -> None:
    await answered_too_late(bot_world, bot_world.rita)
    assert await bot_world.rita.submit() == {"ok": True}
    assert await states(bot_world) == ["pending"]


async def test_withdrawing_outlives_choices_and_other_processes(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await answered_too_late(bot_world, rita)
    await rita.fill("Reason", "Other words")
    await rita.submit()
    bot_world.deliver_to(bot_world.make_app())
    await rita.fill("Inbound calls", "No agent")
    await rita.click("Withdraw RN-1")
    await rita.fill("Outbound calls", "No agent")
    assert "is withdrawn" not in rita.read_view()
    assert await rita.submit() == {"ok": True}
    assert await states(bot_world) == ["canceled", "pending"]


@pytest.mark.parametrize("fault", [Fault("error_before"), Fault("slow", delay=5)], ids=["lost", "slow"])
async def test_without_the_button_the_error_alone_shows_the_way(bot_world: BotHarness, fault: Fault) -> None:
    rita = bot_world.rita
    await answered_too_late(bot_world, rita)
    await bot_world.post_cards()
    await rita.fill("Reason", "Other words")
    bot_world.slack.faults.add(replace(fault, methods=["views.update"]))
    assert (await rita.submit())["ok"] is False
    assert "with Cancel on its card" in rita.errors()["Reason"]
    assert "Withdraw RN-1" not in rita.buttons()
    await rita.click("Cancel", cards(bot_world)[0])
    assert await rita.submit() == {"ok": True}
    assert await states(bot_world) == ["canceled", "pending"]


async def test_who_withdraws_too_late_is_told_in_the_form(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await answered_too_late(bot_world, rita)
    await bot_world.post_cards()
    await rita.fill("Reason", "Other words")
    await rita.submit()
    await bot_world.alan.click("Approve", cards(bot_world)[0])
    change = await claim_next(bot_world.context)
    assert change is not None
    assert change.state is State.APPLYING
    await rita.click("Withdraw RN-1")
    assert "RN-1 can no longer be canceled: it is applying." in rita.read_view()
    await rita.submit()
    assert "it can no longer be withdrawn" in rita.errors()["Reason"]
    assert "Withdraw RN-1" not in rita.buttons()


async def test_g10_who_is_no_member_any_more_withdraws_nothing(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await answered_too_late(bot_world, rita)
    await rita.fill("Reason", "Other words")
    await rita.submit()
    rita.user.is_restricted = True
    bot_world.clock.advance(seconds=61)
    await rita.click("Withdraw RN-1")
    assert "Guests may not" in rita.read_view()
    assert await states(bot_world) == ["pending"]


async def test_what_was_denied_meanwhile_is_not_dropped_in_silence(bot_world: BotHarness) -> None:
    rita, alan = bot_world.rita, bot_world.alan
    await answered_too_late(bot_world, rita)
    await bot_world.post_cards()
    await alan.click("Deny", cards(bot_world)[0])
    await alan.fill("Reason", "Not now")
    await alan.submit()
    assert (await rita.submit())["ok"] is False
    assert "RN-1 asked for exactly this from this form already, and is denied." in rita.errors()["Number"]
    await rita.fill("Reason", "Better words")
    assert await rita.submit() == {"ok": True}
    assert await states(bot_world) == ["denied", "pending"]
