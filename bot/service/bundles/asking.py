"""Ask for the same change of several numbers: stored as a whole, in one transaction, or not at all."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import AssignmentPatch
from bot.domain.bundle import MOST_NUMBERS, Bundle
from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.errors import InvalidNumber, InvalidSubmission, NothingDiffers
from bot.domain.events import Event
from bot.domain.facts import Fact, LeftOut
from bot.domain.number import pretty
from bot.domain.parentage import origin_of
from bot.domain.resubmission import Deviation
from bot.domain.schedule import InvalidSchedule, NeverSent
from bot.service import since
from bot.service.bundles.naming import naming
from bot.service.context import ServiceContext
from bot.service.drafting import agents_of, former_of, make_draft
from bot.service.elsewhere import refuse_elsewhere
from bot.service.lookup import present_all_within
from bot.service.messages import bundle_fact
from bot.service.refusals import refusals
from bot.service.rights import LookUp, Rights, with_rights
from bot.service.submission import Submission
from bot.service.submit import (
    as_asked_then,
    asked,
    asked_before,
    deviation_of,
    evidence,
)
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import bundles, changes
from bot.store.outbox import OutboxDraft


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for one number."""

    number: str
    patch: AssignmentPatch


async def submit_several(
    context: ServiceContext,
    submission: Submission,
    *,
    look_until: float | None = None,
    look_up: LookUp | None = None,
) -> ChangeRequest:
    """Store a submission about several numbers as one bundle of pending changes, and return its lead.

    A number for which nothing differs is left out, and that is told in the thread; where one number is left, it is a
    change by itself. Raises as `submit` does: of numbers that cannot be asked for, the sentence names the first.
    """
    wishes = [Wish(number, submission.patch) for number in dict.fromkeys((submission.number, *submission.others))]
    async with refusals(context, submission.actor, Event.ASK_REFUSED):
        work = partial(_submit, context, submission, wishes)
        return await asked(context, submission.actor, work, look_until=look_until, look_up=look_up)


