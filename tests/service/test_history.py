"""Lists of changes as one person reads them: what they may decide, what is theirs, and page by page."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.rules.policy import Policy
from bot.domain.schedule import Schedule
from bot.domain.state import State
from bot.service import history
from bot.service.history import Listing
from bot.service.review import approve, cancel
from tests.service.service_harness import (
    ADA,
    ALAN,
    NUMBER,
    RITA,
    SPLIT_NUMBER,
    TEAM,
    ServiceHarness,
    time_routing,
    webhook,
)


def ids(listing: Listing) -> list[int]:
    return [each.id for each in listing.changes]


async def test_what_waits_for_a_reader_is_told_from_their_own_and_from_what_they_decided(bench: ServiceHarness) -> None:
    bench.context = replace(bench.context, policy=lambda: Policy(quorum=2))
    for actor in (RITA, ALAN, RITA):
        await bench.ask(time_routing(True), actor=actor)
    await approve(bench.context, ALAN, 1)
    found = await history.pending_for(bench.context, ALAN, 10)
    assert (ids(found.waiting), ids(found.own), ids(found.others)) == ([3], [2], [1])
    found = await history.pending_for(bench.context, RITA, 10)
    assert (ids(found.waiting), ids(found.own), ids(found.others)) == ([2], [1, 3], [])
    assert found.next_page is None


async def test_a_list_goes_on_behind_its_last_change_until_all_were_seen(bench: ServiceHarness) -> None:
    for at in range(7):
        await bench.ask(time_routing(True), actor=RITA if at % 2 else ALAN)
    seen: list[int] = []
    after: tuple[int, int] | None = (0, 0)
    while after is not None:
        page = await history.pending_for(bench.context, ALAN, 2, after=after)
        seen += [*ids(page.waiting), *ids(page.own)]
        after = page.next_page
    assert sorted(seen) == list(range(1, 8))


async def test_the_changes_beside_one_are_older_and_of_its_number(bench: ServiceHarness) -> None:
    for number in (NUMBER, SPLIT_NUMBER, NUMBER, NUMBER):
        await bench.ask(webhook("https://example.com/calls"), number=number)
    older = await history.recent_beside(bench.context, TEAM, 4, 1)
    assert (ids(older), older.has_more) == ([3], True)
    assert ids(await history.recent_beside(bench.context, TEAM, 3, 5)) == [1]
    assert ids(await history.recent_list(bench.context, TEAM, None, 5, before_id=3)) == [2, 1]


async def test_an_overview_holds_what_is_open_and_what_was_last(bench: ServiceHarness) -> None:
    for actor in (RITA, ALAN, RITA):
        await bench.ask(time_routing(True), actor=actor)
    await cancel(bench.context, RITA, 3)
    await approve(bench.context, ADA, 1)
    overview = await history.overview(bench.context, RITA, 10)
    assert ids(overview.waiting) == [2]
    assert [(each.id, each.state) for each in overview.own.changes] == [(1, State.APPROVED)]
    assert ids(overview.recent) == [3, 2, 1]
    assert overview.pause is None


async def test_what_is_scheduled_is_listed_by_when_it_is_sent_and_only_until_then(bench: ServiceHarness) -> None:
    now = bench.clock.now()
    for hours, number in ((2, NUMBER), (1, SPLIT_NUMBER)):
        at = Schedule(now + timedelta(hours=hours))
        await bench.approved(time_routing(number == NUMBER), number=number, schedule=at)
    await bench.ask(webhook("https://example.com/calls"), schedule=Schedule(now + timedelta(hours=3)))
    assert ids((await history.overview(bench.context, ADA, 10)).scheduled) == [2, 1]
    found = await history.pending_for(bench.context, ADA, 10)
    assert (ids(found.scheduled), ids(found.waiting)) == ([2, 1], [3])
    bench.clock.advance(timedelta(hours=1))
    assert ids((await history.overview(bench.context, ADA, 10)).scheduled) == [1]
