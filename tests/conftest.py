"""Fixtures that every room's tests may use."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.workers",
    "tests.network",
    "tests.databases",
    "tests.logs",
    "tests.statements",
    "tests.lock_order",
    "tests.guarantee_counts",
]

# Every other worker begins with tests that mostly wait (`workers.py`). With more than this, processes start so slowly
# on two cores that waits for them run out.
MORE_THAN_CORES = 1


# How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run folders over several workers, and files or single tests in this process, where they start at once."""
    if all(".py" in argument for argument in config.args):
        return 0
    return (os.cpu_count() or 1) + MORE_THAN_CORES


def pytest_configure() -> None:
    """Collect no garbage while everything is imported: it stays."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end: thousands of tests, and all that was imported for them."""
    gc.collect()
    gc.freeze()
    gc.enable()
