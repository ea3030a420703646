"""People kept in the picture: approvers are called once and reminded, the requester is told directly, nobody twice."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Denial, Rule
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import ADA, ALAN, AMY, PHONE_ROUTING, RITA
from bot.service.applying.claim import expire_next
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.bundles.asking import FEW, ask_several
from tests.slack.delivery.lanes import interrupted, lose_the_next
from tests.slack.messages.test_card_truth import ask, cards, replies, work
from tests.slack.test_rules import LEADS, MAIN, hold

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)


def answers(bot_world: BotHarness) -> list[Message]:
    """Return what stands in threads."""
    found = bot_world.slack.world.messages[PHONE_ROUTING]
    return [message for message in found if message.thread_ts not in (None, message.ts)]


def told(person: Person) -> list[Message]:
    """Return what the bot told somebody directly."""
    return [message for message in person.messages("app") if message.by_app]


async def later(bot_world: BotHarness, **time: float) -> None:
    bot_world.clock.advance(timedelta(**time))
    await bot_world.post_cards()


async def test_who_can_approve_is_called_once_in_the_thread_a_group_as_the_group(bot_world: BotHarness) -> None:
    hold(bot_world, MAIN, Rule(name="Operations", approvers=People(frozenset({AMY, RITA}))))
    await ask(bot_world)
    [call] = answers(bot_world)
    assert call.text == f"<@{AMY}>, <!subteam^{LEADS}>: RN-1 for +1 415-555-0123 waits for your decision."
    assert f"'usergroup_id': '{LEADS}'" in str(call.blocks)
    assert f"'user_id': '{AMY}'" in str(call.blocks)
    assert RITA not in str(call.blocks)
    await bot_world.alan.click("Approve", cards(bot_world)[0])
    await later(bot_world, minutes=1)
    assert len([each for each in answers(bot_world) if "waits for your decision" in each.text]) == 1


@pytest.mark.parametrize("rules", [(), (Rule(name="Many", approvers=People(frozenset({ALAN, ADA, *"UVWXY"}))),)])
async def test_where_anybody_or_many_may_approve_nobody_is_called(
    bot_world: BotHarness, rules: tuple[Rule, ...]
) -> None:
    hold(bot_world, *rules)
    await ask(bot_world)
    assert answers(bot_world) == []


async def test_an_edit_calls_only_whom_the_former_revision_did_not(bot_world: BotHarness) -> None:
    hold(bot_world, Rule(name="Operations", approvers=People(frozenset({ALAN}))))
    card = await ask(bot_world)
    bot_world.policies.append(Policy(rules=(Rule(name="Operations", approvers=People(frozenset({ALAN, ADA}))),)))
    await bot_world.rita.click("Edit", card)
    await bot_world.until_view(bot_world.rita, "now:")
    await bot_world.rita.fill("Reason", "Another reason")
    assert await bot_world.rita.submit() == {"ok": True}
    await bot_world.post_cards()
    calls = [each.text for each in answers(bot_world) if "waits for your decision" in each.text]
    assert [text.partition(":")[0] for text in calls] == [f"<@{ALAN}>", f"<@{ADA}>"]


async def test_a_reminder_half_way_and_one_an_hour_before_name_what_is_still_needed(bot_world: BotHarness) -> None:
    hold(bot_world, MAIN, Rule(name="Operations", approvers=People(frozenset({AMY, ADA}))), Rule(name="Anybody"))
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    await later(bot_world, hours=11.9)
    assert "⏰" not in str(replies(bot_world))
    await later(bot_world, minutes=10)
    [first] = [each for each in answers(bot_world) if "⏰" in each.text]
    assert f"*1 of 2, still needed: one of <!subteam^{LEADS}>".strip("*") in first.text
    assert f"Operations: 0 of 1, still needed: one of <@{ADA}> or <@{AMY}>." in first.text
    assert "Anybody" not in first.text
    assert first.thread_ts == card.ts
    await bot_world.person(AMY).click("Approve", card)
    await later(bot_world, hours=11)
    _, last = [each for each in answers(bot_world) if "⏰" in each.text]
    assert "Main lines" in last.text
    assert "Operations" not in last.text
    await later(bot_world, minutes=50)
    assert len([each for each in answers(bot_world) if "⏰" in each.text]) == 2


async def test_the_built_in_policy_reminds_and_calls_nobody(bot_world: BotHarness) -> None:
    await ask(bot_world)
    await later(bot_world, hours=12)
    [reminder] = answers(bot_world)
    assert "still needed: one other full member of the workspace" in reminder.text
    assert "<@" not in reminder.text


async def test_what_holds_a_change_up_is_named_in_the_reminder(bot_world: BotHarness) -> None:
    hold(bot_world, Rule(name="Main lines", approvers=People(frozenset({ALAN})), denial=Denial.BLOCKS))
    await bot_world.alan.click("Deny", await ask(bot_world))
    await bot_world.alan.fill("Reason", "Not now")
    await bot_world.alan.submit()
    await later(bot_world, hours=12)
    [reminder] = [each for each in answers(bot_world) if "⏰" in each.text]
    assert f"Held up: denied by <@{ALAN}>" in reminder.text


@pytest.mark.parametrize("hours", [23.5, 30])
async def test_reminders_that_were_missed_come_once_or_not_at_all(bot_world: BotHarness, hours: float) -> None:
    await ask(bot_world)
    bot_world.clock.advance(hours=hours)
    if hours > 24:
        assert await expire_next(bot_world.context) is not None
    await bot_world.post_cards()
    assert len([each for each in replies(bot_world) if "⏰" in each]) == (1 if hours < 24 else 0)


@pytest.mark.parametrize("end", ["Approve", "Cancel"])
async def test_nobody_is_reminded_of_what_is_decided(bot_world: BotHarness, end: str) -> None:
    card = await ask(bot_world)
    await (bot_world.alan if end == "Approve" else bot_world.rita).click(end, card)
    await work(bot_world)
    await later(bot_world, hours=12)
    await later(bot_world, hours=11)
    assert "⏰" not in str(replies(bot_world))


async def test_an_edit_begins_the_reminders_anew(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    bot_world.clock.advance(hours=6)
    await bot_world.rita.click("Edit", card)
    await bot_world.until_view(bot_world.rita, "now:")
    await bot_world.rita.fill("Reason", "Another reason")
    assert await bot_world.rita.submit() == {"ok": True}
    await later(bot_world, hours=7)
    assert "⏰" not in str(replies(bot_world))
    await later(bot_world, hours=5)
    assert str(replies(bot_world)).count("⏰") == 1


async def test_a_decision_and_its_result_within_a_moment_are_one_direct_message_with_the_thread(
    bot_world: BotHarness,
) -> None:
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    await later(bot_world, minutes=1)
    [message] = told(bot_world.rita)
    link = f"https://acme-telephony.slack.com/archives/{PHONE_ROUTING}/p{card.ts.replace('.', '')}"
    assert message.text == (
        f"✅ RN-1 for +1 415-555-0123: <@{ALAN}> approved it, and it is live (read back from UponAI). "
        f"Time routing: on <{link}?thread_ts={card.ts}&cid={PHONE_ROUTING}|Open the thread>"
    )
    assert told(bot_world.alan) == []


async def test_a_result_that_takes_its_time_follows_the_decision(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Approve", await ask(bot_world))
    await later(bot_world, minutes=1)
    await work(bot_world)
    first, last = told(bot_world.rita)
    assert f"<@{ALAN}> approved it. You hear from me once it is done." in first.text
    assert "it is live" in last.text


async def test_a_denial_is_told_with_its_reason_literally(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Deny", await ask(bot_world))
    await bot_world.alan.fill("Reason", "Ask <!channel> *first*")
    await bot_world.alan.submit()
    await bot_world.post_cards()
    [message] = told(bot_world.rita)
    assert (
        f"<@{ALAN}> denied it, so nothing was sent. Their reason: Ask &lt;!channel&gt; \u2217first\u2217"
        in message.text
    )
    assert "Ask <!channel> *first*" in bot_world.rita.read(message)


async def test_who_cancels_is_told_nothing_and_who_is_forgotten_is_told_so(bot_world: BotHarness) -> None:
    await bot_world.rita.click("Cancel", await ask(bot_world))
    await bot_world.post_cards()
    assert told(bot_world.rita) == []
    await ask(bot_world)
    bot_world.clock.advance(hours=24)
    assert await expire_next(bot_world.context) is not None
    await bot_world.post_cards()
    [message] = told(bot_world.rita)
    assert "RN-2 for +1 415-555-0123: it expired, because nobody decided in time." in message.text


async def deactivated(bot_world: BotHarness) -> None:
    bot_world.rita.user.deleted = True


async def refused(bot_world: BotHarness) -> None:
    bot_world.slack.faults.add(Fault("error", methods=["conversations.open"], code="cannot_dm_bot"))


async def without_messages_tab(bot_world: BotHarness) -> None:
    channel = bot_world.slack.world.direct_channel(RITA, bot_world.slack.world.app.bot_user_id)
    bot_world.slack.faults.add(
        Fault("error", methods=["chat.postMessage"], channel=channel.id, code="messages_tab_disabled")
    )


async def without_the_scope(bot_world: BotHarness) -> None:
    bot_world.slack.world.app.scopes.remove("im:write")


@pytest.mark.parametrize("trouble", [deactivated, refused, without_messages_tab, without_the_scope])
async def test_who_cannot_be_written_to_is_let_be_and_nothing_waits(
    bot_world: BotHarness, trouble: Callable[[BotHarness], Awaitable[None]], capsys: pytest.CaptureFixture[str]
) -> None:
    card = await ask(bot_world)
    await trouble(bot_world)
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    assert "State: applied" in bot_world.alan.read(cards(bot_world)[0])
    assert "is live" in str(replies(bot_world))
    assert "courier.not_told" in capsys.readouterr().out
    bot_world.slack.faults.clear()
    await later(bot_world, hours=1)
    assert told(bot_world.rita) == []


@pytest.mark.parametrize("method", ["chat.postMessage", "conversations.open"])
async def test_a_lost_answer_repeats_neither_a_reminder_nor_a_direct_message(
    bot_world: BotHarness, method: str
) -> None:
    card = await ask(bot_world)
    lose_the_next(bot_world, method)
    await later(bot_world, hours=12)
    await later(bot_world, minutes=5)
    assert str(replies(bot_world)).count("⏰") == 1
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    bot_world.clock.advance(minutes=1)
    await bot_world.courier.deliver_due()
    assert len(told(bot_world.rita)) == 1
    await later(bot_world, minutes=5)
    assert len(told(bot_world.rita)) == 1


@pytest.mark.parametrize("after", [1, 2, 3])
async def test_a_crash_between_any_two_steps_repeats_no_direct_message(bot_world: BotHarness, after: int) -> None:
    await bot_world.alan.click("Deny", await ask(bot_world))
    await bot_world.alan.fill("Reason", "No")
    await bot_world.alan.submit()
    await bot_world.courier.deliver_due()
    bot_world.clock.advance(seconds=3)

    async def die() -> None:
        raise RuntimeError("died")

    with pytest.raises(RuntimeError, match="died"):
        await interrupted(bot_world, die, after=after).deliver_due()
    for _ in range(3):
        await later(bot_world, minutes=2)
    assert len(told(bot_world.rita)) == (1 if after != 2 else 0)


async def test_reminders_outlive_a_restart_and_are_due_by_the_databases_clock(bot_world: BotHarness) -> None:
    await ask(bot_world)
    bot_world.clock.advance(hours=12)

    async def nothing() -> None:
        return

    while await interrupted(bot_world, nothing, after=0).deliver_due():
        pass
    assert str(replies(bot_world)).count("⏰") == 1
    await later(bot_world, minutes=1)
    assert str(replies(bot_world)).count("⏰") == 1


async def test_several_numbers_are_called_for_and_reminded_of_once(bot_world: BotHarness) -> None:
    hold(bot_world, Rule(name="Operations", approvers=People(frozenset({ALAN}))))
    await ask_several(bot_world, FEW)
    await later(bot_world, hours=12)
    call, reminder = [each.text for each in answers(bot_world)]
    assert call == f"<@{ALAN}>: RN-1 for +1 415-555-0123 and 2 more wait for your decision."
    assert "RN-1 for +1 415-555-0123 and 2 more wait for a decision." in reminder
    assert reminder.count("Operations") == 1


@pytest.mark.parametrize("ends_at_once", [True, False])
async def test_several_numbers_are_told_of_once_when_decided_and_once_when_all_have_ended(
    bot_world: BotHarness, *, ends_at_once: bool
) -> None:
    card = await ask_several(bot_world, FEW)
    await bot_world.alan.click("Approve", card)
    if not ends_at_once:
        await later(bot_world, minutes=1)
    await work(bot_world)
    await later(bot_world, minutes=1)
    *decisions, end = [message.text for message in told(bot_world.rita)]
    assert len(decisions) == (0 if ends_at_once else 1)
    assert all(text.startswith(f"👍 RN-1 and 2 more: <@{ALAN}> approved them.") for text in decisions)
    assert end.startswith("RN-1 and 2 more came to an end: 3 applied.")
    assert "+44 20 7946 0958: applied" in bot_world.rita.read(told(bot_world.rita)[-1])


async def test_several_numbers_that_are_denied_are_told_of_once(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Deny", await ask_several(bot_world, FEW))
    await bot_world.alan.fill("Reason", "Not now")
    await bot_world.alan.submit()
    await later(bot_world, minutes=1)
    [message] = told(bot_world.rita)
    assert message.text.startswith(f"⛔ RN-1 and 2 more: <@{ALAN}> denied them, so nothing was sent.")
