"""Reads afresh behind an open form, and shows what came.

The refresh carries the newest hash that is known and is dropped on a conflict: then somebody else's update is newer,
and whoever made it reads for itself. A choice that was made meanwhile in this process has handed over its hash.
"""

import asyncio
from datetime import timedelta

import structlog

from bot.service import lookup
from bot.slack.calls import SlackError, SlackRateLimited, SlackRefused, SlackUnavailable
from bot.slack.form.compose import compose
from bot.slack.form.open_forms import OpenForm
from bot.slack.form.present import PROBLEM_LIMIT
from bot.slack.surface import Slack
from bot.store.errors import DatabaseUnavailable
from bot.uponai.errors import UponAIError

ATTEMPTS = 5
PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)

log = structlog.get_logger(__name__)


def ensure_read(slack: Slack, form: OpenForm) -> None:
    """Have a read under way for this form. Raises TooBusy."""
    if form.is_reading:
        return
    form.has_read = asyncio.Event()
    form.read = slack.background.start(_read_and_show(slack, form), name="form.read")


async def _read_and_show(slack: Slack, form: OpenForm) -> None:
    try:
        form.problem = await _read(slack)
    finally:
        form.has_read.set()
    for attempt in range(ATTEMPTS):
        try:
            if await _show(slack, form):
                return
            pause = timedelta(0)
        except SlackRateLimited as error:
            pause = min(error.retry_after, LONGEST_PAUSE)
        except SlackUnavailable:
            pause = PAUSE * (attempt + 1)
        except (SlackError, DatabaseUnavailable) as error:
            log.warning("form.refresh_failed", error=type(error).__name__)
            return
        await asyncio.sleep(pause.total_seconds())


async def _read(slack: Slack) -> str | None:
    """Read the account's numbers into the mirror; return why that failed, None when it did not."""
    try:
        await lookup.refresh_numbers(slack.context)
    except UponAIError as error:
        return str(error)[:PROBLEM_LIMIT]
    except DatabaseUnavailable:
        return "the bot's database does not answer."
    return None


async def _show(slack: Slack, form: OpenForm) -> bool:
    """Show the outcome of a read; return False when a newer hash is known and it is to be tried again."""
    async with form.lock:
        state = form.state.with_meta(is_answered=True, problem=form.problem)
        composed = await compose(slack.context, state)
        sent = form.hash
        try:
            await form.update(slack.client, composed, only_if_hash=sent)
        except SlackRefused as error:
            if error.error == "hash_conflict":
                return form.hash == sent
            log.info("form.gone", error=error.error)
    return True
