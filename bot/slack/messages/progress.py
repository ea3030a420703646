"""How far the approval of a change is: what each rule still needs, who is in favour, who holds it up, who lost a say.

No state word stands here: the card has its state line for that.
"""

from collections.abc import Iterable

from bot.domain.change import ChangeRequest
from bot.domain.policy import Review, Verdict
from bot.domain.reviewing import standing
from bot.domain.rules.evaluation import Evaluation
from bot.domain.rules.refusals import mention as mention_any
from bot.domain.rules.words import progress_words
from bot.slack.block_kit.elements import Block, context, cut, literal, mention

NAME_LIMIT = 200
# Slack takes 3000 characters in one text, and a policy can name more rules and people than a card has room for.
TEXT_LIMIT = 2900
RULES_SHOWN = 10
PEOPLE_SHOWN = 20
REASON_LIMIT = 300


def count_words(change: ChangeRequest, evaluation: Evaluation) -> str:
    """Count what there is of the one quorum above one, `1 of 2 approvals · `; nothing where there are several."""
    quorum = change.policy.quorum
    if quorum == 1 or len(evaluation.progress) != 1:
        return ""
    return f"{len(evaluation.progress[0].approved_by)} of {quorum} approvals · "


def progress_blocks(change: ChangeRequest, reviews: list[Review], evaluation: Evaluation) -> list[Block]:
    """Say rule by rule what there is and what is missing, and whose say counts or does not."""
    lines = [*_rules(evaluation), *_people(change, reviews, evaluation)]
    return [context(cut("\n".join(lines), TEXT_LIMIT), block_id="progress")] if lines else []


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


def _rules(evaluation: Evaluation) -> Iterable[str]:
    named = [each for each in evaluation.progress if each.rule.name]
    for each in named[:RULES_SHOWN]:
        yield f"*{literal(each.rule.name, NAME_LIMIT)}*: {progress_words(each, mention_any)}"
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
