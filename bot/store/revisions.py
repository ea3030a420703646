"""The revisions that this release brings, and the one that a database has.

Read without Alembic, whose import takes a tenth of a start, and which has nothing to do at most of them.
"""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

import bot

_TABLE = "alembic_version"
# What Alembic's own template writes into every revision file.
_NAMES = re.compile(r"^(down_revision|revision)\b[^=\n]*= *(?:\"([^\"]+)\"|None)", re.MULTILINE)


def scripts_folder() -> Path:
    """Return where the migrations lie, wherever the package is installed."""
    package = Path(bot.__file__).parent
    in_wheel = package / "migrations"
    return in_wheel if in_wheel.is_dir() else package.parent / "migrations"


@cache
def known() -> frozenset[str]:
    """Return all revisions that this release knows."""
    return frozenset(_parents())


@cache
def head() -> str:
    """Return the newest revision."""
    heads = known() - set(_parents().values())
    if len(heads) != 1:
        raise RuntimeError("The migrations are missing from this installation.")
    return next(iter(heads))


async def current(tx: AsyncConnection) -> str | None:
    """Return the revision that the database has, None without any."""
    if not await tx.run_sync(lambda connection: inspect(connection).has_table(_TABLE)):
        return None
    return (await tx.scalars(text(f"SELECT version_num FROM {_TABLE}"))).one_or_none()  # noqa: S608 - a constant


@cache
def _parents() -> dict[str, str | None]:
    """Return each revision with the one before it."""
    files = sorted((scripts_folder() / "versions").glob("*.py"))
    found = [dict(_NAMES.findall(path.read_text(encoding="utf-8"))) for path in files]
    return {names["revision"]: names["down_revision"] or None for names in found}
