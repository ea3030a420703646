"""Assignments and their differences in words for people: agents by name, weights in percent, webhooks masked."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bot.domain.assignment import ALL_FIELDS, ONE, Agents, Assignment, Field, WeightedAgent
from bot.domain.lookalikes import is_doubtful, looks
from bot.domain.number import without_invisible
from bot.domain.webhook import describe_change, describe_webhook
from bot.domain.weights import percent_text, rounded_percent

TITLES: dict[Field, str] = {
    Field.INBOUND: "Inbound calls",
    Field.OUTBOUND: "Outbound calls",
    Field.WEBHOOK: "Inbound webhook",
    Field.TIME_ROUTING: "Time routing",
}
NO_AGENT = "no agent"
UNPINNED = "unpinned"
# Said once where there is room, in the form and in Details: UponAI's draft can be edited without anybody's approval.
UNPINNED_MEANS = "the agent's newest version answers, as it is edited (UponAI's draft)"
UNPINNED_SO = "So what was approved can change without anybody's approval."
_TIME_ROUTING = {True: "on", False: "off", None: "not known"}


# What reads as the end of an id, as a version, a share, or the other side of a change, where a name stands.
_MORE = re.compile(
    r"(?:…|\.\.\.)\s*\S+$|\bv\s*\d+$|\((?:unpinned|the newest)\)|→|->|=>|\d\s*%|^[-+=±\N{MINUS SIGN}]",
    re.IGNORECASE,
)
# As much of an id as tells two agents of one name apart; the whole of it, invisible characters escaped, comes last.
_TAILS = (4, 8, 16, 1000, None)


class Fate(StrEnum):
    """What becomes of an agent in a change of a split."""

    GOES = "goes"
    STAYS = "stays"
    MOVES = "moves"
    COMES = "comes"


@dataclass(frozen=True, slots=True)
class Share:
    """One agent of a field before and after: its percentages as text, None where it has no share."""

    fate: Fate
    before: str | None
    after: str | None
    agent: str


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field before and after, as lines of plain text: whoever shows them escapes them.

    `shares` tells the same of a split, agent by agent; it is empty where no side is a split. `more` says what was left
    out of it for want of room.
    """

    field: Field
    before: tuple[str, ...]
    after: tuple[str, ...]
    shares: tuple[Share, ...] = ()
    more: tuple[str, ...] = ()

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
    is_rounded: bool = False,
) -> tuple[FieldDifference, ...]:
    """Describe `fields` in both assignments, in the order in which people read fields.

    `names` maps agent ids to names. `is_outbound_version_newest` says that nobody chose the version of `after`'s
    outbound agent: it is the newest that was known. `is_rounded` shows weights with two decimals, unless that would
    hide a difference.
    """
    wanted = frozenset(fields)
    labels = _labels_of((before, after), names, wanted)
    found = []
    for field in (f for f in Field if f in wanted):
        if field in (Field.INBOUND, Field.OUTBOUND):
            old, new = _agents_of(before, field), _agents_of(after, field)
            percent = _percent_writer((old, new), is_rounded=is_rounded)
            is_newest = field is Field.OUTBOUND and is_outbound_version_newest
            mark = " (the newest)" if is_newest else ""
            lines = (
                _agents(old, labels, percent),
                tuple(line if line == NO_AGENT else f"{line}{mark}" for line in _agents(new, labels, percent)),
            )
            found.append(FieldDifference(field, *lines, shares=_shares(old, new, labels, percent, mark)))
        else:
            new_lines = (
                describe_change(before.webhook_url, after.webhook_url)
                if field is Field.WEBHOOK
                else (_TIME_ROUTING[after.is_time_routing_enabled],)
            )
            found.append(FieldDifference(field, describe(before, names, [field])[field], new_lines))
    return tuple(found)


def describe(
    assignment: Assignment,
    names: Mapping[str, str],
    fields: Iterable[Field] = ALL_FIELDS,
    *,
    is_rounded: bool = False,
) -> dict[Field, tuple[str, ...]]:
    """Describe an assignment, field by field, as lines of plain text; `is_rounded` as for `differences`."""
    wanted = frozenset(fields)
    labels = _labels_of((assignment,), names, wanted)
    percent = _percent_writer((assignment.inbound, assignment.outbound), is_rounded=is_rounded)
    lines: dict[Field, Callable[[], tuple[str, ...]]] = {
        Field.INBOUND: lambda: _agents(assignment.inbound, labels, percent),
        Field.OUTBOUND: lambda: _agents(assignment.outbound, labels, percent),
        Field.WEBHOOK: lambda: describe_webhook(assignment.webhook_url),
        Field.TIME_ROUTING: lambda: (_TIME_ROUTING[assignment.is_time_routing_enabled],),
    }
    return {f: lines[f]() for f in Field if f in wanted}


