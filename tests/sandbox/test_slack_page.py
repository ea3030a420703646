"""The page's addresses: what a person sees and does through them, and who is turned away."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.sandbox.slack.serving import running
from bot.sandbox.slack.workspace.seed import ADA, ALAN, BOT, EVE, GUS, OLD_NUMBERS, PHONE_ROUTING, RANDOM, RITA
from tests.sandbox.slack_app import StandInHarness, bench
from tests.sandbox.test_slack_flow import CARD, NUMBER, RADIOS, form, opened, option, text_input


@pytest.fixture
async def b() -> AsyncIterator[StandInHarness]:
    async with bench() as made:
        yield made


@pytest.fixture
async def page(b: StandInHarness) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{b.url}/page", trust_env=False) as client:
        yield client


async def state(page: httpx.AsyncClient, who: str) -> dict[str, Any]:
    response = await page.get("/state", params={"as": who})
    response.raise_for_status()
    seen: dict[str, Any] = response.json()
    return seen


async def test_each_person_sees_their_own_channels_and_all_people(page: httpx.AsyncClient) -> None:
    rita, eve = await state(page, RITA), await state(page, EVE)
    assert [channel["name"] for channel in rita["channels"]] == [
        "phone-routing",
        "support-ops",
        "random",
        "old-numbers",
        "route-number",
    ]
    assert [channel["kind"] for channel in eve["channels"]] == ["channel", "app"]
    kinds = {person["id"]: person["kind"] for person in rita["people"]}
    assert (kinds[RITA], kinds[GUS], kinds[EVE], kinds[BOT]) == ("member", "guest", "external", "bot")
    assert rita["commands"][0]["command"] == "/route-number"


async def test_a_page_that_knows_nobody_starts_as_the_first_person(page: httpx.AsyncClient) -> None:
    assert (await page.get("/state")).json()["me"] == RITA


async def test_a_form_is_used_through_the_page(b: StandInHarness, page: httpx.AsyncClient) -> None:
    await opened(b, form(NUMBER, RADIOS, text_input("Reason", "reason")))
    view = (await state(page, RITA))["views"][-1]
    where = {"as": RITA, "container": {"type": "view", "view_id": view["id"]}}
    b.app.on("block_suggestion", {"options": [option("+1 206 555 0100", "n1")]})
    asked = await page.post("/options", json={**where, "block_id": "number", "action_id": "which", "value": ""})
    chosen = asked.json()["options"][0]
    entered = {
        "number": {"which": {"type": "external_select", "selected_option": chosen}},
        "reason": {"typed": {"type": "plain_text_input", "value": "Half"}},
    }
    acted = {**where, "block_id": "inbound", "action_id": "mode", "value": option("One agent", "one")}
    assert (await page.post("/action", json={**acted, "state": entered})).json() == {"ok": True}
    sent = b.app.last("block_actions")["view"]["state"]["values"]
    assert sent["reason"]["typed"]["value"] == "Half"
    assert sent["number"]["which"]["selected_option"]["value"] == "n1"
    assert sent["inbound"]["mode"]["selected_option"]["value"] == "one"
    submitted = await page.post("/submit", json={"as": RITA, "view_id": view["id"], "state": entered})
    assert submitted.json() == {"ok": True}
    assert (await state(page, RITA))["views"] == []


async def test_a_choice_that_was_never_offered_is_refused(b: StandInHarness, page: httpx.AsyncClient) -> None:
    await opened(b, form(NUMBER))
    view = (await state(page, RITA))["views"][-1]
    forged = {"number": {"which": {"type": "external_select", "selected_option": option("x", "forged")}}}
    answer = await page.post("/submit", json={"as": RITA, "view_id": view["id"], "state": forged})
    assert answer.status_code == 409
    assert "offered" in answer.json()["error"]


async def test_a_press_a_message_and_a_command_go_through_the_page(b: StandInHarness, page: httpx.AsyncClient) -> None:
    card = await b.client.chat_postMessage(channel=PHONE_ROUTING, text="card", blocks=CARD)
    message = (await state(page, ALAN))["messages"][PHONE_ROUTING][0]
    where = {"as": ALAN, "container": {"type": "message", "channel": PHONE_ROUTING, "ts": card["ts"]}}
    block_id = message["blocks"][1]["block_id"]
    await page.post("/action", json={**where, "block_id": block_id, "action_id": "approve", "value": None, "state": {}})
    assert b.app.last("block_actions")["user"]["id"] == ALAN
    said = {"as": ALAN, "channel": PHONE_ROUTING, "text": "hello", "thread_ts": card["ts"]}
    await page.post("/message", json=said)
    assert (await state(page, RITA))["messages"][PHONE_ROUTING][0]["reply_count"] == 1
    b.app.status = 500
    await page.post("/command", json={"as": RITA, "channel": PHONE_ROUTING, "text": "/route-number help"})
    notices = (await state(page, RITA))["notices"]
    assert notices[-1]["text"] == '/route-number failed with the error "http_service_error"'


async def test_the_page_hears_of_changes_at_once(b: StandInHarness, page: httpx.AsyncClient) -> None:
    async with page.stream("GET", "/events", params={"as": RITA}) as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: state"
        first = await anext(lines)
        await anext(lines)
        await b.client.chat_postMessage(channel=PHONE_ROUTING, text="news")
        async with asyncio.timeout(30):
            assert await anext(lines) == "event: state"
            assert await anext(lines) != first


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"content-type": "text/plain"}, 415),
    ],
)
async def test_requests_from_elsewhere_are_refused(
    b: StandInHarness, page: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    body = b'{"as": "%s", "channel": "%s", "text": "hi"}' % (RITA.encode(), PHONE_ROUTING.encode())
    sent = {"content-type": "application/json", **headers}
    assert (await page.post("/message", content=body, headers=sent)).status_code == status
    assert b.world.messages[PHONE_ROUTING] == []


async def test_the_page_is_served_with_a_strict_policy(page: httpx.AsyncClient) -> None:
    response = await page.get("/state", params={"as": RITA})
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_nobody_acts_as_the_bot_or_as_somebody_gone(b: StandInHarness, page: httpx.AsyncClient) -> None:
    b.world.users[ADA].deleted = True
    for who in (BOT, ADA, "U0NOBODY"):
        answer = await page.post("/message", json={"as": who, "channel": PHONE_ROUTING, "text": "hi"})
        assert answer.status_code == 409


async def test_archived_and_foreign_channels_take_nothing(page: httpx.AsyncClient) -> None:
    for who, channel in ((RITA, OLD_NUMBERS), (EVE, RANDOM)):
        answer = await page.post("/message", json={"as": who, "channel": channel, "text": "hi"})
        assert answer.status_code == 409


async def test_the_control_panel_turns_faults_and_touches_slack(b: StandInHarness, page: httpx.AsyncClient) -> None:
    card = await b.client.chat_postMessage(channel=PHONE_ROUTING, text="card")
    await page.post("/control/slack", json={"fault": "rate_limit", "on": True})
    shown = (await page.get("/control/state")).json()
    assert shown["slack"]["faults"] == {"rate_limit": True, "down": False, "slow": False}
    assert shown["slack"]["requests"][0]["method"] == "chat.postMessage"
    assert shown["uponai"] is None
    await page.post("/control/slack", json={"fault": "rate_limit", "on": False})
    await page.post("/control/slack/delete-card", json={"channel": PHONE_ROUTING, "ts": card["ts"]})
    assert b.world.messages[PHONE_ROUTING] == []
    await page.post("/control/slack/archive", json={"channel": PHONE_ROUTING, "on": True})
    assert b.world.channels[PHONE_ROUTING].is_archived
    assert (await page.post("/control/process", json={"name": "worker", "action": "kill"})).status_code == 409
    assert (await page.post("/control/slack", json={"fault": "nonsense", "on": True})).status_code == 400


async def test_the_control_panel_reaches_the_uponai_stand_in(b: StandInHarness, page: httpx.AsyncClient) -> None:
    taken: list[tuple[str, Any]] = []

    async def answer(request: Request) -> JSONResponse:
        taken.append((request.url.path, await request.json() if request.method == "POST" else None))
        return JSONResponse({"numbers": [], "agents": [], "faults": {}, "requests": []})

    control = Starlette(routes=[Route("/_control/{name}", answer, methods=["GET", "POST"])])
    async with running(control) as url:
        b.slack.control.uponai_control_url = f"{url}/_control"
        assert (await page.get("/control/state")).json()["uponai"]["numbers"] == []
        await page.post("/control/uponai", json={"fault": "slow", "on": True})
        await page.post("/control/uponai/number", json={"number": "+12065550100"})
    assert taken == [
        ("/_control/state", None),
        ("/_control/fault", {"fault": "slow", "on": True}),
        ("/_control/number", {"number": "+12065550100"}),
    ]


async def test_the_control_panel_kills_and_restarts_processes(b: StandInHarness, page: httpx.AsyncClient) -> None:
    class Processes:
        def __init__(self) -> None:
            self.acts: list[tuple[str, str]] = []

        def list(self) -> list[dict[str, Any]]:
            return [{"name": "worker", "state": "running", "pid": 7}]

        async def act(self, name: str, action: str) -> None:
            self.acts.append((name, action))

    processes = Processes()
    b.slack.control.processes = processes
    assert (await page.get("/control/state")).json()["processes"][0]["name"] == "worker"
    await page.post("/control/process", json={"name": "worker", "action": "kill"})
    assert processes.acts == [("worker", "kill")]
