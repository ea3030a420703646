"""`history`: the audit record, for people (table) and for programs (csv, jsonl)."""

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.cli.audit import time_options
from bot.cli.audit.output import CsvOutput, JsonlOutput, Output, TableOutput
from bot.cli.audit.read_only import read_only
from bot.cli.exits import run, settings_or_stop, stop
from bot.domain.errors import UnknownChange
from bot.domain.events import Event
from bot.domain.label import parse_label
from bot.domain.number import normalise
from bot.domain.storable import storable
from bot.settings import DatabaseSettings, NumberSettings
from bot.store import audit
from bot.store.audit import Filter

_USER = re.compile(r"<?@?([A-Za-z0-9_-]{1,100})(?:\|[^>]*)?>?")


class Format(StrEnum):
    """How the record is printed."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


def history(
    *,
    number: Annotated[str | None, typer.Option(help="Only this number, in any common writing.")] = None,
    change: Annotated[str | None, typer.Option(help="Only this change, as RN-12 or 12.", metavar="ID")] = None,
    by: Annotated[
        str | None, typer.Option(help="Only what this person did (Slack user id, or `worker`).", metavar="USER")
    ] = None,
    event: Annotated[
        str | None, typer.Option(help="Only events of this name, such as change.overridden.", metavar="NAME")
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
    wanted = Filter(
        # A terminal in another encoding hands over bytes that no text holds.
        number=storable(number),
        change_id=None if change is None else _change_id(change),
        actor_id=None if by is None else _user_id(by),
        event=None if event is None else storable(event.strip()),
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
    run(_print(settings.database_url.get_secret_value(), wanted, region, output))


async def _print(url: str, wanted: Filter, region: str | None, output: Output) -> None:
    async with read_only(url) as database, database.reading(may_pause=True) as tx:
        # The head is read first and bounds the export: what is appended meanwhile belongs to the next one.
        head = await audit.read_head(tx)
        wanted = await _with_number_as_listed(tx, wanted, region)
        await _require_event(tx, wanted.event)
        output.begin()
        async for event in audit.stream(tx, wanted):
            if event.id > head.event_id:
                break
            output.event(event)
        output.end(head)


async def _with_number_as_listed(tx: AsyncConnection, wanted: Filter, region: str | None) -> Filter:
    """Read a number as people write it, unless the record knows it exactly as it was written."""
    if wanted.number is None or await audit.read(tx, Filter(number=wanted.number), limit=1):
        return wanted
    normalised = normalise(wanted.number, region)
    return wanted if normalised is None else replace(wanted, number=normalised)


def _change_id(text: str) -> int:
    try:
        return parse_label(text)
    except UnknownChange:
        stop("--change must be the id of a change, such as RN-12.")


def _user_id(text: str) -> str:
    found = _USER.fullmatch(text.strip())
    if found is None:
        stop("--by must be a Slack user id such as U0123456789, or worker.")
    return found[1]


async def _require_event(tx: AsyncConnection, name: str | None) -> None:
    """Stop at a name that means nothing: an empty export would read as if nothing of the kind had happened.

    Another release may have recorded what this one does not know.
    """
    if name is None or name in set(Event) or await audit.read(tx, Filter(event=name), limit=1):
        return
    near = get_close_matches(name.lower(), list(Event), n=3) or [Event.APPROVED.value]
    stop(f"--event must be the name of an event, such as {' or '.join(near)}.")


def _moment(option: str, text: str, *, is_end: bool = False) -> datetime:
    try:
        return time_options.read_moment(text, now=datetime.now(UTC), is_end=is_end)
    except (ValueError, OverflowError):
        stop(f"{option} must be {time_options.FORMS}.")
