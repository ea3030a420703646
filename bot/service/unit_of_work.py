"""The one way in which the service writes: state, outbox messages and audit events of a decision commit together."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import AuditEvent
from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import Fact
from bot.domain.state import State
from bot.service.context import Actor, ServiceContext
from bot.service.messages import card_beside, card_is_dirty, thread_again
from bot.store import audit, changes, outbox, overlaps
from bot.store.outbox import OutboxDraft
from bot.telemetry import CHANGE_STEPS


class UnitOfWork:
    """One open transaction, and the audit events that it will append as its last act; `at` is the time of all of it."""

    def __init__(self, tx: AsyncConnection, actor: Actor, at: datetime) -> None:
        self.tx = tx
        self.actor = actor
        self.at = at
        self.states: list[State] = []
        self._events: list[AuditEvent] = []

    async def step(
        self, old: ChangeRequest, new: ChangeRequest, event: Event, after: Mapping[str, Any] | None = None
    ) -> ChangeRequest:
        """Save one step of a change with its audit event, and mark its card as dirty.

        Returns the change as stored. Raises StaleVersion when somebody else saved it since it was read.
        """
        new = await changes.save(self.tx, new)
        self.states.append(new.state)
        before = {"state": old.state.value}
        self._note(new, event, before, {"state": new.state.value, **(after or {})})
        dirty = [card_is_dirty(new, self.at)]
        if old.state is State.UNCLEAR:
            # Whatever is done about it, the buttons that called a person for it can do nothing any more.
            dirty.append(thread_again(new.team_id, new.id, Fact.UNCLEAR, self.at, new.version))
        await outbox.enqueue(self.tx, dirty)
        if (old.state in overlaps.STATES) != (new.state in overlaps.STATES):
            await self._show_others_again(new)
        return new

    async def submitted(self, change: ChangeRequest, after: Mapping[str, Any]) -> None:
        """Note the first step of a change that was just inserted."""
        self.states.append(change.state)
        self._note(change, Event.SUBMITTED, None, {"state": change.state.value, **after})
        await outbox.enqueue(self.tx, [card_is_dirty(change, self.at)])
        await self._show_others_again(change)

    async def _show_others_again(self, change: ChangeRequest) -> None:
        """Let the cards of other open changes name this one, or name it no longer."""
        others = await overlaps.shown_beside(self.tx, change)
        await outbox.enqueue(self.tx, [card_beside(change.team_id, other, change, self.at) for other in others])

    async def tell(self, *drafts: OutboxDraft) -> None:
        """Record messages to send; a fact that is recorded already is left alone."""
        await outbox.enqueue(self.tx, drafts)

    def note(
        self,
        event: Event,
        *,
        change_id: int | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a fact that is no step of a change: a refusal, a pause."""
        self._events.append(
            AuditEvent(
                at=self.at,
                team_id=self.actor.team_id,
                actor_id=self.actor.user_id,
                event=event.value,
                origin=self.actor.origin,
                change_id=change_id,
                after=after,
            )
        )

    def _note(
        self, change: ChangeRequest, event: Event, before: Mapping[str, Any] | None, after: Mapping[str, Any]
    ) -> None:
        self._events.append(
            AuditEvent(
                at=self.at,
                team_id=change.team_id,
                actor_id=self.actor.user_id,
                event=event.value,
                origin=self.actor.origin,
                change_id=change.id,
                change_version=change.version,
                before=before,
                after=after,
            )
        )

    async def close(self) -> bool:
        """Append the audit events, as the last act of the transaction; say whether there were any."""
        if self._events:
            await audit.append(self.tx, self._events)
        return bool(self._events)


@asynccontextmanager
async def unit_of_work(context: ServiceContext, actor: Actor) -> AsyncIterator[UnitOfWork]:
    """Open a write transaction; on leaving append the audit events, commit, and wake this process's worker.

    Any exception rolls everything back. Raises DatabaseUnavailable when the database does not answer.
    """
    async with context.database.transaction() as tx:
        unit = UnitOfWork(tx, actor, await context.clock.read(tx))
        yield unit
        is_work = await unit.close()
    for state in unit.states:
        CHANGE_STEPS.labels(state.value).inc()
    if is_work:
        context.wake()
