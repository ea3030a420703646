"""Backups that are taken while the bot works, as the README tells: restored, they are whole, and the work goes on."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.state import State
from bot.service import lookup
from bot.store import audit
from bot.store.database import Database
from bot.store.errors import DatabaseUnavailable, RefusedByDatabase
from bot.store.migrate import schema_state
from tests.chain import first_break
from tests.databases import _execute
from tests.postgresql_server import installed_binaries, packaged_binaries
from tests.service.service_harness import LEASE, ServiceHarness, time_routing

Backup = Callable[[str, Path], str]


def by_backup(url: str, folder: Path) -> str:
    """Do as `.backup` does: page by page, again from the start when somebody has written meanwhile."""
    source = sqlite3.connect(url.removeprefix("sqlite:///"))
    with closing(source), closing(sqlite3.connect(folder / "copy.db")) as copy:
        source.backup(copy, pages=40, sleep=0)
    return f"sqlite:///{folder / 'copy.db'}"


def by_vacuum(url: str, folder: Path) -> str:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as source:
        source.execute("VACUUM INTO ?", (str(folder / "copy.db"),))
    return f"sqlite:///{folder / 'copy.db'}"


def by_dump(url: str, folder: Path) -> str:
    """Dump a PostgreSQL database into a file, and restore that into a database of its own."""
    binaries = installed_binaries() or packaged_binaries()
    tools = [shutil.which(name, path=f"{binaries}{os.pathsep}{os.environ['PATH']}") for name in ("pg_dump", "psql")]
    if None in tools:
        pytest.skip("There is no pg_dump on this machine.")
    dump, psql = (str(tool) for tool in tools)
    server, _, name = url.rpartition("/")
    subprocess.run([dump, "--file", str(folder / "copy.sql"), url], check=True, capture_output=True)
    asyncio.run(_execute(server, f"CREATE DATABASE {name}_restored"))
    restored = f"{server}/{name}_restored"
    arguments = ["--quiet", "--set", "ON_ERROR_STOP=1", "--single-transaction", "--file", str(folder / "copy.sql")]
    subprocess.run([psql, *arguments, restored], check=True, capture_output=True)
    return restored


async def keep_busy(bench: ServiceHarness, is_busy: asyncio.Event, stop: asyncio.Event) -> int:
    """Ask, approve and apply, one change after the other, until it is stopped."""
    done = 0
    while not stop.is_set():
        try:
            change = await bench.approved(time_routing(is_on=not bench.live()["is_time_routing_enabled"]))
            await bench.work()
        except DatabaseUnavailable:
            continue
        assert (await bench.read(change)).state is State.APPLIED
        done += 1
        is_busy.set()
    return done


async def facts_of(database: Database) -> dict[str, Any]:
    async with database.reading() as tx:
        events = [event async for event in audit.stream(tx)]
        states = {row.id: row.state for row in await tx.execute(text("SELECT id, state FROM changes"))}
        head = await audit.read_head(tx)
        lost = text("SELECT count(*) FROM reviews WHERE change_id NOT IN (SELECT id FROM changes)")
        orphans = await tx.scalar(lost)
    told = {event.change_id: event.after["state"] for event in events if event.after and "state" in event.after}
    return {"events": events, "states": states, "told": told, "head": head, "orphans": orphans}


@pytest.mark.parametrize(
    ("dialect", "take"),
    [("sqlite", by_backup), ("sqlite", by_vacuum), ("postgresql", by_dump)],
    indirect=["dialect"],
)
async def test_g2_g7_a_backup_of_a_running_bot_is_whole_and_goes_on(
    bench: ServiceHarness, database_url: str, tmp_path: Path, take: Backup
) -> None:
    is_busy, stop = asyncio.Event(), asyncio.Event()
    busy = asyncio.create_task(keep_busy(bench, is_busy, stop))
    await is_busy.wait()
    restored = await asyncio.to_thread(take, database_url, tmp_path)
    stop.set()
    assert await busy > 0
    copy = Database.connect(restored, patience=timedelta(seconds=5))
    try:
        assert (await schema_state(copy)).is_ready
        found, whole = await facts_of(copy), await facts_of(bench.context.database)
        assert first_break(found["events"]) is None
        assert found["head"].event_id == len(found["events"]) <= len(whole["events"])
        assert found["events"] == whole["events"][: len(found["events"])]
        # Each change is as its last event says: nothing is there in part.
        assert found["states"] == found["told"]
        assert found["orphans"] == 0
        await goes_on(bench, copy)
    finally:
        await copy.dispose()
        if restored.startswith("postgresql"):
            server, _, name = restored.rpartition("/")
            await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


async def goes_on(bench: ServiceHarness, copy: Database) -> None:
    """What was approved and not yet sent comes to an end, new changes are made, and the record can only grow."""
    there = ServiceHarness(replace(bench.context, database=copy), bench.uponai, bench.clock)
    there._keys = iter(range(1000, 2000))  # type: ignore[assignment]  # Forms of their own.
    # A list that shows what a change of ours has just replaced is taken for one that lags behind, up to a refresh long.
    bench.clock.advance(LEASE + bench.context.mirror_refresh * 2)
    await lookup.refresh_numbers(there.context)
    await there.work()
    async with copy.reading() as tx:
        open_ones = text("SELECT count(*) FROM changes WHERE state IN ('approved', 'applying', 'unclear')")
        assert await tx.scalar(open_ones) == 0
    change = await there.approved(time_routing(is_on=not bench.live()["is_time_routing_enabled"]))
    await there.work()
    assert (await there.read(change)).state is State.APPLIED
    with pytest.raises(RefusedByDatabase):
        await tamper(copy)


async def tamper(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(text("DELETE FROM audit_events"))
