"""The tables and keys of a policy file. A description says what the value must be, in the words of a complaint."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from bot.domain.rules.facts import ChangeKind
from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.rules.windows import DAYS, Freeze, Window
from bot.policy_file import values as read

Quorum: TypeAlias = Annotated[int, Field(ge=1, le=10)]
DenialWord: TypeAlias = Literal["ends", "blocks"]
Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Kind: TypeAlias = Literal[
    "inbound", "split", "no_inbound", "outbound", "no_outbound", "webhook", "time_routing", "scheduled", "several"
]
Line: TypeAlias = Annotated[str, AfterValidator(read.line)]
Number: TypeAlias = Annotated[str, AfterValidator(read.number), StringConstraints(min_length=1, max_length=100)]
Host: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=253)]
AgentId: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=255)]
UserId: TypeAlias = Annotated[str, StringConstraints(pattern="^[UW][A-Z0-9]{1,40}$")]
GroupId: TypeAlias = Annotated[str, StringConstraints(pattern="^S[A-Z0-9]{1,40}$")]
ChannelId: TypeAlias = Annotated[str, StringConstraints(pattern="^[CG][A-Z0-9]{1,40}$")]
Zone: TypeAlias = Annotated[
    str, AfterValidator(read.zone), Field(description='the name of a time zone, such as "Europe/Berlin"')
]
MinuteOfDay: TypeAlias = Annotated[int, BeforeValidator(read.minute_of_day)]
LocalTime: TypeAlias = Annotated[datetime, AfterValidator(read.local_time)]
Duration: TypeAlias = Annotated[timedelta, BeforeValidator(read.duration)]
# What a complaint says as it stands, where no description of one field could.
SENTENCE = "sentence"
A_QUORUM = "a whole number from 1 to 10"
A_DENIAL = '"ends" or "blocks"'
A_DURATION = 'a length of time up to a year, such as "90m", "8h" or "2d"'
A_MOMENT = "a date and a time without quotes and without an offset, such as 2026-12-24T00:00:00"


class Table(BaseModel):
    """How every table is read: nothing is converted, and no key is skipped."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PeopleTable(Table):
    """People by themselves, by their user groups and by their channels."""

    people: list[UserId] = Field([], description='a list of ids of people, such as ["U0123456789"]')
    groups: list[GroupId] = Field([], description='a list of ids of user groups, such as ["S0123456789"]')
    channels: list[ChannelId] = Field([], description='a list of ids of channels, such as ["C0123456789"]')

    def value(self) -> People:
        """Return what it means."""
        return People(frozenset(self.people), frozenset(self.groups), frozenset(self.channels))


class WindowTable(Table):
    """Some hours on some days."""

    days: list[Day] = Field(min_length=1, description='a list of days, such as ["mon", "tue"]')
    start: MinuteOfDay = Field(alias="from", description='a time of day, such as "08:00"')
    end: MinuteOfDay = Field(alias="to", description='a time of day up to "24:00", such as "18:00"')
    zone: Zone

    def value(self) -> Window:
        """Return what it means."""
        return Window(tuple(day for day in DAYS if day in self.days), self.start, self.end, self.zone)


class FreezeTable(Table):
    """A time in which nothing is sent."""

    start: LocalTime = Field(alias="from", description=A_MOMENT)
    end: LocalTime = Field(alias="to", description=A_MOMENT)
    zone: Zone
    why: str = Field("", max_length=200, description="text of up to 200 characters")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        # It would let through what it is there to stop.
        if self.end <= self.start:
            raise PydanticCustomError(SENTENCE, "It ends before it begins, so it would stop nothing.")
        return self

    def value(self) -> Freeze:
        """Return what it means."""
        return Freeze(self.start, self.end, self.zone, " ".join(self.why.split()))


class RuleTable(Table):
    """One `[[rules]]`."""

    name: Line = Field(description="text of up to 75 characters on one line, without < and >")
    numbers: list[Number] | None = Field(
        None, min_length=1, description='a list of numbers, extensions or patterns, such as ["+1415*"]'
    )
    changes: list[Kind] | None = Field(
        None, min_length=1, description=f"a list of some of {', '.join(kind.value for kind in ChangeKind)}"
    )
    agents: list[AgentId] | None = Field(None, min_length=1, description="a list of ids of agents")
    approvers: PeopleTable | None = None
    requesters: PeopleTable | None = None
    quorum: Quorum | None = Field(None, description=A_QUORUM)
    denial: DenialWord | None = Field(None, description=A_DENIAL)
    expires_after: Duration | None = Field(None, description=A_DURATION)
    channel: ChannelId | None = Field(None, description='the id of a channel, such as "C0123456789"')
    webhook_hosts: list[Host] | None = Field(None, description='a list of hosts, such as ["hooks.example.com"]')
    windows: list[WindowTable] = Field([], min_length=1, description="a list of windows")
    freezes: list[FreezeTable] = Field([], min_length=1, description="a list of freezes")
    override: PeopleTable | None = None

    def value(self, *, quorum: int, denial: str) -> Rule:
        """Return what it means; what it does not say is as at the top of the file."""
        return Rule(
            name=self.name,
            numbers=None if self.numbers is None else tuple(self.numbers),
            changes=None if self.changes is None else frozenset(ChangeKind(kind) for kind in self.changes),
            agents=None if self.agents is None else frozenset(self.agents),
            approvers=_people(self.approvers),
            requesters=_people(self.requesters),
            quorum=self.quorum or quorum,
            denial=Denial(self.denial or denial),
            expires_after=self.expires_after,
            channel=self.channel,
            webhook_hosts=None if self.webhook_hosts is None else tuple(self.webhook_hosts),
            windows=tuple(window.value() for window in self.windows),
            freezes=tuple(freeze.value() for freeze in self.freezes),
            override=_people(self.override),
        )


class PolicyTable(Table):
    """The whole file."""

    quorum: Quorum = Field(1, description=A_QUORUM)
    denial: DenialWord = Field("ends", description=A_DENIAL)
    expires_after: Duration | None = Field(None, description=A_DURATION)
    names: dict[Number, Line] = Field({}, description="a table of numbers and their names in quotes")
    rules: list[RuleTable] = Field([], description="a list of tables, each headed [[rules]]")

    def value(self) -> Policy:
        """Return what it means."""
        return Policy(
            quorum=self.quorum,
            denial=Denial(self.denial),
            expires_after=self.expires_after,
            names=tuple(self.names.items()),
            rules=tuple(rule.value(quorum=self.quorum, denial=self.denial) for rule in self.rules),
        )


def _people(table: PeopleTable | None) -> People | None:
    return None if table is None else table.value()
