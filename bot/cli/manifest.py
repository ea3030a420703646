"""`manifest`: what to paste at Slack's "Create an app from a manifest"."""

import json
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from bot.cli.exits import stop

COMMAND = "/route-number"
BOT_SCOPES = (
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:write",
    "usergroups:read",
    "users:read",
)
# Without these the bot works, but may repeat a message whose post ended unclear.
HISTORY_SCOPES = frozenset({"channels:history", "groups:history"})


def manifest(
    url: Annotated[
        str | None,
        typer.Option(
            help="Public https address of the bot; without it the manifest is for Socket Mode.", metavar="URL"
        ),
    ] = None,
) -> None:
    """Print the Slack app manifest (JSON) to paste at "Create an app from a manifest"."""
    request_url = None if url is None else _request_url(url)
    typer.echo(json.dumps(build_manifest(request_url), indent=2))


def build_manifest(request_url: str | None) -> dict[str, Any]:
    """Build the manifest; None is for Socket Mode, where Slack needs no address."""
    command: dict[str, Any] = {
        "command": COMMAND,
        "description": "Ask for a change of a phone number's routing",
        "usage_hint": "[number | list | show | pending | history | policy | revert RN-12 | pause | resume | help]",
        "should_escape": True,
    }
    interactivity: dict[str, Any] = {"is_enabled": True}
    events: dict[str, Any] = {"bot_events": ["app_home_opened"]}
    if request_url is not None:
        command["url"] = request_url
        interactivity.update(request_url=request_url, message_menu_options_url=request_url)
        events["request_url"] = request_url
    return {
        "display_information": {
            "name": "route-number",
            "description": "Route the phone numbers of voice agents, with a second person's approval",
            "background_color": "#1d3c6e",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "route-number", "always_online": True},
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": list(BOT_SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": request_url is None,
            "token_rotation_enabled": False,
        },
    }


def _request_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme == "https" and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        is_good = False
    if not is_good or not url.isascii() or any(letter.isspace() for letter in url):
        stop("--url must be a public https address such as https://bot.example.com.")
    path = parts.path.rstrip("/")
    return f"https://{parts.netloc}{path.removesuffix('/slack/events')}/slack/events"
