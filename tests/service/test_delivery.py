"""What delivers asks the database first: no lease is given for a card that stands elsewhere by now."""

import pytest

from bot.service.delivery import steps as delivery
from bot.service.move_card import move_card
from bot.store import cards
from bot.store.cards import Card
from bot.store.errors import StaleCard
from tests.service.service_harness import RITA, ServiceHarness, time_routing


async def test_g9_after_a_move_nobody_goes_on_holding_the_former_card(bench: ServiceHarness) -> None:
    change = await bench.ask(time_routing(is_on=True))
    card = Card(change_id=change.id, channel_id="C1", message_ts="1.1", problem="is_archived")
    async with bench.context.database.transaction() as tx:
        await cards.save(tx, card, over=None)
    [held] = await delivery.claim(bench.context)
    await delivery.hold(bench.context, held)
    await move_card(bench.context, RITA, change.id, "C2")
    with pytest.raises(StaleCard):
        await delivery.hold(bench.context, held)
