"""Who may ask, and for which rules reviews count, as Slack says: looked up with no transaction open (G10).

A transaction that finds that it must know more ends without a trace, Slack is asked, and it is begun again.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from bot.domain.errors import CannotCheck
from bot.domain.rules.people import Person
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.refusals import refuse_requester, refuse_reviewer, refuse_unreachable

T = TypeVar("T")
# Another look-up is needed only where the change was edited or reviewed meanwhile.
MOST_ROUNDS = 4
BUSY = "Someone else is deciding at the same moment, so I did nothing. Please try again."


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, with their groups and channels, and who could approve by the rules of which that is known."""

    person: Person
    eligible: Mapping[str, frozenset[str]] = field(default_factory=dict)


class LookUp(Protocol):
    """Whoever can ask Slack. All raise CannotCheck where Slack does not say."""

    async def to_ask(self, held: HeldPolicy, requester_id: str) -> Asking:
        """Look up what decides whether somebody may ask; raises NotAllowed where the approval cannot be asked."""

    async def to_override(self, held: HeldPolicy, user_id: str) -> Person:
        """Return a full member with those of their groups and channels by which somebody may override."""

    async def to_decide(self, held: HeldPolicy, people: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Name for each of these people the rules that they may count for; none for who is no full member."""


class NotLookedUp(Exception):
    """The work needs to know more of Slack first: by each of these policies about these people, or with none who asks.

    Whoever needs more than one policy says so at once.
    """

    def __init__(self, *missing: tuple[HeldPolicy, Collection[str]]) -> None:
        super().__init__("not looked up")
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Rights:
    """What was looked up so far, by the policy that it was looked up for: it says nothing about any other."""

    asking: Mapping[HeldPolicy, Asking] = field(default_factory=dict)
    rules: Mapping[HeldPolicy, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    def require_known(
        self, *, to_ask: Iterable[HeldPolicy] = (), to_decide: Iterable[tuple[HeldPolicy, Collection[str]]] = ()
    ) -> None:
        """Raise NotLookedUp with all at once that the work needs by several policies, unless it is known."""
        missing: dict[HeldPolicy, set[str]] = {
            held: set() for held in to_ask if not held.is_open and held not in self.asking
        }
        for held, people in to_decide:
            unknown = frozenset(people) - self.rules.get(held, {}).keys()
            if unknown:
                missing.setdefault(held, set()).update(unknown)
        if missing:
            raise NotLookedUp(*missing.items())

    def require_may_ask(self, held: HeldPolicy, requester_id: str) -> None:
        """Raise NotAllowed unless the rules let this person ask, and others could approve it. Raises NotLookedUp."""
        if held.is_open:
            return
        if held not in self.asking:
            raise NotLookedUp((held, ()))
        asking = self.asking[held]
        refuse_requester(held, asking.person)
        refuse_unreachable(held, requester_id=requester_id, eligible=asking.eligible)

    def rules_of(self, held: HeldPolicy, reviewer_id: str) -> frozenset[str]:
        """Name the rules that the review of a full member counts for. Raises NotAllowed when none, NotLookedUp."""
        found = self.of(held, reviewer_id)
        if not found:
            refuse_reviewer(held, Person(reviewer_id))
        return found

    def of(self, held: HeldPolicy, person_id: str) -> frozenset[str]:
        """Name the rules that a full member may approve by, perhaps none. Raises NotLookedUp."""
        if held.needs_look_up:
            return self.again(held, [person_id])[person_id]
        return held.rules_for(Person(person_id))

    def again(self, held: HeldPolicy, people: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return for what these people may count now, whatever was known of them before. Raises NotLookedUp."""
        known = self.rules.get(held, {})
        missing = frozenset(people) - known.keys()
        if missing:
            raise NotLookedUp((held, missing))
        return known


async def with_rights(look_up: LookUp | None, work: Callable[[Rights], Awaitable[T]], *, asker: str = "") -> T:
    """Do work again with what it needs to know. Raises CannotCheck; without `look_up` at once.

    `asker` is who asks, where the work is a submission.
    """
    rights = Rights()
    for _ in range(MOST_ROUNDS):
        try:
            return await work(rights)
        except NotLookedUp as error:
            if look_up is None:
                raise CannotCheck("I cannot look people up here, so I did nothing.") from None
            missing = error.missing
        for held, people in missing:
            if people:
                known = {**rights.rules.get(held, {}), **await look_up.to_decide(held, people)}
                rights = replace(rights, rules={**rights.rules, held: known})
            else:
                rights = replace(rights, asking={**rights.asking, held: await look_up.to_ask(held, asker)})
    raise CannotCheck(BUSY)
