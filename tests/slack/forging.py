"""Bodies as Slack really sends them, overheard between both, and what somebody makes of them who wants to break in."""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from bot.sandbox.slack.workspace.seed import BOT, EVE, GUS, OTHER_TEAM, PHONE_ROUTING, RANDOM, RITA, TEAM
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.slack.app import Answer, SlackApp
from bot.slack.payloads import BlockActions, ViewSubmission
from tests.slack.bot_harness import EVENTS_URL, BotHarness, transport_to
from tests.slack.messages.test_card_truth import NUMBER, ask, cards

Body = dict[str, Any]
NOBODY = "U0NOBODY00"
GONE = "U0GONE0000"
# Who they are, and the team that they say they are of. Rita asked for everything that is open.
MAY_NOT_DECIDE = [
    (GUS, TEAM.id),
    (EVE, OTHER_TEAM.id),
    (EVE, TEAM.id),
    (BOT, TEAM.id),
    (GONE, TEAM.id),
    (NOBODY, TEAM.id),
    (NOBODY, "T0NOWHERE"),
    ("worker", TEAM.id),
]
LABELS = ["RN-1", "RN-2", "RN-3", "RN-99999999999999999999", "RN-0", "rn-2", "2", "RN-2/1", "RN-2 home", "RN-٢", "-2"]
WORDS = [
    *LABELS,
    RITA,
    GUS,
    TEAM.id,
    PHONE_ROUTING,
    RANDOM,
    NUMBER,
    SALES,
    SUPPORT,
    f"={SALES}",
    f"={NUMBER}",
    "?x",
    "v3",
]
METADATA = [
    *LABELS,
    "RN-2/1",
    "RN-2/2",
    "",
    "{}",
    PHONE_ROUTING,
    json.dumps({"channel_id": PHONE_ROUTING, "submission_key": "forged"}),
    json.dumps({"channel_id": PHONE_ROUTING, "submission_key": "forged", "edits": 2, "asked": 2, "parent_id": 2}),
]

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(
        [*WORDS, "", "one", "split", "on", "keep", "x" * 5000, "\u202e", "{}", "[]", '{"channel_id":"C1"}']
    )
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "value", "text", "selected_option", "id", "element", "x"]), inner)
    ),
    max_leaves=6,
)


@dataclass(frozen=True)
class Doors:
    """Every button and every form that the bot listens to, offered or not."""

    buttons: list[str]
    forms: list[str]

    @classmethod
    def of(cls, app: SlackApp) -> "Doors":
        known = app._bolt._by_id
        buttons = sorted(name for kind, name in known if kind is BlockActions)
        return cls(buttons, sorted(name for kind, name in known if kind is ViewSubmission))


class Overheard:
    """An app between Slack and the bot's own that keeps what was said."""

    def __init__(self, app: SlackApp) -> None:
        self._app = app
        self.bodies: list[Body] = []

    async def handle(self, body: Mapping[str, Any]) -> Answer:
        self.bodies.append(copy.deepcopy(dict(body)))
        return await self._app.handle(body)


async def overhear(world: BotHarness) -> list[Body]:
    """Let people do what can be done, and return what Slack said of it; RN-1 is denied then, RN-2 Rita's and open."""
    listener = Overheard(world.app)
    world.slack._transport = transport_to(listener, world.clock)
    world.slack.request_url = EVENTS_URL
    rita, alan = world.rita, world.alan
    card = await ask(world)
    await world.gus.click("Approve", card)
    await alan.click("Details", card)
    await rita.click("Edit", card)
    await alan.click("Deny", card)
    await alan.fill("Reason", "No")
    await alan.submit()
    await world.post_cards()
    await world.type(rita, "list")
    await world.type(rita, f"show {NUMBER}")
    await world.type(alan, "pause")
    await rita.open_home()
    await world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "Split between agents")
    await rita.fill("Agent 1", SALES)
    await rita.look_up("Version 1", "")
    await rita.fill("Weight 1 (%)", "60")
    await rita.fill("Agent 2", "agent_1f864a29b7c2ab407103c88335")
    await rita.fill("Weight 2 (%)", "40")
    await rita.fill("Outbound calls", "One agent")
    await rita.fill("Outbound agent", SALES)
    await rita.fill("Inbound webhook", "Set")
    await rita.fill("Webhook URL", "https://hooks.example.com/x")
    await rita.fill("Reason", "Because")
    assert await rita.submit() == {"ok": True}
    await world.post_cards()
    assert len(cards(world)) == 2
    world.deliver_to(world.app)
    return listener.bodies


