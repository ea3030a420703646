"""What an account lists: its numbers with their present assignment, its agents with their versions."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.assignment import Assignment
from bot.domain.key import NumberKey


@dataclass(frozen=True, slots=True)
class ListedNumber:
    """One number as the account lists it. `import_error` is the telephony platform's complaint, None without one."""

    key: NumberKey
    assignment: Assignment
    import_error: str | None = None


@dataclass(frozen=True, slots=True)
class AgentVersion:
    """One version of an agent; `updated_at` is None when nobody said when it was edited last."""

    version: int
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedAgent:
    """One agent of a workspace; `versions` newest first, never empty."""

    agent_id: str
    name: str | None
    versions: tuple[int, ...]

    @property
    def newest_version(self) -> int:
        """The version that the agent list showed as its newest."""
        return self.versions[0]

    @property
    def display_name(self) -> str:
        """The name, or the id of an agent without one."""
        return self.name or self.agent_id
