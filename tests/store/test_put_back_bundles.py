"""The put-backs of what was asked together: the database lets them be one bundle of their own, and no other one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.putting_back import put_back_of
from bot.domain.state import Origin
from bot.store import audit, bundles, changes
from bot.store.database import Database
from tests.store.stored_changes import HOUR, NOW, ask, draft, event_of, key, run
from tests.store.test_bundles import MOVE, NUMBERS, ask_together
from tests.store.test_two_people import refuses

ELSEWHERE = "joins a bundle of its own requester"


async def parents(database: Database, start: int = 0) -> Bundle:
    first = replace(draft(NUMBERS[start]), put_back_at=NOW + HOUR)
    return await ask_together(database, [replace(first, key=key(each)) for each in NUMBERS[start : start + 3]])


def wish(parent: ChangeRequest) -> ChangeDraft:
    return put_back_of(replace(parent, put_back_at=NOW + HOUR), parent.after, NOW, NOW)


async def add(database: Database, parent: ChangeRequest) -> ChangeRequest:
    async with database.transaction() as tx:
        planned = await bundles.add_put_back(tx, wish(parent), parent.lead_id)
        await audit.append(tx, [event_of(planned)])
    return planned


async def test_put_backs_join_the_first_one_whatever_became_of_it(database: Database) -> None:
    asked = await parents(database)
    first = await add(database, asked.members[1])
    assert first.bundle_id == first.id
    canceled = replace(first, version=2, state=first.state)
    async with database.transaction() as tx:
        await changes.save(tx, canceled)
        await audit.append(tx, [event_of(canceled)])
    joined = [await add(database, each) for each in (asked.members[0], asked.members[2])]
    assert {each.bundle_id for each in joined} == {first.id}
    async with database.reading() as tx:
        assert [each.origin for each in (await bundles.get(tx, first.id)).members] == [Origin.PUT_BACK] * 3


async def test_g1_a_put_back_joins_no_bundle_but_that_of_its_parents(database: Database) -> None:
    asked, others, alone = await parents(database), await parents(database, 3), await ask(database)
    theirs = await add(database, others.lead)
    for bundle_id in (asked.lead.id, theirs.id):
        await refuses(ask(database, replace(wish(asked.members[1]), bundle_id=bundle_id)), ELSEWHERE)
    own = await add(database, asked.lead)
    foreign = replace(wish(alone), key=key(NUMBERS[9]), bundle_id=own.id)
    await refuses(ask(database, foreign), ELSEWHERE)


@pytest.mark.parametrize(
    "forge", [lambda one: replace(one, origin=None, parent_id=None), lambda one: replace(one, origin=Origin.REVERT)]
)
async def test_g1_nothing_else_joins_put_backs(database: Database, forge: Callable[[ChangeDraft], ChangeDraft]) -> None:
    asked = await parents(database)
    own = await add(database, asked.lead)
    await refuses(ask(database, replace(forge(wish(asked.members[1])), bundle_id=own.id)), ELSEWHERE)


async def test_g2_what_was_asked_together_has_one_bundle_of_put_backs(database: Database) -> None:
    asked = await parents(database)
    await add(database, asked.lead)
    second = await ask(database, wish(asked.members[1]))
    await refuses(run(database, MOVE, id=second.id, to=second.id), "has one bundle of put-backs")


async def test_the_put_back_of_one_number_leads_no_bundle(database: Database) -> None:
    alone = await ask(database, wish(await ask(database)))
    await refuses(run(database, MOVE, id=alone.id, to=alone.id), "asked together with others")
