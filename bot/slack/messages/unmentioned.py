"""Whom messages of threads and channels name without calling them: who reads of the same in a message of their own.

A mention in a new message calls whoever it names, and one event is to call nobody twice. A requester is told in a
direct message how their change was decided and how it ended; the channel's message calls whoever overrode something.
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.domain.bundle import Bundle
from bot.domain.facts import Fact
from bot.domain.state import Origin, State
from bot.slack.block_kit.elements import literal
from bot.slack.messages.thread_parts import Message

NAME_LIMIT = 80
_MENTION = re.compile(r"<@([A-Z0-9]+)>")
# The requester has a direct message of these, or had one, or reads the card of the same moment.
_ALWAYS = frozenset({Fact.RESULTS, Fact.LEFT_OUT, Fact.OVERRIDDEN, Fact.OVERRIDE_UNREVIEWED})
_ENDS = frozenset(
    {Fact.DENIED, Fact.EXPIRED, Fact.APPLIED, Fact.FAILED, Fact.STALE, Fact.UNCLEAR, Fact.RESOLVED},
)


def named_in_thread(bundle: Bundle, payload: Mapping[str, Any]) -> frozenset[str]:
    """Return the people whom a fact of a thread names and does not call.

    Of several that were asked together a direct message tells the end once all have come to one.
    """
    fact = Fact(payload["name"])
    is_over = all(each.state.is_final or each.state is State.UNCLEAR for each in bundle.members)
    # Somebody else can end a put-back alone, and the requester reads of that directly.
    is_kept = fact is Fact.CANCELED and bundle.lead.origin is Origin.PUT_BACK
    is_told = fact in _ALWAYS or ((is_kept or fact in _ENDS) and (len(bundle.members) == 1 or is_over))
    named = {bundle.lead.requester_id} if is_told else set()
    # The channel, or the thread of what was to be put back, calls whoever did it.
    if fact is Fact.OVERRIDDEN or is_kept:
        named.add(str(payload["by"]))
    if fact is Fact.RESULTS:
        named |= {each.decided_by for each in bundle.members if each.overridden_at and each.decided_by}
    return frozenset(named)


def named_in_channel(payload: Mapping[str, Any]) -> frozenset[str]:
    """Return the people whom a fact of a channel names and does not call."""
    is_of_change = Fact(payload["name"]) is Fact.OVERRIDDEN_HERE and payload["by"] != payload["requester"]
    return frozenset({str(payload["requester"])} if is_of_change else ())


def unmentioned(message: Message, people: frozenset[str], names: Mapping[str, str]) -> Message:
    """Write the names of these people in the place of their mentions; whoever has none there is named by id."""
    shown = {each: f"@{names.get(each, each)}"[:NAME_LIMIT] for each in people}
    text, blocks = message
    return _words(text, shown), [_named(block, shown) for block in blocks]


def _words(text: str, shown: Mapping[str, str]) -> str:
    def name(mention: re.Match[str]) -> str:
        return literal(shown[mention[1]], NAME_LIMIT) if mention[1] in shown else mention[0]

    return _MENTION.sub(name, text)


def _named(node: Any, shown: Mapping[str, str]) -> Any:
    match node:
        case {"type": "user", "user_id": user_id} if user_id in shown:
            return {**{k: v for k, v in node.items() if k != "user_id"}, "type": "text", "text": shown[user_id]}
        case {"type": "mrkdwn", "text": text}:
            return {**node, "text": _words(text, shown)}
        case dict():
            return {key: _named(value, shown) for key, value in node.items()}
        case list():
            return [_named(each, shown) for each in node]
    return node
