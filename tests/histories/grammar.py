"""What can happen in a history, and how one is drawn."""

import random
from datetime import datetime
from typing import Any

from bot.domain.assignment import Field
from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.rules.windows import DAYS, Freeze, Window
from bot.domain.state import FollowUp
from bot.sandbox.slack.workspace.seed import ADA
from tests.histories.far_ends import DONE, UNDONE, UPONAI_ONLY

SLACK_METHODS = ("chat.postMessage", "chat.update", "conversations.replies", "conversations.history")
_FREEZE = Freeze(datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 9, 10), "UTC", "Moving house")  # noqa: DTZ001 - a local time
POLICIES = (
    Policy(),
    Policy(rules=(Rule(name="Two", quorum=2),)),
    Policy(rules=(Rule(name="Held up", denial=Denial.BLOCKS),)),
    Policy(rules=(Rule(name="Urgent", quorum=2, override=People(people=frozenset({ADA}))),)),
    Policy(rules=(Rule(name="Not now", freezes=(_FREEZE,)),)),
    Policy(rules=(Rule(name="By day", windows=(Window(DAYS, 9 * 60, 9 * 60 + 20, "UTC"),)),)),
)
FIELDS = tuple(Field)
_workers, _people, _changes, _commits = (0, 1), (0, 1, 2), (0, 1, 2, 3), (1, 2, 3, 4)
# One of several numbers that an edit leaves out, 0 for none; how many are asked for, and when they are put back.
_left_out, _many, _put_back = (0, 0, 1, 2), (2, 2, 3), (0, 0, 30)

Act = tuple[Any, ...]
Rule_ = tuple[str, tuple[tuple[Any, ...], ...]]

