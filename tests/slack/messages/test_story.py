"""The story of a change: sentences without codes, refused attempts in one line, ids only where names collide."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.audit import ChainedEvent
from bot.domain.events import Event
from bot.sandbox.slack.block_kit.words import words_of
from bot.service.context import WORKER_ID
from bot.service.history import Record
from bot.slack.block_kit.elements import rich_line, rich_text
from bot.slack.messages.details import UNPINNED, details_view, record_blocks
from bot.slack.messages.story import line_runs, lines_of
from tests.slack.messages.test_words_of_others import NOW, change_of


def event(name: str, actor: str = "U0ALAN", at: int = 1, **after: Any) -> ChainedEvent:
    return ChainedEvent(
        id=at,
        at=NOW,
        team_id="T1",
        actor_id=actor,
        origin="slack:button",
        event=name,
        change_id=1,
        after=after,
        previous_hash="",
        hash="",
    )


def told(*events: ChainedEvent) -> list[str]:
    """Write a story without its times."""
    lines = [words_of([rich_text(rich_line(*line_runs(line)))]) for line in lines_of(events)]
    return [line.partition("  ")[2] for line in lines]


def test_an_ordinary_change_is_four_sentences() -> None:
    assert told(
        event("change.submitted", "U0RITA"),
        event("change.approved", verdict="approve"),
        event("change.applying", WORKER_ID),
        event("change.sending", WORKER_ID),
        event("change.applied", WORKER_ID),
    ) == [
        "<U0RITA> asked for this",
        "<U0ALAN> approved",
        "Sent it to UponAI",
        "Read it back from UponAI: it is live",
    ]


@pytest.mark.parametrize("name", Event)
def test_no_event_shows_its_code(name: Event) -> None:
    for actor in ("U0ALAN", WORKER_ID):
        said = "".join(told(event(name.value, actor)))
        assert name.value not in said
        assert WORKER_ID not in said


def test_refused_presses_of_one_person_are_one_line_with_their_count() -> None:
    refused = [
        event("review.refused", "U0RITA", at, refused="own_change", sentence="You asked for RN-1 yourself.")
        for at in range(1, 4)
    ]
    late = event("review.refused", "U0ADA", 9, refused="already_decided", sentence="RN-1 was approved by <@U0ALAN>.")
    you = event("review.refused", "U0EVE", 10, refused="already_decided", sentence="You have already decided.")
    assert told(*refused, event("change.approved"), late, you) == [
        "<U0RITA> tried to approve or deny it 3 times, refused: the requester cannot decide about it",
        "<U0ALAN> approved",
        "<U0ADA> tried to approve or deny it, refused: RN-1 was approved by <U0ALAN>",
        "<U0EVE> tried to approve or deny it, refused: “You have already decided”",
    ]


def test_why_stands_behind_what_happened() -> None:
    assert told(event("change.denied", reason="Not <@U1> today")) == ["<U0ALAN> denied: Not <@U1> today"]
    assert told(event("change.failed", WORKER_ID, problem="No.")) == ["Gave up: UponAI refused it: No."]
    assert told(event("of.the.future")) == ["<U0ALAN> of.the.future"]


def agents_change(*names: str, version: int | None = 3) -> Record:
    wanted = tuple(WeightedAgent(f"agent_{at}", version) for at in range(len(names)))
    patch = AssignmentPatch(Assignment(wanted), frozenset({Field.INBOUND}))
    named = {f"agent_{at}": name for at, name in enumerate(names)}
    return Record(change_of(patch=patch, agent_names=named), [], [])


def test_ids_stand_there_only_where_names_collide() -> None:
    assert "agent_0" not in words_of(record_blocks(agents_change("Sales", "Support")))
    shown = words_of(record_blocks(agents_change("Sales", "sales", "Support")))
    assert "Sales …nt_0 = agent_0" in shown
    assert "agent_2" not in shown


def test_what_unpinned_means_is_said_once_and_only_where_it_matters() -> None:
    assert words_of(record_blocks(agents_change("Sales", "Support", version=None))).count(UNPINNED) == 1
    assert UNPINNED not in words_of(record_blocks(agents_change("Sales")))


def test_the_full_webhook_stands_under_its_field_in_the_window_alone() -> None:
    url = "https://hooks.example.com/in?key=hush"
    wanted = Assignment(webhook_url=url, is_time_routing_enabled=True)
    fields = frozenset({Field.WEBHOOK, Field.TIME_ROUTING})
    record = Record(replace(change_of(), patch=AssignmentPatch(wanted, fields)), [], [])
    shown = words_of(details_view(record)["blocks"])
    assert shown.index("Inbound webhook") < shown.index(url) < shown.index("Time routing")
    assert "hush" not in words_of(record_blocks(record))
