"""After a restart with another account or workspace: what belongs to the former one waits, and is told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.domain.errors import Elsewhere
from bot.domain.state import FollowUp, State
from bot.sandbox.slack.serving import running
from bot.sandbox.uponai.app import UponAIStandIn
from bot.sandbox.uponai.seed import SUPPORT
from bot.service import elsewhere, lookup
from bot.service.applying.claim import claim_next
from bot.service.context import ServiceContext
from bot.service.follow_up import ask_follow_up
from bot.service.review import approve
from bot.service.submit import submit
from bot.store import outbox
from bot.uponai.client import UponAIClient
from tests.service.service_harness import (
    ACCOUNT_SID,
    ALAN,
    LEASE,
    NUMBER,
    RITA,
    TEAM,
    TOKEN,
    ServiceHarness,
    inbound,
    time_routing,
)


@dataclass(frozen=True)
class Restarted:
    """The bot after a restart with other settings; its UponAI lists the same numbers with the same assignments."""

    context: ServiceContext
    uponai: UponAIStandIn

    def puts(self) -> int:
        return sum(1 for request in self.uponai.state()["requests"] if request["method"] == "PUT")


@pytest.fixture(params=[("another-account", 1), (ACCOUNT_SID, 2)], ids=["account", "workspace"])
async def restarted(bench: ServiceHarness, request: pytest.FixtureRequest) -> AsyncIterator[Restarted]:
    account_sid, workspace_id = request.param
    uponai = UponAIStandIn(token=TOKEN, account_sid=account_sid, workspace_id=workspace_id)
    async with running(uponai.app) as url:
        client = UponAIClient(
            token=TOKEN,
            account_sid=account_sid,
            workspace_id=workspace_id,
            base_url=url,
            timeout=bench.context.uponai_timeout,
            now=bench.clock.now,
        )
        context = replace(bench.context, uponai=client, account_sid=account_sid, workspace_id=workspace_id)
        yield Restarted(context, uponai)
        await client.aclose()


async def test_g5_an_approved_change_is_sent_to_no_other_workspace_and_waits(
    bench: ServiceHarness, restarted: Restarted
) -> None:
    change = await bench.approved(inbound(SUPPORT))
    assert await bench.work(restarted.context) == 0
    assert (await bench.read(change)).state is State.APPROVED
    assert restarted.puts() == 0
    # The former settings are back.
    assert (await bench.work_until_done(change)).state is State.APPLIED


async def test_an_approved_change_of_another_workspace_expires_as_ever(
    bench: ServiceHarness, restarted: Restarted
) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.clock.advance(bench.context.apply_within)
    await bench.work(restarted.context)
    assert (await bench.read(change)).state is State.EXPIRED
    assert restarted.puts() == 0


async def test_what_waits_for_another_workspace_is_listed_and_told_to_the_operator(
    bench: ServiceHarness, restarted: Restarted
) -> None:
    waiting = await bench.approved(inbound(SUPPORT))
    await bench.ask(time_routing(is_on=True))
    assert await elsewhere.waiting(bench.context, TEAM, 9) == []
    assert [each.id for each in await elsewhere.waiting(restarted.context, TEAM, 9)] == [waiting.id]
    async with bench.context.database.reading() as tx:
        assert await elsewhere.warnings(tx, bench.context.workspace) == []
        (warning,) = await elsewhere.warnings(tx, restarted.context.workspace)
    assert warning.startswith("2 open changes belong to UponAI workspace 1")
    assert "UPONAI_WORKSPACE_ID" in warning


async def test_who_approves_a_change_of_another_workspace_is_told_that_it_waits(
    bench: ServiceHarness, restarted: Restarted
) -> None:
    change = await approve(restarted.context, ALAN, (await bench.ask(inbound(SUPPORT))).id)
    async with bench.context.database.reading() as tx:
        told = await outbox.find(tx, f"{change.label}/approved/{change.version}")
    assert told is not None
    assert "belongs to UponAI workspace 1" in told.payload["elsewhere"]


async def test_g2_a_worker_that_died_before_sending_elsewhere_leaves_the_change_to_wait(
    bench: ServiceHarness, restarted: Restarted
) -> None:
    change = await bench.approved(inbound(SUPPORT))
    await claim_next(bench.context)
    bench.clock.advance(LEASE)
    await bench.work(restarted.context)
    assert (await bench.read(change)).state is State.APPROVED


async def test_g6_an_answer_lost_elsewhere_waits_for_a_look_there_and_at_last_for_a_person(
    bench: ServiceHarness, restarted: Restarted
) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("lost_answer", times=1)
    await bench.work()
    bench.clock.advance(LEASE)
    assert await bench.work(restarted.context) == 0
    assert (await bench.read(change)).state is State.APPLYING
    bench.clock.advance(bench.context.apply_within)
    await bench.work(restarted.context)
    done = await bench.read(change)
    assert done.state is State.UNCLEAR
    assert "belongs to UponAI workspace 1" in (done.problem or "")
    with pytest.raises(Elsewhere):
        await ask_follow_up(restarted.context, ALAN, change.id, FollowUp.TRY_AGAIN)
    await ask_follow_up(bench.context, ALAN, change.id, FollowUp.TRY_AGAIN)
    assert await bench.work(restarted.context) == 0
    assert restarted.puts() == 0
    assert (await bench.work_until_done(change)).state is State.APPLIED


async def test_a_change_of_another_workspace_is_not_asked_again_for_the_same_number_of_this_one(
    bench: ServiceHarness, restarted: Restarted
) -> None:
    change = await bench.approved(inbound(SUPPORT))
    await bench.work_until_done(change)
    bench.clock.advance(timedelta(minutes=1))
    await lookup.refresh_agents(restarted.context)
    await lookup.refresh_numbers(restarted.context)
    submission = replace(bench.submission(inbound(SUPPORT), actor=RITA), parent_id=change.id)
    with pytest.raises(Elsewhere, match=f"{change.label} belongs to UponAI workspace 1"):
        await submit(restarted.context, submission)


async def test_the_client_takes_no_number_of_another_workspace(bench: ServiceHarness, restarted: Restarted) -> None:
    for client, key in (
        (bench.context.uponai, restarted.context.key(NUMBER)),
        (restarted.context.uponai, bench.context.key(NUMBER)),
    ):
        with pytest.raises(ValueError, match="is no number of workspace"):
            await client.find_number(key)
        with pytest.raises(ValueError, match="is no number of workspace"):
            await client.put_assignment(key, inbound(SUPPORT))
    assert restarted.uponai.state()["requests"] == []
