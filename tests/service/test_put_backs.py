"""Put-backs: stored with the change that they end, sent at their time, hurried on or called off by an approver."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.change import ChangeRequest
from bot.domain.errors import AlreadyDecided, NotAllowed, OwnChange
from bot.domain.facts import Fact
from bot.domain.schedule import Schedule
from bot.domain.state import Origin, State
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next, take_abandoned
from bot.service.applying.recover import recover
from bot.service.put_back import keep_applied, put_back_now
from bot.service.review import cancel
from bot.store.schema import outbox
from tests.service.service_harness import ADA, ALAN, LEASE, NUMBER, RITA, ServiceHarness, inbound, time_routing

HOUR = timedelta(hours=1)


async def planned(bench: ServiceHarness) -> tuple[ChangeRequest, ChangeRequest]:
    """Apply a change that is to be put back in an hour, and return it with its put-back."""
    change = await bench.approved(inbound(SUPPORT), schedule=Schedule(put_back_at=bench.clock.now() + HOUR))
    await bench.work()
    return await bench.read(change), await bench.read(replace(change, id=change.id + 1))


async def told(bench: ServiceHarness, change: ChangeRequest) -> list[str]:
    query = select(outbox.c.payload).where(outbox.c.change_id == change.id, outbox.c.kind == "thread")
    async with bench.context.database.reading() as tx:
        return [payload["name"] for payload in (await tx.scalars(query.order_by(outbox.c.id))).all()]


def agents(bench: ServiceHarness) -> list[str]:
    return [agent["agent_id"] for agent in bench.live(NUMBER)["inbound_agents"]]


async def test_a_change_with_put_back_stores_the_change_that_ends_it(bench: ServiceHarness) -> None:
    parent, put_back = await planned(bench)
    assert (parent.state, put_back.state) == (State.APPLIED, State.APPROVED)
    assert (put_back.origin, put_back.parent_id) == (Origin.PUT_BACK, parent.id)
    assert put_back.due_at == parent.put_back_at
    assert put_back.patch.fields == parent.patch.fields
    assert put_back.after.agrees_with(parent.before, parent.patch.fields)
    assert (await told(bench, parent))[-1] == Fact.PUT_BACK


async def test_it_is_sent_at_its_time_and_not_before(bench: ServiceHarness) -> None:
    former = agents(bench)
    parent, put_back = await planned(bench)
    assert await bench.work() == 0
    bench.clock.advance(HOUR)
    await bench.work()
    assert (await bench.read(put_back)).state is State.APPLIED
    assert agents(bench) == former
    assert (await told(bench, parent))[-1] == Fact.PUT_BACK_ENDED


async def test_g2_a_crash_after_the_put_leaves_one_put_back(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT), schedule=Schedule(put_back_at=bench.clock.now() + HOUR))
    bench.fault("lost_answer")
    claimed = await claim_next(bench.context)
    assert claimed is not None
    await apply(bench.context, claimed)
    bench.fault("lost_answer", on=False)
    bench.clock.advance(LEASE)
    found = await take_abandoned(bench.context)
    assert found is not None
    await recover(bench.context, found)
    assert (await bench.read(change)).state is State.APPLIED
    assert (await bench.read(replace(change, id=change.id + 1))).origin is Origin.PUT_BACK
    bench.clock.advance(HOUR)
    await bench.work()
    assert len(bench.puts()) == 2


async def test_g5_a_touched_field_that_was_changed_meanwhile_ends_it_at_once_and_that_is_told(
    bench: ServiceHarness,
) -> None:
    parent, put_back = await planned(bench)
    later = await bench.approved(inbound(SALES, 1))
    await bench.work()
    stale = await bench.read(put_back)
    assert stale.state is State.STALE
    assert later.label in (stale.problem or "")
    assert (await told(bench, parent))[-1] == Fact.PUT_BACK_ENDED


async def test_g5_a_change_in_the_dashboard_ends_it_at_its_time(bench: ServiceHarness) -> None:
    _, put_back = await planned(bench)
    bench.dashboard(inbound_agents=[])
    bench.clock.advance(HOUR)
    await bench.work()
    assert (await bench.read(put_back)).state is State.STALE
    assert len(bench.puts()) == 1


async def test_another_field_does_not_end_it(bench: ServiceHarness) -> None:
    _, put_back = await planned(bench)
    await bench.approved(time_routing(is_on=True))
    bench.clock.advance(HOUR)
    await bench.work()
    assert (await bench.read(put_back)).state is State.APPLIED


async def test_an_approver_has_it_put_back_now(bench: ServiceHarness) -> None:
    parent, put_back = await planned(bench)
    await put_back_now(bench.context, ADA, put_back.id)
    await bench.work()
    assert (await bench.read(put_back)).state is State.APPLIED
    assert Fact.PUT_BACK_NOW in await told(bench, parent)


async def test_an_approver_keeps_what_is_live(bench: ServiceHarness) -> None:
    parent, put_back = await planned(bench)
    await keep_applied(bench.context, ALAN, put_back.id)
    kept = await bench.read(put_back)
    assert (kept.state, kept.decided_by) == (State.CANCELED, ALAN.user_id)
    bench.clock.advance(2 * HOUR)
    assert await bench.work() == 0
    assert (await told(bench, parent))[-1] == Fact.PUT_BACK_ENDED
    with pytest.raises(AlreadyDecided):
        await put_back_now(bench.context, ADA, put_back.id)


async def test_g1_its_requester_neither_keeps_nor_hurries_nor_cancels_it(bench: ServiceHarness) -> None:
    _, put_back = await planned(bench)
    for verb in (keep_applied, put_back_now):
        with pytest.raises(OwnChange):
            await verb(bench.context, RITA, put_back.id)
    with pytest.raises(NotAllowed):
        await cancel(bench.context, RITA, put_back.id)
    assert (await bench.events(put_back)).count("put_back.refused") == 2
    assert (await bench.read(put_back)).state is State.APPROVED


async def test_what_was_not_sent_before_its_put_back_is_not_sent_any_more(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT), schedule=Schedule(put_back_at=bench.clock.now() + HOUR / 2))
    bench.clock.advance(HOUR / 2)
    await bench.work()
    assert (await bench.read(change)).state is State.EXPIRED
    assert bench.puts() == []
