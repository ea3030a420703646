"""What the reads of UponAI return, each with the moment its read started: nothing older than that is in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from bot.domain.account import ListedAgent, ListedNumber
from bot.uponai.wire import WireNumber, read_entry


@dataclass(frozen=True)
class NumberList:
    """The numbers of our account and workspace; `elsewhere` are those that the token sees in other ones.

    `unreadable` counts the entries that could not be read, `unreadable_numbers` names those that had a number.
    """

    numbers: tuple[ListedNumber, ...]
    started_at: datetime
    elsewhere: tuple[ListedNumber, ...] = ()
    unreadable: int = 0
    unreadable_numbers: frozenset[str] = frozenset()

    @cached_property
    def by_number(self) -> Mapping[str, ListedNumber]:
        """The numbers by how they are written."""
        return {listed.key.number: listed for listed in self.numbers}


@dataclass(frozen=True, slots=True)
class Reading:
    """One number, None when the account does not list it."""

    listed: ListedNumber | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class AgentList:
    """The agents of the workspace. `unreadable` counts the entries that could not be read."""

    agents: tuple[ListedAgent, ...]
    started_at: datetime
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class PutAnswer:
    """What UponAI answered to a PUT that it took.

    `listed` is the number as the answer shows it, None when the answer does not show it: look then.
    """

    listed: ListedNumber | None
    import_error: str | None
    message: str | None


def read_number_list(entries: list[Any], account_sid: str, workspace_id: int, started_at: datetime) -> NumberList:
    """Sort the entries of a list of numbers into ours, others' and unreadable ones."""
    ours: list[ListedNumber] = []
    elsewhere: list[ListedNumber] = []
    unreadable = []
    for entry in entries:
        wire = read_entry(WireNumber, entry)
        if wire is None:
            unreadable.append(entry)
            continue
        listed = wire.to_listed(account_sid, workspace_id)
        is_ours = (listed.key.account_sid, listed.key.workspace_id) == (account_sid, workspace_id)
        (ours if is_ours else elsewhere).append(listed)
    named = (entry.get("number") for entry in unreadable if isinstance(entry, dict))
    return NumberList(
        numbers=tuple(ours),
        started_at=started_at,
        elsewhere=tuple(elsewhere),
        unreadable=len(unreadable),
        unreadable_numbers=frozenset(number for number in named if isinstance(number, str)),
    )
