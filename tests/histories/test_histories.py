"""Random histories against the real services: whatever happens, in whichever order, the guarantees hold.

`HISTORIES=5000` runs so many; `STEPS=1000000` runs histories until so many acts have happened, from `SEED` on.
"""

import asyncio
import gc
import logging
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import structlog

from tests.histories.examples import EXAMPLES
from tests.histories.grammar import NAMES, Act, draw
from tests.histories.loop import TimelessLoop
from tests.histories.rest import tell
from tests.histories.world import Worlds

HISTORIES = int(os.environ.get("HISTORIES", "600"))
STEPS = int(os.environ.get("STEPS", "0"))
SEED = int(os.environ.get("SEED", "1"))
LONG = 2000
# So many have something of everything in them.
ENOUGH = 300
# What a history leaves behind is dropped as a whole, not looked at while it is told.
BETWEEN_COLLECTIONS = 50
LENGTHS = (4, 8, 14, 26)


class Teller:
    """Tells histories one after the other, and counts which acts had an effect."""

    def __init__(self, runner: asyncio.Runner, migrated: Path) -> None:
        self.took: Counter[str] = Counter()
        self._runner = runner
        self._stack = AsyncExitStack()
        self._worlds = runner.run(self._stack.enter_async_context(Worlds.over(migrated)))

    def close(self) -> None:
        self._runner.run(self._stack.aclose())

    def broken_by(self, acts: list[Act], seed: int) -> list[str]:
        return self._runner.run(self._broken_by(acts, seed))

    async def _broken_by(self, acts: list[Act], seed: int) -> list[str]:
        async with self._worlds.new(seed) as world:
            story, broken = await tell(world, acts)
        self.took += story.took
        self.took += world.troubles.met
        return broken

    def shortest(self, acts: list[Act], seed: int) -> list[Act]:
        """Leave out what a broken history does not need."""
        at = 0
        while at < len(acts):
            fewer = acts[:at] + acts[at + 1 :]
            if self.broken_by(fewer, seed):
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


@pytest.fixture
def teller(migrated_sqlite: Path, silence: None) -> Iterator[Teller]:
    _ = silence
    with asyncio.Runner(loop_factory=TimelessLoop) as runner:
        made = Teller(runner, migrated_sqlite)
        # What is loaded by now stays, and need not be looked through again and again.
        gc.freeze()
        gc.disable()
        yield made
        gc.enable()
        gc.unfreeze()
        made.close()


@pytest.mark.timeout(0 if STEPS or HISTORIES > LONG else 600)
def test_g2_whatever_happens_the_guarantees_hold(teller: Teller) -> None:
    steps, seed = 0, SEED
    while steps < STEPS if STEPS else seed < SEED + HISTORIES:
        chance = random.Random(seed)  # noqa: S311 - a history that anybody can draw again
        acts = draw(chance, chance.choice(LENGTHS))
        broken = teller.broken_by(acts, seed)
        if broken:
            acts = teller.shortest(acts, seed)
            again = teller.broken_by(acts, seed)
            pytest.fail("\n".join([f"seed {seed}", *map(repr, acts), *(again or broken)]))
        steps, seed = steps + len(acts), seed + 1
        if seed % BETWEEN_COLLECTIONS == 0:
            gc.collect()
        if STEPS and seed % 1000 == 0:
            print(f"up to seed {seed}: {steps} steps", flush=True)  # noqa: T201 - a run of hours says where it is
    if STEPS:
        print(teller.took.most_common())  # noqa: T201 - how often each act had an effect, and each fault met its call
    # An act that never has an effect proves nothing.
    never = {name for name in NAMES if not teller.took[name]}
    assert seed - SEED < ENOUGH or not never, teller.took


@pytest.mark.parametrize("name", EXAMPLES)
def test_g9_a_history_that_once_broke_a_guarantee_does_so_no_more(teller: Teller, name: str) -> None:
    assert not teller.broken_by(EXAMPLES[name], seed=0)
