"""Several processes on one database: one decision, one PUT, whoever is asked and whoever works."""

import asyncio
from pathlib import Path

from tests.e2e.processes import town

NUMBER = "+14155550123"


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
