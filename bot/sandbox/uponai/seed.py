"""A made-up account that shows everything a number can be: splits, thirds, no agent, a webhook with a secret."""

from typing import Any

from bot.sandbox.uponai.account import Account

SALES = "agent_d3c2df14e163c7ca8ac5b1bf38"
SUPPORT = "agent_1f864a29b7c2ab407103c88335"
SUPPORT_NIGHT = "agent_7b40e1c98d25f3a6610b2f94de"
BILLING = "agent_90ab6f2e51d84c37b2f60d18ac"
FRONT_DESK = "agent_4c1e7d3a8f9b20657e1d9c3b52"
BOOKINGS = "agent_2ea95b7c40f1d8636a07be81f9"
SURVEY = "agent_b8163fd07a2c49e5981df3406e"
NAMELESS = "agent_55d0c3e8b1f74a926cc8e07a13"

_AGENTS: tuple[tuple[str, str | None, int], ...] = (
    (SALES, "Sales", 4),
    (SUPPORT, "Support", 7),
    (SUPPORT_NIGHT, "Support", 2),
    (BILLING, "Billing <VIP> & *Co*", 3),
    (FRONT_DESK, "Front desk", 5),
    (BOOKINGS, "Bookings", 3),
    (SURVEY, "Customer survey", 1),
    (NAMELESS, None, 1),
)
THIRD = 0.3333333333333333


def _agent(agent_id: str, version: int | None = None, weight: float = 1) -> dict[str, Any]:
    return {"agent_id": agent_id, "agent_version": version, "weight": weight}


_NUMBERS: dict[str, dict[str, Any]] = {
    "+14155550123": {"inbound_agents": [_agent(SALES, 3)], "outbound_agents": [_agent(SALES, 3)]},
    "+14155550145": {
        "inbound_agents": [_agent(SALES, 3, 0.6), _agent(SUPPORT, 6, 0.4)],
        "outbound_agents": [_agent(SALES, 2)],
        "is_time_routing_enabled": True,
    },
    "+12125550178": {
        "inbound_agents": [_agent(SALES, 3, THIRD), _agent(SUPPORT, 6, THIRD), _agent(FRONT_DESK, None, THIRD)]
    },
    "+13125550111": {},
    "+493012345678": {
        "inbound_agents": [_agent(SUPPORT)],
        "inbound_webhook_url": "https://hooks.example.com/inbound/berlin?token=5f2c-do-not-show",
    },
    "+498912345699": {
        "inbound_agents": [_agent(SUPPORT, 6, 0.5), _agent(SUPPORT_NIGHT, 1, 0.5)],
        "inbound_webhook_url": "https://caller:pa55word@hooks.example.com/inbound/munich?key=81aa-do-not-show",
    },
    "+4940123456": {
        "outbound_agents": [_agent(SURVEY, 0, 0.7), _agent(SALES, 3, 0.3)],
        "inbound_agents": [_agent(BILLING, 2)],
    },
    "+442079460958": {"inbound_agents": [_agent(BILLING, 2)], "outbound_agents": [_agent(BILLING, 2)]},
    "+442079460991": {
        "inbound_agents": [_agent(BOOKINGS, 1, 0.9), _agent(BOOKINGS, 2, 0.1)],
        "platform_import_error": True,
        "platform_import_error_message": "The SIP trunk of this number did not answer.",
    },
    "+441614960123": {"inbound_agents": [_agent(NAMELESS, 0)]},
    "sip:front-desk/7": {"inbound_agents": [_agent(FRONT_DESK, 4)]},
    "ext-4001": {"inbound_agents": [_agent(FRONT_DESK)], "is_time_routing_enabled": True},
}
_OTHER_WORKSPACE_NUMBER = "+33140205050"


def fill(account: Account) -> None:
    """Put the made-up account in the place of what is there."""
    account.agents = {
        agent_id: {
            "agent_id": agent_id,
            "agent_name": name,
            "versions": [
                {"version": version, "updated_at": f"2026-0{version + 1}-12T09:30:00Z"}
                for version in reversed(range(count))
            ],
        }
        for agent_id, name, count in _AGENTS
    }
    account.numbers = {}
    for number, fields in _NUMBERS.items():
        account.set_number(number, fields)
    # The token sees it, but it belongs to another workspace: nobody can route it from ours.
    account.set_number(_OTHER_WORKSPACE_NUMBER, {"workspace_id": account.workspace_id + 1})
    account.workspaces = [
        {"id": account.workspace_id, "name": "Main"},
        {"id": account.workspace_id + 1, "name": "Paris office"},
    ]
    account.save()
