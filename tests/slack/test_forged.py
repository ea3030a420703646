"""Forged requests, past the door: whoever may not decide changes no number, whatever they send, and breaks nothing.

`HOSTILE_EXAMPLES=10000` makes the runs long.
"""

import contextlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.domain.errors import AlreadyDecided, UnknownChange
from bot.domain.state import State
from bot.sandbox.slack.workspace.seed import ADA, ALAN, PHONE_ROUTING, RITA, TEAM
from bot.service import history, pause
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from bot.service.context import Actor
from bot.slack.form.state import FormState
from bot.slack.form.view import WITHDRAW
from bot.slack.listeners.buttons import VERBS
from bot.slack.messages.card import CANCEL, EDIT
from bot.slack.payloads import BlockActions, BlockSuggestion, ViewSubmission
from bot.slack.request_check import parse
from tests.slack.bot_harness import BotHarness
from tests.slack.forging import (
    GONE,
    LABELS,
    MAY_NOT_DECIDE,
    Body,
    Doors,
    forged,
    overhear,
    pressed,
    spoiled,
    spoiled_everywhere,
)

EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "40"))
FUZZ = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
OPEN = 2
OWN = [verb for verb in VERBS if verb not in (CANCEL, EDIT)]


class Breaker:
    """A bot, what was overheard of it, and what must hold whatever it is sent."""

    def __init__(self, world: BotHarness, overheard: list[Body]) -> None:
        self.world = world
        self.overheard = overheard
        self.doors = Doors.of(world.app)
        self.numbers = self._numbers()

    def _numbers(self) -> str:
        return str(self.world.uponai.state()["numbers"])

    async def send(self, bodies: Sequence[Body]) -> None:
        """Send them all; each is answered, and none breaks our code."""
        with structlog.testing.capture_logs() as logs:
            for body in bodies:
                answer = await self.world.app.handle(body)
                assert answer.status in (200, 400), answer
            await self.world.app._background.drain(self.world.context.lease)
        broke = [entry for entry in logs if entry["event"] in ("slack.request_broke", "background.failed")]
        assert broke == [], bodies

    async def nothing_happened(self) -> None:
        """The open change is as it was, and nothing has reached UponAI."""
        context = self.world.context
        # Full members may pause: it must not be that alone which keeps anything from being sent.
        with contextlib.suppress(AlreadyDecided):
            await pause.resume(context, Actor(TEAM.id, ADA, "test"), PHONE_ROUTING)
        while (change := await claim_next(context)) is not None:
            await apply(context, change)
        record = await history.show(context, TEAM.id, OPEN)
        assert (record.change.state, record.change.revision, record.reviews) == (State.PENDING, 1, [])
        assert self._numbers() == self.numbers
        assert [r for r in self.world.uponai.state()["requests"] if r["method"] == "PUT"] == []


@pytest.fixture
async def breaker(bot_world: BotHarness) -> Breaker:
    people = bot_world.slack.world.users
    people[GONE] = replace(people[ALAN], id=GONE, deleted=True)
    return Breaker(bot_world, await overhear(bot_world))


@FUZZ
@given(data=st.data())
async def test_g10_nobody_who_may_not_decide_changes_a_number_whatever_they_send(
    breaker: Breaker, data: st.DataObject
) -> None:
    await breaker.send(
        data.draw(st.lists(forged(breaker.overheard, MAY_NOT_DECIDE, breaker.doors), min_size=1, max_size=6))
    )
    await breaker.nothing_happened()


@FUZZ
@given(data=st.data())
async def test_g1_the_requester_changes_no_number_alone_whatever_they_send(
    breaker: Breaker, data: st.DataObject
) -> None:
    own = st.builds(pressed, st.sampled_from(OWN), st.sampled_from(LABELS), st.just(RITA), st.just(TEAM.id))
    sent = own | own.flatmap(spoiled) | forged(by_rita(breaker.overheard), [(RITA, TEAM.id)], breaker.doors)
    await breaker.send([body for body in data.draw(st.lists(sent, min_size=1, max_size=4)) if not is_own_end(body)])
    await breaker.nothing_happened()


async def test_g2_g3_what_is_sent_again_decides_and_asks_nothing_twice(breaker: Breaker) -> None:
    context = breaker.world.context
    before = await history.recent(context, TEAM.id, None, 20)
    await breaker.send([*breaker.overheard, *reversed(breaker.overheard)])
    assert await history.recent(context, TEAM.id, None, 20) == before
    await breaker.nothing_happened()


async def test_g8_something_odd_at_any_place_of_what_slack_sends_is_refused_or_read(breaker: Breaker) -> None:
    counts = Counter[str]()
    for place, body in spoiled_everywhere(breaker.overheard):
        try:
            parsed = parse(body)
            if isinstance(parsed, ViewSubmission | BlockActions | BlockSuggestion) and parsed.view is not None:
                FormState.read(parsed.view.private_metadata, parsed.view.blocks, parsed.view.state.values)
            counts["read"] += 1
        except ValidationError:
            counts["refused"] += 1
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            counts[f"{place} broke {type(error).__name__}"] += 1
    assert set(counts) == {"read", "refused"}
    assert counts.total() > 5_000


async def test_g8_something_odd_at_a_place_is_answered_and_breaks_nothing(breaker: Breaker) -> None:
    for _, body in spoiled_everywhere(breaker.overheard, stride=max(1, 4_000 // EXAMPLES)):
        await breaker.send([body])
    with contextlib.suppress(UnknownChange):
        record = await history.show(breaker.world.context, TEAM.id, OPEN)
        assert record.change.state in (State.PENDING, State.CANCELED, State.DENIED)


def by_rita(bodies: list[Body]) -> list[Body]:
    """Leave out what she may do with her own change: to edit, and to withdraw it."""
    return [body for body in bodies if not is_own_end(body)]


def is_own_end(body: Body) -> bool:
    text = json.dumps(body)
    return any(word in text for word in (f'"{CANCEL}"', f'"{EDIT}"', '"edits": ', f'"{WITHDRAW}"', '\\"edits\\"'))
