"""What a policy means for a change of one number, in lines for a terminal."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.domain.number import pretty
from bot.domain.rules.facts import ChangeFacts
from bot.domain.rules.policy import HeldPolicy, Policy
from bot.domain.rules.rule import Rule
from bot.domain.rules.sending import closures, next_open
from bot.domain.rules.words import duration, kinds_words, rule_sentences


def explanation(policy: Policy, facts: ChangeFacts, *, at: datetime, usual_expiry: timedelta) -> Iterator[str]:
    """Say which rules hold for a change, who may approve it, and when it is sent if it is approved `at`."""
    held = policy.holding_for(facts)
    name = policy.name_of(facts.number)
    number = pretty(facts.number) + (f" ({name})" if name else "")
    what = f"a change of {kinds_words(facts.kinds, last='and')}" if facts.kinds else "any change"
    yield f"{number}, {what}:"
    for rule in held.rules:
        yield from _rule(rule)
    others = [rule for rule in policy.rules if rule not in held.rules and rule.matches_number(facts.number)]
    if others:
        yield ""
        yield "For some other changes of this number these rules hold as well:"
        for rule in others:
            yield f"  {rule.name}: {rule_sentences(rule)[0].removeprefix('It holds for ')}"
    yield ""
    length = held.expires_at(at, usual_expiry) - at
    yield f"If nobody decides, it expires after {duration(length)}."
    yield from _override(held)
    yield _sending(held, at)


def _rule(rule: Rule) -> Iterator[str]:
    yield ""
    yield f"{rule.name}:" if rule.name else "No rule matches, so the top of the policy holds:"
    yield from (f"  {sentence}" for sentence in rule_sentences(rule)[0 if rule.name else 1 :])


def _override(held: HeldPolicy) -> Iterator[str]:
    if not held.override:
        yield "Nobody may override it."
    elif len(held.override) > 1:
        yield "Only who may override each of these rules may override them together."


def _sending(held: HeldPolicy, at: datetime) -> str:
    moment = next_open(held.rules, at)
    if moment == at:
        return f"Approved at {_when(at)}, it is sent at once."
    reasons = [
        f"a freeze of “{closure.rule}”{f' ({closure.why})' if closure.why else ''}"
        if closure.is_freeze
        else f"the windows of “{closure.rule}”"
        for closure in closures(held.rules, at)
    ]
    because = f"held back by {' and '.join(reasons)}" if reasons else "held back by its rules"
    if moment is None:
        return f"Approved at {_when(at)}, it is never sent: {because}."
    return f"Approved at {_when(at)}, it is sent at {_when(moment)}, {because}."


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
