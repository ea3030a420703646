"""What every verb of the service is handed: the two far ends, the clock, new ids, and the operator's durations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import CONFORM, Flag, auto

from bot.domain.change import ChangeRequest
from bot.domain.key import NumberKey, WorkspaceKey
from bot.domain.rules.policy import Policy
from bot.service.agent_versions import AgentVersions
from bot.service.handing import Handing
from bot.store.clock import Clock, count_seconds
from bot.store.database import Database
from bot.store.mirror.number_index import NumberIndex
from bot.uponai.client import UponAIClient
from bot.uponai.shared_read import SharedRead


class Work(Flag, boundary=CONFORM):
    """What a worker can be woken for: to apply one approved change, to look what there is, to deliver messages."""

    APPLY = auto()
    LOOK = auto()
    DELIVER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceContext:
    """The surroundings of the service, made once a process.

    `policy` returns what the policy file says now: its rules and the names of numbers. `wake` is called after a commit
    that left work for a worker, with its kinds; it may do nothing. `approval_channel` is where approvals are asked,
    None for wherever somebody asks. `elapsed` counts seconds by a clock that nobody can set.
    """

    database: Database
    uponai: UponAIClient
    account_sid: str
    workspace_id: int
    clock: Clock
    new_id: Callable[[], str]
    policy: Callable[[], Policy]
    change_ttl: timedelta
    apply_within: timedelta
    lease: timedelta
    uponai_timeout: timedelta
    mirror_refresh: timedelta
    default_region: str | None
    wake: Callable[[Work], None]
    approval_channel: str | None = None
    elapsed: Callable[[], float] = count_seconds
    numbers: NumberIndex = field(init=False, repr=False, compare=False)
    versions: AgentVersions = field(init=False, default_factory=AgentVersions, repr=False, compare=False)
    handing: Handing = field(init=False, default_factory=Handing, repr=False, compare=False)
    _shared: dict[Callable[..., Awaitable[None]], SharedRead[None]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", NumberIndex(self.account_sid, self.workspace_id))

    def now(self) -> datetime:
        """Return the shared time outside of a transaction; inside of one, `clock.read` it."""
        return self.clock.now()

    async def once(self, work: Callable[["ServiceContext"], Awaitable[None]]) -> None:
        """Wait for a run of `work` that starts from now on; it is shared by all who asked before it started."""
        if work not in self._shared:
            self._shared[work] = SharedRead(lambda: work(self))
        await self._shared[work].get()

    async def aclose(self) -> None:
        """Stop what is shared and under way."""
        await self.versions.aclose()
        for shared in self._shared.values():
            await shared.aclose()

    def key(self, number: str) -> NumberKey:
        """Name a number of this account and workspace."""
        return NumberKey(self.account_sid, self.workspace_id, number)

    def named(self, change: ChangeRequest) -> ChangeRequest:
        """Return a change with the name that its number has now, to be shown."""
        name = self.policy().name_of(change.key.number)
        return replace(change, number_name=name) if name else change

    @property
    def workspace(self) -> WorkspaceKey:
        """The one account and workspace that this bot sends to."""
        return WorkspaceKey(self.account_sid, self.workspace_id)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where (`slack:command`, `slack:button`, `slack:modal`)."""

    team_id: str
    user_id: str
    origin: str


WORKER_ID = "worker"
