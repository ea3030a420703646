"""Several numbers are put back as one thing, whatever happens to the workers that apply them."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.errors import AlreadyDecided, NotAllowed
from bot.domain.schedule import Schedule
from bot.domain.state import Origin, State
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from bot.service.bundles.asking import submit_several
from bot.service.put_back import keep_applied, put_back_now
from bot.service.review import approve, cancel
from bot.store import bundles
from bot.store.schema import changes, outbox
from tests.service.service_harness import ADA, ALAN, LEASE, NUMBER, RITA, ServiceHarness, time_routing

HOUR = timedelta(hours=1)
NUMBERS = (NUMBER, "+13125550111", "+442079460958")


async def approved(bench: ServiceHarness) -> ChangeRequest:
    """Ask for several numbers that are put back in an hour, and approve them; return the lead."""
    asked = replace(
        bench.submission(time_routing(is_on=True)),
        others=NUMBERS[1:],
        schedule=Schedule(put_back_at=bench.clock.now() + HOUR),
    )
    return await approve(bench.context, ALAN, (await submit_several(bench.context, asked)).id)


async def put_backs(bench: ServiceHarness) -> list[Bundle]:
    query = select(changes.c.bundle_id).where(changes.c.origin == Origin.PUT_BACK).distinct()
    async with bench.context.database.reading() as tx:
        found = (await tx.scalars(query)).all()
        assert None not in found
        return list((await bundles.get_all(tx, [each for each in found if each])).values())


async def facts(bench: ServiceHarness, kind: str) -> list[str]:
    query = select(outbox.c.fact).where(outbox.c.kind == kind).order_by(outbox.c.id)
    async with bench.context.database.reading() as tx:
        return list((await tx.scalars(query)).all())


async def claimed(bench: ServiceHarness) -> list[ChangeRequest]:
    found = [await claim_next(bench.context) for _ in NUMBERS]
    return [each for each in found if each is not None]


async def test_g3_workers_that_finish_at_the_same_instant_store_one_bundle(bench: ServiceHarness) -> None:
    await approved(bench)
    await asyncio.gather(*(apply(bench.context, each) for each in await claimed(bench)))
    [bundle] = await put_backs(bench)
    assert len({each.parent_id for each in bundle.members}) == len(NUMBERS)
    assert {each.state for each in bundle.members} == {State.APPROVED}
    assert (await facts(bench, "thread")).count("RN-1/put_back/all") == 1


async def test_g2_after_lost_answers_and_a_takeover_each_is_put_back_once(bench: ServiceHarness) -> None:
    await approved(bench)
    first, second, _ = await claimed(bench)
    await apply(bench.context, first)
    bench.fault("lost_answer")
    await apply(bench.context, second)
    bench.fault("lost_answer", on=False)
    # The worker of the third is gone for good.
    bench.clock.advance(LEASE)
    await bench.work()
    [bundle] = await put_backs(bench)
    assert [each.state for each in bundle.members] == [State.APPROVED] * len(NUMBERS)
    bench.clock.advance(HOUR)
    await bench.work()
    [bundle] = await put_backs(bench)
    assert bundle.shared_state is State.APPLIED
    assert len(bench.puts()) == 2 * len(NUMBERS)


async def test_what_is_not_applied_is_not_put_back(bench: ServiceHarness) -> None:
    await approved(bench)
    bench.dashboard(NUMBERS[1], is_time_routing_enabled=None)
    await bench.work()
    [bundle] = await put_backs(bench)
    assert len(bundle.members) == 2
    assert any(each.startswith("RN-2/put_back_again/all/") for each in await facts(bench, "thread_again"))


@pytest.mark.parametrize("is_kept", [True, False])
async def test_one_press_means_all_whichever_it_names(bench: ServiceHarness, *, is_kept: bool) -> None:
    await approved(bench)
    await bench.work()
    [bundle] = await put_backs(bench)
    await (keep_applied if is_kept else put_back_now)(bench.context, ADA, bundle.members[-1].id)
    await bench.work()
    [bundle] = await put_backs(bench)
    assert bundle.shared_state is (State.CANCELED if is_kept else State.APPLIED)
    kinds = ("/put_back_now/", "/put_back_ended/")
    assert sum(any(kind in each for kind in kinds) for each in await facts(bench, "thread")) == 1


async def test_g1_the_requester_does_not_cancel_what_ends_their_changes(bench: ServiceHarness) -> None:
    await approved(bench)
    await bench.work()
    [bundle] = await put_backs(bench)
    with pytest.raises(NotAllowed, match="press Keep in the thread of RN-1"):
        await cancel(bench.context, RITA, bundle.members[1].id)


async def test_what_its_rules_hold_up_is_expired_together(bench: ServiceHarness) -> None:
    await approved(bench)
    await bench.work()
    bench.fault("down")
    bench.clock.advance(3 * HOUR)
    await bench.work()
    [bundle] = await put_backs(bench)
    assert bundle.shared_state is State.EXPIRED
    assert sum("/expired/" in each for each in await facts(bench, "thread")) == 1


async def _anything(bench: ServiceHarness, at: Random, held: list[ChangeRequest]) -> None:
    """Do something that workers and people do, or that befalls them."""
    match at.choice(["claim", "claim", "apply", "apply", "lose", "die", "work", "keep", "now", "wait"]):
        case "claim" if (found := await claim_next(bench.context)) is not None:
            held.append(found)
        case "apply" if held:
            await apply(bench.context, held.pop(at.randrange(len(held))))
        case "lose" if held:
            bench.fault("lost_answer")
            await apply(bench.context, held.pop())
            bench.fault("lost_answer", on=False)
        case "die":
            # Whoever held something is gone, and does nothing with it any more.
            held.clear()
            bench.clock.advance(LEASE)
            await bench.work()
        case "work" if not held:
            await bench.work()
        case "keep" | "now" as press:
            for bundle in await put_backs(bench):
                with suppress(AlreadyDecided):
                    verb = keep_applied if press == "keep" else put_back_now
                    await verb(bench.context, ADA, at.choice(bundle.members).id)
        case "wait":
            bench.clock.advance(LEASE / 3)


@pytest.mark.parametrize("seed", range(4))
async def test_g2_whatever_happens_each_that_went_live_is_put_back_once_or_kept(
    bench: ServiceHarness, seed: int
) -> None:
    at = Random(seed)  # noqa: S311 - the same every time
    held: list[ChangeRequest] = []
    lead = await approved(bench)
    for _ in range(25):
        await _anything(bench, at, held)
    bench.clock.advance(LEASE)
    await bench.work()
    bench.clock.advance(HOUR)
    await bench.work()
    async with bench.context.database.reading() as tx:
        parents = await bundles.get(tx, lead.id)
    assert parents.shared_state is State.APPLIED
    [bundle] = await put_backs(bench)
    assert sorted(each.parent_id or 0 for each in bundle.members) == [each.id for each in parents.members]
    assert all(each.state in (State.APPLIED, State.CANCELED) for each in bundle.members)
    assert len(bench.puts()) == len(parents.members) + len(bundle.those(State.APPLIED))
    for each in bundle.members:
        is_on = bench.live(each.key.number)["is_time_routing_enabled"]
        assert is_on is (each.state is State.CANCELED)
    assert (await facts(bench, "thread")).count(f"{lead.label}/put_back/all") == 1
