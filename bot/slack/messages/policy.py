"""The policy in plain words: the rules that hold, for everything or for one number."""

import re
from collections.abc import Iterable, Iterator

from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.domain.rules.words import policy_sentence, rule_sentences
from bot.domain.shortening import shorten
from bot.slack.block_kit.elements import Block, rich_line, rich_list, rich_text, text_run, user_run
from bot.slack.block_kit.limits import few
from bot.slack.messages.rows import title

POLICY = "The rules that hold now"
RULES = "Rules for this number"
# A rule takes one block, and a message holds 12,000 characters.
SENTENCES_SHOWN, SENTENCE_LIMIT = 20, 500
# What a person, a group or a channel is between the words of a sentence: no file can write these two characters into
# a name.
_OPENED, _CLOSED = "\ue000", "\ue001"
_ID = re.compile(f"{_OPENED}([A-Z0-9]+){_CLOSED}")


def policy_blocks(policy: Policy) -> list[Block]:
    """Say all of a policy."""
    sentence = policy_sentence(policy)
    rest = f"{sentence[:1].upper()}{sentence[1:]}"
    return [title(POLICY), *map(_rule_block, policy.rules), rich_text(rich_line(text_run(rest)))]


def rules_blocks(policy: Policy, number: str) -> list[Block]:
    """Say what holds for changes of one number."""
    matching = [rule for rule in policy.rules if rule.matches_number(number)]
    blocks = [title(RULES), *map(_rule_block, matching)]
    if any(rule.changes is None and rule.agents is None for rule in matching):
        return blocks
    usual = rule_sentences(policy.fallback)[1:]
    return [*blocks, _block("Any other change" if matching else "Any change", usual)]


def _rule_block(rule: Rule) -> Block:
    return _block(rule.name, rule_sentences(rule, _shown))


def _block(name: str, sentences: Iterable[str]) -> Block:
    lines = few(tuple(sentences), SENTENCES_SHOWN, 10 * SENTENCE_LIMIT)
    return rich_text(rich_line(text_run(name, bold=True)), rich_list([list(_runs(line)) for line in lines]))


def _shown(identifier: str) -> str:
    return f"{_OPENED}{identifier}{_CLOSED}"


def _runs(sentence: str) -> Iterator[Block]:
    """Make a sentence's runs: its words as they are, its ids as mentions; what is too long ends in an ellipsis."""
    left = SENTENCE_LIMIT
    for at, part in enumerate(_ID.split(sentence)):
        if left <= 0:
            yield text_run("…")
            return
        if part:
            yield _mention(part) if at % 2 else text_run(shorten(part, left))
        left -= len(part)


def _mention(identifier: str) -> Block:
    match identifier[0]:
        case "S":
            return {"type": "usergroup", "usergroup_id": identifier}
        case "C" | "G":
            return {"type": "channel", "channel_id": identifier}
    return user_run(identifier)
