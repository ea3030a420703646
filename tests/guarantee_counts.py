"""How much each guarantee is tested: tests whose names carry it, and the cases that they are run with.

`README_GUARANTEES=write .venv/bin/pytest -n0 --collect-only -q` writes both into the README's table.
"""

import ast
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
WRITE = "README_GUARANTEES"
REMEDY = f"Refresh the table: {WRITE}=write .venv/bin/pytest -n0 --collect-only -q"
COUNT = 12
_NAME = re.compile(r"test_((?:g\d+_)+)")
_ROW = re.compile(r"^(\| \*\*G(\d+)\*\* .*\|) (\d+) \| (\d+) \|$", re.MULTILINE)


def guarantees_of(name: str) -> list[int]:
    """Read the guarantees that a test's name carries, such as `test_g1_g3_…`."""
    found = _NAME.match(name)
    return [] if found is None else [int(each) for each in re.findall(r"\d+", found[1])]


def count_tests() -> tuple[Counter[int], int]:
    """Count the tests in the files, by guarantee and those that carry one, without running or importing any."""
    names = [
        node.name
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return Counter(number for name in names for number in guarantees_of(name)), sum(
        map(bool, map(guarantees_of, names))
    )


def count_cases(items: Iterable[pytest.Item]) -> tuple[Counter[int], int]:
    """Count collected cases by guarantee, and the tests among them that carry one."""
    named = [(item, guarantees_of(item.name)) for item in items]
    tests = {(item.path, item.name.partition("[")[0]) for item, numbers in named if numbers}
    return Counter(number for _, numbers in named for number in numbers), len(tests)


def shown() -> dict[int, tuple[int, int]]:
    """Read what the README says: tests and cases by guarantee."""
    rows = _ROW.findall(README.read_text(encoding="utf-8"))
    return {int(number): (int(tests), int(cases)) for _, number, tests, cases in rows}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Write the table when that is asked for and everything was collected."""
    if os.environ.get(WRITE) != "write":
        return
    (tests, count), (cases, collected) = count_tests(), count_cases(session.items)
    if collected < count:
        raise pytest.UsageError("The table is written when all tests are collected: name no files.")
    text = _ROW.sub(lambda row: f"{row[1]} {tests[int(row[2])]} | {cases[int(row[2])]} |", README.read_text("utf-8"))
    README.write_text(text, encoding="utf-8")
