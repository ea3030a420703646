"""UponAI's JSON and our values: tolerant on reading, exact on writing.

Anything may be null or missing, and unknown fields may appear. A weight has the digits by which a JSON number is told
from its neighbours, some 17 at most, whichever parser has read it.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.domain.account import ListedAgent, ListedNumber
from bot.domain.assignment import ONE, Agents, Assignment, AssignmentPatch, WeightedAgent
from bot.domain.assignment import Field as AssignmentField
from bot.domain.key import NumberKey
from bot.domain.storable import REPLACEMENT
from bot.domain.weights import plain_digits
from bot.uponai.errors import UnexpectedReply
from bot.uponai.reading import message_of

NO_IMPORT_REASON = "The number did not arrive at the telephony platform; UponAI gave no reason."


def _as_a_json_number(weight: Decimal) -> Decimal:
    return Decimal(repr(float(weight)))


# The limits keep a hostile exponent from being written out as a million zeros.
Weight = Annotated[Decimal, Field(ge=0, le=1000, max_digits=60, decimal_places=50), AfterValidator(_as_a_json_number)]
Model = TypeVar("Model", bound=BaseModel)


# Two of them are one key of an index, which holds some 2700 bytes; one that does not fit would stop the whole list.
LONGEST_IDENTIFIER_BYTES = 1000


def _refuse_damaged(identifier: str) -> str:
    if REPLACEMENT in identifier:
        raise ValueError("a character of this identifier was lost")
    if len(identifier.encode()) > LONGEST_IDENTIFIER_BYTES:
        raise ValueError("this identifier is too long to be one")
    return identifier


# Two identifiers that differ in a character which cannot be stored would be one here: neither is taken for anything.
Identifier = Annotated[str, AfterValidator(_refuse_damaged)]


def _time(value: Any) -> datetime | None:
    """Read a time, None for what cannot be read: it is only shown."""
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


UpdatedAt = Annotated[datetime | None, BeforeValidator(_time)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class WireAgent(_Wire):
    """An agent in a number object."""

    agent_id: Identifier | None = None
    agent_version: int | None = None
    weight: Weight | None = None


class WireNumber(_Wire):
    """A number object: the fields that an assignment is read from."""

    number: Identifier = Field(min_length=1)
    account_sid: Identifier | None = None
    workspace_id: int | None = None
    agent_id: Identifier | None = None
    outbound_agent_version: int | None = None
    outbound_agents: list[WireAgent] | None = None
    inbound_agent_id: Identifier | None = None
    inbound_agent_version: int | None = None
    inbound_agents: list[WireAgent] | None = None
    inbound_webhook_url: str | None = None
    is_time_routing_enabled: bool | None = None
    platform_import_error: bool | None = None
    platform_import_error_message: str | None = None

    def to_listed(self, account_sid: str, workspace_id: int, webhooks: Collection[str] = ()) -> ListedNumber:
        """Read the number; the account and workspace are those that were asked for where the object names none.

        What can be secret of `webhooks`, and of the number's own, does not stand in `import_error`.
        """
        own = (self.inbound_webhook_url,) if self.inbound_webhook_url else ()
        return ListedNumber(
            key=NumberKey(
                self.account_sid or account_sid,
                workspace_id if self.workspace_id is None else self.workspace_id,
                self.number,
            ),
            assignment=Assignment(
                inbound=_agents(self.inbound_agents, self.inbound_agent_id, self.inbound_agent_version),
                outbound=_agents(self.outbound_agents, self.agent_id, self.outbound_agent_version),
                webhook_url=self.inbound_webhook_url or None,
                is_time_routing_enabled=self.is_time_routing_enabled,
            ),
            import_error=import_error_of(
                self.platform_import_error, self.platform_import_error_message, (*own, *webhooks)
            ),
        )


class WireImport(_Wire):
    """What the `assignment` of an answer says about the telephony platform."""

    platform_import_error: bool | None = None
    platform_import_error_message: str | None = None


class WireAgentVersion(_Wire):
    """One version of an agent, as the lists of agents and of versions show it."""

    agent_id: Identifier = Field(min_length=1)
    version: int
    agent_name: str | None = None
    updated_at: UpdatedAt = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace that the token can see."""

    id: int
    name: str | None


class WireWorkspace(_Wire):
    """A workspace. The reference does not publish its fields."""

    id: int | None = None
    workspace_id: int | None = None
    name: str | None = None
    workspace_name: str | None = None

    def to_workspace(self) -> Workspace | None:
        """Read the workspace, None when it has no id."""
        number = self.workspace_id if self.id is None else self.id
        return None if number is None else Workspace(number, self.name or self.workspace_name)


