"""The form's input blocks by name. A block id that changes resets its field; one that stays keeps what was entered."""

from bot.slack.form.option_values import Option

OUTBOUND, WEBHOOK, TIME_ROUTING = "outbound", "webhook", "time_routing"
OUTBOUND_AGENT, WEBHOOK_URL, REASON = "outbound_agent", "webhook_url", "reason"
MORE_NUMBERS = "more_numbers"
NO_AGENT_YET = "-"


def number_block(at: int) -> str:
    """Name Number's block: another `at` resets the field."""
    return f"number.{at}"


def inbound_block(at: int) -> str:
    """Name the block of the choice for inbound calls: another `at` resets it to what the form says."""
    return "inbound" if at == 1 else f"inbound.{at}"


def agent_block(row_id: str) -> str:
    """Name the block of a row's agent."""
    return f"agent.{row_id}"


def version_block(row_id: str, agent: Option | None) -> str:
    """Name the block of a row's version; the agent is part of it, so that another agent clears the version."""
    return f"version.{row_id}.{agent.value if agent else NO_AGENT_YET}"


def weight_block(row_id: str) -> str:
    """Name the block of a row's weight."""
    return f"weight.{row_id}"


def outbound_version_block(agent: Option | None) -> str:
    """Name the block of the outbound version, see `version_block`."""
    return f"outbound_version.{agent.value if agent else NO_AGENT_YET}"


def agent_of_version_block(block_id: str) -> str | None:
    """Return the value of the agent option whose versions this block offers, None before one is chosen."""
    kind, _, rest = block_id.partition(".")
    value = rest.partition(".")[2] if kind == "version" else rest
    return None if value in ("", NO_AGENT_YET) else value
