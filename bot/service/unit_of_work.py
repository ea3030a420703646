"""The one way in which the service writes: state, outbox messages and audit events of a decision commit together."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import AuditEvent
from bot.domain.change import ChangeRequest
from bot.domain.due import is_due
from bot.domain.events import Event
from bot.domain.facts import Fact
from bot.domain.key import NumberKey
from bot.domain.state import Origin, State
from bot.service import picture
from bot.service.context import WORKER_ID, Actor, ServiceContext, Work
from bot.service.messages import bundle_again, card_beside, card_is_dirty, change_lane, thread_again
from bot.service.override_facts import override_ended
from bot.service.put_back_facts import is_put_back_that_ended, put_back_ended, put_backs_again
from bot.store import audit, bundles, changes, edits, outbox, overlaps, turns
from bot.store.held import Held
from bot.store.held import hold as hold_change
from bot.store.outbox import OutboxDraft
from bot.telemetry import CHANGE_STEPS

NOT_APPLIED = frozenset({State.UNCLEAR, *(state for state in State if state.is_final)} - {State.APPLIED})

Save = Callable[[AsyncConnection, ChangeRequest], Awaitable[ChangeRequest]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a change's life, with what its audit event says of it."""

    old: ChangeRequest
    new: ChangeRequest
    event: Event
    after: Mapping[str, Any] = field(default_factory=dict)


