"""What an audit event says, in lines for people. What is empty is left out; the exports hold everything."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from bot.domain.audit import AuditEvent
from bot.domain.events import PHRASES, Event
from bot.domain.weights import percent_text

ARROW = "→"
NOTHING = "nothing"
_MOST_DIGITS = 50
# What a reader of a submission looks for.
_FIRST = ("number", "reason")


def lines_of(event: AuditEvent) -> list[str]:
    """Return what was done, then a line for each value: `name: before → after`, or `name: value`.

    Another release, or somebody with the database, may have recorded what this one does not know: that is shown as it
    stands there.
    """
    known = {each.value: PHRASES[each] for each in Event}
    phrase = [known[event.event]] if event.event in known else []
    return [*phrase, *_values(event.before or {}, _with_differences(event.after or {}))]


class _Pair(NamedTuple):
    before: Any
    after: Any


def _with_differences(after: Mapping[str, Any]) -> Mapping[str, Any]:
    """Show of a submission what each touched field was and shall be; the rest of the assignment does not change."""
    before, patch = after.get("before"), after.get("patch")
    shown = {name: _policy(value) if name == "policy" else value for name, value in after.items()}
    if not (isinstance(before, Mapping) and isinstance(patch, Mapping)):
        return shown
    touched = {name: _Pair(before.get(name), value) for name, value in patch.items()}
    first = {name: shown[name] for name in _FIRST if name in shown}
    return {**first, **touched, **{name: value for name, value in shown.items() if name not in {"before", "patch"}}}


def _policy(policy: Any) -> Any:
    """Name the rules that were copied with a policy, and its hash: what they say is in the exports."""
    if not (isinstance(policy, Mapping) and isinstance(policy.get("rules"), Sequence)):
        return policy
    names = [rule.get("name") for rule in policy["rules"] if isinstance(rule, Mapping) and rule.get("name")]
    return {"hash": policy.get("policy_hash"), "rules": names, "quorum": policy.get("quorum")}


def _values(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    former, later = dict(_flat(before)), dict(_flat(after))
    for name in dict.fromkeys([*former, *later]):
        if name not in later:
            yield f"{name}: {_text(former[name])}"
        elif name in former and former[name] != later[name]:
            yield f"{name}: {_text(_Pair(former[name], later[name]))}"
        elif not _is_empty(later[name]):
            yield f"{name}: {_text(later[name])}"


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | Sequence | Mapping) and not value)


def _text(value: Any) -> str:
    match value:
        case _Pair():
            return f"{_text(value.before)} {ARROW} {_text(value.after)}"
        case _ if _is_empty(value):
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case {"agent_id": agent_id, "version": version, "weight": weight, **others} if not others:
            pinned = "unpinned" if version is None else f"v{version}"
            return f"{agent_id} {pinned} {_share(weight)}"
        case Mapping():
            return "(" + ", ".join(f"{name} {_text(each)}" for name, each in value.items()) + ")"
        case list() | tuple():
            return ", ".join(_text(each) for each in value)
        case _:
            return str(value)


def _share(weight: Any) -> str:
    try:
        share = Decimal(str(weight))
    except InvalidOperation:
        return str(weight)
    # Whoever can write into the database can write a number of a million digits in ten.
    is_plain = share.is_finite() and abs(share.adjusted()) < _MOST_DIGITS
    return percent_text(share) if is_plain else str(weight)
