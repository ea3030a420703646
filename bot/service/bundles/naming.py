"""Refusals of one number out of several name it: whoever pressed once for all has to know which it was."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.errors import NotAllowed


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Put a name in front of the sentence of a NotAllowed that comes out of the block."""
    try:
        yield
    except NotAllowed as error:
        raise type(error)(f"{name}: {error}") from error
