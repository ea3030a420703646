"""What follows when numbers were changed outside: the record, the notice, and the end of changes that fit no more.

All of it in the transaction that writes the mirror: afterwards nothing would show that there is something to tell.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import structlog

from bot.domain.assignment import Assignment, Field
from bot.domain.events import Event
from bot.domain.facts import Fact, Problem
from bot.domain.outside import MovedOutside
from bot.service import redaction
from bot.service.applying.names import name_fields
from bot.service.context import ServiceContext
from bot.service.messages import results_fact, thread_fact
from bot.service.put_back_facts import is_told_with_all
from bot.service.unit_of_work import UnitOfWork
from bot.store import outside, own_deeds

log = structlog.get_logger(__name__)

LOGGED_AT_MOST = 20
# The reading of a whole list.
WHOLE = "list"


async def note(
    unit: UnitOfWork, context: ServiceContext, moved: Sequence[MovedOutside], *, reading: str = WHOLE
) -> None:
    """Record what was changed outside, and end the open changes that it makes stale.

    Hold the lock of the mirror's writes. `reading` names what found it: what one finds is told together.
    """
    if not moved:
        return
    asked_last = await own_deeds.asked_last(unit.tx, context.workspace, [each.key.number for each in moved])
    by_channel: dict[str, list[MovedOutside]] = defaultdict(list)
    teams: dict[str, str] = {}
    for each in moved:
        team_id, asked_in = asked_last.get(each.key.number, ("", ""))
        channel_id = context.approval_channel or asked_in
        by_channel[channel_id].append(each)
        teams[channel_id] = teams.get(channel_id) or team_id
        unit.note(
            Event.CHANGED_OUTSIDE,
            team_id=team_id,
            before={"number": each.key.number, **_recorded(each.before, each.fields)},
            after={
                "number": each.key.number,
                "account_sid": each.key.account_sid,
                "workspace_id": each.key.workspace_id,
                **_recorded(each.after, each.fields),
            },
        )
    for channel_id, some in by_channel.items():
        notice_id = await outside.open_notice(
            unit.tx,
            context.workspace,
            reading=reading,
            team_id=teams[channel_id],
            channel_id=channel_id,
            at=unit.at,
        )
        await outside.add(unit.tx, notice_id, some)
    await _end_stale(unit, context, moved)
    _log(moved, nobody_told=len(by_channel.get("", ())))


async def _end_stale(unit: UnitOfWork, context: ServiceContext, moved: Sequence[MovedOutside]) -> None:
    by_number = {each.key.number: each for each in moved}
    for change in await own_deeds.lock_open(unit.tx, context.workspace, moved):
        now = by_number[change.key.number].after
        gone = change.before.differing(now, change.patch.fields)
        # What was sent of it once may have landed late: its own look decides.
        if not gone or (change.looked is not None and change.patch.is_satisfied_by(now)):
            continue
        problem = f"The number was changed since {change.label} was asked: {name_fields(gone)}. Nothing was sent."
        stale = await unit.step(
            change, change.go_stale(unit.at, problem), Event.STALE, {"problem": problem, "because_of": "outside"}
        )
        if is_told_with_all(stale):
            await unit.tell(results_fact(stale, unit.at))
        else:
            await unit.tell(thread_fact(stale, Fact.STALE, unit.at, Problem(problem=problem)))


def _recorded(assignment: Assignment, fields: frozenset[Field]) -> dict[str, Any]:
    return redaction.of_patch(assignment.patch_to(fields))


def _log(moved: Sequence[MovedOutside], *, nobody_told: int) -> None:
    log.warning(
        Event.CHANGED_OUTSIDE.value,
        count=len(moved),
        numbers=[each.key.number for each in moved[:LOGGED_AT_MOST]],
        **({"told_to_nobody": nobody_told} if nobody_told else {}),
    )
