"""SQLite plans the looks of a worker once, not each time: a plan costs more than what there is to read."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, StaticPool, create_engine

from bot.store import claims, due

NOW = datetime(2026, 11, 30, tzinfo=UTC)
LOOKS = [due._LOOK, *claims._FIRST.values()]


def values(now: datetime) -> dict[str, Any]:
    of_worker = {"of_sid": "account", "of_workspace": 1, "most": 8, "waiting_id": 5}
    of_mirror = {"scopes": ["agents", "numbers"], "scope_count": 2, "refreshed_before": now - timedelta(minutes=1)}
    return {"now": now, **of_worker, **of_mirror}


@pytest.mark.parametrize("look", LOOKS)
def test_g8_a_look_is_planned_once(look: Executable, migrated_sqlite: Path) -> None:
    planned: list[object] = []
    driver = sqlite3.connect(migrated_sqlite)
    engine = create_engine("sqlite://", creator=lambda: driver, poolclass=StaticPool)
    with engine.connect() as tx:
        # SQLite asks it while it plans a statement, and at no other time.
        driver.set_authorizer(lambda *asked: planned.append(asked) or sqlite3.SQLITE_OK)  # type: ignore[func-returns-value]  # As it is meant.
        tx.execute(look, values(NOW)).fetchall()
        assert planned
        planned.clear()
        for minutes in range(1, 4):
            tx.execute(look, values(NOW + timedelta(minutes=minutes))).fetchall()
    engine.dispose()
    assert planned == []
