"""Card and thread: what they show, who may press, and that they come to be true and single whatever was down (G9)."""

from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from tests.slack.bot_harness import BotHarness

NUMBER = "+14155550123"
STATES = [
    "pending",
    "approved",
    "applying",
    "applied",
    "denied",
    "canceled",
    "expired",
    "stale",
    "failed",
    "unclear",
    "resolved",
]


async def ask(bot_world: BotHarness, person: Person | None = None, number: str = NUMBER) -> Message:
    """Ask for time routing, and return the card."""
    asker = person or bot_world.rita
    await bot_world.type(asker, number)
    await asker.fill("Time routing", "On")
    await asker.fill("Reason", "Night shift <!channel> *now*")
    assert await asker.submit() == {"ok": True}
    await bot_world.post_cards()
    return cards(bot_world)[-1]


def cards(bot_world: BotHarness) -> list[Message]:
    return [m for m in bot_world.slack.world.messages[PHONE_ROUTING] if is_told(m) and not is_reply(m)]


def replies(bot_world: BotHarness) -> list[str]:
    found = [m for m in bot_world.slack.world.messages[PHONE_ROUTING] if is_told(m) and is_reply(m)]
    return [bot_world.rita.read(m) for m in found]


def is_told(message: Message) -> bool:
    return bool(message.metadata and "change" in message.metadata["event_payload"])


def is_reply(message: Message) -> bool:
    return message.thread_ts not in (None, message.ts)


async def work(bot_world: BotHarness) -> None:
    """Do what a worker would do now."""
    while (change := await claim_next(bot_world.context)) is not None:
        await apply(bot_world.context, change)
    await bot_world.post_cards()


def refusal(person: Person) -> str:
    return person.read(person.ephemeral("phone-routing")[-1])


