"""What makes a button useless marks its post as dirty in the same transaction, once, on both databases."""

from sqlalchemy import select

from bot.domain.change import ChangeRequest
from bot.domain.facts import Fact
from bot.domain.state import Origin, State
from bot.sandbox.uponai.seed import FRONT_DESK
from bot.service import since
from bot.service.delivery.lane import Attempt, Delivery
from bot.service.messages import Kind, thread_again
from bot.service.review import approve, cancel
from bot.store import outbox
from bot.store.outbox import Posted
from bot.store.schema import outbox as messages
from tests.service.service_harness import ALAN, LEASE, RITA, SPLIT_NUMBER, TEAM, ServiceHarness, inbound, time_routing


async def dirty(bench: ServiceHarness) -> list[str]:
    async with bench.context.database.reading() as tx:
        query = select(messages.c.fact).where(messages.c.kind == Kind.THREAD_AGAIN).order_by(messages.c.id)
        return list(await tx.scalars(query))


async def stand(bench: ServiceHarness) -> None:
    """Let everything that is told stand in a channel."""
    async with bench.context.database.transaction() as tx:
        now = bench.clock.now()
        while claimed := await outbox.claim(tx, now, lease_id="one", until=now + LEASE, limit=100):
            for number, message in enumerate(claimed):
                await outbox.complete(tx, [Posted(message, "C1", f"{number}.0")], now)


async def delivery_of(bench: ServiceHarness, change: ChangeRequest, name: Fact) -> Delivery:
    """Claim a message that has the posts of a fact shown anew."""
    async with bench.context.database.transaction() as tx:
        now = bench.clock.now()
        await outbox.enqueue(tx, [thread_again(TEAM, change.id, name, now, "test")])
        message = await outbox.find(tx, f"{change.label}/{name}_again/test")
    assert message is not None
    return Delivery([message], now + LEASE, [Attempt(None, None)], {}, change=await bench.read(change))


async def test_asking_again_marks_the_end_of_the_former_change_once(bench: ServiceHarness) -> None:
    change = await bench.ask(inbound(FRONT_DESK))
    await cancel(bench.context, RITA, change.id)
    assert await dirty(bench) == []
    again = await bench.ask(inbound(FRONT_DESK), parent_id=change.id, key="same")
    assert await bench.ask(inbound(FRONT_DESK), parent_id=change.id, key="same") == again
    assert await dirty(bench) == [f"{change.label}/canceled_again/{again.label}"]


async def test_a_form_that_asked_for_another_number_used_nothing_up(bench: ServiceHarness) -> None:
    change = await bench.ask(time_routing(True))
    await cancel(bench.context, RITA, change.id)
    await bench.ask(inbound(FRONT_DESK), number=SPLIT_NUMBER, parent_id=change.id)
    assert await dirty(bench) == []


async def test_a_revert_marks_the_result_when_it_is_applied_and_not_before(bench: ServiceHarness) -> None:
    change = await bench.work_until_done(await bench.approved(time_routing(True)))
    revert = await bench.ask(time_routing(False), parent_id=change.id)
    assert revert.origin is Origin.REVERT
    assert await dirty(bench) == []
    assert (await bench.work_until_done(await approve(bench.context, ALAN, revert.id))).state is State.APPLIED
    assert await dirty(bench) == [f"{change.label}/applied_again/{revert.label}"]


async def test_what_stands_is_found_with_what_has_happened_since(bench: ServiceHarness) -> None:
    change = await bench.work_until_done(await bench.approved(time_routing(True)))
    revert = await bench.ask(time_routing(False), parent_id=change.id)
    await bench.work_until_done(await approve(bench.context, ALAN, revert.id))
    await stand(bench)
    delivery = await delivery_of(bench, change, Fact.APPLIED)
    ((post, seen),) = await since.standing(bench.context, delivery)
    assert post.fact.startswith(f"{change.label}/applied/")
    assert post.posted_channel == "C1"
    assert seen.reverted_by == revert.label
    await since.show_again(bench.context, delivery)
    assert len(await dirty(bench)) == 3
