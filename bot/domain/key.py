"""What a change belongs to: one number of one workspace of one UponAI account."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkspaceKey:
    """One workspace of one UponAI account."""

    account_sid: str
    workspace_id: int

    def __str__(self) -> str:
        return f"{self.account_sid}/{self.workspace_id}"

    def name(self, *, beside: "WorkspaceKey | None" = None) -> str:
        """Name the workspace for people, without its account beside another one of the same account."""
        is_same_account = beside is not None and self.account_sid == beside.account_sid
        return f"UponAI workspace {self.workspace_id}" + ("" if is_same_account else f" of account {self.account_sid}")


@dataclass(frozen=True, slots=True)
class NumberKey:
    """One number of one workspace of one account; `number` is E.164 or an extension identifier, as listed."""

    account_sid: str
    workspace_id: int
    number: str

    @property
    def workspace(self) -> WorkspaceKey:
        """The workspace that the number belongs to."""
        return WorkspaceKey(self.account_sid, self.workspace_id)
