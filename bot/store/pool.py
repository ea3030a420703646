"""The pool of connections, which leaves none behind when it is closed."""

from typing import Any

from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.pool import ConnectionPoolEntry


class Pool(AsyncAdaptedQueuePool):
    """SQLAlchemy's pool, except that what is in use when it is disposed is closed as it is given back.

    SQLAlchemy would keep it, in a pool that nobody uses any more: open until the collector finds it.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._is_disposed = False

    def dispose(self) -> None:
        """Close what is idle now, and the rest as it comes."""
        super().dispose()
        self._is_disposed = True

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        if self._is_disposed:
            super().dispose()
