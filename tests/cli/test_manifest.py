import json
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.main import app
from bot.cli.manifest import BOT_SCOPES

# From Slack's documentation of the methods that the bot calls.
SCOPES = {
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:write",
    "usergroups:read",
    "users:read",
}


def manifest(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["manifest", *arguments])
    assert result.exit_code == 0
    parsed: dict[str, Any] = json.loads(result.stdout)
    return parsed


@pytest.mark.parametrize(
    "url", ["https://bot.example.com", "https://bot.example.com/", "https://bot.example.com/slack/events"]
)
def test_over_http_every_address_is_the_one_door(url: str) -> None:
    found = manifest("--url", url)
    door = "https://bot.example.com/slack/events"
    (command,) = found["features"]["slash_commands"]
    assert command["url"] == door
    assert found["settings"]["interactivity"] == {
        "is_enabled": True,
        "request_url": door,
        "message_menu_options_url": door,
    }
    assert found["settings"]["event_subscriptions"] == {"bot_events": ["app_home_opened"], "request_url": door}
    assert found["settings"]["socket_mode_enabled"] is False


def test_without_an_address_it_is_socket_mode() -> None:
    found = manifest()
    assert found["settings"]["socket_mode_enabled"] is True
    assert "http" not in json.dumps(found)


def test_the_manifest_asks_for_what_the_bot_uses_and_no_more() -> None:
    found = manifest()
    assert set(found["oauth_config"]["scopes"]["bot"]) == SCOPES == set(BOT_SCOPES)
    (command,) = found["features"]["slash_commands"]
    assert command["command"] == "/route-number"
    assert command["should_escape"] is True
    assert command["usage_hint"]
    assert found["features"]["app_home"]["home_tab_enabled"] is True
    assert found["settings"]["token_rotation_enabled"] is False
    assert found["settings"]["org_deploy_enabled"] is False


def test_the_manifest_keeps_to_slack_s_lengths() -> None:
    found = manifest()
    assert len(found["display_information"]["name"]) <= 35
    assert len(found["display_information"]["description"]) <= 140
    assert len(found["features"]["bot_user"]["display_name"]) <= 80
    (command,) = found["features"]["slash_commands"]
    assert len(command["command"]) <= 32
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
