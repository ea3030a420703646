import pytest


@pytest.fixture(autouse=True)
def each_command_in_its_own_logging(logging_put_back: None) -> None:
    """Commands that run in this process configure its logging."""
