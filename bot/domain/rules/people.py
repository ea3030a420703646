"""Who may do something by a rule: people by themselves, by their user groups, and by their channels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Person:
    """A full member with the groups and channels that were looked up; what was not looked up is not in there."""

    user_id: str
    groups: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class People:
    """Whoever is one of these people, in one of these user groups, or a member of one of these channels."""

    people: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()

    def includes(self, person: Person) -> bool:
        """Say whether this person is one of them."""
        return (
            person.user_id in self.people
            or not self.groups.isdisjoint(person.groups)
            or not self.channels.isdisjoint(person.channels)
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that stands here, people first."""
        return (*sorted(self.people), *sorted(self.groups), *sorted(self.channels))

    @property
    def needs_look_up(self) -> bool:
        """Say whether somebody must ask Slack before it is known who they are."""
        return bool(self.groups or self.channels)

    def is_within(self, other: "People") -> bool:
        """Say whether everybody here is named there too."""
        return self.people <= other.people and self.groups <= other.groups and self.channels <= other.channels

    def to_json(self) -> dict[str, Any]:
        """Return these people as JSON values, for storing."""
        return {"people": sorted(self.people), "groups": sorted(self.groups), "channels": sorted(self.channels)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(frozenset(value["people"]), frozenset(value["groups"]), frozenset(value["channels"]))


def is_among(people: People | None, person: Person) -> bool:
    """Say whether a person is one of `people`; None stands for every full member."""
    return people is None or people.includes(person)
