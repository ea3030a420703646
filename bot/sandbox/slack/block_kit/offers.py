"""The options that an app offers for a type-ahead: the check, and what may be chosen from them."""

from typing import Any

from bot.sandbox.slack.block_kit import objects
from bot.sandbox.slack.block_kit.entries import Placed
from bot.sandbox.slack.block_kit.interactive import SELECT_OPTIONS_MOST
from bot.sandbox.slack.block_kit.objects import Problems
from bot.sandbox.slack.workspace.errors import invalid


def accept_offer(reply: Any) -> list[dict[str, Any]]:
    """Check the answer to a block_suggestion, and list its options."""
    problems = Problems()
    if not isinstance(reply, dict) or ("options" in reply) == ("option_groups" in reply):
        problems.add("", "must have exactly one of options and option_groups")
    elif "options" in reply:
        objects.options(problems, "/options", reply["options"], most=SELECT_OPTIONS_MOST, least=0)
    elif reply["option_groups"] != []:
        objects.option_groups(problems, "/option_groups", reply["option_groups"], most=SELECT_OPTIONS_MOST)
    if problems.messages:
        raise invalid("invalid_options", problems.messages)
    return flat(reply)


def flat(offer: dict[str, Any]) -> list[dict[str, Any]]:
    """List the options of an offer, through its groups."""
    groups = offer.get("option_groups") or []
    return list(offer.get("options") or []) + [option for group in groups for option in group["options"]]


def offered_options(states: dict[str, Any], placed: Placed) -> list[dict[str, Any]]:
    """List what is chosen now: choosing it again is always possible."""
    state = states.get(placed.block_id, {}).get(placed.action_id, {})
    single = state.get("selected_option")
    return ([single] if single else []) + list(state.get("selected_options") or [])
