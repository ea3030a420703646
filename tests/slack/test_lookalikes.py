"""Nobody is led to approve another agent than they think: one that looks like another is told apart wherever it is
decided about, also where the other one is not shown."""

import pytest

from bot.sandbox.uponai.seed import SALES
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import NUMBER, cards, work

TWIN = "agent_of_somebody_else_0666"


@pytest.mark.parametrize("name", ["{}", "{}\u200b", "\u2066{}", "{}\u3164"])
async def test_g11_an_agent_that_looks_like_another_bears_its_id_from_the_form_to_the_result(
    bot_world: BotHarness, name: str
) -> None:
    agents = bot_world.uponai.account.agents
    sales = agents[SALES]["agent_name"]
    agents[TWIN] = {**agents[SALES], "agent_id": TWIN, "agent_name": name.format(sales)}
    await bot_world.read_uponai()
    rita, alan = bot_world.rita, bot_world.alan
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "One agent")
    offered = await rita.look_up("Agent 1", sales)
    assert sorted(text.rpartition(" ")[2] for text in offered if text.startswith(sales)) == ["…0666", f"…{SALES[-4:]}"]
    await rita.fill("Agent 1", TWIN)
    await rita.fill("Reason", "Because")
    assert await rita.submit() == {"ok": True}
    await bot_world.post_cards()
    (card,) = cards(bot_world)
    assert f"{sales} …0666 (unpinned)" in alan.read(card)
    assert f"{sales} …0666" in card.text
    await alan.click("Details", card)
    assert TWIN in alan.read_view()
    await alan.click("Approve", card)
    await work(bot_world)
    await bot_world.post_cards()
    assert f"{sales} …0666 (unpinned)" in alan.read(cards(bot_world)[0])
