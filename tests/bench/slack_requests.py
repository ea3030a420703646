"""Signed requests as Slack sends them: a command, a press, a form that was filled."""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

from tests.bench.far_ends import ALAN, BOT, CHANNEL, RITA, TEAM

SECRET = "bench-signing-secret"


def signed(form: dict[str, str]) -> bytes:
    """Write the whole HTTP request."""
    body = urlencode(form).encode()
    at = str(int(time.time()))
    signature = "v0=" + hmac.new(SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    head = (
        "POST /slack/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-www-form-urlencoded\r\n"
        f"x-slack-request-timestamp: {at}\r\nx-slack-signature: {signature}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def command(text: str, trigger_id: str) -> bytes:
    """Type the command."""
    return signed(
        {
            "token": "x",
            "team_id": TEAM,
            "team_domain": "bench",
            "channel_id": CHANNEL,
            "channel_name": "routing",
            "user_id": RITA,
            "user_name": "rita",
            "command": "/route-number",
            "text": text,
            "api_app_id": "A1",
            "is_enterprise_install": "false",
            "response_url": "http://127.0.0.1:1/response",
            "trigger_id": trigger_id,
        }
    )


def press(button: dict[str, Any], card: dict[str, Any], trigger_id: str) -> bytes:
    """Press a button of a card."""
    message = {"type": "message", "user": BOT, "ts": card["ts"], "text": "", "blocks": card["blocks"]}
    return _interaction(
        "block_actions",
        ALAN,
        trigger_id=trigger_id,
        channel={"id": CHANNEL, "name": "routing"},
        container={"type": "message", "message_ts": card["ts"], "channel_id": CHANNEL, "is_ephemeral": False},
        message=message,
        response_url="http://127.0.0.1:1/response",
        actions=[{**button, "action_ts": "1700000000.000001", "type": "button"}],
    )


def submission(view: dict[str, Any], entries: dict[str, str], by: str = RITA) -> bytes:
    """Send a form with what is entered by label; a choice is named by its words."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        label = block.get("label", {}).get("text", "")
        if block["type"] == "input" and label in entries:
            element = block["element"]
            entered: dict[str, Any] = {"type": element["type"]}
            if "options" in element:
                entered["selected_option"] = next(
                    each for each in element["options"] if each["text"]["text"] == entries[label]
                )
            else:
                entered["value"] = entries[label]
            values[block["block_id"]] = {element["action_id"]: entered}
    if len(values) != len(entries):
        raise LookupError(f"The form lacks one of {sorted(entries)}.")
    return _interaction("view_submission", by, trigger_id="1.x", view={**view, "state": {"values": values}})


def suggestion(block: dict[str, Any], view: dict[str, Any], typed: str) -> bytes:
    """Type into a type-ahead."""
    return _interaction(
        "block_suggestion",
        RITA,
        action_id=block["element"]["action_id"],
        block_id=block["block_id"],
        value=typed,
        view=view,
    )


def _interaction(kind: str, user: str, **rest: Any) -> bytes:
    payload = {
        "type": kind,
        "team": {"id": TEAM, "domain": "bench"},
        "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
        "api_app_id": "A1",
        "token": "x",
        "enterprise": None,
        "is_enterprise_install": False,
        **rest,
    }
    return signed({"payload": json.dumps(payload)})