_PRESSES: list[Rule_] = [
    *[("approve", (_people, _changes))] * 3,
    ("deny", (_people, _changes)),
    ("cancel", (_people, _changes)),
    ("edit", (_changes, FIELDS, _left_out)),
    ("take_back", (_people, _changes)),
    *[("work", (_workers,))] * 2,
    ("deliver", (_workers,)),
    ("expire", (_workers,)),
]
# Each act with what it may be given. Those that stand here more than once happen more often.
GRAMMAR: list[Rule_] = [
    *[("ask", (_people, (0, 0, 0, 1), FIELDS, FIELDS))] * 4,
    ("ask_for_later", (_people, (0, 0, 1), FIELDS, (0, 0, 10, 60), (0, 30, 90))),
    ("ask_for_several", (_people, FIELDS, _many, _put_back)),
    ("revert", (_people, _changes)),
    *[("approve", (_people, _changes))] * 7,
    ("deny", (_people, _changes)),
    ("take_back", (_people, _changes)),
    ("cancel", (_people, _changes)),
    ("edit", (_changes, FIELDS, _left_out)),
    ("follow_up", (_people, _changes, tuple(FollowUp))),
    ("pause", ()),
    *[("resume", ())] * 3,
    ("policy", (tuple(range(len(POLICIES))),)),
    ("override", (_changes,)),
    ("review_override", (_people, _changes)),
    ("put_back_now", (_people, _changes)),
    ("keep", (_people, _changes)),
    ("keep_outside", (_people,)),
    ("put_back_outside", (_people,)),
    ("remind", (_workers,)),
    *[("work", (_workers,))] * 6,
    *[("deliver", (_workers,))] * 3,
    *[("settle", (_workers,))] * 2,
    *[("both", ())] * 4,
    ("refresh", (_workers,)),
    ("expire", (_workers,)),
    *[("die", (_workers, _commits, (True, False), ("work", "work", "deliver")))] * 3,
    *[("stall", (_workers, _commits, ("work", "work", "deliver")))] * 2,
    *[("uponai", (("write", "write", "read"), (*UNDONE, *DONE, *UPONAI_ONLY)))] * 6,
    *[("slack", (SLACK_METHODS, (*UNDONE, *DONE)))] * 4,
    ("dashboard", ((0, 0, 0, 1), FIELDS)),
    ("dashboard_all", (FIELDS,)),
    ("delete_card", (_changes,)),
    ("look_at_cards", (_workers,)),
    ("archive", ((True, False),)),
    ("move_card", (_changes, (0, 1))),
    *[("tick", ((1, 5, 20, 40, 600, -1),))] * 5,
    ("tick", ((3500, 90_000),)),
]
# What leads somewhere, one after the other, with anything in between.
_APPROVED: list[Rule_] = [("ask", ((0,), (0,), (Field.INBOUND,), FIELDS)), ("approve", ((1,), (0,)))]
_UNCLEAR: list[Rule_] = [
    *_APPROVED,
    ("uponai", (("write",), ("slow", "after", "half"))),
    ("work", (_workers,)),
    ("dashboard", ((0,), (Field.INBOUND, Field.WEBHOOK))),
    ("tick", ((20, 40),)),
    ("work", (_workers,)),
]
THEMES: tuple[list[Rule_], ...] = (
    [],
    [*_APPROVED, ("work", (_workers,)), ("deliver", (_workers,)), ("revert", (_people, (0,)))],
    [*_UNCLEAR, ("follow_up", (_people, (0,), tuple(FollowUp))), ("work", (_workers,))],
    [
        ("ask_for_later", ((0,), (0,), FIELDS, (0,), (30,))),
        ("approve", ((1,), (0,))),
        ("work", (_workers,)),
        ("put_back_now", (_people, (0,))),
        ("keep", (_people, (0,))),
        ("tick", ((600, 3500),)),
        ("work", (_workers,)),
    ],
    [
        ("dashboard", ((0,), FIELDS)),
        ("tick", ((90_000,),)),
        *[("refresh", (_workers,))] * 2,
        ("put_back_outside", ((0,),)),
        ("keep_outside", (_people,)),
        ("approve", ((1,), (0,))),
    ],
    [
        ("policy", ((3,),)),
        ("ask", ((0,), (0,), FIELDS, FIELDS)),
        ("override", ((0,),)),
        ("work", (_workers,)),
        ("tick", ((90_000,),)),
        ("remind", (_workers,)),
        ("review_override", (_people, (0,))),
    ],
    [
        ("policy", ((2,),)),
        ("ask", ((0,), (0,), FIELDS, FIELDS)),
        ("deny", ((1,), (0,))),
        ("approve", ((2,), (0,))),
        ("take_back", ((1,), (0,))),
        ("work", (_workers,)),
    ],
    [
        ("ask_for_several", ((0,), FIELDS, _many, (0,))),
        ("edit", ((0,), FIELDS, _left_out)),
        ("approve", ((1,), (0,))),
        *[("work", (_workers,))] * 2,
    ],
    [
        ("ask_for_several", ((0,), FIELDS, _many, (30,))),
        ("approve", ((1,), (0,))),
        *[("work", (_workers,))] * 3,
        ("put_back_now", (_people, (0,))),
        ("keep", (_people, (0,))),
        ("tick", ((600, 3500),)),
        *[("work", (_workers,))] * 2,
    ],
    [
        ("policy", ((3,),)),
        ("ask_for_several", ((0,), FIELDS, _many, _put_back)),
        ("override", ((0,),)),
        *[("work", (_workers,))] * 2,
        ("review_override", (_people, (0,))),
    ],
    [
        ("ask_for_several", ((0,), FIELDS, _many, (0,))),
        ("dashboard_all", (FIELDS,)),
        ("tick", ((90_000,),)),
        *[("refresh", (_workers,))] * 2,
        ("put_back_outside", ((0,),)),
    ],
    [
        ("ask", ((0,), (0,), FIELDS, FIELDS)),
        ("archive", ((True,),)),
        ("settle", (_workers,)),
        ("move_card", ((0,), (1,))),
        ("settle", (_workers,)),
        ("archive", ((False,),)),
    ],
    [
        ("ask", (_people, (0,), FIELDS, FIELDS)),
        ("settle", (_workers,)),
        ("delete_card", ((0,),)),
        ("look_at_cards", (_workers,)),
        ("settle", (_workers,)),
    ],
    [
        *_APPROVED,
        ("ask", ((1,), (0,), FIELDS, FIELDS)),
        ("approve", ((0,), (0,))),
        ("both", ()),
        ("tick", ((600,),)),
        ("both", ()),
    ],
)
_AT_ONCE = 2
NAMES = frozenset({name for name, _ in GRAMMAR} | {"at_once"})


def draw(chance: random.Random, length: int) -> list[Act]:
    """Draw a history: a theme, and so many acts in between and behind."""
    acts: list[Act] = [("policy", chance.choice((0, 0, 0, *range(len(POLICIES)))))]
    acts += [_draw_any(chance) for _ in range(length)]
    theme = chance.choice(THEMES)
    # The theme begins early, so that what it leads to has something behind it.
    places = sorted(chance.randrange(1, 2 + length * 2 // 3) for _ in theme)
    for place, rule in reversed([*zip(places, theme, strict=True)]):
        acts.insert(place, _draw_act(chance, rule))
    return acts


def _draw_any(chance: random.Random) -> Act:
    rule = chance.choice(GRAMMAR)
    if rule[0] == "both" and chance.randrange(_AT_ONCE):
        return ("at_once", *(_draw_act(chance, chance.choice(_PRESSES)) for _ in range(_AT_ONCE)))
    return _draw_act(chance, rule)


def _draw_act(chance: random.Random, rule: Rule_) -> Act:
    return (rule[0], *(chance.choice(choices) for choices in rule[1]))
