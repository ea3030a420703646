"""Random histories against the real services: whatever happens, in whichever order, the guarantees hold.

`HISTORIES=5000` runs so many; `STEPS=1000000` runs histories until so many acts have happened, from `SEED` on.
"""

import asyncio
import logging
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.histories.story import Act, draw, tell
from tests.histories.world import Worlds, folder_in_memory

HISTORIES = int(os.environ.get("HISTORIES", "100"))
STEPS = int(os.environ.get("STEPS", "0"))
SEED = int(os.environ.get("SEED", "1"))
LONG = 1000
LENGTHS = (8, 14, 22, 34)


async def broken_by(worlds: Worlds, acts: list[Act]) -> list[str]:
    async with worlds.new() as world:
        return await tell(world, acts)


def shortest(runner: asyncio.Runner, worlds: Worlds, acts: list[Act]) -> list[Act]:
    """Leave out what a broken history does not need."""
    at = 0
    while at < len(acts):
        fewer = acts[:at] + acts[at + 1 :]
        if runner.run(broken_by(worlds, fewer)):
            acts = fewer
        else:
            at += 1
    return acts


@pytest.fixture
def silence() -> Iterator[None]:
    """Say nothing of what is delivered: a history is quicker than its log."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("silence")
@pytest.mark.timeout(0 if STEPS or HISTORIES > LONG else 300)
def test_g2_whatever_happens_the_guarantees_hold(migrated_sqlite: Path) -> None:
    steps, seed = 0, SEED
    with folder_in_memory() as folder, asyncio.Runner() as runner:
        worlds = runner.run(Worlds(migrated_sqlite, folder).prepare())
        while steps < STEPS if STEPS else seed < SEED + HISTORIES:
            chance = random.Random(seed)  # noqa: S311 - a history that anybody can draw again
            acts = draw(chance, chance.choice(LENGTHS))
            broken = runner.run(broken_by(worlds, acts))
            if broken:
                acts = shortest(runner, worlds, acts)
                again = runner.run(broken_by(worlds, acts))
                pytest.fail("\n".join([f"seed {seed}", *map(repr, acts), *(again or broken)]))
            steps, seed = steps + len(acts), seed + 1
            if STEPS and seed % 1000 == 0:
                print(f"up to seed {seed}: {steps} steps", flush=True)  # noqa: T201 - a run of hours says where it is
