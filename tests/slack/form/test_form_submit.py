"""What a submission stores, and what it answers at which field."""

from decimal import Decimal
from typing import Any

from bot.domain.assignment import Field
from bot.domain.change import ChangeRequest
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.seed import SUPPORT_OPS
from bot.service import history
from bot.store import audit
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import cards, work

NUMBER = "+14155550123"
THIRDS = "+12125550178"


async def stored(bot_world: BotHarness, change_id: int = 1) -> ChangeRequest:
    team_id = bot_world.rita.user.team_id
    return (await history.show(bot_world.context, team_id, change_id)).change


async def split(person: Person, *rows: tuple[str, str]) -> None:
    await person.fill("Inbound calls", "Split between agents")
    for _ in rows[2:]:
        await person.click("Add an agent")
    for position, (agent, weight) in enumerate(rows, start=1):
        await person.fill(f"Agent {position}", agent)
        await person.fill(f"Weight {position} (%)", weight)


async def test_every_kind_of_change_in_one_form_is_stored_as_chosen(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await split(rita, ("Sales", "50"), ("Front desk", "30"), ("Bookings", "20"))
    await rita.fill("Version 1", "Version 0")
    await rita.fill("Version 3", "Unpinned")
    await rita.fill("Outbound calls", "One agent")
    await rita.fill("Outbound agent", "Bookings")
    await rita.fill("Inbound webhook", "Set")
    await rita.fill("Webhook URL", "https://hooks.example.com/in?key=1")
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Everything at once")
    assert await rita.submit() == {"ok": True}
    change = await stored(bot_world)
    assert change.patch.fields == frozenset(Field)
    inbound = change.patch.wanted.inbound
    assert [(agent.version, agent.weight) for agent in inbound] == [
        (0, Decimal("0.50")),
        (None, Decimal("0.30")),
        (None, Decimal("0.20")),
    ]
    assert change.patch.wanted.outbound[0].version == 2
    assert change.is_outbound_version_newest
    assert change.patch.wanted.webhook_url == "https://hooks.example.com/in?key=1"
    assert change.patch.wanted.is_time_routing_enabled is True
    assert change.reason == "Everything at once"


async def test_removals_are_stored(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "+498912345699")
    await rita.fill("Inbound calls", "No agent")
    await rita.fill("Inbound webhook", "Remove")
    await rita.fill("Reason", "Closed")
    assert await rita.submit() == {"ok": True}
    change = await stored(bot_world)
    assert change.patch.to_json() == {"inbound": [], "webhook_url": None}


async def refused(bot_world: BotHarness, person: Person) -> dict[str, str]:
    answer: dict[str, Any] = await person.submit()
    assert answer["ok"] is False
    assert "notice" not in answer
    assert await history.pending(bot_world.context, person.user.team_id, 10) == []
    return person.errors()


async def test_weights_that_do_not_total_100_are_answered_at_the_last_weight(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await split(rita, ("Sales", "50"), ("Front desk", "40"))
    await rita.fill("Reason", "Bad sum")
    errors = await refused(bot_world, rita)
    assert errors == {"Weight 2 (%)": "The weights total 90 %; they must total 100 %."}
    assert rita.value("Weight 1 (%)") == "50"


async def test_a_weight_that_is_no_whole_percent_is_answered_at_its_own_field(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await split(rita, ("Sales", "33.5"), ("Front desk", "66.5"))
    await rita.fill("Reason", "Not whole")
    errors = await refused(bot_world, rita)
    assert set(errors) == {"Weight 1 (%)", "Weight 2 (%)"}
    assert "33.5" in errors["Weight 1 (%)"]


async def test_one_agent_twice_is_answered_at_the_second(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await split(rita, ("Sales", "50"), ("Sales", "50"))
    await rita.fill("Reason", "Twice")
    assert set(await refused(bot_world, rita)) == {"Agent 2"}


async def test_a_bad_webhook_is_answered_at_its_field(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound webhook", "Set")
    await rita.fill("Webhook URL", "https://hooks.example.com/{id}")
    await rita.fill("Reason", "Braces")
    assert set(await refused(bot_world, rita)) == {"Webhook URL"}


async def test_the_present_value_is_no_change(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "ext-4001")
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Already so")
    assert await refused(bot_world, rita) == {
        "Time routing": "Nothing would change: this is the present assignment already."
    }


async def test_nothing_chosen_is_said_in_the_form(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Reason", "Nothing")
    errors = await refused(bot_world, rita)
    assert "choose at least one thing" in errors["Inbound calls"]


async def test_a_number_that_is_not_listed_is_answered_at_number(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "+1 512 555 0199")
    await bot_world.until_view(rita, "which this account does not list")
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Nobody's number")
    errors = await refused(bot_world, rita)
    assert "+1 512-555-0199, which this account does not list" in errors["Number"]


async def test_a_blank_reason_is_answered_at_reason(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "   ")
    assert set(await refused(bot_world, rita)) == {"Reason"}


async def test_a_former_split_in_thirds_comes_back_exactly(bot_world: BotHarness) -> None:
    rita, thirds = bot_world.rita, (Decimal("0.3333333333333333"),) * 3
    await bot_world.type(rita, THIRDS)
    await rita.fill("Inbound calls", "No agent")
    await rita.fill("Reason", "For a moment")
    assert await rita.submit() == {"ok": True}
    await bot_world.post_cards()
    await bot_world.alan.click("Approve", cards(bot_world)[0])
    await work(bot_world)
    await bot_world.type(rita, "revert RN-1")
    assert rita.value("Inbound calls") == "Split between agents"
    assert [rita.value(f"Weight {n} (%)") for n in (1, 2, 3)] == ["33.33333333333333"] * 3
    assert [rita.value(f"Version {n}") for n in (1, 2, 3)] == ["Version 3", "Version 6", None]
    assert rita.value("Reason") is None
    await rita.fill("Reason", "The moment is over")
    await rita.fill("Weight 1 (%)", "33.4")
    assert set((await rita.submit())["errors"]) != set()
    await rita.fill("Weight 1 (%)", "33.33333333333333")
    assert await rita.submit() == {"ok": True}
    change = await stored(bot_world, 2)
    assert tuple(agent.weight for agent in change.patch.wanted.inbound) == thirds
    assert (change.parent_id, change.origin) == (1, "revert")


async def test_one_form_submitted_twice_is_one_change(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Once")
    view = rita.view()
    bot_world.slack.world.stacks[rita.id] = [view]
    assert await rita.submit() == {"ok": True}
    body = next(d.body for d in reversed(bot_world.slack.recorder.deliveries) if d.body["type"] == "view_submission")
    answer = await bot_world.app.handle(body)
    assert (answer.status, answer.body) == (200, "")
    assert len(await history.pending(bot_world.context, rita.user.team_id, 10)) == 1


async def test_with_another_approval_channel_the_asker_reads_where_it_was_asked(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    assert await rita.command(SUPPORT_OPS, f"/route-number {NUMBER}")
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "From another channel")
    assert await rita.submit() == {"ok": True}
    await bot_world.slack.until(lambda: rita.ephemeral("support-ops"))
    said = rita.ephemeral("support-ops")[-1]
    assert "I asked for approval of RN-1 in" in rita.read(said)
    assert (await stored(bot_world)).channel_id != SUPPORT_OPS


async def test_g10_a_guest_is_refused_before_the_form_opens_and_it_is_recorded(bot_world: BotHarness) -> None:
    said = await bot_world.type(bot_world.gus, NUMBER)
    assert "Guests may not" in said
    assert not bot_world.gus.has_view
    async with bot_world.context.database.reading() as tx:
        events = await audit.read(tx, limit=10)
    assert [(event.event, event.actor_id) for event in events] == [("ask.refused", bot_world.gus.id)]


async def test_g10_somebody_of_another_team_is_refused(bot_world: BotHarness) -> None:
    assert "another one" in await bot_world.type(bot_world.eve, NUMBER)
    assert not bot_world.eve.has_view


async def test_g10_who_became_a_guest_meanwhile_is_refused_at_the_submission(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    rita.user.is_restricted = True
    bot_world.clock.advance(seconds=61)
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Too late")
    assert "Guests may not" in (await refused(bot_world, rita))["Number"]


async def test_a_channel_without_the_bot_is_refused_before_the_form_opens(
    bot_world_without_channel: BotHarness,
) -> None:
    rita = bot_world_without_channel.rita
    said = await bot_world_without_channel.type(rita, NUMBER, "random")
    assert "Invite me" in said
    assert not rita.has_view


async def test_g8_with_users_info_down_the_asker_is_refused_with_a_sentence(bot_world: BotHarness) -> None:
    bot_world.slack.faults.add(Fault("slow", methods=["users.info"], delay=5))
    said = await bot_world.type(bot_world.rita, NUMBER)
    assert "could not check with Slack who you are" in said
