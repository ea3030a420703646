"""The receiver of Socket Mode, against a Slack that refuses, drops and renews connections."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from bot.web.app import create_web
from bot.web.socket_mode import Pace
from tests.web.door_client import Answer
from tests.web.far_socket import BRISK, NOW, Plan, SocketHarness, bench

DOWN = "Slack's socket has not been connected since 12:03:04 UTC"


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"route_number_socket_{name}", labels) or 0


async def health(b: SocketHarness, path: str) -> tuple[int, str]:
    async def is_ready() -> None:
        return None

    async def warnings() -> list[str]:
        return [b.receiver.problem] if b.receiver.problem else []

    app = create_web(signing_secret=None, handle=None, is_ready=is_ready, now=lambda: NOW, warnings=warnings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bot") as client:
        answer = await client.get(path)
    return answer.status_code, answer.text


async def receives(b: SocketHarness, number: int, envelope_id: str) -> None:
    """See an envelope through on the connection of that number."""
    far = await b.slack.connected(number)
    await far.deliver(envelope_id)
    await b.slack.acknowledged(far, envelope_id)
    assert b.handler.handled.count(envelope_id) == 1


async def test_an_envelope_is_handled_and_acknowledged_with_the_answer() -> None:
    async with bench() as b:
        await receives(b, 1, "one")
        assert b.slack.connections[0].acknowledged == {"one": {"text": "one done"}}
        assert b.receiver.is_connected
        assert b.receiver.problem is None


@pytest.mark.parametrize("refusal", ["broken", "reset", "hang", "no hello"])
async def test_an_address_is_tried_once_and_a_failure_at_the_start_is_mended(refusal: str) -> None:
    pace = replace(BRISK, connect_within=timedelta(milliseconds=300)) if refusal in ("hang", "no hello") else BRISK
    async with bench(uses=[refusal] * 3, pace=pace) as b:
        await receives(b, 1, "one")
        assert len(b.slack.used) >= 4
        assert set(b.slack.used.values()) == {1}


@pytest.mark.parametrize("refusal", ["broken", "reset", "text", "busy", {"ok": True, "url": "nonsense"}, {"ok": True}])
async def test_without_an_address_one_is_asked_again(refusal: Plan) -> None:
    async with bench(opens=[refusal, refusal]) as b:
        await receives(b, 1, "one")
        assert b.slack.asked == 3


async def test_a_failure_at_a_renewal_leaves_the_old_connection_at_work_until_there_is_a_new_one() -> None:
    async with bench() as b:
        await receives(b, 1, "one")
        old = b.slack.connections[0]
        b.slack.opens[:] = ["broken", "yes", "yes", "hang"]
        b.slack.uses[:] = ["broken", "reset"]
        await old.send(type="disconnect", reason="warning")
        await b.slack.until(lambda: b.slack.asked == 5)
        assert b.receiver.is_connected
        assert (await health(b, "/readyz"))[1].startswith("ready\nSlack's socket could not be renewed (")
        await receives(b, 1, "two")
        await receives(b, 2, "three")
        await receives(b, 1, "four")
        await old.send(type="disconnect", reason="refresh_requested")
        await old.socket.close()
        await receives(b, 2, "five")
        assert len(b.slack.connections) == 2
        assert b.receiver.problem is None


async def test_a_connection_that_slack_forgets_to_close_is_closed_after_its_renewal() -> None:
    async with bench(pace=replace(BRISK, retire_after=timedelta(milliseconds=1))) as b:
        await receives(b, 1, "one")
        old = b.slack.connections[0]
        await old.send(type="disconnect", reason="warning")
        await b.slack.until(lambda: old.is_closed)
        await receives(b, 2, "two")


async def test_a_peer_that_died_silently_is_noticed() -> None:
    async with bench(has_pongs=False, pace=replace(BRISK, heartbeat=timedelta(milliseconds=100))) as b:
        await b.slack.connected(2)
        assert b.slack.used["ticket-1"] == 1


async def test_health_says_since_when_and_why_the_socket_is_not_connected() -> None:
    async with bench(opens=["yes", "hang"], uses=["broken"]) as b:
        await b.slack.until(lambda: b.slack.asked == 2)
        warning = f"{DOWN} (WSServerHandshakeError); trying again."
        assert await health(b, "/readyz") == (200, f"ready\n{warning}")
        assert await health(b, "/healthz") == (200, f"ok\n{warning}")
        await receives(b, 1, "one")
        assert await health(b, "/readyz") == (200, "ready")
        b.slack.opens[:] = ["hang"]
        b.slack.connections[0].reset()
        asked = b.slack.asked
        await b.slack.until(lambda: b.slack.asked > asked)
        assert await health(b, "/readyz") == (200, f"ready\n{DOWN}; trying again.")


async def test_metrics_count_failed_connects_and_know_the_connection_and_the_last_envelope() -> None:
    before = sample("connect_failures_total", error="WSServerHandshakeError")
    async with bench(opens=["yes", "yes", "hang"], uses=["broken", "broken"]) as b:
        await b.slack.until(lambda: b.slack.asked == 3)
        assert sample("connect_failures_total", error="WSServerHandshakeError") == before + 2
        assert sample("connected_since_seconds") == 0
        await receives(b, 1, "one")
        assert sample("connected_since_seconds") == NOW.timestamp()
        assert sample("last_envelope_seconds") == NOW.timestamp()
    assert sample("connected_since_seconds") == 0


async def test_g12_each_failed_connect_is_logged_and_never_with_its_address() -> None:
    with capture_logs() as logs:
        async with bench(uses=["broken", "reset"]) as b:
            await receives(b, 1, "one")
    failed = [line for line in logs if line["event"] == "socket_mode.connect_failed"]
    assert [(line["log_level"], line["attempt"]) for line in failed] == [("warning", 1), ("warning", 2)]
    assert failed[0]["error"] == "WSServerHandshakeError"
    assert "ticket" not in str(logs)


def test_pauses_grow_to_a_limit_and_heed_what_slack_asks() -> None:
    pace = Pace()
    for failures, most in ((1, 0.5), (2, 1), (5, 8), (7, 30), (100_000, 30)):
        assert most / 2 <= pace.pause(failures).total_seconds() <= most
    assert pace.pause(1, at_least=timedelta(minutes=1)) == timedelta(minutes=1)


async def test_a_refused_token_is_said_and_not_asked_again() -> None:
    with capture_logs() as logs:
        async with bench(opens=[{"ok": False, "error": "invalid_auth"}]) as b:
            await b.slack.until(lambda: b.slack.asked)
            while "invalid_auth" not in str(b.receiver.problem):  # noqa: ASYNC110 - the receiver calls nobody for it
                await asyncio.sleep(0)
            assert b.receiver.problem == "Slack refuses SLACK_APP_TOKEN (invalid_auth); correct it and start again."
            assert not b.running.done()
        assert b.slack.asked == 1
    assert [line["event"] for line in logs] == ["socket_mode.misconfigured"]


async def test_socket_mode_that_is_switched_off_is_said_until_it_is_on_again() -> None:
    async with bench(uses=["switched off"], opens=["yes", "hang"]) as b:
        await b.slack.until(lambda: b.slack.asked == 2)
        assert "switched off (link_disabled)" in (b.receiver.problem or "")
        await receives(b, 1, "one")
        assert b.receiver.problem is None
        b.slack.opens[:] = ["hang"]
        asked = b.slack.asked
        await b.slack.connections[0].send(type="disconnect", reason="link_disabled")
        await b.slack.connections[0].socket.close()
        await b.slack.until(lambda: b.slack.asked > asked)
        assert "switched off (link_disabled)" in (b.receiver.problem or "")


async def test_g8_an_envelope_during_the_drain_is_acknowledged_or_left_to_slack() -> None:
    with capture_logs() as logs:
        async with bench() as b:
            b.handler.gate.clear()
            far = await b.slack.connected(1)
            await far.deliver("before")
            await b.handler.begun.wait()
            b.stop.set()
            sent = 0
            while "socket_mode.envelope_left_to_slack" not in [line["event"] for line in logs]:
                await far.deliver(f"during-{sent}")
                sent += 1
                await asyncio.sleep(0)
            assert not b.running.done()
            b.handler.gate.set()
            await b.running
            await b.slack.until(lambda: far.is_closed)
    assert Counter(b.handler.handled) == Counter(far.acknowledged.keys())
    assert far.acknowledged["before"] == {"text": "before done"}
    assert len(far.acknowledged) < 1 + sent
    assert len(b.slack.connections) == 1


@pytest.mark.parametrize(
    ("opens", "uses"), [(["hang"], []), (["broken"], []), ([], ["hang"]), ([], ["no hello"]), ([], [])]
)
async def test_it_stops_at_any_moment_also_while_it_connects(opens: list[Plan], uses: list[str]) -> None:
    patient = replace(BRISK, connect_within=timedelta(hours=1), first_pause=timedelta(hours=1))
    for turns in (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89):
        async with bench(opens=opens, uses=uses, pace=replace(patient, longest_pause=timedelta(hours=1))) as b:
            for _ in range(turns):
                await asyncio.sleep(0)
            b.stop.set()
            await b.running


async def test_the_connection_goes_through_the_proxy_that_https_proxy_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over plain HTTP here: it is the same look-up, and no certificate is needed."""
    lines: asyncio.Queue[bytes] = asyncio.Queue()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.put_nowait(await reader.readline())
        writer.close()

    async def handle(_: Mapping[str, Any]) -> Answer:
        raise AssertionError

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for name in ("HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with bench(opens=[{"ok": True, "url": "ws://wss-primary.slack.test/link/?ticket=1"}, "hang"]), server:
        assert (await lines.get()).startswith(b"GET http://wss-primary.slack.test/link/?ticket=1 ")


@pytest.mark.parametrize("seed", range(3))
async def test_g8_a_slack_that_renews_refuses_and_drops_at_random_loses_no_envelope(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a seeded run that can be repeated
    sent: list[str] = []

    async def deliver(b: SocketHarness, number: int, count: int) -> None:
        far = await b.slack.connected(number)
        ids = [f"{len(sent) + offset}" for offset in range(count)]
        sent.extend(ids)
        for envelope_id in ids:
            await far.deliver(envelope_id)
        await b.slack.acknowledged(far, *ids)

    def refuse(b: SocketHarness) -> None:
        b.slack.opens[:] = dice.choices(["yes", "broken", "reset", "text", "busy", "hang"], [9, 2, 2, 1, 1, 0.1], k=3)
        b.slack.uses[:] = dice.choices(["yes", "broken", "reset", "hang", "no hello"], [4, 2, 2, 0.05, 0.05], k=3)

    async with bench() as b:
        number = 1
        for _ in range(100):
            far = await b.slack.connected(number)
            await deliver(b, number, dice.randint(0, 3))
            refuse(b)
            match dice.choice(["renew", "renew", "close", "reset"]):
                case "renew":
                    await far.send(type="disconnect", reason="warning")
                    await deliver(b, number, dice.randint(0, 3))
                    await deliver(b, number + 1, dice.randint(0, 3))
                    await deliver(b, number, dice.randint(0, 3))
                    await far.send(type="disconnect", reason="refresh_requested")
                    await far.socket.close()
                case "close":
                    await far.socket.close()
                case _:
                    far.reset()
            number += 1
        await deliver(b, number, 3)
        assert b.receiver.problem is None
        assert Counter(b.handler.handled) == Counter(sent)
        assert set(b.slack.used.values()) == {1}
