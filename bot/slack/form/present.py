"""What is known of the chosen number, as it stands above the choices: its present assignment, or why there is none."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.assignment import Field
from bot.domain.difference import TITLES, describe
from bot.domain.number import pretty
from bot.service.lookup import Present
from bot.slack.blocks import Block, date_run, rich_line, rich_list, rich_text, text_run

LOOKING_UP = "Looking it up …"
# private_metadata and a line of a form have little room; the whole sentence is in the log of the worker's reads.
PROBLEM_LIMIT = 300


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


def present_blocks(shown: Shown) -> list[Block]:
    """Build the lines between Number and the choices."""
    if shown.present is not None:
        return [_assignment(shown.present), *_age(shown)]
    if shown.is_looking:
        return [_line(LOOKING_UP)]
    if shown.sentence is not None:
        return [_line(shown.sentence), *_age(shown)]
    return [_line("Choose a number to see who answers it now.")]


def _assignment(present: Present) -> Block:
    fields = describe(present.assignment, present.names)
    lines = [[text_run(f"{TITLES[field]}: ", bold=True), text_run(_joined(fields[field]))] for field in Field]
    if present.import_error is not None:
        lines.append([text_run("The telephony platform reports: ", bold=True), text_run(present.import_error or "?")])
    return rich_text(
        rich_line(text_run(pretty(present.number), bold=True), text_run(" now:")), rich_list(lines), block_id="present"
    )


def _joined(lines: tuple[str, ...]) -> str:
    return lines[0] if len(lines) == 1 else "\n" + "\n".join(lines)


def _age(shown: Shown) -> list[Block]:
    runs: list[Block] = []
    if shown.as_of is not None:
        runs += [text_run("As of "), date_run(shown.as_of), text_run(". ")]
    if shown.problem is not None:
        runs.append(text_run(f"UponAI could not be read just now: {shown.problem}"))
    return [rich_text(rich_line(*runs), block_id="as_of")] if runs else []


def _line(text: str) -> Block:
    return rich_text(rich_line(text_run(text)), block_id="present")