def pressed(action_id: str, value: str, user: str, team: str) -> Body:
    """Press a button that nobody was offered."""
    return {
        "type": "block_actions",
        "user": {"id": user, "team_id": team},
        "team": {"id": team},
        "channel": {"id": PHONE_ROUTING},
        "trigger_id": "1.2",
        "actions": [{"action_id": action_id, "block_id": f"b:{value}", "type": "button", "value": value}],
    }


def submitted(callback_id: str, metadata: str, user: str, team: str) -> Body:
    """Send a form that nobody has opened."""
    entered = {"type": "plain_text_input", "value": "Because"}
    return {
        "type": "view_submission",
        "user": {"id": user, "team_id": team},
        "team": {"id": team},
        "trigger_id": "1.2",
        "view": {
            "id": "V0FORGED",
            "type": "modal",
            "callback_id": callback_id,
            "private_metadata": metadata,
            "blocks": [],
            "state": {"values": {"reason": {"reason": entered}}},
        },
    }


def by(body: Body, user: str, team: str) -> Body:
    """Say that somebody else did it."""
    made = copy.deepcopy(body)
    if "command" in made:
        return {**made, "user_id": user, "team_id": team}
    if made.get("type") == "event_callback":
        return {**made, "team_id": team, "event": {**made["event"], "user": user}}
    return {**made, "user": {"id": user, "team_id": team}, "team": {"id": team}}


@st.composite
def spoiled(draw: st.DrawFn, body: Body) -> Body:
    """Write something else at some place of a body, but for who did it."""
    made = copy.deepcopy(body)
    here: Any = made
    places: list[tuple[Any, Any]] = []
    while isinstance(here, (dict, list)) and here:
        keys = sorted(here) if isinstance(here, dict) else list(range(len(here)))
        keys = [key for key in keys if here is not made or key not in ("user", "team", "user_id", "team_id", "event")]
        key = draw(st.sampled_from(keys))
        places.append((here, key))
        here = here[key]
    container, key = draw(st.sampled_from(places))
    if draw(st.booleans()) and isinstance(container, dict):
        del container[key]
    else:
        container[key] = draw(junk)
    return made


@st.composite
def forged(draw: st.DrawFn, overheard: Sequence[Body], people: Sequence[tuple[str, str]], doors: "Doors") -> Body:
    """Make a request of somebody: one that was overheard, a press of any button, any form, as it is or spoiled."""
    user, team = draw(st.sampled_from(people))
    match draw(st.sampled_from(["press", "form", "overheard"])):
        case "press":
            body = pressed(draw(st.sampled_from(doors.buttons)), draw(st.sampled_from(LABELS)), user, team)
        case "form":
            body = submitted(draw(st.sampled_from(doors.forms)), draw(st.sampled_from(METADATA)), user, team)
        case _:
            body = by(draw(st.sampled_from(overheard)), user, team)
    for _ in range(draw(st.integers(0, 2))):
        body = draw(spoiled(body))
    return body


ODD: tuple[Any, ...] = (
    None,
    5,
    [],
    {},
    "x",
    [1],
    {"value": [1]},
    {"value": "x", "text": 3},
    {"text": []},
    True,
    "RN-2",
)


def spoiled_everywhere(bodies: Sequence[Body], *, stride: int = 1) -> Iterator[tuple[str, Body]]:
    """Put something odd at each place that a body has, one at a time, but for who did it; with the name of the place.

    Places of one shape count once; of all these bodies each `stride`th one comes.
    """
    at = 0
    seen: set[str] = set()
    for body in bodies:
        for path in _places(body):
            shape = f"{body.get('type')}/" + "/".join("*" if isinstance(key, int) else key for key in path)
            if shape in seen or path[0] in ("user", "team", "user_id", "team_id"):
                continue
            seen.add(shape)
            for odd in ODD:
                at += 1
                if at % stride == 0:
                    yield f"{shape}={odd!r}", _with(body, path, odd)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from _places(item, (*path, key))


def _with(body: Body, path: Sequence[Any], odd: Any) -> Body:
    made = copy.deepcopy(body)
    here: Any = made
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = odd
    return made