async def test_g9_the_card_shows_one_state_word_and_the_notification_starts_with_it(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    lines = bot_world.alan.read(card).splitlines()
    assert lines.count("State: pending") == 1
    without_reason = [line for line in lines if "Night shift" not in line]
    words = " ".join(without_reason).lower()
    assert [state for state in STATES if state in words] == ["pending"]
    assert card.text.startswith("RN-1 pending:")
    assert bot_world.alan.buttons(card) == ["Approve", "Deny", "Edit", "Cancel", "Details"]
    assert card.metadata == {"event_type": "route_number", "event_payload": {"change": "RN-1", "fact": "RN-1/card"}}


async def test_g11_words_of_people_are_shown_literally(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    assert "Night shift <!channel> *now*" in bot_world.alan.read(card)
    assert "<!channel>" not in card.text
    [why] = [block for block in card.blocks if block["block_id"] == "why"]
    assert why["elements"][0]["elements"][1] == {"type": "text", "text": "Night shift <!channel> *now*"}


async def test_g1_nobody_decides_about_their_own_change(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.rita.click("Approve", card)
    assert "someone else must approve it" in refusal(bot_world.rita)
    await bot_world.rita.click("Deny", card)
    assert not bot_world.rita.has_view
    assert "Cancel withdraws it" in refusal(bot_world.rita)
    await work(bot_world)
    assert "State: pending" in bot_world.rita.read(card)


async def test_g10_guests_strangers_and_deactivated_people_are_refused_at_every_button(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    bot_world.ada.user.deleted = True
    for person in (bot_world.gus, bot_world.eve, bot_world.ada):
        for number, button in enumerate(("Approve", "Deny", "Edit", "Cancel", "Details"), start=1):
            await person.click(button, card)
            assert not person.has_view
            assert len(person.ephemeral("phone-routing")) == number
    await work(bot_world)
    assert "State: pending" in bot_world.rita.read(card)


async def test_g10_who_cannot_be_looked_up_may_not_press(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    bot_world.slack.faults.add(Fault("error_before", methods=["users.info"]))
    await bot_world.alan.click("Approve", card)
    assert "could not check with Slack who you are" in refusal(bot_world.alan)
    await work(bot_world)
    assert "State: pending" in bot_world.rita.read(card)


async def test_a_denial_asks_for_a_reason_and_tells_it_in_the_thread(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.alan.click("Deny", card)
    assert bot_world.alan.labels() == ["Reason"]
    await bot_world.alan.fill("Reason", "Not on a <Friday>")
    assert await bot_world.alan.submit() == {"ok": True}
    await bot_world.post_cards()
    assert "State: denied" in bot_world.rita.read(cards(bot_world)[0])
    assert "Decided by" in bot_world.rita.read(cards(bot_world)[0])
    assert "Not on a <Friday>" in replies(bot_world)[0]
    assert bot_world.alan.buttons(cards(bot_world)[0]) == ["Details"]


async def test_g3_whoever_is_too_late_is_told_who_was_first(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.ada.click("Deny", card)
    await bot_world.alan.click("Approve", card)
    await bot_world.ada.fill("Reason", "No")
    assert await bot_world.ada.submit() == {"ok": True}
    assert f"already approved by <{bot_world.alan.id}>" in bot_world.ada.read_view()
    await bot_world.ada.close()
    await bot_world.ada.click("Approve", card)
    assert f"already approved by <{bot_world.alan.id}>" in refusal(bot_world.ada)


async def test_g10_only_the_requester_cancels(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.alan.click("Cancel", card)
    assert "can cancel it" in refusal(bot_world.alan)
    await bot_world.rita.click("Cancel", card)
    await bot_world.post_cards()
    assert "State: canceled" in bot_world.rita.read(cards(bot_world)[0])


async def test_details_opens_the_whole_record_with_the_full_webhook(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound webhook", "Set")
    await rita.fill("Webhook URL", "https://hooks.example.com/in?key=hush")
    await rita.fill("Reason", "Because")
    await rita.submit()
    await bot_world.post_cards()
    card = cards(bot_world)[0]
    assert "hush" not in rita.read(card) + card.text
    await rita.click("Approve", card)
    await bot_world.alan.click("Details", card)
    shown = bot_world.alan.read_view()
    assert "https://hooks.example.com/in?key=hush" in shown
    assert shown.index("Inbound webhook") < shown.index("key=hush") < shown.index("What happened")
    assert f"<{rita.id}> asked for this" in shown
    assert "tried to approve or deny it, refused: the requester cannot decide about it" in shown
    assert "review.refused" not in shown
    assert "hush" not in await bot_world.type(bot_world.alan, "show RN-1")


async def test_the_result_offers_revert_and_the_revert_is_a_change_of_its_own(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    assert "State: applied" in bot_world.rita.read(cards(bot_world)[0])
    [result] = replies(bot_world)
    assert "approved" in result
    assert "RN-1 is live" in result
    await bot_world.ada.click("Revert", bot_world.ada.find_message("phone-routing", "is live"))
    assert bot_world.ada.value("Time routing") == "Off"
    await bot_world.ada.fill("Reason", "Undo")
    assert await bot_world.ada.submit() == {"ok": True}
    await bot_world.post_cards()
    revert = cards(bot_world)[1]
    assert "RN-2" in bot_world.ada.read(revert)
    assert "RN-1" in bot_world.ada.read(revert)
    assert "State: pending" in bot_world.ada.read(revert)


async def test_failed_offers_try_again_with_the_same_wishes(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    bot_world.fault("refuse", message="The agent <b>retired</b>.")
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    told = bot_world.rita.find_message("phone-routing", "failed")
    assert "The agent <b>retired</b>." in bot_world.rita.read(told)
    await bot_world.rita.click("Try again", told)
    assert bot_world.rita.value("Time routing") == "On"


async def test_stale_offers_the_same_wishes_for_the_number_as_it_is_now(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "No agent")
    await rita.fill("Reason", "Closing")
    await rita.submit()
    await bot_world.post_cards()
    bot_world.uponai.account.set_number(NUMBER, {"inbound_agents": [{"agent_id": "agent_x", "weight": 1}]})
    await bot_world.alan.click("Approve", cards(bot_world)[0])
    await work(bot_world)
    assert "State: stale" in rita.read(cards(bot_world)[0])
    await bot_world.ada.click("Ask again", rita.find_message("phone-routing", "the number changed in the meantime"))
    assert bot_world.ada.value("Inbound calls") == "No agent"


async def test_unclear_offers_a_look_and_resolving_is_not_for_the_requester(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    bot_world.fault("import_error", times=1)
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    told = bot_world.rita.find_message("phone-routing", "is unclear")
    assert bot_world.rita.buttons(told) == ["Try again", "Mark as resolved"]
    await bot_world.rita.click("Mark as resolved", told)
    assert "someone else must mark it" in refusal(bot_world.rita)
    await bot_world.ada.click("Mark as resolved", told)
    await bot_world.rita.click("Try again", told)
    assert "was first" in refusal(bot_world.rita)
