import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.uponai import seed
from bot.sandbox.uponai.app import UponAIStandIn

HEADERS = {"Authorization": "Bearer t", "Content-Type": "application/json"}
IDS = {"accountSid": "acc", "workspaceId": 1}
NUMBER = "/api/numbers/%2B14155550123/agent"


def agent(agent_id: str = seed.SALES, **fields: Any) -> dict[str, Any]:
    return {"agent_id": agent_id, "weight": 1, **fields}


def http_of(uponai: UponAIStandIn) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=uponai.app), base_url="http://uponai.test", headers=HEADERS
    )


def stand_in(snapshot: Path | None = None) -> UponAIStandIn:
    return UponAIStandIn(token="t", account_sid="acc", workspace_id=1, snapshot=snapshot)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**IDS, "accountSid": "other"},
        {**IDS, "workspaceId": "1"},
        {**IDS, "workspaceId": 2},
        {**IDS, "unknown": 1},
        {**IDS, "outboundAgentId": "nobody"},
        {**IDS, "outboundAgentId": seed.SALES, "outboundAgentVersion": None},
        {**IDS, "outboundAgentId": None, "outboundAgentVersion": 0},
        {**IDS, "outboundAgentId": seed.SALES, "outboundAgentVersion": 99},
        {**IDS, "inboundAgents": None},
        {**IDS, "inboundAgents": [agent("nobody")]},
        {**IDS, "inboundAgents": [agent(agent_version=99)]},
        {**IDS, "inboundAgents": [agent(weight=0.5)]},
        {**IDS, "inboundAgents": [agent(weight=0.33)] * 3},
        {**IDS, "inboundAgents": [agent(weight="1")]},
        {**IDS, "inboundAgents": [agent(extra=1)]},
        {**IDS, "inboundWebhookUrl": "nowhere"},
        {**IDS, "isTimeRoutingEnabled": None},
    ],
)
async def test_a_body_that_an_exact_api_would_not_take_is_refused(body: dict[str, Any]) -> None:
    uponai = stand_in()
    before = json.dumps(uponai.account.to_json())
    async with http_of(uponai) as http:
        answer = await http.put(NUMBER, content=json.dumps(body))
    assert answer.status_code == 422
    assert answer.json()["success"] is False
    assert json.dumps(uponai.account.to_json()) == before


async def test_a_wrong_token_and_an_unencoded_number_are_refused() -> None:
    uponai = stand_in()
    async with http_of(uponai) as http:
        assert (await http.put(NUMBER, json=IDS, headers={"Authorization": "Bearer x"})).status_code == 401
        assert (await http.put("/api/numbers/+14155550123/agent", json=IDS)).status_code == 404
        assert (await http.put("/api/numbers/sip:front-desk/7/agent", json=IDS)).status_code == 404
        assert (await http.put("/api/numbers/%2B1999/agent", json=IDS)).status_code == 404
        assert (await http.put(NUMBER, json=IDS)).status_code == 200
    assert [call["status"] for call in uponai.journal.to_json()] == [200, 404, 404, 404, 401]


async def test_the_control_address_shows_changes_and_resets() -> None:
    uponai = stand_in()
    async with http_of(uponai) as http:
        changed = await http.post("/_control/number", json={"number": "ext-9", "inbound_agents": [agent(weight=0.5)]})
        assert changed.json()["inbound_agent_id"] == seed.SALES
        assert (await http.post("/_control/number", json={"number": "ext-9", "odd": 1})).status_code == 422
        assert (await http.post("/_control/fault", json={"fault": "odd"})).status_code == 422
        assert (await http.post("/_control/fault", json={"fault": "slow", "delay": 0.01})).json()["slow"] is True
        await http.put(NUMBER, json=IDS)
        state = (await http.get("/_control/state")).json()
        assert state["requests"][0]["body"] == IDS
        assert state["faults"]["slow"] is True
        assert "ext-9" in [number["number"] for number in state["numbers"]]
        assert (await http.post("/_control/reset")).json() == {"ok": True}
        state = (await http.get("/_control/state")).json()
    assert state["requests"] == []
    assert "ext-9" not in [number["number"] for number in state["numbers"]]


async def test_a_snapshot_outlives_the_stand_in(tmp_path: Path) -> None:
    kept = tmp_path / "uponai.json"
    async with http_of(stand_in(kept)) as http:
        body = {**IDS, "inboundAgents": [agent(seed.SUPPORT, agent_version=1)]}
        assert (await http.put(NUMBER, json=body)).status_code == 200
    again = stand_in(kept)
    assert again.account.numbers["+14155550123"]["inbound_agent_id"] == seed.SUPPORT
    again.reset()
    assert again.account.numbers["+14155550123"]["inbound_agent_id"] == seed.SALES
