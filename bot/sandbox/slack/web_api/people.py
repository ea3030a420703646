"""The methods about people, groups, the workspace and the app itself."""

from typing import Any

from bot.sandbox.slack.delivery.payloads import user_json
from bot.sandbox.slack.web_api.call import Call, Method, page_of
from bot.sandbox.slack.workspace.errors import SlackError

_PAGE, _PAGE_MOST = 100, 1000


async def auth_test(call: Call) -> dict[str, Any]:
    """Tell whose token it is."""
    world = call.world
    return {
        "url": f"https://{world.team.domain}.slack.com/",
        "team": world.team.name,
        "user": world.app.name,
        "team_id": world.team.id,
        "user_id": world.app.bot_user_id,
        "bot_id": world.app.bot_id,
        "is_enterprise_install": False,
    }


async def connections_open(call: Call) -> dict[str, Any]:
    """Give the address of one Socket Mode connection."""
    ticket = call.socket_mode.ticket()
    address = call.base_url.replace("http", "ws", 1)
    return {"url": f"{address}/socket?ticket={ticket}&app_id={call.world.app.app_id}"}


async def users_info(call: Call) -> dict[str, Any]:
    """Show one person."""
    return {"user": user_json(call.world.user(call.text("user", error="user_not_found")))}


async def users_list(call: Call) -> dict[str, Any]:
    """List the workspace's people."""
    people = [user_json(user) for user in call.world.users.values()]
    page, cursor = page_of(people, call.optional("cursor"), call.number("limit", _PAGE, _PAGE_MOST))
    return {"members": page, "response_metadata": cursor}


async def usergroups_list(call: Call) -> dict[str, Any]:
    """List the groups of people."""
    groups = [
        {
            "id": group.id,
            "team_id": call.world.team.id,
            "is_usergroup": True,
            "name": group.name,
            "handle": group.handle,
            "description": "",
            "date_delete": 0,
            "user_count": len(group.users),
            **({"users": group.users} if call.flag("include_users") else {}),
        }
        for group in call.world.usergroups.values()
    ]
    return {"usergroups": groups}


async def usergroups_users_list(call: Call) -> dict[str, Any]:
    """List who is in a group."""
    group = call.world.usergroups.get(call.text("usergroup", error="no_such_subteam"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": [name for name in group.users if not call.world.users[name].deleted]}


async def bots_info(call: Call) -> dict[str, Any]:
    """Show the app's bot."""
    app = call.world.app
    if call.optional("bot") != app.bot_id:
        raise SlackError("bot_not_found")
    shown = {"id": app.bot_id, "app_id": app.app_id, "user_id": app.bot_user_id, "name": app.name}
    return {"bot": {**shown, "deleted": False, "updated": 1700000000}}


async def team_info(call: Call) -> dict[str, Any]:
    """Show the workspace."""
    team = call.world.team
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": ""}}


async def api_test(_call: Call) -> dict[str, Any]:
    """Do nothing."""
    return {}


METHODS = {
    "api.test": Method(api_test),
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(connections_open, "connections:write", "app"),
    "users.info": Method(users_info, "users:read"),
    "users.list": Method(users_list, "users:read"),
    "usergroups.list": Method(usergroups_list, "usergroups:read"),
    "usergroups.users.list": Method(usergroups_users_list, "usergroups:read"),
    "bots.info": Method(bots_info, "users:read"),
    "team.info": Method(team_info, "team:read"),
}
