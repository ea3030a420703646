"""What a change does, field by field, as blocks: in one line where that is clear, else with what goes and comes.

A split is a table of fixed width, weights first and lined up. Each line starts with a sign: a minus for what goes,
`=` for what stays, `±` for another share, `+` for what comes.
"""

import re
import textwrap
from collections.abc import Sequence

from bot.domain.change import ChangeRequest
from bot.domain.difference import NO_AGENT, Fate, FieldDifference, Share
from bot.domain.lookalikes import in_its_place
from bot.slack.block_kit.elements import Block, preformatted, rich_line, rich_text, text_run
from bot.slack.block_kit.limits import bounded
from bot.slack.messages.glance import short_differences

# A phone shows some 44 characters of fixed width in a line.
TABLE_WIDTH = 44
NARROWEST_NAME = 12
ONE_LINE = 60
GOES, COMES = "\N{MINUS SIGN}", "+"
_SIGNS = {Fate.GOES: GOES, Fate.STAYS: "=", Fate.MOVES: "±", Fate.COMES: COMES}
_STATE_LINE = re.compile(r"^(\s*state)(?=\s*:)", re.IGNORECASE | re.MULTILINE)


def change_blocks(change: ChangeRequest, *, beside: int = 0) -> list[Block]:
    """Show each touched field before and after, by agent name, in what room a message has beside other characters."""
    return [difference_block(each) for each in shown_differences(change, beside=beside)]


def shown_differences(change: ChangeRequest, *, beside: int = 0) -> tuple[FieldDifference, ...]:
    """Describe the touched fields in what room there is."""
    return bounded(short_differences(change), beside=beside)


def difference_block(difference: FieldDifference) -> Block:
    """Show one field before and after."""
    block_id = f"field:{difference.field}"
    title = text_run(difference.title, bold=True)
    if difference.shares:
        return rich_text(rich_line(title), preformatted(_table(difference)), block_id=block_id)
    before, after = difference.before, difference.after
    if len(before) == len(after) == 1 and len(before[0]) + len(after[0]) <= ONE_LINE:
        runs = [text_run(f"   {before[0]}  →  "), text_run(after[0], bold=True)]
    else:
        lines = [f"\n{GOES} {before[0]}", *(f"\n   {line}" for line in before[1:])]
        runs = [text_run(line) for line in lines]
        runs += [text_run(f"\n{COMES} "), text_run(after[0], bold=True)]
        runs += [text_run(f"\n   {line}") for line in after[1:]]
    return rich_text(rich_line(title, *runs), block_id=block_id)


def reason_parts(title: str, reason: str) -> list[Block]:
    """Show why, in the words of a person: behind its title when it is one line, else as a quote beneath it."""
    shown = as_no_state_line(reason)
    if "\n" not in shown and "\r" not in shown:
        return [rich_line(text_run(f"{title} ", bold=True), text_run(shown or " "))]
    return [rich_line(text_run(title, bold=True)), {"type": "rich_text_quote", "elements": [text_run(shown)]}]


def _table(difference: FieldDifference) -> list[str]:
    shares = difference.shares
    # Two columns only where some agent has a share on both sides that is not the same.
    is_wide = any(share.fate is Fate.MOVES for share in shares)
    columns = [_columns(share, is_wide=is_wide) for share in shares]
    widths = [max(map(len, column)) for column in zip(*columns, strict=True)]
    lines: list[str] = []
    if difference.before == (NO_AGENT,):
        lines.append(f"{GOES} {NO_AGENT}")
    for share, weights in zip(shares, columns, strict=True):
        lines += _row(share, " ".join(weight.rjust(width) for weight, width in zip(weights, widths, strict=True)))
    lines += [f"  {line}" for line in difference.more]
    if difference.after == (NO_AGENT,):
        lines.append(f"{COMES} {NO_AGENT}")
    return [as_no_state_line(line) for line in lines]


def _columns(share: Share, *, is_wide: bool) -> tuple[str, ...]:
    if not is_wide:
        return (share.after or share.before or "",)
    arrow = "→" if share.fate is Fate.MOVES else ""
    return share.before or "", arrow, share.after or ""


def _row(share: Share, weights: str) -> Sequence[str]:
    head = f"{_SIGNS[share.fate]} {weights}  "
    # Under the name, and not under the sign: what goes on in the next line is no row of its own.
    room = max(TABLE_WIDTH - len(head), NARROWEST_NAME)
    wrapped = textwrap.wrap(share.agent, room, break_long_words=False, break_on_hyphens=False)
    return [f"{head if at == 0 else ' ' * len(head)}{line}" for at, line in enumerate(wrapped)]


def as_no_state_line(reason: str) -> str:
    """Keep a line in the words of others from reading like the card's own state line; a word joiner cannot be seen."""
    return _STATE_LINE.sub("\\1\u2060", in_its_place(reason))
