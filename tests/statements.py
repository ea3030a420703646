"""Statements compiled once a process: every test connects anew, and would compile all that it sends anew."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

_MOST = 5_000


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Let all engines of a kind share what was compiled; within one of them it is remembered all the same.

    All are made by `bot.store`, which makes those of a kind alike.
    """
    compiled: LRUCache[Any, Any] = LRUCache(_MOST)

    def shared(_: Engine) -> LRUCache[Any, Any]:
        return compiled

    def own(_: Engine, _own: object) -> None:
        """Forget what an engine makes for itself."""

    def is_alike(self: Dialect, other: object) -> bool:
        return type(self) is type(other)

    def kind(self: Dialect) -> int:
        return hash(type(self))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "_compiled_cache", property(shared, own), raising=False)
        # A dialect is part of the key.
        patch.setattr(DefaultDialect, "__eq__", is_alike)
        patch.setattr(DefaultDialect, "__hash__", kind)
        yield
