"""What happens on Slack's side while the bot works: limits, revoked tokens, people who leave, closed forms."""

from functools import partial

import pytest

from bot.domain.rules.policy import Policy
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING, SUPPORT_OPS
from bot.slack.api.identity import IdentityResolver
from bot.slack.app import SlackApp
from bot.slack.delivery.courier import Courier
from tests.slack.bot_harness import BotHarness, resolve
from tests.slack.delivery.lanes import asked, card_posts, invite_bot
from tests.slack.messages.test_card_truth import NUMBER, ask, cards, refusal, replies, work

both_databases = pytest.mark.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)


def posts(bot_world: BotHarness) -> int:
    return [record.method for record in bot_world.slack.recorder.requests].count("chat.postMessage")


@both_databases
async def test_slacks_wait_holds_for_its_method_and_channel_in_every_process(bot_world: BotHarness) -> None:
    invite_bot(bot_world, SUPPORT_OPS)
    other = Courier(context=bot_world.context, client=bot_world.client)
    limit = Fault("rate_limit", methods=["chat.postMessage"], channel=PHONE_ROUTING, times=1, retry_after=30)
    bot_world.slack.faults.add(limit)
    first, elsewhere = await asked(bot_world), await asked(bot_world, SUPPORT_OPS)
    await bot_world.courier.deliver_due()
    assert (len(card_posts(bot_world, first)), len(card_posts(bot_world, elsewhere))) == (0, 1)
    second = await asked(bot_world)
    before = posts(bot_world)
    bot_world.clock.advance(seconds=29)
    await other.deliver_due()
    assert posts(bot_world) == before
    third = await asked(bot_world, SUPPORT_OPS)
    await other.deliver_due()
    assert len(card_posts(bot_world, third)) == 1
    bot_world.clock.advance(seconds=2)
    while await other.deliver_due():
        pass
    assert [len(card_posts(bot_world, each)) for each in (first, second)] == [1, 1]


async def test_before_slack_asks_to_wait_nothing_is_held_back(bot_world: BotHarness) -> None:
    changes = [await asked(bot_world) for _ in range(6)]
    await bot_world.courier.deliver_due()
    assert [len(card_posts(bot_world, each)) for each in changes] == [1] * 6


@pytest.mark.parametrize("code", ["token_revoked", "account_inactive"])
async def test_g9_with_a_revoked_token_people_and_health_are_told_and_all_is_delivered_once_it_is_back(
    bot_world: BotHarness, code: str
) -> None:
    change = await asked(bot_world)
    bot_world.slack.faults.add(Fault("error", code=code))
    await bot_world.courier.deliver_due()
    assert bot_world.courier.problem is not None
    assert code in bot_world.courier.problem
    said = await bot_world.type(bot_world.rita, NUMBER)
    assert code in said or "could not check with Slack" in said
    bot_world.slack.faults.clear()
    bot_world.clock.advance(seconds=16)
    await bot_world.post_cards()
    assert len(card_posts(bot_world, change)) == 1
    assert bot_world.courier.problem is None


async def test_a_token_that_is_revoked_later_and_a_new_address_of_the_workspace_are_noticed(
    bot_world: BotHarness,
) -> None:
    resolver = IdentityResolver(bot_world.client)
    await resolver.ask_again()
    app = SlackApp(
        context=bot_world.context,
        client=bot_world.client,
        resolve_identity=lambda: resolve(bot_world.client),
        approval_channel=PHONE_ROUTING,
        present_identity=lambda: resolver.present,
    )
    bot_world.others.append(app)
    bot_world.deliver_to(app)
    await ask(bot_world)
    former = bot_world.slack.world.team.domain
    assert f"https://{former}.slack.com/archives" in await shown_links(bot_world)
    bot_world.slack.world.team.domain = "another-name"
    await resolver.ask_again()
    assert "https://another-name.slack.com/archives" in await shown_links(bot_world)
    bot_world.slack.faults.add(Fault("error", methods=["auth.test"], code="token_revoked", times=1))
    await resolver.ask_again()
    assert "token_revoked" in (resolver.problem or "")
    await resolver.ask_again()
    assert resolver.problem is None


async def shown_links(bot_world: BotHarness) -> str:
    await bot_world.type(bot_world.alan, "pending")
    return str(bot_world.alan.ephemeral("phone-routing")[-1].blocks)


async def test_a_requester_who_left_keeps_nobody_from_deciding(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    bot_world.rita.user.deleted = True
    bot_world.clock.advance(minutes=2)
    await bot_world.rita.click("Cancel", card)
    assert "deactivated" in refusal(bot_world.rita)
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    assert "State: applied" in bot_world.alan.read(cards(bot_world)[0])


async def test_g1_an_approval_by_somebody_who_left_meanwhile_counts_no_longer(bot_world: BotHarness) -> None:
    bot_world.policies.append(Policy(quorum=2))
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    bot_world.alan.user.deleted = True
    bot_world.clock.advance(minutes=2)
    await bot_world.ada.click("Approve", cards(bot_world)[0])
    await work(bot_world)
    assert "State: pending" in bot_world.ada.read(cards(bot_world)[0])
    assert not any("live" in reply for reply in replies(bot_world))


@pytest.mark.parametrize("code", ["not_found", "hash_conflict"])
async def test_a_form_that_was_closed_or_moved_on_meanwhile_breaks_nothing(
    bot_world: BotHarness, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await bot_world.type(bot_world.rita, NUMBER)
    bot_world.slack.faults.add(Fault("error", methods=["views.update"], code=code, times=1))
    await bot_world.rita.fill("Time routing", "On")
    await bot_world.rita.fill("Reason", "Night shift")
    assert await bot_world.rita.submit() == {"ok": True}
    assert "request_broke" not in capsys.readouterr().out


async def test_who_takes_back_an_approval_and_closes_the_window_at_once_is_told_of_no_failure(
    bot_world: BotHarness,
) -> None:
    bot_world.policies.append(Policy(quorum=2))
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    await bot_world.alan.click("Details", card)
    before = len(bot_world.alan.ephemeral("phone-routing"))
    bot_world.slack.faults.add(Fault("error", methods=["views.update"], code="not_found", times=1))
    await bot_world.alan.click("Take back my approval")
    await work(bot_world)
    assert len(bot_world.alan.ephemeral("phone-routing")) == before
    assert any("took their approval of RN-1 back" in reply for reply in replies(bot_world))


async def test_g8_a_press_whose_trigger_has_expired_is_told_what_to_do(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    for button in ("Details", "Deny", "Edit"):
        person = bot_world.rita if button == "Edit" else bot_world.alan
        bot_world.slack.faults.add(Fault("error", methods=["views.open"], code="expired_trigger_id", times=1))
        await person.click(button, card)
        await bot_world.slack.until(partial(person.ephemeral, "phone-routing"))
        assert "does not let me open the form any more" in refusal(person)
