"""What people do in a history, each an act of its own; it says whether it had an effect."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.change import ChangeRequest
from bot.domain.errors import DomainError
from bot.domain.rules.people import Person
from bot.domain.rules.policy import HeldPolicy
from bot.domain.schedule import Schedule
from bot.domain.state import FollowUp
from bot.sandbox.slack.workspace.seed import ADA, ALAN, PHONE_ROUTING, RITA, SUPPORT_OPS, TEAM
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.service.bundles.asking import submit_several
from bot.service.bundles.editing import edit_several
from bot.service.context import Actor
from bot.service.edit import edit
from bot.service.follow_up import ask_follow_up
from bot.service.move_card import move_card
from bot.service.outside.deciding import keep, to_put_back
from bot.service.override import override
from bot.service.override_review import review_override
from bot.service.pause import pause, resume
from bot.service.put_back import keep_applied, put_back_now
from bot.service.revert import revertible
from bot.service.review import approve, cancel, deny, take_back
from bot.service.rights import Asking
from bot.service.submission import Submission
from bot.service.submit import submit
from bot.store.changes import get
from bot.store.errors import StaleVersion
from tests.histories.grammar import POLICIES
from tests.histories.world import HistoryWorld

NUMBERS = ("+14155550123", "+13125550111", "+441614960123")
CHANNELS = (PHONE_ROUTING, SUPPORT_OPS)
PEOPLE = tuple(Actor(TEAM.id, user, "test") for user in (RITA, ALAN, ADA))
# What a person writes who wants to wake everybody up.
REASON = "Because <!channel> & *all* said so"
_OPEN = "state IN ('pending', 'approved', 'applying', 'unclear')"
_PUT_BACK = "origin = 'put_back' AND state = 'approved'"


class _Everybody:
    """Says of everybody that they are who they are, and in no group."""

    async def to_ask(self, held: HeldPolicy, requester_id: str) -> Asking:
        raise NotImplementedError

    async def to_override(self, held: HeldPolicy, user_id: str) -> Person:
        _ = held
        return Person(user_id, frozenset(), frozenset())

    async def to_decide(self, held: HeldPolicy, people: Collection[str]) -> Mapping[str, frozenset[str]]:
        raise NotImplementedError


class PeoplesActs:
    """The acts of people. `refused` counts those that were turned away."""

    def __init__(self, world: HistoryWorld) -> None:
        self.world = world
        self.refused = 0
        self.marks = count(1)
        self._forms = count(1)

    async def ask(self, who: int, number: int, one: Field, other: Field) -> bool:
        return await self.tried(submit(self.world.context, self._submission(who, NUMBERS[number], {one, other})))

    async def ask_for_later(self, who: int, number: int, field: Field, start: int, put_back: int) -> bool:
        now = self.world.clock.now()
        schedule = Schedule(
            now + timedelta(minutes=start) if start else None, now + timedelta(minutes=put_back) if put_back else None
        )
        wish = replace(self._submission(who, NUMBERS[number], {field}), schedule=schedule)
        return await self.tried(submit(self.world.context, wish))

    async def ask_for_several(self, who: int, field: Field, many: int, put_back: int) -> bool:
        put_back_at = self.world.clock.now() + timedelta(minutes=put_back) if put_back else None
        wish = self._submission(who, NUMBERS[0], {field})
        wish = replace(wish, others=NUMBERS[1:many], schedule=Schedule(None, put_back_at))
        return await self.tried(submit_several(self.world.context, wish))

    async def revert(self, who: int, nth: int) -> bool:
        async def ask_anew(change: ChangeRequest) -> None:
            found = await revertible(self.world.context, PEOPLE[who], change.id)
            wish = self._submission(who, found.key.number, set(found.patch.fields))
            former = found.before.patch_to(found.patch.fields)
            await submit(self.world.context, replace(wish, patch=former, parent_id=found.id))

        return await self._with(nth, ask_anew, "state = 'applied'")

    async def approve(self, who: int, nth: int) -> bool:
        return await self._with(nth, lambda change: approve(self.world.context, PEOPLE[who], change.id))

    async def deny(self, who: int, nth: int) -> bool:
        return await self._with(nth, lambda change: deny(self.world.context, PEOPLE[who], change.id, "No."))

    async def take_back(self, who: int, nth: int) -> bool:
        return await self._with(nth, lambda change: take_back(self.world.context, PEOPLE[who], change.id))

    async def cancel(self, who: int, nth: int) -> bool:
        return await self._with(nth, lambda change: cancel(self.world.context, PEOPLE[who], change.id))

    async def edit(self, nth: int, field: Field, left_out: int) -> bool:
        def by_requester(change: ChangeRequest) -> Awaitable[Any]:
            who = next(i for i, person in enumerate(PEOPLE) if person.user_id == change.requester_id)
            wish = self._submission(who, change.key.number, {field})
            if change.bundle_id is None:
                return edit(self.world.context, wish, change.id, change.revision)
            kept = [each for at, each in enumerate(NUMBERS) if at != left_out or not at]
            wish = replace(wish, number=kept[0], others=tuple(kept[1:]))
            return edit_several(self.world.context, wish, change.lead_id, change.revision)

        return await self._with(nth, by_requester, "state = 'pending'")

    async def follow_up(self, who: int, nth: int, what: FollowUp) -> bool:
        return await self._with(
            nth, lambda change: ask_follow_up(self.world.context, PEOPLE[who], change.id, what), "state = 'unclear'"
        )

    async def override(self, nth: int) -> bool:
        def by_ada(change: ChangeRequest) -> Awaitable[Any]:
            return override(self.world.context, PEOPLE[2], change.id, "It burns", look_up=_Everybody())

        return await self._with(nth, by_ada, "state = 'pending'")

    async def review_override(self, who: int, nth: int) -> bool:
        return await self._with(
            nth, lambda change: review_override(self.world.context, PEOPLE[who], change.id), "overridden_at IS NOT NULL"
        )

    async def put_back_now(self, who: int, nth: int) -> bool:
        return await self._with(nth, lambda change: put_back_now(self.world.context, PEOPLE[who], change.id), _PUT_BACK)

    async def keep(self, who: int, nth: int) -> bool:
        return await self._with(nth, lambda change: keep_applied(self.world.context, PEOPLE[who], change.id), _PUT_BACK)

    async def keep_outside(self, who: int) -> bool:
        found = self._changed_outside()
        return found is not None and await self.tried(keep(self.world.context, PEOPLE[who], found["notice_id"]))

    async def put_back_outside(self, who: int) -> bool:
        found = self._changed_outside()
        if found is None:
            return False

        async def ask_for_former() -> None:
            change, _ = await to_put_back(self.world.context, PEOPLE[who], found["id"])
            moved = change.moved
            wish = self._submission(who, moved.key.number, set(moved.fields))
            await submit(self.world.context, replace(wish, patch=moved.before.patch_to(moved.fields)))

        return await self.tried(ask_for_former())

    async def pause(self) -> bool:
        return await self.tried(pause(self.world.context, PEOPLE[1], PHONE_ROUTING, "Lunch"))

    async def resume(self) -> bool:
        return await self.tried(resume(self.world.context, PEOPLE[1], PHONE_ROUTING))

    async def policy(self, which: int) -> bool:
        self.world.policies.append(POLICIES[which])
        return True

    async def move_card(self, nth: int, to: int) -> bool:
        def by_requester(change: ChangeRequest) -> Awaitable[Any]:
            who = Actor(TEAM.id, change.requester_id, "test")
            return move_card(self.world.context, who, change.lead_id, CHANNELS[to])

        return await self._with(nth, by_requester)

    # Hands

    def _submission(self, who: int, number: str, fields: set[Field]) -> Submission:
        mark = next(self.marks)
        share = Decimal(mark % 90 + 5) / 100
        wanted = Assignment(
            inbound=(WeightedAgent(SALES, None, share), WeightedAgent(SUPPORT, None, 1 - share)),
            outbound=(WeightedAgent(SALES, mark % 4),),
            webhook_url=f"https://hooks.example.com/{mark}",
            is_time_routing_enabled=bool(mark % 2),
        )
        return Submission(
            actor=PEOPLE[who],
            channel_id=PHONE_ROUTING,
            number=number,
            patch=AssignmentPatch(wanted, frozenset(fields)),
            reason=REASON,
            submission_key=f"form-{next(self._forms)}",
        )

    async def change(self, nth: int, which: str = _OPEN) -> ChangeRequest | None:
        """Return one of the changes of a condition, counted from the newest."""
        found = self.world.database.memory.read(f"SELECT id FROM changes WHERE {which} ORDER BY id")  # noqa: S608 - ours
        if not found:
            return None
        async with self.world.database.reading() as tx:
            return await get(tx, found[-1 - nth % len(found)]["id"])

    def _changed_outside(self) -> Mapping[str, Any] | None:
        """Return what was found last."""
        found = self.world.database.memory.read("SELECT id, notice_id FROM outside_changes ORDER BY id DESC LIMIT 1")
        return dict(found[0]) if found else None

    async def _with(self, nth: int, verb: Callable[[ChangeRequest], Awaitable[Any]], which: str = _OPEN) -> bool:
        change = await self.change(nth, which)
        return change is not None and await self.tried(verb(change))

    async def tried(self, verb: Awaitable[Any]) -> bool:
        try:
            await verb
        except DomainError:
            self.refused += 1
            return False
        except StaleVersion:
            return False
        return True
