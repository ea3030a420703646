"""Decide about several numbers at once: one press, one transaction, each by its own rules.

Who may not decide about one of them decides about none.
"""

from collections.abc import Mapping, Sequence

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.errors import NotAllowed
from bot.domain.events import Event
from bot.domain.facts import By, Decided, Fact, TakenBack, Told
from bot.domain.number import pretty
from bot.domain.policy import Review
from bot.domain.putting_back import refuse_cancel
from bot.domain.reviewing import to_take_back, without
from bot.domain.standing import standing_of
from bot.domain.state import State
from bot.service.bundles.leading import require_lead
from bot.service.bundles.naming import naming
from bot.service.context import ServiceContext
from bot.service.counting import Said, names_of, still_counting, to_look_up_again
from bot.service.messages import bundle_again, bundle_fact, results_again
from bot.service.rights import Rights
from bot.service.unit_of_work import Step, UnitOfWork
from bot.store import bundles, reviews
from bot.store.outbox import OutboxDraft

Reviews = Mapping[int, list[Review]]


async def review(context: ServiceContext, unit: UnitOfWork, said: Said, rights: Rights) -> ChangeRequest:
    """Add a review to each undecided change of the bundle whose lead is held. Raises as `review.approve` does."""
    bundle = await _locked(unit)
    pending = _undecided(bundle)
    earlier = await reviews.of_changes(unit.tx, [each.id for each in pending])
    user_id = unit.actor.user_id
    for each in pending:
        each.refuse_review(user_id, earlier.get(each.id, ()), unit.at)
    rules = _rules_of(rights, pending, user_id)
    added = {
        each.id: Review(
            user_id,
            said.verdict,
            each.revision,
            unit.at,
            said.reason,
            rules=rules[each.id] - each.policy.open_rules,
        )
        for each in pending
    }
    found = {each.id: [*earlier.get(each.id, ()), added[each.id]] for each in pending}
    counting = await _still_counting(unit, pending, found, rights, except_id=user_id)
    steps: list[Step] = []
    for each in pending:
        *others, _ = counting[each.id]
        decided = each.review(added[each.id], others, apply_within=context.apply_within)
        after = {"verdict": said.verdict.value, "reason": said.reason, "rules": sorted(filter(None, rules[each.id]))}
        steps.append(Step(each, decided, names_of(decided, said.verdict)[0], after))
    await reviews.add_all(unit.tx, added)
    return await _step(unit, bundle, steps, said)


async def take_back(context: ServiceContext, unit: UnitOfWork, rights: Rights) -> ChangeRequest:
    """Take one's reviews back from each undecided change of the bundle. Raises as `review.take_back` does."""
    bundle = await _locked(unit)
    user_id = unit.actor.user_id
    pending = _undecided(bundle)
    earlier = await reviews.of_changes(unit.tx, [each.id for each in pending])
    mine = [each for each in pending if standing_of(each, user_id, earlier.get(each.id, ())) is not None]
    if not mine:
        raise NotAllowed(f"You have not decided about {bundle.label}, so there is nothing to take back.")
    taken = {each.id: to_take_back(each, user_id, earlier[each.id], unit.at) for each in mine}
    left = {each.id: [one for one in earlier[each.id] if one is not taken[each.id]] for each in mine}
    counting = await _still_counting(unit, mine, left, rights)
    steps: list[Step] = []
    for each in mine:
        decided = without(each, counting[each.id], unit.at, apply_within=context.apply_within)
        event = Event.TAKEN_BACK if decided.state is State.PENDING else Event.of_state(decided.state)
        steps.append(Step(each, decided, event, {"taken_back": taken[each.id].verdict.value}))
    await reviews.take_back_all(unit.tx, taken, unit.at)
    verdict = next(iter(taken.values())).verdict
    told = TakenBack(by=user_id, verdict=verdict.value)
    await unit.tell(_told(bundle, steps, Fact.TAKEN_BACK, unit, told))
    return await _step(unit, bundle, steps, None)


