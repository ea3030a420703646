"""How a distributed run hands its tests out to the workers: what waits beside what works."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # It ships no types.

# These tests share one demo and one browser; those one long history a database.
_TOGETHER = ("tests/browser/", "tests/store/test_plans.py")
# These wait for processes, leases, back-offs and what falls due; the longest first.
_WAITING = (
    "tests/browser/",
    "tests/crash/",
    "tests/cli/test_demo.py",
    "tests/e2e/",
    "tests/cli/test_serve",
    "tests/worker/test_bounds.py",
    "tests/web/test_socket_mode.py",
    "tests/replicas/",
)
# These work, and take so long that nobody should begin with them when the others are done.
_LONG = ("tests/histories/", "tests/store/test_plans.py", "tests/service/test_a_year.py", "tests/service/outside/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Count branches where they are taken first: to be counted takes a test two thirds of its time once more.

    What is long takes the same ones over and over; and what differs between the databases is the store's alone.
    """
    for item in items:
        is_again = "[postgresql" in item.nodeid and not item.nodeid.startswith("tests/store/")
        if is_again or item.nodeid.startswith(_LONG):
            item.add_marker("no_cover")


class _Beside(LoadScopeScheduling):  # type: ignore[misc]  # As above.
    """Hands out test by test; every other worker begins with what waits, so that no core is idle or torn.

    Whoever is through with its own kind helps with the other.
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        self._turns: list[Iterator[str]] = []

    def _split_scope(self, nodeid: str) -> str:
        return next((group for group in _TOGETHER if nodeid.startswith(group)), nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        if not self._turns:
            self._turns = [_in_turn(self.workqueue, _WAITING, _LONG), _in_turn(self.workqueue, _LONG, _WAITING)]
        turns = self._turns[self.nodes.index(node) % len(self._turns)]
        scope = next((scope for scope in turns if scope in self.workqueue), None)
        # What a worker left that died is not among the turns.
        if scope is not None:
            self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


def _in_turn(scopes: Iterable[str], firsts: Sequence[str], lasts: Sequence[str]) -> Iterator[str]:
    """Order scopes: those with a first name, then those without any, then those with a last one."""
    turns = {name: turn for turn, name in enumerate([*firsts, "", *lasts])}

    def turn(scope: str) -> int:
        return turns[next((name for name in turns if name and scope.startswith(name)), "")]

    return iter(sorted(scopes, key=turn))


# Not `--dist=loadgroup`: under pytest 9.2 it groups nothing, https://github.com/pytest-dev/pytest-xdist/issues/1386
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Beside:
    """Take the scheduler above, whatever `--dist` says."""
    return _Beside(config, log)
