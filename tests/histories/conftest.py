"""Histories are told by the thousand: counting their branches would cost minutes, and show what fewer tests show."""

from collections.abc import Iterator

import coverage
import pytest


@pytest.fixture(autouse=True)
def uncounted() -> Iterator[None]:
    """Stop counting meanwhile, where this run does."""
    counting = coverage.Coverage.current()
    if counting is None:
        yield
        return
    counting.stop()
    yield
    counting.start()
