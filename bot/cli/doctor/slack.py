"""What `doctor` asks Slack: token, scopes, app token, and the channel where approvals are asked."""

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cli.doctor.findings import Finding, fail, ok, warn
from bot.cli.manifest import BOT_SCOPES, HISTORY_SCOPES
from bot.settings import SlackSettings
from bot.slack.api.calls import SlackError, SlackMisconfigured, SlackRefused, call, close_client, make_client
from bot.slack.api.identity import ask_identity

_CALL_WITHIN = timedelta(seconds=10)
_TOKEN, _SCOPES, _APP, _CHANNEL = "Slack token", "Slack scopes", "Slack app token", "approval channel"


async def check_slack(settings: SlackSettings) -> AsyncIterator[Finding]:
    """Check what can be checked with the settings; stops where nothing more can be learnt."""
    client = make_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    try:
        try:
            identity = await ask_identity(client)
        except SlackMisconfigured as error:
            yield fail(
                _TOKEN,
                str(error),
                "Copy SLACK_BOT_TOKEN again from your app's OAuth & Permissions page; reinstall it if need be.",
            )
            return
        except SlackError as error:
            yield fail(_TOKEN, str(error), "Check the network and SLACK_API_URL.")
            return
        yield ok(_TOKEN, f"valid in workspace {identity.team_name} ({identity.team_id}).")
        yield await _check_scopes(client)
        if settings.slack_app_token is not None:
            yield await _check_app_token(client, settings.slack_app_token.get_secret_value())
        yield await _check_channel(client, settings.slack_approval_channel)
    finally:
        await close_client(client)


async def _check_scopes(client: AsyncWebClient) -> Finding:
    try:
        # Directly, because the scopes stand in a header of the answer.
        answer = await client.auth_test()
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
        return warn(_SCOPES, "Slack did not tell them.", "Run doctor again.")
    header = next((value for name, value in answer.headers.items() if name.lower() == "x-oauth-scopes"), None)
    if header is None:
        return warn(_SCOPES, "Slack did not tell them.", "Compare them with the output of `route-number manifest`.")
    given = {scope.strip() for scope in str(header).split(",")}
    missing = [scope for scope in BOT_SCOPES if scope not in given]
    needed = [scope for scope in missing if scope not in HISTORY_SCOPES]
    remedy = "Add them on the OAuth & Permissions page and reinstall the app."
    if needed:
        return fail(_SCOPES, f"missing {', '.join(missing)}.", remedy)
    if missing:
        return warn(_SCOPES, f"missing {', '.join(missing)}, so an unclear message may be posted twice.", remedy)
    return ok(_SCOPES, "all given.")


async def _check_app_token(client: AsyncWebClient, token: str) -> Finding:
    remedy = "Create SLACK_APP_TOKEN with connections:write on the Basic Information page, and enable Socket Mode."
    try:
        await call(client, "apps.connections.open", timeout=_CALL_WITHIN, app_token=token)
    except SlackError as error:
        return fail(_APP, str(error), remedy)
    return ok(_APP, "Socket Mode can be opened.")


async def _check_channel(client: AsyncWebClient, channel_id: str | None) -> Finding:
    if channel_id is None:
        return ok(_CHANNEL, "none set; approvals are asked where the command is typed.")
    try:
        answer = await call(client, "conversations.info", timeout=_CALL_WITHIN, channel=channel_id)
    except SlackRefused as error:
        return fail(
            _CHANNEL, str(error), "Check SLACK_APPROVAL_CHANNEL; into a private channel the bot must be invited first."
        )
    except SlackError as error:
        return fail(_CHANNEL, str(error), "Mend the token and scopes first.")
    channel = answer.get("channel") or {}
    name = f"#{channel.get('name', channel_id)}"
    if channel.get("is_archived"):
        return fail(_CHANNEL, f"{name} is archived.", "Unarchive it, or set SLACK_APPROVAL_CHANNEL to another one.")
    if not channel.get("is_member"):
        return fail(_CHANNEL, f"the bot is not a member of {name}.", "Type /invite @route-number there.")
    return ok(_CHANNEL, f"{name}, where the bot is a member.")