def agent_labels(names: Mapping[str, str]) -> dict[str, str]:
    """Name each of these agents: by its id when it has no name, with the end of its id when another looks the same.

    A name whose letters can pass for others, or which reads as more than a name, bears it also when it stands alone.
    """
    shown = {agent_id: one_line(name) or without_invisible(agent_id) for agent_id, name in names.items()}
    labels = dict(shown)
    for length in _TAILS:
        seen = Counter(map(looks, labels.values()) if len(labels) > 1 else ())
        short = [agent_id for agent_id, label in labels.items() if seen[looks(label)] > 1]
        if length == _TAILS[0]:
            short += [agent_id for agent_id, label in shown.items() if is_doubtful(label) or _MORE.search(label)]
        labels |= {agent_id: _with_tail(shown[agent_id], agent_id, length) for agent_id in short}
    return labels


def bears_id(label: str, agent_id: str) -> bool:
    """Say whether a label is a name with the end of its id, by which it is told from others."""
    return any(label.endswith(f" {_tail(agent_id, length)}") for length in _TAILS)


def one_line(name: str) -> str:
    """Take the line breaks and invisible characters out of a name: it must not look like two lines, or another one."""
    return " ".join(without_invisible(name).split())


def _with_tail(name: str, agent_id: str, length: int | None) -> str:
    tail = _tail(agent_id, length)
    # A name that was told apart among all agents comes here once more, among those of one change.
    return name if name.endswith(f" {tail}") else f"{name} {tail}".strip()


def _tail(agent_id: str, length: int | None) -> str:
    if length is None:
        return f"({agent_id.encode('unicode_escape').decode()})"
    seen = without_invisible(agent_id)
    return seen if len(seen) <= length else f"…{seen[-length:]}"


def _labels_of(assignments: Iterable[Assignment], names: Mapping[str, str], fields: frozenset[Field]) -> dict[str, str]:
    """Name the agents of these fields; agents that are not shown beside them need not be told apart from them."""
    ids = {
        agent.agent_id
        for assignment in assignments
        for field in fields & {Field.INBOUND, Field.OUTBOUND}
        for agent in _agents_of(assignment, field)
    }
    return agent_labels({agent_id: names.get(agent_id, "") for agent_id in sorted(ids)})


def _agents_of(assignment: Assignment, field: Field) -> Agents:
    return assignment.inbound if field is Field.INBOUND else assignment.outbound


def _agents(agents: Agents, labels: Mapping[str, str], percent: Callable[[Decimal], str]) -> tuple[str, ...]:
    if not agents:
        return (NO_AGENT,)
    if not _is_split(agents):
        return (_agent(agents[0], labels),)
    return tuple(f"{percent(agent.weight)}  {_agent(agent, labels)}" for agent in agents)


def _is_split(agents: Agents) -> bool:
    return len(agents) > 1 or any(agent.weight != ONE for agent in agents)


def _agent(agent: WeightedAgent, labels: Mapping[str, str]) -> str:
    return f"{labels[agent.agent_id]} {f'({UNPINNED})' if agent.version is None else f'v{agent.version}'}"


def _percent_writer(sides: Iterable[Agents], *, is_rounded: bool) -> Callable[[Decimal], str]:
    """Return what writes weights: rounded, unless two weights that differ would then look the same."""
    weights = {agent.weight for agents in sides for agent in agents}
    if is_rounded and len({rounded_percent(weight) for weight in weights}) == len(weights):
        return rounded_percent
    return percent_text


def _shares(
    old: Agents, new: Agents, labels: Mapping[str, str], percent: Callable[[Decimal], str], mark: str
) -> tuple[Share, ...]:
    """Pair the agents of both sides: those that go, stay, get another share, and come, each as they were written."""
    if not (_is_split(old) or _is_split(new)):
        return ()
    left = list(old)
    after: list[Share] = []
    for agent in new:
        same = [each for each in left if (each.agent_id, each.version) == (agent.agent_id, agent.version)]
        former = next((each for each in same if each.weight == agent.weight), same[0] if same else None)
        shown = f"{_agent(agent, labels)}{mark}"
        if former is None:
            after.append(Share(Fate.COMES, None, percent(agent.weight), shown))
            continue
        left.remove(former)
        fate = Fate.STAYS if former.weight == agent.weight else Fate.MOVES
        after.append(Share(fate, percent(former.weight), percent(agent.weight), shown))
    gone = [Share(Fate.GOES, percent(agent.weight), None, _agent(agent, labels)) for agent in left]
    return tuple(sorted([*gone, *after], key=lambda share: list(Fate).index(share.fate)))
