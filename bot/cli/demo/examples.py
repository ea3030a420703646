"""A few finished changes for a fresh demo, asked and decided by its people through the bot's own doors."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.workspace.errors import CannotDo
from bot.sandbox.slack.workspace.model import Message

CHANNEL = "phone-routing"
PATIENCE_SECONDS = 180
TRIES, AGAIN_SECONDS = 3, 10


@dataclass(frozen=True, kw_only=True)
class Example:
    """A change that somebody asked for, and how another person decided; `denial` is the reason of a no."""

    number: str
    requester: str
    reviewer: str
    entries: Mapping[str, str]
    reason: str
    denial: str | None = None

    @property
    def end(self) -> str:
        """Name the state that the change ends in."""
        return "applied" if self.denial is None else "denied"


# None of these people or numbers is the one that a new user begins with.
EXAMPLES = (
    Example(
        number="+12125550178",
        requester="ada",
        reviewer="alan",
        entries={"Inbound calls": "One agent", "Agent 1": "Front desk"},
        reason="Sales and support are away for training, the front desk takes all calls",
    ),
    Example(
        number="+13125550111",
        requester="amy",
        reviewer="ada",
        entries={"Time routing": "On"},
        reason="Chicago opens at nine from now on",
        denial="Nobody has entered Chicago's opening hours yet. Please ask again after that.",
    ),
    Example(
        number="+4940123456",
        requester="alan",
        reviewer="amy",
        entries={"Outbound calls": "No agent"},
        reason="The customer survey ended on Friday",
    ),
)


async def play(slack: SlackStandIn) -> bool:
    """Ask and decide the examples; returns whether all came to their end.

    They are there to be looked at: a machine far too slow for them gets a demo without.
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for example in EXAMPLES:
                await _ask(slack, example)
                await _decide(slack, example)
            for example in EXAMPLES:
                await slack.until(partial(_says, slack, example, example.end))
    except (TimeoutError, CannotDo):
        return False
    return True


async def _ask(slack: SlackStandIn, example: Example) -> None:
    person = slack.person(example.requester)
    first = next(iter(example.entries))
    await _until(
        slack, partial(_shows, person, first), lambda: person.command(CHANNEL, f"/route-number {example.number}")
    )
    for label, value in example.entries.items():
        await slack.until(partial(_shows, person, label))
        await person.fill(label, value)
    await person.fill("Reason", example.reason)
    for _ in range(TRIES):
        sent = await person.submit()
        if sent["ok"]:
            break
    await slack.until(partial(_says, slack, example, "pending"))


async def _decide(slack: SlackStandIn, example: Example) -> None:
    person = slack.person(example.reviewer)
    card = _card(person, example)
    if example.denial is None:
        await _until(slack, lambda: not _says(slack, example, "pending"), lambda: person.click("Approve", card))
        return
    await _until(slack, partial(_shows, person, "Reason"), lambda: person.click("Deny", card))
    await person.fill("Reason", example.denial)
    await person.submit()


async def _until(slack: SlackStandIn, condition: Callable[[], bool], act: Callable[[], Awaitable[object]]) -> None:
    """Act until it had its effect: on a busy machine Slack's three seconds may pass, and a person tries again."""
    for _ in range(TRIES):
        await act()
        with contextlib.suppress(TimeoutError):
            await slack.until(condition, AGAIN_SECONDS)
            return
    raise TimeoutError


def _shows(person: Person, label: str) -> bool:
    return person.has_view and label in person.labels()


def _says(slack: SlackStandIn, example: Example, state: str) -> bool:
    person = slack.person(example.reviewer)
    try:
        return f"State: {state}" in person.read(_card(person, example))
    except CannotDo:
        return False


def _card(person: Person, example: Example) -> Message:
    for message in person.messages(CHANNEL):
        if message.thread_ts in (None, message.ts) and example.reason in person.read(message):
            return message
    raise CannotDo("The card is not there yet.")
