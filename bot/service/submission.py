"""What the form asks for."""

from dataclasses import dataclass

from bot.domain.assignment import AssignmentPatch
from bot.domain.schedule import UNSCHEDULED, Schedule
from bot.service.context import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What the form asks for.

    `patch` holds the chosen fields, as chosen; an outbound agent without a version gets the newest one of the agent
    list. `channel_id` is where the approval is asked, `parent_id` the change from which the form was filled; `others`
    are more numbers to which the same is done.
    """

    actor: Actor
    channel_id: str
    number: str
    patch: AssignmentPatch
    reason: str
    submission_key: str
    parent_id: int | None = None
    schedule: Schedule = UNSCHEDULED
    others: tuple[str, ...] = ()
