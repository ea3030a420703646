"""What a change may say of the one that its form was filled from: to undo it, to ask for it again, or nothing."""

from bot.domain.assignment import Assignment, AssignmentPatch
from bot.domain.change import ChangeRequest
from bot.domain.key import NumberKey
from bot.domain.state import WITHOUT_EFFECT, Origin, State


def origin_of(parent: ChangeRequest, key: NumberKey, before: Assignment, patch: AssignmentPatch) -> Origin | None:
    """Return what is true of a change of `before` by `patch` with respect to its parent.

    It touches nothing that the parent did not, and leaves all that the parent touched as it was before it, or as the
    parent wanted it. A field that is so already need not be touched again.
    """
    if key != parent.key or not patch.fields <= parent.patch.fields:
        return None
    after = patch.onto(before)
    if parent.state is State.APPLIED and after.agrees_with(parent.before, parent.patch.fields):
        return Origin.REVERT
    if parent.state in WITHOUT_EFFECT and after.agrees_with(parent.patch.wanted, parent.patch.fields):
        return Origin.TRY_AGAIN
    return None
