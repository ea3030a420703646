"""Learning who this bot is: asked at the start, and again until Slack answers, so that the bot starts without Slack."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.backoff import backoff
from bot.slack.api.calls import SlackError, SlackMisconfigured, SlackUnavailable, call

log = structlog.get_logger(__name__)

_CALL_WITHIN = timedelta(seconds=5)
# A person who waits for the answer to a request gets a sentence sooner than Slack gives up.
_ANSWER_WITHIN = timedelta(seconds=1.5)
_FIRST_PAUSE = timedelta(seconds=0.5)
_LONGEST_PAUSE = timedelta(seconds=15)
_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The installation: its team, its bot; `team_url` is where messages of the team are found."""

    team_id: str
    bot_user_id: str
    bot_id: str
    team_name: str
    team_url: str = ""


class IdentityResolver:
    """Asks auth.test until it is answered, and from then on once an hour: addresses change, tokens are revoked.

    A token that is refused at the start is a fault that an operator must mend: it is not asked again.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._identity: Identity | None = None
        self._fault: SlackMisconfigured | None = None
        self._settled = asyncio.Event()
        self._asked = asyncio.Event()

    @property
    def problem(self) -> str | None:
        """Say what an operator must mend, None when there is nothing."""
        return None if self._fault is None else f"SLACK_BOT_TOKEN: {self._fault}"

    @property
    def present(self) -> Identity | None:
        """The identity as it was answered last, None before that."""
        return self._identity

    async def get(self) -> Identity:
        """Return the identity; wait a moment for it when it is not known yet.

        Raises:
            SlackMisconfigured: Slack refuses the token.
            SlackUnavailable: Slack has not answered yet.
        """
        if not self._settled.is_set():
            self._asked.set()
            try:
                async with asyncio.timeout(_ANSWER_WITHIN.total_seconds()):
                    await self._settled.wait()
            except TimeoutError:
                raise SlackUnavailable("Slack cannot be reached.", was_sent=False) from None
        if self._identity is None:
            # A new error each time: the same one would grow a traceback with every request.
            raise SlackMisconfigured("auth.test", self._fault.error if self._fault else "unknown")
        return self._identity

    async def run(self) -> None:
        """Ask until there is an answer; a request of a person cuts the pause short."""
        tries = 0
        while not self._settled.is_set():
            self._asked.clear()
            try:
                self._identity = await ask_identity(self._client)
            except SlackMisconfigured as error:
                self._fault = error
                log.error("slack.misconfigured", problem=str(error))  # noqa: TRY400 - Slack's answer says it all
            except SlackError as error:
                tries += 1
                pause = backoff(tries, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
                log.warning("slack.unreachable", problem=str(error), again_in=pause.total_seconds())
                await _pause(self._asked, pause)
                continue
            else:
                log.info("slack.connected", team=self._identity.team_id, bot=self._identity.bot_user_id)
            self._settled.set()
        while self._identity is not None:
            await asyncio.sleep(_EVERY.total_seconds())
            await self.ask_again()

    async def ask_again(self) -> None:
        """Notice a new address of the workspace, and a token that was revoked; what Slack does not say stays."""
        try:
            identity = await ask_identity(self._client)
        except SlackMisconfigured as error:
            self._fault = error
            log.error("slack.misconfigured", problem=str(error))  # noqa: TRY400 - Slack's answer says it all
        except SlackError as error:
            log.info("slack.unreachable", problem=str(error))
        else:
            self._identity, self._fault = identity, None


async def ask_identity(client: AsyncWebClient) -> Identity:
    """Ask Slack once who this token is. Raises SlackError."""
    answer = await call(client, "auth.test", timeout=_CALL_WITHIN)
    if not answer.get("bot_id"):
        raise SlackMisconfigured("auth.test", "not_a_bot_token")
    return Identity(
        team_id=str(answer["team_id"]),
        bot_user_id=str(answer["user_id"]),
        bot_id=str(answer["bot_id"]),
        team_name=str(answer.get("team", "")),
        team_url=str(answer.get("url", "")),
    )


async def _pause(asked: asyncio.Event, pause: timedelta) -> None:
    # At least a little pause, also when many people ask at once.
    await asyncio.sleep(_FIRST_PAUSE.total_seconds())
    try:
        async with asyncio.timeout((pause - _FIRST_PAUSE).total_seconds()):
            await asked.wait()
    except TimeoutError:
        return
