"""One press decides about all put-backs of what was asked together: those that still wait, each by its own rules.

A put-back joins them when its parent is applied, perhaps after a press: that one was not meant, and stays planned.
"""

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import By, Fact
from bot.domain.putting_back import hurry, keep
from bot.domain.state import State
from bot.service.bundles.leading import require_lead
from bot.service.context import Actor, ServiceContext
from bot.service.messages import bundle_fact
from bot.service.put_back_facts import put_backs_hurried, put_backs_kept
from bot.service.rights import Rights
from bot.service.unit_of_work import Step, UnitOfWork
from bot.store import bundles, changes


def is_approver(change: ChangeRequest, actor: Actor, rights: Rights) -> bool:
    """Say whether somebody else than the requester could have approved what a put-back ends. Raises NotLookedUp."""
    return actor.user_id != change.requester_id and bool(rights.of(change.policy, actor.user_id))


async def hurry_all(context: ServiceContext, unit: UnitOfWork, rights: Rights) -> ChangeRequest:
    """Let those that wait be sent as soon as their rules let them; their lead is held. Raises as `hurry` does."""
    bundle, waiting = await _locked(unit, rights)
    early = [each for each in waiting if each.due_at > unit.at] or waiting
    steps: list[Step] = []
    for each in early:
        may = is_approver(each, unit.actor, rights)
        due = hurry(each, unit.actor.user_id, unit.at, is_approver=may, apply_within=context.apply_within)
        steps.append(Step(each, due, Event.PUT_BACK_HURRIED, {"due_at": due.due_at.isoformat()}))
    saved = await unit.step_all(steps)
    await unit.tell(put_backs_hurried(saved, await _parents(unit, bundle), unit.actor.user_id, unit.at))
    return saved[0]


async def keep_all(unit: UnitOfWork, rights: Rights) -> ChangeRequest:
    """Call those off that wait; their lead is held. Raises as `keep` does."""
    bundle, waiting = await _locked(unit, rights)
    user_id = unit.actor.user_id
    steps = [
        Step(each, keep(each, user_id, unit.at, is_approver=is_approver(each, unit.actor, rights)), Event.CANCELED)
        for each in waiting
    ]
    saved = await unit.step_all(steps)
    news = {each.id: each for each in saved}
    present = Bundle(tuple(news.get(each.id, each) for each in bundle.members))
    await unit.tell(
        bundle_fact(present, Fact.CANCELED, unit.at, By(by=user_id), saved),
        put_backs_kept(saved, await _parents(unit, bundle), user_id, unit.at),
    )
    return saved[0]


async def _locked(unit: UnitOfWork, rights: Rights) -> tuple[Bundle, list[ChangeRequest]]:
    """Return the bundle of the lead that is held, and those that wait; of none that do the first says why not."""
    require_lead(unit.held.change)
    bundle = await bundles.lock(unit.tx, unit.held.change.lead_id)
    waiting = list(bundle.those(State.APPROVED) or bundle.members[:1])
    user_id = unit.actor.user_id
    rights.require_known(
        to_decide=[
            (each.policy, [user_id]) for each in waiting if each.policy.needs_look_up and each.requester_id != user_id
        ]
    )
    return bundle, waiting


async def _parents(unit: UnitOfWork, bundle: Bundle) -> Bundle:
    parent = await changes.get(unit.tx, bundle.lead.parent_id or bundle.lead.id)
    return await bundles.get(unit.tx, parent.lead_id)
