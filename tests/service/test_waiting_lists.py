"""What waits for a reader: what lacks an approval which they may give by its rules, and have not given."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from bot.domain.errors import CannotCheck
from bot.domain.rules.people import People, Person
from bot.domain.rules.policy import HeldPolicy, Policy
from bot.domain.rules.rule import Rule
from bot.service import history
from bot.service.context import Actor
from bot.service.review import approve
from bot.service.rights import Asking
from bot.service.submit import submit
from tests.service.service_harness import ADA, ALAN, NUMBER, SPLIT_NUMBER, ServiceHarness, webhook
from tests.service.test_history import ids

LEADS = "S07LEADS001"
WEBHOOK = webhook("https://example.com/calls")


@dataclass
class Asked:
    """Knows who is in the group of leads, unless Slack does not say; counts how often it is asked."""

    leads: frozenset[str] = frozenset()
    is_down: bool = False
    asked: int = 0

    async def to_ask(self, held: HeldPolicy, requester_id: str) -> Asking:
        everybody = frozenset({"UALAN", "UADA", "UAMY"})
        return Asking(Person(requester_id), {rule.name: everybody for rule in held.rules})

    async def to_override(self, held: HeldPolicy, user_id: str) -> Person:
        raise NotImplementedError

    async def to_decide(self, held: HeldPolicy, people: Collection[str]) -> Mapping[str, frozenset[str]]:
        self.asked += 1
        if self.is_down:
            raise CannotCheck("Slack does not say.")
        groups = {each: frozenset({LEADS} if each in self.leads else ()) for each in people}
        return {each: held.rules_for(Person(each, groups[each])) for each in people}


async def test_what_waits_for_a_reader_lacks_an_approval_that_they_may_give(bench: ServiceHarness) -> None:
    leads = Rule(name="Leads", numbers=(NUMBER,), approvers=People(groups=frozenset({LEADS})))
    ada = Rule(name="Ada", approvers=People(frozenset({ADA.user_id})))
    bench.context = replace(bench.context, policy=lambda: Policy(rules=(leads, ada)))
    look_up = Asked(frozenset({ALAN.user_id}))
    for number in (NUMBER, SPLIT_NUMBER, NUMBER):
        await submit(bench.context, bench.submission(WEBHOOK, number=number), look_up=look_up)
    look_up.asked = 0

    async def read(reader: Actor) -> tuple[list[int], list[int], list[int]]:
        found = await history.pending_for(bench.context, reader, 10, look_up=look_up)
        overview = await history.overview(bench.context, reader, 10, look_up=look_up)
        assert ids(overview.waiting) == ids(found.waiting)
        return ids(found.waiting), ids(found.others), ids(found.needs_others)

    assert await read(ALAN) == ([1, 3], [], [2])
    assert look_up.asked == 2
    assert await read(ADA) == ([1, 2, 3], [], [])
    await approve(bench.context, ALAN, 1, look_up=look_up)
    assert await read(ALAN) == ([3], [1], [2])
    look_up.leads |= {ADA.user_id}
    await approve(bench.context, ADA, 3, look_up=look_up)
    assert await read(ALAN) == ([], [1], [2])
    look_up.is_down = True
    assert await read(replace(ALAN, user_id="UAMY")) == ([1], [], [2])


async def test_what_waits_is_found_behind_many_changes_that_wait_for_others(bench: ServiceHarness) -> None:
    ada = Rule(name="Ada", numbers=(NUMBER,), approvers=People(frozenset({ADA.user_id})))
    bench.context = replace(bench.context, policy=lambda: Policy(rules=(ada,)))
    look_up = Asked()
    for _ in range(3):
        await submit(bench.context, bench.submission(WEBHOOK), look_up=look_up)
    await bench.ask(WEBHOOK, number=SPLIT_NUMBER)
    overview = await history.overview(bench.context, ALAN, 2, look_up=look_up)
    assert (ids(overview.waiting), overview.waiting.has_more) == ([4], False)
