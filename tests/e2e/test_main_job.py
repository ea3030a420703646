"""The main job over real processes: ask, refuse one's own approval, approve, PUT, result in the thread, revert."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.processes import ProcessHarness, town

NUMBER = "+14155550123"


@pytest.fixture(params=["http", "socket"])
async def place(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[ProcessHarness]:
    async with town(database_url, tmp_path, is_socket_mode=request.param == "socket") as built:
        bot = await built.start()
        if request.param == "http":
            built.deliver_to(bot)
        else:
            await built.is_connected()
        yield built


async def test_g1_a_change_needs_a_second_person_and_then_happens_once(place: ProcessHarness) -> None:
    before = await place.number(NUMBER)
    await place.ask_time_routing(place.rita, NUMBER, "Off" if before["is_time_routing_enabled"] else "On")
    card = await place.card_says("RN-1", "pending")
    assert card.text.startswith("RN-1 pending:")

    await place.rita.click("Approve", card)
    said = place.rita.ephemeral("phone-routing")[-1]
    assert "someone else must approve it" in place.rita.read(said)
    assert await place.puts() == []

    await place.alan.click("Approve", card)
    card = await place.card_says("RN-1", "applied")
    puts = await place.puts()
    assert [put["body"].keys() for put in puts] == [{"accountSid", "workspaceId", "isTimeRoutingEnabled"}]
    assert (await place.number(NUMBER))["is_time_routing_enabled"] is not before["is_time_routing_enabled"]
    assert place.alan.buttons(card) == ["Details"]

    await place.until("the result", lambda: any("is live" in said for said in place.thread("RN-1")))
    result = place.thread("RN-1")[-1]
    assert "approved" in "".join(place.thread("RN-1"))
    assert "Time routing" in result


async def test_g1_revert_asks_for_the_former_assignment_with_an_approval_of_its_own(place: ProcessHarness) -> None:
    before = await place.number(NUMBER)
    await place.ask_time_routing(place.rita, NUMBER, "Off" if before["is_time_routing_enabled"] else "On")
    await place.alan.click("Approve", await place.card_says("RN-1", "pending"))
    await place.card_says("RN-1", "applied")
    await place.until("the result", lambda: any("is live" in said for said in place.thread("RN-1")))
    result = place.rita.find_message("phone-routing", "RN-1 is live")

    await place.ada.click("Revert", result)
    assert place.ada.value("Time routing") == ("On" if before["is_time_routing_enabled"] else "Off")
    await place.ada.fill("Reason", "It was wrong")
    assert await place.ada.submit() == {"ok": True}
    card = await place.card_says("RN-2", "pending")
    await place.alan.click("Approve", card)
    await place.card_says("RN-2", "applied")
    assert (await place.number(NUMBER))["is_time_routing_enabled"] is before["is_time_routing_enabled"]


async def test_g10_a_guest_may_neither_ask_nor_press(place: ProcessHarness) -> None:
    await place.gus.command("phone-routing", f"/route-number {NUMBER}")
    assert not place.gus.has_view
    assert "Guests may not" in place.gus.read(place.gus.ephemeral("phone-routing")[-1])
    await place.ask_time_routing(place.rita, NUMBER, "On")
    card = await place.card_says("RN-1", "pending")
    for button in ("Approve", "Deny", "Edit", "Cancel", "Details"):
        await place.gus.click(button, card)
    assert not place.gus.has_view
    assert len(place.gus.ephemeral("phone-routing")) == 6
    await place.card_says("RN-1", "pending")