def import_error_of(has_failed: bool | None, message: str | None, webhooks: Collection[str]) -> str | None:
    """Return the telephony platform's complaint without what can be secret of `webhooks`, None without one."""
    return (message_of(message, webhooks) or NO_IMPORT_REASON) if has_failed else None


def list_in(value: Any, *names: str) -> list[Any]:
    """Return the entries of a list, bare or in an object under one of the names.

    Raises:
        UnexpectedReply: There is no list, or the object says that this is no success.
    """
    if isinstance(value, dict) and value.get("success") is not False:
        value = next((value[name] for name in names if isinstance(value.get(name), list)), None)
    if not isinstance(value, list):
        raise UnexpectedReply("UponAI answered with something else than the list that was asked for.")
    return value


def read_entry(model: type[Model], entry: Any) -> Model | None:
    """Read one entry of a list, None when it cannot be read."""
    try:
        return model.model_validate(entry)
    except ValidationError:
        return None


def merge_agents(versions: list[WireAgentVersion]) -> tuple[ListedAgent, ...]:
    """Put the versions of each agent together, newest first; it bears the name of the newest version with a name."""
    by_agent: dict[str, list[WireAgentVersion]] = {}
    for version in versions:
        by_agent.setdefault(version.agent_id, []).append(version)
    return tuple(_merge(agent_id, found) for agent_id, found in by_agent.items())


def put_body(account_sid: str, workspace_id: int, patch: AssignmentPatch) -> bytes:
    """Write the body that sets exactly the touched fields.

    The JSON is put together from texts because json.dumps knows no decimals: a weight leaves with its own digits.

    Raises:
        ValueError: The patch holds what this request cannot say.
    """
    members = {"accountSid": json.dumps(account_sid), "workspaceId": json.dumps(workspace_id), **dict(_members(patch))}
    return "{{{}}}".format(", ".join(f"{json.dumps(name)}: {text}" for name, text in members.items())).encode()


def _members(patch: AssignmentPatch) -> Iterator[tuple[str, str]]:
    wanted, fields = patch.wanted, patch.fields
    if AssignmentField.OUTBOUND in fields:
        yield from _outbound(wanted.outbound)
    if AssignmentField.INBOUND in fields:
        yield "inboundAgents", f"[{', '.join(map(_inbound_agent, wanted.inbound))}]"
    if AssignmentField.WEBHOOK in fields:
        yield "inboundWebhookUrl", json.dumps(wanted.webhook_url)
    if AssignmentField.TIME_ROUTING in fields:
        if wanted.is_time_routing_enabled is None:
            raise ValueError("time routing is on or off; not known cannot be sent")
        yield "isTimeRoutingEnabled", json.dumps(wanted.is_time_routing_enabled)


def _outbound(agents: Agents) -> Iterator[tuple[str, str]]:
    if not agents:
        yield "outboundAgentId", "null"
        return
    if len(agents) > 1 or agents[0].weight != ONE:
        raise ValueError("a split of outbound calls cannot be sent")
    if agents[0].version is None:
        raise ValueError("an outbound agent cannot be sent without its version")
    yield "outboundAgentId", json.dumps(agents[0].agent_id)
    yield "outboundAgentVersion", json.dumps(agents[0].version)


def _inbound_agent(agent: WeightedAgent) -> str:
    version = "" if agent.version is None else f'"agent_version": {agent.version}, '
    return f'{{"agent_id": {json.dumps(agent.agent_id)}, {version}"weight": {plain_digits(agent.weight)}}}'


def _agents(agents: list[WireAgent] | None, agent_id: str | None, version: int | None) -> Agents:
    """Read the list where there is one, else the single agent of older objects."""
    if agents is None:
        return (WeightedAgent(agent_id, version),) if agent_id else ()
    # Agents without a weight share what the others leave: the only agent of a list gets all calls.
    unweighted = sum(1 for agent in agents if agent.weight is None and agent.agent_id)
    taken = sum((agent.weight for agent in agents if agent.weight is not None), Decimal(0))
    share = max(ONE - taken, Decimal(0)) / unweighted if unweighted else Decimal(0)
    return tuple(
        WeightedAgent(agent.agent_id, agent.agent_version, share if agent.weight is None else agent.weight)
        for agent in agents
        if agent.agent_id
    )


def _merge(agent_id: str, found: list[WireAgentVersion]) -> ListedAgent:
    newest_first = sorted(found, key=lambda version: -version.version)
    name = next((version.agent_name for version in newest_first if version.agent_name), None)
    return ListedAgent(agent_id, name, tuple(dict.fromkeys(version.version for version in newest_first)))
