"""Windows and freezes at the moment of sending: an approved change whose rules are closed waits until they open."""

from bot.domain import due
from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.rules.sending import closures
from bot.service.unit_of_work import UnitOfWork


async def put_off(unit: UnitOfWork, change: ChangeRequest) -> ChangeRequest:
    """Let a change that this transaction has locked, and that may not be sent now, wait; its card says until when.

    Its place in the order of approval stays, but until then it holds up no other change of its number.
    """
    names = sorted({closure.rule for closure in closures(change.policy.rules, unit.at)})
    waiting = due.put_off(change, unit.at)
    after = {
        "problem": f"Its rules do not let it be sent now: {', '.join(names)}.",
        "opens_at": None if waiting.opens_at is None else waiting.opens_at.isoformat(),
    }
    return await unit.step(change, waiting, Event.RELEASED, after)
