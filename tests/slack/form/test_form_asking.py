"""The form from opening to the stored change, through the real door and the strict stand-in."""

import pytest

from bot.service import history
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness

NUMBER = "+14155550123"


async def test_the_form_opens_at_keep_as_is_with_the_present_assignment_above(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    assert await bot_world.type(rita, "+1 415 555 0123") == ""
    assert rita.labels() == [
        "Number",
        "Inbound calls",
        "Outbound calls",
        "Inbound webhook",
        "Time routing",
        "When",
        "Put back",
        "Reason",
    ]
    assert rita.value("Number") == "+1 415-555-0123"
    for choice in ("Inbound calls", "Outbound calls", "Inbound webhook", "Time routing"):
        assert rita.value(choice) == "Keep as is"
    assert "Sales v3" in rita.read_view()
    assert rita.view().content["title"]["text"] == "Route a number"
    assert rita.view().content["submit"]["text"] == "Ask for approval"


@pytest.mark.parametrize("dialect", DIALECTS, indirect=True)
async def test_one_agent_is_asked_for_and_stored(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "One agent")
    assert rita.labels()[2:4] == ["Agent 1", "Version 1"]
    await rita.fill("Agent 1", "Front desk")
    await rita.fill("Version 1", "Version 2")
    await rita.fill("Reason", "The front desk is back")
    assert await rita.submit() == {"ok": True}
    change = (await history.show(bot_world.context, rita.user.team_id, 1)).change
    assert change.patch.to_json()["inbound"][0]["version"] == 2
    assert change.requester_id == rita.id
    assert not rita.has_view
