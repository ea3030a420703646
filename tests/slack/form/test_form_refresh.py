"""The fresh read behind an open form: at once from the mirror, then what UponAI shows, whatever is chosen meanwhile."""

import asyncio
from typing import Any

from bot.sandbox.slack.web_api.faults import Fault
from bot.slack.form.current_assignment import LOOKING_UP
from tests.slack.bot_harness import BotHarness

NEW = "+15125550100"
KNOWN = "+14155550123"
AGENT = "agent_4c1e7d3a8f9b20657e1d9c3b52"


def add_number(bot_world: BotHarness) -> None:
    """Add a number that the mirror lacks."""
    agents = [{"agent_id": AGENT, "agent_version": 1, "weight": 1}]
    bot_world.uponai.account.set_number(NEW, {"inbound_agents": agents})


def updates(bot_world: BotHarness) -> list[dict[str, Any]]:
    return [request.args for request in bot_world.slack.recorder.calls("views.update")]


async def test_a_number_that_the_mirror_lacks_opens_at_once_and_the_read_decides(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    add_number(bot_world)
    bot_world.fault("slow", delay=1.5, scope="reads")
    await bot_world.type(rita, "+1 (512) 555-0100")
    assert LOOKING_UP in rita.read_view()
    assert rita.value("Number") == "+1 512-555-0100"
    await rita.fill("Reason", "Typed while it was read")
    await bot_world.until_view(rita, "Front desk v1")
    assert LOOKING_UP not in rita.read_view()
    assert rita.value("Number") == "+1 512-555-0100"
    assert rita.value("Reason") == "Typed while it was read"
    assert updates(bot_world)[-1]["hash"]


async def test_a_number_that_uponai_lacks_too_is_said_with_what_it_was_taken_for(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "+1 512 555 0199")
    await bot_world.until_view(rita, LOOKING_UP, is_there=False)
    assert "I read “+1 512 555 0199” as +1 512-555-0199, which this account does not list." in rita.read_view()


async def test_a_choice_while_a_read_is_under_way_hands_its_hash_over(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    add_number(bot_world)
    bot_world.fault("slow", delay=1.5, scope="reads")
    await bot_world.type(rita, NEW)
    await rita.fill("Inbound calls", "One agent")
    await rita.fill("Agent 1", "Sales")
    assert LOOKING_UP in rita.read_view()
    chosen = updates(bot_world)
    assert len(chosen) == 2
    assert not any(update.get("hash") for update in chosen)
    await bot_world.until_view(rita, "Front desk v1")
    assert rita.value("Inbound calls") == "One agent"
    assert rita.value("Agent 1") == "Sales"
    assert all(request.ok for request in bot_world.slack.recorder.calls("views.update"))


async def test_a_choice_at_another_process_reads_for_itself(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    add_number(bot_world)
    bot_world.fault("slow", delay=1.5, scope="reads")
    await bot_world.type(rita, NEW)
    bot_world.deliver_to(bot_world.make_app())
    await rita.fill("Inbound calls", "Split between agents")
    await bot_world.until_view(rita, "Front desk v1")
    await asyncio.sleep(0)
    assert "Weight 2 (%)" in rita.labels()
    errors = [request.error for request in bot_world.slack.recorder.calls("views.update") if not request.ok]
    assert set(errors) <= {"hash_conflict"}


async def test_a_refresh_that_slack_lost_is_tried_again(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    add_number(bot_world)
    bot_world.slack.faults.add(Fault("error_before", methods=["views.update"], times=1))
    await bot_world.type(rita, NEW)
    await bot_world.until_view(rita, "Front desk v1")


async def test_a_young_mirror_is_not_read_again(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    before = len(bot_world.uponai.journal.to_json())
    await bot_world.type(rita, KNOWN)
    assert len(bot_world.uponai.journal.to_json()) == before
    assert updates(bot_world) == []
    assert "As of" not in rita.read_view()


async def test_an_old_mirror_is_read_afresh_and_the_form_shows_what_came(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    agents = [{"agent_id": AGENT, "agent_version": 2, "weight": 1}]
    bot_world.uponai.account.set_number(KNOWN, {"inbound_agents": agents})
    bot_world.clock.advance(seconds=20)
    await bot_world.type(rita, KNOWN)
    await bot_world.until_view(rita, "Front desk v2")
    assert "As of" not in rita.read_view()


async def test_with_uponai_away_the_form_works_from_the_mirror_and_says_as_of(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    bot_world.clock.advance(seconds=20)
    bot_world.fault("error", scope="all")
    await bot_world.type(rita, KNOWN)
    assert "As of" in rita.read_view()
    assert "Sales v3" in rita.read_view()
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "It works all the same")
    assert await rita.submit() == {"ok": True}


async def test_with_uponai_away_an_unknown_number_is_not_looked_up_for_ever(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    bot_world.fault("unauthorized", scope="all")
    await bot_world.type(rita, NEW)
    await bot_world.until_view(rita, LOOKING_UP, is_there=False)
    assert "I could not read UponAI just now" in rita.read_view()
    assert "UPONAI_API_TOKEN" in rita.read_view()


async def test_a_submission_while_the_number_is_looked_up_waits_and_then_says_so(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    add_number(bot_world)
    bot_world.fault("slow", delay=30, scope="reads")
    await bot_world.type(rita, NEW)
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Too early")
    answer = await rita.submit()
    assert answer["ok"] is False
    assert "still looking" in rita.errors()["Number"]
    assert rita.value("Reason") == "Too early"


async def test_a_submission_waits_for_a_read_that_comes_in_time(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    add_number(bot_world)
    bot_world.fault("slow", delay=1, scope="reads")
    await bot_world.type(rita, NEW)
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Just in time")
    assert await rita.submit() == {"ok": True}
