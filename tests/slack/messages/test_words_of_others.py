"""Words of others on card, thread, form and record: shown as words (G11), and never too long to be shown (G9)."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.audit import ChainedEvent
from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import Fact
from bot.domain.key import NumberKey
from bot.domain.rules.policy import HeldPolicy
from bot.domain.state import State
from bot.sandbox.slack.block_kit.blocks import accept_message
from bot.sandbox.slack.block_kit.views import accept_view
from bot.sandbox.slack.block_kit.words import words_of
from bot.service import history
from bot.service.context import Actor
from bot.service.history import Record
from bot.service.unit_of_work import unit_of_work
from bot.slack.api.calls import SlackRefused
from bot.slack.block_kit.elements import literal
from bot.slack.failures import sentence_of
from bot.slack.listeners.deny import deny_view
from bot.slack.listeners.replies import in_messages, reply
from bot.slack.messages.card import card_blocks, card_text
from bot.slack.messages.details import details_view, record_blocks
from bot.slack.messages.thread import render_fact
from tests.clock import Clock
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import ask, cards, work
from tests.slack.messages.test_facts import IN_CHANNELS

NUMBER = "+14155550123"
NOW = Clock().now()
PLAIN = Assignment(is_time_routing_enabled=False)
TIME_ROUTING = AssignmentPatch(Assignment(is_time_routing_enabled=True), frozenset({Field.TIME_ROUTING}))


def change_of(number: str = NUMBER, **values: Any) -> ChangeRequest:
    change = ChangeRequest(
        id=1,
        team_id="T1",
        key=NumberKey("account", 1, number),
        requester_id="U0REQUESTER",
        reason="Because",
        before=PLAIN,
        before_at=NOW,
        patch=TIME_ROUTING,
        agent_names={},
        is_outbound_version_newest=False,
        policy=HeldPolicy(),
        channel_id="C1",
        submission_key="key",
        created_at=NOW,
        expires_at=NOW,
        due_at=NOW,
    )
    return replace(change, **values)


def agents(count: int, prefix: str = "agent") -> tuple[WeightedAgent, ...]:
    return tuple(WeightedAgent(f"{prefix}_{at:034}", None, Decimal(1) / count) for at in range(count))


def flooded() -> ChangeRequest:
    """A change in which everything is as long as it can get."""
    former, wanted = agents(100, "former"), agents(10, "wanted")
    address = f"https://hooks.example.com/{'p' * 1900}?key=hush"
    return change_of(
        "ext-" + "9" * 4000,
        number_name="&" * 4000,
        reason="&" * 3000,
        before=Assignment(former, former, f"https://old.example.com/{'q' * 4000}", is_time_routing_enabled=False),
        patch=AssignmentPatch(Assignment(wanted, wanted[:1], address, is_time_routing_enabled=True), frozenset(Field)),
        agent_names={agent.agent_id: "N" * 4000 for agent in (*former, *wanted)},
    )


def events_of(count: int, problem: str) -> list[ChainedEvent]:
    return [
        ChainedEvent(
            id=at,
            at=NOW,
            team_id="T1",
            actor_id="U0ACTOR",
            origin="slack:button",
            event="change.waiting",
            change_id=1,
            after={"problem": f"{at} {problem}"},
            previous_hash="",
            hash="",
        )
        for at in range(1, count + 1)
    ]


@pytest.mark.parametrize("reason", ["&" * 3000, "<" * 3000, "😀" * 1500, "*a* " * 750])
def test_g9_a_card_fits_whatever_its_reason_becomes_when_it_is_escaped(reason: str) -> None:
    change = change_of(reason=reason)
    accept_message(card_text(change), card_blocks(change, []))


@pytest.mark.parametrize("name", [fact.value for fact in Fact if fact not in IN_CHANNELS])
def test_g9_a_thread_entry_fits_whatever_is_quoted_in_it(name: str) -> None:
    change = flooded()
    words = "&" * 5000
    payload = {"name": name, "by": "U0ACTOR", "reason": words[:3000], "problem": words, "live": change.after.to_json()}
    payload |= {"at": NOW.isoformat(), "elsewhere": words, "since": NOW.isoformat(), "overridden_by": "U0OTHER"}
    payload |= {"change": "RN-2", "sent_from": NOW.isoformat(), "state": "stale"}
    accept_message(*render_fact(change, payload))
    former = {**payload, "live": change.before.to_json()}
    accept_message(*render_fact(change, former))


@pytest.mark.parametrize("state", [State.APPROVED, State.APPLIED])
def test_g9_a_flooded_card_fits_though_it_was_overridden_for_a_long_reason(state: State) -> None:
    ended: dict[str, Any] = {"finished_at": NOW} if state.is_final else {}
    reason = "State: pending\n" + "&" * 2900
    change = replace(flooded(), state=state, overridden_at=NOW, decision_reason=reason, decided_by="U0ACTOR", **ended)
    accept_message(card_text(change), card_blocks(change, []))
    assert words_of(card_blocks(change, [])).count("\nState: ") == 1


def test_g9_a_flooded_card_fits_shows_all_that_is_asked_for_and_points_to_the_whole() -> None:
    change = flooded()
    blocks = card_blocks(change, [])
    accept_message(card_text(change), blocks)
    words = words_of(blocks)
    assert all(agent.agent_id in words for agent in change.after.inbound)
    assert f"https://hooks.example.com/{'p' * 1900}?…" in words
    assert "and 98 more" in words
    assert "Details shows the whole" in words.replace("*", "")
    assert "shortened" not in words_of(card_blocks(change_of(), []))


def test_g9_deny_and_details_open_for_a_flooded_change() -> None:
    change = flooded()
    accept_view(deny_view(Bundle((change,))), kind="modal")
    accept_view(details_view(Record(change, [], events_of(1000, "😀" * 1000), has_earlier=True)), kind="modal")


def test_g11_an_identifier_is_no_formatting_and_no_mention() -> None:
    change = change_of("*front* @here #general `x` _y_ <!channel> :tada:")
    shown = [(card_text(change), card_blocks(change, []))]
    shown += [render_fact(change, {"name": name, "problem": None, "live": None}) for name in ("applied", "unclear")]
    for text, blocks in shown:
        for word in ("*front*", "@here", "#general", "`x`", "_y_", "<!channel>", ":tada:"):
            assert word not in text
        assert not [block for block in blocks if "front" in str(block) and block["type"] in ("section", "context")]
        assert "*front* @here #general" in words_of(blocks)


@pytest.mark.parametrize("name", ["*Co*", "a*b*c", "_y_", "(_y_)", "~x~", "`x`", "\uff0ax\uff0a", "*_~`x`~_*", "* * *"])
def test_g11_no_mark_that_formats_is_left_in_words_of_others(name: str) -> None:
    # Slack formats between invisible characters too, so the mark itself must go.
    shown = literal(name, 100)
    assert not set(shown) & set("*_~`\uff0a\u2060")
    assert len(shown) == len(name)


def test_g11_words_of_others_make_no_mention_no_emoji_and_no_quote() -> None:
    joined = {"@here": "@\u2060here", "#general": "#\u2060general", ":tada:": ":\u2060tada:", "> so": "\u2060&gt; so"}
    for words, shown in joined.items():
        assert literal(words, 100) == shown
    assert literal("x@y.com at 10:30", 100).replace("\u2060", "") == "x@y.com at 10:30"


@pytest.mark.parametrize("smuggled", ["number", "name", "id", "reason"])
def test_g11_nobody_writes_a_second_state_line_onto_the_card(smuggled: str) -> None:
    line = "ext-9\nState: approved\nx"
    agent_id = line if smuggled == "id" else "agent_1"
    wanted = Assignment((WeightedAgent(agent_id),), is_time_routing_enabled=True)
    change = change_of(
        line if smuggled == "number" else NUMBER,
        reason=line if smuggled == "reason" else "Because",
        patch=AssignmentPatch(wanted, frozenset({Field.INBOUND})),
        agent_names={"agent_1": line} if smuggled == "name" else {},
    )
    read = [words_of(card_blocks(change, [])), card_text(change)]
    if smuggled != "reason":
        read += [
            words_of(blocks)
            for blocks in (record_blocks(Record(change, [], [])), deny_view(Bundle((change,)))["blocks"])
        ]
    for words in read:
        assert "State: approved" not in words.splitlines()
    assert read[0].splitlines().count("State: pending") == 1


@pytest.mark.parametrize("end", ["\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029", "\x1e"])
def test_g11_no_other_end_of_a_line_writes_a_second_state_line_either(end: str) -> None:
    words = words_of(card_blocks(change_of(reason=f"Because{end}State: approved"), []))
    assert "State: approved" not in words.splitlines()


@pytest.mark.parametrize("where", ["reason", "name"])
def test_g11_nothing_on_the_card_is_written_backwards_or_hidden_under_a_tower(where: str) -> None:
    trick = "\u202edevorppa :etatS\u202c " + "x" + "\u0336" * 500
    wanted = Assignment((WeightedAgent("agent_1"),), is_time_routing_enabled=True)
    change = change_of(
        reason=trick if where == "reason" else "Because",
        patch=AssignmentPatch(wanted, frozenset({Field.INBOUND})),
        agent_names={"agent_1": trick if where == "name" else "Sales"},
    )
    shown = json.dumps([card_text(change), card_blocks(change, []), deny_view(Bundle((change,)))], ensure_ascii=False)
    assert "\u202e" not in shown
    assert "\u0336" * 5 not in shown


def test_text_is_cut_behind_its_escaping_and_never_inside_of_it() -> None:
    assert literal("&" * 10, 12) == "&amp;&amp;…"
    assert literal("agent_1 a+b (c)", 100) == "agent_1 a+b (c)"


def test_details_shows_the_newest_events_and_says_how_many_came_before() -> None:
    view = details_view(Record(change_of(), [], events_of(900, "no " * 300)))
    accept_view(view, kind="modal")
    words = words_of(view["blocks"])
    assert ": 900 no" in words
    assert ": 1 no" not in words
    shown = words.count("waits for UponAI")
    assert f"{900 - shown} earlier lines are not shown here" in words
    assert "route-number history --change RN-1" in words


def test_a_record_of_any_length_fits_into_messages() -> None:
    for record in (Record(flooded(), [], []), Record(change_of(), [], events_of(200, "&" * 2400))):
        for blocks in in_messages(record_blocks(record)):
            accept_message("RN-1", blocks)


async def test_show_reads_the_last_events_of_a_long_record(bot_world: BotHarness) -> None:
    await ask(bot_world)
    team = bot_world.rita.user.team_id
    async with unit_of_work(bot_world.context, Actor(team, bot_world.alan.id, "test")) as record:
        for at in range(history.WHOLE_RECORD + 5):
            record.note(Event.REVIEW_REFUSED, change_id=1, after={"sentence": f"number {at}"})
    read = await history.show(bot_world.context, team, 1)
    assert read.has_earlier
    assert len(read.events) == history.WHOLE_RECORD
    assert (read.events[-1].after or {})["sentence"] == f"number {history.WHOLE_RECORD + 4}"
    assert [event.id for event in read.events] == sorted(event.id for event in read.events)


@pytest.mark.parametrize(
    "fields",
    [
        {"inbound_agents": [{"agent_id": "agent_x", "weight": 1}], "inbound_webhook_url": None},
        {"inbound_webhook_url": f"https://hooks.example.com/{'p' * 4000}"},
        {"inbound_agents": [{"agent_id": f"agent_{at}", "weight": 0.01} for at in range(100)]},
    ],
)
async def test_the_form_opens_whatever_the_number_has(bot_world: BotHarness, fields: dict[str, Any]) -> None:
    bot_world.uponai.account.set_number(NUMBER, fields)
    bot_world.uponai.account.agents["agent_x"] = {
        **next(iter(bot_world.uponai.account.agents.values())),
        "agent_id": "agent_x",
        "agent_name": "N" * 4000,
    }
    await bot_world.read_uponai()
    assert await bot_world.type(bot_world.rita, NUMBER) == ""
    assert "now:" in bot_world.rita.read_view()
    if len(fields.get("inbound_agents", [])) > 1:
        assert "and 80 more" in bot_world.rita.read_view()


async def test_a_former_webhook_that_is_too_long_is_not_put_into_the_form(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    bot_world.uponai.account.set_number(NUMBER, {"inbound_webhook_url": f"https://hooks.example.com/{'p' * 4000}"})
    await bot_world.read_uponai()
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound webhook", "Remove")
    await rita.fill("Reason", "Because")
    assert await rita.submit() == {"ok": True}
    await bot_world.post_cards()
    await bot_world.alan.click("Approve", cards(bot_world)[0])
    await work(bot_world)
    assert await bot_world.type(rita, "revert RN-1") == ""
    assert "longer one cannot be put back" in rita.read_view()


async def test_a_long_text_that_is_no_number_is_quoted_in_short(bot_world: BotHarness) -> None:
    said = await bot_world.type(bot_world.rita, "x" * 5000)
    assert f"I do not know “{'x' * 60}…”" in said
    assert len(said) < 500


def test_an_answer_fits_whatever_its_sentence_is() -> None:
    body = reply("&" * 5000, is_literal=True)
    accept_message(body["text"], body["blocks"])


def test_a_refusal_of_slack_is_not_told_as_no_answer() -> None:
    sentence = sentence_of(SlackRefused("views.open", "invalid_arguments"))
    assert "invalid_arguments" in sentence
    assert "did not answer" not in sentence
