"""What goes on behind the answers is bounded, and waited for at the end."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.errors import TooBusy
from bot.slack.background import Background
from bot.slack.form.compose import Composed
from bot.slack.form.current_assignment import Shown
from bot.slack.form.open_forms import Forms
from bot.slack.form.state import FormState, Meta
from bot.slack.form.view import build_view


async def test_background_work_is_bounded_and_refused_in_words() -> None:
    background, gate = Background(limit=1), asyncio.Event()
    background.start(gate.wait(), name="first")
    with pytest.raises(TooBusy, match="too much to do"):
        background.start(gate.wait(), name="second")
    gate.set()
    await background.drain(timedelta(seconds=1))
    background.require_room()


async def test_draining_waits_for_what_runs_and_ends_what_hangs() -> None:
    background, done = Background(), asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        done.set()

    background.start(work(), name="works")
    hanging = background.start(asyncio.Event().wait(), name="hangs")
    await background.drain(timedelta(seconds=0.05))
    assert done.is_set()
    assert hanging.cancelled()


async def test_forms_that_were_closed_without_a_word_are_forgotten() -> None:
    forms = Forms(limit=2)
    state = FormState(meta=Meta(channel_id="C1", submission_key="k"))
    composed = Composed(state, build_view(state, Shown()), needs_read=False)
    first = forms.add({"id": "V1", "hash": "1.a"}, composed)
    for view_id in ("V2", "V3"):
        forms.add({"id": view_id, "hash": "1.a"}, composed)
    assert len(forms._forms) == 2
    assert first.view_id not in forms._forms
