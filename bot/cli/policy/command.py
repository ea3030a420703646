"""`policy check FILE` and `policy explain NUMBER`: what a policy file says, and what it means for one number."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.audit.time_options import FORMS, read_moment
from bot.cli.exits import CHECK_FAILED, run, settings_or_stop, stop
from bot.cli.policy.explaining import explanation
from bot.cli.policy.slack_look_up import CannotLookUp, look_up
from bot.domain.number import normalise
from bot.domain.rules.facts import ChangeFacts, ChangeKind, with_implied
from bot.domain.rules.policy import Policy
from bot.domain.rules.words import Show, policy_sentence, rule_sentences
from bot.policy_file.places import Lines
from bot.policy_file.reading import BadPolicy, findings_of, read_policy, read_text, text_of
from bot.settings import FlowSettings, NumberSettings, SlackSettings

app = typer.Typer(help="Look at the policy by which changes are approved.", no_args_is_help=True)

# The calendar of Python ends; nobody asks about a time that far.
_LAST_YEAR = 2200


@app.callback()
def policy() -> None:
    """Look at the policy by which changes are approved."""


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="The policy file (TOML).", show_default=False)],
    slack: Annotated[
        bool, typer.Option("--slack", help="Look people, groups and channels up in Slack, with SLACK_BOT_TOKEN.")
    ] = False,
) -> None:
    """Validate a policy file, and say in words what it means."""
    settings = settings_or_stop(SlackSettings) if slack else None
    try:
        text = text_of(file)
        found = read_text(text)
    except BadPolicy as error:
        stop(*error.problems, code=CHECK_FAILED)
    problems = list(findings_of(found, text))
    names: Mapping[str, str] = {}
    if settings is not None:
        try:
            names, findings = run(look_up(settings, found))
        except CannotLookUp as error:
            stop(*problems, str(error), code=CHECK_FAILED)
        lines = Lines(text)
        problems += [f"{lines.describe(finding.place)}: {finding.sentence}" for finding in findings]
    if problems:
        stop(*problems, code=CHECK_FAILED)
    for line in _in_words(found, lambda each: names.get(each, each)):
        typer.echo(line)


@app.command("explain")
def explain(
    number: Annotated[str, typer.Argument(help="A phone number or an extension identifier.", show_default=False)],
    change: Annotated[
        list[ChangeKind] | None,
        typer.Option(help=f"What is changed, once for each: {', '.join(ChangeKind)}.", metavar="KIND"),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help=f"When it is approved: {FORMS}; now if it is not given.", metavar="TIME")
    ] = None,
) -> None:
    """Say which rules of POLICY_FILE hold for a number, who may approve, and when a change is sent."""
    moment = _moment(at)
    settings = settings_or_stop(FlowSettings)
    region = settings_or_stop(NumberSettings).default_region
    try:
        found = read_policy(settings.policy_file)
    except BadPolicy as error:
        stop(*(f"POLICY_FILE cannot be used. {problem}" for problem in error.problems))
    facts = ChangeFacts(normalise(number, region) or number.strip(), with_implied(change or ()))
    for line in explanation(found, facts, at=moment, usual_expiry=settings.change_ttl_seconds):
        typer.echo(line)


def _in_words(policy: Policy, show: Show) -> list[str]:
    lines = [f"OK: {policy_sentence(policy)}"]
    for rule in policy.rules:
        lines += ["", f"{rule.name}:", *(f"  {sentence}" for sentence in rule_sentences(rule, show))]
    if policy.names:
        count = len(policy.names)
        lines += ["", f"{count} numbers have names." if count > 1 else "One number has a name."]
    return lines


def _moment(text: str | None) -> datetime:
    now = datetime.now(UTC)
    if text is None:
        return now.replace(microsecond=0)
    try:
        moment = read_moment(text, now=now)
    except (ValueError, OverflowError):
        stop(f"--at must be {FORMS}.")
    if moment.year > _LAST_YEAR:
        stop("--at is too far away.")
    return moment
