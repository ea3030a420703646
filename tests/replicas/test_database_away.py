"""The database's connections cut, commits broken on either side, the server killed, and failed over: all under load.

Every commit is on the standby before it is answered, as an operator sets it who wants to lose nothing by a failover.
`REPLICA_NUMBERS=100` loads it with the changes of so many numbers, four for each, and waits for all to be told as well:
what a courier held that lost its database is told when its lease of 20 s is over.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.store.database import Database
from bot.store.errors import DatabaseUnavailable
from bot.store.migrate import upgrade
from tests.guarantees import AtRest, Findings, check_approvals, check_record, check_sent, check_told
from tests.postgresql_server import USER, installed_binaries, packaged_binaries
from tests.replicas.fleet import fleet, until
from tests.replicas.people import (
    ask_everything,
    assert_decided_once,
    assert_in_order,
    is_settled,
    press_all,
    presses_on,
    until_it_answers,
)
from tests.replicas.servers import Server, server_pair
from tests.silent_line import SilentLine, silent_line

IS_LARGE = "REPLICA_NUMBERS" in os.environ
NUMBERS = [f"+1415556{serial:04}" for serial in range(int(os.environ.get("REPLICA_NUMBERS", "4")))]
BINARIES = installed_binaries() or packaged_binaries()
OTHERS = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
CUT = text(f"SELECT count(pg_terminate_backend(pid)) {OTHERS}")
# A promotion begins a new one.
TIMELINE = text("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)")

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        BINARIES is None or not (BINARIES / "pg_basebackup").exists(), reason="PostgreSQL is here without pg_basebackup"
    ),
]


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Server, Server]]:
    """A server with the bot's schema, and a standby that has every commit before it is answered."""
    assert BINARIES is not None
    async with server_pair(BINARIES) as (primary, standby):
        database = Database.connect(url_of(primary))
        await upgrade(database)
        await primary.copy_to(standby)
        await standby.start()
        async with database.raw_connection() as connection:
            await connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            await connection.execute("SELECT pg_reload_conf()")
        await database.dispose()
        yield primary, standby


@pytest.fixture
async def lonely() -> AsyncIterator[Database]:
    """A server that waits for a standby which there is not."""
    assert BINARIES is not None
    async with server_pair(BINARIES) as (primary, _):
        database = Database.connect(url_of(primary), patience=timedelta(seconds=0.5))
        async with database.raw_connection() as connection:
            await connection.execute("CREATE TABLE kept (it integer)")
            await connection.execute("CREATE TABLE tried (it integer)")
            await connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            await connection.execute("SELECT pg_reload_conf()")
        # Commits wait from when a process of the server's own has read that, which it does in its own time.
        with suppress(DatabaseUnavailable):
            while True:
                async with database.transaction() as tx:
                    await tx.execute(text("INSERT INTO tried VALUES (1)"))
        yield database
        await database.dispose()


def url_of(server: Server) -> str:
    return f"postgresql://{USER}@127.0.0.1:{server.port}/bot"


class Troubles:
    """What happens to the database while people press, spread over all of their presses."""

    def __init__(self, pair: tuple[Server, Server], line: SilentLine, presses: int) -> None:
        self._primary, self._standby = pair
        self._line = line
        self._presses = presses
        self._pressed = 0
        self._has_pressed = asyncio.Event()

    def note_press(self) -> None:
        self._pressed += 1
        self._has_pressed.set()

    async def happen(self) -> None:
        """Do one deed after the other, the next one after so many more presses."""
        deeds = [self._cut, self._break_commit, self._lose_commit, self._kill, self._cut, self._break_commit]
        deeds = [*deeds, self._fail_over, self._lose_commit, self._cut]
        for at, deed in enumerate(deeds, start=1):
            while self._pressed < self._presses * at // (len(deeds) + 1):
                self._has_pressed.clear()
                await self._has_pressed.wait()
            await deed()

    async def _cut(self) -> None:
        database = Database.connect(url_of(self._primary))

        async def cut() -> None:
            async with database.reading() as tx:
                await tx.execute(CUT)

        await until_it_answers(cut)
        await database.dispose()

    async def _break_commit(self) -> None:
        """Break the line when a commit was answered: nobody hears that it is there."""
        self._line.break_at(b"COMMIT;", is_delivered=True)

    async def _lose_commit(self) -> None:
        """Break it before a commit arrives."""
        self._line.break_at(b"COMMIT;", is_delivered=False)

    async def _kill(self) -> None:
        await self._primary.kill()
        await self._primary.start()

    async def _fail_over(self) -> None:
        await self._primary.kill()
        await self._standby.promote()
        self._primary = self._standby
        self._line.lead_to(self._standby.port)


async def test_g2_nothing_is_lost_or_done_twice_while_the_database_is_cut_killed_and_failed_over(
    pair: tuple[Server, Server],
) -> None:
    async with (
        silent_line(url_of(pair[0])) as (line, url),
        fleet(url, NUMBERS, patience=timedelta(seconds=5)) as replicas,
    ):
        asked = await ask_everything(replicas, NUMBERS)
        presses = presses_on(replicas, asked)
        troubles = Troubles(pair, line, len(presses))
        happening = asyncio.create_task(troubles.happen())
        await press_all(presses, troubles.note_press)
        await happening
        await until(lambda: is_settled(replicas.webs[0], is_told=IS_LARGE))
        database = replicas.webs[0].context.database
        rest, findings = await AtRest.read(database), Findings()
        check_record(rest, findings)
        check_approvals(rest, findings)
        check_sent(rest, replicas.end.landed, findings)
        if IS_LARGE:
            check_told(rest, replicas.slack.world, findings)
        assert findings.found == []
        assert len(rest.changes) == len(asked)
        assert_decided_once(rest)
        assert_in_order(replicas.arrived, rest)
        async with database.reading() as tx:
            assert await tx.scalar(TIMELINE) == "00000002"


async def test_g2_a_commit_that_the_standby_does_not_have_is_not_taken_for_one(lonely: Database) -> None:
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable, match="in time"):
            async with lonely.transaction() as tx:
                await tx.execute(text("INSERT INTO kept VALUES (1)"))
    async with lonely.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM kept")) == 0
