"""`history`: the audit record, for people (table) and for programs (csv, jsonl)."""

import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.cli.audit import time_options
from bot.cli.audit.output import CsvOutput, JsonlOutput, Output, TableOutput
from bot.cli.audit.read_only import read_only
from bot.cli.exits import run, settings_or_stop, stop
from bot.domain.audit import ChainedEvent
from bot.domain.number import normalise
from bot.domain.storable import storable
from bot.settings import DatabaseSettings, NumberSettings
from bot.store import audit

_CHANGE = re.compile(r"(?:RN-)?(\d{1,18})", re.IGNORECASE)
_USER = re.compile(r"<?@?([A-Za-z0-9_-]{1,100})(?:\|[^>]*)?>?")


class Format(StrEnum):
    """How the record is printed."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events are wanted."""

    number: str | None
    change_id: int | None
    actor_id: str | None
    since: datetime | None
    until: datetime | None

    def stream(self, tx: AsyncConnection) -> AsyncIterator[ChainedEvent]:
        """Read the events, oldest first."""
        return audit.stream(
            tx,
            key=self.number,
            change_id=self.change_id,
            actor_id=self.actor_id,
            since=self.since,
            until=self.until,
        )


def history(
    *,
    number: Annotated[str | None, typer.Option(help="Only this number, in any common writing.")] = None,
    change: Annotated[str | None, typer.Option(help="Only this change, as RN-12 or 12.", metavar="ID")] = None,
    by: Annotated[
        str | None, typer.Option(help="Only what this person did (Slack user id, or `worker`).", metavar="USER")
    ] = None,
    since: Annotated[str | None, typer.Option(help=f"From then on: {time_options.FORMS}.", metavar="T")] = None,
    until: Annotated[str | None, typer.Option(help="Before then; of a date alone, up to its end.", metavar="T")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
) -> None:
    """Print the audit record, oldest first, with its head.

    Keep the head of an export: it is what shows later that the end of the record was not cut off.
    """
    settings = settings_or_stop(DatabaseSettings)
    region = settings_or_stop(NumberSettings).default_region
    filters = Filters(
        # A terminal in another encoding hands over bytes that no text holds.
        number=storable(number),
        change_id=None if change is None else _change_id(change),
        actor_id=None if by is None else _user_id(by),
        since=None if since is None else _moment("--since", since),
        until=None if until is None else _moment("--until", until, is_end=True),
    )
    output: Output
    match form:
        case Format.TABLE:
            output = TableOutput(sys.stdout)
        case Format.CSV:
            output = CsvOutput(sys.stdout)
        case Format.JSONL:
            output = JsonlOutput(sys.stdout)
    run(_print(settings.database_url.get_secret_value(), filters, region, output))


async def _print(url: str, filters: Filters, region: str | None, output: Output) -> None:
    async with read_only(url) as database, database.reading(may_pause=True) as tx:
        # The head is read first and bounds the export: what is appended meanwhile belongs to the next one.
        head = await audit.read_head(tx)
        filters = await _with_number_as_listed(tx, filters, region)
        output.begin()
        async for event in filters.stream(tx):
            if event.id > head.event_id:
                break
            output.event(event)
        output.end(head)


async def _with_number_as_listed(tx: AsyncConnection, filters: Filters, region: str | None) -> Filters:
    """Read a number as people write it, unless the record knows it exactly as it was written."""
    if filters.number is None or await audit.read(tx, key=filters.number, limit=1):
        return filters
    normalised = normalise(filters.number, region)
    if normalised is None:
        return filters
    return Filters(normalised, filters.change_id, filters.actor_id, filters.since, filters.until)


def _change_id(text: str) -> int:
    found = _CHANGE.fullmatch(text.strip())
    if found is None:
        stop("--change must be the id of a change, such as RN-12.")
    return int(found[1])


def _user_id(text: str) -> str:
    found = _USER.fullmatch(text.strip())
    if found is None:
        stop("--by must be a Slack user id such as U0123456789, or worker.")
    return found[1]


def _moment(option: str, text: str, *, is_end: bool = False) -> datetime:
    try:
        return time_options.read_moment(text, now=datetime.now(UTC), is_end=is_end)
    except (ValueError, OverflowError):
        stop(f"{option} must be {time_options.FORMS}.")
