"""What the reads of UponAI return, each with the moment its read started: nothing older than that is in it."""

import threading
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from bot.domain.account import ListedAgent, ListedNumber
from bot.uponai.errors import UnexpectedReply
from bot.uponai.wire import WireNumber, read_entry

# To handle more of them takes longer than to hand them to a thread.
FEW_NUMBERS = 2000


@dataclass(frozen=True)
class NumberList:
    """The numbers of our account and workspace; `elsewhere` are those that the token sees in other ones.

    `unreadable` counts the entries that could not be read.
    """

    numbers: tuple[ListedNumber, ...]
    started_at: datetime
    elsewhere: tuple[ListedNumber, ...] = ()
    unreadable: int = 0

    @cached_property
    def by_number(self) -> dict[str, ListedNumber]:
        """The numbers by how they are written."""
        return {listed.key.number: listed for listed in self.numbers}

    def __del__(self) -> None:
        _let_go([*self.numbers, *self.elsewhere], vars(self).pop("by_number", {}))


class NumberEntries:
    """The entries of one read as they came: of each, what it says is read when it is asked for."""

    def __init__(self, entries: list[Any], account_sid: str, workspace_id: int, started_at: datetime) -> None:
        self._entries = entries
        self._account_sid = account_sid
        self._workspace_id = workspace_id
        self.started_at = started_at
        self._by_number: dict[str, list[Any]] = {}
        for entry in entries:
            if isinstance(entry, dict) and isinstance(number := entry.get("number"), str):
                self._by_number.setdefault(number, []).append(entry)

    def __del__(self) -> None:
        _let_go(self._entries, self._by_number)

    def find(self, number: str) -> ListedNumber | None:
        """Return a number of our account and workspace, None when it is not listed there.

        Raises:
            UnexpectedReply: It is listed, but its entry cannot be read.
        """
        read = self._sorted(self._by_number.get(number, []))
        if read.numbers:
            # Of two entries of the same number the later one holds, as in `NumberList.by_number`.
            return read.numbers[-1]
        if read.unreadable:
            raise UnexpectedReply("UponAI lists this number with values that cannot be read.")
        return None

    def read_all(self) -> NumberList:
        """Return every number of them, with its map made. For a large account this takes seconds."""
        read = self._sorted(self._entries)
        _ = read.by_number
        return read

    def _sorted(self, entries: list[Any]) -> NumberList:
        return read_number_list(entries, self._account_sid, self._workspace_id, self.started_at)


@dataclass(frozen=True, slots=True)
class Reading:
    """One number, None when the account does not list it."""

    listed: ListedNumber | None
    started_at: datetime


def _let_go(values: list[Any], by_name: dict[str, Any]) -> None:
    """Free what nobody needs any more, bit by bit in a thread: freed at once it would hold the event loop up."""
    if len(values) > FEW_NUMBERS:
        threading.Thread(target=_empty, args=(values, by_name), daemon=True).start()


def _empty(values: list[Any], by_name: dict[str, Any]) -> None:
    while by_name:
        by_name.popitem()
    while values:
        values.pop()


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
    unreadable = 0
    for entry in entries:
        wire = read_entry(WireNumber, entry)
        if wire is None:
            unreadable += 1
            continue
        listed = wire.to_listed(account_sid, workspace_id)
        is_ours = (listed.key.account_sid, listed.key.workspace_id) == (account_sid, workspace_id)
        (ours if is_ours else elsewhere).append(listed)
    return NumberList(
        numbers=tuple(ours),
        started_at=started_at,
        elsewhere=tuple(elsewhere),
        unreadable=unreadable,
    )
