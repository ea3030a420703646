"""What is known of the chosen number, as it stands above the choices: its present assignment, or why there is none."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.assignment import Field
from bot.domain.difference import TITLES, describe
from bot.domain.shortening import shorten
from bot.service.lookup import Present
from bot.slack.block_kit.elements import Block, context, date_run, rich_line, rich_text, text_run
from bot.slack.block_kit.limits import LINE_LIMIT, few, short_names, short_number

LOOKING_UP = "Looking it up …"
UNPINNED_MEANS = (
    "Unpinned: the agent's newest version answers, as it is edited (UponAI's draft). "
    "So what was approved can change without an approval."
)
# private_metadata and a line of a form have little room; the whole sentence is in the log of the worker's reads.
PROBLEM_LIMIT = 300
SENTENCE_LIMIT = 1000
WEBHOOK_LIMIT = 500
# A split made in the dashboard can have any number of agents.
AGENTS_SHOWN = 10
RUN_LIMIT = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the form shows of the number.

    With neither of `present`, `sentence` and `is_looking` no number is chosen yet. `as_of` is set when the age of
    what is shown has to be said; `problem` is why nothing newer could be read.
    """

    present: Present | None = None
    sentence: str | None = None
    is_looking: bool = False
    as_of: datetime | None = None
    problem: str | None = None


def present_blocks(shown: Shown, *, explains_unpinned: bool) -> list[Block]:
    """Build the lines between Number and the choices.

    `explains_unpinned`: what an unpinned agent is stands here, where one answers now, and nowhere else in the form.
    """
    if shown.present is not None:
        means = [context(UNPINNED_MEANS, block_id="unpinned")]
        is_unpinned = any(agent.version is None for agent in shown.present.assignment.inbound)
        return [_assignment(shown.present), *(means if explains_unpinned and is_unpinned else []), *_age(shown)]
    if shown.is_looking:
        return [_line(LOOKING_UP)]
    if shown.sentence is not None:
        return [_line(shown.sentence), *_age(shown)]
    return [_line("Choose a number to see who answers it now.")]


def _assignment(present: Present) -> Block:
    """Write the assignment in few lines: the untouched form is to fit a laptop's screen."""
    number = short_number(present.number)
    described = describe(present.assignment, short_names(present.names))
    inbound, outbound, webhook, time_routing = (_joined(field, described[field]) for field in Field)
    titles = {field: text_run(f"{TITLES[field]}: ", bold=True) for field in Field}
    outbound_runs = [titles[Field.OUTBOUND], text_run(outbound)]
    webhook_runs = [titles[Field.WEBHOOK], text_run(webhook)]
    time_routing_runs = [titles[Field.TIME_ROUTING], text_run(time_routing)]
    lines = [[text_run(f"{number} now:", bold=True), text_run(f" {inbound}")]]
    if present.assignment.webhook_url is None:
        lines.append([*outbound_runs, text_run(f" · {webhook} · "), *time_routing_runs])
    else:
        lines += [outbound_runs, webhook_runs, time_routing_runs]
    if present.import_error is not None:
        reported = shorten(present.import_error, SENTENCE_LIMIT) or "?"
        lines.append([text_run("The telephony platform reports: ", bold=True), text_run(reported)])
    return rich_text(*(rich_line(*runs) for runs in lines), block_id="present")


def _joined(field: Field, lines: tuple[str, ...]) -> str:
    shown = few(lines, AGENTS_SHOWN, WEBHOOK_LIMIT if field is Field.WEBHOOK else LINE_LIMIT)
    return shorten(" · ".join(" ".join(line.split()) for line in shown), RUN_LIMIT)


def _age(shown: Shown) -> list[Block]:
    runs: list[Block] = []
    if shown.as_of is not None:
        runs += [text_run("As of "), date_run(shown.as_of), text_run(". ")]
    if shown.problem is not None:
        runs.append(text_run(f"UponAI could not be read just now: {shorten(shown.problem, SENTENCE_LIMIT)}"))
    return [rich_text(rich_line(*runs), block_id="as_of")] if runs else []


def _line(text: str) -> Block:
    return rich_text(rich_line(text_run(shorten(text, SENTENCE_LIMIT))), block_id="present")
