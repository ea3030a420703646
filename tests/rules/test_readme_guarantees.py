"""The README says of each guarantee how much it is tested; it may lag behind a little, and never claims more."""

import re

import pytest

from tests.crash.paths import PATHS
from tests.crash.points import Points
from tests.guarantee_counts import COUNT, README, REMEDY, count_cases, count_tests, guarantees_of, shown

# Not every new test has to touch the README.
BEHIND = 0.25
AT_LEAST = 10


def is_true(said: int, counted: int) -> bool:
    return said <= counted <= said + max(AT_LEAST, said * BEHIND)


def test_names_carry_guarantees() -> None:
    assert guarantees_of("test_g1_g10_nobody") == [1, 10]
    assert guarantees_of("test_go_on") == guarantees_of("test_of_g1_") == []


def test_the_readme_tells_at_how_many_points_a_bot_is_killed() -> None:
    points = Points.read()
    assert {path.name for path in PATHS} == points.keys()
    counts = {sum(row[dialect] for row in points.values()) for dialect in ("sqlite", "postgresql")}
    said = re.search(r"killed at each of the (\d+) effects of its (\d+) paths", README.read_text(encoding="utf-8"))
    assert said
    assert ({int(said[1])}, int(said[2])) == (counts, len(PATHS))


def test_the_readme_tells_how_much_each_guarantee_is_tested(request: pytest.FixtureRequest) -> None:
    said = shown()
    assert sorted(said) == list(range(1, COUNT + 1)), REMEDY
    tests, count = count_tests()
    assert set(tests) <= set(said), "A test's name carries a guarantee that there is not."
    wrong = [
        f"G{each}: {said[each][0]} tests, {tests[each]} counted"
        for each in said
        if not is_true(said[each][0], tests[each])
    ]
    cases, collected = count_cases(request.session.items)
    if collected == count:
        # Of a run of some files alone nobody can tell.
        wrong += [
            f"G{each}: {said[each][1]} cases, {cases[each]} counted"
            for each in said
            if not is_true(said[each][1], cases[each])
        ]
    assert wrong == [], REMEDY