async def cancel(unit: UnitOfWork) -> ChangeRequest:
    """Take back what is not sent yet of the bundle whose lead is held. Raises as `review.cancel` does."""
    bundle = await _locked(unit)
    refuse_cancel(bundle.lead)
    user_id = unit.actor.user_id
    # Of a bundle that is under way altogether the first says why nothing can be canceled.
    open_ = bundle.those(State.PENDING, State.APPROVED) or bundle.members[:1]
    steps = [Step(each, each.cancel(user_id, unit.at), Event.CANCELED) for each in open_]
    stepped = await unit.step_all(steps)
    told = _told(bundle, steps, Fact.CANCELED, unit, By(by=user_id))
    await unit.tell(told, *results_again(bundle, stepped, unit.at))
    return stepped[0]


async def _locked(unit: UnitOfWork) -> Bundle:
    require_lead(unit.held.change)
    return await bundles.lock(unit.tx, unit.held.change.lead_id)


def _undecided(bundle: Bundle) -> tuple[ChangeRequest, ...]:
    """Return what still waits for a decision. Raises AlreadyDecided with who was first, when nothing does."""
    pending = bundle.those(State.PENDING)
    if not pending:
        decided = (each for each in bundle.members if each.decided_by is not None)
        next(decided, bundle.lead).refuse_unless_pending()
    return pending


def _rules_of(rights: Rights, pending: Sequence[ChangeRequest], user_id: str) -> dict[int, frozenset[str]]:
    """Name for each change the rules that the review counts for. Raises NotAllowed with the first that has none."""
    rights.require_known(to_decide=[(each.policy, [user_id]) for each in pending if each.policy.needs_look_up])
    rules: dict[int, frozenset[str]] = {}
    for each in pending:
        with naming(f"{each.label} for {pretty(each.key.number)}"):
            rules[each.id] = rights.rules_of(each.policy, user_id)
    return rules


async def _still_counting(
    unit: UnitOfWork,
    pending: Sequence[ChangeRequest],
    found: Reviews,
    rights: Rights,
    *,
    except_id: str | None = None,
) -> Reviews:
    """Do as `still_counting` does for each; whoever has to be looked up again is so for all at once."""
    again = {each.id: to_look_up_again(unit, each, found[each.id], except_id=except_id) for each in pending}
    rights.require_known(to_decide=[(each.policy, again[each.id]) for each in pending if again[each.id]])
    return {
        each.id: await still_counting(unit, each, list(found[each.id]), rights, except_id=except_id) for each in pending
    }


async def _step(unit: UnitOfWork, bundle: Bundle, steps: Sequence[Step], said: Said | None) -> ChangeRequest:
    """Save what the reviews come to, and tell it once for all that come to the same."""
    await unit.step_all(steps)
    outcomes: dict[State, list[Step]] = {}
    for each in steps:
        outcomes.setdefault(each.new.state, []).append(each)
    by = unit.actor.user_id
    for state, some in outcomes.items():
        if state is State.APPROVED:
            told = Decided(by=by)
            await unit.tell(
                bundle_fact(bundle, Fact.RESULTS, unit.at, told, bundle.members, once=True),
                bundle_again(some[0].new, Fact.RESULTS, unit.at, some[0].new.version),
            )
        elif said is not None:
            _, fact = names_of(some[0].new, said.verdict)
            told_of_some = _told(bundle, some, fact, unit, Decided(by=by, reason=said.reason))
            ended = [each.new for each in some] if state.is_final else []
            await unit.tell(told_of_some, *(results_again(bundle, ended, unit.at) if ended else ()))
    return steps[0].new


def _told(bundle: Bundle, steps: Sequence[Step], fact: Fact, unit: UnitOfWork, told: Told) -> OutboxDraft:
    """Tell of some changes what has become of them; the name follows from what the bundle has come to."""
    news = {each.new.id: each.new for each in steps}
    present = Bundle(tuple(news.get(each.id, each) for each in bundle.members))
    return bundle_fact(present, fact, unit.at, told, list(news.values()))
