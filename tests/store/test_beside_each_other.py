"""Two changes of one number that are stepped at the same time: each step also tells the other one's card."""

import asyncio

import pytest

from bot.domain.change import ChangeRequest
from bot.domain.policy import Review, Verdict
from bot.service.messages import card_beside
from bot.store import changes, outbox, reviews
from bot.store.database import Database
from tests.store.stored_changes import ALAN, NOW, ask


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g3_two_reviews_at_once_do_not_wait_in_a_circle_for_each_others_cards(database: Database) -> None:
    one, other = await ask(database), await ask(database)
    both_have_reviewed = asyncio.Barrier(2)

    async def step(mine: ChangeRequest, theirs: ChangeRequest) -> None:
        async with database.transaction() as tx:
            held = await changes.lock(tx, mine.id)
            await reviews.add(tx, held.id, Review(ALAN, Verdict.APPROVE, held.revision, NOW))
            await both_have_reviewed.wait()
            await outbox.enqueue(tx, [card_beside(theirs.id, theirs.id, held, NOW)])

    # Whoever waits in a circle is turned away with an error.
    await asyncio.gather(step(one, other), step(other, one))
