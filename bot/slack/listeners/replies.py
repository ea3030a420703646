"""Answers to one person alone: the body of a command's answer, and ephemeral messages in a channel."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.shortening import shorten
from bot.slack.api.calls import SlackError, call
from bot.slack.block_kit.elements import Block, cut
from bot.slack.block_kit.sentences import sentence_block, sentence_text
from bot.slack.payload_parts import Place

WHISPER_WITHIN = timedelta(seconds=1)
# Slack takes 50 blocks in a message, and some 13,000 characters over all of them; what a block costs by itself is not
# documented.
BLOCKS_LIMIT = 45
CHARACTERS_LIMIT = 12_000
BLOCK_OVERHEAD = 100
# A block's text takes 3000 characters, a message's `text` 4000, escaped.
SENTENCE_LIMIT = 2900
TEXT_LIMIT = 3500

log = structlog.get_logger(__name__)


def reply(sentence: str, blocks: Sequence[Block] | None = None, *, is_literal: bool = False) -> dict[str, Any]:
    """Make the body that answers a command to its caller alone."""
    sentence = shorten(sentence, SENTENCE_LIMIT)
    return {
        "response_type": "ephemeral",
        "text": cut(sentence_text(sentence, is_literal=is_literal), TEXT_LIMIT),
        "blocks": list(blocks) if blocks is not None else [sentence_block(sentence, is_literal=is_literal)],
    }


def in_messages(blocks: Sequence[Block]) -> list[list[Block]]:
    """Put blocks into as few messages as Slack takes them in, at least one."""
    messages: list[list[Block]] = [[]]
    size = 0
    for block in blocks:
        length = length_of(block) + BLOCK_OVERHEAD
        if messages[-1] and (len(messages[-1]) >= BLOCKS_LIMIT or size + length > CHARACTERS_LIMIT):
            messages.append([])
            size = 0
        messages[-1].append(block)
        size += length
    return messages


def length_of(part: Any) -> int:
    """Count the characters of everything that is written in a block."""
    match part:
        case dict():
            return sum(length_of(value) for value in part.values())
        case list():
            return sum(length_of(each) for each in part)
    return len(str(part))


class HasClient(Protocol):
    """Whoever can call Slack: `Slack` itself, or what there is before it is known who the bot is."""

    @property
    def client(self) -> AsyncWebClient:
        """The process's client."""


async def send_ephemeral(
    slack: HasClient, place: Place, text: str, blocks: Sequence[Block] | None = None, *, is_literal: bool = False
) -> bool:
    """Tell one person something where they look; say whether Slack took it.

    `text` is a sentence (see sentences.py); `is_literal` when it can hold what somebody typed. Takes up to two seconds
    and never raises: it is the last thing that is tried.
    """
    body = reply(text, blocks, is_literal=is_literal)
    arguments = {"channel": place.channel_id, "user": place.user_id, "text": body["text"], "blocks": body["blocks"]}
    if place.thread_ts is not None:
        arguments["thread_ts"] = place.thread_ts
    try:
        await call(slack.client, "chat.postEphemeral", timeout=WHISPER_WITHIN, **arguments)
    except SlackError as error:
        if place.response_url is None or not await _respond(slack, place.response_url, body):
            log.warning("ephemeral.failed", channel_id=place.channel_id, error=str(error))
            return False
    return True


async def _respond(slack: HasClient, response_url: str, body: dict[str, Any]) -> bool:
    session = slack.client.session
    if session is None:
        return False
    try:
        async with asyncio.timeout(WHISPER_WITHIN.total_seconds()):
            posted = {**body, "replace_original": False}
            async with session.post(response_url, json=posted, allow_redirects=False) as response:
                return response.ok
    except (TimeoutError, aiohttp.ClientError, OSError):
        return False
