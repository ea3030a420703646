"""What UponAI lists and no index or column can hold: one entry of it stops neither the mirror nor a change."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.state import State
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.service import lookup
from tests.service.service_harness import NUMBER, ServiceHarness, inbound, time_routing
from tests.uponai.serving import Scripted, client_of

# Hardly to be compressed: an index of PostgreSQL holds 2704 bytes of a key.
LONG = "".join(chr(0x4E00 + (at * 7919) % 20_000) for at in range(6_000))


@pytest.mark.parametrize(
    ("number", "fields"),
    [
        (LONG, {}),
        (f"ext-{LONG}", {"inbound_agents": [{"agent_id": SALES, "weight": 1}]}),
        ("ext-1", {"inbound_agents": [{"agent_id": LONG, "weight": 1}]}),
        ("ext-2", {"inbound_agents": [{"agent_id": f"a{at}", "weight": 0.001} for at in range(1000)]}),
        ("ext-3", {"inbound_agents": [{"agent_id": SALES, "agent_version": 10**40, "weight": 1}]}),
        ("ext-4", {"inbound_webhook_url": f"https://hooks.example.com/{LONG}?{LONG}"}),
        ("ext-5", {"platform_import_error": True, "platform_import_error_message": LONG * 10}),
        ("ext-6", {"inbound_agents": [{"agent_id": SALES, "weight": 1e-300}, {"agent_id": SALES, "weight": 1e300}]}),
    ],
)
async def test_g2_one_hostile_number_keeps_no_other_from_being_read_and_changed(
    bench: ServiceHarness, number: str, fields: dict[str, Any]
) -> None:
    bench.uponai.account.set_number(number, fields)
    await lookup.refresh_numbers(bench.context)
    assert await lookup.present(bench.context, NUMBER) is not None
    change = await bench.approved(time_routing(is_on=True))
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED


@pytest.mark.parametrize(
    "agent",
    [
        {"agent_id": LONG, "version": 1, "agent_name": "Long"},
        {"agent_id": "agent_x", "version": 10**40, "agent_name": "Of the future"},
        {"agent_id": "agent_x", "version": -1, "agent_name": LONG * 10},
        {"agent_id": "agent_x", "version": 1, "agent_name": "S" + "\u0336" * 100_000},
    ],
)
async def test_g2_one_hostile_agent_keeps_no_other_from_being_chosen(
    bench: ServiceHarness, agent: dict[str, Any]
) -> None:
    listed = [agent, {"agent_id": SUPPORT, "version": 6, "agent_name": "Support"}]
    client = client_of(Scripted((200, json.dumps(listed).encode())))
    await lookup.refresh_agents(replace(bench.context, uponai=client))
    await client.aclose()
    assert SUPPORT in await lookup.agents(bench.context, {SUPPORT})
    change = await bench.approved(inbound(SUPPORT))
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED
