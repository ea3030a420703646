"""The demo's workspace: its people, channels and the installed bot."""

import time
from collections.abc import Callable

from bot.sandbox.slack.workspace.model import AppIdentity, Command, Team, User, UserGroup
from bot.sandbox.slack.workspace.world import World

TEAM = Team("T07ACME4821", "Acme Telephony", "acme-telephony")
OTHER_TEAM = Team("T09PARTNER7", "Partner Voice Ltd", "partner-voice")

RITA = "U07RITA4K2Q"
ALAN = "U07ALAN8M5X"
ADA = "U07ADAB3N7Z"
GUS = "U07GUSG6P1W"
EVE = "U09EVEE2R9Y"
AMY = "U07AMYA5T4V"
BOT = "U07BOTR0UTE"

PHONE_ROUTING = "C07PHONE1RT"
SUPPORT_OPS = "C07SUPPORT2"
RANDOM = "C07RANDOM03"
OLD_NUMBERS = "C07OLDNUM04"

_APP = AppIdentity(
    app_id="A07ROUTENUM",
    bot_id="B07ROUTENUM",
    bot_user_id=BOT,
    name="route-number",
    commands=[
        Command(
            "/route-number",
            "Ask for a change of a phone number's routing",
            "[number | list | show | pending | history | policy | revert RN-12 | pause | resume | help]",
        )
    ],
)


def _people() -> list[User]:
    home, away = TEAM.id, OTHER_TEAM.id
    return [
        User(RITA, home, "rita", "Rita Vogel", "Requester · Support lead", "e01e5a"),
        User(ALAN, home, "alan", "Alan Brooks", "Approver · Telephony engineer", "2a7ae2"),
        User(ADA, home, "ada", "Ada Okafor", "Approver · Operations manager", "2b8a3e"),
        User(GUS, home, "gus", "Gus Lindholm", "Guest · Contractor", "b8860b", is_restricted=True),
        User(EVE, away, "eve", "Eve Tanaka", "Outsider · Partner Voice Ltd", "6f42c1", is_stranger=True),
        User(AMY, home, "amy", "Amy Castillo", "Administrator · IT", "0b7285", is_admin=True),
        User(BOT, home, _APP.name, _APP.name, "App", "4a154b", is_bot=True),
    ]


def demo_world(now: Callable[[], float] = time.time) -> World:
    """Build the workspace that the demo and the tests start from."""
    app = AppIdentity(**{**vars(_APP), "scopes": list(_APP.scopes), "commands": list(_APP.commands)})
    world = World(team=TEAM, app=app, now=now, teams={TEAM.id: TEAM, OTHER_TEAM.id: OTHER_TEAM})
    for person in _people():
        world.add_user(person)
    members = [RITA, ALAN, ADA, GUS, AMY]
    world.add_channel("phone-routing", [*members, EVE, BOT], channel_id=PHONE_ROUTING, is_ext_shared=True)
    world.add_channel("support-ops", [*members, BOT], channel_id=SUPPORT_OPS)
    world.add_channel("random", members, channel_id=RANDOM)
    world.add_channel("old-numbers", [RITA, AMY, BOT], channel_id=OLD_NUMBERS, is_archived=True)
    for user_id in (*members, EVE):
        world.direct_channel(user_id, BOT)
    world.usergroups["S07APPROVER"] = UserGroup("S07APPROVER", "routing-approvers", "Routing approvers", [ALAN, ADA])
    return world