async def submit_each(
    context: ServiceContext, submission: Submission, wishes: Sequence[Wish], *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Do as `submit_several` does where each number has a wish of its own; those of `submission` count for nothing."""
    async with refusals(context, submission.actor, Event.ASK_REFUSED):
        work = partial(_submit, context, submission, wishes)
        return await with_rights(look_up, work, asker=submission.actor.user_id)


async def _submit(
    context: ServiceContext, submission: Submission, wishes: Sequence[Wish], rights: Rights
) -> ChangeRequest:
    if len(wishes) > MOST_NUMBERS:
        raise InvalidNumber(f"Ask for at most {MOST_NUMBERS} numbers at once, not for {len(wishes)}.")
    async with unit_of_work(context, submission.actor, submission_key=submission.submission_key) as unit:
        deviates = partial(_deviation, unit.tx, context, submission, wishes)
        key, stored = await asked_before(unit.tx, submission, deviates)
        if stored is not None:
            return stored
        parents = await _parents(unit.tx, context, submission)
        drafts, left_out = await drafts_of(unit, context, submission, wishes)
        drafts = [replace(_with_parent(draft, parents), submission_key=key) for draft in drafts]
        require_may_ask_all(rights, drafts, submission.actor.user_id)
        if len(drafts) == 1:
            members: Sequence[ChangeRequest] = [await changes.insert(unit.tx, drafts[0])]
        else:
            members = (await bundles.insert_all(unit.tx, drafts)).members
        said = {"together_with": members[0].label} if len(members) > 1 else {}
        said |= {"left_out": ", ".join(left_out)} if left_out else {}
        await unit.submitted_all([(each, {**evidence(each, submission.schedule), **said}) for each in members])
        if left_out:
            told = LeftOut(by=submission.actor.user_id, numbers=left_out)
            bundle = Bundle(tuple(members))
            await unit.tell(bundle_fact(bundle, Fact.LEFT_OUT, unit.at, told, members, once=True))
        await unit.tell(*_asked_again(parents, members, unit.at))
    return members[0]


async def drafts_of(
    unit: UnitOfWork,
    context: ServiceContext,
    submission: Submission,
    wishes: Sequence[Wish],
    *,
    is_several: bool = False,
) -> tuple[list[ChangeDraft], list[str]]:
    """Return what is asked for, number by number, and the numbers for which nothing would change.

    One card asks for all: where their rules differ, the first channel that one names is theirs, and the shortest time
    to decide. `is_several` says so of one wish that is left of more. Raises as `draft_of` does, in a sentence that
    names the first number at fault.
    """
    present = await present_all_within(unit.tx, context, [wish.number for wish in wishes])
    wished = [wish.patch for wish in wishes]
    known = await agents_of(unit.tx, context, *wished, *former_of(submission, present.values()))

    def draft_one(wish: Wish, *, is_several: bool) -> ChangeDraft:
        if wish.number not in present:
            raise InvalidNumber(f"This account does not list {pretty(wish.number)}.")
        asks = replace(submission, number=wish.number, patch=wish.patch)
        with _naming_field(wish.number if is_several else None):
            return make_draft(context, asks, present[wish.number], known, unit.at, is_several=is_several)

    drafts, left_out = _parted(wishes, partial(draft_one, is_several=is_several or len(wishes) > 1))
    if len(drafts) == 1 < len(wishes):
        alone = [wish for wish in wishes if wish.number == drafts[0].key.number]
        drafts, _ = _parted(alone, partial(draft_one, is_several=is_several))
    channel = next((each.policy.channel for each in drafts if each.policy.channel), submission.channel_id)
    until = min(each.expires_at for each in drafts)
    return [replace(each, channel_id=channel, expires_at=until) for each in drafts], left_out


def require_may_ask_all(rights: Rights, drafts: Iterable[ChangeDraft], requester_id: str) -> None:
    """Raise NotAllowed with the first number that its rules do not let this person ask for. Raises NotLookedUp."""
    by_policy = {draft.policy: draft for draft in reversed(list(drafts))}
    rights.require_known(to_ask=by_policy)
    for held, draft in reversed(by_policy.items()):
        with naming(pretty(draft.key.number)):
            rights.require_may_ask(held, requester_id)


def _parted(wishes: Sequence[Wish], draft_one: Callable[[Wish], ChangeDraft]) -> tuple[list[ChangeDraft], list[str]]:
    """Part the wishes into drafts and the numbers for which nothing would change; raise where that is all."""
    drafts: list[ChangeDraft] = []
    left_out: list[str] = []
    refusal: NothingDiffers | None = None
    for wish in wishes:
        try:
            drafts.append(draft_one(wish))
        except NothingDiffers as error:
            refusal = error
            left_out.append(wish.number)
    if not drafts and refusal is not None:
        raise refusal
    return drafts, left_out


@contextmanager
def _naming_field(number: str | None) -> Iterator[None]:
    """Name the number in front of what is wrong with an entry for it alone."""
    try:
        yield
    except InvalidSchedule as error:
        if not error.is_of_number or number is None:
            raise
        raise type(error)(f"{pretty(number)}: {error}", error.entry, is_of_number=True) from error
    except NeverSent as error:
        if number is None:
            raise
        raise NeverSent(f"{pretty(number)}: {error}") from error
    except InvalidSubmission as error:
        if type(error) is not InvalidSubmission or error.field is None or number is None:
            raise
        raise InvalidSubmission(f"{pretty(number)}: {error}", field=error.field, row=error.row) from error


async def _parents(tx: AsyncConnection, context: ServiceContext, submission: Submission) -> dict[str, ChangeRequest]:
    """Return the changes from which the form was filled, by number."""
    if submission.parent_id is None:
        return {}
    parent = await changes.get(tx, submission.parent_id, team_id=submission.actor.team_id)
    refuse_elsewhere(context, parent)
    members = [parent] if parent.bundle_id is None else (await bundles.get(tx, parent.bundle_id)).members
    return {each.key.number: each for each in members}


def _with_parent(draft: ChangeDraft, parents: Mapping[str, ChangeRequest]) -> ChangeDraft:
    parent = parents.get(draft.key.number)
    if parent is None:
        return replace(draft, parent_id=None)
    return replace(draft, parent_id=parent.id, origin=origin_of(parent, draft.key, draft.before, draft.patch))


def _asked_again(
    parents: Mapping[str, ChangeRequest], members: Iterable[ChangeRequest], at: datetime
) -> list[OutboxDraft]:
    """Mark the ends of the former changes as dirty, that of a bundle once."""
    drafts = [
        draft
        for each in members
        if (parent := parents.get(each.key.number)) is not None
        for draft in since.asked_again(parent, each, at)
    ]
    return list({(draft.lane, draft.payload["of"], draft.payload.get("bundle")): draft for draft in drafts}.values())


async def _deviation(
    tx: AsyncConnection, context: ServiceContext, submission: Submission, wishes: Sequence[Wish], stored: ChangeRequest
) -> Deviation | None:
    """Compare what is asked with what the same form has given; a number that was left out then still is."""
    members = [stored] if stored.bundle_id is None else (await bundles.get(tx, stored.bundle_id)).members
    wished = {wish.number: wish.patch for wish in wishes}
    by_number = {each.key.number: each for each in members}
    missing = [number for number in wished if number not in by_number]
    present = await present_all_within(tx, context, missing)
    for number in missing:
        patch = await as_asked_then(tx, context, wished[number], stored)
        if number not in present or patch.without_unchanged(present[number].assignment).fields:
            return Deviation(is_number=True, field=None)
    for number, each in by_number.items():
        if number not in wished:
            return Deviation(is_number=True, field=None)
        asks = replace(submission, number=number, patch=wished[number], parent_id=each.parent_id)
        deviation = await deviation_of(tx, context, asks, each)
        if deviation is not None:
            return deviation
    return None
