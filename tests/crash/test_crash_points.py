"""A real bot killed at every effect of every path: whoever comes next finishes, once, and the card tells the truth.

By default it is killed at a spread of each path's points, and the number of points is compared with `points.txt`.
`CRASH_POINTS=all` kills it at every one of them; `CRASH_POINTS=write` does so too, and writes the file.
"""

import os
from pathlib import Path as File

import pytest

from tests.crash.paths import PATHS, Case, Path
from tests.crash.place import Place, place
from tests.crash.points import Points

HOW = os.environ.get("CRASH_POINTS", "")
SPREAD = 3
TRIES = 4
COUNTED = 12
MOST_POINTS = 200


@pytest.mark.timeout(900 if HOW else 120)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
async def test_g2_a_bot_killed_at_any_effect_finishes_once(
    path: Path, database_url: str, dialect: str, tmp_path: File
) -> None:
    async with place(database_url, tmp_path, **path.settings_in(tmp_path)) as built:
        await everywhere(built, path, dialect)


async def everywhere(built: Place, path: Path, dialect: str) -> None:
    """Stop at one point after the other, until a run ends by itself."""
    cases, known = await path.cases(built), Points.known(path.name, dialect)
    points = {"write": range(1, MOST_POINTS), "all": range(1, known + 1)}.get(HOW, spread(known))
    stopped_at: list[int] = []
    for point in points:
        # What ends by the clock can be over before its effects count, on a slow machine.
        tries = 1 if HOW == "write" else TRIES
        while tries and not await dies_at(point, built, path, cases.new()):
            tries -= 1
        if not tries:
            break
        stopped_at.append(point)
    if HOW == "write":
        Points.write(path.name, dialect, len(stopped_at))
        return
    assert stopped_at == [*points]
    # Where the machine is slow, a run looks once more, or tells in two messages what else is told in one: another does
    # not.
    counts: list[int] = []
    while (path.kinds or known) not in counts:
        assert len(counts) < COUNTED, f"{path.name} on {dialect} has {counts} points.\n{built.bot.effects}"
        effects = await effects_of(built, path, cases.new())
        counts.append(len(set(effects)) if path.kinds else len(effects))


def spread(known: int) -> list[int]:
    return [known * nth // SPREAD for nth in range(1, SPREAD + 1)]


async def dies_at(point: int, built: Place, path: Path, case: Case) -> bool:
    """Kill the bot at one point of its path, and see what the next one makes of it; False when it outlives its path."""
    await path.prepare(case)
    await built.is_quiet()
    built.bot.count(stop_at=point)
    await path.act(case)
    if await built.comes_to_rest():
        built.bot.count()
        return False
    effects = list(built.bot.effects)
    where = f"{path.name}, killed {effects[-1]}, point {point}"
    assert len(effects) == point, where
    await built.rise()
    if not case.is_acknowledged:
        await path.act(case)
    assert await built.comes_to_rest(), f"{where}\n{built.transcript()}"
    await holds(built, path, case, where)
    return True


async def effects_of(built: Place, path: Path, case: Case) -> list[str]:
    """Return the points of the path, in their order."""
    await path.prepare(case)
    await built.is_quiet()
    built.bot.count()
    await path.act(case)
    assert await built.comes_to_rest()
    await holds(built, path, case, path.name)
    return [*built.bot.effects]


async def holds(built: Place, path: Path, case: Case, where: str) -> None:
    broken = await built.broken()
    assert not broken, "\n".join([where, *broken, built.transcript()])
    assert await built.state(case.change_id) is path.ends, f"{where}\n{built.transcript()}"