class UnitOfWork:
    """One open transaction, and the audit events that it will append as its last act; `at` is the time of all of it."""

    def __init__(self, tx: AsyncConnection, actor: Actor, at: datetime, held: Held | None = None) -> None:
        self.tx = tx
        self.actor = actor
        self.at = at
        self._held = held
        # Of its number no other open change is there: nobody has to be looked for. True at most until one is added.
        self.is_alone = held is not None and held.is_alone
        self.states: list[State] = []
        self.work = Work(0)
        self._events: list[AuditEvent] = []
        self._dirty: dict[int, OutboxDraft] = {}
        self._told: list[OutboxDraft] = []
        # Told behind what happened.
        self._called: list[OutboxDraft] = []
        self._hurried: set[str] = set()
        self._overrides_ended: set[int] = set()

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
        save: Save | None = None,
    ) -> ChangeRequest:
        """Save one step of a change with its audit event, and mark its card as dirty where the step shows on it.

        `shown_after` puts that off, for a step that another one follows soon. `save` is how it is saved where that
        depends on more. Returns the change as stored. Raises StaleVersion when somebody else saved it since it was
        read.
        """
        is_edit = new.revision != old.revision
        new = await (save or (edits.save if is_edit else changes.save))(self.tx, new)
        self._stepped(Step(old, new, event, after or {}), is_shown=is_shown, shown_after=shown_after)
        self._called.extend(picture.edited([old], [new], self.at) if is_edit else ())
        if new.bundle_id is not None and old.state is State.PENDING and new.state.is_final:
            # It ends alone: the results of the others may count it as one that is still to come.
            self._told.append(bundle_again(new, Fact.RESULTS, self.at, new.version))
        if (old.state in overlaps.STATES) != (new.state in overlaps.STATES) or is_edit:
            await self._show_others_again(new)
        if is_edit and not old.patch.fields <= new.patch.fields:
            await self._show_others_again(replace(old, version=new.version))
        if new.bundle_id is None and is_put_back_that_ended(new):
            parent = await changes.get(self.tx, new.parent_id or new.id)
            self._told.extend(put_back_ended(new, parent, self.at))
        elif is_shown and not shown_after:
            await self._show_put_backs_again([Step(old, new, event)])
        return new

    async def step_all(self, steps: Sequence[Step]) -> list[ChangeRequest]:
        """Do as `step` does for changes that were asked together, all locked in this transaction, as one."""
        if not steps:
            return []
        is_edit = steps[0].new.revision != steps[0].old.revision
        saved = await (bundles.edit_all if is_edit else bundles.save_all)(self.tx, [each.new for each in steps])
        steps = [replace(each, new=new) for each, new in zip(steps, saved, strict=True)]
        for each in steps:
            self._stepped(each)
        self._called.extend(picture.edited([each.old for each in steps], saved, self.at) if is_edit else ())
        moved = [
            each.new for each in steps if (each.old.state in overlaps.STATES) != (each.new.state in overlaps.STATES)
        ]
        await self._show_others_of_all_again(saved if is_edit else moved)
        for each in steps:
            if is_edit and not each.old.patch.fields <= each.new.patch.fields:
                await self._show_others_again(replace(each.old, version=each.new.version))
        await self._show_put_backs_again(steps)
        return saved

    async def _show_put_backs_again(self, steps: Sequence[Step]) -> None:
        """Let the thread of what was asked together show where its put-backs stand, which are bundled as well."""
        of_bundle = [
            each.new
            for each in steps
            if each.new.origin is Origin.PUT_BACK
            and each.new.bundle_id is not None
            and each.old.state is not State.PENDING
        ]
        if of_bundle:
            parent = await changes.get(self.tx, of_bundle[0].parent_id or of_bundle[0].id)
            self._told.append(put_backs_again(of_bundle[0], parent, self.at))

    def _stepped(self, step: Step, *, is_shown: bool = True, shown_after: timedelta = timedelta(0)) -> None:
        old, new = step.old, step.new
        self.states.append(new.state)
        self._note(new, step.event, {"state": old.state.value}, {"state": new.state.value, **step.after})
        if is_shown:
            self._dirty[new.lead_id] = card_is_dirty(new, self.at + shown_after)
        if old.state in (State.APPROVED, State.APPLYING) and is_shown and not shown_after:
            self._hurried.add(change_lane(new.lead_id))
        if new.bundle_id is not None and old.state is not State.PENDING and is_shown and not shown_after:
            self._told.append(bundle_again(new, Fact.RESULTS, self.at, new.version))
        if new.bundle_id is not None and new.put_back_at is not None and new.state in NOT_APPLIED:
            # It has no part in the put-back of all, and is named there.
            self._told.append(bundle_again(new, Fact.PUT_BACK, self.at, new.version))
        if self.actor.user_id != WORKER_ID and new.state not in (State.PENDING, State.DENIED):
            self.work |= Work.APPLY if is_due(new, self.at) else Work.LOOK
        self._told.extend(picture.stepped(old, new, self.at))
        if new.lead_id not in self._overrides_ended:
            # The end of one of several shows the override of all anew.
            self._told.extend(ended := override_ended(new, self.at))
            self._overrides_ended |= {new.lead_id} if ended else set()
        if old.state is State.UNCLEAR:
            # Whatever is done about it, the buttons that called a person for it can do nothing any more.
            again = thread_again(new.team_id, new.id, Fact.UNCLEAR, self.at, new.version, lead_id=new.lead_id)
            self._told.append(again)

    async def submitted(
        self, change: ChangeRequest, after: Mapping[str, Any], *, event: Event = Event.SUBMITTED
    ) -> None:
        """Note the first step of a change that was just inserted."""
        self._submitted(change, after, event)
        self._called.extend(picture.asked([change], self.at))
        await self._show_others_again(change)

    async def submitted_all(self, asked: Sequence[tuple[ChangeRequest, Mapping[str, Any]]]) -> None:
        """Do as `submitted` does for changes that were asked together."""
        for change, after in asked:
            self._submitted(change, after)
        self._called.extend(picture.asked([change for change, _ in asked], self.at))
        await self._show_others_of_all_again([change for change, _ in asked])

    def _submitted(self, change: ChangeRequest, after: Mapping[str, Any], event: Event = Event.SUBMITTED) -> None:
        self.is_alone = False
        self.states.append(change.state)
        self._note(change, event, None, {"state": change.state.value, **after})
        self._dirty[change.lead_id] = card_is_dirty(change, self.at)

    async def _show_others_again(self, change: ChangeRequest) -> None:
        """Let the cards of other open changes name this one, or name it no longer."""
        if self.is_alone:
            return
        others = await overlaps.shown_beside(self.tx, change)
        self._told.extend(card_beside(other, lead, change, self.at) for other, lead in others)

    async def _show_others_of_all_again(self, some: Sequence[ChangeRequest]) -> None:
        of_change = {each.id: each for each in some}
        for change_id, others in (await overlaps.shown_beside_all(self.tx, some)).items() if some else ():
            self._told.extend(card_beside(other, lead, of_change[change_id], self.at) for other, lead in others)

    async def tell(self, *drafts: OutboxDraft) -> None:
        """Record messages to send, as the transaction ends; a fact that is recorded already is left alone."""
        self._told.extend(drafts)

    async def take_deferred(self, change: ChangeRequest) -> list[Mapping[str, Any]]:
        """Drop what the change's lane was to tell later, and return it: what this transaction tells includes it.

        Of changes that were asked together it may be about another one, and stays.
        """
        if change.bundle_id is not None:
            return []
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
        drafts = [*self._dirty.values(), *self._told, *picture.not_called_twice(self._called, self._told)]
        await outbox.enqueue(self.tx, drafts)
        if any(draft.due_at <= self.at for draft in drafts):
            self.work |= Work.DELIVER
        await audit.append(self.tx, self._events)


@asynccontextmanager
async def unit_of_work(
    context: ServiceContext,
    actor: Actor,
    *,
    hold: int | None = None,
    team_id: str | None = None,
    beside: NumberKey | None = None,
    submission_key: str | None = None,
) -> AsyncIterator[UnitOfWork]:
    """Open a write transaction; on leaving append the audit events, commit, and wake this process's worker.

    `hold` names a change, of one team when `team_id` is given, that is locked first: it is in `held`. With `beside`,
    its number, all others of that which have not ended are locked too. With `submission_key` nobody else answers that
    submission of a form meanwhile. Any exception rolls everything back. Raises
    UnknownChange for a change that there is not, and DatabaseUnavailable.
    """
    async with context.database.transaction() as tx:
        if submission_key is not None:
            unit = UnitOfWork(tx, actor, await turns.to_submit(tx, context.clock, actor.team_id, submission_key))
        elif hold is None:
            unit = UnitOfWork(tx, actor, await context.clock.read(tx))
        else:
            held = await hold_change(tx, context.clock, hold, team_id=team_id, beside=beside)
            unit = UnitOfWork(tx, actor, held.at, held)
        yield unit
        await unit.close()
    for state in unit.states:
        CHANGE_STEPS.labels(state.value).inc()
    if unit.work:
        context.wake(unit.work)
