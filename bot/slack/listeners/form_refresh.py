"""Reads afresh behind an open form, and shows what came.

The refresh carries the newest hash that is known and is dropped on a conflict: then somebody else's update is newer,
and whoever made it reads for itself. A choice that was made meanwhile in this process has handed over its hash.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from bot.service import lookup
from bot.slack.api.calls import SlackRateLimited, SlackRefused, SlackUnavailable
from bot.slack.api.error_codes import VIEW_GONE, VIEW_IS_NEWER
from bot.slack.context import SlackContext
from bot.slack.form.compose import Composed, compose, compose_unknown
from bot.slack.form.current_assignment import PROBLEM_LIMIT
from bot.slack.form.open_forms import OpenForm
from bot.slack.form.state import FormState
from bot.store.errors import DatabaseUnavailable
from bot.uponai.errors import UponAIError

ATTEMPTS = 5
PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
BROKEN = "something went wrong on my side, and it is in my log."

Composing = Callable[[SlackContext, FormState], Awaitable[Composed]]

log = structlog.get_logger(__name__)


def ensure_read(slack: SlackContext, form: OpenForm) -> None:
    """Have a read under way for this form. Raises TooBusy."""
    if form.is_reading:
        return
    form.has_read = asyncio.Event()
    form.read = slack.background.start(_read_and_show(slack, form), name="form.read")


async def _read_and_show(slack: SlackContext, form: OpenForm) -> None:
    """Read, then show what came of it: no failure of either leaves the form at what it says while it waits."""
    try:
        (problem,) = await asyncio.gather(_read(slack), return_exceptions=True)
        if isinstance(problem, BaseException):
            log.error("form.read_broke", error=type(problem).__name__)
            problem = BROKEN
        form.problem = problem
    finally:
        form.has_read.set()
    composing: Composing = _composed
    for attempt in range(ATTEMPTS):
        (shown,) = await asyncio.gather(_show(slack, form, composing), return_exceptions=True)
        match shown:
            case True:
                return
            case False:
                pause = timedelta(0)
            case SlackRateLimited():
                pause = min(shown.retry_after, LONGEST_PAUSE)
            case SlackUnavailable():
                pause = PAUSE * (attempt + 1)
            case _:
                log.warning("form.refresh_failed", error=type(shown).__name__)
                if composing is _plain:
                    return
                composing, pause = _plain, timedelta(0)
        await asyncio.sleep(pause.total_seconds())


async def _read(slack: SlackContext) -> str | None:
    """Read the account's numbers into the mirror; return why that failed, None when it did not."""
    try:
        await lookup.refresh_numbers(slack.context)
    except UponAIError as error:
        return str(error)[:PROBLEM_LIMIT]
    except DatabaseUnavailable:
        return "the bot's database does not answer."
    return None


async def _show(slack: SlackContext, form: OpenForm, composing: Composing) -> bool:
    """Show the outcome of a read; return False when a newer hash is known and it is to be tried again."""
    async with form.lock:
        state = form.state.with_meta(is_answered=True, problem=form.problem)
        composed = await composing(slack, state)
        sent = form.hash
        try:
            await form.update(slack.client, composed, only_if_hash=sent)
        except SlackRefused as error:
            if error.error == VIEW_IS_NEWER:
                return form.hash == sent
            if error.error != VIEW_GONE:
                raise
            log.info("form.gone", error=error.error)
    return True


async def _composed(slack: SlackContext, state: FormState) -> Composed:
    return await compose(slack.context, state)


async def _plain(_slack: SlackContext, state: FormState) -> Composed:
    return compose_unknown(state)
