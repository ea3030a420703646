"""A token that UponAI refuses (401) is the operator's fault: changes wait, and each outage is told once."""

from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.domain.change import ChangeRequest
from bot.domain.state import FollowUp, State, WaitCause
from bot.sandbox.uponai.seed import SUPPORT
from bot.service import lookup, token
from bot.service.context import ServiceContext
from bot.service.follow_up import ask_follow_up
from bot.store.schema import outbox
from bot.uponai.errors import Unauthorized
from tests.service.service_harness import ALAN, LEASE, NUMBER, SPLIT_NUMBER, ServiceHarness, inbound, time_routing

OTHERS = ("+442079460958", "+13125550111")


async def channel_messages(bench: ServiceHarness) -> list[dict[str, object]]:
    async with bench.context.database.reading() as tx:
        query = select(outbox.c.payload).where(outbox.c.kind == "channel").order_by(outbox.c.id)
        return list((await tx.scalars(query)).all())


async def warnings(bench: ServiceHarness) -> list[str]:
    async with bench.context.database.reading() as tx:
        return await token.warnings(tx, bench.context.workspace)


async def work_on(bench: ServiceHarness, *changes: ChangeRequest, context: ServiceContext | None = None) -> set[State]:
    """Work for some minutes; return the states of the changes."""
    for _ in range(8):
        await bench.work(context)
        bench.clock.advance(LEASE)
    return {(await bench.read(change)).state for change in changes}


@pytest.mark.parametrize("scope", ["all", "writes"])
async def test_approved_changes_wait_while_the_token_is_refused_and_the_channel_is_told_once(
    bench: ServiceHarness, scope: str
) -> None:
    changes = [await bench.approved(time_routing(is_on=n == NUMBER), number=n) for n in (NUMBER, SPLIT_NUMBER)]
    bench.fault("unauthorized", scope=scope)
    with capture_logs() as logs:
        assert await work_on(bench, *changes) == {State.APPROVED}
        # Another process, or the same one after a restart, knows of the same outage.
        ids = count(1)
        again = replace(bench.context, new_id=lambda: f"again-{next(ids)}")
        changes.append(await bench.approved(time_routing(is_on=True), number=OTHERS[0]))
        assert await work_on(bench, *changes, context=again) == {State.APPROVED}
        if scope == "writes":
            # A token that is good for reading alone is no good.
            await lookup.refresh_numbers(bench.context)
    assert [log["event"] for log in logs].count("uponai.token_refused") == 1
    (message,) = await channel_messages(bench)
    assert (message["name"], message["channel"]) == ("token_refused", "C1")
    (warning,) = await warnings(bench)
    assert "UPONAI_API_TOKEN" in warning
    for change in changes:
        now = await bench.read(change)
        assert now.wait_cause is WaitCause.UNAUTHORIZED
        assert "UPONAI_API_TOKEN" in (now.problem or "")
    bench.fault("unauthorized", on=False)
    assert await work_on(bench, *changes) == {State.APPLIED}
    assert await warnings(bench) == []


async def test_a_later_outage_is_told_again(bench: ServiceHarness) -> None:
    for number in OTHERS:
        change = await bench.approved(time_routing(is_on=True), number=number)
        bench.fault("unauthorized")
        await work_on(bench, change)
        bench.fault("unauthorized", on=False)
        assert await work_on(bench, change) == {State.APPLIED}
    assert len(await channel_messages(bench)) == 2


async def test_a_change_whose_token_stays_refused_expires_as_ever(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("unauthorized")
    await bench.work()
    bench.clock.advance(bench.context.apply_within)
    await bench.work()
    assert (await bench.read(change)).state is State.EXPIRED


async def test_a_refused_read_of_the_mirror_warns_the_operator_until_one_succeeds(bench: ServiceHarness) -> None:
    bench.fault("unauthorized")
    for refresh in (lookup.refresh_numbers, lookup.refresh_agents):
        with pytest.raises(Unauthorized):
            await refresh(bench.context)
    assert len(await warnings(bench)) == 1
    assert await channel_messages(bench) == []
    bench.fault("unauthorized", on=False)
    await lookup.refresh_agents(bench.context)
    assert await warnings(bench) == []


async def test_g6_a_token_refused_after_an_answer_was_lost_is_looked_up_later(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("lost_answer", times=1)
    await bench.work()
    bench.fault("unauthorized")
    assert await work_on(bench, change) == {State.APPLYING}
    assert len(await channel_messages(bench)) == 1
    bench.fault("unauthorized", on=False)
    assert await work_on(bench, change) == {State.APPLIED}
    assert len(bench.puts()) == 1


async def test_an_unclear_change_is_looked_at_later_when_the_token_is_refused(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("import_error", times=1)
    await bench.work()
    await ask_follow_up(bench.context, ALAN, change.id, FollowUp.RESOLVE)
    bench.fault("unauthorized")
    assert await work_on(bench, change) == {State.UNCLEAR}
    assert len(await channel_messages(bench)) == 1
    bench.fault("unauthorized", on=False)
    assert await work_on(bench, change) == {State.RESOLVED}
