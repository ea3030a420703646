import json
from decimal import Decimal

import pytest
from hypothesis import given

from bot.domain.assignment import ALL_FIELDS, Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.weights import fractions_of
from bot.sandbox.uponai import seed
from bot.uponai.wire import put_body
from tests.domain.strategies import splits
from tests.uponai.serving import ACCOUNT, client_of, key, stand_in

FIRST, SECOND = "agent_d3c2df14e163c7ca8ac5b1bf38", "agent_1f864a29b7c2ab407103c88335"
EXAMPLE = {
    "accountSid": "29e90072-fb58-4c6c-870a-43005115131e",
    "workspaceId": 1,
    "outboundAgentId": FIRST,
    "outboundAgentVersion": 0,
    "inboundAgents": [
        {"agent_id": FIRST, "agent_version": 0, "weight": 0.5},
        {"agent_id": SECOND, "agent_version": 0, "weight": 0.5},
    ],
    "inboundWebhookUrl": "https://app.uponai.com/inbound-dynamic-vars/1/uponaiworkspace-913",
    "isTimeRoutingEnabled": False,
}
WANTED = Assignment(
    inbound=tuple(WeightedAgent(a, 0, w) for a, w in zip((FIRST, SECOND), fractions_of([50, 50]), strict=True)),
    outbound=(WeightedAgent(FIRST, 0),),
    webhook_url="https://app.uponai.com/inbound-dynamic-vars/1/uponaiworkspace-913",
    is_time_routing_enabled=False,
)


def sent(wanted: Assignment, *fields: Field) -> dict[str, object]:
    body = json.loads(put_body(ACCOUNT, 1, wanted.patch_to(fields)), parse_float=Decimal)
    assert isinstance(body, dict)
    assert (body.pop("accountSid"), body.pop("workspaceId")) == (ACCOUNT, 1)
    return body


async def test_g5_the_example_of_the_reference_is_sent_exactly() -> None:
    uponai = stand_in()
    client = client_of(uponai.app)
    answer = await client.put_assignment(key("+14155550123"), WANTED.patch_to(ALL_FIELDS))
    await client.aclose()
    call = uponai.journal.to_json()[0]
    assert call["body"] == EXAMPLE
    assert (call["method"], call["path"]) == ("PUT", "/api/numbers/%2B14155550123/agent")
    assert answer.listed is not None
    assert answer.listed.assignment == WANTED
    assert answer.message == "Number assignment updated."


def test_g5_exactly_the_touched_fields_are_sent() -> None:
    assert sent(WANTED, Field.INBOUND).keys() == {"inboundAgents"}
    assert sent(WANTED, Field.OUTBOUND) == {"outboundAgentId": FIRST, "outboundAgentVersion": 0}
    assert sent(WANTED, Field.WEBHOOK).keys() == {"inboundWebhookUrl"}
    assert sent(WANTED, Field.TIME_ROUTING) == {"isTimeRoutingEnabled": False}


def test_g5_what_is_removed_is_null_alone_or_an_empty_array() -> None:
    assert sent(Assignment(), Field.OUTBOUND) == {"outboundAgentId": None}
    assert sent(Assignment(), Field.INBOUND) == {"inboundAgents": []}
    assert sent(Assignment(), Field.WEBHOOK) == {"inboundWebhookUrl": None}


def test_g5_an_agent_that_is_not_pinned_has_no_version() -> None:
    assert sent(Assignment(inbound=(WeightedAgent("a"),)), Field.INBOUND) == {
        "inboundAgents": [{"agent_id": "a", "weight": 1}]
    }


@given(splits)
def test_g5_weights_on_the_wire_add_up_to_exactly_1(percents: list[int]) -> None:
    agents = tuple(WeightedAgent(f"a{i}", i, w) for i, w in enumerate(fractions_of(percents)))
    body = json.loads(put_body("acc", 1, Assignment(agents).patch_to([Field.INBOUND])), parse_float=Decimal)
    weights = [agent["weight"] for agent in body["inboundAgents"]]
    assert sum(weights) == 1
    assert [weight * 100 for weight in weights] == percents


def test_a_weight_leaves_with_its_own_digits() -> None:
    weight = Decimal("0.1234567890123456789012345")
    raw = put_body("acc", 1, Assignment((WeightedAgent("a", 1, weight),)).patch_to([Field.INBOUND]))
    assert b'"weight": 0.1234567890123456789012345}' in raw


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (
            Assignment(outbound=(WeightedAgent("a", 1, Decimal("0.5")), WeightedAgent("b", 1, Decimal("0.5")))),
            "outbound",
        ),
        (Assignment(outbound=(WeightedAgent("a"),)), "outbound"),
        (Assignment(is_time_routing_enabled=None), "time_routing"),
    ],
)
def test_g5_what_the_request_cannot_say_is_not_sent_as_something_else(wanted: Assignment, field: str) -> None:
    with pytest.raises(ValueError, match="sent"):
        put_body("acc", 1, AssignmentPatch(wanted, frozenset({Field(field)})))


async def test_an_identifier_is_percent_encoded_wholly() -> None:
    uponai = stand_in()
    client = client_of(uponai.app)
    patch = Assignment(inbound=(WeightedAgent(seed.SALES, 3),)).patch_to([Field.INBOUND])
    answer = await client.put_assignment(key("sip:front-desk/7"), patch)
    assert answer.listed is not None
    assert answer.listed.key.number == "sip:front-desk/7"
    assert uponai.journal.to_json()[0]["path"] == "/api/numbers/sip%3Afront-desk%2F7/agent"
    await client.aclose()


async def test_thirds_are_read_truly_and_can_be_put_back() -> None:
    uponai = stand_in()
    client = client_of(uponai.app)
    third = (await client.find_number(key("+12125550178"))).listed
    assert third is not None
    assert {agent.weight for agent in third.assignment.inbound} == {Decimal("0.3333333333333333")}
    answer = await client.put_assignment(key("+12125550178"), third.assignment.patch_to([Field.INBOUND]))
    assert answer.listed is not None
    assert answer.listed.assignment == third.assignment
    await client.aclose()


async def test_a_complaint_of_the_telephony_platform_is_handed_on() -> None:
    uponai = stand_in()
    client = client_of(uponai.app)
    uponai.faults.switch({"fault": "import_error", "times": 1, "message": "trunk down"})
    answer = await client.put_assignment(key("ext-4001"), WANTED.patch_to([Field.INBOUND]))
    assert answer.import_error == "trunk down"
    again = await client.put_assignment(key("ext-4001"), WANTED.patch_to([Field.INBOUND]))
    assert again.import_error is None
    await client.aclose()
