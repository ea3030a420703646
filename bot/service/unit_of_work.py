"""The one way in which the service writes: state, outbox messages and audit events of a decision commit together."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import AuditEvent
from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import Fact
from bot.domain.state import State
from bot.service.context import WORKER_ID, Actor, ServiceContext, Work
from bot.service.messages import card_beside, card_is_dirty, change_lane, thread_again
from bot.service.put_back_facts import put_back_ended
from bot.store import audit, changes, edits, outbox, overlaps
from bot.store.held import Held
from bot.store.held import hold as hold_change
from bot.store.outbox import OutboxDraft
from bot.telemetry import CHANGE_STEPS


class UnitOfWork:
    """One open transaction, and the audit events that it will append as its last act; `at` is the time of all of it."""

    def __init__(self, tx: AsyncConnection, actor: Actor, at: datetime, held: Held | None = None) -> None:
        self.tx = tx
        self.actor = actor
        self.at = at
        self._held = held
        self.states: list[State] = []
        self.work = Work(0)
        self._events: list[AuditEvent] = []
        self._dirty: dict[int, OutboxDraft] = {}
        self._told: list[OutboxDraft] = []
        self._hurried: set[str] = set()

    @property
    def held(self) -> Held:
        """The change that this transaction has locked."""
        if self._held is None:
            raise ValueError("no change is held")
        return self._held

    async def step(
        self,
        old: ChangeRequest,
        new: ChangeRequest,
        event: Event,
        after: Mapping[str, Any] | None = None,
        *,
        is_shown: bool = True,
        shown_after: timedelta = timedelta(0),
    ) -> ChangeRequest:
        """Save one step of a change with its audit event, and mark its card as dirty where the step shows on it.

        `shown_after` puts that off, for a step that another one follows soon. Returns the change as stored. Raises
        StaleVersion when somebody else saved it since it was read.
        """
        is_edit = new.revision != old.revision
        new = await (edits.save if is_edit else changes.save)(self.tx, new)
        self.states.append(new.state)
        self._note(new, event, {"state": old.state.value}, {"state": new.state.value, **(after or {})})
        if is_shown:
            self._dirty[new.id] = card_is_dirty(new, self.at + shown_after)
        if old.state in (State.APPROVED, State.APPLYING) and is_shown and not shown_after:
            self._hurried.add(change_lane(new.id))
        if self.actor.user_id != WORKER_ID and new.state not in (State.PENDING, State.DENIED):
            self.work |= Work.APPLY if new.is_due(self.at) else Work.LOOK
        self._told.extend(put_back_ended(new, self.at))
        if old.state is State.UNCLEAR:
            # Whatever is done about it, the buttons that called a person for it can do nothing any more.
            self._told.append(thread_again(new.team_id, new.id, Fact.UNCLEAR, self.at, new.version))
        if (old.state in overlaps.STATES) != (new.state in overlaps.STATES) or is_edit:
            await self._show_others_again(new)
        if is_edit and not old.patch.fields <= new.patch.fields:
            await self._show_others_again(old)
        return new

    async def submitted(
        self, change: ChangeRequest, after: Mapping[str, Any], *, event: Event = Event.SUBMITTED
    ) -> None:
        """Note the first step of a change that was just inserted."""
        self.states.append(change.state)
        self._note(change, event, None, {"state": change.state.value, **after})
        self._dirty[change.id] = card_is_dirty(change, self.at)
        await self._show_others_again(change)

    async def _show_others_again(self, change: ChangeRequest) -> None:
        """Let the cards of other open changes name this one, or name it no longer."""
        others = await overlaps.shown_beside(self.tx, change)
        self._told.extend(card_beside(change.team_id, other, change, self.at) for other in others)

    async def tell(self, *drafts: OutboxDraft) -> None:
        """Record messages to send, as the transaction ends; a fact that is recorded already is left alone."""
        self._told.extend(drafts)

    async def take_deferred(self, change: ChangeRequest) -> list[Mapping[str, Any]]:
        """Drop what the change's lane was to tell later, and return it: what this transaction tells includes it."""
        lane = change_lane(change.id)
        self._hurried.discard(lane)
        return await outbox.drop_deferred(self.tx, lane, self.at)

    def note(
        self,
        event: Event,
        *,
        change_id: int | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        team_id: str | None = None,
    ) -> None:
        """Record a fact that is no step of a change: a refusal, a pause; of the actor's team unless one is given."""
        if event is Event.RESUMED:
            self.work |= Work.LOOK
        self._events.append(
            AuditEvent(
                at=self.at,
                team_id=self.actor.team_id if team_id is None else team_id,
                actor_id=self.actor.user_id,
                event=event.value,
                origin=self.actor.origin,
                change_id=change_id,
                before=before,
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

    async def close(self) -> None:
        """Record what is to be told, and append the audit events as the last act of the transaction."""
        for lane in sorted(self._hurried):
            await outbox.hurry(self.tx, lane, self.at)
        drafts = [*self._dirty.values(), *self._told]
        await outbox.enqueue(self.tx, drafts)
        if any(draft.due_at <= self.at for draft in drafts):
            self.work |= Work.DELIVER
        await audit.append(self.tx, self._events)


@asynccontextmanager
async def unit_of_work(
    context: ServiceContext, actor: Actor, *, hold: int | None = None, team_id: str | None = None
) -> AsyncIterator[UnitOfWork]:
    """Open a write transaction; on leaving append the audit events, commit, and wake this process's worker.

    `hold` names a change, of one team when `team_id` is given, that is locked first: it is in `held`. Any exception
    rolls everything back. Raises UnknownChange for a change that there is not, and DatabaseUnavailable.
    """
    async with context.database.transaction() as tx:
        if hold is None:
            unit = UnitOfWork(tx, actor, await context.clock.read(tx))
        else:
            held = await hold_change(tx, context.clock, hold, team_id=team_id)
            unit = UnitOfWork(tx, actor, held.at, held)
        yield unit
        await unit.close()
    for state in unit.states:
        CHANGE_STEPS.labels(state.value).inc()
    if unit.work:
        context.wake(unit.work)
