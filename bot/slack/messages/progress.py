"""How far the approval of a change is: what each rule still needs, who is in favour, who holds it up, who lost a say.

No state word stands here: the card has its state line for that.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from bot.domain.change import ChangeRequest
from bot.domain.policy import Review, Verdict
from bot.domain.rules.evaluation import Evaluation
from bot.domain.rules.refusals import mention as mention_any
from bot.domain.rules.words import Show, progress_words
from bot.domain.standing import standing
from bot.domain.state import State
from bot.slack.block_kit.elements import Block, cut, literal, mention

NAME_LIMIT = 200
# Slack takes 3000 characters in one text, and a policy can name more rules and people than a card has room for.
TEXT_LIMIT = 2900
RULES_SHOWN = 10
PEOPLE_SHOWN = 20
APPROVERS_SHOWN = 5
# As Slack takes the handle of a user group.
_HANDLE = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
REASON_LIMIT = 300


def count_words(change: ChangeRequest, evaluation: Evaluation) -> str:
    """Count what there is of the one quorum above one, `1 of 2 approvals · `; nothing where there are several."""
    quorum = change.policy.quorum
    if quorum == 1 or len(evaluation.progress) != 1:
        return ""
    return f"{len(evaluation.progress[0].approved_by)} of {quorum} approvals · "


def named_ids(change: ChangeRequest) -> frozenset[str]:
    """Return the people and user groups whose names its card shows: a mention would call them with each new card."""
    if change.state is not State.PENDING:
        return frozenset()
    shown = [rule.approvers for rule in change.policy.rules if rule.name and rule.approvers][:RULES_SHOWN]
    return frozenset(
        each for people in shown for each in (*sorted(people.people)[:APPROVERS_SHOWN], *sorted(people.groups))
    )


def progress_blocks(
    change: ChangeRequest, reviews: list[Review], evaluation: Evaluation, names: Mapping[str, str]
) -> list[Block]:
    """Say rule by rule what there is and what is missing, and whose say counts or does not.

    `names` are those of `named_ids`; whoever has none there is named by id.
    """
    lines = [*_rules(evaluation, partial(_shown, names)), *_people(change, reviews, evaluation)]
    return progress_context(lines)


def progress_context(lines: Sequence[str]) -> list[Block]:
    """Build the block of such lines, nothing without any. It is verbatim: Slack looks for no names in it."""
    text = {"type": "mrkdwn", "text": cut("\n".join(lines), TEXT_LIMIT), "verbatim": True}
    return [{"type": "context", "block_id": "progress", "elements": [text]}] if lines else []


def has_named_rules(change: ChangeRequest) -> bool:
    """Say whether rules of a policy file hold, and not what holds where none does."""
    return any(rule.name for rule in change.policy.rules)


def missing_count(evaluation: Evaluation) -> int | None:
    """Count the approvals that one rule still needs; None where only all of several rules say it."""
    if evaluation.blocked_by or (
        len(evaluation.progress) > 1 and sum(each.missing > 0 for each in evaluation.progress)
    ):
        return None
    return max(each.missing for each in evaluation.progress)


def _shown(names: Mapping[str, str], found: str) -> str:
    """Name a person or a user group in plain text; a channel that is mentioned calls nobody."""
    if found[:1] in ("C", "G"):
        return mention_any(found)
    name = names.get(found, found)
    is_handle = found.startswith("S") and _HANDLE.fullmatch(name)
    return f"@{name}" if is_handle else literal(f"@{name}", NAME_LIMIT)


def _rules(evaluation: Evaluation, show: Show) -> Iterable[str]:
    named = [each for each in evaluation.progress if each.rule.name]
    for each in named[:RULES_SHOWN]:
        yield f"*{literal(each.rule.name, NAME_LIMIT)}*: {progress_words(each, show, most=APPROVERS_SHOWN)}"
    if len(named) > RULES_SHOWN:
        yield f"and {len(named) - RULES_SHOWN} more rules"


def _people(change: ChangeRequest, reviews: list[Review], evaluation: Evaluation) -> Iterable[str]:
    counting = sorted({person for each in evaluation.progress for person in each.approved_by})
    if counting:
        yield f"In favour: {_named(counting)}"
    found = standing(change, reviews)
    for each in found:
        if each.verdict is Verdict.DENY and each.reviewer_id in evaluation.blocked_by:
            why = f": {literal(each.reason, REASON_LIMIT)}" if each.reason else "."
            yield f"⛔ {mention(each.reviewer_id)} holds this up until they take that back{why}"
    for each in found:
        if each.verdict is Verdict.APPROVE and each.lost:
            names = ", ".join(f"“{literal(name, NAME_LIMIT)}”" for name in sorted(filter(None, each.lost)))
            rule = f" for {names}" if names else ""
            yield f"⚠️ {mention(each.reviewer_id)} may no longer approve{rule}, so theirs does not count."
    former = sorted({each.reviewer_id for each in reviews if each.revision < change.revision and not each.withdrawn_at})
    if former:
        yield f"Void since the last edit: {_named(former)}"


def _named(people: list[str]) -> str:
    shown = ", ".join(mention(person) for person in people[:PEOPLE_SHOWN])
    return shown if len(people) <= PEOPLE_SHOWN else f"{shown} and {len(people) - PEOPLE_SHOWN} more"
