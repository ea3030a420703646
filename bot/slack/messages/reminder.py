"""A reminder of an undecided change in its thread: what is still needed, rule by rule, and until when."""

from collections.abc import Iterator, Mapping, Sequence

from bot.domain.change import ChangeRequest
from bot.domain.policy import Review
from bot.domain.reminding import MOST_CALLED, few_of
from bot.domain.rules.evaluation import Evaluation, Progress
from bot.domain.rules.people import People
from bot.domain.rules.refusals import mention as mention_any
from bot.domain.rules.words import progress_words, who
from bot.domain.standing import evaluation
from bot.slack.block_kit.elements import Block, cut, literal, rich_list, rich_text, text_run
from bot.slack.block_kit.sentences import sentence_runs, sentence_text
from bot.slack.messages.thread_parts import Message, number_of
from bot.slack.messages.wording import in_line, in_text

# A policy can name more rules than anybody reads in a reminder; the card and Details have them all.
RULES_SHOWN = 10
NAME_LIMIT = 200
TEXT_LIMIT = 3500


def reminder_message(changes: Sequence[ChangeRequest], reviews: Mapping[int, Sequence[Review]]) -> Message:
    """Say what is still needed of changes that were asked together, by what their reviewers said; often it is one."""
    change, *others = changes
    more = (
        f" and {len(others)} more wait for a decision. They expire " if others else " waits for a decision. It expires "
    )
    head = (f"⏰ {change.label} for ", number_of(change), more, change.expires_at, ".")
    # What the clock does to it is not shown here.
    found = [evaluation(each, reviews.get(each.id, ()), each.created_at) for each in changes]
    lines = list(dict.fromkeys(line for each in found for line in _lines(change, each)))[:RULES_SHOWN]
    text = " ".join(f"{literal(name, NAME_LIMIT)}: {sentence_text(words)}." for name, words in lines)
    items = [[text_run(f"{name[:NAME_LIMIT]}: ", bold=True), *sentence_runs(words)] for name, words in lines]
    listed: list[Block] = [rich_list(items)] if items else []
    return cut(f"{in_text(*head)} {text}", TEXT_LIMIT), [rich_text(in_line(*head), *listed, block_id="head")]


def _lines(change: ChangeRequest, found: Evaluation) -> Iterator[tuple[str, str]]:
    """Name what is missing, each with what it asks for."""
    if found.blocked_by:
        people = ", ".join(mention_any(person) for person in found.blocked_by[:MOST_CALLED])
        yield "Held up", f"denied by {people}, who can take that back in Details"
    missing = [each for each in found.progress if each.missing]
    for each in missing[:RULES_SHOWN]:
        yield each.rule.name or "Approvals", _still_needed(each, change.requester_id)
    if len(missing) > RULES_SHOWN:
        yield "And", f"{len(missing) - RULES_SHOWN} more rules, on the card and in Details"


def _still_needed(progress: Progress, requester_id: str) -> str:
    """Say how far a rule is, and call those who have not approved yet; of many people only the number."""
    approvers = progress.rule.approvers
    if approvers is None:
        return progress_words(progress)
    without = {requester_id, *progress.approved_by}
    left = People(approvers.people - without, approvers.groups, approvers.channels)
    few = few_of([left], ())
    named = [] if few.people == left.people else [f"{len(left.people)} people"]
    named += [who(few, mention_any)] if few.ids else []
    number = "one" if progress.missing == 1 else str(progress.missing)
    count = f"{len(progress.approved_by)} of {progress.rule.quorum}"
    return f"{count}, still needed: {number} of {' or '.join(named) or 'nobody'}"
