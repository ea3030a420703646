"""How a distributed run hands its tests out to the workers."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # It ships no types.

# These tests share one demo and one browser; those one long history a database.
_TOGETHER = ("tests/browser/", "tests/store/test_plans.py")


class _OneByOne(LoadScopeScheduling):  # type: ignore[misc]  # As above.
    """Hands out test by test to whoever is free; the browser's go to one worker and, as the largest group, first."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group for group in _TOGETHER if nodeid.startswith(group)), nodeid)


# Not `--dist=loadgroup`: under pytest 9.2 it groups nothing, https://github.com/pytest-dev/pytest-xdist/issues/1386
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _OneByOne:
    """Take the scheduler above, whatever `--dist` says."""
    return _OneByOne(config, log)
