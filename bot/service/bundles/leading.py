"""One press decides for all that were asked together, whichever of them it names: their lead is held first."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.domain.change import ChangeRequest

T = TypeVar("T")


class LedBy(Exception):
    """The change is one of several that are decided together; `lead_id` is the one that stands for all."""

    def __init__(self, lead_id: int) -> None:
        super().__init__("led by another change")
        self.lead_id = lead_id


def require_lead(change: ChangeRequest) -> None:
    """Raise LedBy for a change that another one stands for: nobody holds a member before its lead."""
    if change.lead_id != change.id:
        raise LedBy(change.lead_id)


async def with_lead(change_id: int, work: Callable[[int], Awaitable[T]]) -> T:
    """Do work about a change, or about the one that stands for it."""
    try:
        return await work(change_id)
    except LedBy as member:
        return await work(member.lead_id)
