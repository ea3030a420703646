"""What every listener is handed: the service's surroundings, the Web API, and who this bot is."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.service.context import ServiceContext
from bot.slack.api.channels import Channels
from bot.slack.api.identity import Identity
from bot.slack.api.members import Members
from bot.slack.background import Background
from bot.slack.form.open_forms import Forms


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackContext:
    """The Slack side of one process. `approval_channel` None: approvals are asked where the command was typed."""

    context: ServiceContext
    client: AsyncWebClient
    identity: Identity
    approval_channel: str | None
    members: Members
    channels: Channels
    background: Background
    forms: Forms

    def channel_for(self, channel_id: str) -> str:
        """Return where the approval of something that was asked in `channel_id` is asked."""
        return self.approval_channel or channel_id
