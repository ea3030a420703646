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
    lines = {
        Field.INBOUND: _agents(assignment.inbound, names),
        Field.OUTBOUND: _agents(assignment.outbound, names),
        Field.WEBHOOK: describe_webhook(assignment.webhook_url),
        Field.TIME_ROUTING: (_TIME_ROUTING[assignment.is_time_routing_enabled],),
    }
    wanted = frozenset(fields)
    return {f: lines[f] for f in Field if f in wanted}


def agent_label(agent_id: str, names: Mapping[str, str]) -> str:
    """Name an agent: by its id when it has no name, by both when another agent looks the same."""
    shown_id = without_invisible(agent_id)
    name = one_line(names.get(agent_id, ""))
    if not name:
        return shown_id
    looks = Counter(one_line(other).casefold() for other in names.values())
    return f"{name} ({shown_id})" if looks[name.casefold()] > 1 else name


def _agents(agents: Agents, names: Mapping[str, str]) -> tuple[str, ...]:
    if not agents:
        return (NO_AGENT,)
    is_whole = len(agents) == 1 and agents[0].weight == ONE
    return tuple(_agent(agent, names, with_weight=not is_whole) for agent in agents)


def _agent(agent: WeightedAgent, names: Mapping[str, str], *, with_weight: bool) -> str:
    version = NOT_PINNED if agent.version is None else f"version {agent.version}"
    parts = [agent_label(agent.agent_id, names), version]
    if with_weight:
        parts.append(percent_text(agent.weight))
    return ", ".join(parts)


def one_line(name: str) -> str:
    """Take the line breaks and invisible characters out of a name: it must not look like two lines, or another one."""
    return " ".join(without_invisible(name).split())
