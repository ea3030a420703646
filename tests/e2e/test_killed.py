"""The bot killed for real between approval and result: the change is applied once and told once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.sandbox.slack.web_api.faults import Fault
from tests.e2e.processes import PATIENCE_SECONDS, Town, town

NUMBER = "+14155550123"


@pytest.fixture
async def place(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(database_url, tmp_path) as built:
        yield built


async def until_called(place: Town, method: str, before: int = 0) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(await place.calls(method)) <= before:  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.01)


async def wait_for(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - a counter gives no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "moment", ["before_sending", "card_under_way", "answer_under_way", "applied_untold", "told_unheard"]
)
async def test_g2_a_killed_bot_applies_once_and_tells_once(place: Town, moment: str) -> None:
    bot = await place.start()
    place.deliver_to(bot)
    before = await place.number(NUMBER)
    await place.ask_time_routing(place.rita, NUMBER, "Off" if before["is_time_routing_enabled"] else "On")
    card = await place.card_says("RN-1", "pending")
    match moment:
        case "before_sending":
            await place.fault("slow", scope="reads", delay=30)
            looks = len(await place.calls("GET"))
            await place.alan.click("Approve", card)
            await until_called(place, "GET", looks)
        case "card_under_way":
            await place.fault("slow", scope="reads", delay=30)
            update = place.slack.faults.add(Fault("slow", methods=["chat.update"], delay=5))
            await place.alan.click("Approve", card)
            await wait_for(lambda: update.hits)
        case "answer_under_way":
            await place.fault("slow", scope="writes", delay=30)
            await place.alan.click("Approve", card)
            await until_called(place, "PUT")
        case "applied_untold":
            place.slack.faults.add(Fault("down", methods=["chat.update", "chat.postMessage"]))
            await place.alan.click("Approve", card)
            await until_called(place, "PUT")
        case _:
            place.slack.faults.add(Fault("lost_answer", methods=["chat.postMessage"]))
            await place.alan.click("Approve", card)
            await place.until("the result", lambda: any("is live" in said for said in place.thread("RN-1")))
    await bot.kill()
    await place.fault("slow", on=False)
    place.slack.faults.clear()

    place.deliver_to(await place.start())
    await place.card_says("RN-1", "applied")
    await place.until("the result", lambda: any("is live" in said for said in place.thread("RN-1")))
    assert (await place.number(NUMBER))["is_time_routing_enabled"] is not before["is_time_routing_enabled"]
    assert len([put for put in await place.puts() if put["status"] == 200]) == 1
    assert len(place.facts("RN-1")) == len(set(place.facts("RN-1")))
    assert len(place.cards("RN-1")) == 1
    assert sum("is live" in said for said in place.thread("RN-1")) == 1


async def test_g2_two_webs_and_two_workers_share_the_work(database_url: str, tmp_path: Path) -> None:
    async with town(database_url, tmp_path) as place:
        first = await place.start("--only", "web")
        second = await place.start("--only", "web")
        await place.start("--only", "worker")
        await place.start("--only", "worker")
        place.deliver_to(first)
        await place.ask_time_routing(place.rita, NUMBER, "On")
        card = await place.card_says("RN-1", "pending")
        place.deliver_to(second)
        await asyncio.gather(place.alan.click("Approve", card), place.ada.click("Approve", card))
        await place.card_says("RN-1", "applied")
        await place.until("the result", lambda: any("is live" in said for said in place.thread("RN-1")))
        assert len(await place.puts()) == 1
        told = [person.ephemeral("phone-routing") for person in (place.alan, place.ada)]
        assert sorted(map(len, told)) == [0, 1]
