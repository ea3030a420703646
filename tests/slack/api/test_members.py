"""G10: full, active members of the installing team, looked up at most a minute ago."""

from typing import Any

import pytest

from bot.domain.errors import CannotCheck, NotAllowed
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.seed import BOT, EVE, GUS, OTHER_TEAM, RITA, TEAM
from bot.slack.api.members import Members
from tests.slack.bot_harness import BotHarness


def members_of(bot_world: BotHarness) -> Members:
    return Members(bot_world.client, team_id=TEAM.id, now=bot_world.clock.now)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"is_restricted": True}, "Guests"),
        ({"is_ultra_restricted": True}, "Guests"),
        ({"deleted": True}, "deactivated"),
        ({"is_bot": True}, "Bots"),
        ({"is_stranger": True}, "another one"),
        ({"team_id": OTHER_TEAM.id}, "another one"),
    ],
)
async def test_g10_who_is_no_full_member_is_refused(
    bot_world: BotHarness, facts: dict[str, Any], sentence: str
) -> None:
    for name, value in facts.items():
        setattr(bot_world.rita.user, name, value)
    with pytest.raises(NotAllowed, match=sentence):
        await members_of(bot_world).require(TEAM.id, RITA)


@pytest.mark.parametrize(
    ("team_id", "user_id"), [(TEAM.id, GUS), (TEAM.id, BOT), (TEAM.id, EVE), (OTHER_TEAM.id, RITA)]
)
async def test_g10_guests_bots_and_strangers_are_refused(bot_world: BotHarness, team_id: str, user_id: str) -> None:
    with pytest.raises(NotAllowed):
        await members_of(bot_world).require(team_id, user_id)


async def test_g10_a_look_up_holds_for_a_minute_and_no_longer(bot_world: BotHarness) -> None:
    members = members_of(bot_world)
    await members.require(TEAM.id, RITA)
    bot_world.rita.user.is_restricted = True
    bot_world.clock.advance(seconds=59)
    await members.require(TEAM.id, RITA)
    bot_world.clock.advance(seconds=2)
    with pytest.raises(NotAllowed):
        await members.require(TEAM.id, RITA)


@pytest.mark.parametrize("kind", ["down", "rate_limit", "error"])
async def test_g10_a_failed_look_up_refuses_and_is_not_remembered(bot_world: BotHarness, kind: Any) -> None:
    members = members_of(bot_world)
    bot_world.slack.faults.add(Fault(kind, methods=["users.info"], times=2))
    with pytest.raises(CannotCheck, match="could not check"):
        await members.require(TEAM.id, RITA)
    bot_world.slack.faults.clear()
    await members.require(TEAM.id, RITA)


async def test_g10_a_look_up_that_takes_too_long_refuses(bot_world: BotHarness) -> None:
    # Slack gives up on a request after 3 s; by then this answer would let Rita pass.
    bot_world.slack.faults.add(Fault("slow", methods=["users.info"], delay=3))
    with pytest.raises(CannotCheck, match="could not check"):
        await members_of(bot_world).require(TEAM.id, RITA)
