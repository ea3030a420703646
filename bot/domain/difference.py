"""Assignments and their differences in words for people: agents by name, weights in percent, webhooks masked."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.assignment import ALL_FIELDS, ONE, Agents, Assignment, Field, WeightedAgent
from bot.domain.number import without_invisible
from bot.domain.webhook import describe_change, describe_webhook
from bot.domain.weights import percent_text

TITLES: dict[Field, str] = {
    Field.INBOUND: "Inbound calls",
    Field.OUTBOUND: "Outbound calls",
    Field.WEBHOOK: "Inbound webhook",
    Field.TIME_ROUTING: "Time routing",
}
NO_AGENT = "no agent"
NOT_PINNED = "follows whatever is published later (not pinned)"
_TIME_ROUTING = {True: "on", False: "off", None: "not known"}


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field before and after, as lines of plain text: whoever shows them escapes them."""

    field: Field
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def title(self) -> str:
        """The field's name for people."""
        return TITLES[self.field]


def differences(
    before: Assignment,
    after: Assignment,
    fields: Iterable[Field],
    names: Mapping[str, str],
    *,
    is_outbound_version_newest: bool = False,
) -> tuple[FieldDifference, ...]:
    """Describe `fields` in both assignments, in the order in which people read fields.

    `names` maps agent ids to names. `is_outbound_version_newest` says that nobody chose the version of `after`'s
    outbound agent: it is the newest that was known.
    """
    wanted = frozenset(fields)
    old, new = describe(before, names, wanted), describe(after, names, wanted)
    if Field.WEBHOOK in wanted:
        new[Field.WEBHOOK] = describe_change(before.webhook_url, after.webhook_url)
    if Field.OUTBOUND in wanted and is_outbound_version_newest and after.outbound:
        new[Field.OUTBOUND] = tuple(f"{line} (the newest)" for line in new[Field.OUTBOUND])
    return tuple(FieldDifference(f, old[f], new[f]) for f in Field if f in wanted)


def describe(
    assignment: Assignment, names: Mapping[str, str], fields: Iterable[Field] = ALL_FIELDS
) -> dict[Field, tuple[str, ...]]:
    """Describe an assignment, field by field, as lines of plain text."""
    labels = agent_labels(names)
    lines = {
        Field.INBOUND: _agents(assignment.inbound, labels),
        Field.OUTBOUND: _agents(assignment.outbound, labels),
        Field.WEBHOOK: describe_webhook(assignment.webhook_url),
        Field.TIME_ROUTING: (_TIME_ROUTING[assignment.is_time_routing_enabled],),
    }
    wanted = frozenset(fields)
    return {f: lines[f] for f in Field if f in wanted}


def agent_labels(names: Mapping[str, str]) -> dict[str, str]:
    """Name each agent: by its id when it has no name, by both when another agent looks the same."""
    shown = {agent_id: one_line(name) for agent_id, name in names.items()}
    looks = Counter(name.casefold() for name in shown.values())
    labels = {agent_id: without_invisible(agent_id) for agent_id in names}
    for agent_id, name in shown.items():
        if name:
            labels[agent_id] = name if looks[name.casefold()] == 1 else f"{name} ({labels[agent_id]})"
    return labels


def _agents(agents: Agents, labels: Mapping[str, str]) -> tuple[str, ...]:
    if not agents:
        return (NO_AGENT,)
    is_whole = len(agents) == 1 and agents[0].weight == ONE
    return tuple(_agent(agent, labels, with_weight=not is_whole) for agent in agents)


def _agent(agent: WeightedAgent, labels: Mapping[str, str], *, with_weight: bool) -> str:
    version = NOT_PINNED if agent.version is None else f"version {agent.version}"
    parts = [labels.get(agent.agent_id) or without_invisible(agent.agent_id), version]
    if with_weight:
        parts.append(percent_text(agent.weight))
    return ", ".join(parts)


def one_line(name: str) -> str:
    """Take the line breaks and invisible characters out of a name: it must not look like two lines, or another one."""
    return " ".join(without_invisible(name).split())
