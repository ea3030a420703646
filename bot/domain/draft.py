"""What somebody asks for, as it is stored before anything is decided about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.assignment import Assignment, AssignmentPatch
from bot.domain.key import NumberKey
from bot.domain.rules.policy import HeldPolicy
from bot.domain.state import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDraft:
    """What somebody asks for, before the database has given it an id.

    `before` is the assignment as it was read at `before_at`; `agent_names` are the names that the reviewers see.
    `starts_at` and `put_back_at` are what was chosen; `due_at` is from when it is to be sent, whatever its rules say.
    `submission_key` makes a repeated submission of one form find the change of the first. `bundle_id` is the first of
    the changes that were asked together, None for a change by itself.
    `number_name` is what people call the number now, where that is shown; it is stored with nothing.
    """

    team_id: str
    key: NumberKey
    requester_id: str
    reason: str
    before: Assignment
    before_at: datetime
    patch: AssignmentPatch
    agent_names: Mapping[str, str]
    is_outbound_version_newest: bool
    policy: HeldPolicy
    channel_id: str
    submission_key: str
    created_at: datetime
    expires_at: datetime
    due_at: datetime
    starts_at: datetime | None = None
    put_back_at: datetime | None = None
    parent_id: int | None = None
    origin: Origin | None = None
    bundle_id: int | None = None
    revision: int = 1
    number_name: str | None = field(default=None, compare=False)
