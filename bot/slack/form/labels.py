"""The words of the form's choices, as people know them: contract.md binds them."""

from enum import StrEnum

from bot.slack.form.state import Inbound, Outbound, TimeRouting, Webhook

KEEP = "Keep as is"
INBOUND_LABELS: dict[StrEnum, str] = {
    Inbound.KEEP: KEEP,
    Inbound.ONE: "One agent",
    Inbound.SPLIT: "Split between agents",
    Inbound.NONE: "No agent",
}
OUTBOUND_LABELS: dict[StrEnum, str] = {Outbound.KEEP: KEEP, Outbound.ONE: "One agent", Outbound.NONE: "No agent"}
WEBHOOK_LABELS: dict[StrEnum, str] = {Webhook.KEEP: KEEP, Webhook.SET: "Set", Webhook.REMOVE: "Remove"}
TIME_ROUTING_LABELS: dict[StrEnum, str] = {TimeRouting.KEEP: KEEP, TimeRouting.ON: "On", TimeRouting.OFF: "Off"}

START_FROM_LIVE = "Start from what is live"
UNPINNED = "Unpinned"
NUMBER_PLACEHOLDER = "Search by number, last digits or extension"
AGENT_PLACEHOLDER = "Search by name or id"
NEWEST = "The agent's newest"
