"""What can be done with several numbers afterwards: revert all, ask again, edit, read them in lists and Details."""

import pytest

from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.domain.state import Origin, State
from bot.sandbox.slack.workspace.seed import RITA, SUPPORT_OPS
from bot.sandbox.uponai.seed import BOOKINGS
from bot.service.bundles.asking import Wish, submit_each
from bot.service.context import Actor
from bot.service.submission import Submission
from bot.store import bundles
from tests.databases import DIALECTS
from tests.service.service_harness import time_routing, webhook
from tests.slack.bot_harness import BotHarness
from tests.slack.bundles.asking import FEW, ask_several, results_of, states, stored, with_numbers
from tests.slack.messages.test_card_truth import ask as ask_one
from tests.slack.messages.test_card_truth import cards, is_reply, is_told, replies, work
from tests.slack.test_picture import later
from tests.slack.test_rules import press

OWN = (time_routing(is_on=False), webhook("https://hooks.example.com/one"), webhook("https://hooks.example.com/two"))

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)


async def test_revert_of_all_opens_one_form_and_is_one_request(bot_world: BotHarness) -> None:
    bot_world.uponai.account.set_number(FEW[1], {"inbound_agents": [{"agent_id": BOOKINGS, "agent_version": 2}]})
    await bot_world.read_uponai()
    rita, alan = bot_world.rita, bot_world.alan
    await bot_world.type(rita, FEW[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", "\n".join(FEW[1:]))
    await rita.fill("Inbound calls", "No agent")
    await rita.fill("Reason", "Closed")
    assert await rita.submit() == {"ok": True}, rita.errors()
    await bot_world.post_cards()
    await press(bot_world, alan, "Approve", cards(bot_world)[-1])
    await work(bot_world)
    assert await states(bot_world) == [State.APPLIED] * 3
    assert await alan.click("Revert", results_of(bot_world))
    assert "Bookings v2" in alan.read_view()
    assert "Sales v3" in alan.read_view()
    await alan.fill("Reason", "Open again")
    assert await alan.submit() == {"ok": True}, alan.errors()
    await bot_world.post_cards()
    reverts = await stored(bot_world, 4)
    assert [each.parent_id for each in reverts.members] == [1, 2, 3]
    assert {each.origin for each in reverts.members} == {Origin.REVERT}
    assert await press(bot_world, rita, "Approve", cards(bot_world)[-1]) == ""
    await work(bot_world)
    assert await states(bot_world, 4) == [State.APPLIED] * 3
    assert bot_world.uponai.account.numbers[FEW[1]]["inbound_agents"][0]["agent_id"] == BOOKINGS
    first = rita.read(results_of(bot_world, 1))
    assert first.count("ended by RN-") == 3
    assert "3 of 3 went live." in first
    assert rita.buttons(results_of(bot_world, 1)) == ["Details"]


async def test_edit_makes_a_new_revision_of_all_and_of_no_other_number(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(rules=(Rule(name="Two", quorum=2),)))
    rita = bot_world.rita
    card = await ask_several(bot_world, FEW)
    await press(bot_world, bot_world.alan, "Approve", card)
    assert await rita.click("Edit", cards(bot_world)[-1])
    assert rita.value("More numbers") == "\n".join(FEW[1:])
    await rita.fill("Inbound webhook", "Set")
    await rita.fill("Webhook URL", "https://hooks.example.com/in")
    await rita.fill("More numbers", "\n".join([*FEW[1:], "+14155550145"]))
    await rita.submit()
    assert "Edit can leave numbers out, but adds none" in " ".join(rita.errors().values())
    await rita.fill("More numbers", "\n".join(FEW[1:]))
    assert await rita.submit() == {"ok": True}, rita.errors()
    await bot_world.post_cards()
    bundle = await stored(bot_world)
    assert [each.revision for each in bundle.members] == [2, 2, 2]
    assert "0 of 2" in rita.read(cards(bot_world)[-1])
    assert any("edited RN-1 and 2 more" in each for each in replies(bot_world))


async def test_asking_again_opens_the_form_with_all_numbers(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    card = await ask_several(bot_world, FEW)
    await press(bot_world, rita, "Cancel", card)
    told = bot_world.rita.messages("phone-routing", cards(bot_world)[-1].ts)[-1]
    assert await rita.click("Ask again", told)
    assert rita.value("More numbers") == "\n".join(FEW[1:])
    assert await rita.submit() == {"ok": True}, rita.errors()
    await bot_world.post_cards()
    again = await stored(bot_world, 4)
    assert [each.parent_id for each in again.members] == [1, 2, 3]
    assert "asked again as RN-4" in "".join(replies(bot_world))


async def test_lists_show_what_belongs_together_once(bot_world: BotHarness) -> None:
    await ask_several(bot_world, FEW)
    waits = await bot_world.type(bot_world.alan, "pending")
    assert waits.count("RN-") == 1
    assert "RN-1 and 2 more" in waits.replace("|", " ").replace(">", "")
    assert "RN-1 and 2 more" in (await bot_world.type(bot_world.alan, "history")).replace(">", "")
    assert "RN-3" in await bot_world.type(bot_world.alan, f"history {FEW[2]}")
    assert "together with RN-1 and other numbers" in await bot_world.type(bot_world.alan, "show RN-3")
    home = await bot_world.alan.open_home()
    assert home is not None
    assert "card:approve" not in str(home.content)
    assert "Open the card of RN-1" in str(home.content)


async def test_g11_details_hold_all_of_fifty_numbers_with_long_names_and_the_card_says_so(
    bot_world: BotHarness,
) -> None:
    numbers = await with_numbers(bot_world, 50)
    split = [{"agent_id": f"agent_{at}", "agent_version": 0, "weight": 0.1} for at in range(10)]
    for at in range(10):
        name = f"{at} " + "A very long name of an agent " * 6 + f"ends {at}"
        bot_world.uponai.account.agents[f"agent_{at}"] = {
            "agent_id": f"agent_{at}",
            "agent_name": name,
            "versions": [{"version": 0, "updated_at": "2026-01-12T09:30:00Z"}],
        }
    for number in numbers:
        bot_world.uponai.account.set_number(number, {"inbound_agents": split})
    await bot_world.read_uponai()
    rita, alan = bot_world.rita, bot_world.alan
    await bot_world.type(rita, numbers[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", ",".join(numbers[1:]))
    await rita.fill("Inbound calls", "No agent")
    await rita.fill("Reason", "R" * 3000)
    assert await rita.submit() == {"ok": True}, rita.errors()
    await bot_world.post_cards()
    card = cards(bot_world)[-1]
    shown = rita.read(card)
    assert "There is no room for all of RN-1, RN-2, " in shown
    assert all(f"RN-{at} · " in shown for at in range(1, 51))
    await alan.click("Details", card)
    read, pages = "", 0
    while True:
        read, pages = read + alan.read_view(), pages + 1
        if "More numbers" not in alan.buttons():
            break
        await alan.click("More numbers")
    assert pages > 1
    assert read.count("ends 9") == 50
    await alan.click("Record", nth=0)
    assert "asked for this" in alan.read_view()


async def test_what_is_still_undecided_can_be_edited_when_the_first_one_has_ended(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await ask_several(bot_world, FEW)
    other = await ask_one(bot_world, number=FEW[0])
    await press(bot_world, bot_world.alan, "Approve", other)
    await work(bot_world)
    assert await states(bot_world) == [State.STALE, State.PENDING, State.PENDING]
    card = cards(bot_world)[0]
    assert "Edit" in rita.buttons(card)
    await rita.click("Edit", card)
    assert rita.value("More numbers") == FEW[2]
    await rita.fill("Reason", "Day shift")
    assert await rita.submit() == {"ok": True}, rita.errors()
    await bot_world.post_cards()
    assert [each.revision for each in (await stored(bot_world)).members] == [1, 2, 2]
    assert any("edited RN-2 and RN-3. They are revision 2 now." in each for each in replies(bot_world))
    await press(bot_world, bot_world.alan, "Approve", card)
    assert await states(bot_world) == [State.STALE, State.APPROVED, State.APPROVED]


async def test_an_edit_withdraws_what_it_leaves_out_and_where_nothing_would_change(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    url = "https://hooks.example.com/in"
    bot_world.uponai.account.set_number(FEW[1], {"inbound_webhook_url": url})
    await bot_world.read_uponai()
    await ask_several(bot_world, FEW)
    await rita.click("Edit", cards(bot_world)[0])
    await rita.fill("More numbers", FEW[1])
    await rita.fill("Time routing", "Keep as is")
    await rita.fill("Inbound webhook", "Set")
    await rita.fill("Webhook URL", url)
    assert await rita.submit() == {"ok": True}, rita.errors()
    await bot_world.post_cards()
    assert await states(bot_world) == [State.PENDING, State.CANCELED, State.CANCELED]
    told = next(each for each in replies(bot_world) if "edited RN-1." in each)
    assert "RN-2 for +1 312-555-0111: nothing would change there, so it is withdrawn" in told
    assert "RN-3 for +44 20 7946 0958: left out, so it is withdrawn" in told
    await press(bot_world, bot_world.alan, "Approve", cards(bot_world)[0])
    await work(bot_world)
    assert await states(bot_world) == [State.APPLIED, State.CANCELED, State.CANCELED]


@pytest.mark.parametrize("has_ended", [False, True])
async def test_an_edit_takes_the_card_of_all_to_the_channel_of_a_new_rule(
    bot_world: BotHarness, *, has_ended: bool
) -> None:
    rita = bot_world.rita
    await ask_several(bot_world, FEW)
    if has_ended:
        await press(bot_world, bot_world.alan, "Approve", await ask_one(bot_world, number=FEW[0]))
        await work(bot_world)
    bot_world.policies.append(Policy(rules=(Rule(name="Elsewhere", channel=SUPPORT_OPS),)))
    await rita.click("Edit", cards(bot_world)[0])
    await rita.fill("Reason", "Day shift")
    assert await rita.submit() == {"ok": True}, rita.errors()
    await later(bot_world, minutes=2)
    [card] = [each for each in bot_world.slack.world.messages[SUPPORT_OPS] if is_told(each) and not is_reply(each)]
    assert "RN-1 and 2 more" in rita.read(card)
    assert "edited" in "".join(
        rita.read(each) for each in bot_world.slack.world.messages[SUPPORT_OPS] if is_reply(each)
    )
    assert rita.buttons(cards(bot_world)[0]) == []
    await press(bot_world, bot_world.alan, "Approve", card)
    assert State.PENDING not in await states(bot_world)


async def test_of_numbers_that_each_go_back_to_their_own_the_reason_can_be_edited(bot_world: BotHarness) -> None:
    rita, alan = bot_world.rita, bot_world.alan
    await press(bot_world, alan, "Approve", await ask_several(bot_world, FEW))
    await work(bot_world)
    bot_world.policies.append(Policy(rules=(Rule(name="Two", quorum=2),)))
    async with bot_world.context.database.reading() as tx:
        found = await bundles.get(tx, 1)
    wishes = [Wish(each.key.number, patch) for each, patch in zip(found.members, OWN, strict=True)]
    team = rita.user.team_id
    asked = Submission(
        actor=Actor(team, RITA, "test"),
        channel_id=found.lead.channel_id,
        number=FEW[0],
        patch=OWN[0],
        reason="Back",
        submission_key="own",
    )
    await submit_each(bot_world.context, asked, wishes, look_up=None)
    await bot_world.post_cards()
    card = cards(bot_world)[-1]
    await press(bot_world, alan, "Approve", card)
    await rita.click("Edit", card)
    assert rita.labels() == ["Reason"]
    assert rita.value("Reason") == "Back"
    assert await rita.submit() == {"ok": True}
    assert "ask for exactly this already" in rita.read_view()
    await rita.close()
    await rita.click("Edit", card)
    await rita.fill("Reason", "Back at last")
    assert await rita.submit() == {"ok": True}, rita.errors()
    await bot_world.post_cards()
    bundle = await stored(bot_world, 4)
    assert [(each.revision, each.reason) for each in bundle.members] == [(2, "Back at last")] * 3
    assert [each.patch for each in bundle.members] == list(OWN)
    assert "0 of 2" in rita.read(cards(bot_world)[-1])
