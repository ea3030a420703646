"""The message about numbers that were changed outside: before and after, and what can be done about it."""

from bot.domain.difference import FieldDifference, differences
from bot.service.outside.showing import Shown
from bot.slack.block_kit.elements import Block, actions, button, context, date, literal, mention, rich_text, section
from bot.slack.block_kit.limits import bounded, short_names, short_number
from bot.slack.messages.change_blocks import difference_block
from bot.slack.messages.glance import sides
from bot.slack.messages.rows import verbatim
from bot.slack.messages.thread_parts import QUOTE_LIMIT, Message
from bot.slack.messages.wording import Part, Words, in_line, in_text
from bot.store.outside import OutsideChange

PUT_BACK, KEEP = "outside:put_back", "outside:keep"
HEAD = "Changed outside: "
NUMBER_LIMIT = 60
NAME_LIMIT = 60
# Of twenty lines in one message.
LINE_LIMIT = 300
OWN_WORDS = 800


def outside_message(shown: Shown) -> Message:
    """Return the text and the blocks of a notice, as it stands now."""
    return _one(shown, shown.changes[0]) if shown.count == 1 else _many(shown)


def plain_outside(shown: Shown) -> Message:
    """Return what is shown where Slack cannot show the message."""
    text = f"{in_text(*_head(shown))} Slack cannot show it here: `/route-number show` says what is live."
    return text, [section(text), *_below(shown)]


def _one(shown: Shown, change: OutsideChange) -> Message:
    described = _described(shown, change)
    head = _head(shown)
    text = f"{in_text(*head)} {literal('; '.join(_in_one_line(each) for each in described), QUOTE_LIMIT)}"
    blocks = [rich_text(in_line(*head), block_id="head"), *map(difference_block, bounded(described, beside=OWN_WORDS))]
    return text, [*blocks, context(_how(shown), block_id="how"), *_below(shown, change)]


def _many(shown: Shown) -> Message:
    head = _head(shown)
    blocks: list[Block] = [rich_text(in_line(*head), block_id="head")]
    for change in shown.changes:
        line = f"*{_number(shown, change)}* {literal(_line(shown, change), LINE_LIMIT)}"
        block: Block = {"type": "section", "block_id": f"outside:{change.id}", "text": verbatim(line)}
        blocks.append(block if shown.notice.kept_by else {**block, "accessory": _put_back(change)})
    left = shown.count - len(shown.changes)
    if left > 0:
        since = f"{shown.notice.seen_at:%Y-%m-%dT%H:%M}"
        where = f"`route-number history --since {since}` where I run prints all of them, before and after."
        blocks.append(context(f"and {left} more. {where} `/route-number show` says what is live on a number."))
    listed = literal("; ".join(_line(shown, change) for change in shown.changes[:3]), QUOTE_LIMIT)
    return f"{in_text(*head)} {listed}", [*blocks, context(_how(shown), block_id="how"), *_below(shown)]


def _head(shown: Shown) -> tuple[Part, ...]:
    first = shown.changes[0].moved.key.number
    named = shown.numbers.get(first)
    name: tuple[Part, ...] = (" (", Words(named, NAME_LIMIT, is_bold=False), ")") if named else ()
    number = (HEAD, Words(short_number(first), 2 * NUMBER_LIMIT), *name)
    if shown.count == 1:
        return (*number, ".")
    others = shown.count - 1
    return (*number, f" and {others} more {'number' if others == 1 else 'numbers'}.")


def _number(shown: Shown, change: OutsideChange) -> str:
    number = change.moved.key.number
    written = literal(short_number(number, NUMBER_LIMIT), 2 * NUMBER_LIMIT)
    name = shown.numbers.get(number)
    return f"{written} {literal(name, NAME_LIMIT)}" if name else written


def _described(shown: Shown, change: OutsideChange) -> tuple[FieldDifference, ...]:
    moved = change.moved
    return differences(moved.before, moved.after, moved.fields, short_names(shown.names), is_rounded=True)


def _line(shown: Shown, change: OutsideChange) -> str:
    return "; ".join(_in_one_line(each) for each in _described(shown, change))


def _in_one_line(difference: FieldDifference) -> str:
    return f"{difference.title}: {sides(difference)}"


def _how(shown: Shown) -> str:
    seen = f"I saw it {date(shown.notice.seen_at)}."
    if shown.late:
        return (
            f"{seen} It is what {shown.late} asked for and I sent: that may have landed late, or someone did the same."
        )
    return f"{seen} No change of mine explains it: someone used UponAI's dashboard, perhaps, or another program."


def _below(shown: Shown, change: OutsideChange | None = None) -> list[Block]:
    notice = shown.notice
    if notice.kept_by is not None:
        at = f", {date(notice.kept_at)}" if notice.kept_at else ""
        return [context(f"{mention(notice.kept_by)} keeps it{at}.", block_id="done")]
    what = "them" if shown.count > 1 else "it"
    keep = button("Keep", KEEP, value=str(notice.id), label=f"Keep {what} as changed outside")
    return [actions(*([_put_back(change)] if change else []), keep, block_id="next")]


def _put_back(change: OutsideChange) -> Block:
    number = short_number(change.moved.key.number, NUMBER_LIMIT)
    return button("Put back", PUT_BACK, value=str(change.id), label=f"Ask for the former assignment of {number}")
