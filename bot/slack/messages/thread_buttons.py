"""The buttons below the end of a change; one that can do nothing any more gives way to a word of what was done."""

from bot.domain.change import ChangeRequest
from bot.domain.since import Since
from bot.domain.state import FollowUp, State
from bot.slack.block_kit.elements import Block, actions, button, context, mention
from bot.slack.messages.card import DETAILS
from bot.slack.messages.confirms import confirm_resolve

REVERT, ASK_AGAIN = "thread:revert", "thread:ask_again"
TRY_AGAIN, RESOLVE, MOVE = "thread:try_again", "thread:resolve", "direct:move"
# Of several numbers that were asked together.
REVERT_ALL, ALL_AGAIN = "bundle:revert", "bundle:ask_again"
_WHAT_CAME = {
    State.APPLIED: "The look found it live.",
    State.STALE: "The look found something else live.",
    State.EXPIRED: "It expired.",
}


def below_result(change: ChangeRequest, since: Since) -> list[Block]:
    """Offer to put the former values back, until that was done."""
    details = button("Details", DETAILS, value=change.label, label=f"Details of {change.label}")
    if since.reverted_by:
        return [context(f"Reverted by {since.reverted_by}.", block_id="done"), actions(details, block_id="next")]
    revert = button("Revert", REVERT, value=change.label, label=f"Revert {change.label}: ask for the former values")
    return [actions(revert, details, block_id="next")]


def below_end(change: ChangeRequest, since: Since, *, name: str = "Ask again") -> list[Block]:
    """Offer to ask for the same values in a new change, until somebody did."""
    if since.asked_again_as:
        by = mention(since.asked_again_by or change.requester_id)
        return [context(f"{by} asked again as {since.asked_again_as}.", block_id="done")]
    again = button(name, ASK_AGAIN, value=change.label, label=f"Ask for the values of {change.label} again")
    return [actions(again, block_id="next")]


def below_unclear(change: ChangeRequest, since: Since) -> list[Block]:
    """Offer a look or an end by hand, while nobody has asked for either."""
    done = _what_was_done(change, since)
    if done is not None:
        return [context(done, block_id="done")]
    return [
        actions(
            button("Try again", TRY_AGAIN, value=change.label, label=f"Look at {change.label} again, send if needed"),
            button(
                "Mark as resolved",
                RESOLVE,
                value=change.label,
                label=f"Mark {change.label} as resolved",
                confirm=confirm_resolve(change),
            ),
            block_id="next",
        )
    ]


def _what_was_done(change: ChangeRequest, since: Since) -> str | None:
    if change.state is State.UNCLEAR and change.follow_up is None and not since.is_overtaken:
        return None
    by = mention(change.follow_up_by) if change.follow_up_by else "Someone"
    if since.is_overtaken:
        return "Someone tried again; what came of it is below."
    if change.state is State.RESOLVED:
        return f"{by} marked it as resolved."
    if change.follow_up is FollowUp.RESOLVE:
        return f"{by} asked to mark it as resolved."
    came = _WHAT_CAME.get(change.state, "")
    return f"{by} tried again. {came}".strip()
