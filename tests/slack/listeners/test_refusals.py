"""G7: whoever is refused something stands in the record, whatever they pressed, typed or sent, and once."""

from typing import Any

import pytest

from bot.domain.audit import ChainedEvent
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING, SUPPORT_OPS
from bot.service.applying.claim import claim_next
from bot.slack.listeners.buttons import VERBS as BUTTONS
from bot.slack.listeners.command import _VERBS as WORDS
from bot.slack.messages import card
from bot.slack.messages import thread_buttons as thread
from bot.store import audit
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import ask

NUMBER = "+14155550123"
Refusal = tuple[str, str, int | None]


async def events(bot_world: BotHarness) -> list[ChainedEvent]:
    async with bot_world.context.database.reading() as tx:
        return await audit.read(tx, limit=1000)


async def refusals(bot_world: BotHarness) -> list[Refusal]:
    """Return who was refused, and in which change's record that stands."""
    found = [event for event in await events(bot_world) if event.event.endswith(".refused")]
    assert all((event.after or {}).get("refused") for event in found)
    return [(event.event, event.actor_id, event.change_id) for event in found]


async def press(bot_world: BotHarness, person: Person, action_id: str, label: str = "RN-1") -> None:
    """Press a button as Slack tells it, whether the card still has it or not."""
    action = {"type": "button", "action_id": action_id, "block_id": f"move:{label}", "value": label}
    if action_id == thread.MOVE:
        action |= {"type": "conversations_select", "selected_conversation": SUPPORT_OPS, "value": ""}
    body: dict[str, Any] = {
        "type": "block_actions",
        "user": {"id": person.id, "team_id": person.user.team_id},
        "team": {"id": person.user.team_id},
        "channel": {"id": PHONE_ROUTING},
        "trigger_id": "1.2",
        "actions": [action],
    }
    answer = await bot_world.app.handle(body)
    assert (answer.status, answer.body) == (200, "")


@pytest.mark.parametrize("dialect", DIALECTS, indirect=True)
async def test_g7_a_press_about_a_change_that_does_not_exist_is_in_the_record_of_none(bot_world: BotHarness) -> None:
    for action_id in BUTTONS:
        await press(bot_world, bot_world.ada, action_id, "RN-1")
    found = await refusals(bot_world)
    assert len(found) == len(BUTTONS)
    assert {(actor, change_id) for _, actor, change_id in found} == {(bot_world.ada.id, None)}
    await ask(bot_world)
    assert [event.event for event in await events(bot_world) if event.change_id == 1] == ["change.submitted"]


async def test_g7_a_guest_is_in_the_record_with_every_press(bot_world: BotHarness) -> None:
    await ask(bot_world)
    for action_id in BUTTONS:
        await press(bot_world, bot_world.gus, action_id)
    assert await refusals(bot_world) == [("press.refused", bot_world.gus.id, None)] * len(BUTTONS)


async def test_g7_every_refused_press_is_in_the_record_of_its_change(bot_world: BotHarness) -> None:
    rita, alan, ada = bot_world.rita, bot_world.alan, bot_world.ada
    await ask(bot_world)
    expected: list[Refusal] = []

    async def is_refused(person: Person, action_id: str, event: str) -> None:
        await press(bot_world, person, action_id)
        expected.append((event, person.id, 1))
        assert await refusals(bot_world) == expected

    await is_refused(rita, card.APPROVE, "review.refused")
    await is_refused(rita, card.DENY, "review.refused")
    await is_refused(ada, card.CANCEL, "cancel.refused")
    await is_refused(ada, thread.MOVE, "move.refused")
    await is_refused(ada, thread.REVERT, "revert.refused")
    await is_refused(ada, thread.TRY_AGAIN, "errand.refused")
    await is_refused(ada, thread.RESOLVE, "errand.refused")
    await press(bot_world, alan, card.APPROVE)
    assert await claim_next(bot_world.context) is not None
    await is_refused(ada, card.APPROVE, "review.refused")
    await is_refused(ada, card.DENY, "review.refused")
    await is_refused(rita, card.CANCEL, "cancel.refused")


@pytest.mark.parametrize("dialect", DIALECTS, indirect=True)
@pytest.mark.parametrize(
    ("texts", "refusal"),
    [
        (["pause because", "pause because"], ("pause.refused", None)),
        (["pause because", "pause"], ("pause.refused", None)),
        (["resume"], ("resume.refused", None)),
        (["resume now"], ("command.refused", None)),
        (["pending now"], ("command.refused", None)),
        (["revert RN-1"], ("revert.refused", 1)),
        (["revert RN-99"], ("revert.refused", None)),
        (["revert nothing"], ("command.refused", None)),
        (["show RN-99"], ("command.refused", None)),
        (["show nothing"], ("command.refused", None)),
        (["history xoxb-pasted-by-mistake"], ("command.refused", None)),
    ],
)
async def test_g7_what_a_command_refuses_is_in_the_record(
    bot_world: BotHarness, texts: list[str], refusal: tuple[str, int | None]
) -> None:
    await ask(bot_world)
    for text in texts:
        await bot_world.type(bot_world.ada, text)
    event, change_id = refusal
    assert await refusals(bot_world) == [(event, bot_world.ada.id, change_id)]
    # G12: what was typed may have been pasted by mistake, and the record keeps it for ever.
    assert "pasted-by-mistake" not in repr(await events(bot_world))


async def test_g7_a_guest_is_in_the_record_with_every_command(bot_world: BotHarness) -> None:
    refused = [word for word in WORDS if word != "help"]
    for text in ("", NUMBER, "frobnicate", *refused):
        await bot_world.type(bot_world.gus, text)
    found = await refusals(bot_world)
    assert len(found) == 3 + len(refused)
    assert {(actor, change_id) for _, actor, change_id in found} == {(bot_world.gus.id, None)}


async def test_g7_what_a_form_refuses_is_in_the_record(bot_world: BotHarness) -> None:
    rita, alan = bot_world.rita, bot_world.alan
    asked = await ask(bot_world)
    await bot_world.type(rita, NUMBER)
    await rita.fill("Time routing", "Off")
    await rita.fill("Reason", "It is off")
    assert (await rita.submit())["ok"] is False
    await bot_world.type(rita, "+1 512 555 0199")
    await bot_world.until_view(rita, "which this account does not list")
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Nobody's number")
    assert (await rita.submit())["ok"] is False
    await alan.click("Deny", asked)
    await bot_world.ada.click("Approve", asked)
    await alan.fill("Reason", "Too late")
    await alan.submit()
    assert "already approved" in alan.read_view()
    assert await refusals(bot_world) == [
        ("ask.refused", rita.id, None),
        ("ask.refused", rita.id, None),
        ("review.refused", alan.id, 1),
    ]


async def test_g7_a_guest_who_looks_at_the_home_tab_is_in_the_record(bot_world: BotHarness) -> None:
    await bot_world.gus.open_home()
    assert await refusals(bot_world) == [("home.refused", bot_world.gus.id, None)]
