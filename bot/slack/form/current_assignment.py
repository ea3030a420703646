"""What is known of the chosen number, as it stands above the choices: its present assignment, or why there is none."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.assignment import Field
from bot.domain.difference import TITLES, UNPINNED_MEANS, UNPINNED_SO, describe
from bot.domain.shortening import shorten
from bot.service.lookup import Present
from bot.slack.block_kit.elements import Block, context, date_run, rich_line, rich_text, text_run
from bot.slack.block_kit.limits import LINE_LIMIT, few, short_names, short_number

LOOKING_UP = "Looking it up …"
UNPINNED_LINE = f"Unpinned: {UNPINNED_MEANS}. {UNPINNED_SO}"
# private_metadata and a line of a form have little room; the whole sentence is in the log of the worker's reads.
PROBLEM_LIMIT = 300
SENTENCE_LIMIT = 1000
WEBHOOK_LIMIT = 500
AGENTS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the form shows of the number.

    With neither of `present`, `sentence` and `is_looking` no number is chosen yet. `as_of` is set when the age of
    what is shown has to be said; `problem` is why nothing newer could be read. `warnings` are about what is entered;
    `others` say how the other numbers compare to this one.
    """

    present: Present | None = None
    sentence: str | None = None
    is_looking: bool = False
    as_of: datetime | None = None
    problem: str | None = None
    warnings: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def present_blocks(shown: Shown, *, explains_unpinned: bool) -> list[Block]:
    """Build the lines between Number and the choices.

    `explains_unpinned`: what an unpinned agent is stands here, where one answers now, and nowhere else in the form.
    """
    if shown.present is not None:
        means = [context(UNPINNED_LINE, block_id="unpinned")]
        is_unpinned = any(agent.version is None for agent in shown.present.assignment.inbound)
        return [
            _assignment(shown.present),
            *_others(shown),
            *(means if explains_unpinned and is_unpinned else []),
            *_age(shown),
        ]
    if shown.is_looking:
        return [_line(LOOKING_UP)]
    if shown.sentence is not None:
        return [_line(shown.sentence), *_age(shown)]
    return [_line("Choose a number to see who answers it now.")]


def _assignment(present: Present) -> Block:
    """Write the assignment in few lines: the untouched form is to fit a laptop's screen."""
    described = describe(present.assignment, short_names(present.names))
    runs = {
        field: [text_run(f"{TITLES[field]}:", bold=True), text_run(" "), *_runs(field, described[field])]
        for field in Field
    }
    named = short_number(present.number) + (f" ({present.name})" if present.name else "")
    runs[Field.INBOUND][0] = text_run(f"{named} now:", bold=True)
    if present.assignment.webhook_url is None:
        words = text_run(f" · {described[Field.WEBHOOK][0]} · ")
        lines = [runs[Field.INBOUND], [*runs[Field.OUTBOUND], words, *runs[Field.TIME_ROUTING]]]
    else:
        lines = list(runs.values())
    if present.import_error is not None:
        reported = shorten(present.import_error, SENTENCE_LIMIT) or "?"
        lines.append([text_run("The telephony platform reports: ", bold=True), text_run(reported)])
    return rich_text(*(rich_line(*line) for line in lines), block_id="present")


def _others(shown: Shown) -> list[Block]:
    lines = [rich_line(text_run(line)) for line in shown.others]
    return [rich_text(*lines, block_id="others")] if lines else []


def _runs(field: Field, lines: tuple[str, ...]) -> list[Block]:
    """Give each line a run of its own: a run holds 3000 characters."""
    shown = few(lines, AGENTS_SHOWN, WEBHOOK_LIMIT if field is Field.WEBHOOK else LINE_LIMIT)
    words = (" ".join(line.split()) for line in shown)
    return [text_run(f" · {line}" if position else line) for position, line in enumerate(words)]


def _age(shown: Shown) -> list[Block]:
    runs: list[Block] = []
    if shown.as_of is not None:
        runs += [text_run("As of "), date_run(shown.as_of), text_run(". ")]
    if shown.problem is not None:
        runs.append(text_run(f"I could not read UponAI just now: {shorten(shown.problem, SENTENCE_LIMIT)}"))
    return [rich_text(rich_line(*runs), block_id="as_of")] if runs else []


def _line(text: str) -> Block:
    return rich_text(rich_line(text_run(shorten(text, SENTENCE_LIMIT))), block_id="present")
