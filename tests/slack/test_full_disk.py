"""A disk that is full: people read a sentence, the record stays whole, and when there is room all goes on."""

import shutil
from pathlib import Path

from bot.store import audit
from bot.store.database import Database
from tests.chain import first_break
from tests.slack.bot_harness import bot_world
from tests.slack.messages.test_card_truth import NUMBER, cards, work
from tests.small_disk import small_disk

SORRY = "My database does not answer right now. Nothing is lost"


async def test_g8_on_a_full_disk_people_read_a_sentence_and_the_record_stays_whole(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        shutil.copyfile(migrated_sqlite, disk.path / "bot.db")
        database = Database.connect(f"sqlite:///{disk.path}/bot.db")
        async with bot_world(database) as world:
            rita, alan = world.rita, world.alan
            await world.type(rita, NUMBER)
            await rita.fill("Time routing", "On")
            # More than what is left in the pages of the log.
            await rita.fill("Reason", "é" * 3000)
            disk.fill()
            while True:
                answer = await rita.submit()
                if answer != {"ok": True}:
                    break
                await world.type(rita, NUMBER)
                await rita.fill("Time routing", "On")
                await rita.fill("Reason", "é" * 3000)
            assert SORRY in str(answer)
            assert SORRY in await world.type(alan, "pause Lunch")
            asked = await count_of(database)
            disk.make_room()
            assert await rita.submit() == {"ok": True}
            assert await count_of(database) == asked + 1
            await world.post_cards()
            await alan.click("Approve", cards(world)[-1])
            await work(world)
            async with database.reading() as tx:
                events = [event async for event in audit.stream(tx)]
            assert first_break(events) is None
            assert events[-1].event == "change.applied"
        await database.dispose()


async def count_of(database: Database) -> int:
    async with database.reading() as tx:
        return len([event async for event in audit.stream(tx) if event.event == "change.submitted"])
