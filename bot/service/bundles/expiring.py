"""Changes that were asked together expire together, and their thread is told once."""

from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import Expired, Fact
from bot.service.messages import bundle_fact, results_again
from bot.service.unit_of_work import Step, UnitOfWork
from bot.store import bundles


async def expire_with(unit: UnitOfWork, change: ChangeRequest) -> ChangeRequest:
    """Expire a change that is held, with all that were asked together with it and whose time is over as well.

    What somebody else holds at this moment is left to the next look: nobody waits for each other in a circle.
    """
    found = await bundles.lock_free(unit.tx, change.lead_id, change.state)
    was = change.state.value
    over = [each for each in found if each.has_expired(unit.at)]
    expired = await unit.step_all([Step(each, each.expire(unit.at), Event.EXPIRED, {"was": was}) for each in over])
    bundle = await bundles.get(unit.tx, change.lead_id)
    told = bundle_fact(bundle, Fact.EXPIRED, unit.at, Expired(was=was), expired)
    await unit.tell(told, *results_again(bundle, expired, unit.at))
    return expired[0]
